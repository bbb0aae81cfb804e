-- Runs in the background: begun, watched, read and stopped by other processes.
local lu = require "luaunit"
local child = require "cli_child"
local shell, program = child.shell, child.program

-- A script that logs and prints until the file `enough` is there; `orrery.run` needs no engine.
child.write("counting.lua", [[
local core, orrery = require "orrery.core", require "orrery"
local config = orrery.config { start = 1 }
print "before the run"
local run = orrery.run { name = arg[1] }
print("begun", config.start)
io.stderr:write "to stderr\n"
local step = 0
while not io.open "enough" do
  step = step + 1
  run:log("step", step)
  if step == 5 then print "fifth step" end
  if arg[2] == "fail" and step == 10 then error "no more" end
  core.sleep(0.02)
end
run:finish()
print "after the run"
]])

local function orrery(words) return child.orrery(words .. " </dev/null") end

-- Tries a question until its answer fits; a run in the background has its own pace.
local function eventually(what, fits)
  local give_up, last = os.time() + 60
  repeat
    last = what()
    if fits(last) then return last end
    os.execute "sleep 0.05"
  until os.time() > give_up
  lu.fail("waited in vain, the last answer was: " .. tostring(last))
end

local function log_of(run)
  return function() return (select(2, orrery("history logs " .. run))) end
end

local function status_of(run)
  return function()
    local statement = "SELECT status FROM run_summary WHERE run = '%s'"
    local _, out = orrery(('history sql "%s" --plain'):format(statement:format(run)))
    return (out:gsub("\n", ""))
  end
end

local function has(text)
  return function(answer) return answer:find(text, 1, true) ~= nil end
end

local function is(text)
  return function(answer) return answer == text end
end

local function let_it_end(run)
  child.write("enough", "")
  return eventually(status_of(run), function(status) return status ~= "running" end)
end

TestDetached = {}

function TestDetached:setUp() shell "rm -rf *.db* enough runs" end
function TestDetached:tearDown() child.write("enough", "") end

function TestDetached:test_prints_the_runs_name_at_once_and_goes_on()
  local code, out, err = orrery "run --detach counting.lua start=7 -- first"
  lu.assertEquals({ code, out }, { 0, "first\n" })
  lu.assertStrMatches(err, "orrery: first runs in the background %(process %d+%)\n"
    .. "  orrery history watch first   how it goes\n"
    .. "  orrery history logs  first   what it printed\n"
    .. "  orrery history stop  first   ends it, as Ctrl%-C would\n")
  lu.assertEquals(status_of "first"(), "running")
  eventually(log_of "first", has "fifth step")
  lu.assertEquals(let_it_end "first", "done")
  local log = eventually(log_of "first", has "after the run")
  lu.assertStrContains(log, "to stderr\n")
  lu.assertEquals(select(2, orrery "history logs first --stdout"),
    "before the run\nbegun\t7\nfifth step\nafter the run\n")
  lu.assertEquals(select(2, orrery "history logs first --stderr"), "to stderr\n")
  lu.assertEquals(select(2, orrery "history logs first --stdout --limit 1"), "after the run\n")
  local _, json = orrery "history logs first --json --limit 1"
  lu.assertStrMatches(json, '{"line":5,"schema":"orrery.history.logs/1","stream":"stdout",'
    .. '"text":"after the run","written":"[%dT:.Z-]+"}\n')
  lu.assertEquals(select(2, shell "ls -d runs 2>/dev/null"), "")
end

function TestDetached:test_lines_are_kept_as_they_come()
  orrery "run --detach counting.lua -- live"
  eventually(log_of "live", has "fifth step")
  lu.assertEquals(status_of "live"(), "running")
  lu.assertEquals(let_it_end "live", "done")
end

function TestDetached:test_a_script_that_fails_before_its_run_shows_why()
  child.write("broken.lua", "print 'so far'\nerror 'so good'")
  local code, out, err = orrery "run --detach broken.lua"
  lu.assertEquals({ code, out }, { 1, "" })
  lu.assertStrContains(err, "so far\n")
  lu.assertStrContains(err, "broken.lua:2: so good")
  lu.assertStrContains(err, "orrery: the script ended with exit code 1 before a run began")
  lu.assertEquals(select(2, shell "ls -d *.db runs 2>/dev/null"), "")
  lu.assertEquals(orrery "run --detach none.lua", 4)
end

function TestDetached:test_a_script_without_a_run_says_so()
  child.write("quick.lua", "print 'only this'")
  local code, out, err = orrery "run --detach quick.lua"
  lu.assertEquals({ code, out, err },
    { 0, "", "only this\norrery: the script has ended already, and began no run\n" })
end

function TestDetached:test_a_run_that_fails_later_keeps_its_error()
  orrery "run --detach counting.lua -- doomed fail"
  eventually(status_of "doomed", is "failed")
  local log = eventually(log_of "doomed", has "no more")
  lu.assertStrContains(log, "counting.lua:12: no more")
end

function TestDetached:test_a_killed_run_says_what_killed_it()
  local _, json = orrery "run --detach --json counting.lua -- victim"
  shell("kill -9 " .. json:match '"process":(%d+)')
  eventually(status_of "victim", is "interrupted")
  eventually(function() return (select(2, orrery "history show victim")) end,
    has "the process was killed (SIGKILL), without closing the run")
end

function TestDetached:test_refuses_what_is_not_one_run()
  local code, _, err = orrery "run --detach counting.lua start=1,2 -- many"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--detach is for one run, and these settings make several")
  code, _, err = orrery "run --detach --jobs 2 counting.lua start=1,2"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--detach does not go with --jobs")
  code, _, err = orrery "run --detach -"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "cannot read its script from stdin")
end

TestStop = { setUp = TestDetached.setUp, tearDown = TestDetached.tearDown }

function TestStop:test_ends_a_run_and_waits_for_it()
  orrery "run --detach counting.lua -- long"
  local code, out, err = orrery "history stop long"
  lu.assertEquals({ code, out }, { 0, "" })
  lu.assertStrMatches(err, "orrery: long has ended after [%d.]+ s: interrupted.*\n")
  lu.assertEquals(status_of "long"(), "interrupted")
end

function TestStop:test_refuses_what_is_over_or_elsewhere()
  orrery "run --detach counting.lua -- far"
  shell [[sqlite3 orrery.db ".timeout 5000" "UPDATE runs SET host = 'cluster-7'"]]
  local code, _, err = orrery "history stop far"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "far runs on cluster-7, and this is ")
  let_it_end "far"
  code, _, err = orrery "history stop far"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "far is over: done")
end

TestWatch = { setUp = TestDetached.setUp, tearDown = TestDetached.tearDown }

function TestWatch:test_ends_with_the_run_and_as_the_run()
  orrery "run --detach counting.lua -- good"
  child.write("enough", "")
  local code, _, err = orrery "history watch good"
  lu.assertEquals(code, 0)
  lu.assertStrContains(err, "orrery: good: done\n")
  shell "rm enough"
  orrery "run --detach counting.lua -- bad fail"
  code, _, err = orrery "history watch bad"
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "orrery: bad: failed: ")
end

function TestWatch:test_leaves_the_run_alone_at_ctrl_c()
  orrery "run --detach counting.lua -- kept"
  -- Shells start what runs in the background with SIGINT ignored.
  local code, out = shell(("env --default-signal=INT %s history watch kept 2>said & pid=$!; "
    .. "n=0; while ! grep -q 'Ctrl-C leaves it alone' said && [ $n -lt 600 ]; do "
    .. "sleep 0.05; n=$((n + 1)); done; "
    .. "kill -INT $pid; wait $pid; code=$?; cat said; exit $code"):format(program))
  lu.assertEquals(code, 130)
  lu.assertStrContains(out, "kept goes on without you; 'orrery history watch kept' comes back")
  lu.assertEquals(status_of "kept"(), "running")
end

function TestWatch:test_without_a_run_says_that_none_goes_on()
  orrery "run --detach counting.lua -- one"
  let_it_end "one"
  local code, _, err = orrery "history watch"
  lu.assertEquals({ code, err }, { 0, "orrery: no run is going on\n" })
end

TestFollow = { setUp = TestDetached.setUp, tearDown = TestDetached.tearDown }

function TestFollow:test_goes_on_until_the_run_has_ended()
  orrery "run --detach counting.lua -- followed"
  local code, out = shell(("(%s history logs followed --follow > followed.txt; echo over >> followed.txt) & "
    .. "n=0; while ! grep -q 'fifth step' followed.txt && [ $n -lt 600 ]; do sleep 0.05; n=$((n + 1)); done; "
    .. "touch enough; wait; cat followed.txt"):format(program))
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "begun\t1\nto stderr\nfifth step\n")
  lu.assertStrContains(out, "over\n")
end

TestRerun = { setUp = TestDetached.setUp, tearDown = TestDetached.tearDown }

local once = [[
local orrery = require "orrery"
local config = orrery.config { lr = 0.1, depth = 2 }
local run = orrery.run { name = "once" }
print(config.lr, config.depth, ...)
run:finish()
]]

function TestRerun:test_runs_the_script_with_its_settings_and_names_its_parent()
  child.write("once.lua", once)
  orrery "run once.lua lr=0.5 -- x y"
  local code, out = orrery "history rerun last"
  lu.assertEquals({ code, out }, { 0, "0.5\t2\tx\ty\n" })
  lu.assertEquals(select(2, orrery "history rerun once depth=3 --set lr=7"), "7\t3\tx\ty\n")
  local _, parents = orrery(
    [[history sql "SELECT r.name, p.name FROM runs r JOIN runs p ON p.uid = r.parent_uid" --plain]])
  lu.assertEquals(parents, "once-2\tonce\nonce-3\tonce\n")
end

function TestRerun:test_runs_the_text_of_then_and_says_so()
  child.write("once.lua", once)
  orrery "run once.lua"
  child.write("once.lua", (once:gsub("print%(", "print('changed', ")))
  local code, out, err = orrery "history rerun last"
  lu.assertEquals({ code, out }, { 0, "0.1\t2\n" })
  lu.assertStrContains(err, "orrery: since then: once.lua has changed\n")
  lu.assertStrMatches(err, ".*runs the script's text of then, from .*/runs/once/script.lua\n.*")
  lu.assertStrContains(select(2, orrery "history rerun last~1 --current"), "changed")
  shell "rm once.lua"
  lu.assertStrContains(select(3, orrery "history rerun once"), "since then: once.lua is gone")
end

function TestRerun:test_prints_the_command()
  child.write("once.lua", once)
  orrery "run once.lua lr=0.5 -- 'two words'"
  local _, out, err = orrery "history rerun last lr=2 --print"
  lu.assertEquals(err, "")
  lu.assertStrMatches(out, "cd .+ && orrery run .+/once.lua lr=2 %-%- 'two words'\n")
  lu.assertEquals(select(2, orrery "history list --plain --columns run"), "once\n")
end

function TestRerun:test_takes_options_of_run()
  child.write("once.lua", once)
  orrery "run once.lua lr=0.5 --plain"
  local _, out = orrery "history rerun last --epochs 3 -q --name again --no-progress --print"
  lu.assertStrMatches(out, "cd .+ && orrery run .+/once.lua lr=0.5 %-%-plain (.*)\n")
  for _, word in ipairs { "--epochs=3", "--quiet", "--name=again", "--no-progress" } do
    lu.assertStrContains(out, " " .. word)
  end
  child.write("once.lua", (once:gsub("print%(", "print('changed', ")))
  orrery "run once.lua lr=0.5 --name plain"
  local code, _, err = orrery "history rerun plain --quiet --name again"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertEquals(select(2, orrery "history list --plain --columns run --limit 1"), "again\n")
  code, _, err = orrery "history rerun once --resume"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "Say 'orrery run SCRIPT --resume'.")
end

function TestRerun:test_refuses_what_is_no_setting()
  child.write("once.lua", once)
  orrery "run once.lua"
  local code, _, err = orrery "history rerun last fast"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "'fast' is no setting")
  code, _, err = orrery "history rerun last speed=2"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "the script has no setting 'speed'")
end

child.finish(lu.LuaUnit.run())
