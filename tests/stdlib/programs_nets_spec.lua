-- One net several times in a loss, several nets with losses of their own: as PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nn, optim = orrery.nn, orrery.optim
local F = nn.functional
local f64, waves = twins.f64, twins.waves

TestSiamese = {}

local left, right = waves { 6, 3 }, waves({ 6, 3 }, 1)
local same = orrery.tensor({ 1, 0, 0, 1, 1, 0 }, f64)

-- On tensors and on values.
local function contrastive(net, a, b, alike)
  local distance = (net(a) - net(b)):pow(2):sum(1):sqrt()
  return (alike * distance:pow(2) + (1 - alike) * (1 - distance):relu():pow(2)):mean()
end

function TestSiamese:test_nets_on_tensors()
  twins.begin()
  local net, losses = twins.Perceptron(3, 4, 2), {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2 })
  for step = 1, 4 do losses[step] = twins.minimise(optimizer, contrastive(net, left, right, same)) end
  twins.follows("siamese", losses, net:parameters())
end

function TestSiamese:test_nets_in_a_graph()
  twins.begin()
  local g, a, b, alike = twins.graph { a = left, b = right, same = same, batch = 6 }
  local net = twins.Perceptron(3, 4, 2)
  local loss = contrastive(net, a, b, alike)
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2, loss = loss })
  twins.follows("siamese", twins.losses_of_run(g, { optimizer = optimizer, epochs = 4 }), net:parameters())
end

TestAdversaries = {}

local reals, noises = waves { 12, 3 }, waves({ 12, 2 }, 3)
local judge = nn.BCEWithLogitsLoss()

local function loss_of_discriminator(yes, no)
  return judge(yes, orrery.ones_like(yes)) + judge(no, orrery.zeros_like(no))
end

local function adam(net, loss)
  return optim.Adam(net:parameters(), { lr = 0.02, betas = { 0.5, 0.999 }, loss = loss })
end

local function nets()
  twins.begin()
  local generator = twins.Perceptron(2, 4, 3)
  return generator, twins.Perceptron(3, 4, 1)
end

function TestAdversaries:test_on_tensors()
  local generator, discriminator = nets()
  local of_generator, of_discriminator, losses = adam(generator), adam(discriminator), {}
  for at = 0, 8, 4 do
    local fake = generator(noises:narrow(0, at, 4))
    local loss = loss_of_discriminator(discriminator(reals:narrow(0, at, 4)), discriminator(fake:detach()))
    losses[#losses + 1] = twins.minimise(of_discriminator, loss)
    local judged = discriminator(fake)
    losses[#losses + 1] = twins.minimise(of_generator, judge(judged, orrery.ones_like(judged)))
  end
  twins.follows("adversaries", losses, twins.parameters(generator, discriminator))
end

-- The second forward sees the discriminator's new weights.
function TestAdversaries:test_in_a_graph()
  local generator, discriminator = nets()
  local g, noise, real = twins.graph { noise = noises, real = reals, batch = 4 }
  local fake = generator(noise)
  local judged = discriminator(fake)
  local of_discriminator = adam(discriminator,
    loss_of_discriminator(discriminator(real), discriminator(fake:detach())):named "loss_d")
  local of_generator = adam(generator, judge(judged, orrery.ones_like(judged)):named "loss_g")
  local manager, losses = twins.manager(g, { optimizers = { of_generator, of_discriminator } }), {}
  for batch in manager:batches() do
    local loss = manager:forward(batch).loss_d
    of_discriminator:step(loss)
    losses[#losses + 1] = loss:item()
    loss = manager:forward(batch).loss_g
    of_generator:step(loss)
    losses[#losses + 1] = loss:item()
  end
  twins.follows("adversaries", losses, twins.parameters(generator, discriminator))
end

-- Two batches are the discriminator's, one is the generator's, also from one epoch to the next.
function TestAdversaries:test_in_turn()
  local generator, discriminator = nets()
  local g, noise, real = twins.graph { noise = waves({ 16, 2 }, 3), real = waves { 16, 3 }, batch = 4 }
  local fake = generator(noise)
  local judged = discriminator(fake)
  local of_discriminator = adam(discriminator,
    loss_of_discriminator(discriminator(real), discriminator(fake:detach())):named "loss_d")
  local of_generator = adam(generator, judge(judged, orrery.ones_like(judged)):named "loss_g")
  local scheduler = optim.lr_scheduler.ExponentialLR(of_generator, { gamma = 0.5 })
  local losses = twins.losses_of_run(g, {
    optimizers = {
      { optimizer = of_discriminator, frequency = 2 }, { optimizer = of_generator, frequency = 1 },
    },
    schedule = { scheduler = scheduler, interval = "step" }, epochs = 3,
  }, { "loss_d", "loss_g" })
  twins.follows("adversaries_in_turn", losses, twins.parameters(generator, discriminator))
end

TestForwardForward = {}

local positive, negative = waves { 6, 3 }, waves({ 6, 3 }, 2)

-- What a layer makes of both, and its own loss.
local function goodness(layer, good, bad)
  good, bad = layer(F.normalize(good:detach())):relu(), layer(F.normalize(bad:detach())):relu()
  local margin = orrery.cat { 1 - good:pow(2):sum(1), bad:pow(2):sum(1) - 1 }
  return F.softplus(margin):mean(), good, bad
end

local function layers()
  twins.begin()
  return { nn.Linear(3, 5, f64), nn.Linear(5, 4, f64) }
end

function TestForwardForward:test_on_tensors()
  local stack, optimizers, losses = layers(), {}, {}
  for i, layer in ipairs(stack) do optimizers[i] = optim.Adam(layer:parameters(), { lr = 0.03 }) end
  for _ = 1, 4 do
    local good, bad = positive, negative
    for i, layer in ipairs(stack) do
      local loss, better, worse = goodness(layer, good, bad)
      losses[#losses + 1] = twins.minimise(optimizers[i], loss)
      good, bad = better, worse
    end
  end
  twins.follows("forward_forward", losses, twins.parameters(unpack(stack)))
end

function TestForwardForward:test_in_a_graph()
  local stack, optimizers, losses = layers(), {}, {}
  local g, bad, good = twins.graph { bad = negative, good = positive, batch = 6 }
  for i, layer in ipairs(stack) do
    local loss, better, worse = goodness(layer, good, bad)
    optimizers[i] = optim.Adam(layer:parameters(), { lr = 0.03, loss = loss:named("loss" .. i) })
    good, bad = better, worse
  end
  twins.manager(g, { optimizers = optimizers, epochs = 4, callbacks = { batch_end = function(report)
    losses[#losses + 1], losses[#losses + 2] = report.train.loss1, report.train.loss2
  end } }):run()
  twins.follows("forward_forward", losses, twins.parameters(unpack(stack)))
end

os.exit(lu.LuaUnit.run())
