-- Keras' first example, mnist_cnn.py, on Fashion-MNIST: the network with Keras' names, first values and
-- optimizer, as Kruppai et al. build it of nodes.
--     orrery run examples/20_keras_mnist_cnn.lua
-- Prints the confusions of the classes, and leaves keras_mnist_cnn.safetensors and .pdf; about 20 minutes on
-- two cores.

local orrery = require "orrery"
local nn, optim, data, models, metrics = orrery.nn, orrery.optim, orrery.data, orrery.models, orrery.metrics

local config = orrery.config { epochs = 12, batch = 128, samples = 60000, tests = 10000, seed = 0 }
orrery.manual_seed(config.seed)

local function first(count, split, options)
  options.indices = {}
  for i = 1, count do options.indices[i] = i - 1 end
  return data.subset(data.fashion_mnist { split = split }, options)
end
local test = first(config.tests, "test", { batch = 500 })

local g = orrery.graph "keras_mnist_cnn"
local image, label = g:input(first(config.samples, "train", { batch = config.batch, shuffle = true,
  seed = config.seed }))
local network = models.keras_mnist_cnn {}
local logits = network(image)
local loss = nn.CrossEntropyLoss()(logits, label)

local result = orrery.manager(g, {
  optimizer = optim.Adadelta(g:parameters(), { lr = 1, rho = 0.95, eps = 1e-7, loss = loss }),
  metrics = { accuracy = metrics.accuracy(logits, label) },
  validate = test,
  checkpoint = { monitor = "accuracy" },
  epochs = config.epochs,
}):run()

-- How often a picture of one class is taken for one of another.
network:eval()
local confusions = orrery.zeros(100)
for pictures, right in test:epoch(1) do
  local taken = orrery.no_grad(function() return network(pictures):argmax(1) end)
  confusions = confusions + (right * 10 + taken):bincount(nil, 100)
end
local classes = data.fashion_mnist { split = "test" }.classes
for row, counts in ipairs(confusions:view(10, 10):tolist()) do
  for at, count in ipairs(counts) do counts[at] = ("%5d"):format(count) end
  print(("%-12s%s"):format(classes[row], table.concat(counts)))
end

orrery.save(g, "keras_mnist_cnn.safetensors")
orrery.render(g, "keras_mnist_cnn.pdf")
print(("test accuracy %.4f after %d epochs"):format(result.validation.accuracy, result.epochs))
