-- Optimizers keep their state, have groups, and take other options while they run.
local lu = require "luaunit"
local orrery = require "orrery"
local line = require("line_model").manager
local refusal = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

TestOptimizers = {}

local function weight_after(epochs, runs)
  orrery.manual_seed(5)
  local manager, g = line { epochs = epochs, optimizer_kind = "Adam" }
  for _ = 1, runs do manager:run() end
  return g:parameters()[1]:tolist()
end

function TestOptimizers:test_go_on_with_their_state_in_the_next_run()
  lu.assertEquals(weight_after(1, 3), weight_after(3, 1))
end

function TestOptimizers:test_go_on_with_their_state_in_a_loop_by_hand()
  orrery.manual_seed(5)
  local manager, g, _, _, optimizer = line { epochs = 1, optimizer_kind = "Adam" }
  manager:run()
  for batch in manager:batches() do optimizer:step(manager:forward(batch).loss) end
  lu.assertEquals(g:parameters()[1]:tolist(), weight_after(2, 1))
end

function TestOptimizers:test_take_another_learning_rate_at_the_next_step()
  local w = orrery.zeros(1)
  w.requires_grad = true
  local optimizer = optim.SGD({ w }, { lr = 1 })
  local function step()
    (w * 1):sum():backward()
    optimizer:step()
    optimizer:zero_grad()
    return w:item()
  end
  lu.assertEquals({ optimizer.lr, step() }, { 1, -1 })
  optimizer.lr = 0.25
  lu.assertEquals({ optimizer.lr, step() }, { 0.25, -1.25 })
  optimizer.momentum = 0.5
  lu.assertEquals({ step(), step() }, { -1.5, -1.875 })
end

function TestOptimizers:test_take_another_learning_rate_while_a_manager_runs()
  local optimizer
  local weights = {}
  local manager, g, _
  manager, g, _, _, optimizer = line { epochs = 3, callbacks = { epoch_end = function(report)
    weights[report.epoch], optimizer.lr = g:parameters()[1]:item(), 0
  end } }
  manager:run()
  lu.assertEquals({ weights[2], weights[3], optimizer.lr }, { weights[1], weights[1], 0 })
end

function TestOptimizers:test_have_groups_with_options_of_their_own()
  local a, b = nn.Linear(1, 1), nn.Linear(1, 1)
  local optimizer = optim.AdamW({ { params = a.weight }, { params = b.weight, lr = 0.5 } }, { lr = 1 })
  local groups = optimizer.param_groups
  lu.assertEquals({ #groups, groups[1].lr, groups[2].lr, optimizer.lr }, { 2, 1, 0.5, 1 })
  lu.assertEquals(groups[2].params, { b.weight })
  lu.assertTrue(rawequal(groups[1], optimizer.param_groups[1]))
  groups[2].lr = 0.125
  lu.assertEquals({ groups[1].lr, groups[2].lr }, { 1, 0.125 })
  optimizer.weight_decay = 0
  lu.assertEquals({ groups[1].weight_decay, groups[2].weight_decay }, { 0, 0 })
  optimizer.betas = { 0.5, 0.75 }
  lu.assertEquals(groups[2].betas, { 0.5, 0.75 })
end

function TestOptimizers:test_are_listed_when_one_is_not_there()
  local done, text = pcall(function() return optim.Adamw end)
  lu.assertFalse(done)
  lu.assertStrContains(text, "there is no optimizer 'Adamw' (did you mean 'AdamW'?)")
  lu.assertStrContains(text, "There are SGD, Adam, AdamW, Adamax, ")
end

function TestOptimizers:test_of_every_kind_train_by_a_manager()
  local kinds = { "Adamax", "NAdam", "RAdam", "Adagrad", "Adadelta", "Adafactor", "RMSprop", "Rprop", "ASGD" }
  for _, kind in ipairs(kinds) do
    local losses = {}
    local manager = line { epochs = 3, optimizer_kind = kind, callbacks = {
      epoch_end = function(report) losses[#losses + 1] = report.train.loss end } }
    manager:run()
    lu.assertTrue(losses[3] < losses[1], kind)
  end
end

local anew = "compute the loss anew behind it, or take all gradients before it"

-- As PyTorch, whose fused optimizers do not notice: such gradients would come from old activations and new
-- weights.
function TestOptimizers:test_refuse_a_loss_of_before_an_update_on_tensors()
  for _, kind in ipairs { "SGD", "Adam", "AdamW", "Adagrad", "RMSprop" } do
    local fc = nn.Linear(2, 1)
    local optimizer = optim[kind](fc:parameters(), { lr = 0.1 })
    local x = orrery.ones(3, 2, { requires_grad = true })
    local first, second = fc(x):sum(), fc(x):sum()
    first:backward()
    optimizer:step()
    local text = refusal(function() second:backward() end)
    lu.assertStrContains(text, "has been modified by an inplace operation")
    lu.assertStrContains(text, anew)
    lu.assertNotStrContains(text, "set_detect_anomaly")
  end
end

function TestOptimizers:test_refuse_a_loss_of_before_anothers_update_in_a_loop_by_hand()
  local g = orrery.graph "two"
  local x = g:input(data.tensors { x = orrery.ones(4, 2), batch = 4 })
  local first, second = nn.Linear(2, 2), nn.Linear(2, 1)
  local y = second(first(x))
  local of_first = optim.SGD(first:parameters(), { lr = 0.1, loss = y:mean():named "a" })
  local of_second = optim.SGD(second:parameters(), { lr = 0.1, loss = y:pow(2):mean():named "b" })
  local manager = orrery.manager(g, {
    optimizers = { of_first, of_second }, history = false, progress = false, epochs = 2,
  })
  for batch in manager:batches() do
    local out = manager:forward(batch)
    if batch.epoch == 1 then
      of_first:step(out.a)
      of_second:step(out.b)  -- it asks for nothing that was changed
    else
      of_second:step(out.b)
      lu.assertStrContains(refusal(function() of_first:step(out.a) end), anew)
      break
    end
  end
end

-- Twice the loss of a line, for the weight and for the bias: one loss, or one each.
local function names_of_losses(shared)
  local x = orrery.linspace(-1, 1, 8):view(8, 1)
  local g = orrery.graph "line"
  local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8 })
  local fc = nn.Linear(1, 1)
  local loss = nn.MSELoss { name = "first" } (fc(input), target)
  local other = shared and loss or nn.L1Loss { name = "second" } (fc(input), target)
  local first = optim.SGD({ fc.weight }, { lr = 0.1, loss = loss })
  local second = optim.SGD({ fc.bias }, { lr = 0.1, loss = other })
  local options = { optimizers = { first, second }, history = false, progress = false }
  local summary = orrery.manager(g, options):run()
  local names = {}
  for name in pairs(summary.train) do names[#names + 1] = name end
  table.sort(names)
  return names
end

function TestOptimizers:test_of_one_loss_call_it_loss_and_of_several_by_their_nodes()
  lu.assertEquals(names_of_losses(true), { "loss" })
  lu.assertEquals(names_of_losses(false), { "first", "second" })
end

TestGradientNoise = {}

function TestGradientNoise:test_is_the_same_from_the_same_seed_and_none_without()
  local function weight(noise, seed)
    orrery.manual_seed(5)
    local manager, g = line { gradient_noise = noise, seed = seed }
    manager:run()
    return g:parameters()[1]:tolist()
  end
  lu.assertEquals(weight({ eta = 0.3 }, 1), weight({ eta = 0.3, gamma = 0.55 }, 1))
  lu.assertNotEquals(weight({ eta = 0.3 }, 1), weight({ eta = 0.3 }, 2))
  lu.assertNotEquals(weight(true, 1), weight(nil, 1))
  lu.assertEquals(weight({ eta = 0 }, 1), weight(false, 1))
end

function TestGradientNoise:test_refuses_what_it_does_not_know()
  for text, options in pairs {
    ["manager: gradient_noise: eta must be a number ≥ 0, got -1"] = { gradient_noise = { eta = -1 } },
    ["unknown option 'gama' (did you mean 'gamma'?)"] = { gradient_noise = { gama = 1 } },
    ["LBFGS compares losses and gradients, which gradient_noise would change"] = { gradient_noise = true,
      optimizer_kind = "LBFGS" },
  } do
    local done, told = pcall(line, options)
    lu.assertFalse(done)
    lu.assertStrMatches(told, ".*line_model%.lua:%d+: .*")
    lu.assertStrContains(told, text)
  end
end

TestClosures = {}

-- Rosenbrock's valley and an optimizer of its two numbers.
local function valley(kind, options)
  local w = orrery.tensor { -1.5, 2 }
  w.requires_grad = true
  local optimizer = optim[kind]({ w }, options)
  local function loss()
    optimizer:zero_grad()
    local rise = w[1] - w[0] * w[0]
    local value = (w[0] - 1):pow(2) + rise:pow(2) * 100
    value:backward()
    return value
  end
  return w, optimizer, loss
end

function TestClosures:test_are_called_as_often_as_lbfgs_asks()
  local w, optimizer, loss = valley("LBFGS", { max_iter = 60, line_search_fn = "strong_wolfe" })
  local calls, first = 0, loss():item()
  local given = optimizer:step(function()
    calls = calls + 1
    return loss()
  end)
  lu.assertEquals(given:item(), first)
  lu.assertTrue(calls > 10)
  lu.assertAlmostEquals(w[0]:item(), 1, 1e-3)
end

function TestClosures:test_serve_other_optimizers_once()
  local w, optimizer, loss = valley("SGD", { lr = 1e-3 })
  local other, plain, plain_loss = valley("SGD", { lr = 1e-3 })
  optimizer:step(loss)
  plain_loss()
  plain:step()
  lu.assertEquals(w:tolist(), other:tolist())
end

function TestClosures:test_train_by_a_manager()
  orrery.manual_seed(0)
  local manager, g = line { epochs = 1, optimizer_kind = "LBFGS" }
  local summary = manager:run()
  lu.assertAlmostEquals(g:parameters()[1]:item(), 2, 0.05)
  lu.assertEquals(summary.steps, 4)
end

-- The same numbers as the manager's own loop.
function TestClosures:test_train_in_a_loop_by_hand()
  local function weight(train)
    orrery.manual_seed(3)
    local manager, g, _, _, optimizer = line { epochs = 2, optimizer_kind = "LBFGS" }
    train(manager, optimizer)
    return g:parameters()[1]:item()
  end
  local by_hand = weight(function(manager, optimizer)
    for batch in manager:batches() do
      local loss = optimizer:step(function() return manager:forward(batch).loss end)
      lu.assertEquals(loss.shape, {})
    end
  end)
  lu.assertAlmostEquals(by_hand, weight(function(manager) manager:run() end), 2e-6)
end

-- A batch that is evaluated again begins with the states that it began with.
function TestClosures:test_leave_a_carried_state_as_one_evaluation_does()
  local function sum(kind)
    local g = orrery.graph "sums"
    local x = g:input(data.tensors { x = orrery.ones(4, 1), batch = 1 })
    local state = g:state("sum", { 1, 1 }, { reset = "never" })
    g:carry(state, state + x:sum(0, true))
    local weight = g:parameter("w", { 1, 1 })
    local loss = ((state + x) * weight - 1):pow(2):mean()
    local seen = {}
    local manager
    manager = orrery.manager(g, {
      optimizer = optim[kind]({ weight }, { lr = 1e-3, loss = loss }), history = false, progress = false,
      metrics = { sum = orrery.metrics.mean(state + x) },
      callbacks = { batch_end = function(report) seen[report.step] = report.train.sum end },
    })
    manager:run()
    return seen
  end
  lu.assertEquals(sum "LBFGS", sum "SGD")
end

function TestClosures:test_refuse_what_is_no_closure()
  local _, optimizer, loss = valley("LBFGS", {})
  lu.assertStrContains(refusal(function() optimizer:step() end),
    "LBFGS evaluates the loss several times in a step: give it a function that returns the loss")
  lu.assertStrContains(refusal(function() optimizer:step(function() loss() end) end),
    "optimizer:step: the function must return the loss, got nil")
  lu.assertStrContains(refusal(function() optimizer:step(function()
    optimizer:zero_grad()
    return orrery.zeros(1)
  end) end), "optimizer:step: the function left no gradients")
  lu.assertStrContains(refusal(function() optimizer:step(function() error "my own" end) end), "my own")
end

function TestOptimizers:test_refuse_what_cannot_be_set()
  local w = orrery.zeros(1)
  w.requires_grad = true
  local adam = optim.Adam({ w })
  lu.assertStrContains(refusal(function() adam.lrr = 1 end), "Adam has no option 'lrr' (did you mean 'lr'?)")
  lu.assertStrContains(refusal(function() adam.lr = -1 end), "lr must be a number ≥ 0, got -1")
  lu.assertStrContains(refusal(function() adam.lr = "fast" end), "lr must be a number ≥ 0, got")
  lu.assertStrContains(refusal(function() adam.lr = nil end), "lr must be a number ≥ 0, got nil")
  lu.assertStrContains(refusal(function() adam.kind = "SGD" end), "Adam has no option 'kind'")
  local group = adam.param_groups[1]
  lu.assertStrContains(refusal(function() group.momentum = 1 end), "Adam has no option 'momentum'")
  w:sum():backward()
  adam:step()
  lu.assertStrContains(refusal(function() adam.amsgrad = true end),
    "amsgrad cannot change after the first step")
  lu.assertEquals(adam.amsgrad, false)
end

require("cli_child").finish(lu.LuaUnit.run())
