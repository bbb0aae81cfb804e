-- `orrery export --to keras`: models as source code for Keras 3.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery
local zoo_numbers = require "zoo_numbers"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/cli_export_keras_spec%.lua$"
local full = os.getenv "ORRERY_TEST_FULL" ~= nil

child.write("spread.lua", [[
local orrery = require "orrery"
local g = orrery.graph "spread"
local x = g:input { x = { shape = { 4, 5 } } }
g:output(x:var(1) + x:exponential():sum(1))
]])

TestExportKeras = {}

function TestExportKeras:test_writes_a_module_beside_its_name()
  local code, out, err = orrery "export lenet5 --to keras"
  lu.assertEquals({ code, out, err }, { 0, "lenet5.py\n", "" })
  local text = child.read "lenet5.py"
  lu.assertStrContains(text, "def lenet5():\n    image = keras.Input((1, 32, 32), name=\"image\")\n")
  lu.assertStrContains(text, "def load_weights(model, path):\n")
end

function TestExportKeras:test_equal_blocks_are_one_function()
  local code, out, err = orrery "export resnet18 --to keras -o -"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "def building_block(x, filters, name):\n")
  lu.assertStrContains(out, 'name="layer1-0")\n')
end

function TestExportKeras:test_tells_all_that_keras_cannot_say()
  local code, out, err = orrery "export spread.lua --to keras -o spread.py"
  lu.assertEquals({ code, out }, { 3, "" })
  lu.assertStrContains(err, "var (var, spread.lua:4): a correction other than 0")
  lu.assertStrContains(err, "exponential (exponential, spread.lua:4): Keras has nothing that does it")
  lu.assertNil(child.read "spread.py")
end

local models = { lenet5 = "2x1x32x32", mlp = "2x784", squeezenet1_1 = "2x3x64x64" }
local others = { resnet18 = "2x3x64x64", mobilenet_v3_small = "2x3x64x64", densenet121 = "2x3x64x64",
  googlenet = "2x3x224x224", efficientnet_b0 = "2x3x64x64", convnext_tiny = "2x3x64x64",
  vit_b_16 = "1x3x224x224", unet = "1x3x64x64", shufflenet_v2_x1_0 = "2x3x64x64", vgg11_bn = "1x3x64x64",
  inception_v3 = "1x3x299x299", espcn = "1x1x24x24", dcgan_generator = "2x100x1x1",
  minilm = "2x12 tokens", gpt2 = "1x9 tokens", lstm_language_model = "2x12 tokens" }

local function assert_keras_agrees(python, name, given)
  local own = zoo_numbers.of(name, given)
  local exported, _, fault = orrery "export zoo.safetensors --to keras -o zoo.py"
  lu.assertEquals({ exported, fault }, { 0, "" }, name)
  local run = "%s %sscripts/dev/run_keras_code.py zoo.py zoo.safetensors %s 2>/dev/null"
  local ran, theirs = child.shell(run:format(python, root, given))
  lu.assertEquals(ran, 0, name)
  zoo_numbers.assert_near(theirs, own, 1e-4, name)
end

-- On the backend that KERAS_BACKEND names, PyTorch where it names none.
function TestExportKeras:test_keras_computes_what_the_model_does()
  local python = os.getenv "ORRERY_PYTHON"
  local backend = os.getenv "KERAS_BACKEND" or "torch"
  local has_keras = python and child.shell(("KERAS_BACKEND=%s %s -c 'import keras, torch, safetensors'")
    :format(backend, python)) == 0
  if not has_keras then lu.skip "ORRERY_PYTHON names no Python with Keras, PyTorch and safetensors" end
  for name, sizes in pairs(models) do assert_keras_agrees(python, name, sizes) end
  for name, sizes in pairs(full and others or {}) do assert_keras_agrees(python, name, sizes) end
end

child.finish(lu.LuaUnit.run())
