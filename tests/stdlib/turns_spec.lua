-- Optimizers that a run uses one after the other, by their frequencies.
local lu = require "luaunit"
local orrery = require "orrery"
local refused = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

TestTurns = {}

-- Two lines side by side, each with an optimizer of its own; three batches an epoch.
local function pair()
  orrery.manual_seed(1)
  local x = orrery.linspace(-1, 1, 12):view(12, 1)
  local g = orrery.graph "pair"
  local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 4 })
  local nets, optimizers = { nn.Linear(1, 1), nn.Linear(1, 1) }, {}
  for i, net in ipairs(nets) do
    local loss = nn.MSELoss()(net(input), target):named("loss" .. i)
    optimizers[i] = optim.SGD(net:parameters(), { lr = 0.1, loss = loss })
  end
  return g, nets, optimizers
end

local function manager(g, optimizers, options)
  options = options or {}
  options.optimizers, options.history, options.progress, options.device = optimizers, false, false, "cpu"
  return orrery.manager(g, options)
end

local function turns(optimizers, first, second)
  return {
    { optimizer = optimizers[1], frequency = first }, { optimizer = optimizers[2], frequency = second },
  }
end

-- Which optimizers are told of at each batch, such as "1 1 2" or "12 12".
local function stepped(of, options)
  local g, nets, optimizers = pair()
  local seen = ""
  options = options or {}
  options.callbacks = {
    before_optimizer_step = function(report) seen = seen .. report.optimizer end,
    batch_end = function() seen = seen .. " " end,
  }
  local before = { nets[1].weight.data:item(), nets[2].weight.data:item() }
  manager(g, of(optimizers), options):run()
  return seen, nets[1].weight.data:item() ~= before[1], nets[2].weight.data:item() ~= before[2]
end

function TestTurns:test_without_frequencies_all_are_stepped_on_every_batch()
  lu.assertEquals(stepped(function(optimizers) return optimizers end), "12 12 12 ")
  local function tables(optimizers) return { { optimizer = optimizers[1] }, optimizers[2] } end
  lu.assertEquals(stepped(tables), "12 12 12 ")
end

function TestTurns:test_each_is_stepped_as_often_as_it_says_also_over_epochs()
  local function of(optimizers) return turns(optimizers, 2, 3) end
  lu.assertEquals(stepped(of, { epochs = 3 }), "1 1 2 2 2 1 1 2 2 ")
end

function TestTurns:test_only_the_one_whose_turn_it_is_changes()
  local seen, first, second = stepped(function(optimizers) return turns(optimizers, 3, 1) end)
  lu.assertEquals({ seen, first, second }, { "1 1 1 ", true, false })
end

function TestTurns:test_an_update_of_several_batches_is_one_of_its_turn()
  local function of(optimizers) return turns(optimizers, 1, 1) end
  lu.assertEquals(stepped(of, { epochs = 2, accumulate_grad_batches = 2 }), " 1 2  1 2 ")
end

function TestTurns:test_the_losses_of_an_epoch_are_of_all_batches()
  local g, _, optimizers = pair()
  local in_turn = manager(g, turns(optimizers, 3, 3)):run().train
  local again, _, together = pair()
  together[2].lr = 0
  lu.assertEquals(in_turn, manager(again, together):run().train)
end

function TestTurns:test_a_schedule_counts_the_updates_of_its_own_optimizer()
  local g, _, optimizers = pair()
  local schedules = {}
  for i, optimizer in ipairs(optimizers) do
    local scheduler = optim.lr_scheduler.ExponentialLR(optimizer, { gamma = 0.5 })
    schedules[i] = { scheduler = scheduler, interval = "step", frequency = 2 }
  end
  -- 1 1 1 2 1 1: five updates of the first, one of the second.
  manager(g, turns(optimizers, 3, 1), { schedules = schedules, epochs = 2 }):run()
  lu.assertAlmostEquals(optimizers[1].lr, 0.025, 1e-12)
  lu.assertEquals(optimizers[2].lr, 0.1)
end

function TestTurns:test_one_optimizer_alone_takes_all_turns()
  local function of(optimizers) return { optimizer = optimizers[1], frequency = 2 } end
  lu.assertEquals(stepped(of), "1 1 1 ")
end

local function refusal(of, options)
  local g, _, optimizers = pair()
  return refused(function() manager(g, of(optimizers), options):run() end)
end

function TestTurns:test_refuses_frequencies_below_one()
  for _, frequency in ipairs { 0, -1, 1.5, "often" } do
    local text = refusal(function(optimizers) return turns(optimizers, frequency, 1) end)
    lu.assertStrContains(text, "manager: an optimizer: frequency")
  end
end

function TestTurns:test_refuses_frequencies_of_some_only()
  lu.assertStrContains(
    refusal(function(optimizers) return { optimizers[1], { optimizer = optimizers[2], frequency = 1 } } end),
    "optimizer 1 of 2 (SGD) has no frequency, and others have one")
end

function TestTurns:test_refuses_a_frequency_without_a_loss()
  local function of(optimizers)
    local lonely = optim.Adam { orrery.tensor { 1 }:requires_grad_() }
    return { { optimizer = optimizers[1], frequency = 1 }, { optimizer = lonely, frequency = 1 } }
  end
  lu.assertStrContains(refusal(of), "optimizer 2 of 2 (Adam) has a frequency and no loss")
end

function TestTurns:test_refuses_tables_of_another_kind()
  lu.assertStrContains(refusal(function() return { { frequency = 2 } } end), "this one has no optimizer")
  lu.assertStrContains(refusal(function(all) return { { optimizer = all[1], frequncy = 2 } } end),
    "did you mean 'frequency'?")
  lu.assertStrContains(refusal(function() return { { optimizer = 3, frequency = 2 } } end),
    "optimizer must be Optimizer, got a number")
end

function TestTurns:test_refuses_loops_by_hand()
  local g, _, optimizers = pair()
  local done, text = pcall(function() manager(g, turns(optimizers, 1, 1)):batches()() end)
  lu.assertFalse(done)
  lu.assertStrContains(text, "frequency is for manager:run()")
end

os.exit(lu.LuaUnit.run())
