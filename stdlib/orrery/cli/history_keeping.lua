--- What the actions of `orrery history` that change something have in common: runs as they were named, and
--- the question before what cannot be undone.

local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"

local M = {}

--- The option of all that ask first.
M.yes = { name = "yes", short = "y", doc = "asks nothing" }

--- The history, for changing it.
---@param given table what options.read gives
function M.open(given)
  history_file.open(given):release()
  return core.keep_history(history_file.path(given))
end

--- What is known of runs, in the order of their numbers' list: `run_id`, `uid`, `name`, `status`, `folder`.
---@param given table
---@param ids integer[]
---@return table[]
function M.facts(given, ids)
  local history, by_id, found = history_file.open(given), {}, {}
  local statement = "SELECT run_id, uid, name, status, working_folder AS folder, trashed_unix_ms AS trashed "
    .. "FROM runs WHERE run_id IN (%s)"
  local rows = sql_rows.of(history, statement:format(table.concat(ids, ", ")))
  for _, run in ipairs(rows) do by_id[run.run_id] = run end
  for at, id in ipairs(ids) do found[at] = by_id[id] end
  history:release()
  return found
end

--- The runs that words name, each once.
---@param keeper table
---@param words string[]
---@param resolve? fun(keeper: table, word: string): integer
---@return integer[]
function M.ids(keeper, words, resolve)
  local ids, known = {}, {}
  for _, word in ipairs(words) do
    local id = (resolve or keeper.resolve)(keeper, word)
    if not known[id] then ids[#ids + 1] = id end
    known[id] = true
  end
  return ids
end

--- `a`, `a and b`, `a, b and 3 more`
---@param runs table[]
---@return string
function M.names(runs)
  local names = {}
  for at, run in ipairs(runs) do names[at] = run.name end
  if #names < 2 then return names[1] or "none" end
  if #names <= 5 then return table.concat(names, ", ", 1, #names - 1) .. " and " .. names[#names] end
  return table.concat(names, ", ", 1, 4) .. (" and %d more"):format(#names - 4)
end

--- A sentence on runs: `moved a to the trash`, `moved 2 runs to the trash: a and b`
---@param before string "moved"
---@param runs table[]
---@param behind string "to the trash"
function M.sentence(before, runs, behind)
  if #runs == 1 then return ("%s %s %s"):format(before, runs[1].name, behind) end
  return ("%s %s %s: %s"):format(before, numbers.count(#runs, "run"), behind, M.names(runs))
end

--- Asks on a terminal; elsewhere what cannot be undone wants `--yes`.
---@param question string
---@param given table
---@param lasting? boolean it cannot be undone
---@return boolean
function M.agreed(question, given, lasting)
  if given.options.yes then return true end
  if not (core.terminal "stdin" and core.terminal "stderr") then
    if not lasting then return true end
    core.fail("usage", "this cannot be undone, and there is no terminal to ask", "Say --yes.")
  end
  io.stderr:write(stream.err:paint("bold", "orrery:"), " ", question, " [y/N] ")
  io.stderr:flush()
  local answer = (io.read "*l" or ""):lower():match "^%s*(.-)%s*$"
  if answer == "y" or answer == "yes" then return true end
  stream.say "nothing was changed"
  return false
end

--- Refuses runs that are going on, before any is changed.
function M.require_ended(runs, what)
  for _, run in ipairs(runs) do
    if run.status == "running" then
      core.fail("usage", ("%s is going on and cannot be %s"):format(run.name, what),
        ("End it first: orrery history stop %s"):format(run.name))
    end
  end
end

--- One line of `--json` for each run.
function M.tell_json(schema, runs)
  for _, run in ipairs(runs) do json.line(schema, run) end
end

return M
