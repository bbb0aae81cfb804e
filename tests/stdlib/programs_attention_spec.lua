-- Attention with masks and over the edges of a graph, and policy gradients: as PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nn, optim = orrery.nn, orrery.optim
local F = nn.functional
local f64, waves, whole = twins.f64, twins.waves, twins.whole

TestMasks = {}

local x, target = waves { 3, 5, 4 }, waves({ 3, 5, 4 }, 1)
local lengths = whole { 5, 3, 4 }
local causal = orrery.ones(5, 5, { dtype = "bool" }):triu(1)

-- True behind the end of each row.
local function behind(count)
  return orrery.arange(5):unsqueeze(0):ge(count:unsqueeze(1))
end

local function loss_of(attend, input, wanted, padding)
  local y = attend(input, input, input, {
    key_padding_mask = padding, attn_mask = causal, need_weights = false,
  })
  local kept = padding:logical_not():unsqueeze(2)
  return ((y - wanted):pow(2) * kept):sum() / kept:sum()
end

local function attention()
  twins.begin()
  return nn.MultiheadAttention(4, 2, { batch_first = true, dtype = "float64" })
end

function TestMasks:test_of_padding_and_the_future_on_tensors()
  local attend, losses = attention(), {}
  local optimizer = optim.SGD(attend:parameters(), { lr = 0.5 })
  for step = 1, 4 do
    losses[step] = twins.minimise(optimizer, loss_of(attend, x, target, behind(lengths)))
  end
  twins.follows("masks", losses, attend:parameters())
end

function TestMasks:test_of_padding_and_the_future_in_a_graph()
  local attend = attention()
  local g, count, input, wanted = twins.graph { count = lengths, target = target, x = x, batch = 3 }
  local loss = loss_of(attend, input, wanted, behind(count))
  local optimizer = optim.SGD(attend:parameters(), { lr = 0.5, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer, epochs = 4 })
  twins.follows("masks", losses, attend:parameters())
end

TestGraphAttention = {}

local features = waves { 5, 3 }
local source, sink = whole { 0, 1, 2, 3, 4, 0, 2, 4 }, whole { 0, 0, 1, 2, 3, 3, 4, 4 }
local labelled, kinds = whole { 0, 2, 3 }, whole { 1, 3, 0 }

local function GraphAttention()
  local net = nn.Module()
  net.project = nn.Linear(3, 4, f64)
  net.of_source = nn.Linear(4, 1, f64)
  net.of_target = nn.Linear(4, 1, f64)
  function net:forward(nodes)
    local h = self.project(nodes)
    local score = F.leaky_relu(self.of_source(h)[source] + self.of_target(h)[sink], 0.2):exp()
    local total = orrery.zeros(5, 1, f64):index_add(0, sink, score)
    return orrery.zeros(5, 4, f64):index_add(0, sink, score / total[sink] * h[source])
  end
  return net
end

function TestGraphAttention:test_on_tensors()
  twins.begin()
  local net, losses = GraphAttention(), {}
  local optimizer = optim.Adam(net:parameters(), { lr = 0.05 })
  for step = 1, 4 do
    losses[step] = twins.minimise(optimizer, F.cross_entropy(net(features)[labelled], kinds))
  end
  twins.follows("graph_attention", losses, net:parameters())
end

function TestGraphAttention:test_in_a_graph()
  twins.begin()
  local g, nodes = twins.graph { x = features, batch = 5 }
  local net = GraphAttention()
  local loss = F.cross_entropy(net(nodes)[labelled], kinds)
  local optimizer = optim.Adam(net:parameters(), { lr = 0.05, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer, epochs = 4 })
  twins.follows("graph_attention", losses, net:parameters())
end

TestPolicyGradients = {}

-- A corridor of four places: 1 goes right, 0 left; the end gives 1, every step costs 0.1.
local function move(place, action)
  place = action == 1 and place + 1 or math.max(place - 1, 0)
  return place, place == 3 and 1 or -0.1
end

-- One-hot rows of the places.
local function seen(places) return F.one_hot(whole(places), 3):double() end

local function rollout(policy)
  local place, places, actions, rewards = 0, {}, {}, {}
  while place < 3 and #rewards < 20 do
    local action = policy(seen { place }):softmax(1):multinomial(1):item()
    places[#places + 1], actions[#actions + 1] = place, action
    place, rewards[#rewards + 1] = move(place, action)
  end
  return places, actions, rewards
end

-- What each action brought in the end.
local function gains_of(rewards)
  local gains, gain = {}, 0
  for t = #rewards, 1, -1 do
    gain = rewards[t] + 0.9 * gain
    gains[t] = gain
  end
  return orrery.tensor(gains, f64)
end

local function surprise(policy, places, actions, gains)
  local logs = policy(places):log_softmax(1):gather(1, actions:unsqueeze(1)):squeeze(1)
  return -(logs * gains):sum()
end

function TestPolicyGradients:test_over_rollouts_of_any_length_on_tensors()
  twins.begin()
  local policy, losses, steps = nn.Linear(3, 2, f64), {}, {}
  local optimizer = optim.Adam(policy:parameters(), { lr = 0.1 })
  for episode = 1, 6 do
    local places, actions, rewards = orrery.no_grad(rollout, policy)
    local loss = surprise(policy, seen(places), whole(actions), gains_of(rewards))
    losses[episode], steps[episode] = twins.minimise(optimizer, loss), #rewards
  end
  twins.follows("reinforce", losses, { policy.weight, policy.bias, whole(steps) })
end

-- The graph learns from what the same layer did on tensors before.
function TestPolicyGradients:test_over_rollouts_of_any_length_in_a_graph()
  twins.begin()
  local policy, steps = nn.Linear(3, 2, f64), {}
  local episodes = orrery.data.define {
    length = 6, batch = 1,
    fields = {
      action = { shape = { "T" }, dtype = "int64" }, gain = { shape = { "T" }, dtype = "float64" },
      place = { shape = { "T", 3 }, dtype = "float64" },
    },
    get = function(episode)
      local places, actions, rewards = orrery.no_grad(rollout, policy)
      steps[episode + 1] = #rewards
      return { action = whole(actions), gain = gains_of(rewards), place = seen(places) }
    end,
  }
  local g = orrery.graph "policy"
  local action, gain, place = g:input(episodes)
  local loss = surprise(policy, place:flatten(0, 1), action:flatten(), gain:flatten())
  local optimizer = optim.Adam(policy:parameters(), { lr = 0.1, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer })
  twins.follows("reinforce", losses, { policy.weight, policy.bias, whole(steps) })
end

os.exit(lu.LuaUnit.run())
