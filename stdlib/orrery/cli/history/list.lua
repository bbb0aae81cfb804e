local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local run_list = require "orrery.cli.run_list"
local stream = require "orrery.cli.stream"

return {
  group = "ask",
  summary = "Lists the runs, the newest first.",
  usage = "orrery history [list] [--status WORD] [--name TEXT] [--limit N] [--json]",
  options = {
    history_file.option,
    { name = "limit", value = "N", type = "integer", min = 1, doc = "at most so many runs" },
    { name = "status", value = "WORD", choices = { "running", "done", "failed", "interrupted" },
      doc = "runs in this state" },
    { name = "name", value = "TEXT", doc = "runs with this in their name" },
    { name = "json", doc = "one JSON object a line" },
  },
  examples = { "orrery history list --limit 10", "orrery history list --status failed" },
  main = function(given)
    local options = given.options
    local filter = { limit = options.limit or 0, status = options.status, name = options.name or "" }
    local found = history_file.open(given):list(filter)
    if options.json then
      for _, row in ipairs(found.rows) do
        json.line("orrery.history.list/1", json.object(row, found.columns))
      end
    elseif #found.rows == 0 then
      stream.say "no runs"
    else
      run_list.print(found)
    end
  end,
}
