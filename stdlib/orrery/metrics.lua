--- Numbers that a manager follows per epoch: `metrics.accuracy(logits, label)`, `metrics.mean(value)`.

local core = require "orrery.core"

return {
  accuracy = core.accuracy,
  mean = core.mean,
}
