--- SqueezeNet: Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB
--- model size" (2016), under torchvision's names.

local nn = require "orrery.nn"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

local function pool() return nn.MaxPool2d(3, { stride = 2, ceil_mode = true }) end

-- A Fire module: squeeze to few channels, expand by kernels of two sizes to `to` channels each.
local function fire(g, from, squeezed, to)
  return function(x, name)
    return g:block(name, function(h)
      h = nn.Conv2d(from, squeezed, 1, { name = "squeeze" })(h):relu()
      local narrow = nn.Conv2d(squeezed, to, 1, { name = "expand1x1" })(h):relu()
      local wide = nn.Conv2d(squeezed, to, 3, { padding = 1, name = "expand3x3" })(h):relu()
      return narrow:cat(wide, { dim = 1 })
    end, { title = "Fire" })(x)
  end
end

local features = {}

function features.squeezenet1_0(g, channels)
  return {
    nn.Conv2d(channels, 96, 7, { stride = 2 }), nn.ReLU(), pool(),
    fire(g, 96, 16, 64), fire(g, 128, 16, 64), fire(g, 128, 32, 128), pool(),
    fire(g, 256, 32, 128), fire(g, 256, 48, 192), fire(g, 384, 48, 192), fire(g, 384, 64, 256), pool(),
    fire(g, 512, 64, 256),
  }
end

function features.squeezenet1_1(g, channels)
  return {
    nn.Conv2d(channels, 64, 3, { stride = 2 }), nn.ReLU(), pool(),
    fire(g, 64, 16, 64), fire(g, 128, 16, 64), pool(),
    fire(g, 128, 32, 128), fire(g, 256, 32, 128), pool(),
    fire(g, 256, 48, 192), fire(g, 384, 48, 192), fire(g, 384, 64, 256), fire(g, 512, 64, 256),
  }
end

local function first_weights(weight, key)
  if key == "classifier.1.weight" then return nn.init.normal_(weight, { std = 0.01 }) end
  nn.init.kaiming_uniform_(weight)
end

local function squeezenet(name)
  local function build(g, x, options)
    x = sequence("features", features[name](g, options.channels), "Fire modules")(x)
    x = sequence("classifier", {
      nn.Dropout(options.dropout), nn.Conv2d(512, options.classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
    }, "conv10")(x)
    return x:flatten(1)
  end
  return model(name, {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000, dropout = 0.5 }, build = build,
    initialise = initialise.rules { conv = first_weights, bias = 0 },
  })
end

return { squeezenet1_0 = squeezenet "squeezenet1_0", squeezenet1_1 = squeezenet "squeezenet1_1" }
