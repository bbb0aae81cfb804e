--- LeNet-5 as it is taught today: LeCun et al., "Gradient-Based Learning Applied to Document
--- Recognition" (1998), with full connections from the first pooling on and a linear last layer.

local nn = require "orrery.nn"
local model = require "orrery.models.model"

local function build(g, x, options)
  local features = g:block("features", function(h)
    h = nn.Tanh()(nn.Conv2d(options.channels, 6, 5, { name = "conv1" })(h))
    h = nn.AvgPool2d(2)(h)
    h = nn.Tanh()(nn.Conv2d(6, 16, 5, { name = "conv2" })(h))
    return nn.AvgPool2d(2)(h)
  end)
  local classifier = g:block("classifier", function(h)
    h = nn.Tanh()(nn.Linear(400, 120, { name = "fc1" })(h:flatten(1)))
    h = nn.Tanh()(nn.Linear(120, 84, { name = "fc2" })(h))
    return nn.Linear(84, options.classes, { name = "fc3" })(h)
  end)
  return classifier(features(x))
end

return {
  lenet5 = model("lenet5", { shape = { 1, 32, 32 }, defaults = { channels = 1, classes = 10 },
    build = build }),
}
