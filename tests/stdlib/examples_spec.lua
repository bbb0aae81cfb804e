-- The list of examples, and the first of them.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"
local example_runs = require "example_runs"

TestExamples = {}

function TestExamples:test_are_all_run_and_in_their_readme()
  local run = {}
  for _, runs in pairs(example_runs.of) do
    for _, one in ipairs(runs) do run[one[1]] = true end
  end
  local readme = core.read_file(example_runs.root .. "examples/README.md")
  for _, file in ipairs(example_runs.files()) do
    lu.assertTrue(run[file], file)
    lu.assertStrContains(readme, ("(%s)"):format(file))
  end
end

function TestExamples:test_are_short()
  for _, file in ipairs(example_runs.files()) do
    local _, lines = core.read_file(example_runs.root .. "examples/" .. file):gsub("\n", "")
    lu.assertTrue(lines < 100, file)
  end
end

function TestExamples:test_reach_what_they_promise() example_runs.check "basics" end

child.finish(lu.LuaUnit.run())
