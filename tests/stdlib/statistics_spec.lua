-- Statistics of gradients and weights in the history.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local line_model = require "line_model"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

-- What each epoch's report says, and the graph, whose gradients are known: y = w x from x = 1, target 0.
local function reported(options, rate)
  local reports = {}
  local g = orrery.graph "known"
  local x = orrery.ones(4, 2)
  local input, target = g:input(data.tensors { x = x, target = orrery.zeros(4, 1), batch = 2 })
  local y = g:block("body", function(value) return nn.Linear(2, 1, { bias = false })(value) end)(input)
  local loss = nn.MSELoss()(y, target)
  g:parameters()[1].data:copy_(orrery.tensor { { 3, 0 } })
  options.optimizer = optim.SGD(g:parameters(), { lr = rate or 0, loss = loss })
  options.history, options.progress = options.history or false, false
  options.callbacks = { epoch_end = function(report) reports[#reports + 1] = report.statistics or {} end }
  orrery.manager(g, options):run()
  return reports, g
end

TestStatistics = {}

function TestStatistics:test_are_absent_unless_asked_for()
  lu.assertEquals(reported {}, { {} })
end

function TestStatistics:test_of_gradients_are_those_of_the_loss()
  local statistics = reported({ log_gradients = true })[1]  -- 2 y x = 6 for both
  lu.assertAlmostEquals(statistics["gradients/norm"], math.sqrt(72), 1e-5)
  for measure, expected in pairs { norm = math.sqrt(72), min = 6, max = 6, zeros = 0, nonfinite = 0 } do
    lu.assertAlmostEquals(statistics["gradients/body/" .. measure], expected, 1e-5)
  end
  lu.assertNil(statistics["weights/norm"])
end

function TestStatistics:test_of_weights_are_those_at_the_end_of_the_epoch()
  local statistics = reported({ log_weights = { by = "parameter" } })[1]
  for measure, expected in pairs { norm = 3, min = 0, max = 3, zeros = 0.5, nonfinite = 0 } do
    lu.assertEquals(statistics["weights/body.linear.weight/" .. measure], expected)
    lu.assertEquals(statistics["weights/" .. measure], expected)
  end
end

function TestStatistics:test_look_every_so_many_updates_and_at_the_first_of_each_epoch()
  -- Both weights fall by 0.25 of the gradient: y is 3, 0 at the two updates of an epoch.
  local often = reported({ log_gradients = { every = 1 } }, 0.25)[1]
  lu.assertAlmostEquals(often["gradients/norm"], math.sqrt(72) / 2, 1e-5)
  lu.assertAlmostEquals(often["gradients/min"], 0, 1e-5)
  lu.assertAlmostEquals(often["gradients/max"], 6, 1e-5)
  local first = reported({ log_gradients = { every = 2 } }, 0.25)[1]
  lu.assertAlmostEquals(first["gradients/norm"], math.sqrt(72), 1e-5)
  local epochs = reported { log_gradients = { every = 1000 }, epochs = 3 }
  for epoch = 1, 3 do lu.assertAlmostEquals(epochs[epoch]["gradients/norm"], math.sqrt(72), 1e-5) end
end

function TestStatistics:test_are_of_gradients_before_they_are_clipped()
  local statistics = reported({ log_gradients = true, gradient_clip_val = 0.1 })[1]
  lu.assertAlmostEquals(statistics["gradients/norm"], math.sqrt(72), 1e-5)
end

function TestStatistics:test_change_nothing_that_is_trained()
  -- A gradient that is looked at is made, and an update in its place rounds otherwise.
  local unfolded = "fold_updates"
  local _, plain = reported({ epochs = 2, skip_passes = unfolded }, 0.1)
  local _, looked = reported(
    { epochs = 2, log_gradients = { every = 1 }, log_weights = true, skip_passes = unfolded }, 0.1)
  lu.assertEquals(plain:parameters()[1].data:tolist(), looked:parameters()[1].data:tolist())
end

function TestStatistics:test_have_their_options_checked()
  for options, expected in pairs {
    [{ log_gradients = { every = 0 } }] = "every must be an integer ≥ 1, got 0",
    [{ log_gradients = { by = "layer" } }] = "by must be 'block' or 'parameter', got \"layer\"",
    [{ log_weights = { evry = 3 } }] = "unknown option 'evry'",
    [{ log_weights = 3 }] = "log_weights must be a table of options, true or false, got a number",
  } do
    local done, text = pcall(reported, options)
    lu.assertFalse(done)
    lu.assertStrContains(text, expected)
    lu.assertStrMatches(text, ".*%.lua:%d+: .*")
  end
end

function TestStatistics:test_are_read_with_orrery_history()
  child.shell "rm -f orrery.db*"
  local script = child.write("line.lua", line_model.script .. [[
    orrery.manager(g, { optimizer = optimizer, epochs = 2, log_gradients = true }):run()]])
  local code, _, err = child.shell(("%s run %s --no-progress --log-weights"):format(child.program, script))
  lu.assertEquals({ code, err }, { 0, "" })
  local _, page = child.shell(child.program .. " history show last")
  lu.assertStrContains(page, "Gradients in epoch 2")
  lu.assertStrContains(page, "Weights in epoch 2")
  lu.assertStrMatches(page, ".*\ngradients +norm +min +max +zeros +nonfinite\n%(whole graph%) +[%d.]+ .*")
  lu.assertNotStrContains(page, "gradients/")
  local _, runs = child.shell(child.program .. " history list --json")
  lu.assertNotStrContains(runs, "gradients/")
  lu.assertStrContains(runs, "train_loss")
  local _, rows = child.shell(child.program
    .. [[ history sql "select count(*) as n from metrics where name like 'gradients/%'" --json]])
  lu.assertStrContains(rows, '"n":10')
end

child.finish(lu.LuaUnit.run())
