--- Residual networks: He et al., "Deep Residual Learning for Image Recognition" (2015), as torchvision
--- builds them (the stride of a bottleneck lies in its 3×3 convolution), under torchvision's names; with
--- groups: Xie et al., "Aggregated Residual Transformations for Deep Neural Networks" (2016); with wider
--- bottlenecks: Zagoruyko and Komodakis, "Wide Residual Networks" (2016).

local nn = require "orrery.nn"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"

local function conv(from, to, kernel, stride, name, groups)
  return nn.Conv2d(from, to, kernel, { stride = stride, padding = (kernel - 1) / 2, groups = groups or 1,
    bias = false, name = name })
end

local function norm(channels, name) return nn.BatchNorm2d(channels, { name = name }) end

-- What a block adds its result to: the input, brought to the same shape.
local function shortcut(g, x, from, to, stride)
  if stride == 1 and from == to then return x end
  return g:block("downsample", function(h)
    return norm(to, "1")(conv(from, to, 1, stride, "0")(h))
  end, { title = "Projection shortcut" })(x)
end

local basic = { expansion = 1, title = "Building block" }

function basic.build(g, x, from, width, stride)
  local h = norm(width, "bn1")(conv(from, width, 3, stride, "conv1")(x)):relu()
  h = norm(width, "bn2")(conv(width, width, 3, 1, "conv2")(h))
  return (h + shortcut(g, x, from, width, stride)):relu()
end

local bottleneck = { expansion = 4, title = "Bottleneck" }

-- width_per_group: of the inner convolutions in the first stage.
function bottleneck.build(g, x, from, width, stride, groups, width_per_group)
  local to, inner = width * bottleneck.expansion, width * width_per_group / 64 * groups
  local h = norm(inner, "bn1")(conv(from, inner, 1, 1, "conv1")(x)):relu()
  h = norm(inner, "bn2")(conv(inner, inner, 3, stride, "conv2", groups)(h)):relu()
  h = norm(to, "bn3")(conv(inner, to, 1, 1, "conv3")(h))
  return (h + shortcut(g, x, from, to, stride)):relu()
end

local function stage(g, x, number, kind, count, from, width, groups, width_per_group)
  return g:block("layer" .. number, function(h)
    for i = 1, count do
      local stride = i == 1 and number > 1 and 2 or 1
      local channels = i == 1 and from or width * kind.expansion
      h = g:block(tostring(i - 1), function(inner)
        return kind.build(g, inner, channels, width, stride, groups, width_per_group)
      end, { title = kind.title })(h)
    end
    return h
  end, { title = ("conv%d_x"):format(number + 1) })(x)
end

local function resnet(name, kind, counts, groups, width_per_group)
  local function build(g, x, options)
    x = norm(64, "bn1")(conv(options.channels, 64, 7, 2, "conv1")(x)):relu()
    x = nn.MaxPool2d(3, { stride = 2, padding = 1, name = "maxpool" })(x)
    local from = 64
    for number, count in ipairs(counts) do
      local width = 32 * 2 ^ number
      x = stage(g, x, number, kind, count, from, width, groups or 1, width_per_group or 64)
      from = width * kind.expansion
    end
    x = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x):flatten(1)
    return nn.Linear(from, options.classes, { name = "fc" })(x)
  end
  return model(name, {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000 }, build = build,
    initialise = initialise.rules { conv = initialise.he_fan_out },
  })
end

return {
  resnet18 = resnet("resnet18", basic, { 2, 2, 2, 2 }),
  resnet34 = resnet("resnet34", basic, { 3, 4, 6, 3 }),
  resnet50 = resnet("resnet50", bottleneck, { 3, 4, 6, 3 }),
  resnet101 = resnet("resnet101", bottleneck, { 3, 4, 23, 3 }),
  resnet152 = resnet("resnet152", bottleneck, { 3, 8, 36, 3 }),
  resnext50_32x4d = resnet("resnext50_32x4d", bottleneck, { 3, 4, 6, 3 }, 32, 4),
  wide_resnet50_2 = resnet("wide_resnet50_2", bottleneck, { 3, 4, 6, 3 }, 1, 128),
}
