--- Densely connected networks (DenseNet-BC): Huang et al., "Densely Connected Convolutional Networks"
--- (2016), under torchvision's names.

local core = require "orrery.core"
local nn = require "orrery.nn"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"

local growth, bottleneck = 32, 4
local cat = core.transform "cat"

local function conv(from, to, kernel, name, stride)
  return nn.Conv2d(from, to, kernel, { stride = stride or 1, padding = (kernel - 1) / 2, bias = false,
    name = name })
end

local function norm(channels, name) return nn.BatchNorm2d(channels, { name = name }) end

-- Reads all that the block made before it and adds `growth` channels.
local function dense_layer(g, number, from, options)
  return g:block("denselayer" .. number, function(...)
    local h = norm(from, "norm1")(cat({ ... }, { dim = 1 })):relu()
    h = conv(from, bottleneck * growth, 1, "conv1")(h)
    h = norm(bottleneck * growth, "norm2")(h):relu()
    h = conv(bottleneck * growth, growth, 3, "conv2")(h)
    return options.drop_rate > 0 and nn.Dropout(options.drop_rate)(h) or h
  end, { title = "Dense Layer" })
end

local function dense_block(g, number, count, from, options)
  return g:block("denseblock" .. number, function(x)
    local made = { x }
    for at = 1, count do
      made[at + 1] = dense_layer(g, at, from + (at - 1) * growth, options)(unpack(made))
    end
    return cat(made, { dim = 1 })
  end, { title = "Dense Block " .. number })
end

-- Halves channels and size.
local function transition(g, number, from)
  return g:block("transition" .. number, function(x)
    x = conv(from, from / 2, 1, "conv")(norm(from, "norm")(x):relu())
    return nn.AvgPool2d(2, { name = "pool" })(x)
  end, { title = "Transition Layer " .. number })
end

local function densenet(name, counts)
  local function build(g, x, options)
    local width = 64
    x = g:block("features", function(h)
      h = norm(width, "norm0")(conv(options.channels, width, 7, "conv0", 2)(h)):relu()
      h = nn.MaxPool2d(3, { stride = 2, padding = 1, name = "pool0" })(h)
      for number, count in ipairs(counts) do
        h = dense_block(g, number, count, width, options)(h)
        width = width + count * growth
        if number < #counts then
          h = transition(g, number, width)(h)
          width = width / 2
        end
      end
      return norm(width, "norm5")(h)
    end)(x):relu()
    x = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x):flatten(1)
    return nn.Linear(width, options.classes, { name = "classifier" })(x)
  end
  return model(name, {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000, drop_rate = 0 }, build = build,
    initialise = initialise.rules { conv = function(weight) nn.init.kaiming_normal_(weight) end, bias = 0 },
  })
end

return {
  densenet121 = densenet("densenet121", { 6, 12, 24, 16 }),
  densenet169 = densenet("densenet169", { 6, 12, 32, 32 }),
  densenet201 = densenet("densenet201", { 6, 12, 48, 32 }),
}
