-- What the blocks of a network weigh, epoch by epoch: a perceptron on Fashion-MNIST whose three linear layers
-- alone are one block (they are not neighbours: ReLUs lie between them), after VizML's example (§8.1).
--     orrery run examples/14_block_memory.lua
-- Prints the accuracy and a table in KiB, and leaves block_memory.svg (the curves) and block_memory.pdf (the
-- network); about a minute on two cores.

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
local curves = {
  { quantity = "tmu_bytes", label = "results" },
  { quantity = "tgu_bytes", label = "their gradients", colour = "#e41a1c", dashed = true },
  { quantity = "lmu_bytes", label = "weights", colour = "#4daf4a" },
  { quantity = "lgu_bytes", label = "gradients of weights", colour = "#984ea3", dashed = true },
}
local by_quantity = {}
for _, curve in ipairs(curves) do by_quantity[curve.quantity] = curve end
orrery.history("orrery.db"):sql(([[
  SELECT quantity, epoch, max / 1024.0 FROM block_epochs
  WHERE run = '%s' AND path = 'layers' AND quantity LIKE '__u_bytes'
  ORDER BY epoch]]):format(result.run), function(row)
  local curve = by_quantity[row[1]]
  curve[row[2]] = row[3]
end)

print(("%-22s%12s%12s"):format("block layers, KiB", "epoch 1", "epoch " .. result.epochs))
for _, curve in ipairs(curves) do
  print(("%-22s%12.1f%12.1f"):format(curve.label, curve[1], curve[result.epochs]))
end

local folder = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$"
dofile(folder .. "plot/curves.lua")("block_memory.svg", "KiB", curves)
orrery.render(g, "block_memory.pdf")
