--- EfficientNet: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"
--- (2019), under torchvision's names.

local nn = require "orrery.nn"
local conv_norm = require "orrery.models.conv_norm"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"
local squeeze_excitation = require "orrery.models.squeeze_excitation"
local stochastic_depth = require "orrery.models.stochastic_depth"

-- The paper's Table 1: expansion, kernel, stride of the first, channels before and after, repeats.
local stages = {
  { 1, 3, 1, 32, 16, 1 }, { 6, 3, 2, 16, 24, 2 }, { 6, 5, 2, 24, 40, 2 }, { 6, 3, 2, 40, 80, 3 },
  { 6, 5, 1, 80, 112, 3 }, { 6, 5, 2, 112, 192, 4 }, { 6, 3, 1, 192, 320, 1 },
}

local function mobile_conv(g, from, to, options)
  local inner = from * options.expansion
  return function(x, name)
    return g:block(name, function(h)
      local parts = {
        conv_norm(inner, inner, { kernel = options.kernel, stride = options.stride, groups = inner,
          activation = nn.SiLU, title = "Depthwise" }),
        squeeze_excitation(g, inner, math.max(1, math.floor(from / 4)), nn.SiLU, nn.Sigmoid),
        conv_norm(inner, to, { title = "Projection" }),
      }
      if options.expansion ~= 1 then
        table.insert(parts, 1, conv_norm(from, inner, { activation = nn.SiLU, title = "Expansion" }))
      end
      local result = sequence("block", parts)(h)
      if options.stride ~= 1 or from ~= to then return result end
      return stochastic_depth(result, options.drop) + h
    end, { title = "MBConv" .. options.expansion })(x)
  end
end

local function blocks_in_all()
  local total = 0
  for _, stage in ipairs(stages) do total = total + stage[6] end
  return total
end

local function build(g, x, options)
  local parts = { conv_norm(options.channels, 32, { kernel = 3, stride = 2, activation = nn.SiLU }) }
  local before, total = 0, blocks_in_all()
  for number, stage in ipairs(stages) do
    local expansion, kernel, stride, from, to, count = unpack(stage)
    local blocks = {}
    for i = 1, count do
      blocks[i] = mobile_conv(g, i == 1 and from or to, to, {
        expansion = expansion, kernel = kernel, stride = i == 1 and stride or 1,
        drop = options.stochastic_depth * before / total,
      })
      before = before + 1
    end
    parts[number + 1] = function(h, name) return sequence(name, blocks, "Stage " .. number + 1)(h) end
  end
  parts[#parts + 1] = conv_norm(320, 1280, { activation = nn.SiLU })
  x = sequence("features", parts)(x)
  x = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x):flatten(1)
  return sequence("classifier", { nn.Dropout(options.dropout), nn.Linear(1280, options.classes) })(x)
end

local function head_weights(weight)
  local range = 1 / math.sqrt(weight.shape[1])
  nn.init.uniform_(weight, -range, range)
end

return {
  efficientnet_b0 = model("efficientnet_b0", {
    shape = { 3, 224, 224 },
    defaults = { channels = 3, classes = 1000, dropout = 0.2, stochastic_depth = 0.2 }, build = build,
    initialise = initialise.rules { conv = initialise.he_fan_out, linear = head_weights, bias = 0 },
  }),
}
