--- The file that an action of `orrery history` asks: the option `--db` of all of them.

local core = require "orrery.core"

local M = {}

--- What each action lists among its options.
M.option = { name = "db", value = "FILE", doc = "the history", default = "orrery.db" }

--- What an action lists that is about one run.
M.run_operand = { name = "RUN", optional = true,
  doc = "a run's number, its name or the beginning of it, last, last~2, best:val_loss (default: last)" }

--- The path, whether there is a file or not.
---@param given table what options.read gives
---@return string
function M.path(given) return given.options.db or "orrery.db" end

--- The history for reading; without a file an error that says what to do.
---@param given table
---@return orrery.History
function M.open(given)
  local file = M.path(given)
  if not core.exists(file) then
    core.fail("input_file", ("there is no history '%s'"):format(file),
      "Run a script here first, or name another file with --db.")
  end
  return core.history(file)
end

return M
