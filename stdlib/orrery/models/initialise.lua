--- The first values that a family's own code gives once its network stands, where they are not the layers'.

local nn = require "orrery.nn"

local M = {}

--- Rules by the number of dimensions: `conv` for weights of 4, `linear` for those of 2, `norm` for those
--- of 1; each is a function of the weight and its key. `bias = 0` empties the biases.
---@param rules table
---@return fun(key: string, parameter: orrery.Parameter)
function M.rules(rules)
  local of_rank = { rules.norm, rules.linear, nil, rules.conv }
  return function(key, parameter)
    local fill = of_rank[#parameter.shape]
    if key:find "weight$" and fill then fill(parameter, key) end
    if key:find "bias$" and rules.bias == 0 then nn.init.zeros_(parameter) end
  end
end

--- He's initialisation for what follows a convolution: its output keeps the variance of its gradient.
function M.he_fan_out(weight) nn.init.kaiming_normal_(weight, { mode = "fan_out", nonlinearity = "relu" }) end

--- A normal distribution around 0.
---@param deviation number
---@return fun(weight: orrery.Parameter)
function M.normal(deviation)
  return function(weight) nn.init.normal_(weight, { std = deviation }) end
end

--- The same without what lies beyond -2 and 2.
---@param deviation number
---@return fun(weight: orrery.Parameter)
function M.truncated(deviation)
  return function(weight) nn.init.trunc_normal_(weight, { std = deviation }) end
end

return M
