-- What `orrery history` answers about runs: list, show, compare, blocks, sql.

local lu = require "luaunit"
local child = require "cli_child"
local run_list = require "orrery.cli.run_list"
local orrery = child.orrery

-- Runs without a manager: nothing here needs the engine.
child.write("runs.lua", [[
local orrery = require "orrery"
local function record(name, config, losses, tags, finish)
  local run = orrery.run { name = name, config = config, tags = tags }
  for step, loss in ipairs(losses) do run:log({ loss = loss, accuracy = 1 - loss }, { step = step }) end
  run:note("of " .. name)
  run:finish(finish)
end
record("alpha", { lr = 0.1, optimizer = { name = "adam" } }, { 0.9, 0.5, 0.6 }, { "paper" })
record("beta", { lr = 0.01, optimizer = { name = "sgd" } }, { 0.8, 0.25 }, { "paper", "a, b" })
record("gamma", { lr = 0.001 }, { 0 / 0 }, { "שלום", "two\nlines", ("x"):rep(10000), 'q"u,o' })
record("delta", {}, { 1 / 0 }, {}, { status = "failed", reason = "it broke" })
]])

local function lines(text)
  local list = {}
  for line in text:gmatch "[^\n]*\n" do list[#list + 1] = line:sub(1, -2) end
  return list
end

local recorded = false
local function record()
  if recorded then return end
  lu.assertEquals((child.orrery "run runs.lua"), 0)
  recorded = true
end

-- The output of a question that is answered.
local function answer(words)
  record()
  local code, out, err = orrery("history " .. words)
  lu.assertEquals({ code, err }, { 0, "" }, words)
  return out
end

local function refusal(words, expected_code)
  record()
  local code, out, err = orrery("history " .. words)
  lu.assertEquals({ code, out }, { expected_code or 2, "" }, words)
  return err
end

-- The names of the runs that a list gives, by blanks.
local function names(words) return (answer("list --columns run --plain " .. words):gsub("\n", " ")) end

TestList = {}

function TestList:test_shows_runs_newest_first_with_the_settings_that_differ()
  local told = lines(answer "")
  lu.assertStrContains(told[1], "id  run")
  lu.assertStrContains(told[1], "lr")
  lu.assertStrContains(told[1], "train_loss")
  lu.assertStrMatches(told[2], " *4  delta .*")
  lu.assertStrMatches(told[5], " *1  alpha .*")
end

function TestList:test_takes_conditions()
  lu.assertEquals(names "--where 'lr<0.05 and status=done'", "gamma beta ")
  lu.assertEquals(names "--where 'tag=paper'", "beta alpha ")
  lu.assertEquals(names "--tag paper --where 'not run=beta'", "alpha ")
  lu.assertEquals(names "--where 'optimizer.name=adam'", "alpha ")
  lu.assertEquals(names "--where 'note ~ GAM'", "gamma ")
  lu.assertEquals(names "--where 'loss=nan'", "gamma ")
  lu.assertEquals(names "--where 'loss=inf'", "delta ")
  lu.assertEquals(names "--where 'lr=none'", "delta ")
end

function TestList:test_sorts()
  lu.assertEquals(names "--sort train_loss", "beta alpha delta gamma ")
  lu.assertEquals(names "--sort -lr --limit 2", "alpha beta ")
  lu.assertEquals(names "--sort status,run", "alpha beta gamma delta ")
end

function TestList:test_says_where_a_condition_is_wrong()
  local err = refusal "list --where 'lr<0.05 and stats=done'"
  lu.assertStrContains(err, "orrery: the condition, column 13: ")
  lu.assertStrContains(err, "'stats' (did you mean 'status'?)")
  lu.assertStrContains(err, "\n  lr<0.05 and stats=done\n              ^\n")
  lu.assertStrContains(refusal "list --sort lrr", "(did you mean 'lr'?)")
  lu.assertStrContains(refusal "list --columns run,los", "(did you mean 'loss'?)")
end

function TestList:test_says_that_none_fits()
  record()
  local code, out, err = orrery "history list --where 'lr>5'"
  lu.assertEquals({ code, out, err }, { 0, "", "orrery: no run fits\n" })
  lu.assertEquals({ orrery "history list --where 'lr>5' --json" }, { 0, "", "" })
end

function TestList:test_gives_csv()
  local told = answer "list --columns run,lr,tags,loss --sort id --csv"
  lu.assertStrContains(told, "run,lr,tags,loss\n")
  lu.assertStrContains(told, '\nbeta,0.01,"a, b, paper",0.25\n')
  lu.assertStrContains(told, '""u,o')
  lu.assertStrContains(told, '",NaN\n')
  lu.assertStrContains(told, "\ndelta,,,inf\n")
end

function TestList:test_gives_plain_lines()
  local told = lines(answer "list --columns run,lr,tags,loss --sort id --plain")
  lu.assertEquals(#told, 4)
  lu.assertEquals(told[1], "alpha\t0.1\tpaper\t0.6")
  lu.assertStrContains(told[3], "two\\nlines")
  lu.assertEquals(told[4], "delta\t\t\tinf")
end

function TestList:test_gives_json_with_nan_told_apart_from_null()
  local told = lines(answer "list --columns run,lr,loss --sort id --json")
  lu.assertEquals(told[3], '{"loss":"NaN","lr":0.001,"run":"gamma","schema":"orrery.history.list/2"}')
  lu.assertEquals(told[4], '{"loss":"Infinity","lr":null,"run":"delta","schema":"orrery.history.list/2"}')
end

function TestList:test_takes_one_form_alone()
  lu.assertStrContains(refusal "list --csv --json", "--json and --csv exclude each other")
end

function TestList:test_odd_texts_break_no_table()
  local told = lines(answer "list")
  lu.assertEquals(#told, 5)
  for _, line in ipairs(told) do lu.assertTrue(#line < 900, #line) end
  lu.assertStrContains(told[3], "↵")
end

-- As it is asked for: `epochs` alone is the column.
function TestList:test_a_setting_named_as_a_column_is_told_from_it()
  local function titles(columns, settings)
    local found = {}
    for at, column in ipairs(run_list.columns({ columns = columns, rows = {} }, settings)) do
      found[at] = column.title
    end
    return found
  end
  lu.assertEquals(titles { "epochs", "config.depth", "config.epochs" },
    { "epochs", "depth", "config.epochs" })
  lu.assertEquals(titles({ "depth", "seed", "run_id", "epochs" }, 2),
    { "depth", "seed", "id", "epochs" })
end

function TestList:test_times_have_units_and_counts_none()
  lu.assertEquals(names "--where 'took<1h and took < 1.5min'", "delta gamma beta alpha ")
  lu.assertStrContains(refusal "list --where 'took<1KiB'", "Such as 90, 90s, 1.5min, 2h or 1d.")
  lu.assertStrContains(refusal "list --where 'epochs<1s'", "epochs is a number without a unit, got '1s'")
end

TestRuns = {}

function TestRuns:test_in_the_place_of_an_action_are_told_from_one()
  lu.assertStrContains(refusal "2", "Did you mean 'orrery history show 2'?")
  lu.assertStrContains(refusal "alph", "Did you mean 'orrery history show alph'?")
  lu.assertStrContains(refusal "last --db=orrery.db", "Did you mean 'orrery history show last'?")
  lu.assertStrContains(refusal "5", "See 'orrery history --help'.")
  lu.assertStrContains(refusal "2 --db none.db", "See 'orrery history --help'.")
end

function TestRuns:test_are_named_in_many_ways()
  for word, name in pairs { ["last"] = "delta", ["last~2"] = "beta", ["3"] = "gamma", ["alp"] = "alpha",
    ["best:loss"] = "beta", ["best:loss~1"] = "alpha", ["best:train_accuracy"] = "beta" } do
    lu.assertStrContains(lines(answer("show " .. word))[1], name, word)
  end
end

function TestRuns:test_that_are_not_there_are_said_with_those_that_are()
  local err = refusal "show alhpa"
  lu.assertStrContains(err, "there is no run 'alhpa' in orrery.db (did you mean 'alpha'?)")
  lu.assertStrContains(err, "\n  There are delta, gamma, beta, alpha. A run is given by ")
  lu.assertStrContains(refusal "show best:los", "no run has a metric 'los' (did you mean 'loss'?)")
  lu.assertStrContains(refusal "show best:loss~2", "only 2 runs have a finite loss")
  lu.assertStrContains(refusal "show last~4", "there are only 4 runs")
end

TestShow = {}

function TestShow:test_is_a_page()
  local told = answer "show alpha"
  lu.assertNil(told:find ", LibTorch \n")
  for _, part in ipairs { "alpha  done", "\nConfig\n", "lr=0.1", "\nMetrics\n", "train loss",
    "\nNotes\nof alpha\n", "\nAgain\n" } do
    lu.assertStrContains(told, part)
  end
end

function TestShow:test_gives_all_as_one_object()
  local told = lines(answer "show gamma --json")
  lu.assertEquals(#told, 1)
  for _, part in ipairs { '"schema":"orrery.history.show/2"', '"train":"NaN"', '"validation":null',
    '"rising":["accuracy"]', '"events":[', '"parts":[]' } do
    lu.assertStrContains(told[1], part)
  end
end

function TestShow:test_gives_the_metrics_as_rows()
  local told = lines(answer "show delta --csv")
  lu.assertEquals(told[1], "epoch,metric,train,validation,test,seconds")
  lu.assertEquals(told[3], "0,loss,inf,,,")
end

TestCompare = {}

function TestCompare:test_shows_what_differs()
  local told = answer "compare alpha beta"
  lu.assertStrMatches(told, ".*Settings\nsetting +alpha +beta\nlr +0%.1 +0%.01\n.*")
  lu.assertStrMatches(told, ".*\ntrain loss last +0%.6 +0%.25 +%-58%.3 %%\n.*")
  lu.assertStrContains(told, "the environment is the same")
  lu.assertStrContains(told, "the graphs are the same")
end

function TestCompare:test_gives_each_value_a_row()
  local told = answer "compare alpha beta delta --csv"
  lu.assertStrContains(told, "section,item,measure,run,value\n")
  lu.assertStrContains(told, "config,lr,,alpha,0.1\nconfig,lr,,beta,0.01\nconfig,lr,,delta,\n")
  lu.assertStrContains(told, "metric,train loss,last,delta,inf\n")
  lu.assertStrContains(answer "compare alpha gamma --json", '"schema":"orrery.history.compare/1"')
end

function TestCompare:test_shows_a_run_once_that_is_named_twice()
  local code, out, err = orrery "history compare alpha beta alpha"
  lu.assertEquals(code, 0)
  lu.assertStrMatches(out, ".*Settings\nsetting +alpha +beta\n.*")
  lu.assertStrContains(err, "named already, and so left out: alpha")
  lu.assertStrContains(refusal "compare alpha alpha", "'alpha' and 'alpha' are one run: alpha")
end

function TestCompare:test_needs_two_runs()
  lu.assertStrContains(refusal "compare alpha", "compare needs two runs or more")
  lu.assertStrContains(refusal "compare", "RUN is missing")
end

TestBlocks = {}

function TestBlocks:test_says_that_a_run_has_none()
  record()
  local code, out, err = orrery "history blocks alpha"
  local why = "orrery: run 'alpha' has no graph: orrery.run recorded it, without a manager\n"
  lu.assertEquals({ code, out, err }, { 0, "", why })
  for _, words in ipairs { "--nodes", "--kernels", "--kernels --csv" } do
    lu.assertEquals(refusal("blocks alpha " .. words), why)
  end
  lu.assertStrContains(refusal "blocks alpha --kernels --by flops", "--kernels and --by exclude each other")
  lu.assertStrContains(refusal "blocks --by heat", "--by is one of time, memory, flops, got 'heat'")
end

TestSql = {}

local endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "

function TestSql:test_takes_the_statement_from_a_word_a_file_or_stdin()
  lu.assertEquals(answer "sql 'SELECT 1 AS a, NULL AS b'", "a     b\n1  NULL\n")
  child.write("question.sql", "SELECT run\nFROM run_summary -- all\nORDER BY 1 LIMIT 1;\n")
  lu.assertEquals(answer "sql --file question.sql", "run\nalpha\n")
  local _, piped = child.shell("echo 'SELECT 7 AS x' | " .. child.program .. " history sql - --plain")
  lu.assertEquals(piped, "7\n")
  lu.assertStrContains(refusal "sql 'SELECT 1' --file question.sql", "given twice")
  lu.assertStrContains(refusal "sql", "there is no statement")
  lu.assertStrContains(refusal "sql SELECT 1", "put it in quotes")
  lu.assertStrContains(refusal("sql --file none.sql", 4), "none.sql")
end

function TestSql:test_tells_what_there_is()
  lu.assertStrContains(answer "sql .tables", "view   run_summary\n")
  lu.assertStrContains(answer "sql .schema tags", "CREATE TABLE tags (")
  lu.assertStrContains(answer "sql .help", ".schema [NAME]")
  lu.assertStrContains(refusal "sql .schema tag", "there is no table or view 'tag' (did you mean 'tags'?)")
  lu.assertStrContains(refusal "sql .table", "there is no word '.table' (did you mean '.tables'?)")
  lu.assertStrContains(refusal "sql 'SELECT * FROM run_sumary'", "(did you mean 'run_summary'?)")
end

function TestSql:test_changes_nothing()
  record()
  child.shell "cp orrery.db before.db"
  for _, statement in ipairs { "DELETE FROM runs", "UPDATE runs SET name = 1", "DROP TABLE runs",
    "INSERT INTO tags VALUES (1, 2)", "CREATE TABLE t (x)", "ATTACH ''x.db'' AS x", "VACUUM INTO ''x.db''",
    "PRAGMA user_version = 9", "PRAGMA journal_mode = DELETE", "SELECT load_extension(''x'')",
    "SELECT writefile(''x.db'', 1)", "SELECT 1; DELETE FROM runs" } do
    refusal(("sql '%s'"):format((statement:gsub("''", "'\\''"))))
  end
  lu.assertStrContains(refusal "sql 'DELETE FROM runs'", "Only questions are answered here")
  lu.assertNil(child.read "x.db")
  lu.assertEquals(names "", "delta gamma beta alpha ")
end

function TestSql:test_ends_what_never_ends()
  local err = refusal(("sql '%sSELECT count(*) FROM n' --timeout 0.2"):format(endless), 1)
  lu.assertStrContains(err, "the query was ended after 0.2 s")
  lu.assertStrContains(err, "give it more time")
end

function TestSql:test_shows_no_more_rows_than_a_table_can_hold()
  record()
  local code, out, err = orrery(("history sql '%sSELECT x FROM n'"):format(endless))
  lu.assertEquals({ code, #lines(out) }, { 0, 1001 })
  lu.assertStrContains(err, "there are more rows than 1000; --limit shows more")
  lu.assertEquals(#lines(answer(("sql '%sSELECT x FROM n' --plain --limit 5000"):format(endless))), 5000)
end

function TestSql:test_tells_programs_that_rows_are_missing()
  record()
  local code, _, err = child.shell(("%s history sql '%sSELECT x FROM n' --plain > rows.txt")
    :format(child.program, endless))
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "there are more rows than 1000000")
end

function TestSql:test_stops_an_answer_of_gigabytes()
  record()
  local statement = endless .. "SELECT zeroblob(10000000) AS x FROM n"
  local code, out, err = orrery(("history sql '%s' --limit 1000"):format(statement))
  lu.assertEquals(code, 0)
  lu.assertTrue(#out < 1e5)
  lu.assertStrContains(err, "the answer is longer than 64 MB")
  lu.assertStrContains(refusal "sql 'SELECT zeroblob(1000000000)'", "too big")
end

function TestSql:test_keeps_whole_numbers_whole()
  lu.assertEquals(answer "sql 'SELECT 9223372036854775807, 3.0, 9e999, NULL' --plain",
    "9223372036854775807\t3\tinf\t\n")
end

TestTables = {}

local text = require "orrery.cli.text"

function TestTables:test_turn_no_line_around()
  lu.assertEquals(text.plain "a\226\128\174b", "a\\u202Eb")
  lu.assertEquals(text.plain "a\255b", "a\\xFFb")
  lu.assertEquals(text.plain "\27[31mred", "\\x1B[31mred")
  lu.assertEquals(text.plain "grün שלום", "grün שלום")
  lu.assertTrue(text.right_to_left "שלום")
  lu.assertTrue(text.right_to_left "سلام")
  lu.assertFalse(text.right_to_left "grün, 数")
end

local sparkline = require "orrery.cli.sparkline"

function TestTables:test_curves_show_what_is_no_number()
  lu.assertEquals(sparkline.curve({ 1, 2, 3 }, 3, 8), "▁▅█")
  lu.assertEquals(sparkline.curve({ 1, 0 / 0, nil, 1 / 0, -1 / 0, 2 }, 6, 8), "▁× ↑↓█")
  lu.assertEquals(sparkline.curve({ 5, 5 }, 2, 8), "▄▄")
  lu.assertEquals(sparkline.curve({}, 0, 8), "")
  lu.assertEquals(text.width(sparkline.curve({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 9, 4)), 4)
end

child.finish(lu.LuaUnit.run())
