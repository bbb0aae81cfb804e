--- torch.nn.functional: what layers do, as functions of values and tensors.
---
---     local F = orrery.nn.functional
---     local loss = F.cross_entropy(F.linear(F.relu(x), weight, bias), label)
---
--- They are the operations of `orrery.` and the methods of values and tensors (`x:relu()` is the same), and
--- some layers whose weights are given.

local core = require "orrery.core"

local function names()
  local list = {}
  for name in pairs(require "orrery.nn.functional_layers") do list[#list + 1] = name end
  for _, operation in ipairs(core.operations()) do
    if operation.kind == "transform" then list[#list + 1] = operation.name end
  end
  return list
end

---@class orrery.nn.functional
---@field [string] fun(...): any
local M = {}

return setmetatable(M, {
  __index = function(_, name)
    local found = core.transform(tostring(name)) or require("orrery.nn.functional_layers")[name]
    if not found then
      core.fail("usage", ("nn.functional has no '%s'%s"):format(tostring(name),
        core.nearest(tostring(name), names())), "Layers are in orrery.nn; 'orrery ops' lists all operations.")
    end
    M[name] = found
    return found
  end,
})
