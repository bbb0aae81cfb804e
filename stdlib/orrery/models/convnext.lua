--- ConvNeXt: Liu et al., "A ConvNet for the 2020s" (2022), under torchvision's names.

local nn = require "orrery.nn"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"
local stochastic_depth = require "orrery.models.stochastic_depth"

-- Of each stage: channels and blocks.
local stages = { { 96, 3 }, { 192, 3 }, { 384, 9 }, { 768, 3 } }
local total = 18

local function channels_last(x) return x:permute(0, 2, 3, 1) end
local function channels_first(x) return x:permute(0, 3, 1, 2) end

-- Normalises over the channels of images.
local function norm(channels)
  return function(x, name)
    return channels_first(nn.LayerNorm(channels, { eps = 1e-6, name = name })(channels_last(x)))
  end
end

local function halving(from, to)
  return function(x, name) return nn.Conv2d(from, to, 2, { stride = 2, name = name })(x) end
end

local function block(g, width, scale, drop)
  return function(x, name)
    return g:block(name, function(h)
      local layer_scale = g:parameter("layer_scale", { width, 1, 1 }, { init = "constant", a = scale })
      local result = sequence("block", {
        nn.Conv2d(width, width, 7, { padding = 3, groups = width }),
        channels_last, nn.LayerNorm(width, { eps = 1e-6 }),
        nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), channels_first,
      })(h)
      return stochastic_depth(layer_scale * result, drop) + h
    end, { title = "ConvNeXt Block" })(x)
  end
end

local function build(g, x, options)
  local parts, before = {}, 0
  local function add(children, title)
    parts[#parts + 1] = function(h, name) return sequence(name, children, title)(h) end
  end
  add({ nn.Conv2d(options.channels, 96, 4, { stride = 4 }), norm(96) }, "Stem")
  for number, stage in ipairs(stages) do
    local width, count = unpack(stage)
    local blocks = {}
    for i = 1, count do
      blocks[i] = block(g, width, options.layer_scale, options.stochastic_depth * before / (total - 1))
      before = before + 1
    end
    add(blocks, "res" .. number + 1)
    if stages[number + 1] then
      add({ norm(width), halving(width, stages[number + 1][1]) }, "Downsampling")
    end
  end
  x = sequence("features", parts)(x)
  x = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x)
  return sequence("classifier", { norm(768), nn.Flatten(1), nn.Linear(768, options.classes) })(x)
end

return {
  convnext_tiny = model("convnext_tiny", {
    shape = { 3, 224, 224 },
    defaults = { channels = 3, classes = 1000, layer_scale = 1e-6, stochastic_depth = 0.1 }, build = build,
    initialise = initialise.rules {
      conv = initialise.truncated(0.02), linear = initialise.truncated(0.02), bias = 0,
    },
  }),
}
