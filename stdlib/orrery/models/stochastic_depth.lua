--- Stochastic depth: Huang et al., "Deep Networks with Stochastic Depth" (2016): while training, the whole
--- branch of a random sample is dropped. Torchvision's StochasticDepth in its mode "row".

local nn = require "orrery.nn"

--- Dropping whole samples is dropping the one channel that a new dimension makes of each.
---@param x orrery.Value (N, C, H, W)
---@param probability number
---@return orrery.Value
return function(x, probability)
  if probability == 0 then return x end
  return nn.Dropout3d(probability, { name = "stochastic_depth" })(x:unsqueeze(1)):squeeze(1)
end
