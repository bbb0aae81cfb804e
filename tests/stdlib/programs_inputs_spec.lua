-- Gradients of inputs, through nets that are trained or not: as PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nn, optim = orrery.nn, orrery.optim
local F = nn.functional
local f64, waves = twins.f64, twins.waves

local rows, batches = twins.regression()

TestStyle = {}

local function gram(h)
  local flat = h:flatten(2)
  return flat:matmul(flat:transpose(1, 2)) / flat.shape[3]
end

-- Of an image on its way to the style of a second and the content of a third.
local function distance(h, style, content)
  return (h - content):pow(2):mean() + (gram(h) - style):pow(2):mean() * 3
end

local function image(i) return waves({ 1, 1, 6, 6 }, i) end

local function targets(conv)
  return gram(conv(image(1)):relu()), conv(image(2)):relu()
end

function TestStyle:test_on_tensors()
  twins.begin()
  local conv, losses = nn.Conv2d(1, 3, 3, f64):freeze(), {}
  local style, content = targets(conv)
  local pixels = image(0):requires_grad_()
  local optimizer = optim.Adam({ pixels }, { lr = 0.05 })
  for step = 1, 4 do
    losses[step] = twins.minimise(optimizer, distance(conv(pixels):relu(), style, content))
  end
  twins.follows("style", losses, { pixels, unpack(conv:parameters()) })
end

-- What is wanted is computed before; what is trained is the graph's own.
function TestStyle:test_in_a_graph()
  twins.begin()
  local conv = nn.Conv2d(1, 3, 3, f64):freeze()
  local style, content = targets(conv)
  local g, wanted = twins.graph { content = content, batch = 1 }
  local pixels = g:parameter("image", { 1, 1, 6, 6 }, {
    init = function(t) t:copy_(image(0)) end, dtype = "float64",
  })
  local loss = distance(conv(pixels):relu(), style, wanted)
  local optimizer = optim.Adam({ pixels }, { lr = 0.05, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer, epochs = 4 })
  twins.follows("style", losses, { g:parameters()[1], unpack(conv:parameters()) })
end

TestAdversarial = {}

-- The input moved to where the loss is larger.
local function moved(x, loss_at)
  x = x:clone():requires_grad_()
  return (x + orrery.grad(loss_at(x), x):sign() * 0.1):detach()
end

function TestAdversarial:test_inputs_on_tensors()
  twins.begin()
  local net, losses = twins.Perceptron(3, 4, 1), {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2 })
  for step, batch in ipairs(batches) do
    local function loss_at(x) return F.mse_loss(net(x), batch.target) end
    losses[step] = twins.minimise(optimizer, loss_at(moved(batch.x, loss_at)))
  end
  twins.follows("adversarial", losses, net:parameters())
end

function TestAdversarial:test_inputs_of_a_graph()
  twins.begin()
  local g, x, target = twins.graph(rows)
  local net, losses = twins.Perceptron(3, 4, 1), {}
  local optimizer = optim.SGD(net:parameters(), { lr = 0.2, loss = nn.MSELoss()(net(x), target) })
  local manager = twins.manager(g, { optimizer = optimizer })
  for batch in manager:batches() do
    local function loss_at(input) return manager:forward({ x = input, target = batch.target }).loss end
    local loss = loss_at(moved(batch.x, loss_at))
    optimizer:step(loss)
    losses[#losses + 1] = loss:item()
  end
  twins.follows("adversarial", losses, net:parameters())
end

TestGradientPenalty = {}

local others = waves({ 12, 3 }, 4)

-- How far the slope of the critic's score is from 1.
local function penalty(score, between)
  local slope = orrery.grad(score:sum(), between, { create_graph = true })
  return (slope:norm(2, { 1 }) - 1):pow(2):mean() * 10
end

local function mixed(x, y) return (x * 0.3 + y * 0.7):requires_grad_() end

function TestGradientPenalty:test_on_tensors()
  twins.begin()
  local critic, losses = twins.Perceptron(3, 4, 1), {}
  local optimizer = optim.Adam(critic:parameters(), { lr = 0.02 })
  for step, batch in ipairs(batches) do
    local y = others:narrow(0, 4 * (step - 1), 4)
    local between = mixed(batch.x, y)
    local loss = critic(y):mean() - critic(batch.x):mean() + penalty(critic(between), between)
    losses[step] = twins.minimise(optimizer, loss)
  end
  twins.follows("penalty", losses, critic:parameters())
end

function TestGradientPenalty:test_of_a_graph()
  twins.begin()
  local g, real, fake, middle = twins.graph {
    x = rows.x, y = others, z = rows.x * 0.3 + others * 0.7, batch = 4,
  }
  local critic, losses = twins.Perceptron(3, 4, 1), {}
  g:output(critic(middle):named "score")
  local distance_of_both = critic(fake):mean() - critic(real):mean()
  local optimizer = optim.Adam(critic:parameters(), { lr = 0.02, loss = distance_of_both })
  local manager = twins.manager(g, { optimizer = optimizer })
  for batch in manager:batches() do
    batch.z:requires_grad_()
    local out = manager:forward(batch)
    local loss = out.loss + penalty(out.score, batch.z)
    optimizer:step(loss)
    losses[#losses + 1] = loss:item()
  end
  twins.follows("penalty", losses, critic:parameters())
end

TestSaliency = {}

local pictures = waves { 2, 1, 5, 5 }

local function best_scores(scores) return scores:gather(1, scores:argmax(1, true)):sum() end

function TestSaliency:test_on_tensors()
  twins.begin()
  local net, x = twins.Pooled(), pictures:clone():requires_grad_()
  best_scores(net(x)):backward()
  twins.follows("saliency", {}, { (x.grad:abs():amax(1)) })
end

function TestSaliency:test_of_a_graph()
  twins.begin()
  local g, x = twins.graph { x = pictures, batch = 2 }
  g:output(best_scores(twins.Pooled()(x)):named "best")
  local manager = twins.manager(g, {})
  for batch in manager:batches() do
    batch.x:requires_grad_()
    local slope = orrery.grad(manager:forward(batch).best, batch.x)
    twins.follows("saliency", {}, { slope:abs():amax(1) })
  end
end

os.exit(lu.LuaUnit.run())
