-- Managers run, evaluate and predict; loops by hand; callbacks; what the history says of each end.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local program = arg[-1]
local folder = os.tmpname()
os.remove(folder)
os.execute("mkdir " .. folder)

local function write(name, text)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

-- Runs a shell command; gives exit code, stdout and stderr.
local function shell(command)
  local pipe = io.popen(("cd %s; (%s) 2>stderr; echo \"exit $?\""):format(folder, command))
  local out = pipe:read "*a"
  pipe:close()
  local code = tonumber(out:match "exit (%d+)\n$")
  return code, (out:gsub("exit %d+\n$", "")), core.read_file(folder .. "/stderr")
end

-- A graph that learns y = 2 x from 32 samples; in scripts of their own, too.
local model = [[
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
orrery.manual_seed(0)
local x = orrery.linspace(-1, 1, 32):view(32, 1)
local g = orrery.graph "line"
local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8 })
local y = nn.Linear(1, 1)(input)
local loss = nn.MSELoss()(y, target)
local optimizer = optim.SGD(g:parameters(), { lr = 0.2, loss = loss })
]]

local function line(options)
  local x = orrery.linspace(-1, 1, 32):view(32, 1)
  local g = orrery.graph "line"
  local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8 })
  local y = nn.Linear(1, 1)(input)
  local loss = nn.MSELoss()(y, target)
  local optimizer = optim.SGD(g:parameters(), { lr = 0.2, loss = loss })
  options = options or {}
  options.optimizer, options.history, options.progress = optimizer, options.history or false, false
  return orrery.manager(g, options), g, y, loss, optimizer
end

local function last_status()
  local query = "select status, exit_reason from runs order by run_id desc limit 1"
  local code, out, err = shell(("%s history sql '%s' --json"):format(program, query))
  lu.assertEquals({ code, err }, { 0, "" })
  return out
end

TestManager = {}

function TestManager:test_runs()
  local manager = line { epochs = 20 }
  local summary = manager:run()
  lu.assertEquals({ summary.epochs, summary.steps }, { 20, 80 })
  lu.assertTrue(summary.train.loss < 1e-3)
end

function TestManager:test_evaluates_and_predicts()
  local manager, _, y = line { epochs = 30 }
  manager:run()
  local x = orrery.tensor { { 1 }, { 2 }, { -3 } }
  local source = data.tensors { x = x, target = x * 2, batch = 2 }
  local result = manager:evaluate(source)
  lu.assertEquals(result.samples, 3)
  lu.assertTrue(result.loss < 1e-2)
  local predicted = manager:predict(y, source)
  lu.assertEquals(predicted.shape, { 3, 1 })
  lu.assertAlmostEquals(predicted[{ 2, 0 }]:item(), -6, 0.05)
  local first, second = manager:predict({ y, y }, source)
  lu.assertEquals({ first.shape, second.shape }, { { 3, 1 }, { 3, 1 } })
end

function TestManager:test_says_what_does_not_fit()
  local manager, _, y = line {}
  local function refusal(action)
    local done, text = pcall(action)
    lu.assertFalse(done)
    lu.assertStrMatches(text, ".*train_spec%.lua:%d+: .*")
    return text
  end
  lu.assertStrContains(refusal(function() local _ = manager:evaluate() end), "give a data source")
  lu.assertStrContains(refusal(function()
    local _ = manager:evaluate(3)
  end), "expected a data source, got a number")
  lu.assertStrContains(refusal(function() local _ = manager:predict(3) end), "expected a Value")
  lu.assertStrContains(refusal(function()
    local _ = manager:forward {}
  end), "no loop over manager:batches() is open")
  lu.assertStrContains(refusal(function()
    local _ = manager:finish()
  end), "no loop over manager:batches() is open")
  lu.assertStrContains(refusal(function()
    local _ = manager:predict(y, data.tensors { z = orrery.zeros(2, 1) })
  end), "no field 'z'")
end

TestLoops = {}

function TestLoops:test_run_over_all_epochs_and_finish()
  local ended
  local callbacks = { train_end = function(summary) ended = summary end }
  local manager, _, _, _, optimizer = line { epochs = 3, callbacks = callbacks }
  local batches, epochs = 0, {}
  for batch in manager:batches() do
    batches, epochs[batch.epoch] = batches + 1, true
    lu.assertEquals(batch.x.shape, { 8, 1 })
    optimizer:step(manager:forward(batch).loss)
  end
  lu.assertEquals({ batches, #epochs, ended.epochs, ended.steps }, { 12, 3, 3, 12 })
  lu.assertFalse((pcall(manager.finish, manager)))
end

function TestLoops:test_train_as_run_does()
  orrery.manual_seed(3)
  local manager, _, y = line { epochs = 2 }
  manager:run()
  orrery.manual_seed(3)
  local by_hand, _, same, _, optimizer = line { epochs = 2 }
  for batch in by_hand:batches() do
    local out = by_hand:forward(batch)
    optimizer:step(out.loss * 1)
  end
  local x = data.tensors { x = orrery.ones(1, 1), target = orrery.ones(1, 1), batch = 1 }
  lu.assertEquals(manager:predict(y, x):item(), by_hand:predict(same, x):item())
end

function TestLoops:test_left_early_can_be_finished()
  local manager, _, _, _, optimizer = line { epochs = 3 }
  for batch in manager:batches() do
    optimizer:step(manager:forward(batch).loss)
    if batch.index == 1 then break end
  end
  lu.assertTrue(manager:finish().steps >= 1)
end

function TestLoops:test_left_without_an_end_stand_in_the_history_as_failed()
  shell("rm -f orrery.db*")
  local script = write("left.lua", model .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 2 })
    for batch in manager:batches() do break end]])
  lu.assertEquals(shell(program .. " run " .. script), 0)
  lu.assertStrContains(last_status(), "failed")
  lu.assertStrContains(last_status(), "left")
end

function TestLoops:test_broken_by_an_error_stand_in_the_history_as_failed()
  shell("rm -f orrery.db*")
  local script = write("error.lua", model .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 2 })
    for batch in manager:batches() do error "in the loop" end]])
  local code, _, err = shell(program .. " run " .. script)
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "in the loop")
  lu.assertStrContains(last_status(), "failed")
end

TestCallbacks = {}

function TestCallbacks:test_are_told_of_everything()
  local told = {}
  local callbacks = {}
  for _, name in ipairs { "train_start", "batch_end", "validation_end", "epoch_end", "train_end" } do
    callbacks[name] = function(report)
      lu.assertIsTable(report)
      told[name] = (told[name] or 0) + 1
    end
  end
  local x = orrery.zeros(4, 1)
  line({ epochs = 2, callbacks = callbacks, validate = data.tensors { x = x, target = x, batch = 2 } }):run()
  lu.assertEquals(told, { train_start = 1, batch_end = 8, validation_end = 4, epoch_end = 2, train_end = 1 })
end

function TestCallbacks:test_that_fail_end_the_run_with_their_own_line()
  shell("rm -f orrery.db*")
  local script = write("callback.lua", model .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 2, callbacks = {
      epoch_end = function() local nothing; nothing() end } })
    manager:run()]])
  local code, out, err = shell(program .. " run " .. script)
  lu.assertEquals({ code, out }, { 1, "" })
  lu.assertStrContains(err, "callback.lua:11: attempt to call local 'nothing' (a nil value)")
  lu.assertNotStrContains(err, "traceback")
  lu.assertStrContains(last_status(), "failed")
  lu.assertStrContains(last_status(), "attempt to call")
end

function TestCallbacks:test_errors_that_are_no_text_end_the_run()
  local speaking = "setmetatable({}, { __tostring = function() return 'a table' end })"
  for _, what in ipairs { "{}", "nil", speaking } do
    local script = write("callback.lua", model .. ([[
      local manager = orrery.manager(g, { optimizer = optimizer, epochs = 1, history = false, callbacks = {
        batch_end = function() error(%s) end } })
      manager:run()]]):format(what))
    lu.assertEquals(shell(program .. " run " .. script), 1, what)
  end
end

TestStops = {}

local endless = model .. [[
  local ready = false
  local manager = orrery.manager(g, { optimizer = optimizer, epochs = 1000000, progress = false, callbacks = {
    batch_end = function()
      if not ready then ready = true; io.open("ready", "w"):close() end
    end } })
]]

local function signalled(text, signals)
  shell("rm -f orrery.db* ready")
  local script = write("endless.lua", text)
  local wait = "n=0; while [ ! -e ready ] && [ $n -lt 300 ]; do sleep 0.05; n=$((n + 1)); done"
  -- Shells start what runs in the background with SIGINT ignored.
  local command = "env --default-signal=INT %s run %s & pid=$!; %s; %s; wait $pid"
  return shell(command:format(program, script, wait, signals))
end

function TestStops:test_ctrl_c_ends_a_run_as_interrupted()
  local code = signalled(endless .. "manager:run()", "kill -INT $pid")
  lu.assertEquals(code, 130)
  lu.assertStrContains(last_status(), "interrupted")
end

function TestStops:test_ctrl_c_ends_a_loop_by_hand_as_interrupted()
  local code = signalled(endless .. [[
    for batch in manager:batches() do optimizer:step(manager:forward(batch).loss) end]], "kill -INT $pid")
  lu.assertEquals(code, 130)
  lu.assertStrContains(last_status(), "interrupted")
end

function TestStops:test_sigterm_ends_a_run_as_interrupted()
  local code = signalled(endless .. "manager:run()", "kill -TERM $pid")
  lu.assertEquals(code, 143)
  lu.assertStrContains(last_status(), "interrupted")
end

function TestStops:test_the_second_ctrl_c_ends_at_once()
  local code = signalled(endless:gsub("ready = true;", "%0 io.open('ready', 'w'):close(); "
    .. "print(('a'):rep(1e6):find(('.-'):rep(30) .. 'b'));") .. "manager:run()",
    "kill -INT $pid; sleep 0.2; kill -INT $pid")
  lu.assertEquals(code, 130)
end

TestBadData = {}

local function assert_fails(text, code, ...)
  local script = write("bad.lua", text)
  local got, out, err = shell(program .. " run " .. script)
  lu.assertEquals({ got, out }, { code, "" }, err)
  for _, words in ipairs { ... } do lu.assertStrContains(err, words) end
  lu.assertNotStrContains(err, "traceback")
end

local classify = [[
local orrery = require "orrery"
local g = orrery.graph "g"
local x, label = g:input(%s)
local loss = orrery.nn.CrossEntropyLoss()(orrery.nn.Linear(2, 3)(x), label)
local manager = orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 1, loss = loss }),
  epochs = 1, history = false, progress = false })
manager:run()
]]

function TestBadData:test_a_label_out_of_range_is_named()
  assert_fails(classify:format [[orrery.data.tensors { x = orrery.zeros(4, 2),
    label = orrery.tensor({ 0, 1, 2, 3 }, { dtype = "int64" }), batch = 4 }]], 1, "3")
end

function TestBadData:test_no_samples()
  assert_fails(classify:format [[orrery.data.tensors { x = orrery.zeros(0, 2),
    label = orrery.zeros(0, { dtype = "int64" }), batch = 4 }]], 4, "bad.lua:3: ", "the set is empty")
end

function TestBadData:test_fields_of_different_lengths()
  assert_fails(classify:format [[orrery.data.tensors { x = orrery.zeros(4, 2),
    label = orrery.zeros(3, { dtype = "int64" }), batch = 4 }]], 2, "bad.lua:3: ")
end

function TestBadData:test_damaged_csv()
  write("bad.csv", "a,b,label\n1,2,0\n1,x,1\n")
  assert_fails(classify:format [[orrery.data.csv { path = "bad.csv", batch = 2 }]], 4, "bad.csv", "3")
  write("empty.csv", "")
  assert_fails(classify:format [[orrery.data.csv { path = "empty.csv", batch = 2 }]], 4, "empty.csv")
  assert_fails(classify:format [[orrery.data.csv { path = "none.csv", batch = 2 }]], 4, "none.csv")
  assert_fails(classify:format [[orrery.data.csv { path = ".", batch = 2 }]], 4, "folder")
end

function TestBadData:test_damaged_gz()
  write("good.csv", "a,b,label\n" .. ("1,2,0\n"):rep(1000))
  shell "gzip -k good.csv; head -c 40 good.csv.gz > cut.csv.gz; echo nothing > no.csv.gz"
  assert_fails(classify:format [[orrery.data.csv { path = "cut.csv.gz", batch = 2 }]], 4, "cut.csv.gz")
  assert_fails(classify:format [[orrery.data.csv { path = "no.csv.gz", batch = 2 }]], 4, "no.csv.gz")
end

function TestBadData:test_damaged_idx()
  write("short-images", "\0\0\8\3\0\0\0\5\0\0\0\2\0\0\0\2abcd")
  write("labels", "\0\0\8\1\0\0\0\5\0\1\2\0\1")
  local source = [[orrery.data.idx { images = "short-images", labels = "labels", batch = 2 }]]
  assert_fails(classify:format(source), 4, "short-images")
end

function TestBadData:test_a_loss_that_is_not_finite_has_diverged()
  assert_fails(model:gsub("lr = 0.2", "lr = 1e30") .. [[
    orrery.manager(g, { optimizer = optimizer, epochs = 5, history = false,
      progress = false }):run()]], 6, "loss")
end

local failed = lu.LuaUnit.run()
os.execute("rm -rf " .. folder)
os.exit(failed)
