--- Numbers that a manager follows per epoch, under torchmetrics' names: `metrics.accuracy(logits, label)`,
--- `metrics.f1_score(logits, label, { average = "macro" })`, `metrics.mean(value)`.

local core = require "orrery.core"

---@class orrery.MetricState
---@field update fun(state: table, ...: orrery.Tensor) fills the table, empty at the beginning of an epoch
---@field compute fun(state: table): number|orrery.Tensor what it comes to; also asked for in the middle

---@class orrery.DefineOptions
---@field mode? "min"|"max" whether the number gets better as it falls (so unless told) or as it rises

---@alias orrery.MetricMaker orrery.MetricState|fun(...: orrery.Tensor): number|orrery.Tensor

---@class orrery.metrics
---@field define fun(values: orrery.Value[], by: orrery.MetricMaker, options?: orrery.DefineOptions)
local M = {}

--- A number that a function computes from the tensors of each batch, averaged over samples; or, with two
--- functions, one that `compute` makes of a table that `update` fills. The table is kept in checkpoints: it
--- may hold finite numbers, text, booleans and tables of them.
M.define = core.metric "define"

return setmetatable(M, {
  __index = function(_, name)
    local metric = core.metric(name)
    M[name] = metric
    return metric
  end,
})
