--- MobileNet v3: Howard et al., "Searching for MobileNetV3" (2019), under torchvision's names.

local nn = require "orrery.nn"
local conv_norm = require "orrery.models.conv_norm"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"
local squeeze_excitation = require "orrery.models.squeeze_excitation"

-- The paper's Tables 1 and 2: kernel, expanded channels, channels, squeeze-and-excite, non-linearity,
-- stride.
local large = {
  { 3, 16, 16, false, "RE", 1 }, { 3, 64, 24, false, "RE", 2 }, { 3, 72, 24, false, "RE", 1 },
  { 5, 72, 40, true, "RE", 2 }, { 5, 120, 40, true, "RE", 1 }, { 5, 120, 40, true, "RE", 1 },
  { 3, 240, 80, false, "HS", 2 }, { 3, 200, 80, false, "HS", 1 }, { 3, 184, 80, false, "HS", 1 },
  { 3, 184, 80, false, "HS", 1 }, { 3, 480, 112, true, "HS", 1 }, { 3, 672, 112, true, "HS", 1 },
  { 5, 672, 160, true, "HS", 2 }, { 5, 960, 160, true, "HS", 1 }, { 5, 960, 160, true, "HS", 1 },
}
local small = {
  { 3, 16, 16, true, "RE", 2 }, { 3, 72, 24, false, "RE", 2 }, { 3, 88, 24, false, "RE", 1 },
  { 5, 96, 40, true, "HS", 2 }, { 5, 240, 40, true, "HS", 1 }, { 5, 240, 40, true, "HS", 1 },
  { 5, 120, 48, true, "HS", 1 }, { 5, 144, 48, true, "HS", 1 }, { 5, 288, 96, true, "HS", 2 },
  { 5, 576, 96, true, "HS", 1 }, { 5, 576, 96, true, "HS", 1 },
}
local norm = { eps = 1e-3, momentum = 0.01 }

-- The multiple of 8 that is nearest, but not below nine tenths.
local function divisible(channels)
  local rounded = math.max(8, math.floor((channels + 4) / 8) * 8)
  return rounded < 0.9 * channels and rounded + 8 or rounded
end

local function bottleneck(g, from, row)
  local kernel, inner, to, excited, kind, stride = unpack(row)
  local activation = kind == "HS" and nn.Hardswish or nn.ReLU
  local function conv(a, b, options)
    options.norm = norm
    return conv_norm(a, b, options)
  end
  return function(x, name)
    return g:block(name, function(h)
      local parts = {}
      local function add(part) parts[#parts + 1] = part end
      if inner ~= from then add(conv(from, inner, { activation = activation, title = "Expansion" })) end
      add(conv(inner, inner, { kernel = kernel, stride = stride, groups = inner, activation = activation,
        title = "Depthwise" }))
      if excited then
        add(squeeze_excitation(g, inner, divisible(math.floor(inner / 4)), nn.ReLU, nn.Hardsigmoid))
      end
      add(conv(inner, to, { title = "Projection" }))
      local result = sequence("block", parts)(h)
      return stride == 1 and from == to and result + h or result
    end, { title = "bneck" })(x)
  end
end

local function mobilenet(name, rows, last)
  local function build(g, x, options)
    local width = 16
    local parts = { conv_norm(options.channels, width,
      { kernel = 3, stride = 2, activation = nn.Hardswish, norm = norm }) }
    for _, row in ipairs(rows) do
      parts[#parts + 1] = bottleneck(g, width, row)
      width = row[3]
    end
    parts[#parts + 1] = conv_norm(width, 6 * width, { activation = nn.Hardswish, norm = norm })
    x = sequence("features", parts, "Bottlenecks")(x)
    x = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x):flatten(1)
    return sequence("classifier", {
      nn.Linear(6 * width, last), nn.Hardswish(), nn.Dropout(options.dropout),
      nn.Linear(last, options.classes),
    })(x)
  end
  return model(name, {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000, dropout = 0.2 }, build = build,
    initialise = initialise.rules {
      conv = initialise.he_fan_out, linear = initialise.normal(0.01), bias = 0,
    },
  })
end

return {
  mobilenet_v3_large = mobilenet("mobilenet_v3_large", large, 1280),
  mobilenet_v3_small = mobilenet("mobilenet_v3_small", small, 1024),
}
