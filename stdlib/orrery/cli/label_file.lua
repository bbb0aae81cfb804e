--- The file of `--label`: it returns a function that gives a node's box its text.

local core = require "orrery.core"

local M = {}

-- What such a function needs to make texts; nothing of the program.
local environment = {
  string = string, math = math, table = table, ipairs = ipairs, pairs = pairs, tostring = tostring,
  tonumber = tonumber, type = type,
}

---@param file string
---@return fun(node: table): string?
function M.read(file)
  local chunk, problem = loadstring(core.read_file(file), "@" .. file)
  if not chunk then core.fail("usage", "label: " .. problem) end
  local ran, label = pcall(setfenv(chunk, environment))
  if not ran then core.fail("usage", "label: " .. tostring(label)) end
  if type(label) == "function" then return label end
  core.fail("usage", ("label: %s must return a function, got %s"):format(file, type(label)))
end

return M
