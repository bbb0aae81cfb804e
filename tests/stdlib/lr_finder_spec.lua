-- manager:lr_find tries learning rates and leaves everything as it was.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local line_model = require "line_model"
local refusal_text = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local line = line_model.manager

-- A net with all that training changes: momenta, buffers, random numbers, a shuffled order.
local function noisy(options)
  orrery.manual_seed(6)
  local x = orrery.linspace(-1, 1, 40):view(40, 1)
  local g = orrery.graph "noisy"
  local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8, shuffle = true })
  local hidden = nn.Dropout(0.3)(nn.BatchNorm1d(6)(nn.Linear(1, 6)(input)))
  local loss = nn.MSELoss()(nn.Linear(6, 1)(hidden), target)
  local optimizer = optim.Adam(g:parameters(), { lr = 0.01, loss = loss })
  options = options or {}
  options.optimizer, options.history, options.progress = optimizer, false, false
  return orrery.manager(g, options), g, optimizer
end

local function numbers_of(g)
  local numbers = {}
  for at, parameter in ipairs(g:parameters()) do numbers[at] = parameter.data:flatten():tolist() end
  return numbers
end

local function refusal(action)
  local text = refusal_text(action)
  lu.assertStrMatches(text, ".*%.lua:%d+: .*")
  return text
end

TestLrFinder = {}

function TestLrFinder:test_gives_a_rate_and_a_smoothed_loss_per_update()
  local found = noisy():lr_find { num_training = 50, early_stop_threshold = 0 }
  lu.assertEquals({ #found.lr, #found.loss }, { 50, 50 })
  lu.assertAlmostEquals(found.lr[1], 1e-8, 1e-20)
  lu.assertAlmostEquals(found.lr[2], 1e-8 * 1e8 ^ (2 / 50), 1e-16)
  lu.assertAlmostEquals(found.lr[50], 1, 1e-12)
end

function TestLrFinder:test_rates_may_rise_in_a_line()
  local found = noisy():lr_find { num_training = 10, mode = "linear", min_lr = 0.1, max_lr = 1.1 }
  lu.assertAlmostEquals(found.lr[1], 0.1, 1e-12)
  lu.assertAlmostEquals(found.lr[2], 0.3, 1e-12)
  lu.assertAlmostEquals(found.lr[10], 1.1, 1e-12)
end

function TestLrFinder:test_suggests_where_the_loss_falls_fastest()
  local found = noisy():lr_find { num_training = 60 }
  local steepest, slope = nil, math.huge
  local first, last = 11, #found.loss - 1
  for at = first, last do
    local before, after = math.max(at - 1, first), math.min(at + 1, last)
    local here = (found.loss[after] - found.loss[before]) / (after - before)
    if here < slope then steepest, slope = at, here end
  end
  lu.assertEquals(found.suggestion, found.lr[steepest])
end

function TestLrFinder:test_suggests_nothing_from_too_few()
  lu.assertNil(noisy():lr_find({ num_training = 12, early_stop_threshold = 0 }).suggestion)
  lu.assertNotNil(noisy():lr_find({ num_training = 13, early_stop_threshold = 0 }).suggestion)
  lu.assertNotNil(noisy():lr_find({ num_training = 4, skip_begin = 1 }).suggestion)
end

function TestLrFinder:test_ends_early_when_the_loss_explodes()
  local manager = line()
  local found = manager:lr_find { max_lr = 1e4, num_training = 200 }
  lu.assertTrue(#found.lr < 200)
  local least = math.huge
  for at, loss in ipairs(found.loss) do
    least = math.min(least, loss)
    lu.assertEquals(loss > 4 * least, at == #found.loss)
  end
  -- Also where the loss is no number before that.
  found = manager:lr_find { max_lr = 1e30, num_training = 200, early_stop_threshold = 0 }
  lu.assertTrue(#found.lr < 200)
end

function TestLrFinder:test_training_afterwards_is_that_without_it()
  local plain, graph = noisy { epochs = 2 }
  local expected = plain:run().train.loss
  local manager, g, optimizer = noisy { epochs = 2 }
  local before = numbers_of(g)
  manager:lr_find { num_training = 30 }
  lu.assertEquals(numbers_of(g), before)
  lu.assertEquals(optimizer.lr, 0.01)
  lu.assertEquals(manager:run().train.loss, expected)
  lu.assertEquals(numbers_of(g), numbers_of(graph))
end

function TestLrFinder:test_leaves_momenta_and_random_numbers_as_they_were()
  local function trained(finds)
    local manager, g = noisy { epochs = 1 }
    manager:run()
    if finds then manager:lr_find { num_training = 20 } end
    local drawn = orrery.rand(3):tolist()
    manager:run()
    return { numbers_of(g), drawn }
  end
  lu.assertEquals(trained(true), trained(false))
end

function TestLrFinder:test_prints_and_records_nothing()
  child.shell "rm -rf orrery.db* runs"
  local script = child.write("find.lua", line_model.script .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, checkpoint = true,
      callbacks = { batch_end = function() error "told" end } })
    local found = manager:lr_find()
    assert(found.suggestion > 0)
    optimizer.lr = found.suggestion]])
  local code, out, err = child.shell(("%s run %s"):format(child.program, script))
  lu.assertEquals({ code, out, err }, { 0, "", "" })
  local _, files = child.shell "ls"
  lu.assertNotStrContains(files, "orrery.db")
  lu.assertNotStrContains(files, "runs")
end

function TestLrFinder:test_says_what_does_not_fit()
  local manager = noisy()
  lu.assertStrContains(refusal(function() manager:lr_find { min_lr = 0 } end), "min_lr must be a number > 0")
  lu.assertStrContains(refusal(function() manager:lr_find { min_lr = 1 } end),
    "manager:lr_find: max_lr must be above min_lr, 1, got 1")
  lu.assertStrContains(refusal(function() manager:lr_find { num_training = 0 } end),
    "num_training must be an integer ≥ 1, got 0")
  lu.assertStrContains(refusal(function() manager:lr_find { mode = "exponental" } end),
    "did you mean 'exponential'?")
  lu.assertStrContains(refusal(function() manager:lr_find { max_rl = 3 } end), "did you mean 'max_lr'?")
end

function TestLrFinder:test_needs_one_optimizer_with_a_loss()
  local function net()
    local x = orrery.ones(4, 1)
    local g = orrery.graph "net"
    local input, target = g:input(data.tensors { x = x, target = x, batch = 2 })
    return g, nn.MSELoss()(nn.Linear(1, 1)(input), target)
  end
  local function refused(g, optimizers)
    local manager = orrery.manager(g, { optimizers = optimizers, history = false })
    lu.assertStrContains(refusal(function() manager:lr_find() end),
      "lr_find needs a manager with one optimizer that has a loss")
  end
  local g = net()
  refused(g, { optim.SGD(g:parameters(), { lr = 1 }) })
  local h, loss = net()
  local weight, bias = unpack(h:parameters())
  refused(h, { optim.SGD({ weight }, { lr = 1, loss = loss }), optim.SGD({ bias }, { lr = 1, loss = loss }) })
end

child.finish(lu.LuaUnit.run())
