-- Ctrl-C and SIGTERM end a run as interrupted.
local lu = require "luaunit"
local child = require "cli_child"
local line_model = require "line_model"
local program, shell, write = child.program, child.shell, child.write
local model, last_status = line_model.script, line_model.last_status

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

function TestStops:test_sigterm_inside_a_function_of_a_schedule_ends_a_run_as_interrupted()
  local code = signalled(model .. [[
    local schedule = optim.lr_scheduler.LambdaLR(optimizer, function(epoch)
      if epoch > 0 then io.open("ready", "w"):close() end
      while epoch > 0 do os.execute "sleep 0.01" end
      return 1
    end)
    orrery.manager(g, { optimizer = optimizer, epochs = 2, schedule = schedule, progress = false }):run()]],
    "kill -TERM $pid")
  lu.assertEquals(code, 143)
  lu.assertStrContains(last_status(), "interrupted")
end

function TestStops:test_the_second_ctrl_c_ends_at_once()
  local code = signalled(endless:gsub("ready = true;", "%0 io.open('ready', 'w'):close(); "
    .. "print(('a'):rep(1e6):find(('.-'):rep(30) .. 'b'));") .. "manager:run()",
    "kill -INT $pid; sleep 0.2; kill -INT $pid")
  lu.assertEquals(code, 130)
end

child.finish(lu.LuaUnit.run())
