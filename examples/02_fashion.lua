-- Trains a convolutional network on Fashion-MNIST: 60,000 grey photographs of clothes in ten classes, from
-- Debian's package dataset-fashion-mnist (./dev setup --data installs it). Above 91 % within five epochs.
-- Try: orrery run examples/02_fashion.lua --max-time 00:02:00
--      orrery run examples/02_fashion.lua --resume last        after Ctrl-C
--      orrery run examples/02_fashion.lua lr=0.02,0.05 samples=6000 epochs=1

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local config = orrery.config { epochs = 5, lr = 0.05, batch = 64, seed = 0, samples = 60000,
  name = "fashion" }
orrery.manual_seed(config.seed)

-- The first so many photographs; the data come without an order.
local function first(set, count)
  local chosen = {}
  for i = 1, count do chosen[i] = i - 1 end
  return data.subset(set, chosen, { batch = config.batch, shuffle = true, seed = config.seed })
end

local train = data.fashion_mnist { batch = config.batch, shuffle = true, seed = config.seed }
if config.samples < 60000 then train = first(data.fashion_mnist {}, config.samples) end

local g = orrery.graph "fashion"
local image, label = g:input(train)

local features = g:block("features", function(x)
  x = nn.Conv2d(1, 32, 3, { padding = 1 })(x):relu()
  x = nn.MaxPool2d(2)(x)
  x = nn.Conv2d(32, 64, 3, { padding = 1 })(x):relu()
  return nn.MaxPool2d(2)(x)
end)
local classifier = g:block("classifier", function(x)
  x = nn.Linear(64 * 7 * 7, 128)(x:flatten(1)):relu()
  return nn.Linear(128, 10)(nn.Dropout(0.25)(x))
end)
local logits = classifier(features(image))
local loss = nn.CrossEntropyLoss()(logits, label)

local optimizer = optim.SGD(g:parameters(), { lr = config.lr, momentum = 0.9, loss = loss })
local updates = config.epochs * math.ceil(config.samples / config.batch)

local manager = orrery.manager(g, {
  optimizer = optimizer,
  schedule = { interval = "step",
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, { max_lr = config.lr, total_steps = updates + 1 }) },
  metrics = { accuracy = metrics.accuracy(logits, label) },
  validate = data.fashion_mnist { batch = 256, split = "test" },
  checkpoint = { monitor = "accuracy" },
  epochs = config.epochs,
})
local result = manager:run()

orrery.save(g, config.name .. ".safetensors")
orrery.render(g, config.name .. ".pdf")

local best = result.best
print(("test accuracy %.4f after epoch %d of %d"):format(best.value, best.epoch, result.epochs))
print(("left here: %s.safetensors (weights and graph), .pdf (the architecture)"):format(config.name))
print(("           runs/%s (checkpoints), orrery.db (what it reached and cost)"):format(result.run))
print "next: orrery history show last"
