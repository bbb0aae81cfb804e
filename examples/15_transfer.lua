-- Transfer learning: a convolutional trunk learns the digits 0 to 4; then it is frozen, and a new head learns
-- 5 to 9 on top of it from few examples, beside a network that begins anew with the same few.
--     orrery run examples/15_transfer.lua
-- Prints the accuracies of both and leaves transfer.pdf; seconds on two cores.

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local config = orrery.config { epochs = 15, head_epochs = 60, few = 10, lr = 3e-3, seed = 0 }
orrery.manual_seed(config.seed)

-- The digits from `low` on, five classes; `count` of them, or all.
local function five(split, low, count)
  local image, label = data.digits { split = split, batch = 2000 }:epoch(1)()
  local rows = label:ge(low):logical_and(label:lt(low + 5)):nonzero():flatten()
  rows = rows:narrow(0, 0, math.min(count or #rows, rows:size(0)))
  return data.tensors { image = image:index_select(0, rows), label = label:index_select(0, rows) - low,
    batch = 32, shuffle = split == "train", seed = config.seed }
end

local function Trunk()
  return nn.Sequential(
    nn.Conv2d(1, 16, 3, { padding = 1 }), nn.ReLU(),
    nn.Conv2d(16, 32, 3, { padding = 1 }), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
end

-- Trains a head, and the trunk unless it is frozen; gives the graph and the accuracy on the test set.
local function train(name, trunk, low, epochs, count)
  local digits = five("train", low, count)
  local g = orrery.graph(name)
  local image, label = g:input(digits)
  local scores = nn.Linear(512, 5, { name = "head" })(trunk:named "trunk" (image))
  local loss = nn.CrossEntropyLoss()(scores, label)
  local result = orrery.manager(g, {
    optimizer = optim.Adam(g:parameters(), { lr = config.lr, loss = loss }),
    metrics = { accuracy = metrics.accuracy(scores, label) },
    validate = five("test", low),
    epochs = epochs, validate_every = epochs, threads = 1,
  }):run()
  return g, result.validation.accuracy
end

local trunk = Trunk()
local first, known = train("first", trunk, 0, config.epochs)
print(("0 to 4: accuracy %.3f"):format(known))
orrery.save(first, "transfer.safetensors")

-- The trunk's weights come from the file: it could be anybody's.
local learned = Trunk()
orrery.load_weights(learned, "transfer.safetensors", { strict = false, map = { ["trunk."] = "" } })
local second, transferred = train("second", learned:freeze(), 5, config.head_epochs, config.few)
local _, anew = train("anew", Trunk(), 5, config.head_epochs, config.few)
orrery.render(second, "transfer.pdf")
print(("5 to 9 from %d digits: with the frozen trunk %.3f, anew %.3f"):format(config.few, transferred, anew))
