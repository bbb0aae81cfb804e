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

-- The weights of the last are opened by the reference package, under PyTorch's names.
local names_in_python = [[
import sys
from safetensors import safe_open
with safe_open(sys.argv[1], "np") as file:
    for key in file.keys():
        print(f"{key}:{list(file.get_tensor(key).shape)}".replace(" ", ""))
]]

function TestExamples:test_the_digits_are_learned_from_each_of_twenty_seeds()
  lu.skipIf(not os.getenv "ORRERY_TEST_FULL", "--full trains them")
  for seed = 0, 19 do
    local words = ("run %sexamples/01_digits.lua seed=%d"):format(example_runs.root, seed)
    local code, out, err = child.orrery(words)
    lu.assertEquals(code, 0, err)
    local accuracy = tonumber(out:match "test accuracy ([%d.]+)")
    lu.assertTrue(accuracy >= 0.97, ("seed %d: %s"):format(seed, accuracy))
  end
end

function TestExamples:test_the_digits_weights_are_read_by_python()
  local python = os.getenv "ORRERY_PYTHON"
  lu.skipIf(not python or child.shell(python .. " -c 'import numpy, safetensors'") ~= 0,
    "ORRERY_PYTHON names no Python that has safetensors and numpy")
  lu.assertEquals(child.orrery(("run %sexamples/01_digits.lua epochs=1"):format(example_runs.root)), 0)
  child.write("names.py", names_in_python)
  local code, out, err = child.shell(python .. " names.py digits.safetensors")
  lu.assertEquals(code, 0, err)
  for key, tensor in pairs(orrery.load_tensors(child.folder .. "/digits.safetensors")) do
    lu.assertStrContains(out, ("%s:[%s]"):format(key, table.concat(tensor.shape, ",")))
  end
  lu.assertStrContains(out, ".weight:[")
end

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
