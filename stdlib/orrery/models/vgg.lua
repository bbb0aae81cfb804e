--- VGG: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
--- (2014), under torchvision's names; `_bn` with a batch normalisation after each convolution.

local nn = require "orrery.nn"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

-- How many convolutions stand before each of the five poolings: the paper's columns A, B, D and E.
local columns = {
  vgg11 = { 1, 1, 2, 2, 2 }, vgg13 = { 2, 2, 2, 2, 2 }, vgg16 = { 2, 2, 3, 3, 3 }, vgg19 = { 2, 2, 4, 4, 4 },
}
local widths = { 64, 128, 256, 512, 512 }

local function layers_of(counts, channels, normalised)
  local layers = {}
  for stage, count in ipairs(counts) do
    for _ = 1, count do
      layers[#layers + 1] = nn.Conv2d(channels, widths[stage], 3, { padding = 1 })
      channels = widths[stage]
      if normalised then layers[#layers + 1] = nn.BatchNorm2d(channels) end
      layers[#layers + 1] = nn.ReLU()
    end
    layers[#layers + 1] = nn.MaxPool2d(2)
  end
  return layers
end

local function vgg(name, counts, normalised)
  local function build(_, x, options)
    local features = layers_of(counts, options.channels, normalised)
    x = sequence("features", features, "Convolutional layers")(x)
    x = nn.AdaptiveAvgPool2d(7, { name = "avgpool" })(x):flatten(1)
    return sequence("classifier", {
      nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(options.dropout),
      nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(options.dropout),
      nn.Linear(4096, options.classes),
    }, "Fully-connected layers")(x)
  end
  return model(name, {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000, dropout = 0.5 }, build = build,
    initialise = initialise.rules {
      conv = initialise.he_fan_out, linear = initialise.normal(0.01), bias = 0,
    },
  })
end

local models = {}
for name, counts in pairs(columns) do
  models[name] = vgg(name, counts, false)
  models[name .. "_bn"] = vgg(name .. "_bn", counts, true)
end
return models
