-- Numbers, files and texts that a script logs by itself, in a manager's run and without one.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local line_model = require "line_model"
local refused = require("refusal").here
local data = orrery.data

local line = line_model.manager
local databases = 0

local function fresh()
  databases = databases + 1
  return ("%s/history%d.db"):format(child.folder, databases)
end

local function rows(path, statement)
  local found = {}
  orrery.history(path):sql(statement, function(row) found[#found + 1] = table.concat(row, " ") end)
  return found
end

local function refusal(action)
  return (refused(action):gsub("^.-logging_spec%.lua:%d+: ", ""):gsub("\n.*", ""))
end

TestManagerLog = {}

-- Two epochs of four batches; `callbacks` gets the manager.
local function train(callbacks, options)
  options = options or {}
  options.history, options.epochs = options.history or fresh(), 2
  options.log_every_n_steps = options.log_every_n_steps or 2
  local manager
  options.callbacks = {}
  for name, callback in pairs(callbacks) do
    options.callbacks[name] = function(report) callback(manager, report) end
  end
  manager = line(options)
  manager:run()
  return options.history, manager
end

function TestManagerLog:test_keeps_values_at_steps_and_the_loss_with_them()
  local path = train { batch_end = function(manager, report) manager:log("place", report.step) end }
  local place = "SELECT step, epoch, value FROM step_metrics WHERE name = 'place' ORDER BY step"
  lu.assertEquals(rows(path, place), { "2 1 2", "4 1 4", "6 2 2", "8 2 4" })
  lu.assertEquals(rows(path, "SELECT step FROM step_metrics WHERE name = 'loss' ORDER BY step"),
    { "2", "4", "6", "8" })
  lu.assertEquals(rows(path, "SELECT count(*) FROM metrics WHERE name = 'place'"), { "0" })
end

-- Logs the epoch's number of a list at each batch.
local function logging(list, options)
  return { batch_end = function(manager, report)
    manager:log("reward", list[report.epoch], options or { on_epoch = true })
  end }
end

function TestManagerLog:test_numbers_may_be_monitored()
  local _, manager = train(logging { 3, 5 }, { monitor = "log:reward", mode = "max" })
  lu.assertEquals(manager:run().best, { name = "reward", value = 5, epoch = 2 })
  _, manager = train(logging { 3, 5 }, { monitor = "log:reward" })
  lu.assertEquals(manager:run().best, { name = "reward", value = 3, epoch = 1 })
end

function TestManagerLog:test_numbers_may_be_monitored_by_early_stopping_and_savers()
  local saved = child.folder .. "/reward-{epoch}.safetensors"
  local _, manager = train(logging { 3, 5 }, {
    monitor = "log:reward", early_stopping = { patience = 1, mode = "min" },
    savers = { orrery.saver(saved, { when = "best" }) } })
  local summary = manager:run()
  lu.assertStrContains(summary.stopped_early, "reward has not become better than 3 in 1 validation")
  lu.assertEquals(summary.files, { (saved:gsub("{epoch}", "1")) })
end

function TestManagerLog:test_a_monitored_number_that_is_not_logged_ends_the_run()
  lu.assertStrContains(refusal(function() train(logging({ 3, 5 }, {}), { monitor = "log:reward" }) end),
    "'log:reward' is monitored, and epoch 1 logged no such mean")
  lu.assertStrContains(refusal(function() train(logging { 3, 5 }, { monitor = "log:rewards" }) end),
    "epoch 1 logged no such mean (did you mean 'reward'?)")
  local _, manager = train(logging({ 3, 5 }, {}), { monitor = "log:reward", max_steps = 3 })
  lu.assertNil(manager:run().best)  -- of no whole epoch
end

function TestManagerLog:test_keeps_every_fiftieth_step_unless_told_otherwise()
  local path = fresh()
  local manager = line { history = path, epochs = 15 }
  manager:run()
  lu.assertEquals(rows(path, "SELECT step FROM step_metrics"), { "50" })
end

function TestManagerLog:test_takes_tensors_tables_and_means()
  local path = train {
    batch_end = function(manager, report)
      manager:log({ a = orrery.tensor(report.step), b = 1 }, { on_epoch = true, on_step = false })
    end,
  }
  lu.assertEquals(rows(path, "SELECT epoch, name, value FROM metrics WHERE name <> 'loss' ORDER BY 1, 2"),
    { "1 a 2.5", "1 b 1", "2 a 2.5", "2 b 1" })
  lu.assertEquals(rows(path, "SELECT count(*) FROM step_metrics WHERE name <> 'loss'"), { "0" })
end

function TestManagerLog:test_means_of_validation_are_validations()
  local x = orrery.zeros(4, 1)
  local path = train({
    validation_batch_end = function(manager, report) manager:log("place", report.step) end,
    epoch_end = function(manager, report) manager:log("end", report.epoch * 10) end,
  }, { validate = data.tensors { x = x, target = x, batch = 3 } })
  lu.assertEquals(rows(path, "SELECT epoch, split, value FROM metrics WHERE name = 'place' ORDER BY 1"),
    { "1 validation 1.25", "2 validation 1.25" })
  lu.assertEquals(rows(path, "SELECT epoch, split, value FROM metrics WHERE name = 'end' ORDER BY 1"),
    { "1 train 10", "2 train 20" })
end

function TestManagerLog:test_a_step_of_ones_own_is_always_kept()
  local path = train {
    batch_end = function(manager, report) manager:log("mine", 1, { step = 1000 + report.step }) end,
  }
  lu.assertEquals(rows(path, "SELECT step FROM step_metrics WHERE name = 'mine' ORDER BY step"),
    { "1001", "1002", "1003", "1004" })
end

function TestManagerLog:test_works_in_loops_by_hand()
  local path = fresh()
  local manager, _, _, _, optimizer = line { history = path, epochs = 1, log_every_n_steps = 1 }
  for batch in manager:batches() do
    local out = manager:forward(batch)
    optimizer:step(out.loss)
    manager:log("size", batch.size)
  end
  lu.assertEquals(rows(path, "SELECT name, count(*) FROM step_metrics GROUP BY name ORDER BY name"),
    { "loss 4", "size 4" })
end

function TestManagerLog:test_lists_files_and_texts()
  local file = child.write("table.csv", "a,b\n1,2\n")
  local path, manager = train {
    epoch_end = function(manager, report)
      manager:log_text("samples/word", "epoch " .. report.epoch)
      if report.epoch == 2 then manager:artifact(file, { name = "numbers", kind = "table" }) end
    end,
  }
  manager:artifact(file, { name = "again", kind = "table", step = 3 })
  local found = rows(path, "SELECT kind, name, step, bytes FROM artifacts ORDER BY kind, step")
  lu.assertEquals(found, { "table again 3 8", "text samples/word 4 7", "text samples/word 8 7" })
  local sample = rows(path, "SELECT path FROM artifacts WHERE step = 8")[1]
  lu.assertStrMatches(sample, ".*/runs/.*/samples/samples/word%-8%.txt")
  local text = io.open(sample):read "*a"
  lu.assertEquals(text, "epoch 2")
end

function TestManagerLog:test_lists_images_as_save_image_writes_them()
  local images = orrery.linspace(0, 1, 5 * 4 * 6):view(5, 1, 4, 6)
  local path = train {
    epoch_end = function(manager, report)
      manager:log_image("digits", images, { nrow = 3, padding = 1 })
      if report.epoch == 2 then manager:log_image("one/first", images[1], { step = 3 }) end
    end,
  }
  lu.assertEquals(rows(path, "SELECT kind, name, step FROM artifacts ORDER BY name, step"),
    { "image digits 4", "image digits 8", "image one/first 3" })
  local files = rows(path, "SELECT path FROM artifacts ORDER BY name, step")
  lu.assertStrMatches(files[2], ".*/runs/.*/samples/digits%-8%.png")
  lu.assertStrMatches(files[3], ".*/runs/.*/samples/one/first%-3%.png")
  local saved = child.folder .. "/saved.png"
  orrery.save_image(images, saved, { nrow = 3, padding = 1 })
  lu.assertEquals(orrery.load_image(saved).shape, { 3, 11, 22 })
  lu.assertEquals(orrery.load_image(files[2]):tolist(), orrery.load_image(saved):tolist())
  orrery.save_image(images[1], saved)
  lu.assertEquals(orrery.load_image(files[3]):tolist(), orrery.load_image(saved):tolist())
end

function TestManagerLog:test_without_a_history_writes_nothing()
  local manager
  manager = line { epochs = 1, callbacks = { batch_end = function()
    manager:log("a", 1)
    manager:log_text("t", "text")
    manager:log_image("i", orrery.zeros(1, 2, 2))
  end } }
  manager:run()
  lu.assertFalse(require("orrery.core").exists "runs")
end

function TestManagerLog:test_refuses_with_the_line()
  local manager = line { epochs = 1 }
  local none = "no run of this manager is going on"
  lu.assertEquals(refusal(function() manager:log("a", 1) end), "manager:log: " .. none)
  lu.assertEquals(refusal(function() manager:log_text("a", "b") end), "manager:log_text: " .. none)
  lu.assertEquals(refusal(function() manager:log_image("a", orrery.zeros(1, 2, 2)) end),
    "manager:log_image: " .. none)
  local texts = {}
  manager = line { epochs = 1, callbacks = { train_start = function() end, epoch_end = function()
    texts[1] = refusal(function() manager:log("loss", 1) end)
    texts[2] = refusal(function() manager:log("a", "one") end)
    texts[3] = refusal(function() manager:log("a", orrery.zeros(2)) end)
    texts[4] = refusal(function() manager:log("a", 1, { on_stpe = true }) end)
    texts[5] = refusal(function() manager:log({ 1 }) end)
    texts[6] = refusal(function() manager:log_text("../a", "b") end)
    texts[7] = refusal(function() manager:artifact "not there.csv" end)
    texts[8] = refusal(function() manager:log("a", 1, { on_step = true }) end)
    texts[9] = refusal(function() manager:log("", 1) end)
    texts[10] = refusal(function() manager:log_image("../a", orrery.zeros(1, 2, 2)) end)
    texts[11] = refusal(function() manager:log_image("a", "picture.png") end)
    texts[12] = refusal(function() manager:log_image("a", orrery.zeros(1, 2, 2), { nrwo = 3 }) end)
  end } }
  manager:run()
  lu.assertEquals(texts[1], "manager:log: the run has a number 'loss' of its own: choose another name")
  lu.assertEquals(texts[2], "manager:log: 'a' must be a number or a tensor, got a string")
  lu.assertEquals(texts[3], "manager:log: 'a' must be one real number, got a tensor of 2 elements of Float")
  lu.assertStrContains(texts[4], "on_stpe")
  lu.assertStrContains(texts[4], "on_step")
  lu.assertEquals(texts[5], "manager:log: each number needs a name, got a number")
  lu.assertEquals(texts[6], "manager:log_text: '../a' cannot be the name of a file inside the run's folder")
  lu.assertStrContains(texts[7], "not there.csv")
  lu.assertStrContains(texts[8], "manager:log: on_step is for batches that are trained on")
  lu.assertEquals(texts[9], "manager:log: the name is empty")
  lu.assertEquals(texts[10], "manager:log_image: '../a' cannot be the name of a file inside the run's folder")
  lu.assertStrContains(texts[11], "manager:log_image: ")
  lu.assertStrContains(texts[11], "got a string")
  lu.assertStrContains(texts[12], "did you mean 'nrow'?")
  lu.assertEquals(refusal(function() manager:log("a", 1) end), "manager:log: " .. none)
end

TestOwnRun = {}

function TestOwnRun:test_keeps_what_is_logged()
  local path = fresh()
  local run = orrery.run { name = "bandit", history = path, config = { epsilon = 0.5 },
    tags = { "baseline" } }
  lu.assertEquals(run.name, "bandit")
  lu.assertEquals(tostring(run), "Run bandit")
  for step = 1, 3 do run:log { reward = step, regret = orrery.tensor(-step) } end
  run:log("reward", 7, { step = 10, split = "validation" })
  run:note "looks good"
  run:tag "paper"
  run:artifact(child.write("arms.csv", "a\n"), { name = "arms", kind = "table" })
  run:finish()
  run:finish { status = "failed" }
  lu.assertEquals(rows(path, "SELECT name, split, step, value FROM step_metrics ORDER BY 1, 2, 3"), {
    "regret train 1 -1", "regret train 2 -2", "regret train 3 -3",
    "reward train 1 1", "reward train 2 2", "reward train 3 3", "reward validation 10 7" })
  lu.assertEquals(rows(path, "SELECT status, tags FROM run_summary"), { "done baseline, paper" })
  lu.assertEquals(rows(path, "SELECT key, value FROM run_config"), { "epsilon 0.5" })
  lu.assertEquals(rows(path, "SELECT name, kind FROM artifacts"), { "arms table" })
  lu.assertEquals(rows(path, "SELECT text FROM notes"), { "looks good" })
end

function TestOwnRun:test_two_may_be_open()
  local path = fresh()
  local one, two = orrery.run { history = path, name = "a" }, orrery.run { history = path, name = "a" }
  lu.assertEquals(two.name, "a-2")
  one:log("x", 1)
  two:log("x", 2)
  two:finish()
  one:finish { status = "failed", reason = "no luck" }
  lu.assertEquals(rows(path, "SELECT name, status, exit_reason FROM runs ORDER BY name"),
    { "a failed no luck", "a-2 done " })
end

function TestOwnRun:test_refuses_with_the_line()
  local run = orrery.run { history = false }
  lu.assertEquals(run.name, "")
  lu.assertEquals(refusal(function() run:log("a", {}) end),
    "run:log: 'a' must be a number or a tensor, got a table")
  lu.assertEquals(refusal(function() run:log { 1 } end), "run:log: each number needs a name, got a number")
  lu.assertStrContains(refusal(function() run:log("a", 1, { spilt = "train" }) end), "split")
  lu.assertStrContains(refusal(function() run:artifact "not there.csv" end), "not there.csv")
  lu.assertStrContains(refusal(function() orrery.run { nmae = "a" } end), "name")
  lu.assertStrContains(refusal(function() orrery.run { tags = "a" } end), "run: tags must be a list of words")
  run:finish()
  lu.assertEquals(refusal(function() run:log("a", 1) end), "run:log: the run has ended")
end

-- How a run ends whose script does not say so.
local function ended(script)
  child.shell "rm -f orrery.db*"
  local code = child.orrery("run " .. child.write("own.lua", script))
  return code, rows(child.folder .. "/orrery.db", "SELECT status, exit_reason FROM runs ORDER BY run_id")
end

local head = "local orrery = require 'orrery'\nlocal run = orrery.run()\nrun:log('x', 1)\n"

function TestOwnRun:test_ends_as_its_script()
  local code, found = ended(head)
  lu.assertEquals({ code, found }, { 0, { "done " } })
  code, found = ended(head .. "run = nil\ncollectgarbage()\norrery.run()\nerror 'out of luck'")
  lu.assertEquals({ code, #found }, { 1, 2 })
  for _, each in ipairs(found) do lu.assertStrMatches(each, "failed .*own%.lua:7: out of luck.*") end
  code, found = ended(head
    -- SIGINT may be ignored from the start: what a shell runs in the background has it so.
    .. "os.execute(('(sleep 0.1; kill -TERM %d) &'):format(io.open('/proc/self/stat'):read '*n'))\n"
    .. "while true do end")
  lu.assertEquals(code, 143)
  lu.assertStrMatches(found[1], "interrupted .*")
end

function TestOwnRun:test_ends_as_os_exit_says()
  local code, found = ended(head .. "os.exit()")
  lu.assertEquals({ code, found }, { 0, { "done the script ended with os.exit(0)" } })
  code, found = ended(head .. "os.exit(3)")
  lu.assertEquals({ code, found }, { 3, { "failed the script ended with os.exit(3)" } })
  code, found = ended(head .. "os.exit(false)")
  lu.assertEquals({ code, found }, { 1, { "failed the script ended with os.exit(1)" } })
end

function TestManagerLog:test_runs_of_a_script_that_ends_with_os_exit_are_closed()
  local function exits(how, code)
    return ended(line_model.script .. "local exit = function() os.exit(" .. code .. ") end\n" .. how)
  end
  local in_callback = [[orrery.manager(g, { optimizer = optimizer, callbacks = {
    batch_end = function(at) if at.step == 2 then exit() end end } }):run()]]
  local code, found = exits(in_callback, 0)
  lu.assertEquals({ code, found }, { 0, { "done the script ended with os.exit(0) in epoch 1, step 2 of 4" } })
  code, found = exits(in_callback, 3)
  lu.assertEquals({ code, found }, { 3, { "failed the script ended with os.exit(3)" } })
  code, found = exits("for _ in orrery.manager(g, { optimizer = optimizer }):batches() do exit() end", 0)
  lu.assertEquals({ code, found }, { 0, { "done the script ended with os.exit(0) in epoch 1, step 1 of 4" } })
end

function TestOwnRun:test_keeps_script_config_and_command_and_takes_options_of_the_command_line()
  child.shell "rm -f *.db*"
  child.write("own.lua", "local orrery = require 'orrery'\norrery.config { lr = 0.5 }\n"
    .. "orrery.run():log('x', 1)")
  local code, _, err = child.orrery "run own.lua lr=0.25 --name told --history told.db"
  lu.assertEquals({ code, err }, { 0, "" })
  local path = child.folder .. "/told.db"
  lu.assertEquals(rows(path, "SELECT run, value FROM run_config"), { "told 0.25" })
  lu.assertStrContains(rows(path, "SELECT command_json FROM runs")[1], "lr=0.25")
  lu.assertStrContains(rows(path, "SELECT script_text FROM runs")[1], "orrery.run()")
end

function TestOwnRun:test_of_a_script_that_is_only_checked_keeps_nothing()
  child.shell "rm -f *.db*"
  child.write("own.lua", head .. "run:artifact 'later.csv'\n"
    .. "local g = orrery.graph 'g'\nlocal x = g:input(orrery.data.digits { batch = 8 })\n"
    .. "g:output(x:flatten(1))")
  local code = child.orrery "check own.lua"
  lu.assertEquals({ code, child.read "orrery.db" }, { 0, nil })
end

child.finish(lu.LuaUnit.run())
