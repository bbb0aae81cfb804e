-- The number of threads that a run computes with: found out, kept, asked for.
local lu = require "luaunit"
local child = require "cli_child"
local line_model = require "line_model"

TestThreads = {}

-- 4 steps an epoch; prints how many threads, why, and what is learned.
local script = line_model.script:gsub("local y = nn.Linear%(1, 1%)%(input%)", "local y = MODEL") .. [[
local config = orrery.config { epochs = 25, script = 0 }
if config.script > 0 then orrery.set_threads(config.script) end
local manager = orrery.manager(g, { optimizer = optimizer, epochs = config.epochs, device = "cpu",
  progress = false, callbacks = { train_start = function(facts)
    print(facts.thread_reason, facts.threads)
  end } })
manager:run()
print(("%.17g"):format(g:parameters()[1].data:sum():item()))
]]

function TestThreads:setUp()
  child.shell "rm -rf orrery.db* runs"
  child.write("net.lua", (script:gsub("MODEL", "nn.Linear(8, 1)(nn.Dropout(0.2)(nn.Linear(1, 8)(input)))")))
end

-- Without what the machine of the tests may have set.
local function orrery(words)
  local code, out, err = child.shell(("env -u OMP_NUM_THREADS -u MKL_NUM_THREADS %s %s"):format(
    child.program, words))
  lu.assertEquals({ code, err }, { 0, "" })
  return out
end

-- The reason, the number and what was learned.
local function run(words)
  local reason, threads, learned = orrery("run net.lua " .. (words or "")):match "^(%S+)\t(%d+)\n(%S+)\n$"
  return reason, tonumber(threads), learned
end

local function has_choice()
  local _, out = child.shell(child.program .. " doctor")
  return not out:gsub("%s+", " "):find "for 1 core[^s]"
end

function TestThreads:test_a_later_run_takes_what_an_earlier_one_found()
  lu.skipIf(not has_choice(), "one core leaves nothing to try")
  local reason, threads, learned = run()
  lu.assertEquals(reason, "probed")
  lu.assertStrContains(orrery "history show last", threads == 1 and "1 thread (the fastest)"
    or threads .. " threads (the fastest)")
  lu.assertEquals({ run() }, { "cached", threads, learned })
  lu.assertStrContains(orrery "history show last", "(the fastest in an earlier run)")
  lu.assertEquals((run "--history false"), "probed")
  local explained = orrery "explain net.lua"
  lu.assertStrContains(explained, ("\nthreads       %d, the fastest in an earlier run\n"):format(threads))
end

function TestThreads:test_trying_changes_nothing_that_is_trained()
  lu.skipIf(not has_choice(), "one core leaves nothing to try")
  local reason, threads, learned = run "--history false"
  lu.assertEquals(reason, "probed")
  lu.assertEquals({ run("--history false --threads " .. threads) }, { "asked", threads, learned })
end

function TestThreads:test_what_is_asked_for_is_taken()
  lu.assertEquals({ (run "--threads 1") }, { "asked" })
  local reason, threads = run "script=1"
  lu.assertEquals({ reason, threads }, { "asked", 1 })
  lu.assertStrContains(orrery "history show last", "1 thread (asked for)")
  lu.assertStrContains(orrery "explain net.lua script=1", "\nthreads       1, asked for\n")
end

function TestThreads:test_some_runs_try_none()
  lu.skipIf(not has_choice(), "one core leaves nothing to try")
  lu.assertEquals((run "--deterministic"), "deterministic")
  lu.assertEquals((run "epochs=24"), "brief")
  child.write("net.lua", (script:gsub("MODEL", [[nn.Linear(1, 1)(
    orrery.transform("same", function(t) return t * 1 end)(input))]])))
  lu.assertEquals((run()), "script")
  lu.assertStrContains(orrery "explain net.lua",
    ", not tried: the graph or the data call functions of the script, or of plug-ins\n")
end

function TestThreads:test_a_resumed_run_keeps_its_number()
  lu.assertEquals({ (run "--threads 1 --checkpoint epochs=10") }, { "asked" })
  local code, out = child.shell(child.program .. " run net.lua --checkpoint --resume last epochs=40")
  lu.assertEquals(code, 0)
  lu.assertStrMatches(out, "resumed\t1\n.*")
  lu.assertStrContains(orrery "history show last", "1 thread (as in the checkpoint)")
end

-- What they do may depend on what callbacks did before.
function TestThreads:test_functions_that_give_data_are_not_called_more_often()
  child.write("own.lua", [[
    local orrery = require "orrery"
    local calls = 0
    local g = orrery.graph "own"
    local x, y = g:input(orrery.data.define { length = 100, batch = 1, fields = { x = { shape = { 2 } },
      y = { shape = { 1 }, label = true } }, get = function(i)
      calls = calls + 1
      return { x = { i / 100, 1 }, y = { i / 50 } }
    end })
    local loss = orrery.nn.MSELoss()(orrery.nn.Linear(2, 1)(x), y)
    orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
      device = "cpu", progress = false, history = false, callbacks = { train_start = function(facts)
        print(facts.thread_reason)
      end } }):run()
    print(calls)
  ]])
  local reason, calls = orrery("run own.lua"):match "^(%S+)\n(%d+)\n$"
  lu.assertTrue(reason == "script" or reason == "single")
  lu.assertEquals(calls, "100")
end

child.finish(lu.LuaUnit.run())
