-- Own losses of several terms and outputs, noise, masks, chosen rows and policy gradients: as PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nn, optim = orrery.nn, orrery.optim
local F = nn.functional
local f64, waves = twins.f64, twins.waves

local rows, batches = twins.regression()

-- The losses of steps on tensors: `loss_of(batch, step)` is asked for each batch.
local function losses_on_tensors(optimizer, loss_of)
  local losses = {}
  for step, batch in ipairs(batches) do losses[step] = twins.minimise(optimizer, loss_of(batch, step)) end
  return losses
end

TestTerms = {}

local kinds = twins.tokens(3, 4, 2, 3)

local function TwoHeads()
  local net = nn.Module()
  net.trunk = nn.Linear(3, 4, f64)
  net.sort = nn.Linear(4, 3, f64)
  net.size = nn.Linear(4, 1, f64)
  function net:forward(x)
    local h = self.trunk(x):tanh()
    return self.sort(h), self.size(h)
  end
  return net
end

local function terms(scores, size, kind, target, weight)
  return F.cross_entropy(scores, kind) + F.mse_loss(size, target) * 0.3 + weight:abs():sum() * 0.01
end

function TestTerms:test_of_two_outputs_and_a_weight_on_tensors()
  twins.begin()
  local net = TwoHeads()
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2 })
  local losses = losses_on_tensors(optimizer, function(batch, step)
    local scores, size = net(batch.x)
    return terms(scores, size, kinds[step - 1], batch.target, net.trunk.weight)
  end)
  twins.follows("terms", losses, net:parameters())
end

function TestTerms:test_of_two_outputs_and_a_weight_in_a_graph()
  twins.begin()
  local g, kind, x, target = twins.graph {
    kind = kinds:flatten(), target = rows.target, x = rows.x, batch = 4,
  }
  local net = TwoHeads()
  local scores, size = net(x)
  local loss = terms(scores, size, kind, target, g:constant(net.trunk.weight))
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer })
  twins.follows("terms", losses, net:parameters())
end

TestNoise = {}

local function denoiser()
  twins.begin()
  local net = twins.Perceptron(3, 4, 3)
  return net, optim.SGD(net:parameters(), { lr = 0.2 })
end

function TestNoise:test_is_drawn_on_tensors()
  local net, optimizer = denoiser()
  local losses = losses_on_tensors(optimizer, function(batch)
    return F.mse_loss(net(batch.x + orrery.randn_like(batch.x) * 0.1), batch.x)
  end)
  twins.follows("noise", losses, net:parameters())
end

function TestNoise:test_is_drawn_by_a_node_of_a_graph()
  twins.begin()
  local g, x = twins.graph { x = rows.x, batch = 4 }
  local net = twins.Perceptron(3, 4, 3)
  local loss = F.mse_loss(net(x + orrery.randn_like(x) * 0.1), x)
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer })
  twins.follows("noise", losses, net:parameters())
end

local noises = waves({ 12, 3 }, 5)

function TestNoise:test_is_given_on_tensors()
  local net, optimizer = denoiser()
  local losses = losses_on_tensors(optimizer, function(batch, step)
    return F.mse_loss(net(batch.x + noises:narrow(0, 4 * (step - 1), 4) * 0.1), batch.x)
  end)
  twins.follows("noise_as_data", losses, net:parameters())
end

function TestNoise:test_is_given_by_a_graphs_data()
  twins.begin()
  local g, noise, x = twins.graph { noise = noises, x = rows.x, batch = 4 }
  local net = twins.Perceptron(3, 4, 3)
  local loss = F.mse_loss(net(x + noise * 0.1), x)
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer })
  twins.follows("noise_as_data", losses, net:parameters())
end

os.exit(lu.LuaUnit.run())
