local lu = require "luaunit"
local child = require "cli_child"
local orrery, script, run = child.orrery, child.script, child.run

TestActions = {}

function TestActions:test_tells_about_each_action()
  local _, all = orrery "history --help"
  for _, action in ipairs { "list", "show", "sql", "export" } do
    local code, out, err = orrery(("history %s --help"):format(action))
    lu.assertEquals({ code, err }, { 0, "" })
    lu.assertStrContains(out, "Usage: orrery history ")
    lu.assertStrContains(all, "\n  " .. action)
    lu.assertEquals(select(2, orrery("help history " .. action)), out)
  end
end

function TestActions:test_refuses_options_of_another_action()
  for words, name in pairs { ["list --mlflow x.db"] = "mlflow", ["show --status done"] = "status",
    ["sql 'SELECT 1' --name x"] = "name", ["export --limit 3"] = "limit" } do
    local action = words:match "^%a+"
    local code, out, err = orrery("history " .. words)
    lu.assertEquals({ code, out }, { 2, "" })
    lu.assertStrContains(err, ("orrery: there is no option --%s\n  It is an option of "):format(name))
    lu.assertStrContains(err, ("see 'orrery history %s --help'"):format(action))
  end
end

function TestActions:test_takes_the_action_also_behind_options()
  for _, words in ipairs { "--db none.db show last", "show --db none.db last", "--name show --db none.db",
    "--limit 3 --db none.db" } do
    local code, _, err = orrery("history " .. words)
    lu.assertEquals(code, 4, words)
    lu.assertStrContains(err, "there is no history 'none.db'")
  end
  local code, _, err = orrery "history --db none.db shwo"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "history has no action 'shwo' (did you mean 'show'?)")
end

TestHistory = {}

local recorded = false

function TestHistory:setUp()
  if recorded then return end
  child.shell "rm -f orrery.db*"
  run(script(), "--name first --no-progress")
  run(script(), "--name second --no-progress lr=0.5")
  child.shell "cp orrery.db kept.db"
  recorded = true
end

function TestHistory:test_lists_runs_newest_first()
  local code, out = orrery "history --db kept.db"
  lu.assertEquals(code, 0)
  local told = child.lines(out)
  lu.assertStrMatches(told[1], "id  run +status  epochs +lr  val_accuracy  val_loss.*")
  lu.assertStrMatches(told[2], " 2  second  done +2 .*")
  lu.assertStrMatches(told[3], " 1  first +done +2 .*")
  lu.assertEquals(#child.lines(select(2, orrery "history list --limit 1 --json --db kept.db")), 1)
end

function TestHistory:test_shows_a_run()
  local code, out = orrery "history show first --db kept.db"
  lu.assertEquals(code, 0)
  for _, part in ipairs { "first  done", "lr=0.1", "val accuracy", "(whole graph)", "forward ms", "TMU",
    "optimizer" } do
    lu.assertStrContains(out, part)
  end
  lu.assertStrContains(select(2, orrery "history show last --json --db kept.db"),
    '"schema":"orrery.history.show/2"')
end

function TestHistory:test_shows_when_and_how_a_run_ended()
  child.shell "rm -f orrery.db*"
  local function ended(words)
    run(script(), "--no-progress " .. words)
    return select(2, orrery "history show last"):match "\nended +%d+%-%d+%-%d+ %d+:%d+, (.-)\n"
  end
  lu.assertEquals(ended "", "finished")
  lu.assertEquals(ended "--max-steps 3", "max_steps, 3, is reached")
  lu.assertStrMatches(ended "--epochs 9 --early-stopping.patience 1 lr=0", ".* has not become better than .*")
  lu.assertStrMatches(ended "--epochs 9 --early-stopping.stopping-threshold 0",
    "val_accuracy, [%d.]+, has reached stopping_threshold, 0")
  lu.assertStrMatches(ended "--epochs 9 --early-stopping.divergence-threshold 1.5",
    "val_accuracy, [%d.]+, is worse than divergence_threshold, 1.5")
end

function TestHistory:test_answers_questions()
  local question = "'SELECT run, epochs, NULL AS x FROM run_summary ORDER BY 1'"
  local code, out = orrery("history sql --db kept.db " .. question)
  lu.assertEquals({ code, out }, { 0, "run     epochs     x\nfirst        2  NULL\nsecond       2  NULL\n" })
  local _, json = orrery "history sql 'SELECT 1 AS a, NULL AS b' --json --db kept.db"
  lu.assertEquals(json, '{"row":{"a":1,"b":null},"schema":"orrery.history.sql/2"}\n')
  local _, piped = child.shell("echo 'SELECT 7 AS x' | " .. child.program .. " history sql - --db kept.db")
  lu.assertEquals(piped, "x\n7\n")
end

function TestHistory:test_changes_nothing()
  local code, _, err = orrery "history sql 'DELETE FROM runs' --db kept.db"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "Only questions are answered here")
end

function TestHistory:test_refuses_what_it_does_not_know()
  local code, _, err = orrery "history lst --db kept.db"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "history has no action 'lst' (did you mean 'list'?)")
  code, _, err = orrery "history show third --db kept.db"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "there is no run 'third'")
end

child.finish(lu.LuaUnit.run())
