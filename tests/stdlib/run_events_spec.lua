-- What the history keeps beside numbers: what a run printed, what happened in it, where it comes from.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery

local script = [[
local orrery = require "orrery"
local nn, data, optim = orrery.nn, orrery.data, orrery.optim
local config = orrery.config { lr = 0.2, loud = true }
local g = orrery.graph "line"
local x = orrery.linspace(-1, 1, 8):view(8, 1)
local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 4 })
local y = nn.Linear(1, 1)(input)
local optimizer = optim.SGD(g:parameters(), { lr = config.lr, loss = nn.MSELoss()(y, target) })
local manager = orrery.manager(g, { optimizer = optimizer, epochs = 3, device = "cpu", threads = 1,
  schedule = optim.lr_scheduler.StepLR(optimizer, { step_size = 2, gamma = 0.5 }), checkpoint = true,
  metrics = { near = orrery.metrics.r2_score(y, target) }, CALLBACKS })
print("before the run")
manager:run()
]]

local function run(words, callbacks)
  child.shell "rm -rf orrery.db* runs"
  child.write("line.lua", (script:gsub("CALLBACKS", callbacks or "")))
  return orrery("run line.lua --name mine " .. (words or ""))
end

local function sql(statement)
  local code, out, err = orrery(("history sql --csv %q"):format(statement))
  lu.assertEquals(code, 0, err)
  return out
end

TestRunEvents = {}

function TestRunEvents:test_lines_of_the_script_are_kept_in_order()
  local code, out = run("", [[callbacks = { epoch_end = function(report)
    print("epoch", report.epoch)
    io.write("half ", "of a ")
    io.stdout:write("line\n")
    io.stderr:write("aside\n")
  end }]])
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "epoch\t1\nhalf of a line\n")
  local kept = sql "SELECT text FROM run_log WHERE stream = 'stdout' ORDER BY line"
  lu.assertStrContains(kept, "epoch\t1\nhalf of a line\nepoch\t2\nhalf of a line\n")
  lu.assertNotStrContains(kept, "before the run")
  lu.assertStrContains(sql "SELECT text FROM run_log WHERE stream = 'stderr'", "aside\n")
end

function TestRunEvents:test_what_cannot_be_printed_is_an_error_at_the_scripts_line()
  child.write("bad.lua", "local a = 1\nio.write(a, {})\n")
  local code, _, err = orrery "run bad.lua"
  lu.assertNotEquals(code, 0)
  lu.assertStrContains(err, "bad.lua:2:")
  lu.assertStrContains(err, "bad argument #2 to 'write' (string expected, got table)")
end

function TestRunEvents:test_checkpoints_and_learning_rates_are_events()
  lu.assertEquals(run(), 0)
  lu.assertStrContains(sql "SELECT epoch, text FROM run_events WHERE kind = 'learning_rate'", "3,0.2 → 0.1\n")
  local checkpoints = sql "SELECT count(*) > 0, min(text GLOB '*.safetensors') FROM run_events \z
    WHERE kind = 'checkpoint'"
  lu.assertStrContains(checkpoints, "1,1\n")
end

function TestRunEvents:test_a_run_that_goes_on_says_from_where()
  lu.assertEquals(run "--epochs 2", 0)
  local code, _, err = orrery "run line.lua --name mine --epochs 3 --resume last"
  lu.assertEquals(code, 0, err)
  local told = sql "SELECT e.text = r.resumed_from, r.resumed_from GLOB '*.safetensors' FROM run_events e \z
    JOIN runs r USING (run_id) WHERE e.kind = 'resumed'"
  lu.assertStrContains(told, "1,1\n")
end

function TestRunEvents:test_metrics_that_rise_are_known()
  lu.assertEquals(run(), 0)
  lu.assertStrContains(sql "SELECT metric, is_rising FROM best_runs WHERE split = 'train' ORDER BY metric",
    "loss,0\nnear,1\n")
end

function TestRunEvents:test_a_run_knows_its_machine_and_its_project()
  lu.assertEquals(run(), 0)
  lu.assertStrContains(sql "SELECT m.core_count > 0, m.memory_bytes > 0, m.host = r.host FROM runs r \z
    JOIN machines m USING (machine_id)", "1,1,1\n")
  lu.assertStrContains(sql "SELECT project FROM run_summary", child.folder:match "[^/]*$" .. "\n")
end

function TestRunEvents:test_the_runs_of_a_sweep_have_one_parent()
  lu.assertEquals(run "lr=0.1,0.2", 0)
  lu.assertStrContains(sql "SELECT count(*), count(DISTINCT parent_uid), min(length(parent_uid)) FROM runs",
    "2,1,32\n")
  lu.assertEquals(run(), 0)
  lu.assertStrContains(sql "SELECT count(*), count(parent_uid) FROM runs", "1,0\n")
end

function TestRunEvents:test_the_files_of_a_run_have_their_sha256()
  lu.assertEquals(run(), 0)
  local _, listed = child.shell "sha256sum runs/mine/*.safetensors runs/mine/*/*.safetensors 2>/dev/null"
  local kept = sql "SELECT sha256 FROM artifacts WHERE kind = 'checkpoint'":match "%x+\n$":gsub("\n", "")
  lu.assertEquals(#kept, 64)
  lu.assertStrContains(listed, kept)
end

child.finish(lu.LuaUnit.run())
