--- AlexNet: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014), under
--- torchvision's names.

local nn = require "orrery.nn"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

local function conv(from, to, kernel, padding, stride)
  return nn.Conv2d(from, to, kernel, { padding = padding, stride = stride or 1 })
end

local function build(_, x, options)
  local pool = function() return nn.MaxPool2d(3, { stride = 2 }) end
  x = sequence("features", {
    conv(options.channels, 64, 11, 2, 4), nn.ReLU(), pool(),
    conv(64, 192, 5, 2), nn.ReLU(), pool(),
    conv(192, 384, 3, 1), nn.ReLU(),
    conv(384, 256, 3, 1), nn.ReLU(),
    conv(256, 256, 3, 1), nn.ReLU(), pool(),
  }, "Convolutional layers")(x)
  x = nn.AdaptiveAvgPool2d(6, { name = "avgpool" })(x):flatten(1)
  return sequence("classifier", {
    nn.Dropout(options.dropout), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(),
    nn.Dropout(options.dropout), nn.Linear(4096, 4096), nn.ReLU(),
    nn.Linear(4096, options.classes),
  }, "Fully-connected layers")(x)
end

return {
  alexnet = model("alexnet", {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000, dropout = 0.5 }, build = build,
  }),
}
