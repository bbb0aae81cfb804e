--- MobileNet v2: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018), under
--- torchvision's names.

local nn = require "orrery.nn"
local conv_norm = require "orrery.models.conv_norm"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

-- The paper's Table 2: expansion, channels, repeats, stride of the first.
local stages = {
  { 1, 16, 1, 1 }, { 6, 24, 2, 2 }, { 6, 32, 3, 2 }, { 6, 64, 4, 2 }, { 6, 96, 3, 1 }, { 6, 160, 3, 2 },
  { 6, 320, 1, 1 },
}

-- The linear bottleneck behind the depthwise convolution.
local function projection(from, to)
  return function(h, name) return nn.Conv2d(from, to, 1, { bias = false, name = name })(h) end,
    function(h, name) return nn.BatchNorm2d(to, { name = name })(h) end
end

local function inverted_residual(g, from, to, stride, expansion)
  local inner = from * expansion
  return function(x, name)
    return g:block(name, function(h)
      local parts = {
        conv_norm(inner, inner, { kernel = 3, stride = stride, groups = inner, activation = nn.ReLU6,
          title = "Depthwise" }),
        projection(inner, to),
      }
      if expansion ~= 1 then
        table.insert(parts, 1, conv_norm(from, inner, { activation = nn.ReLU6, title = "Expansion" }))
      end
      local result = sequence("conv", parts)(h)
      return stride == 1 and from == to and h + result or result
    end, { title = "Bottleneck" })(x)
  end
end

local function build(g, x, options)
  local width = 32
  local parts = { conv_norm(options.channels, width, { kernel = 3, stride = 2, activation = nn.ReLU6 }) }
  for _, stage in ipairs(stages) do
    local expansion, to, count, stride = unpack(stage)
    for i = 1, count do
      parts[#parts + 1] = inverted_residual(g, width, to, i == 1 and stride or 1, expansion)
      width = to
    end
  end
  parts[#parts + 1] = conv_norm(width, 1280, { activation = nn.ReLU6 })
  x = sequence("features", parts, "Bottlenecks")(x)
  x = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x):flatten(1)
  return sequence("classifier", { nn.Dropout(options.dropout), nn.Linear(1280, options.classes) })(x)
end

return {
  mobilenet_v2 = model("mobilenet_v2", {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000, dropout = 0.2 }, build = build,
    initialise = initialise.rules {
      conv = initialise.he_fan_out, linear = initialise.normal(0.01), bias = 0,
    },
  }),
}
