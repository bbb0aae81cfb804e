-- Managers run, evaluate and predict; loops by hand; callbacks; what the history says of each end.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local program, shell, write = child.program, child.shell, child.write

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
  options = options or {}
  local optimizer = optim[options.optimizer_kind or "SGD"](g:parameters(), { lr = 0.2, loss = loss })
  options.optimizer_kind = nil
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
  local manager = line {}
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
end

-- The script's own line stands in front.
local function refused_data(line_number, action)
  local done, text = pcall(action)
  lu.assertFalse(done)
  lu.assertStrContains(text, ("train_spec.lua:%d: "):format(line_number))
  return text
end

local function here() return debug.getinfo(2, "l").currentline end

function TestManager:test_checks_the_data_of_a_call_against_the_input()
  local manager, _, y = line {}
  local wide = data.tensors { x = orrery.zeros(2, 3), target = orrery.zeros(2, 1) }
  local other = data.tensors { z = orrery.zeros(2, 1) }
  local whole = data.tensors { x = orrery.zeros(2, 1, { dtype = "int64" }), target = orrery.zeros(2, 1) }
  lu.assertStrContains(refused_data(here(), function() return (manager:evaluate(wide)) end),
    "the evaluation data (tensors) must have the field 'x' (N, 1) float32, as the graph's input has, "
    .. "got 'x' (N, 3) float32")
  local text = refused_data(here(), function() return (manager:evaluate(other)) end)
  lu.assertStrContains(text, "'x' (N, 1) float32, as the graph's input has, got no such field")
  lu.assertStrContains(text, "'target' (N, 1) float32, as the graph's input has, got no such field")
  lu.assertEquals(core.error_info(text).exit_code, 3)
  lu.assertStrContains(refused_data(here(), function() return (manager:predict(y, whole)) end),
    "the prediction data (tensors) must have the field 'x' (N, 1) float32, as the graph's input has, "
    .. "got 'x' (N, 1) int64")
  lu.assertEquals(manager:predict(y, data.tensors { x = orrery.zeros(2, 1) }).shape, { 2, 1 })
end

function TestManager:test_checks_the_batch_of_a_call_against_the_input()
  local manager = line { epochs = 1 }
  local x = orrery.zeros(2, 1)
  for _ in manager:batches() do  -- luacheck: ignore 512
    lu.assertStrContains(refused_data(here(), function() return (manager:forward { x = x }) end),
      "the batch must have the field 'target' (N, 1) float32, as the graph's input has, got no such field")
    local flat = { x = x:view(2), target = x }
    lu.assertStrContains(refused_data(here(), function() return (manager:forward(flat)) end),
      "the batch must have the field 'x' (N, 1) float32, as the graph's input has, got 'x' (N) float32")
    lu.assertStrContains(refused_data(here(), function() return (manager:forward { x = 1, target = x }) end),
      "manager:forward: field 'x' must be a tensor, got a number")
    lu.assertEquals(manager:forward({ x = x, target = x }).loss.shape, {})
    break
  end
  manager:finish()
end

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

function TestOptimizers:test_refuse_what_cannot_be_set()
  local w = orrery.zeros(1)
  w.requires_grad = true
  local adam = optim.Adam({ w })
  local function refusal(action)
    local done, text = pcall(action)
    lu.assertFalse(done)
    lu.assertStrMatches(text, ".*train_spec%.lua:%d+: .*")
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

local function status_after(loop)
  shell("rm -f orrery.db*")
  local script = write("left.lua", model .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 2 })
    local function step(batch) optimizer:step(manager:forward(batch).loss) end
  ]] .. loop)
  local code, _, err = shell(program .. " run " .. script)
  return last_status(), code, err
end

function TestLoops:test_left_by_break_are_done_at_their_last_step()
  local status, code, err = status_after "for batch in manager:batches() do step(batch) break end"
  lu.assertEquals({ code, err:match "error" }, { 0 })
  lu.assertStrContains(status, '"done"')
  lu.assertStrContains(status, "the script left the loop over manager:batches() in epoch 1, step 1 of 4")
  status = status_after [[
    for batch in manager:batches() do
      step(batch)
      if batch.epoch == 2 and batch.index == 2 then break end
    end
    for batch in manager:batches() do step(batch) end
    error "after all loops"]]
  lu.assertStrContains(status, '"done"')
  lu.assertNotStrContains(status, "left")
  local query = "select status, exit_reason from runs limit 1"
  local _, first = shell(("%s history sql '%s' --json"):format(program, query))
  lu.assertStrContains(first, '"done"')
  lu.assertStrContains(first, "in epoch 2, step 3 of 4")
end

function TestLoops:test_left_because_a_step_failed_have_failed()
  local status, code = status_after [[
    for batch in manager:batches() do
      if not pcall(optimizer.step, optimizer, orrery.zeros(1):sum()) then break end
    end]]
  lu.assertEquals(code, 0)
  lu.assertStrContains(status, '"failed"')
  lu.assertStrContains(status, "the loss does not depend on anything that is trained")
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
  lu.assertStrContains(last_status(), "error.lua:11: in the loop")
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
    local code, _, err = shell(program .. " run " .. script)
    lu.assertEquals(code, 1, what)
    lu.assertNotStrContains(err, "table: 0x")
  end
end

function TestCallbacks:test_say_what_is_in_an_error_that_is_no_text()
  local said = {
    ["{ code = 3, reason = 'out of ink' }"] = 'error value: { code = 3, reason = "out of ink" }',
    ["setmetatable({}, { __tostring = function() return 'no ink' end })"] = "no ink",
    ["nil"] = "error value: nil",
  }
  for what, expected in pairs(said) do
    local manager = line { callbacks = { batch_end = function() error(loadstring("return " .. what)()) end } }
    local done, text = pcall(manager.run, manager)
    lu.assertFalse(done)
    lu.assertStrContains(text, expected)
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

child.finish(lu.LuaUnit.run())
