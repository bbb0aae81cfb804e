-- The history as scripts see it: runs as tables.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = require "orrery"

child.write("runs.lua", [[
local orrery = require "orrery"
for at, name in ipairs { "one", "two", "three" } do
  local run = orrery.run { name = name, config = { lr = at / 10, sizes = { 1, 2 } }, tags = { "all", name } }
  for step = 1, 3 do run:log("loss", step == 3 and at or 0 / 0, { split = "validation" }) end
  run:note("note " .. at)
  run:finish()
end
]])
lu.assertEquals(child.orrery "run runs.lua", 0)
local path = child.folder .. "/orrery.db"

TestOpenHistory = {}

function TestOpenHistory:setUp() self.history = orrery.history.open(path) end
function TestOpenHistory:tearDown() self.history:close() end

local function names(history, filter)
  local found = {}
  for run in history:runs(filter) do found[#found + 1] = run.name end
  return table.concat(found, " ")
end

function TestOpenHistory:test_iterates_over_runs()
  lu.assertEquals(names(self.history), "three two one")
  lu.assertEquals(names(self.history, { where = "lr<0.25", sort = "val_loss" }), "one two")
  lu.assertEquals(names(self.history, { tag = "two" }), "two")
  lu.assertEquals(names(self.history, { where = "lr>9" }), "")
end

function TestOpenHistory:test_a_run_is_a_table()
  local run = self.history:run "one"
  lu.assertEquals({ run.name, run.id, run.status, run.reason }, { "one", 1, "done", "" })
  lu.assertEquals(run.config, { lr = 0.1, sizes = { 1, 2 } })
  lu.assertEquals(run.tags, { "all", "one" })
  lu.assertEquals(run.command[2], "run")
  lu.assertEquals(run.validation_loss, 1)
  lu.assertEquals(#run.uid, 32)
  lu.assertEquals(run:notes(), { "note 1" })
  lu.assertEquals({ run:artifacts(), run:blocks(), run:events(), run:logs() }, { {}, {}, {}, {} })
  lu.assertEquals(tostring(run), "Run one (done)")
end

function TestOpenHistory:test_a_run_is_named_as_on_the_command_line()
  lu.assertEquals(self.history:run().name, "three")
  lu.assertEquals(self.history:run("last~1").name, "two")
  lu.assertEquals(self.history:run("best:val_loss").name, "one")
  lu.assertErrorMsgContains("there is no run 'four'", self.history.run, self.history, "four")
end

function TestOpenHistory:test_values_that_are_no_numbers_are_nan()
  local steps = self.history:run("two"):steps("loss", "validation")
  lu.assertEquals({ #steps, steps[3].step, steps[3].value }, { 3, 3, 2 })
  lu.assertTrue(steps[1].value ~= steps[1].value)
  local metrics = self.history:run("two"):metrics()
  lu.assertEquals(metrics, { { epoch = 0, metric = "loss", split = "validation", value = 2 } })
  lu.assertEquals(self.history:run("two"):metrics "other", {})
end

function TestOpenHistory:test_answers_sql_as_tables()
  lu.assertEquals(self.history:rows "SELECT 1 AS a, NULL AS b, 'x' AS c", { { a = 1, c = "x" } })
  lu.assertErrorMsgContains("would change something", self.history.rows, self.history, "DELETE FROM runs")
end

function TestOpenHistory:test_says_when_it_was_closed()
  local history = orrery.history(path)
  history:close()
  history:close()
  lu.assertStrContains(tostring(history), "(closed)")
  lu.assertErrorMsgContains("was closed", history.runs, history)
end

function TestOpenHistory:test_refuses_what_is_no_history()
  lu.assertErrorMsgContains("there is no history here", orrery.history.open, child.folder .. "/none.db")
  lu.assertErrorMsgContains("file is not a database", orrery.history.open,
    child.write("text.db", ("text "):rep(99)))
end

child.finish(lu.LuaUnit.run())
