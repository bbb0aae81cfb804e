--- Optimizers under PyTorch's names: `optim.AdamW(g:parameters(), { lr = 1e-3, loss = loss })`.
---
--- The first argument is a list of parameters, or of groups `{ params = …, lr = … }`, such as `optim.groups`
--- makes by the parameters' names. Schedules of learning rates are in `optim.lr_scheduler`.

local core = require "orrery.core"
local groups = require "orrery.optim.groups"

---@class orrery.optim
local M = { groups = groups.groups, layerwise = groups.layerwise }

--- Schedules under PyTorch's names: `lr_scheduler.StepLR(optimizer, { step_size = 30 })`.
---@class orrery.lr_scheduler
M.lr_scheduler = setmetatable({}, {
  __index = function(schedules, name)
    local schedule = core.scheduler(name)
    schedules[name] = schedule
    return schedule
  end,
})

return setmetatable(M, {
  __index = function(_, name)
    local optimizer = core.optimizer(name)
    M[name] = optimizer
    return optimizer
  end,
})
