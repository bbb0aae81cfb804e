--- Runs of other histories that come into this one: `orrery history import` and `merge`.

local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"

local M = {}

-- All runs of a history but those in its trash, by name.
local function runs_of(file)
  local history, ids, names = core.history(file), {}, {}
  for at, run in ipairs(sql_rows.of(history, "SELECT run_id, name FROM kept_runs ORDER BY run_id")) do
    ids[at], names[run.run_id] = run.run_id, run.name
  end
  history:release()
  return ids, names
end

local function told(counts)
  local parts = {}
  local function tell(count, words)
    if count > 0 then parts[#parts + 1] = numbers.count(count, "run") .. words end
  end
  tell(counts.added, " added")
  tell(counts.completed, counts.completed == 1 and " was there and got what it lacked"
    or " were there and got what they lacked")
  tell(counts.known, counts.known == 1 and " was there already" or " were there already")
  return parts[1] and table.concat(parts, ", ") or "no runs"
end

--- Copies runs from one history into another, and tells what became of them.
---@param keeper table of the history that gets them
---@param from string a history's file
---@param ids integer[] of runs there
---@param names table<integer, string> of those runs there
---@param into string what the history that gets them is called
---@param as_json? boolean
function M.copy(keeper, from, ids, names, into, as_json)
  local counts = { added = 0, completed = 0, known = 0 }
  for _, run in ipairs(keeper:merge(from, ids)) do
    counts[run.how] = counts[run.how] + 1
    if as_json then
      json.line("orrery.history.import/1",
        { file = from, run = run.name, run_id = run.into_id, how = run.how })
    elseif run.how == "added" and run.name ~= names[run.from_id] then
      local words = "%s is called %s in %s, where another run has its name"
      stream.say(words:format(names[run.from_id], run.name, into))
    end
  end
  if not as_json then stream.say(("%s to %s: %s"):format(from, into, told(counts))) end
end

local function main(given)
  local into = history_file.path(given)
  for _, file in ipairs(given) do
    if not core.exists(file) then core.fail("input_file", ("there is no file '%s'"):format(file)) end
    if core.absolute_path(file) == core.absolute_path(into) then
      core.fail("usage", ("'%s' cannot be imported into itself"):format(file),
        "Name the history that gets the runs with --db.")
    end
  end
  for _, file in ipairs(given) do
    local ids, names = runs_of(file)
    local keeper = core.keep_history(into, true)
    M.copy(keeper, file, ids, names, into, given.options.json)
    keeper:release()
  end
end

--- The action, under one of its names.
---@param name string
---@param summary string
---@return table
function M.action(name, summary)
  return {
    group = "move",
    summary = summary,
    usage = ("orrery history %s FILE… [--db FILE] [--json]"):format(name),
    operands = {
      { name = "FILE",
        doc = "another history, or a file that a run left beside a history that it could not write" },
      { name = "FILE", optional = true, repeated = true, doc = "more of them" },
    },
    options = {
      { name = "db", value = "FILE", doc = "the history that gets the runs, made if there is none",
        default = "orrery.db" },
      { name = "json", doc = "one JSON object a run" },
    },
    notes = "Runs are known by their uid: one that is there already is not doubled, and gets what it lacked. "
      .. "Runs in the other history's trash stay there.",
    examples = { ("orrery history %s ../laptop/orrery.db"):format(name),
      ("orrery history %s a.db b.db --db all.db"):format(name) },
    main = main,
  }
end

return M
