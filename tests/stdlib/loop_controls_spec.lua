-- How much of its data a run takes, from the script and from the command line.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local line_model = require "line_model"
local refused = require("refusal").text
local data = orrery.data
local line, model = line_model.manager, line_model.script

-- 32 samples to train on make 4 batches; these make 5.
local function validation()
  local x = orrery.linspace(-2, 2, 10):view(10, 1)
  return data.tensors { x = x, target = x * 3, batch = 2 }
end

-- Steps and validation batches of an epoch, and the summary.
local function counted(options)
  local steps, validated = 0, 0
  options.validate = options.validate or validation()
  options.callbacks = { batch_end = function() steps = steps + 1 end,
    validation_batch_end = function() validated = validated + 1 end }
  local manager, g = line(options)
  local summary = manager:run()
  return { steps, validated }, summary, g
end

local function refusal(options)
  local text = refused(function()
    options.validate = options.validate or validation()
    line(options):run()
  end)
  lu.assertStrMatches(text, ".*%.lua:%d+: .*")
  return text
end

TestLimits = {}

function TestLimits:test_are_shares_below_one_and_numbers_from_one_on()
  lu.assertEquals((counted {}), { 4, 5 })
  lu.assertEquals((counted { limit_train_batches = 1, limit_val_batches = 1 }), { 1, 1 })
  lu.assertEquals((counted { limit_train_batches = 3, limit_val_batches = 4 }), { 3, 4 })
  lu.assertEquals((counted { limit_train_batches = 0.25, limit_val_batches = 0.2 }), { 1, 1 })
  lu.assertEquals((counted { limit_train_batches = 0.99, limit_val_batches = 0.99 }), { 3, 4 })
  lu.assertEquals((counted { limit_train_batches = 100, limit_val_batches = 100 }), { 4, 5 })
end

function TestLimits:test_of_no_validation_batches_leave_it_out()
  local count, summary = counted { limit_val_batches = 0 }
  lu.assertEquals(count, { 4, 0 })
  lu.assertEquals(summary.validation, {})
end

function TestLimits:test_are_about_each_epoch()
  lu.assertEquals((counted { limit_train_batches = 3, epochs = 2 }), { 6, 10 })
end

function TestLimits:test_that_leave_nothing_are_refused()
  lu.assertStrContains(refusal { limit_train_batches = 0.24 },
    "limit_train_batches = 0.24 of 4 batches is less than one batch")
  lu.assertStrContains(refusal { limit_val_batches = 0.19 },
    "limit_val_batches = 0.19 of 5 batches is less than one batch")
  lu.assertStrContains(refusal { overfit_batches = 0.1 },
    "overfit_batches = 0.1 of 4 batches is less than one batch")
  lu.assertStrContains(refusal { limit_train_batches = 1.5 },
    "limit_train_batches must be a share below 1 or a whole number of batches, got 1.5")
  lu.assertStrContains(refusal { limit_train_batches = 0 }, "limit_train_batches must be a number > 0, got 0")
  lu.assertStrContains(refusal { limit_val_batches = -1 }, "limit_val_batches must be a number ≥ 0, got -1")
end

TestIntervals = {}

function TestIntervals:test_of_validations_are_batches_or_a_share_of_the_epoch()
  lu.assertEquals((counted { val_check_interval = 2 }), { 4, 10 })
  lu.assertEquals((counted { val_check_interval = 0.25, epochs = 2 }), { 8, 40 })
  lu.assertEquals((counted { val_check_interval = 3 }), { 4, 10 })
  lu.assertStrContains(refusal { val_check_interval = 5 },
    "val_check_interval is 5 batches, and an epoch has 4")
  lu.assertStrContains(refusal { val_check_interval = 0 }, "val_check_interval must be a number > 0, got 0")
end

function TestIntervals:test_tell_callbacks_how_much_was_trained()
  local trained = {}
  line { val_check_interval = 2, validate = validation(),
    callbacks = { validation_end = function(report) trained[#trained + 1] = report.trained end } }:run()
  lu.assertEquals(trained, { 2, 4 })
end

TestOverfitting = {}

function TestOverfitting:test_validates_on_the_batches_that_it_trains_on()
  local _, summary = counted { overfit_batches = 2, epochs = 1, optimizer_kind = "SGD" }
  lu.assertEquals((counted { overfit_batches = 2 }), { 2, 2 })
  lu.assertEquals((counted { overfit_batches = 0.5 }), { 2, 2 })
  -- The last loss of two batches of the line and not of three times x.
  lu.assertTrue(summary.validation.loss < summary.train.loss)
end

function TestOverfitting:test_does_not_shuffle()
  local x = orrery.arange(32):float():view(32, 1)
  local seen = {}
  local g = orrery.graph "g"
  local input, target = g:input(data.tensors { x = x, target = x, batch = 4, shuffle = true })
  local loss = orrery.nn.MSELoss()(orrery.nn.Linear(1, 1)(input), target)
  local mean = orrery.metrics.mean(input:mean())
  orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0, loss = loss }), history = false,
    metrics = { mean = mean }, epochs = 2, overfit_batches = 2, progress = false,
    callbacks = { epoch_end = function(report) seen[#seen + 1] = report.train.mean end } }):run()
  lu.assertEquals(seen, { 3.5, 3.5 })
end

function TestOverfitting:test_has_no_other_limits()
  for _, limit in ipairs { "limit_train_batches", "limit_val_batches" } do
    lu.assertStrContains(refusal { overfit_batches = 1, [limit] = 1 },
      "both overfit_batches and " .. limit .. " are given")
  end
end

TestFastDevRun = {}

function TestFastDevRun:test_takes_a_batch_or_so_many()
  lu.assertEquals((counted { fast_dev_run = true, epochs = 7 }), { 1, 1 })
  lu.assertEquals((counted { fast_dev_run = 3, epochs = 7 }), { 3, 3 })
  lu.assertEquals((counted { fast_dev_run = 0, epochs = 2 }), { 8, 10 })
  lu.assertEquals((counted { fast_dev_run = false }), { 4, 5 })
  lu.assertStrContains(refusal { fast_dev_run = -1 },
    "fast_dev_run must be true, false or an integer ≥ 0, got -1")
  lu.assertStrContains(refusal { fast_dev_run = 1.5 }, "fast_dev_run must be true, false or an integer ≥ 0")
  lu.assertStrContains(refusal { fast_dev_run = true, resume = "last" },
    "both fast_dev_run and resume are given")
end

function TestFastDevRun:test_leaves_nothing_behind()
  child.shell "rm -rf orrery.db* runs end.safetensors"
  local script = child.write("fast.lua", model .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 5, checkpoint = true,
      early_stopping = true, saver = orrery.saver "end.safetensors",
      validate = data.tensors { x = x, target = x, batch = 8 } })
    local summary = manager:run()
    print(summary.epochs, summary.steps, #summary.files, summary.checkpoint)]])
  local code, out, err = child.shell(("%s run %s --fast-dev-run --no-progress"):format(child.program, script))
  lu.assertEquals({ code, out, err }, { 0, "1\t1\t0\tnil\n", "" })
  local _, files = child.shell "ls"
  lu.assertNotStrContains(files, "orrery.db")
  lu.assertNotStrContains(files, "runs")
  lu.assertNotStrContains(files, "end.safetensors")
  _, out = child.shell(("%s run %s --fast-dev-run 2 --no-progress"):format(child.program, script))
  lu.assertEquals(out, "1\t2\t0\tnil\n")
  _, out = child.shell(("%s run %s --fast-dev-run=3 --no-progress"):format(child.program, script))
  lu.assertEquals(out, "1\t3\t0\tnil\n")
end

TestSanityCheck = {}

-- What a run whose validation draws random numbers ends with, and how many batches it tried.
local function checked(steps)
  orrery.manual_seed(4)
  local tried
  local x = orrery.linspace(-1, 1, 32):view(32, 1)
  local g = orrery.graph "g"
  local input, target = g:input(data.tensors { x = x, target = x, batch = 8, shuffle = true })
  local noisy = orrery.nn.Dropout(0.5)(orrery.nn.Linear(1, 4)(input))
  noisy = noisy * orrery.rand_like(noisy)
  local loss = orrery.nn.MSELoss()(orrery.nn.Linear(4, 1)(noisy), target)
  local optimizer = orrery.optim.Adam(g:parameters(), { lr = 0.1, loss = loss })
  local summary = orrery.manager(g, { optimizer = optimizer, validate = validation(),
    epochs = 2, history = false, progress = false, num_sanity_val_steps = steps,
    callbacks = { sanity_check_start = function(at) tried = at.steps end } }):run()
  local results = { summary.train.loss, summary.validation.loss }
  for _, parameter in ipairs(g:parameters()) do results[#results + 1] = parameter.data:flatten():tolist() end
  return results, tried
end

function TestSanityCheck:test_changes_nothing()
  local plain, none = checked(0)
  lu.assertNil(none)
  for steps, tried in pairs { [1] = 1, [4] = 4, [5] = 5, [6] = 5, [-1] = 5 } do
    local results, count = checked(steps)
    lu.assertEquals({ results, count }, { plain, tried })
  end
  local results, usual = checked(nil)
  lu.assertEquals({ results, usual }, { plain, 2 })
end

function TestSanityCheck:test_finds_what_fails_before_anything_is_trained()
  local steps = 0
  local function source(get)
    local fields = { x = { shape = { 1 } }, target = { shape = { 1 } } }
    return data.define { length = 8, batch = 4, fields = fields, get = get }
  end
  local g = orrery.graph "g"
  local a, b = g:input(source(function(at) return { x = { at }, target = { at } } end))
  local loss = orrery.nn.MSELoss()(orrery.nn.Linear(1, 1)(a), b)
  local optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
  local manager = orrery.manager(g, { optimizer = optimizer, history = false, progress = false,
    validate = source(function() error "no such sample" end),
    callbacks = { batch_end = function() steps = steps + 1 end } })
  local done, text = pcall(manager.run, manager)
  lu.assertFalse(done)
  lu.assertStrContains(text, "no such sample")
  lu.assertEquals(steps, 0)
end

function TestSanityCheck:test_is_not_made_without_validation_batches()
  lu.assertStrContains(refusal { num_sanity_val_steps = -2 }, "num_sanity_val_steps must be an integer ≥ -1")
  local told = false
  line({ limit_val_batches = 0, validate = validation(),
    callbacks = { sanity_check_start = function() told = true end } }):run()
  lu.assertFalse(told)
end

TestCommandLine = {}

local function run(words, options)
  local script = child.write("tables.lua", model .. ([[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 30, history = false, %s
      validate = data.tensors { x = x, target = x * 0 + 5, batch = 8 } })
    local summary = manager:run()
    print(summary.epochs, summary.steps, summary.stopped_early)]]):format(options or ""))
  return child.shell(("%s run %s --no-progress %s"):format(child.program, script, words))
end

function TestCommandLine:test_sets_limits()
  local _, out = run "--limit-train-batches 0.5 --epochs 2"
  lu.assertEquals(out, "2\t4\tnil\n")
  _, out = run "--limit-train-batches 3 --epochs 2"
  lu.assertEquals(out, "2\t6\tnil\n")
end

function TestCommandLine:test_sets_options_of_tables()
  local _, out = run "--early-stopping.patience 2 --early-stopping.min-delta=1000"
  lu.assertEquals(out:match "^%d+", "3")
  lu.assertStrContains(out, "val_loss has not become better than")
  _, out = run("--early-stopping.patience=1", "early_stopping = { min_delta = 1000 },")
  lu.assertEquals(out:match "^%d+", "2")
  _, out = run("--no-early-stopping --epochs 6", "early_stopping = { min_delta = 1000, patience = 0 },")
  lu.assertEquals(out, "6\t24\tnil\n")
end

function TestCommandLine:test_refuses_what_does_not_fit()
  local code, _, err = run "--early-stopping.patience some"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "early_stopping.patience must be an integer ≥ 0, got 'some'")
  code, _, err = run "--early-stopping.patients 3"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "there is no option --early-stopping.patients (did you mean "
    .. "'--early-stopping.patience'?)")
  code, _, err = run "--fast-dev-run=many"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "fast_dev_run must be true, false or an integer ≥ 0, got 'many'")
end

child.finish(lu.LuaUnit.run())
