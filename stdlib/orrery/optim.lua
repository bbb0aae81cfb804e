--- Optimizers under PyTorch's names: `optim.AdamW(g:parameters(), { lr = 1e-3, loss = loss })`.
---
--- The first argument is a list of parameters, or of groups `{ params = …, lr = … }`.

local core = require "orrery.core"

---@class orrery.optim
local M = {}

return setmetatable(M, {
  __index = function(_, name)
    local optimizer = core.optimizer(name)
    M[name] = optimizer
    return optimizer
  end,
})
