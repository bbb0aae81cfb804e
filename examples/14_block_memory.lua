-- What the blocks of a network weigh, epoch by epoch: a perceptron on Fashion-MNIST whose three linear layers
-- alone are one block (they are not neighbours: ReLUs lie between them), after VizML's example (§8.1).
--     orrery run examples/14_block_memory.lua
-- Prints the accuracy and a table in KiB, and leaves block_memory.pdf (the curves, each with its band from
-- the least to the most of a step) and perceptron.pdf (the network); about a minute on two cores.
-- The same from the shell: orrery history plot last --memory --block layers

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local config = orrery.config { epochs = 10, batch = 64, lr = 0.05, samples = 60000, seed = 0 }
orrery.manual_seed(config.seed)

local chosen = {}
for i = 1, config.samples do chosen[i] = i - 1 end

local g = orrery.graph "perceptron"
local image, label = g:input(data.subset(data.fashion_mnist {}, { indices = chosen, batch = config.batch,
  shuffle = true, seed = config.seed }))

local first = nn.Linear(784, 128)(image:flatten(1))
local second = nn.Linear(128, 64)(first:relu())
local third = nn.Linear(64, 10)(second:relu())
local scores = third:log_softmax(1)
local loss = nn.NLLLoss()(scores, label)
g:group("layers", { first, second, third })

local result = orrery.manager(g, {
  optimizer = optim.SGD(g:parameters(), { lr = config.lr, loss = loss }),
  metrics = { accuracy = metrics.accuracy(scores, label) },
  validate = data.fashion_mnist { split = "test", batch = 256 },
  epochs = config.epochs,
}):run()
print(("test accuracy %.4f after %d epochs"):format(result.validation.accuracy, result.epochs))

-- The history has a row for each epoch, block and quantity.
local curves, of_quantity = {}, {}
for at, quantity in ipairs { { "tmu_bytes", "results" }, { "tgu_bytes", "their gradients" },
  { "lmu_bytes", "weights" }, { "lgu_bytes", "gradients of weights" } } do
  curves[at] = { name = quantity[2], y = {}, lower = {}, upper = {} }
  of_quantity[quantity[1]] = curves[at]
end
orrery.history("orrery.db"):sql(([[
  SELECT quantity, epoch, mean / 1024.0, min / 1024.0, max / 1024.0 FROM block_epochs
  WHERE run = '%s' AND path = 'layers' AND quantity LIKE '__u_bytes'
  ORDER BY epoch]]):format(result.run), function(row)
  local curve, epoch = of_quantity[row[1]], row[2]
  curve.y[epoch], curve.lower[epoch], curve.upper[epoch] = row[3], row[4], row[5]
end)

print(("%-22s%12s%12s"):format("block layers, KiB", "epoch 1", "epoch " .. result.epochs))
for _, curve in ipairs(curves) do
  print(("%-22s%12.1f%12.1f"):format(curve.name, curve.upper[1], curve.upper[result.epochs]))
end

orrery.plot("block_memory.pdf", { x = { label = "epoch", whole = true }, series = curves,
  y = { label = "memory of the three layers", unit = "KiB", zero = true } })
orrery.render(g, "perceptron.pdf")
