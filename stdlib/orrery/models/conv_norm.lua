--- A convolution without a bias, batch normalisation and an activation as layers "0", "1" and "2" of a
--- block: torchvision's Conv2dNormActivation.

local nn = require "orrery.nn"
local sequence = require "orrery.models.sequence"

--- A part for `sequence`.
---@param from integer
---@param to integer
---@param options table kernel = 1, stride = 1, groups = 1, activation = a layer's constructor, norm = options
---of the normalisation, title = of the block
---@return fun(x: orrery.Value, name: string): orrery.Value
return function(from, to, options)
  local kernel, norm = options.kernel or 1, options.norm or {}
  return function(x, name)
    return sequence(name, {
      nn.Conv2d(from, to, kernel, { stride = options.stride or 1, padding = (kernel - 1) / 2,
        groups = options.groups or 1, bias = false }),
      nn.BatchNorm2d(to, { eps = norm.eps or 1e-5, momentum = norm.momentum or 0.1 }),
      options.activation and options.activation(),
    }, options.title)(x)
  end
end
