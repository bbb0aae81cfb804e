-- Programs whose batches differ in size, and whose state goes on from one to the next, follow PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local F = nn.functional
local f64, waves, tokens = twins.f64, twins.waves, twins.tokens

TestSizes = {}

local sizes = { { 8, 8 }, { 6, 10 }, { 5, 5 } }

local function image(i) return waves({ 1, sizes[i][1], sizes[i][2] }, i - 1) end

function TestSizes:test_of_images_may_differ_on_tensors()
  twins.begin()
  local net, losses = twins.Pooled(), {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.1, momentum = 0.9 })
  for step = 0, 5 do
    local i = step % 3 + 1
    local loss = F.mse_loss(net(image(i):unsqueeze(0)), waves({ 1, 2 }, i - 1))
    losses[#losses + 1] = twins.minimise(optimizer, loss)
  end
  twins.follows("shapes", losses, net:parameters())
end

function TestSizes:test_of_images_may_differ_in_a_graph()
  twins.begin()
  local g = orrery.graph "shapes"
  local x, target = g:input(data.define {
    length = 3, batch = 1,
    fields = {
      x = { shape = { 1, "H", "W" }, dtype = "float64" },
      target = { shape = { 2 }, dtype = "float64", label = true },
    },
    get = function(i) return { x = image(i + 1), target = waves({ 2 }, i) } end,
  })
  local net = twins.Pooled()
  local loss = nn.MSELoss()(net(x), target)
  local optimizer = optim.SGD(net:parameters(), { lr = 0.1, momentum = 0.9, loss = loss })
  twins.follows("shapes", twins.losses_of_run(g, { optimizer = optimizer, epochs = 2 }), net:parameters())
end

local function Language()
  local net = nn.Module()
  net.embed = nn.Embedding(7, 4, f64)
  net.rnn = nn.GRU(4, 5, { batch_first = true, dtype = "float64" })
  net.head = nn.Linear(5, 7, f64)
  function net:forward(x)
    local h = self.rnn(self.embed(x))
    return self.head(h)
  end
  return net
end

local lengths = { 3, 6, 4 }

function TestSizes:test_of_texts_may_differ_on_tensors()
  twins.begin()
  local net, losses = Language(), {}
  local optimizer = optim.Adam(net:parameters(), { lr = 0.05 })
  for step = 0, 5 do
    local length = lengths[step % 3 + 1]
    local text = tokens(1, length + 1, 3, 7)
    local scores = net(text:narrow(1, 0, length)):flatten(0, 1)
    losses[#losses + 1] = twins.minimise(optimizer,
      F.cross_entropy(scores, text:narrow(1, 1, length):flatten()))
  end
  twins.follows("lengths", losses, net:parameters())
end

function TestSizes:test_of_texts_may_differ_in_a_graph()
  twins.begin()
  local g = orrery.graph "lengths"
  local x, target = g:input(data.define {
    length = 3, batch = 1,
    fields = {
      x = { shape = { "T" }, dtype = "int64" }, target = { shape = { "T" }, dtype = "int64", label = true },
    },
    get = function(i)
      local text = tokens(1, lengths[i + 1] + 1, 3, 7):flatten()
      return { x = text:narrow(0, 0, lengths[i + 1]), target = text:narrow(0, 1, lengths[i + 1]) }
    end,
  })
  local net = Language()
  local loss = nn.CrossEntropyLoss()(net(x):flatten(0, 1), target:flatten())
  local optimizer = optim.Adam(net:parameters(), { lr = 0.05, loss = loss })
  twins.follows("lengths", twins.losses_of_run(g, { optimizer = optimizer, epochs = 2 }), net:parameters())
end

-- Trains on small images; the loss of a large one, and what comes out.
function TestSizes:test_of_evaluation_may_be_others_on_tensors()
  twins.begin()
  local net, losses = nn.Conv2d(1, 1, 3, { padding = 1, dtype = "float64" }), {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.1 })
  for i = 0, 2 do
    local x = waves({ 2, 1, 6, 6 }, i)
    losses[#losses + 1] = twins.minimise(optimizer, F.mse_loss(net(x):tanh(), x * 0.5))
  end
  local large = waves { 1, 1, 9, 11 }
  local shown = orrery.no_grad(function() return net(large):tanh() end)
  losses[4] = F.mse_loss(shown, large * 0.5):item()
  twins.follows("other_sizes", losses, { shown })
end

function TestSizes:test_of_evaluation_may_be_others_in_a_graph()
  twins.begin()
  local small = orrery.cat { waves { 2, 1, 6, 6 }, waves({ 2, 1, 6, 6 }, 1), waves({ 2, 1, 6, 6 }, 2) }
  local g = orrery.graph "other_sizes"
  local x = g:input { x = { shape = { 1, "H", "W" }, dtype = "float64" } }
  local net = nn.Conv2d(1, 1, 3, { padding = 1, dtype = "float64" })
  local y = net(x):tanh()
  local loss = nn.MSELoss()(y, x * 0.5)
  local losses = {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.1, loss = loss })
  local manager = twins.manager(g, { optimizer = optimizer, train = data.tensors { x = small, batch = 2 } })
  for batch in manager:batches() do
    local out = manager:forward(batch)
    optimizer:step(out.loss)
    losses[#losses + 1] = out.loss:item()
  end
  local large = data.tensors { x = waves { 1, 1, 9, 11 } }
  losses[#losses + 1] = manager:evaluate(large).loss
  twins.follows("other_sizes", losses, { manager:predict(y, large) })
end

TestStates = {}

local function Recurrent()
  local net = nn.Module()
  net.rnn = nn.GRU(2, 3, { batch_first = true, dtype = "float64" })
  net.head = nn.Linear(3, 1, f64)
  function net:forward(x, h)
    local y, last = self.rnn(x, h)
    return self.head(y), last
  end
  return net
end

local x, target = waves { 2, 12, 2 }, waves({ 2, 12, 1 }, 1)

function TestStates:test_are_carried_and_detached_on_tensors()
  twins.begin()
  local net, losses = Recurrent(), {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2 })
  for _ = 1, 2 do
    local h = orrery.zeros(1, 2, 3, f64)
    for at = 0, 8, 4 do
      local y, last = net(x:narrow(1, at, 4), h:detach())
      losses[#losses + 1] = twins.minimise(optimizer, F.mse_loss(y, target:narrow(1, at, 4)))
      h = last
    end
  end
  twins.follows("truncated", losses, net:parameters())
end

-- The parts of each sequence stand behind each other: two rows are a batch.
function TestStates:test_are_carried_in_a_graph()
  twins.begin()
  local function parts(t) return orrery.cat(t:split(4, 1)) end
  local g, input, wanted = twins.graph { x = parts(x), target = parts(target), batch = 2 }
  local net = Recurrent()
  local h = g:state("h", { 1, 2, 3 }, f64)
  local y, last = net(input, h)
  g:carry(h, last)
  local loss = nn.MSELoss()(y, wanted)
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2, loss = loss })
  twins.follows("truncated", twins.losses_of_run(g, { optimizer = optimizer, epochs = 2 }), net:parameters())
end

os.exit(lu.LuaUnit.run())
