local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local removal = require "orrery.cli.history_removal"
local run_page = require "orrery.cli.run_page"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"

local statement = [[
SELECT run_id, name, status, strftime('%Y-%m-%dT%H:%M:%fZ', started_unix_ms / 1000.0, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%fZ', trashed_unix_ms / 1000.0, 'unixepoch') AS trashed
FROM runs WHERE trashed_unix_ms IS NOT NULL ORDER BY trashed_unix_ms DESC, run_id DESC]]

local columns = {
  { name = "run_id", title = "id", right = true },
  { name = "run", title = "run", shrinks = true, least = 20 },
  { name = "status", title = "status" },
  { name = "started", title = "started", show = run_page.time, optional = true },
  { name = "trashed", title = "in the trash since", show = run_page.time },
}

local function print_runs(runs, options)
  local rows = {}
  for at, run in ipairs(runs) do rows[at] = { run.run_id, run.name, run.status, run.started, run.trashed } end
  forms.print(options, { schema = "orrery.history.trash/1", columns = columns, rows = rows })
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
  usage = "orrery history trash [--empty [--files] [--yes]] [--json | --csv | --plain]",
  options = forms.behind {
    history_file.option,
    { name = "empty", doc = "removes them for good" },
    { name = "files", doc = "with --empty: also the files that only they have written" },
    keeping.yes,
  },
  examples = { "orrery history trash", "orrery history trash --empty" },
  main = function(given)
    local history = history_file.open(given)
    local runs = sql_rows.of(history, statement)
    history:release()
    if not runs[1] and forms.of(given.options) == "table" then return stream.say "the trash is empty" end
    if runs[1] and given.options.empty then return empty(given, runs) end
    print_runs(runs, given.options)
  end,
}
