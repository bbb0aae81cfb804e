-- Both cases of VizML's paper are trained: the digits' classifier and style transfer.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/vizml_spec%.lua$"
local fashion = "/usr/share/datasets/fashion-mnist"

local function path(name) return child.folder .. "/" .. name end

local function take(name) child.write(name, core.read_file(root .. "tests/fixtures/vizml/" .. name)) end

local function big_endian(number)
  return string.char(math.floor(number / 2 ^ 24) % 256, math.floor(number / 2 ^ 16) % 256,
    math.floor(number / 256) % 256, number % 256)
end

-- Pictures of ten classes, each with bright rows of its own.
local function write_digits(count)
  local images, labels = {}, {}
  for i = 0, count - 1 do
    local class = i * 7 % 10
    labels[#labels + 1] = string.char(class)
    for row = 0, 27 do
      local grey = math.floor(row / 2.8) == class and 255 or (row * i) % 40
      images[#images + 1] = string.char(grey):rep(28)
    end
  end
  child.shell "mkdir -p digits"
  child.write("digits/train-images-idx3-ubyte",
    "\0\0\8\3" .. big_endian(count) .. big_endian(28) .. big_endian(28) .. table.concat(images))
  child.write("digits/train-labels-idx1-ubyte", "\0\0\8\1" .. big_endian(count) .. table.concat(labels))
end

local function losses_of(out)
  local losses = {}
  for line in out:gmatch "[^\n]+" do
    local loss = line:find('"kind":"epoch"', 1, true) and line:match '"loss":([%d.e+-]+)'
    losses[#losses + 1] = tonumber(loss)
  end
  return losses
end

TestDigits = {}

function TestDigits:setUp()
  take "mnist.json"
  write_digits(300)
end

function TestDigits:test_are_learned_from_idx_files()
  child.write("faster.json", (child.read("mnist.json"):gsub('"0.003"', '"0.1"')))
  local code, out, err = child.orrery "run faster.json data=digits --epochs 12 --seed 1 --json"
  lu.assertEquals({ code, err }, { 0, "" })
  local losses = losses_of(out)
  lu.assertEquals(#losses, 12)
  lu.assertTrue(losses[1] > losses[12])
  lu.assertTrue(losses[12] < 0.5, tostring(losses[12]))
end

-- The largest divisor of 300 up to 64 is 60; a script may ask for others.
function TestDigits:test_come_in_batches_that_divide_their_number()
  local _, out = child.orrery "run mnist.json data=digits --epochs 1 --json"
  lu.assertStrContains(out, '"steps_per_epoch":5')
  child.write("smaller.lua", [[
    local graph, manager = require("orrery").import("mnist.json", { data = "digits", batch = 50 })
    manager:run()
  ]])
  _, out = child.orrery "run smaller.lua --epochs 1 --json"
  lu.assertStrContains(out, '"steps_per_epoch":6')
end

function TestDigits:test_the_run_is_recorded_with_its_file()
  lu.assertEquals((child.orrery "run mnist.json data=digits --name kept --epochs 1"), 0)
  local _, out = child.orrery "history show kept --json"
  lu.assertStrContains(out, "mnist.json")
  lu.assertEquals((child.orrery "render kept -o kept.svg"), 0)
end

function TestDigits:test_a_model_is_saved_where_its_manager_says()
  local text = child.read("mnist.json"):gsub('("model_save_path", "ParaClass": "str", "ParaValue": )""',
    '%1"saved/"')
  child.write("saving.json", text)
  child.shell "mkdir -p saved"
  lu.assertEquals((child.orrery "run saving.json data=digits --epochs 1"), 0)
  local _, out = child.orrery "inspect saved/saving.safetensors --plain"
  lu.assertStrContains(out, "Block12.layer_Linear_0.weight")
  local again = "run saving.json data=digits --epochs 1 --weights saved/saving.safetensors"
  lu.assertEquals((child.orrery(again)), 0)
end

function TestDigits:test_missing_files_are_named()
  local code, _, err = child.orrery "run mnist.json data=nowhere"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "there is no 'train-images-idx3-ubyte' in 'nowhere'")
end

function TestDigits:test_settings_that_no_graph_has_are_refused()
  lu.assertErrorMsgContains("import: unknown option 'wieghts' (did you mean 'weights'?)", orrery.import,
    path "mnist.json", { wieghts = "a" })
  lu.assertErrorMsgContains("import: batch must be a number, got a string", orrery.import, path "mnist.json",
    { batch = "9" })
end

function TestDigits:test_fashion_is_learned_where_it_is_installed()
  lu.skipIf(not core.exists(fashion .. "/train-images-idx3-ubyte.gz"), "./dev setup --data installs it")
  local code, out = child.orrery "run mnist.json --epochs 1 --seed 1 --json"
  lu.assertEquals(code, 0)
  lu.assertTrue(losses_of(out)[1] < 1.5)
end

TestStyle = {}

function TestStyle:setUp()
  lu.skipIf(not os.getenv "ORRERY_TEST_FULL", "--full trains VGG19")
  take "style.json"
  local image = orrery.linspace(0, 1, 40 * 40):view(40, 40)
  orrery.save_image(orrery.stack({ image, image:t(), 1 - image }), path "content.png")
  orrery.save_image(orrery.stack({ (image * 50):sin():abs(), image, image:t() }), path "style.png")
end

-- As torchvision's VGG19 is saved, but for the layers that the graph does not have.
local function write_vgg(name, layers)
  local nn, saved = orrery.nn, { ["classifier.0"] = orrery.nn.Linear(3, 3) }
  local sizes = { [0] = { 3, 64 }, [2] = { 64, 64 }, [5] = { 64, 128 } }
  orrery.manual_seed(1)
  for _, at in ipairs(layers) do
    local layer = nn.Conv2d(sizes[at][1], sizes[at][2], 3)
    nn.init.kaiming_normal_(layer.weight)  -- as features of a trained network, none vanish
    saved["features." .. at] = layer
  end
  orrery.save(saved, path(name))
  return saved
end

-- The content weighs as much as the style, whose matrices VizML divides by their sizes: little is left to
-- gain.
function TestStyle:test_changes_the_image_until_its_loss_is_smaller()
  write_vgg("vgg19.safetensors", { 0, 2, 5 })
  local code, out, err = child.orrery "run style.json --weights vgg19.safetensors --json"
  lu.assertEquals({ code, err }, { 0, "" })
  local losses = losses_of(out)
  lu.assertEquals(#losses, 3)
  lu.assertTrue(losses[2] < losses[1] and losses[3] <= losses[2], table.concat(losses, ", "))
  local result = orrery.load_image(path "stylised.png")
  lu.assertEquals({ result:size(1), result:size(2) }, { 32, 32 })
end

function TestStyle:test_begins_with_the_content()
  local graph = orrery.import(path "style.json")
  local content = core.vizml_run(graph).tensors[4]
  lu.assertEquals(content.kind, "ImageTensor")
  lu.assertAlmostEquals(content.parameter.data[0][2]:max():item(), 1, 0.05)
end

function TestStyle:test_takes_the_weights_that_its_layers_are_imported_from()
  local saved = write_vgg("vgg19.safetensors", { 0, 2, 5 })
  local graph = orrery.import(path "style.json", { weights = path "vgg19.safetensors" })
  local found = {}
  for _, entry in ipairs(graph:state()) do found[entry.key] = entry.parameter.data end
  lu.assertTrue(found["vgg_image.layer_Conv2D_2.bias"]:equal(saved["features.5"].bias.data))
  lu.assertTrue(found["vgg_image.layer_Conv2D_0.weight"]:equal(saved["features.0"].weight.data))
end

function TestStyle:test_runs_with_random_weights_too()
  local code, out = child.orrery "run style.json --epochs 1 --json"
  lu.assertEquals(code, 0)
  lu.assertTrue(losses_of(out)[1] > 0)
end

function TestStyle:test_names_the_weights_that_a_file_lacks()
  write_vgg("part.safetensors", { 0 })
  local code, _, err = child.orrery "run style.json --weights part.safetensors"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "lacks tensors that the graph imports: features.2.bias, features.2.weight, "
    .. "features.5.bias, features.5.weight")
end

function TestStyle:test_is_drawn_with_its_blocks()
  lu.assertEquals((child.orrery "render style.json -o style.dot"), 0)
  for _, block in ipairs { "vgg_image", "vgg_content", "vgg_style" } do
    lu.assertStrContains(child.read "style.dot", block)
  end
end

child.finish(lu.LuaUnit.run())
