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

function TestExport:test_writes_a_script_that_builds_the_graph_again()
  local code, out, err = orrery "export lenet5 --to lua"
  lu.assertEquals({ code, out, err }, { 0, "lenet5.lua\n", "" })
  lu.assertStrContains(child.read "lenet5.lua", "local g = orrery.graph \"lenet5\"\n")
  local again, text = orrery "export lenet5.lua --to lua -o -"
  lu.assertEquals({ again, text }, { 0, child.read "lenet5.lua" })
end

function TestExport:test_asks_what_to_write()
  local code, _, err = orrery "export lenet5"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--to")
  code, _, err = orrery "export lenet5 --to pytorhc"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "did you mean 'pytorch'?")
end

function TestExport:test_a_model_of_onnx_has_its_weights_inside_or_beside()
  local code, out, err = orrery "export lenet5 --to onnx"
  lu.assertEquals({ code, out, err }, { 0, "lenet5.onnx\n", "" })
  lu.assertNil(child.read "lenet5.onnx.data")
  lu.assertTrue(#child.read "lenet5.onnx" > 240000)
  code, out, err = orrery "export lenet5 --opset 13 --weights beside -o beside.onnx"
  lu.assertEquals({ code, out, err }, { 0, "beside.onnx\n", "" })
  lu.assertTrue(#child.read "beside.onnx" < 10000)
  lu.assertTrue(#child.read "beside.onnx.data" > 240000)
  local _, listed = orrery "inspect beside.onnx"
  lu.assertStrContains(listed, "ONNX, 10 tensors, 61,706 elements")
end

function TestExport:test_tells_all_that_onnx_cannot_say()
  local code, out, err = orrery "export own.lua --to onnx -o own.onnx"
  lu.assertEquals({ code, out }, { 3, "" })
  lu.assertStrContains(err, "halved (halved) (own.lua:5): ONNX has no operators for it")
  lu.assertStrContains(err, "halved_2 (halved) (own.lua:5)")
  lu.assertNil(child.read "own.onnx")
end

-- What a model of the zoo gives, and its code and weights in files.
local script = [[
local orrery = require "orrery"
local config = orrery.config { name = "", sizes = "" }
local sizes = {}
for size in config.sizes:gmatch "%d+" do sizes[#sizes + 1] = tonumber(size) end
orrery.manual_seed(3)
local g = orrery.graph "zoo"
local net = orrery.models[config.name] {}
local results = { net(g:input { image = { shape = { unpack(sizes, 2) } } }) }
for _, result in ipairs(results) do g:output(result) end
for _, entry in ipairs(g:state()) do  -- a head of zeros would pass no gradient
  local weight = entry.parameter
  if #weight.shape > 1 and weight:abs():max():item() == 0 then
    orrery.no_grad(function() weight:add_(orrery.randn(weight.shape):mul(0.02)) end)
  end
end
local manager = orrery.manager(g, {})
orrery.manual_seed(7)
local flat = (manager:predict(results, orrery.data.tensors { image = orrery.randn(sizes) })):flatten()
orrery.save(g, "zoo.safetensors")
local words, last = {}, flat:numel() - 1
for i = 0, 15 do words[i + 1] = ("%.17g"):format(flat[math.floor((2 * i * last + 15) / 30)]:item()) end
print(table.concat(words, " "))
-- In float32 some nets' gradients are unsure in the fifth digit.
local twin = orrery.models[config.name] {}:double()
local exact, gradients = orrery.graph "exact", {}
twin(exact:input { image = { shape = { unpack(sizes, 2) }, dtype = "float64" } })
orrery.load_weights(exact, "zoo.safetensors")
orrery.manual_seed(7)
twin(orrery.randn(sizes):double()):square():mean():backward()
for _, entry in ipairs(exact:state()) do gradients[entry.key] = entry.parameter.grad end
orrery.save(gradients, "gradients.safetensors")
]]

local models = { lenet5 = "2x1x32x32", mlp = "2x784", resnet18 = "2x3x64x64", squeezenet1_1 = "2x3x64x64",
  mobilenet_v3_small = "2x3x64x64" }
local others = { densenet121 = "2x3x64x64", googlenet = "2x3x224x224", efficientnet_b0 = "2x3x64x64",
  convnext_tiny = "2x3x64x64", vit_b_16 = "1x3x224x224", unet = "1x3x64x64", shufflenet_v2_x1_0 = "2x3x64x64",
  vgg11_bn = "1x3x64x64", inception_v3 = "2x3x299x299" }

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
  local words = "%s %sscripts/dev/run_pytorch_code.py zoo.py zoo.safetensors %s gradients.safetensors"
  local run = words:format(python, root, sizes)
  local _, theirs, trouble = child.shell(run)
  lu.assertEquals(trouble, "", name)
  local wanted, got, largest = numbers(own), numbers(theirs), 0
  lu.assertEquals(#got, 17, name)
  lu.assertTrue(got[17] < 1e-9, ("%s: gradients differ by %g of the largest"):format(name, got[17]))
  for _, value in ipairs(wanted) do largest = math.max(largest, math.abs(value)) end
  for at, value in ipairs(wanted) do lu.assertAlmostEquals(got[at], value, 1e-5 * largest, name) end
end

local function python_or_skip()
  local python = os.getenv "ORRERY_PYTHON"
  if not python then lu.skip "ORRERY_PYTHON names no Python with PyTorch" end
  return python
end

function TestExport:test_pytorch_computes_what_the_model_does()
  local python = python_or_skip()
  for name, sizes in pairs(models) do assert_pytorch_agrees(python, name, sizes) end
  for name, sizes in pairs(full and others or {}) do assert_pytorch_agrees(python, name, sizes) end
end

-- A script with much of what a manager can say; it tells each epoch's numbers. The data come in their order.
local trained = [[
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
orrery.manual_seed(3)
local g = orrery.graph "trained"
local image, label = g:input(data.digits { batch = 128 })
local body = g:block("body", function(x)
  return nn.BatchNorm1d(32)(nn.Linear(64, 32)(x:flatten(1)):relu())
end)
local head = g:block("head", function(x) return nn.Linear(32, 10)(x) end)
local logits = head(body(image))
local optimizer = optim.AdamW({ { params = body:parameters(), lr = 0.01 }, { params = head:parameters() } },
  { lr = 0.02, weight_decay = 0.1, loss = nn.CrossEntropyLoss()(logits, label) })
orrery.manager(g, {
  optimizer = optimizer,
  schedules = { optim.lr_scheduler.StepLR(optimizer, { step_size = 2, gamma = 0.5 }),
    { scheduler = optim.lr_scheduler.LinearLR(optimizer, { total_iters = 4 }), interval = "step" } },
  metrics = { accuracy = orrery.metrics.accuracy(logits, label),
    best3 = orrery.metrics.accuracy(logits, label, { top_k = 3 }) },
  validate = data.digits { batch = 256, split = "test" },
  epochs = 4, accumulate_grad_batches = 2, gradient_clip_val = 0.5, limit_train_batches = 7, device = "cpu",
  early_stopping = { monitor = "loss", min_delta = 0.15, patience = 1 },
  checkpoint = { monitor = "accuracy" }, history = false, num_sanity_val_steps = 0,
  callbacks = { epoch_end = function(e)
    for _, of in ipairs { "train", "validation" } do
      for _, name in ipairs { "loss", "accuracy", "best3" } do io.write(("%.9g "):format(e[of][name])) end
    end
  end },
}):run()
]]

function TestExport:test_code_is_formatted_as_black_would()
  local python = python_or_skip()
  lu.skipIf(child.shell(python .. " -c 'import black'") ~= 0, "that Python has no package black")
  child.shell "mkdir black"
  local graphs, zoo = require("orrery.core"), require("orrery").models
  for _, name in ipairs(zoo.names()) do
    child.write(("black/%s.py"):format(name), (graphs.pytorch_code(zoo.graph(name, {}))))
    local done, keras = pcall(graphs.keras_code, zoo.graph(name, {}))
    if done then child.write(("black/%s_keras.py"):format(name), keras) end
  end
  child.write("trained.lua", trained)
  lu.assertEquals(orrery "export trained.lua --to pytorch -o black/trained.py", 0)
  local code, _, err = child.shell(python .. " -m black --check -q --diff black")
  lu.assertEquals({ code, err }, { 0, "" })
end

function TestExport:test_a_training_script_is_a_program_of_pytorch()
  child.write("trained.lua", trained)
  local code, out, err = orrery "export trained.lua --to pytorch -o -"
  lu.assertEquals({ code, err }, { 0, "" })
  for _, words in ipairs { "from sklearn.datasets import load_digits",
    'return DataLoader(digits("train"), batch_size=128)',
    "lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)",
    "nn.utils.clip_grad_norm_(model.parameters(), 0.5)",
    ".argmax(1) == label).float().mean()", 'torch.save(state, "trained_best.pt")', "def main():" } do
    lu.assertStrContains(out, words)
  end
end

function TestExport:test_tells_what_of_a_training_script_is_left_to_write()
  child.write("left.lua", (trained:gsub('data.digits { batch = 128 }',
    [=[data.generator { length = 640, batch = 128,
    fields = { image = { shape = { 1, 8, 8 } }, label = { shape = {}, dtype = "int64", label = true } },
    generate = function() return function() end end }]=]):gsub("early_stopping = ",
    "ema = {}, early_stopping = ")))
  local code, out, err = orrery "export left.lua --to pytorch -o -"
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(err, "left to write: train_loader: data.generator of the script")
  lu.assertStrContains(err, "left to write: main: ema of the manager")
  lu.assertStrContains(out, "def train_loader():\n    raise NotImplementedError(")
end

function TestExport:test_pytorch_trains_as_the_script_does()
  local python = python_or_skip()
  child.write("trained.lua", trained)
  local code, own, err = orrery "run trained.lua -q"
  lu.assertEquals({ code, err }, { 0, "" })
  local exported, _, fault = orrery "export trained.lua --to pytorch -o trained.py"
  lu.assertEquals({ exported, fault }, { 0, "" })
  local runner = ("%s %sscripts/dev/run_pytorch_training.py trained.py "):format(python, root)
  local _, theirs, trouble = child.shell(runner .. "--seed 3")
  lu.assertEquals(trouble, "")
  local wanted, got = numbers(own), numbers(theirs)
  lu.assertTrue(#wanted >= 12, own)
  lu.assertEquals(#got, #wanted)
  for at, value in ipairs(wanted) do lu.assertAlmostEquals(got[at], value, 1e-4, "number " .. at) end
  -- As if it had not been stopped in between.
  child.shell(runner .. "--seed 3 --epochs 1")
  local _, resumed = child.shell(runner .. "--resume trained_last.pt")
  local rest = numbers(resumed)
  lu.assertEquals(#rest, #got - 6)
  for at, value in ipairs(rest) do lu.assertAlmostEquals(value, got[at + 6], 1e-6, "number " .. at) end
end

child.finish(lu.LuaUnit.run())
