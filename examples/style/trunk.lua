-- The first layers of VGG-19, under torchvision's names; for style transfer. It gives what five of its
-- layers give, or the first `count` of them. Its weights stay random unless a file of them is given.

local orrery = require "orrery"
local nn = orrery.nn

local function conv(from, to)
  local layer = nn.Conv2d(from, to, 3, { padding = 1 })
  nn.init.kaiming_normal_(layer.weight)
  nn.init.zeros_(layer.bias)
  return layer
end

return function(weights)
  local trunk = nn.Module()
  trunk.features = nn.Sequential(
    conv(3, 64), nn.ReLU(), conv(64, 64), nn.ReLU(), nn.AvgPool2d(2),
    conv(64, 128), nn.ReLU(), conv(128, 128), nn.ReLU(), nn.AvgPool2d(2),
    conv(128, 256), nn.ReLU())
  local used = { [1] = true, [3] = true, [6] = true, [8] = true, [11] = true }

  function trunk:forward(image, count)
    local results, x = {}, (image - self.mean) / self.deviation
    for at, layer in ipairs(self.features) do
      x = layer(x)
      if used[at - 1] then results[#results + 1] = x end
      if #results == count then break end
    end
    return unpack(results)
  end
  trunk.mean = orrery.tensor({ 0.485, 0.456, 0.406 }):view(3, 1, 1)
  trunk.deviation = orrery.tensor({ 0.229, 0.224, 0.225 }):view(3, 1, 1)
  if weights ~= "" then orrery.load_weights(trunk, weights, { match = "features.*", strict = false }) end
  return trunk:freeze()
end
