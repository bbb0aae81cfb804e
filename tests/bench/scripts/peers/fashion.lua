-- Epochs of 784-128-64-10 on Fashion-MNIST, the twin of fashion.py. Prints one line of JSON: `seconds` and
-- `steps` of an epoch and `peak_kib` of the process, or with losses=N the `losses` of the first N steps, on
-- batches that are not shuffled.

local orrery = require "orrery"
local peer = require "peer"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local config = orrery.config { epochs = 1, threads = 1, losses = 0, engine = "" }

orrery.manual_seed(2)
local g = orrery.graph "fashion"
local image, label = g:input(data.fashion_mnist {
  batch = 64, shuffle = config.losses == 0, transforms = { data.transforms.Normalize({ 0.286 }, { 0.353 }) },
})
local scores = g:block("net", function(x)
  x = nn.Linear(784, 128)(x:flatten(1)):relu()
  x = nn.Linear(128, 64)(x):relu()
  return nn.Linear(64, 10)(x)
end)(image)
local loss = nn.CrossEntropyLoss()(scores, label)
peer.train(g, optim.SGD(g:parameters(), { lr = 0.01, loss = loss }), config)
