--- Parts one after the other: nn.Sequential, whose parts may be functions that make blocks of their own.

local nn = require "orrery.nn"

--- A block of layers and of functions `part(x, name)`, which make blocks under the name, their position.
---@param name string
---@param parts (orrery.Layer|fun(x: orrery.Value, name: string): orrery.Value)[]
---@param title? string the paper's name of the block
---@return orrery.Module
return function(name, parts, title)
  local all = { name = name, title = title }
  for at, part in ipairs(parts) do
    all[at] = type(part) == "function" and function(x) return part(x, tostring(at - 1)) end or part
  end
  return nn.Sequential(all)
end
