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
local quantities = {
  { "tmu_bytes", "results", "#377eb8", 0 }, { "tgu_bytes", "their gradients", "#e41a1c", 6 },
  { "lmu_bytes", "weights", "#4daf4a", 0 }, { "lgu_bytes", "gradients of weights", "#984ea3", 6 },
}
local curves, highest = {}, 0
orrery.history("orrery.db"):sql(([[
  SELECT quantity, epoch, max / 1024.0 FROM block_epochs
  WHERE run = '%s' AND path = 'layers' AND quantity LIKE '__u_bytes'
  ORDER BY epoch]]):format(result.run), function(row)
  local curve = curves[row[1]] or {}
  curves[row[1]], curve[row[2]] = curve, row[3]
  highest = math.max(highest, row[3])
end)

print(("%-22s%12s%12s"):format("block layers, KiB", "epoch 1", "epoch " .. result.epochs))
for _, quantity in ipairs(quantities) do
  local curve = curves[quantity[1]]
  print(("%-22s%12.1f%12.1f"):format(quantity[2], curve[1], curve[result.epochs]))
end

-- The curves: epochs to the right, KiB upwards.
local svg = { '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300" font-family="sans-serif"',
  ' font-size="11"><rect width="480" height="300" fill="white"/>',
  '<path d="M60 20V260H460" fill="none" stroke="black"/><text x="440" y="280">epoch</text>',
  ('<text x="8" y="16">KiB</text><text x="8" y="44">%.0f</text>'):format(highest) }
for at, quantity in ipairs(quantities) do
  local points = {}
  for epoch, kib in ipairs(curves[quantity[1]]) do
    points[epoch] = ("%.1f,%.1f"):format(20 + 400 * epoch / result.epochs, 260 - 220 * kib / highest)
  end
  table.insert(svg, ('<polyline points="%s" fill="none" stroke="%s" stroke-width="2" %s/>'):format(
    table.concat(points, " "), quantity[3], ('stroke-dasharray="6 %d"'):format(quantity[4])))
  table.insert(svg, ('<text x="300" y="%d" fill="%s">%s</text>'):format(90 + 16 * at, quantity[3],
    quantity[2]))
end
local file = assert(io.open("block_memory.svg", "w"))
file:write(table.concat(svg), "</svg>\n")
file:close()
orrery.render(g, "block_memory.pdf")
