-- Optimizers keep their state, have groups, and take other options while they run.
local lu = require "luaunit"
local orrery = require "orrery"
local line = require("line_model").manager
local nn, optim = orrery.nn, orrery.optim

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
  local done, text = pcall(function() return optim.lr_scheduler end)
  lu.assertFalse(done)
  lu.assertStrContains(text, "there is no optimizer 'lr_scheduler'")
  lu.assertStrContains(text, "There are SGD, Adam, AdamW; the learning rate is set by optimizer.lr = ….")
end

function TestOptimizers:test_refuse_what_cannot_be_set()
  local w = orrery.zeros(1)
  w.requires_grad = true
  local adam = optim.Adam({ w })
  local function refusal(action)
    local done, text = pcall(action)
    lu.assertFalse(done)
    lu.assertStrMatches(text, ".*optimizers_spec%.lua:%d+: .*")
    return text
  end
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
