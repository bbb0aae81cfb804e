-- Programs that do something of their own between gradients and updates follow PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nn, optim = orrery.nn, orrery.optim
local F = nn.functional
local f64, waves = twins.f64, twins.waves

local rows, batches = twins.regression()

-- A graph that learns them, its net and its loss.
local function regression()
  twins.begin()
  local g, x, target = twins.graph(rows)
  local net = twins.Perceptron(3, 4, 1)
  return g, net, nn.MSELoss()(net(x), target)
end

TestClipping = {}

function TestClipping:test_by_hand()
  twins.begin()
  local net, losses = twins.Perceptron(3, 4, 1), {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.5, momentum = 0.9 })
  for step = 0, 5 do
    local batch = batches[step % 3 + 1]
    optimizer:zero_grad()
    local loss = F.mse_loss(net(batch.x), batch.target)
    loss:backward()
    nn.utils.clip_grad_norm_(net:parameters(), 0.1)
    optimizer:step()
    losses[#losses + 1] = loss:item()
  end
  twins.follows("clipped", losses, net:parameters())
end

function TestClipping:test_by_a_manager()
  local g, net, loss = regression()
  local optimizer = optim.SGD(net:parameters(), { lr = 0.5, momentum = 0.9, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer, epochs = 2, gradient_clip_val = 0.1 })
  twins.follows("clipped", losses, net:parameters())
end

TestOwnUpdates = {}

function TestOwnUpdates:test_of_a_net_on_tensors()
  twins.begin()
  local net, losses = twins.Perceptron(3, 4, 1), {}
  for step, batch in ipairs(batches) do
    local loss = F.mse_loss(net(batch.x), batch.target)
    net:zero_grad()
    loss:backward()
    orrery.no_grad(function()
      for _, p in ipairs(net:parameters()) do p:sub_((p.grad + p * 0.01) * 0.3) end
    end)
    losses[step] = loss:item()
  end
  twins.follows("handwritten", losses, net:parameters())
end

function TestOwnUpdates:test_of_a_graph()
  local g, net, loss = regression()
  g:output(loss:named "loss")
  local losses = {}
  local manager = twins.manager(g, {})
  for batch in manager:batches() do
    local out = manager:forward(batch)
    local gradients = { orrery.grad(out.loss, net:parameters()) }
    orrery.no_grad(function()
      for i, p in ipairs(net:parameters()) do p:sub_((gradients[i] + p * 0.01) * 0.3) end
    end)
    losses[#losses + 1] = out.loss:item()
  end
  twins.follows("handwritten", losses, net:parameters())
end

TestSums = {}

function TestSums:test_of_gradients_of_several_backwards()
  twins.begin()
  local net, losses = twins.Perceptron(3, 4, 1), {}
  local optimizer = optim.Adam(net:parameters(), { lr = 0.05 })
  for _ = 1, 2 do
    optimizer:zero_grad()
    for _, batch in ipairs(batches) do
      local loss = F.mse_loss(net(batch.x), batch.target) / 3
      loss:backward()
      losses[#losses + 1] = loss:item() * 3
    end
    optimizer:step()
  end
  twins.follows("summed", losses, net:parameters())
end

function TestSums:test_of_gradients_of_several_backwards_in_a_graph()
  local g, net, loss = regression()
  local optimizer, losses = optim.Adam(net:parameters(), { lr = 0.05, loss = loss }), {}
  local manager = twins.manager(g, { optimizer = optimizer, epochs = 2 })
  for batch in manager:batches() do
    local now = manager:forward(batch).loss
    if batch.index == 0 then optimizer:zero_grad() end
    (now / 3):backward()
    if batch.index == 2 then optimizer:step() end
    losses[#losses + 1] = now:item()
  end
  twins.follows("summed", losses, net:parameters())
end

function TestSums:test_of_gradients_of_several_batches()
  local g, net, loss = regression()
  local optimizer = optim.Adam(net:parameters(), { lr = 0.05, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer, epochs = 2, accumulate_grad_batches = 3 })
  twins.follows("summed", losses, net:parameters())
end

TestClosures = {}

local start, wanted = waves { 1, 1, 6, 6 }, waves({ 1, 2, 4, 4 }, 1)

function TestClosures:test_that_clamp_on_tensors()
  twins.begin()
  local conv, losses = nn.Conv2d(1, 2, 3, f64):freeze(), {}
  local image = start:clone():requires_grad_()
  local optimizer = optim.LBFGS({ image }, { max_iter = 5 })
  for step = 1, 3 do
    losses[step] = optimizer:step(function()
      orrery.no_grad(function() image:clamp_(-0.5, 0.5) end)
      optimizer:zero_grad()
      local loss = F.mse_loss(conv(image), wanted)
      loss:backward()
      return loss
    end):item()
  end
  twins.follows("clamped", losses, { image })
end

function TestClosures:test_that_clamp_in_a_graph()
  twins.begin()
  local g, target = twins.graph { target = wanted, batch = 1 }
  local conv = nn.Conv2d(1, 2, 3, f64):freeze()
  local image = g:parameter("image", { 1, 1, 6, 6 }, {
    init = function(t) t:copy_(start) end, dtype = "float64",
  })
  local loss = (conv(image) - target):pow(2):mean()
  local optimizer = optim.LBFGS({ image }, { max_iter = 5, loss = loss })
  local losses, pixels = {}, g:parameters()[1]
  local manager = twins.manager(g, { optimizer = optimizer, epochs = 3 })
  for batch in manager:batches() do
    losses[#losses + 1] = optimizer:step(function()
      orrery.no_grad(function() pixels:clamp_(-0.5, 0.5) end)
      return manager:forward(batch).loss
    end):item()
  end
  twins.follows("clamped", losses, { pixels })
end

os.exit(lu.LuaUnit.run())
