-- `orrery export --to keras`: models as source code for Keras 3.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery

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

-- What a model of the zoo gives, and its weights in a file.
local script = [[
local orrery = require "orrery"
local config = orrery.config { name = "", sizes = "", kind = "" }
local sizes = {}
for size in config.sizes:gmatch "%d+" do sizes[#sizes + 1] = tonumber(size) end
orrery.manual_seed(3)
local g = orrery.graph "zoo"
local is_text = config.kind == "tokens"
local field = { shape = { unpack(sizes, 2) }, dtype = is_text and "int64" or "float32" }
local results = { orrery.models[config.name] {} (g:input { given = field }) }
for _, result in ipairs(results) do g:output(result) end
local manager = orrery.manager(g, {})
orrery.manual_seed(7)
local given = is_text and orrery.randint(0, 100, sizes) or orrery.randn(sizes)
local flat = (manager:predict(results, orrery.data.tensors { given = given })):flatten()
orrery.save(g, "zoo.safetensors")
local words, last = {}, flat:numel() - 1
for i = 0, 15 do words[i + 1] = ("%.17g"):format(flat[math.floor((2 * i * last + 15) / 30)]:item()) end
print(table.concat(words, " "))
]]

local models = { lenet5 = "2x1x32x32", mlp = "2x784", squeezenet1_1 = "2x3x64x64" }
local others = { resnet18 = "2x3x64x64", mobilenet_v3_small = "2x3x64x64", densenet121 = "2x3x64x64",
  googlenet = "2x3x224x224", efficientnet_b0 = "2x3x64x64", convnext_tiny = "2x3x64x64",
  vit_b_16 = "1x3x224x224", unet = "1x3x64x64", shufflenet_v2_x1_0 = "2x3x64x64", vgg11_bn = "1x3x64x64",
  inception_v3 = "1x3x299x299", espcn = "1x1x24x24", dcgan_generator = "2x100x1x1",
  minilm = "2x12 tokens", gpt2 = "1x9 tokens", lstm_language_model = "2x12 tokens" }

local function numbers(text)
  local found = {}
  for word in text:gmatch "%S+" do found[#found + 1] = tonumber(word) end
  return found
end

local function assert_keras_agrees(python, name, given)
  local sizes, kind = given:match "^(%S+) ?(.*)$"
  child.write("zoo.lua", script)
  local code, own, err = orrery(("run zoo.lua name=%s sizes=%s kind=%s -q"):format(name, sizes, kind))
  lu.assertEquals({ code, err }, { 0, "" }, name)
  local exported, _, fault = orrery "export zoo.safetensors --to keras -o zoo.py"
  lu.assertEquals({ exported, fault }, { 0, "" }, name)
  local run = "%s %sscripts/dev/run_keras_code.py zoo.py zoo.safetensors %s %s 2>/dev/null"
  local ran, theirs = child.shell(run:format(python, root, sizes, kind))
  lu.assertEquals(ran, 0, name)
  local wanted, got, largest = numbers(own), numbers(theirs), 0
  lu.assertEquals(#got, 16, name)
  for _, value in ipairs(wanted) do largest = math.max(largest, math.abs(value)) end
  for at, value in ipairs(wanted) do lu.assertAlmostEquals(got[at], value, 1e-4 * largest, name) end
end

function TestExportKeras:test_keras_computes_what_the_model_does()
  local python = os.getenv "ORRERY_PYTHON"
  local has_keras = python and child.shell("KERAS_BACKEND=torch " .. python
    .. " -c 'import keras, torch, safetensors'") == 0
  if not has_keras then lu.skip "ORRERY_PYTHON names no Python with Keras, PyTorch and safetensors" end
  for name, sizes in pairs(models) do assert_keras_agrees(python, name, sizes) end
  for name, sizes in pairs(full and others or {}) do assert_keras_agrees(python, name, sizes) end
end

child.finish(lu.LuaUnit.run())
