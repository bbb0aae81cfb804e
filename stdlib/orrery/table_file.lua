--- Reads a Lua file that returns a table, such as a theme or cues; the file sees nothing of the program.

local core = require "orrery.core"

--- The table that a file returns. Raises `[usage]`, beginning with `what`, where it returns none.
---@param file string
---@param what string
---@return table
return function(file, what)
  local chunk, problem = loadstring(core.read_file(file), "@" .. file)
  if not chunk then core.fail("usage", what .. ": " .. problem) end
  local ran, result = pcall(setfenv(chunk, {}))
  if not ran then core.fail("usage", what .. ": " .. tostring(result)) end
  if type(result) ~= "table" then
    core.fail("usage", ("%s: %s must return a table, got %s"):format(what, file, type(result)))
  end
  return result
end
