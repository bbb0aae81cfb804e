-- Checkpoints from the shell: runs that are stopped, killed and resumed.
local lu = require "luaunit"
local child = require "cli_child"
local line_model = require "line_model"
local program, shell, write = child.program, child.shell, child.write
local last_status = line_model.last_status

TestResume = {}

-- Trains slowly enough to be stopped in the middle.
local pausing = [[{ batch_end = function(report)
  if report.step == 2 and report.epoch == 3 then io.open("ready", "w"):close() end
  local till = os.clock() + config.pause
  while os.clock() < till do end
end }]]

-- Goes on after the third epoch when it was asked to save, and fails if that did not happen.
local asking = [[{ epoch_end = function(report)
  while report.epoch == 3 and not io.open "asked" do end
end, batch_end = function(report)
  if report.epoch == 4 and report.step == 2 then
    assert(os.execute "ls runs/*/last.safetensors >files" == 0)
  end
end }]]

-- Prints its last weights.
local script = [[
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
orrery.manual_seed(3)
local config = orrery.config { lr = 0.2, pause = 0 }
local g = orrery.graph "line"
local x = orrery.linspace(-1, 1, 32):view(32, 1)
local input, target = g:input(data.tensors { x = x, target = x * 2, batch = 8, shuffle = true })
local y = nn.Linear(8, 1)(nn.Dropout(0.2)(nn.Linear(1, 8)(input):relu()))
local loss = nn.MSELoss()(y, target)
local manager = orrery.manager(g, {
  optimizer = optim.AdamW(g:parameters(), { lr = config.lr, loss = loss }), epochs = 6, progress = false,
  device = "cpu", checkpoint = { every_n_steps = 1, save_top_k = 2 }, callbacks = CALLBACKS })
local summary = manager:run()
print(("%d %.17g"):format(summary.steps, summary.train.loss))
for _, parameter in ipairs(g:parameters()) do print(parameter.data:sum():item()) end
]]

function TestResume:setUp()
  shell "rm -rf orrery.db* runs ready asked"
  write("line.lua", (script:gsub("CALLBACKS", pausing)))
end

local function run(words) return shell(("%s run line.lua %s"):format(program, words or "")) end

local function stopped(signal)
  local wait = "n=0; while [ ! -e ready ] && [ $n -lt 600 ]; do sleep 0.02; n=$((n + 1)); done"
  return shell(("env --default-signal=INT %s run line.lua --progress pause=0.03 & pid=$!; "
    .. "%s; kill -%s $pid; wait $pid"):format(program, wait, signal))
end

function TestResume:test_what_was_stopped_ends_as_if_it_never_had_been()
  local _, expected = run("--history false")
  for signal, code in pairs { INT = 130, TERM = 143, KILL = 137 } do
    self:setUp()
    local ended, _, told = stopped(signal)
    lu.assertEquals(ended, code)
    local hint = told:match "orrery: %-%-resume last goes on after step %d+\n"
    lu.assertEquals(hint ~= nil, signal ~= "KILL", told)
    local done, out, err = run("--resume last --progress pause=0")
    lu.assertEquals({ done, out }, { 0, expected }, err)
    lu.assertStrContains(err, "with another config")
    lu.assertStrMatches(err, ".*orrery: goes on after step %d+, from /.*/last%.safetensors\n.*")
    lu.assertStrContains(last_status(), "done")
  end
end

function TestResume:test_the_history_has_one_run_with_all_epochs()
  stopped "TERM"
  run "--resume last"
  local query = "select (select count(*) from runs) as runs, (select count(*) from epochs) as epochs"
  local _, out = shell(("%s history sql '%s' --json"):format(program, query))
  lu.assertStrContains(out, '"runs":1')
  lu.assertStrContains(out, '"epochs":6')
end

function TestResume:test_sigusr1_saves_and_goes_on()
  write("line.lua", (script:gsub("every_n_steps = 1", "every_n_epochs = 6"):gsub("CALLBACKS", asking)))
  local code, out, err = shell(("%s run line.lua & pid=$!; while [ ! -e runs ]; do sleep 0.02; done; "
    .. "kill -USR1 $pid; touch asked; wait $pid"):format(program))
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(out, "24 ")
end

-- Counts batches, and leaves only in the middle of counting.
local counting = [[{ batch_end = function(report)
  seen = (seen or 0) + 1
  if report.step == 2 and report.epoch == 3 then io.open("ready", "w"):close() end
  local till = os.clock() + config.pause
  while os.clock() < till do end
end, train_end = function()
  local file = io.open("seen", "w")
  file:write(seen)
  file:close()
end,
state_dict = function() return { seen = seen, best = { math.huge, -math.huge, 0 / 0 } } end,
  load_state_dict = function(state)
    local best = state.best
    assert(best[1] == math.huge and best[2] == -math.huge and best[3] ~= best[3])
    seen = state.seen
  end }]]

function TestResume:test_callbacks_go_on_with_what_they_kept()
  write("line.lua", (script:gsub("CALLBACKS", counting)))
  lu.assertEquals(stopped "TERM", 143)
  lu.assertEquals(run "--resume last pause=0", 0)
  lu.assertEquals(child.read "seen", "24")
end

function TestResume:test_what_a_callback_cannot_keep_whole_is_said()
  local mixed = "{ state_dict = function() return { 1, 2, best = 3 } end }"
  write("line.lua", (script:gsub("CALLBACKS", mixed)))
  local code, _, err = run()
  lu.assertEquals(code, 0)
  lu.assertStrContains(err, "no checkpoint after step 1; the run goes on")
  lu.assertStrContains(err, "a list with holes, or with names beside its entries, cannot be kept")
end

-- Of its seventh checkpoint on it does this while it tells what it keeps, unless it was asked not to.
local function while_saving(words)
  return ([[{ state_dict = function()
    calls = (calls or 0) + 1
    if calls >= 7 and not io.open "asked" then %s end
    for _ = 1, 10 do end
    return calls
  end }]]):format(words)
end

-- What the script prints when nothing of that happens.
function TestResume:undisturbed(callbacks, words)
  self:setUp()
  write("line.lua", (script:gsub("CALLBACKS", callbacks)))
  shell "touch asked"
  local code, out, err = run(words)
  lu.assertEquals(code, 0, err)
  shell "rm asked"
  return out
end

function TestResume:test_sigterm_while_a_checkpoint_is_made_leaves_a_whole_one()
  local callbacks = while_saving [[os.execute "touch asked; kill -TERM $PPID"]]
  local expected = self:undisturbed(callbacks, "--history false --checkpoint.dirpath other")
  local code, _, err = run()
  lu.assertEquals(code, 143)
  lu.assertNotStrContains(err, "no checkpoint")
  local done, out, told = run "--resume last"
  lu.assertEquals({ done, out }, { 0, expected }, told)
end

function TestResume:test_a_second_sigterm_while_it_is_made_costs_it_and_not_the_older_ones()
  local callbacks = while_saving [[os.execute "kill -TERM $PPID"]]
  local expected = self:undisturbed(callbacks, "--history false --checkpoint.dirpath other")
  local code, _, err = run()
  lu.assertEquals(code, 143)
  lu.assertStrMatches(err, ".*no checkpoint after step %d+: stopped again while it was written\n.*")
  shell "touch asked"
  local done, out, told = run "--resume last"
  lu.assertEquals({ done, out }, { 0, expected }, told)
end

function TestResume:test_an_error_while_a_checkpoint_is_made_costs_that_one()
  local callbacks = while_saving [[error "no ink"]]
  local expected = self:undisturbed(callbacks, "--history false --checkpoint.dirpath other")
  local code, out, err = run()
  lu.assertEquals({ code, out }, { 0, expected }, err)
  lu.assertStrContains(err, "; the run goes on\n  line.lua:14: no ink (in callback state_dict)")
  lu.assertEquals(select(2, err:gsub("no checkpoint", "")), 1)
end

function TestResume:test_an_error_after_a_checkpoint_was_saved_leaves_it_whole()
  local callbacks = [[{ checkpoint_saved = function(at)
    if at.steps >= 7 and not io.open "asked" then error "no ink" end
  end }]]
  local expected = self:undisturbed(callbacks, "--history false --checkpoint.dirpath other")
  local code, _, err = run()
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "line.lua:13: no ink (in callback checkpoint_saved)")
  shell "touch asked"
  local done, out, told = run "--resume last"
  lu.assertEquals({ done, out }, { 0, expected }, told)
end

function TestResume:test_a_device_that_is_gone_costs_nothing()
  local _, expected = run "--history false"
  self:setUp()
  lu.assertEquals(stopped "TERM", 143)
  local code, _, err = run "--resume last --device cuda:99 pause=0.03"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "device 'cuda:99' is not available: ")
  lu.assertStrContains(err, "use device 'auto' or 'cpu'")
  local done, out, told = run "--resume last pause=0"
  lu.assertEquals({ done, out }, { 0, expected }, told)
end

function TestResume:test_a_missing_checkpoint_is_an_error()
  local code, _, err = run "--resume last"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "line.lua:10: resume: there is no checkpoint to resume from")
  code, _, err = run "--resume nothing.safetensors"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "nothing.safetensors")
end

function TestResume:test_best_and_a_path_are_found()
  run()
  local _, listed = shell "ls runs/*"
  lu.assertStrContains(listed, "last.safetensors")
  local code, out, err
  for _ = 1, 3 do
    code, out, err = run "--resume best"
    lu.assertEquals(code, 0, err)
    lu.assertStrContains(out, "24 ")
  end
  local path = listed:match "epoch=[^\n]*"
  code, out = shell(("%s run line.lua --resume runs/*/%s --name again"):format(program, path))
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "24 ")
end

function TestResume:test_a_second_run_of_the_script_begins_by_itself()
  write("line.lua", (script:gsub("CALLBACKS", "{}")) .. "print(manager:run().steps)")
  run()
  local code, out, err = run "--resume last"
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(out, "\n24\n")
end

function TestResume:test_tables_of_the_manager_are_checked_completely()
  local manager = function(options)
    return select(2, pcall(line_model.manager, options))
  end
  lu.assertStrContains(manager { early_stopping = { patiense = 2 } },
    "manager: early_stopping: unknown option 'patiense' (did you mean 'patience'?)")
  lu.assertStrContains(manager { early_stopping = 3 },
    "manager: early_stopping must be a table of options, true or false, got a number")
  lu.assertStrContains(manager { early_stopping = { monitor = "f1" } },
    "early_stopping: monitor must be 'loss' or the name of a metric, got \"f1\"")
  lu.assertStrContains(manager { ema = { decay = 2 } }, "manager: ema: decay must be ")
  lu.assertStrContains(manager { ema = true, swa = true }, "both ema and swa are given")
  lu.assertStrContains(manager { checkpoint = { filename = "a/b" } },
    "checkpoint: filename is a name without folders")
  lu.assertEquals(tostring(manager { ema = false, swa = true }):sub(1, 7), "Manager")
end

function TestResume:test_the_summary_tells_why_a_run_ended_early()
  local _, _, _, _, optimizer = line_model.manager()
  lu.assertEquals(optimizer.kind, "SGD")
  local manager = line_model.manager { epochs = 50, early_stopping = { min_delta = 10, patience = 2 } }
  local summary = manager:run()
  lu.assertEquals(summary.epochs, 3)
  lu.assertStrContains(summary.stopped_early, "loss has not become better than")
end

child.finish(lu.LuaUnit.run())
