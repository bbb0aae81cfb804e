-- An MLP on random images, 200 steps an epoch; prints the resident memory in KiB after 1,000 steps and all.
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local function resident()
  for line in io.lines("/proc/self/status") do
    local kib = line:match("^VmRSS:%s+(%d+)")
    if kib then return tonumber(kib) end
  end
end

local config = orrery.config { epochs = 50 }
orrery.manual_seed(0)
local g = orrery.graph "mlp"
local image, label = g:input(data.random { shape = { 784 }, classes = 10, length = 64 * 200, batch = 64,
  shuffle = true })
local scores = g:block("mlp", function(x)
  x = nn.Linear(784, 128)(x):relu()
  x = nn.Linear(128, 64)(x):relu()
  return nn.Linear(64, 10)(x)
end)(image)
local loss = nn.CrossEntropyLoss()(scores, label)
orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.01, loss = loss }), epochs = config.epochs,
  callbacks = { epoch_end = function(at)
    if at.epoch == 5 or at.epoch == config.epochs then print(resident()) end
  end } }):run()
