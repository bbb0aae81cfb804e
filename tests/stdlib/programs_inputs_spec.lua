-- Gradients of inputs, through nets that are trained or not: as PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local refused = require("refusal").text
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

-- A constant that an optimizer is given is a parameter from then on; the tensor that it was made of stays.
function TestStyle:test_of_a_constant()
  twins.begin()
  local conv, begun = nn.Conv2d(1, 3, 3, f64):freeze(), image(0)
  local style, content = targets(conv)
  local g, wanted = twins.graph { content = content, batch = 1 }
  local pixels = g:constant(begun)
  local loss = distance(conv(pixels):relu(), style, wanted)
  lu.assertFalse(loss.requires_grad)
  local optimizer = optim.Adam({ pixels }, { lr = 0.05, loss = loss })
  lu.assertTrue(loss.requires_grad)
  local losses = twins.losses_of_run(g, { optimizer = optimizer, epochs = 4 })
  twins.follows("style", losses, { g:parameters()[1], unpack(conv:parameters()) })
  lu.assertEquals(begun:tolist(), image(0):tolist())
end

-- The input itself begins with its data and moves in every step.
function TestStyle:test_of_the_input()
  twins.begin()
  local conv, begun = nn.Conv2d(1, 3, 3, f64):freeze(), image(0)
  local style, content = targets(conv)
  local g, wanted, pixels = twins.graph { content = content, image = begun, batch = 1 }
  local loss = distance(conv(pixels):relu(), style, wanted)
  local optimizer = optim.Adam({ pixels }, { lr = 0.05, loss = loss })
  local losses = twins.losses_of_run(g, { optimizer = optimizer, epochs = 4 })
  twins.follows("style", losses, { optimizer.param_groups[1].params[1], unpack(conv:parameters()) })
  lu.assertEquals(begun:tolist(), image(0):tolist())
end

function TestStyle:test_of_the_input_by_hand()
  twins.begin()
  local conv = nn.Conv2d(1, 3, 3, f64):freeze()
  local style, content = targets(conv)
  local g, wanted, pixels = twins.graph { content = content, image = image(0), batch = 1 }
  local loss = distance(conv(pixels):relu(), style, wanted)
  local optimizer = optim.Adam({ pixels }, { lr = 0.05, loss = loss })
  local manager, losses, last = twins.manager(g, { optimizer = optimizer, epochs = 4 }), {}, nil
  for batch in manager:batches() do
    local out = manager:forward(batch)
    optimizer:step(out.loss)
    losses[#losses + 1], last = out.loss:item(), batch.image
  end
  twins.follows("style", losses, { last, unpack(conv:parameters()) })
end

TestMoved = {}

local function net_of_inputs(options)
  twins.begin()
  local g, x, target = twins.graph { x = rows.x, target = rows.target, batch = 12 }
  local net = twins.Perceptron(3, 4, 1)
  local loss = nn.MSELoss()(net(x), target)
  options.optimizers = {
    optim.Adam({ x }, { lr = 0.05, loss = loss }),
    optim.SGD(net:parameters(), { lr = 0.1, loss = loss }),
  }
  local moved = options.optimizers[1].param_groups[1].params[1]
  return g, options, { moved, unpack(net:parameters()) }
end

function TestMoved:test_inputs_beside_weights()
  local g, options, trained = net_of_inputs { epochs = 4 }
  twins.follows("moved_inputs", twins.losses_of_run(g, options), trained)
end

function TestMoved:test_inputs_resumed_from_a_checkpoint()
  local folder = os.tmpname()
  os.remove(folder)
  local function checkpointed(options)
    options.checkpoint = { dirpath = folder }
    return net_of_inputs(options)
  end
  local g, options = checkpointed { epochs = 2 }
  local losses = twins.losses_of_run(g, options)
  local trained
  g, options, trained = checkpointed { epochs = 4, resume = folder .. "/last.safetensors" }
  for _, loss in ipairs(twins.losses_of_run(g, options)) do losses[#losses + 1] = loss end
  os.execute("rm -rf '" .. folder .. "'")
  twins.follows("moved_inputs", losses, trained)
end

function TestMoved:test_a_constant_that_is_used_twice()
  twins.begin()
  local g, x, target = twins.graph(rows)
  local net = twins.Perceptron(3, 4, 1):freeze()
  local shift = g:constant(waves({ 1, 3 }, 5))
  local loss = nn.MSELoss()(net(x + shift) * shift:exp():sum(), target)
  local optimizer = optim.SGD({ shift }, { lr = 0.1, momentum = 0.9, loss = loss })
  twins.follows("shifted", twins.losses_of_run(g, { optimizer = optimizer }), { g:parameters()[1] })
end

-- What a manager's run says when it is refused.
local function refusal(fields, target_of)
  local g = orrery.graph "refused"
  local x = g:input(fields)
  local weight = g:parameter("weight", { 3 }, { init = "ones", dtype = "float64" })
  local loss = (x * weight):mean()
  local optimizer = optim.SGD({ weight, target_of(g, x) }, { lr = 0.1, loss = loss })
  return refused(function() twins.manager(g, { optimizer = optimizer }):run() end)
end

local function itself(_, x) return x end

function TestMoved:test_inputs_in_several_batches_are_refused()
  local line = debug.getinfo(1, "l").currentline + 1
  local text = refusal(orrery.data.tensors { x = rows.x, batch = 4 }, itself)
  lu.assertStrContains(text, ("programs_inputs_spec.lua:%d: the training data (tensors) must be all 12 "
    .. "samples in one batch, in their order, since input is trained itself, got batches of 4"):format(line))
  lu.assertStrContains(text, "Say batch = 12 without shuffle.")
end

function TestMoved:test_shuffled_inputs_are_refused()
  local text = refusal(orrery.data.tensors { x = rows.x, batch = 12, shuffle = true }, itself)
  lu.assertStrContains(text, "got samples in an order that is drawn")
end

function TestMoved:test_inputs_without_data_are_refused()
  local text = refusal({ x = { shape = { 3 }, dtype = "float64" } }, itself)
  lu.assertStrContains(text, "SGD cannot update input.x (Input), whose number of samples is not known")
  lu.assertStrContains(text, "Make the input of its data: g:input(data.tensors { image = … }).")
end

function TestMoved:test_integers_are_refused()
  local whole = twins.whole { 1, 2, 3 }
  local all = orrery.data.tensors { x = rows.x, batch = 12 }
  local text = refusal(all, function(g) return g:constant(whole) end)
  lu.assertStrContains(text, "SGD cannot update constant, which holds int64 numbers")
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
