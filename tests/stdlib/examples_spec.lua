-- The list of examples, and the first of them.
local lu = require "luaunit"
local core = require "orrery.core"
local orrery = require "orrery"
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

-- With a learning rate that moves no weight.
function TestExamples:test_the_clothes_begin_with_pytorchs_weights()
  local code, _, err = child.orrery(("run %sexamples/02_fashion.lua epochs=1 samples=64 lr=1e-30"):format(
    example_runs.root))
  if code ~= 0 then return lu.assertStrContains(err, "dataset-fashion-mnist") end
  local tensors = orrery.load_tensors(child.folder .. "/fashion.safetensors")
  local wanted = dofile(example_runs.root .. "tests/fixtures/examples/fashion.lua")
  for _, parameter in ipairs(wanted) do
    local found = tensors[parameter.key]
    lu.assertNotNil(found, parameter.key)
    lu.assertEquals(found.shape, parameter.shape, parameter.key)
    local flat = found:flatten()
    lu.assertEquals(flat[0]:item(), parameter.first, parameter.key)
    lu.assertEquals(flat[-1]:item(), parameter.last, parameter.key)
    lu.assertAlmostEquals(flat:double():sum():item(), parameter.sum, 1e-9)
    tensors[parameter.key] = nil
  end
  lu.assertNil(next(tensors))
end

child.finish(lu.LuaUnit.run())
