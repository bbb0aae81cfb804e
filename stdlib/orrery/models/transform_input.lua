--- What the weights that Google trained expect: images between -1 and 1, made from images that are normalised
--- by ImageNet's means and deviations. Torchvision's option `transform_input`.

local core = require "orrery.core"

local means, deviations = { 0.485, 0.456, 0.406 }, { 0.229, 0.224, 0.225 }

---@param x orrery.Value (N, 3, H, W)
---@return orrery.Value
return function(x)
  local channels = {}
  for at, mean in ipairs(means) do
    channels[at] = x:narrow(1, at - 1, 1) * (deviations[at] / 0.5) + (mean - 0.5) / 0.5
  end
  return core.transform "cat"(channels, { dim = 1 })
end
