--- The convolutional network of Keras' first example, mnist_cnn.py, under its layers' names.

local nn = require "orrery.nn"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"

local function build(_, x, options)
  x = nn.Conv2d(options.channels, 32, 3, { name = "conv2d_1" })(x):relu()
  x = nn.Conv2d(32, 64, 3, { name = "conv2d_2" })(x):relu()
  x = nn.MaxPool2d(2, { name = "max_pooling2d_1" })(x)
  x = nn.Dropout(0.25, { name = "dropout_1" })(x):flatten(1)
  x = nn.Linear(9216, 128, { name = "dense_1" })(x):relu()
  x = nn.Dropout(0.5, { name = "dropout_2" })(x)
  return nn.Linear(128, options.classes, { name = "dense_2" })(x)
end

-- Keras' own first values.
local function glorot(weight) nn.init.xavier_uniform_(weight) end

return {
  keras_mnist_cnn = model("keras_mnist_cnn", {
    shape = { 1, 28, 28 }, defaults = { channels = 1, classes = 10 }, build = build,
    initialise = initialise.rules { conv = glorot, linear = glorot, bias = 0 },
  }),
}
