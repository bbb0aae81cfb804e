local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local keeping = require "orrery.cli.history_keeping"
local removal = require "orrery.cli.history_removal"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local statement = [[
SELECT run_id, name, status, strftime('%Y-%m-%dT%H:%M:%fZ', started_unix_ms / 1000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', trashed_unix_ms / 1000.0, 'unixepoch') AS trashed
FROM runs WHERE trashed_unix_ms IS NOT NULL ORDER BY trashed_unix_ms DESC, run_id DESC]]

local function print_runs(runs)
  local time, rows = require("orrery.cli.run_page").time, {}
  for at, run in ipairs(runs) do
    rows[at] = { run.run_id, run.name, run.status, time(run.started), time(run.trashed) }
  end
  tables.print(rows, { { title = "id", right = true }, { title = "run", shrinks = true, least = 20 },
    { title = "status" }, { title = "started", optional = true }, { title = "in the trash since" } })
end

local function empty(given, runs)
  local keeper, ids = keeping.open(given), {}
  for at, run in ipairs(runs) do ids[at] = run.run_id end
  given.options.purge = true
  removal.remove(given, keeper, keeping.facts(given, ids))
end

return {
  group = "keep",
  summary = "Lists the runs in the trash, or empties it.",
  usage = "orrery history trash [--empty [--files] [--yes]] [--json]",
  options = {
    history_file.option,
    { name = "empty", doc = "removes them for good" },
    { name = "files", doc = "with --empty: also the files that only they have written" },
    keeping.yes,
    { name = "json", doc = "one JSON object a run" },
  },
  examples = { "orrery history trash", "orrery history trash --empty" },
  main = function(given)
    local history = history_file.open(given)
    local runs = keeping.rows(history, statement)
    history:release()
    if given.options.json then
      for _, run in ipairs(runs) do
        json.line("orrery.history.trash/1", { run_id = run.run_id, run = run.name, status = run.status,
          started = run.started, trashed = run.trashed })
      end
    end
    if not runs[1] then return stream.say "the trash is empty" end
    if given.options.empty then return empty(given, runs) end
    if not given.options.json then print_runs(runs) end
  end,
}
