--- Inception's convolution: no bias, batch normalisation, ReLU; torchvision's BasicConv2d.

local nn = require "orrery.nn"

--- Applies a block of the name to a value.
---@param g orrery.Graph
---@param x orrery.Value
---@param name string
---@param from integer
---@param to integer
---@param kernel integer|integer[]
---@param options? { stride?: integer, padding?: integer|integer[] }
---@return orrery.Value
return function(g, x, name, from, to, kernel, options)
  options = options or {}
  return g:block(name, function(h)
    h = nn.Conv2d(from, to, kernel, { stride = options.stride or 1, padding = options.padding or 0,
      bias = false, name = "conv" })(h)
    return nn.BatchNorm2d(to, { eps = 1e-3, name = "bn" })(h):relu()
  end)(x)
end
