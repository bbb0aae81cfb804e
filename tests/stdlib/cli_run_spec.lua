local lu = require "luaunit"
local child = require "cli_child"
local orrery, script, run, lines = child.orrery, child.script, child.run, child.lines

TestProgress = {}

function TestProgress:test_is_a_line_an_epoch_where_there_is_no_terminal()
  local code, out, err = run(script())
  lu.assertEquals({ code, out }, { 0, "" })
  local told = lines(err)
  lu.assertEquals(#told, 3)
  lu.assertStrMatches(told[1], "Epoch 1/2  .* s  loss=%S+  accuracy=%S+  val_loss=%S+  val_accuracy=%S+ %*")
  lu.assertStrMatches(told[3], "best val_accuracy %S+ in epoch %d · 2 epochs in .* s · run %S+")
end

function TestProgress:test_is_one_redrawn_line_on_a_terminal()
  child.write("script.lua", script())
  local terminal = "TERM=xterm script -qec 'stty cols 100; %s run script.lua' /dev/null"
  local _, out = child.shell(terminal:format(child.program))
  local clock = "%d%d:%d%d<%d%d:%d%d, %S+it/s"
  local bar = "+%d+%%|[█▏▎▍▌▋▊▉ ]+| %d+/6 %["
  lu.assertStrMatches(out, ".*\rEpoch 1/2 " .. bar .. clock .. ", loss=.*accuracy=.*%].*")
  lu.assertStrContains(out, "\27[K")
end

function TestProgress:test_shows_the_last_validation_where_there_is_room()
  child.write("script.lua", script())
  local function on(columns)
    local terminal = "TERM=xterm script -qec 'stty cols %d; %s run script.lua' /dev/null"
    local _, out = child.shell(terminal:format(columns, child.program))
    return out
  end
  lu.assertStrMatches(on(140), ".*\rEpoch 2/2 +%d+%%|[^\r]*%[[^\r]*, val_loss=%S+, val_accuracy=%S+%].*")
  lu.assertNotStrContains(on(90), ", val_loss=")
end

function TestProgress:test_has_a_line_for_a_validation_within_an_epoch()
  local _, _, err = run(script(), "--val-check-interval 3 --epochs 1")
  local told = lines(err)
  lu.assertEquals(#told, 3)
  lu.assertStrMatches(told[1], "Epoch 1/1  3/6  val_loss=%S+  val_accuracy=%S+")
  lu.assertStrMatches(told[2], "Epoch 1/1  .* s  loss=.*")
end

function TestProgress:test_ends_with_the_checkpoint()
  local _, _, err = run(script(), "--checkpoint")
  lu.assertStrMatches(lines(err)[3], "best .* · checkpoint /.*/runs/.*%.safetensors")
end

function TestProgress:test_can_be_turned_off()
  lu.assertEquals({ run(script(), "--no-progress") }, { 0, "", "" })
  lu.assertEquals({ run(script { ["epochs = config.epochs,"] = "epochs = 2, progress = false," }) }, { 0,
    "", "" })
end

TestOverrides = {}

function TestOverrides:test_change_config_and_manager()
  local _, _, err = run(script(), "epochs=3")
  lu.assertEquals(#lines(err), 4)
  _, _, err = run(script(), "--epochs 1")
  lu.assertEquals(#lines(err), 2)
end

function TestOverrides:test_of_wrong_types_are_refused()
  local code, _, err = run(script(), "epochs=many")
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "config: epochs must be a number, got 'many'")
  code, _, err = run(script(), "--epochs many")
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "epochs must be an integer ≥ 1, got 'many'")
end

function TestOverrides:test_have_the_short_names_of_other_trainers()
  local short = "--max-epochs 9 --patience 1 --ckpt-dir kept --save-top-k 2 --grad-clip 0.5 --accumulate 2"
  local text = script { ['device = "cpu"'] = 'device = "cpu", early_stopping = { min_delta = 9 }' }
  text = text .. "print(manager.epochs, manager.gradient_clip_val, manager.accumulate_grad_batches)"
  local code, out, err = run(text, short .. " --no-progress")
  lu.assertEquals({ code, out }, { 0, "9\t0.5\t2\n" }, err)
  lu.assertStrContains(select(2, orrery "history show last"), ", val_accuracy has not become better than")
  local _, kept = child.shell "ls kept/epoch=*"
  lu.assertEquals(#lines(kept), 2)
end

function TestOverrides:test_resume_alone_is_the_last()
  child.shell "rm -rf orrery.db* runs"
  run(script(), "--no-progress --checkpoint")
  local code, _, err = run(script(), "--epochs 3 --resume")
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(err, "orrery: goes on after step 12, from /")
end

function TestOverrides:test_that_are_settings_or_have_several_parts_are_told()
  for words, remedy in pairs {
    ["--lr 0.2"] = "See 'orrery run --help'; a setting of the script's orrery.config has no dashes: lr=0.2",
    ["--batch-size=64"] = "has no dashes: batch_size=64",
    ["--hidden"] = "has no dashes: hidden=…",
    ["--workers 4"] = "Workers are the data's",
    ["--save-every 2"] = "Say --checkpoint.every-n-epochs N or --checkpoint.every-n-steps N.",
    ["--limit-batches 2"] = "Say --limit-train-batches N, --limit-val-batches N, or both.",
  } do
    local code, _, err = run(script(), words)
    lu.assertEquals(code, 2)
    lu.assertStrContains(err, "orrery: there is no option " .. words:match "[^ =]+" .. "\n  ")
    lu.assertStrContains(err, remedy)
  end
end

TestSwitches = {}

local printing = script() .. "\nprint 'printed'\nio.write 'written\\n'"

local function kinds(out)
  local found = {}
  for at, line in ipairs(lines(out)) do
    lu.assertStrContains(line, '"schema":"orrery.run/1"')
    found[at] = line:match '"kind":"(%w+)"'
  end
  return found
end

function TestSwitches:test_json_prints_an_object_a_line_and_the_script_to_stderr()
  local code, out, err = run(printing, "--json --history false")
  lu.assertEquals({ code, err }, { 0, "printed\nwritten\n" })
  lu.assertEquals(kinds(out), { "start", "epoch", "epoch", "end", "script" })
  local told = lines(out)
  lu.assertStrMatches(told[3], '{"epoch":2,.*"train":{"accuracy":.*"validation":{"accuracy":.*}}')
  lu.assertStrContains(told[4], '"status":"done"')
  lu.assertStrContains(told[5], '{"exit_code":0,"kind":"script","ok":true,')
end

function TestSwitches:test_json_tells_also_where_the_script_wants_no_progress()
  local quiet = script { ["epochs = config.epochs,"] = "epochs = 1, progress = false," }
  lu.assertEquals(kinds(select(2, run(quiet, "--json"))), { "start", "epoch", "end", "script" })
  lu.assertEquals(kinds(select(2, run("print(1)", "--json"))), { "script" })
end

function TestSwitches:test_json_tells_of_validations_within_epochs_and_of_files()
  local saving = script { ['device = "cpu"'] = 'device = "cpu", saver = orrery.saver "end.safetensors"' }
  local words = "--json --epochs 1 --val-check-interval 3 --checkpoint --checkpoint.save-top-k 0"
  local _, out = run(saving, words)
  lu.assertEquals(kinds(out), { "start", "validation", "artifact", "epoch", "artifact", "artifact", "end",
    "script" })
  local told = lines(out)
  lu.assertStrContains(told[2], '"trained":3')
  lu.assertStrMatches(told[5], '.*"path":"/.*/last%.safetensors".*"steps":6,"what":"checkpoint"}')
  lu.assertStrContains(told[6], '"path":"end.safetensors"')
end

function TestSwitches:test_json_keeps_lines_apart_from_what_the_script_writes_to_stdout()
  local code, out, err = run("io.stdout:write 'written\\n'", "--json")
  lu.assertEquals({ code, kinds(out), err }, { 0, { "script" }, "written\n" })
end

function TestSwitches:test_json_tells_what_each_saver_wrote()
  local savers = [[savers = { orrery.saver "end.safetensors",
    orrery.saver("y.safetensors", { values = logits }), orrery.saver("x.png", { values = image }) }]]
  local _, out = run(script { ['device = "cpu"'] = 'device = "cpu", ' .. savers }, "--json --epochs 1")
  local told = {}
  for what in out:gmatch '"what":"(%w+)"' do told[#told + 1] = what end
  lu.assertEquals(told, { "weights", "values", "image" })
  lu.assertNotStrContains(out, "file_kinds")
end

function TestSwitches:test_json_ends_with_the_script_that_a_signal_ended()
  local code, out = run("os.execute 'kill -TERM $PPID'\nfor i = 1, 1e9 do end", "--json")
  lu.assertEquals({ code, kinds(out) }, { 143, { "script" } })
  lu.assertStrMatches(out, '{"exit_code":143,"fault":"terminated","kind":"script",.*"ok":false,.*')
  local callbacks = "{ epoch_end = function() os.execute 'kill -TERM $PPID' end }"
  code, out = run(script { CALLBACKS = callbacks }, "--json")
  lu.assertEquals(code, 143)
  lu.assertEquals({ kinds(out)[1], kinds(out)[#kinds(out)] }, { "start", "script" })
  lu.assertStrContains(lines(out)[#lines(out) - 1], '"status":"interrupted"')
end

-- After the script's last line, where the library asks whether all settings were used: a stop ends the code
-- of scripts only.
local stopped_too_late = [[
require "orrery"
local core = require "orrery.core"
local library = debug.getinfo(require("orrery.cli.main").main, "S").source
local all_used = "os.execute 'kill -TERM $PPID' return {}, {}"
core.unused_overrides = loadstring(all_used, library)
]]

function TestSwitches:test_json_says_not_ok_of_a_script_whose_stop_came_too_late()
  local code, out = run(stopped_too_late, "--json")
  lu.assertEquals({ code, kinds(out) }, { 143, { "script" } })
  lu.assertStrContains(out, '{"exit_code":143,')
  lu.assertStrContains(out, '"ok":false,')
end

function TestSwitches:test_json_ends_with_a_line_whatever_failed()
  child.write("empty.txt", "")
  for words, exit_code in pairs { ["lr=0.1,0.2"] = 2, ["--sweep-file none.txt"] = 4,
    ["--sweep-file empty.txt"] = 4, ["--jobs 2"] = 2 } do
    local code, out = run(script(), "--json " .. words)
    lu.assertEquals({ code, kinds(out) }, { exit_code, { "script" } }, words)
    lu.assertStrContains(out, ('"exit_code":%d,'):format(exit_code))
  end
end

function TestSwitches:test_json_ends_with_what_failed()
  local code, out, err = run(script { CALLBACKS = "{ batch_end = function() error 'no ink' end }" }, "--json")
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "no ink")
  lu.assertEquals(kinds(out), { "start", "end", "script" })
  lu.assertStrContains(lines(out)[2], '"status":"failed"')
  lu.assertStrMatches(lines(out)[3], '{"exit_code":1,"fault":"run","kind":"script","message":".*no ink.*')
  code, out = run("os.exit(7)", "--json")
  lu.assertEquals({ code, out },
    { 7, '{"exit_code":7,"kind":"script","ok":false,"schema":"orrery.run/1"}\n' })
end

function TestSwitches:test_quiet_says_nothing_but_what_is_wrong()
  local code, out, err = run(printing, "-q --max-steps 3 --checkpoint")
  lu.assertEquals({ code, out, err }, { 0, "printed\nwritten\n", "" })
  code, out, err = run("error 'no ink'", "--quiet")
  lu.assertEquals({ code, out, err }, { 1, "", "script.lua:1: no ink\n" })
  lu.assertEquals({ run("print(1)", "-q -v") },
    { 2, "", "orrery: both --quiet and --verbose are given\n" })
end

function TestSwitches:test_verbose_brings_the_traceback_of_an_error()
  local text = "local function deep()\n  error 'no ink'\nend\nlocal function outer()\n  deep()\nend\nouter()"
  lu.assertEquals({ run(text) }, { 1, "", "script.lua:2: no ink\n" })
  local code, _, err = run(text, "-v")
  lu.assertEquals(code, 1)
  lu.assertEquals(lines(err)[1], "script.lua:2: no ink")
  lu.assertStrContains(err, "stack traceback:")
  lu.assertStrContains(err, "script.lua:5: in function 'outer'")
end

function TestSwitches:test_plain_draws_nothing_again_and_nothing_in_colour()
  child.write("script.lua", script())
  local terminal = "TERM=xterm script -qec 'stty cols 100; %s run script.lua --plain' /dev/null"
  local _, out = child.shell(terminal:format(child.program))
  lu.assertNotStrContains(out, "\27")
  lu.assertNotStrContains(out, "█")
  lu.assertStrContains(out, "Epoch 1/2")
end

function TestSwitches:test_no_input_ends_what_is_read_from_stdin()
  child.write("script.lua", "print(io.read '*l', io.stdin:read '*l')")
  local _, out = child.shell("echo yes | " .. child.program .. " run script.lua --no-input")
  lu.assertEquals(out, "nil\tnil\n")
  _, out = child.shell("printf 'yes\nno\n' | " .. child.program .. " run script.lua")
  lu.assertEquals(out, "yes\tno\n")
end

function TestSwitches:test_no_input_ends_also_what_programs_of_the_script_read()
  child.write("script.lua", "os.execute 'cat'\nprint 'read'")
  local _, out = child.shell("echo yes | " .. child.program .. " run script.lua --no-input")
  lu.assertEquals(out, "read\n")
  _, out = child.shell("cat script.lua | " .. child.program .. " run - --no-input")
  lu.assertEquals(out, "read\n")
end

TestDryRun = {}

local saving = script { ['device = "cpu"'] = 'device = "cpu", saver = orrery.saver "end.safetensors"' }

function TestDryRun:test_says_what_would_be_trained_and_written_and_does_neither()
  child.shell "rm -rf orrery.db* runs end.safetensors"
  local code, out, err = run(saving, "-n epochs=3 --checkpoint --name trial")
  lu.assertEquals({ code, err }, { 0, "" })
  local told = lines(out)
  lu.assertStrMatches(told[1], "ok: graph tiny, .*")
  lu.assertEquals(told[2], "would train tiny: 3 epochs on cpu · data digits (1,442 samples, 256 a batch) · "
    .. "validation digits (355 samples, 256 a batch)")
  lu.assertEquals(told[3], "would write orrery.db (history)")
  lu.assertStrMatches(told[4], "would write /.*/runs/trial %(checkpoints%)")
  lu.assertEquals(told[5], "would write end.safetensors (saver)")
  lu.assertEquals(told[6], "nothing was trained or written: the script ran up to manager:run")
  lu.assertEquals(child.shell "test -e orrery.db -o -e runs -o -e end.safetensors", 1)
end

function TestDryRun:test_can_be_read_by_programs()
  local _, out = run(saving, "--dry-run --json --history false")
  lu.assertEquals(kinds(out), { "graph", "plan", "script" })
  lu.assertStrContains(lines(out)[2], '"writes":[{"path":"end.safetensors","what":"saver"}]')
  lu.assertStrContains(lines(out)[3], '"exit_code":0,"kind":"script","ok":true,')
end

function TestDryRun:test_tells_programs_what_failed()
  local code, out = run(script { ["Linear(64"] = "Linear(65" }, "-n --json")
  lu.assertEquals({ code, kinds(out) }, { 3, { "finding", "script" } })
  lu.assertStrContains(lines(out)[2], '"exit_code":3,"kind":"script","ok":false,')
  code, out = run("error 'no ink'", "-n --json")
  lu.assertEquals({ code, kinds(out) }, { 1, { "script" } })
  lu.assertStrContains(out, '"message":"script.lua:1: no ink"')
end

function TestDryRun:test_refuses_what_a_run_would()
  local code, _, err = run(script(), "-n --epochs many")
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "epochs must be an integer ≥ 1, got 'many'")
  code = run(script { ["Linear(64"] = "Linear(65" }, "-n")
  lu.assertEquals(code, 3)
end

function TestDryRun:test_goes_through_a_sweep()
  child.shell "rm -rf orrery.db* runs"
  local code, out = run(script(), "-n lr=0.1,0.2 --jobs 2")
  lu.assertEquals(code, 0)
  local _, count = out:gsub("would train tiny", "")
  lu.assertEquals(count, 2)
  lu.assertEquals(child.shell "test -e orrery.db -o -e runs", 1)
  code, _, out = run(script(), "--json lr=0.1,0.2")
  lu.assertEquals(code, 2)
  lu.assertStrContains(out, "--json is for one run, and these settings make several")
end

child.finish(lu.LuaUnit.run())
