-- Every example runs, and is as short as the examples' README promises.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/examples_spec%.lua$"
if root:sub(1, 1) ~= "/" then root = io.popen("pwd"):read "*l" .. "/" .. root end

TestExamples = {}

local function run(name, words)
  local code, out, err = child.orrery(("run %sexamples/%s %s"):format(root, name, words))
  lu.assertEquals(code, 0, err)
  return out
end

function TestExamples:test_digits()
  lu.assertStrContains(run("01_digits.lua", "epochs=1"), "accuracy")
end

function TestExamples:test_characters()
  lu.assertStrContains(run("02_characters.lua", "epochs=1 length=16"), "after 1 epochs")
end

function TestExamples:test_rows()
  local out = run("03_rows.lua", "")
  lu.assertTrue(tonumber(out:match "accuracy (%S+)") > 0.9, out)
  lu.assertStrContains(out, "row 8: 3")
end

function TestExamples:test_are_short_and_listed()
  local readme = core.read_file(root .. "examples/README.md")
  for name in io.popen(("ls %sexamples/*.lua"):format(root)):lines() do
    local _, lines = core.read_file(name):gsub("\n", "")
    lu.assertTrue(lines < 100, name)
    lu.assertStrContains(readme, "](" .. name:match "[^/]+$" .. ")")
  end
end

os.exit(lu.LuaUnit.run())
