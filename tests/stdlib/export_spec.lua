-- Runs of the history as CSV, as TensorBoard's event files and in MLflow's tables.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/export_spec%.lua$"

-- Two runs: one of a manager, one without.
local script = [[
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
orrery.manual_seed(0)
local config = orrery.config { lr = 0.125 }
local x = orrery.linspace(-1, 1, 32):view(32, 1)
local g = orrery.graph "line"
local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8 })
local loss = nn.MSELoss()(nn.Linear(1, 1)(input), target)
local manager
manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = config.lr, loss = loss }),
  epochs = 2, name = "trained", log_every_n_steps = 4, progress = false, callbacks = {
    batch_end = function(report) manager:log("place", report.step, { step = report.step }) end,
    epoch_end = function(report) manager:log_text("word", "epoch " .. report.epoch) end } })
manager:run()
local run = orrery.run { name = "own", tags = { "baseline" }, config = { arm = 3 } }
for step = 1, 3 do run:log("reward", step / 2) end
run:log("reward", 0 / 0)
run:note "looks good"
]]

local function recorded()
  child.shell "rm -rf orrery.db* runs out"
  lu.assertEquals({ child.orrery("run " .. child.write("export.lua", script)) }, { 0, "", "" })
  return orrery.history(child.folder .. "/orrery.db")
end

local function lines(name)
  local list = {}
  for line in assert(child.read(name), name):gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

local function files_in(folder)
  local _, out = child.shell(("find %s -type f | sort"):format(folder))
  local list = {}
  for line in out:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

TestExport = {}

function TestExport:test_csv_into_a_file_is_long()
  recorded()
  local code, out, err = child.orrery "history export own trained --csv out.csv"
  lu.assertEquals({ code, out, err }, { 0, "", "orrery: wrote out.csv\n" })
  local table = lines "out.csv"
  lu.assertEquals(table[1], "run,metric,split,epoch,step,time,value")
  lu.assertStrMatches(table[2], "own,reward,train,,1,%d+%.?%d*,0%.5")
  lu.assertStrMatches(table[5], "own,reward,train,,4,%d+%.?%d*,nan")
  lu.assertStrMatches(table[6], "trained,loss,train,1,,%d+%.?%d*,%d+%.?%d*e?-?%d*")
  lu.assertEquals(#table, 1 + 4 + 2 + 2 + 4)
end

function TestExport:test_csv_into_a_folder_is_a_wide_table_a_run()
  recorded()
  lu.assertEquals((child.orrery "history export own trained --csv out/"), 0)
  lu.assertEquals(files_in "out", { "out/own_steps.csv", "out/trained.csv", "out/trained_steps.csv" })
  lu.assertEquals(lines "out/own_steps.csv", { "step,train_reward", "1,0.5", "2,1", "3,1.5", "4,nan" })
  local epochs = lines "out/trained.csv"
  lu.assertEquals({ epochs[1], #epochs }, { "epoch,train_loss", 3 })
  local steps = lines "out/trained_steps.csv"
  lu.assertEquals({ steps[1], #steps }, { "step,train_loss,train_place", 6 })
  lu.assertStrMatches(steps[2], "1,,1")
  lu.assertStrMatches(steps[6], "8,[%d.e-]+,")
end

function TestExport:test_tensorboard_has_a_folder_a_run()
  local history = recorded()
  local done = history:export("tensorboard", child.folder .. "/out", { "own", "trained" })
  lu.assertEquals(#done.files, 2)
  lu.assertEquals(done.left_out, {})
  local files = files_in "out"
  lu.assertStrMatches(files[1], "out/own/events%.out%.tfevents%.%d+%.%x+")
  lu.assertStrMatches(files[2], "out/trained/events%.out%.tfevents%.%d+%.%x+")
  local bytes = child.read(files[2])
  for _, tag in ipairs { "brain.Event:2", "train_loss", "train_loss_step", "train_place", "word", "epoch 2",
    "- `lr`: 0.125" } do lu.assertStrContains(bytes, tag) end
  local again = history:export("tensorboard", child.folder .. "/out", "trained")
  lu.assertEquals(again.files[1], done.files[2])
  lu.assertEquals(child.read(files[2]), bytes)
end

function TestExport:test_texts_that_are_gone_are_left_out_with_words()
  recorded()
  child.shell "rm -rf runs"
  local code, _, err = child.orrery "history export trained --tensorboard out"
  lu.assertEquals(code, 0)
  lu.assertStrContains(err, "left out: '")
  lu.assertStrContains(err, "word-4.txt' cannot be read any more")
end

function TestExport:test_mlflow_gets_params_metrics_and_tags()
  recorded()
  lu.assertEquals((child.orrery "history export own trained --mlflow mlflow.db"), 0)
  lu.assertEquals((child.orrery "history export own --mlflow mlflow.db"), 0)
  local before = child.read "mlflow.db"
  lu.assertEquals(before:sub(1, 15), "SQLite format 3")
  local code, _, err = child.orrery "history list --db mlflow.db"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "another application")
end

function TestExport:test_several_formats_at_once()
  recorded()
  local code, _, err = child.orrery "history export --csv out.csv --tensorboard out --mlflow out/"
  lu.assertEquals(code, 0)
  lu.assertStrContains(err, "out.csv")
  lu.assertStrContains(err, "out/own/events.out.tfevents.")
  lu.assertStrContains(err, "out/mlflow.db")
end

function TestExport:test_refusals_say_what_to_do()
  local history = recorded()
  local function refusal(words)
    local code, out, err = child.orrery("history export " .. words)
    lu.assertEquals(out, "")
    return code, err
  end
  local code, err = refusal "own"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "nothing says what to export to\n"
    .. "  Give --history, --csv, --tensorboard, --mlflow, --chrome, --speedscope or --folded.")
  code, err = refusal "nobody --csv out.csv"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "nobody")
  code, err = refusal "own --csv missing/out.csv"
  lu.assertTrue(code > 0)
  lu.assertStrContains(err, "missing")
  code, err = refusal "own --mlflow orrery.db"
  lu.assertTrue(code > 0)
  lu.assertStrContains(err, "without MLflow's table 'experiments'")
  local done, text = pcall(function() history:export("csvv", "out.csv") end)
  lu.assertFalse(done)
  lu.assertStrMatches(text, ".*export_spec%.lua:%d+: history:export: there is no format 'csvv'.*csv.*")
  lu.assertEquals((child.orrery "history show own trained"), 2)
end

-- The tools themselves, in full tests with the Python packages of ./dev setup --python.
function TestExport:test_tensorboard_and_mlflow_read_it()
  lu.skipIf(not os.getenv "ORRERY_TEST_FULL", "--full reads it with TensorBoard and MLflow")
  local python = os.getenv "ORRERY_PYTHON"
  local there = python and os.execute(python .. " -c 'import tensorboard, mlflow, alembic' 2>/dev/null") == 0
  lu.skipIf(not there, "./dev setup --python installs TensorBoard and MLflow")
  recorded()
  lu.assertEquals((child.orrery "history export own trained --tensorboard out --mlflow mlflow.db"), 0)
  local code, out, err = child.shell(("%s %sscripts/dev/check_exports.py out mlflow.db"):format(python,
    root:sub(1, 1) == "/" and root or os.getenv "PWD" .. "/" .. root))
  lu.assertEquals(code, 0, err)
  for _, part in ipairs {
    '"own": {"images": {}, "scalars": {"train_reward": [[1, 0.5], [2, 1.0], [3, 1.5], [4, NaN]]}',
    '"config": [[0, "- `arm`: 3\\n"]]',
    '"word": [[4, "epoch 1"], [8, "epoch 2"]]',
    '"train_place": [[1, 1.0], [2, 2.0], [3, 3.0], [4, 4.0]]',
    '"params": {"arm": "3"}, "status": "FINISHED"',
    '"metrics": {"train_reward": [[1, 0.5], [2, 1.0], [3, 1.5], [4, NaN]]}',
    '"mlflow.note.content": "looks good"',
    '"baseline": "true"',
  } do lu.assertStrContains(out, part) end
end

child.finish(lu.LuaUnit.run())
