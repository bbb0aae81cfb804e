-- `orrery export`: models as source code of other frameworks.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/cli_export_spec%.lua$"
local full = os.getenv "ORRERY_TEST_FULL" ~= nil

child.write("digits.lua", child.training)
child.write("own.lua", [[
local orrery = require "orrery"
local g = orrery.graph "own"
local x = g:input { x = { shape = { 4 } } }
local halved = orrery.transform("halved", function(t) return t * 0.5 end)
g:output(halved(halved(x)))
]])

TestExport = {}

function TestExport:test_writes_a_module_beside_its_name()
  local code, out, err = orrery "export lenet5 --to pytorch"
  lu.assertEquals({ code, out, err }, { 0, "lenet5.py\n", "" })
  lu.assertStrContains(child.read "lenet5.py", "class Lenet5(nn.Module):")
end

function TestExport:test_writes_to_stdout()
  local code, out, err = orrery "export mlp --to pytorch -o -"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertEquals(out:match "^[^\n]+", "import torch")
end

function TestExport:test_a_training_script_gives_the_model_and_its_loss()
  local code, out, err = orrery "export digits.lua --to pytorch -o -"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "class Loss(nn.Module):")
  lu.assertStrContains(out, "return self.cross_entropy_loss(x, target)")
end

function TestExport:test_tells_all_that_pytorch_cannot_say()
  local code, out, err = orrery "export own.lua --to pytorch -o own.py"
  lu.assertEquals({ code, out }, { 3, "" })
  lu.assertStrContains(err, "halved (halved): a function of the script")
  lu.assertStrContains(err, "halved_2 (halved): a function of the script")
  lu.assertNil(child.read "own.py")
end

function TestExport:test_asks_what_to_write()
  local code, _, err = orrery "export lenet5"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--to")
  code, _, err = orrery "export lenet5 --to pytorhc"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "did you mean 'pytorch'?")
end

-- What a model of the zoo gives, and its code and weights in files.
local script = [[
local orrery = require "orrery"
local config = orrery.config { name = "", sizes = "" }
local sizes = {}
for size in config.sizes:gmatch "%d+" do sizes[#sizes + 1] = tonumber(size) end
orrery.manual_seed(3)
local g = orrery.graph "zoo"
local results = { orrery.models[config.name] {} (g:input { image = { shape = { unpack(sizes, 2) } } }) }
for _, result in ipairs(results) do g:output(result) end
local manager = orrery.manager(g, {})
orrery.manual_seed(7)
local flat = (manager:predict(results, orrery.data.tensors { image = orrery.randn(sizes) })):flatten()
orrery.save(g, "zoo.safetensors")
local words, last = {}, flat:numel() - 1
for i = 0, 15 do words[i + 1] = ("%.17g"):format(flat[math.floor((2 * i * last + 15) / 30)]:item()) end
print(table.concat(words, " "))
]]

local models = { lenet5 = "2x1x32x32", mlp = "2x784", resnet18 = "2x3x64x64", squeezenet1_1 = "2x3x64x64",
  mobilenet_v3_small = "2x3x64x64" }
local others = { densenet121 = "2x3x64x64", googlenet = "2x3x224x224", efficientnet_b0 = "2x3x64x64",
  convnext_tiny = "2x3x64x64", vit_b_16 = "1x3x224x224", unet = "1x3x64x64", shufflenet_v2_x1_0 = "2x3x64x64",
  vgg11_bn = "1x3x64x64", inception_v3 = "1x3x299x299" }

local function numbers(text)
  local found = {}
  for word in text:gmatch "%S+" do found[#found + 1] = tonumber(word) end
  return found
end

local function assert_pytorch_agrees(python, name, sizes)
  child.write("zoo.lua", script)
  local code, own, err = orrery(("run zoo.lua name=%s sizes=%s -q"):format(name, sizes))
  lu.assertEquals({ code, err }, { 0, "" }, name)
  local exported, _, fault = orrery "export zoo.safetensors --to pytorch -o zoo.py"
  lu.assertEquals({ exported, fault }, { 0, "" }, name)
  local run = ("%s %sscripts/dev/run_pytorch_code.py zoo.py zoo.safetensors %s"):format(python, root, sizes)
  local _, theirs, trouble = child.shell(run)
  lu.assertEquals(trouble, "", name)
  local wanted, got, largest = numbers(own), numbers(theirs), 0
  lu.assertEquals(#got, 16, name)
  for _, value in ipairs(wanted) do largest = math.max(largest, math.abs(value)) end
  for at, value in ipairs(wanted) do lu.assertAlmostEquals(got[at], value, 1e-5 * largest, name) end
end

function TestExport:test_pytorch_computes_what_the_model_does()
  local python = os.getenv "ORRERY_PYTHON"
  if not python then lu.skip "ORRERY_PYTHON names no Python with PyTorch" end
  for name, sizes in pairs(models) do assert_pytorch_agrees(python, name, sizes) end
  for name, sizes in pairs(full and others or {}) do assert_pytorch_agrees(python, name, sizes) end
end

child.finish(lu.LuaUnit.run())
