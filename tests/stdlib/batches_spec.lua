-- Loops over manager:batches(), and what the history says of their ends.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local line_model = require "line_model"
local data = orrery.data
local program, shell, write = child.program, child.shell, child.write
local model, line, last_status = line_model.script, line_model.manager, line_model.last_status

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
  lu.assertAlmostEquals(manager:predict(y, x):item(), by_hand:predict(same, x):item(), 1e-6)
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

function TestLoops:test_are_not_ended_from_inside()
  local manager, optimizer, attempt, _
  local told = {}
  local function try() told[#told + 1] = select(2, pcall(attempt)) end
  manager, _, _, _, optimizer = line { epochs = 1, callbacks = { batch_end = try, train_end = try } }
  for _, forbidden in ipairs { function() manager:finish() end, function() manager:batches() end } do
    attempt, told = forbidden, {}
    local steps = 0
    for batch in manager:batches() do
      optimizer:step(manager:forward(batch).loss)
      steps = steps + 1
    end
    lu.assertEquals({ steps, #told }, { 4, 5 })
    for _, text in ipairs(told) do
      lu.assertStrMatches(text, ".*batches_spec%.lua:%d+: manager:%a+ is called from inside the loop .*")
      lu.assertStrContains(text, "A callback that returns false ends the run.")
    end
  end
end

function TestLoops:test_are_not_gone_on_with_from_inside()
  local next_batch, text
  local manager, _, _, _, optimizer = line { epochs = 1, callbacks = {
    batch_end = function() text = select(2, pcall(next_batch)) end,
  } }
  next_batch = manager:batches()
  for batch in next_batch do optimizer:step(manager:forward(batch).loss) end
  lu.assertStrContains(text, "manager:batches is called from inside the loop over manager:batches()")
end

function TestLoops:test_outlive_the_coroutine_that_began_them()
  local told = 0
  local manager, _, _, _, optimizer = line { epochs = 2, callbacks = {
    batch_end = function() told = told + 1 end,
  } }
  local next_batch = coroutine.wrap(function() return manager:batches() end)()
  local others = {}
  for batch in next_batch do
    collectgarbage()
    for at = 1, 20 do others[at] = coroutine.wrap(function() coroutine.yield(at) end)() end
    optimizer:step(manager:forward(batch).loss)
  end
  lu.assertEquals({ told, #others }, { 8, 20 })
end

child.finish(lu.LuaUnit.run())
