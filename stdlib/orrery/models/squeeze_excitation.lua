--- Squeeze-and-excitation: Hu et al., "Squeeze-and-Excitation Networks" (2017): each channel is scaled by a
--- gate that all channels' means decide on. Torchvision's SqueezeExcitation.

local nn = require "orrery.nn"

--- A part for `sequence`.
---@param g orrery.Graph
---@param channels integer
---@param squeezed integer
---@param activation function the constructor of a layer
---@param gate function the constructor of a layer
---@return fun(x: orrery.Value, name: string): orrery.Value
return function(g, channels, squeezed, activation, gate)
  return function(x, name)
    return g:block(name, function(h)
      local scale = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(h)
      scale = activation { name = "activation" }(nn.Conv2d(channels, squeezed, 1, { name = "fc1" })(scale))
      scale = gate { name = "scale_activation" }(nn.Conv2d(squeezed, channels, 1, { name = "fc2" })(scale))
      return scale * h
    end, { title = "Squeeze-and-excite" })(x)
  end
end
