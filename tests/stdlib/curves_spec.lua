-- Loss curves of managers follow PyTorch's from the same seed and order: 50 steps in float64, 10 in float32.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nets = require "curve_models"
local optim = orrery.optim
local schedules = optim.lr_scheduler
local F = orrery.nn.functional
local waves, tokens = twins.waves, twins.tokens

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/"
local curves = orrery.load_tensors(root .. "tests/fixtures/programs/curves.safetensors")
local rows = 40

local function classes(count) return tokens(1, rows, 7, count):flatten() end

local function images(dtype)
  return { x = waves { rows, 1, 8, 8 }:to(dtype), target = classes(10) }
end

local function texts() return { x = tokens(rows, 6, 5, 11), target = classes(4) } end

-- Each: what it learns, and of net and values the loss.
local function classified(net, x, target) return F.cross_entropy(net(x), target) end

local models = {}

models.mlp = {
  net = nets.perceptron, loss = classified,
  data = function(dtype) return { x = waves { rows, 12 }:to(dtype), target = classes(10) } end,
  optimizer = function(parameters, loss)
    return optim.SGD(parameters, { lr = 0.1, momentum = 0.9, nesterov = true, loss = loss })
  end,
}

models.lenet = {
  net = nets.lenet, loss = classified, data = images,
  optimizer = function(parameters, loss) return optim.Adam(parameters, { lr = 3e-3, loss = loss }) end,
}

models.lstm = {
  net = nets.classifier, loss = classified, data = texts,
  optimizer = function(parameters, loss)
    local optimizer = optim.AdamW(parameters, { lr = 0.01, loss = loss })
    return optimizer, schedules.CosineAnnealingLR(optimizer, { T_max = 50 })
  end,
}

models.encoder = {
  net = nets.encoder, loss = classified, data = texts,
  optimizer = function(parameters, loss)
    local optimizer = optim.AdamW(parameters, { lr = 0.01, weight_decay = 0.1, loss = loss })
    local warm_up = schedules.LinearLR(optimizer, { start_factor = 0.1, total_iters = 10 })
    local cosine = schedules.CosineAnnealingLR(optimizer, { T_max = 40 })
    return optimizer, schedules.SequentialLR(optimizer, { warm_up, cosine }, { milestones = { 10 } })
  end,
}

models.vae = {
  net = nets.autoencoder,
  data = function(dtype)
    return { noise = waves({ rows, 3 }, 1):to(dtype), x = (waves { rows, 12 } * 0.5 + 0.5):to(dtype) }
  end,
  loss = function(net, noise, x)
    local shown, mean, spread = net(x, noise)
    local likeness = F.binary_cross_entropy_with_logits(shown, x, { reduction = "sum" })
    return (likeness - (spread + 1 - mean:pow(2) - spread:exp()):sum() * 0.5) / 8
  end,
  optimizer = function(parameters, loss) return optim.Adam(parameters, { lr = 5e-3, loss = loss }) end,
}

models.resnet = {
  net = nets.resnet, loss = classified, data = images,
  optimizer = function(parameters, loss)
    local optimizer = optim.SGD(parameters, { lr = 0.05, momentum = 0.9, weight_decay = 5e-4, loss = loss })
    return optimizer, schedules.MultiStepLR(optimizer, { milestones = { 15, 35 }, gamma = 0.3 })
  end,
}

models.gpt = {
  net = nets.gpt,
  data = function()
    local whole = tokens(rows, 7, 5, 11)
    return { x = whole:narrow(1, 0, 6), target = whole:narrow(1, 1, 6) }
  end,
  loss = function(net, x, target) return F.cross_entropy(net(x):flatten(0, 1), target:flatten()) end,
  optimizer = function(parameters, loss)
    local optimizer = optim.AdamW(parameters, {
      lr = 5e-3, betas = { 0.9, 0.95 }, weight_decay = 0.1, loss = loss,
    })
    return optimizer, schedules.OneCycleLR(optimizer, { max_lr = 0.01, total_steps = 51 })
  end,
}

-- The largest distance of a run's losses from PyTorch's, as a share of them.
local function distance(name, dtype, epochs)
  twins.begin()
  local model = models[name]
  local given = model.data(dtype)
  given.batch = 8
  local g = orrery.graph(name)
  local first, second = g:input(orrery.data.tensors(given))
  local net = model.net(dtype)
  local optimizer, schedule = model.optimizer(net:parameters(), model.loss(net, first, second))
  local losses = twins.losses_of_run(g, {
    optimizer = optimizer, epochs = epochs,
    schedules = schedule and { { scheduler = schedule, interval = "step" } },
  })
  local wanted = curves[name .. "." .. dtype]
  lu.assertEquals(#losses, wanted:numel())
  return ((orrery.tensor(losses, twins.f64) - wanted):abs() / wanted):max():item()
end

TestCurves = {}

for name in pairs(models) do
  TestCurves["test_of_" .. name .. "_follow_in_float64"] = function()
    local off = distance(name, "float64", 10)
    lu.assertTrue(off <= 1e-8, ("off by %.3g"):format(off))
  end
  TestCurves["test_of_" .. name .. "_follow_in_float32"] = function()
    local off = distance(name, "float32", 2)
    lu.assertTrue(off <= 1e-3, ("off by %.3g"):format(off))
  end
end

os.exit(lu.LuaUnit.run())
