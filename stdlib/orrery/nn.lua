--- Layers under PyTorch's names: `nn.Linear(10, 5)`, `nn.Conv2d(1, 16, 3, { padding = 1 })`.
---
--- A layer owns its parameters. Applied to values it adds a node to their graph, applied to tensors it
--- computes at once; applied twice it is shared. All of them come from the table of operations.

local core = require "orrery.core"

---@class orrery.nn
local M = {}

return setmetatable(M, {
  __index = function(_, name)
    local layer = core.layer(name)
    M[name] = layer
    return layer
  end,
})
