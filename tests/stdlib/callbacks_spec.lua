-- Callbacks are told of everything, and end the run when they fail.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local line_model = require "line_model"
local refusal_text = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local program, shell, write = child.program, child.shell, child.write
local model, line, last_status = line_model.script, line_model.manager, line_model.last_status

-- All of which a whole run tells.
local points = { "train_start", "train_end", "epoch_start", "epoch_end", "batch_start", "batch_end",
  "validation_start", "validation_end", "validation_batch_start", "validation_batch_end",
  "sanity_check_start", "sanity_check_end", "before_zero_grad", "before_backward", "after_backward",
  "before_optimizer_step" }

local function two_batches()
  local x = orrery.zeros(4, 1)
  return data.tensors { x = x, target = x, batch = 2 }
end

TestCallbacks = {}

function TestCallbacks:test_are_told_of_everything()
  local told = {}
  local callbacks = {}
  for _, name in ipairs(points) do
    callbacks[name] = function(report)
      lu.assertIsTable(report)
      told[name] = (told[name] or 0) + 1
    end
  end
  line({ epochs = 2, callbacks = callbacks, validate = two_batches() }):run()
  lu.assertEquals(told, { train_start = 1, train_end = 1, epoch_start = 2, epoch_end = 2, batch_start = 8,
    batch_end = 8, validation_start = 2, validation_end = 2, validation_batch_start = 4,
    validation_batch_end = 4, sanity_check_start = 1, sanity_check_end = 1, before_zero_grad = 8,
    before_backward = 8, after_backward = 8, before_optimizer_step = 8 })
end

function TestCallbacks:test_are_told_in_lightnings_order()
  local told, callbacks = {}, {}
  for _, name in ipairs(points) do callbacks[name] = function() told[#told + 1] = name end end
  line({ epochs = 1, limit_train_batches = 1, limit_val_batches = 1, callbacks = callbacks,
    validate = two_batches() }):run()
  lu.assertEquals(told, { "train_start", "sanity_check_start", "sanity_check_end", "epoch_start",
    "batch_start", "before_zero_grad", "before_backward", "after_backward", "before_optimizer_step",
    "batch_end", "validation_start", "validation_batch_start",
    "validation_batch_end", "validation_end", "epoch_end",
    "train_end" })
end

-- A trunk that is frozen at the start, under a head.
local function with_trunk(options)
  local x = orrery.linspace(-1, 1, 32):view(32, 1)
  local g = orrery.graph "trunk_and_head"
  local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8 })
  local trunk = g:block("trunk", function(t) return nn.Linear(1, 4)(t):tanh() end)
  local hidden = trunk(input)
  local loss = nn.MSELoss()(nn.Linear(4, 1)(hidden), target)
  local weight = g:parameters()[1]
  trunk:freeze()
  options.optimizer = optim.SGD(g:parameters(), { lr = 0.2, momentum = 0.9, loss = loss })
  options.history, options.progress = false, false
  local manager = orrery.manager(g, options)
  return manager, trunk, function() return weight.data:abs():sum():item() end, options.optimizer
end

function TestCallbacks:test_freeze_and_unfreeze_blocks_from_the_next_step_on()
  orrery.manual_seed(1)
  local weights = {}
  local manager, trunk, weight
  manager, trunk, weight = with_trunk { epochs = 4, callbacks = {
    epoch_start = function(at)
      weights[at.epoch] = weight()
      if at.epoch == 2 then trunk:unfreeze() end
    end,
    batch_end = function(at) if at.epoch == 3 and at.step == 4 then trunk:freeze() end end,
  } }
  manager:run()
  lu.assertEquals(weights[2], weights[1])
  lu.assertNotEquals(weights[3], weights[2])
  lu.assertNotEquals(weights[4], weights[3])
  lu.assertEquals(weight(), weights[4])
end

function TestCallbacks:test_loops_by_hand_unfreeze_too()
  orrery.manual_seed(1)
  local manager, trunk, weight, optimizer = with_trunk { epochs = 1 }
  local weights = {}
  for batch in manager:batches() do
    weights[#weights + 1] = weight()
    if #weights == 3 then trunk:unfreeze() end
    optimizer:step(manager:forward(batch).loss)
  end
  lu.assertEquals({ weights[2], weights[3] }, { weights[1], weights[1] })
  lu.assertNotEquals(weights[4], weights[3])
end

function TestCallbacks:test_know_where_the_run_is()
  local seen = {}
  line({ epochs = 2, limit_train_batches = 2, callbacks = {
    batch_start = function(at) seen[#seen + 1] = ("%d:%d/%d"):format(at.epoch, at.step, at.steps) end,
    before_backward = function(at)
      seen[#seen + 1] = ("%d loss %d:%d"):format(#at.losses, at.epoch, at.step)
    end,
  } }):run()
  lu.assertEquals(seen, { "1:1/2", "1 loss 1:1", "1:2/2", "1 loss 1:2", "2:1/2", "1 loss 2:1", "2:2/2",
    "1 loss 2:2" })
end

function TestCallbacks:test_get_the_loss_of_a_batch_beside_the_epochs_mean()
  local computed, of_batch, means = {}, {}, {}
  line({ callbacks = {
    before_backward = function(at) computed[#computed + 1] = at.losses[1]:item() end,
    batch_end = function(at)
      of_batch[#of_batch + 1], means[#means + 1] = at.batch.loss, at.train.loss
    end,
  } }):run()
  lu.assertEquals(#of_batch, 4)
  lu.assertEquals(of_batch, computed)
  lu.assertEquals(means[1], of_batch[1])
  lu.assertAlmostEquals(means[2], (of_batch[1] + of_batch[2]) / 2, 1e-6)
  lu.assertNotEquals(of_batch[2], of_batch[1])
end

function TestCallbacks:test_in_a_loop_by_hand_get_the_loss_of_the_batch()
  local of_batch, computed = {}, {}
  local manager, _, _, _, optimizer = line { callbacks = {
    batch_end = function(at) of_batch[#of_batch + 1] = at.batch.loss or "none" end } }
  for batch in manager:batches() do
    if #computed < 2 then
      local loss = manager:forward(batch).loss
      computed[#computed + 1] = loss:item()
      optimizer:step(loss)
    else
      computed[#computed + 1] = "none"
    end
  end
  lu.assertEquals(of_batch, computed)
end

function TestCallbacks:test_get_the_numbers_of_a_validation_once_it_is_over()
  local parts, whole = {}, nil
  local report
  line({ callbacks = {
    validation_batch_end = function(at) parts[#parts + 1] = at.validation.loss end,
    validation_end = function(at) whole = at.validation.loss end,
    epoch_end = function(at) report = at end,
  }, validate = two_batches() }):run()
  lu.assertEquals(#parts, 2)
  lu.assertEquals({ whole, whole }, { parts[2], report.validation.loss })
end

function TestCallbacks:test_accumulated_gradients_are_forgotten_once_an_update()
  local told = { before_zero_grad = 0, before_backward = 0, before_optimizer_step = 0 }
  local callbacks = {}
  for name in pairs(told) do callbacks[name] = function() told[name] = told[name] + 1 end end
  line({ accumulate_grad_batches = 3, callbacks = callbacks }):run()  -- of 4 batches
  lu.assertEquals(told, { before_zero_grad = 2, before_backward = 4, before_optimizer_step = 2 })
end

-- What the weights are after a run with these callbacks.
local function trained(options)
  orrery.manual_seed(2)
  local manager, g = line(options)
  manager:run()
  local weights = {}
  for at, parameter in ipairs(g:parameters()) do weights[at] = parameter.data:flatten():tolist() end
  return weights
end

function TestCallbacks:test_may_change_gradients_before_an_update()
  local plain = trained {}
  local function scaled(by)
    return { before_optimizer_step = function(step)
      lu.assertEquals(step.optimizer, 1)
      for key, gradient in pairs(step.gradients) do step.gradients[key] = gradient * by end
    end }
  end
  local function in_place(step)
    for _, gradient in pairs(step.gradients) do gradient:mul_(0) end
  end
  lu.assertAlmostEquals(trained { callbacks = scaled(1) }, plain, 1e-6)
  lu.assertNotEquals(trained { callbacks = scaled(2) }, plain)
  lu.assertEquals(trained { callbacks = { before_optimizer_step = in_place } }, trained { max_steps = 1,
    callbacks = scaled(0) })
end

-- Large parameters are else updated within the backward pass.
function TestCallbacks:test_see_the_gradients_of_large_parameters_and_weights_of_before()
  orrery.manual_seed(1)
  local g = orrery.graph "wide"
  local x, target = g:input(data.tensors { x = orrery.rand(8, 4), target = orrery.rand(8, 1), batch = 4 })
  local wide = nn.Linear(128, 128, { name = "wide" })
  local loss = nn.MSELoss()(nn.Linear(128, 1)(wide(nn.Linear(4, 128)(x))), target)
  local function weight_sum() return wide.weight.data:double():sum():item() end
  local before, seen, changed
  orrery.manager(g, {
    optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), history = false, max_steps = 1,
    callbacks = {
      train_start = function() before = weight_sum() end,
      after_backward = function() changed = weight_sum() ~= before end,
      before_optimizer_step = function(step) seen = step.gradients["wide.weight"]:size() end,
    },
  }):run()
  lu.assertEquals(seen, { 128, 128 })
  lu.assertFalse(changed)
  lu.assertNotEquals(weight_sum(), before)
end

function TestCallbacks:test_that_spoil_a_gradient_are_refused()
  local function refused(change)
    local manager = line { callbacks = { before_optimizer_step = function(step)
      change(step.gradients, "linear.weight")
    end } }
    local done, text = pcall(manager.run, manager)
    lu.assertFalse(done)
    return text
  end
  lu.assertStrContains(refused(function(gradients, key) gradients[key] = nil end),
    "the gradient of linear.weight must be a tensor, got nil")
  lu.assertStrContains(refused(function(gradients, key) gradients[key] = orrery.zeros(3) end),
    "the gradient of linear.weight has shape (3), and the parameter (1, 1)")
end

function TestCallbacks:test_fail_with_their_own_words()
  local manager = line { callbacks = { batch_end = function() error("job:99999999999999: gone", 0) end } }
  local done, text = pcall(manager.run, manager)
  lu.assertFalse(done)
  lu.assertStrContains(text, "job:99999999999999: gone (in callback batch_end)")
end

function TestCallbacks:test_may_be_several_tables()
  local told = {}
  local function teller(name) return { epoch_end = function() told[#told + 1] = name end } end
  line({ epochs = 2, callbacks = { teller "first", teller "second" } }):run()
  lu.assertEquals(told, { "first", "second", "first", "second" })
end

function TestCallbacks:test_of_unknown_names_and_kinds_are_refused()
  local function refusal(callbacks) return refusal_text(line, { callbacks = callbacks }) end
  lu.assertStrContains(refusal { epoch_ned = print },
    "unknown callback 'epoch_ned' (did you mean 'epoch_end'?)")
  lu.assertStrContains(refusal { {}, { bach_end = print } }, "did you mean 'batch_end'?")
  lu.assertStrContains(refusal { epoch_end = 3 }, "callback epoch_end must be a function, got a number")
  local expected = "callbacks must be a table of functions or a list of such tables, got a number"
  lu.assertStrContains(refusal(3), expected)
  lu.assertStrContains(refusal { {}, 3 }, expected)
end

function TestCallbacks:test_that_return_false_end_the_run_with_their_epoch()
  local steps = 0
  local summary = line({ epochs = 3, callbacks = {
    batch_end = function(at)
      steps = steps + 1
      return not (at.epoch == 2 and at.step == 2)
    end,
  } }):run()
  lu.assertEquals({ steps, summary.steps, summary.epochs }, { 6, 6, 2 })
  lu.assertEquals(summary.stopped_early, "callback batch_end returned false")
  summary = line({ epochs = 3, callbacks = { epoch_end = function() return false end } }):run()
  lu.assertEquals({ summary.steps, summary.epochs }, { 4, 1 })
  summary = line({ epochs = 3, callbacks = { epoch_end = function() end, batch_end = function() return 0 end,
    train_start = function() return true end } }):run()
  lu.assertEquals({ summary.epochs, summary.stopped_early }, { 3, nil })
end

function TestCallbacks:test_may_ask_the_manager_to_stop_and_say_why()
  local manager
  manager = line { epochs = 3, callbacks = { batch_end = function() manager:stop "enough is enough" end } }
  local summary = manager:run()
  lu.assertEquals({ summary.steps, summary.stopped_early }, { 1, "enough is enough" })
  -- It is about the run that goes on, and not about the next.
  manager = line { epochs = 3 }
  manager:stop()
  lu.assertEquals(manager:run().epochs, 3)
end

function TestCallbacks:test_are_told_of_the_error_that_ends_the_run()
  local told = {}
  local manager = line { epochs = 2, callbacks = {
    batch_end = function(at) if at.step == 3 then error "no ink" end end,
    exception = function(at) told[#told + 1] = at end,
  } }
  lu.assertFalse(pcall(manager.run, manager))
  lu.assertEquals(#told, 1)
  lu.assertStrContains(told[1].message, "no ink (in callback batch_end)")
  lu.assertEquals({ told[1].epoch, told[1].step, told[1].stopped }, { 1, 3, false })
end

function TestCallbacks:test_that_fail_while_an_error_is_told_leave_the_first()
  local manager = line { callbacks = { batch_end = function() error "the first" end,
    exception = function() error "the second" end } }
  local _, text = pcall(manager.run, manager)
  lu.assertStrContains(text, "the first")
end

function TestCallbacks:test_are_told_of_checkpoints()
  local folder, told = child.folder .. "/told", {}
  local function manager(resume)
    orrery.manual_seed(1)
    local function teller(name) return function(at) told[#told + 1] = name .. " " .. at.steps end end
    return (line { epochs = 2, resume = resume, checkpoint = { dirpath = folder, save_top_k = 0 },
      callbacks = { checkpoint_saved = teller "saved", checkpoint_loaded = teller "loaded" } })
  end
  manager():run()
  lu.assertEquals(told, { "saved 4", "saved 8" })
  told = {}
  manager("last"):run()
  lu.assertEquals(told[1], "loaded 8")
end

function TestCallbacks:test_that_fail_end_the_run_with_their_own_line()
  shell("rm -f orrery.db*")
  local script = write("callback.lua", model .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 2, callbacks = {
      epoch_end = function() local nothing; nothing() end } })
    manager:run()]])
  local code, out, err = shell(program .. " run " .. script)
  lu.assertEquals({ code, out }, { 1, "" })
  lu.assertStrContains(err, "callback.lua:11: attempt to call local 'nothing' (a nil value) (in callback "
    .. "epoch_end)")
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

child.finish(lu.LuaUnit.run())
