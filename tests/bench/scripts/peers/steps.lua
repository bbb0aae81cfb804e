-- Training steps of small nets, the twin of steps.py: the same layers with the same first weights on the same
-- batches. Prints one line of JSON: `seconds` and `steps` of an epoch and `peak_kib` of the process, or with
-- losses=N the `losses` of the first N steps, with precision=64-true in double precision.

local orrery = require "orrery"
local peer = require "peer"
local nn, optim, models = orrery.nn, orrery.optim, orrery.models
local F = nn.functional

local config = orrery.config {
  model = "mlp_sgd", batches = 10, epochs = 1, threads = 1, losses = 0, engine = "", precision = "32-true",
}

local function mlp(x)
  x = nn.Linear(784, 128)(x):relu()
  x = nn.Linear(128, 64)(x):relu()
  return nn.Linear(64, 10)(x)
end

local function deep_narrow(x)
  for _ = 1, 20 do x = nn.Linear(32, 32)(x):relu() end
  return x
end

local function small_cnn(x)
  x = nn.MaxPool2d(2)(nn.Conv2d(1, 16, 3, { padding = 1 })(x):relu())
  x = nn.MaxPool2d(2)(nn.Conv2d(16, 32, 3, { padding = 1 })(x):relu())
  return nn.Linear(1568, 10)(x:flatten(1))
end

local function gpt_layer(x)
  local heads = nn.Linear(128, 384)(nn.LayerNorm(128)(x)):unflatten(2, { 3, 4, 32 }):permute(2, 0, 3, 1, 4)
  local query, key, value = heads:select(0, 0), heads:select(0, 1), heads:select(0, 2)
  local seen = F.scaled_dot_product_attention(query, key, value, { is_causal = true })
  x = x + nn.Linear(128, 128)(seen:transpose(1, 2):flatten(2))
  local h = nn.GELU { approximate = "tanh" }(nn.Linear(128, 512)(nn.LayerNorm(128)(x)))
  return x + nn.Linear(512, 128)(h)
end

local function gpt(tokens)
  local places = tokens.graph:constant(orrery.arange(64))
  local x = nn.Embedding(65, 128)(tokens) + nn.Embedding(64, 128)(places)
  for _ = 1, 4 do x = gpt_layer(x) end
  return nn.Linear(128, 65)(nn.LayerNorm(128)(x)):flatten(0, 1)
end

local function lstm(x)
  local output = nn.LSTM(64, 128, 2, { batch_first = true })(x)
  return nn.Linear(128, 10)(output:select(1, 31))
end

-- What each is trained on: `inputs` and `target` make a set of so many samples.
local function pictures(...)
  local shape = { ... }
  return {
    inputs = function(samples) return orrery.randn(samples, unpack(shape)) end,
    target = function(samples) return orrery.randint(0, 10, { samples }) end,
  }
end
local vectors = {
  inputs = function(samples) return orrery.randn(samples, 32) end,
  target = function(samples) return orrery.randn(samples, 32) end,
}
local texts = {
  inputs = function(samples) return orrery.randint(0, 65, { samples, 64 }) end,
  target = function(samples) return orrery.randint(0, 65, { samples, 64 }) end,
}

local nets = {
  mlp_sgd = { build = mlp, batch = 64, data = pictures(784) },
  mlp_adam = { build = mlp, batch = 64, data = pictures(784), optimizer = "Adam", lr = 1e-3 },
  deep_narrow = { build = deep_narrow, batch = 16, data = vectors, loss = nn.MSELoss() },
  small_cnn = { build = small_cnn, batch = 64, data = pictures(1, 28, 28) },
  resnet18 = { build = models.resnet18 { classes = 10 }, batch = 32, data = pictures(3, 32, 32) },
  gpt = { build = gpt, batch = 16, data = texts, optimizer = "AdamW", lr = 1e-3 },
  lstm = { build = lstm, batch = 32, data = pictures(32, 64) },
}

local net = assert(nets[config.model], "no such model")
orrery.manual_seed(1)
local samples = net.batch * config.batches
local inputs, target = net.data.inputs(samples), net.data.target(samples)
orrery.manual_seed(2)
local g = orrery.graph(config.model)
local x, wanted = g:input(orrery.data.tensors { x = inputs, label = target, batch = net.batch })
local build = type(net.build) == "function" and g:block("net", net.build) or net.build
if net.data == texts then wanted = wanted:flatten() end
local loss = (net.loss or nn.CrossEntropyLoss())(build(x), wanted)
local optimizer = optim[net.optimizer or "SGD"](g:parameters(), { lr = net.lr or 0.01, loss = loss })
peer.train(g, optimizer, config)
