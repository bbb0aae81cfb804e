--- Runs that go on, looked at again and again: what `logs --follow`, `watch` and `stop` stand on.

local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local sql_rows = require "orrery.sql_rows"

local M = {}

--- How a run ends a program that waits for it, as the run's own would have ended.
M.exit_codes = { done = 0, failed = 1, interrupted = 130 }

local run_of = [[
SELECT run_id, name, status, exit_reason, host, started_unix_ms / 1000.0 AS started,
       coalesce(ended_unix_ms, heartbeat_unix_ms) / 1000.0 AS ended, log_lines_dropped AS dropped
FROM runs WHERE run_id = %d]]

--- Asks with the history opened anew, which notices runs whose process has ended.
---@param given table what options.read gives
---@param ask fun(history: orrery.History): any
function M.ask(given, ask)
  local history = history_file.open(given)
  local done, found = pcall(ask, history)
  history:release()
  if not done then error(found, 0) end
  return found
end

--- The run that a word names.
function M.find(given, word)
  return M.ask(given, function(history)
    local id = history:resolve(word)
    return sql_rows.of(history, run_of:format(id))[1]
  end)
end

--- Calls `look(history, run)` until the run has ended and once after it; `look` may return true to end it.
--- Gives the run, and whether it was left because somebody asked this program to stop.
---@param given table
---@param id integer
---@param look fun(history: orrery.History, run: table): boolean?
---@return table? run
---@return boolean left
function M.follow(given, id, look)
  local run, over
  local function look_again(history)
    run = sql_rows.of(history, run_of:format(id))[1]
    if not run then core.fail("usage", "the run was removed from the history") end
    over = look(history, run)
  end
  while true do
    local done, failure = pcall(M.ask, given, look_again)
    if core.stopped() then return run, true end
    if not done then error(failure, 0) end
    if over or run.status ~= "running" then return run, false end
    core.sleep(0.25)
  end
end

--- `done`, `failed: the loss is NaN`, `interrupted in epoch 3, step 7 of 20`
function M.end_words(run)
  if run.exit_reason:find("^" .. run.status) then return run.exit_reason end
  local reason = run.exit_reason ~= "" and ": " .. run.exit_reason or ""
  return run.status .. reason
end

return M
