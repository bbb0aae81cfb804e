--- What calls are refused with.
local lu = require "luaunit"
local core = require "orrery.core"

local M = {}

--- The message and the fault of a call that must fail.
function M.text(action, ...)
  local done, text = pcall(action, ...)
  lu.assertFalse(done)
  return text, core.error_info(text).fault
end

--- The same of a message that must begin with a line of the spec.
function M.here(action, ...)
  local text, fault = M.text(action, ...)
  lu.assertStrMatches(tostring(text), ".*_spec%.lua:%d+: .*")
  return text, fault
end

return M
