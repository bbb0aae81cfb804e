-- Weights under the names that torchvision, Hugging Face and Keras have for them, without a map.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local keras_weights = require "orrery.keras_weights"
local refusal = require("refusal").text
local weight_names = require "orrery.weight_names"
local nn = orrery.nn

local files = debug.getinfo(1, "S").source:match "^@(.*)/stdlib/[^/]*$" .. "/fixtures/names/"

-- What a state and a file of these names agree on; a parameter is any value, a name may have a shape.
local function plan(keys, names)
  local state, tensors = {}, {}
  for at, key in ipairs(keys) do state[at] = { key = key, parameter = key } end
  for at, name in ipairs(names) do
    tensors[at] = type(name) == "table" and name or { name = name, shape = { 1 } }
  end
  return weight_names.plan(state, { tensors = tensors })
end

local function sorted(list)
  table.sort(list)
  return list
end

TestNames = {}

function TestNames:test_names_of_the_graph_itself_need_no_plan()
  lu.assertNil(plan({ "a.weight", "a.bias" }, { "a.weight", "a.bias" }))
  lu.assertNil(plan({ "a.weight" }, { "b.weight" }), "what has no other name is the loader's to refuse")
end

function TestNames:test_torchvisions_dense_layers_of_old_files()
  local found = plan({ "features.denseblock1.denselayer2.norm1.weight",
    "features.denseblock1.denselayer2.conv2.weight" },
    { "features.denseblock1.denselayer2.norm.1.weight", "features.denseblock1.denselayer2.conv.2.weight" })
  lu.assertEquals(found.map, {
    ["features.denseblock1.denselayer2.norm.1.weight"] = "features.denseblock1.denselayer2.norm1.weight",
    ["features.denseblock1.denselayer2.conv.2.weight"] = "features.denseblock1.denselayer2.conv2.weight",
  })
  lu.assertNil(found.match)
end

function TestNames:test_torchvisions_vision_transformers_of_old_files()
  local layer = "encoder.layers.encoder_layer_0.mlp."
  local found = plan({ layer .. "0.weight", layer .. "3.bias" },
    { layer .. "linear_1.weight", layer .. "linear_2.bias" })
  lu.assertEquals(found.map,
    { [layer .. "linear_1.weight"] = layer .. "0.weight", [layer .. "linear_2.bias"] = layer .. "3.bias" })
end

function TestNames:test_a_network_with_and_without_what_its_head_calls_it()
  lu.assertEquals(plan({ "transformer.wte.weight" }, { "wte.weight" }).map["wte.weight"],
    "transformer.wte.weight")
  lu.assertEquals(plan({ "embeddings.LayerNorm.weight" }, { "bert.embeddings.LayerNorm.gamma" }).map,
    { ["bert.embeddings.LayerNorm.gamma"] = "embeddings.LayerNorm.weight" })
  lu.assertEquals(plan({ "model.norm.weight" }, { "norm.weight" }).map["norm.weight"], "model.norm.weight")
  lu.assertNil(plan({ "norm.weight" }, { "model.norm.weight" }), "a checkpoint's part")
end

function TestNames:test_a_key_that_the_file_has_is_never_given_away()
  lu.assertNil(plan({ "transformer.a", "b" }, { "a", "transformer.a", "b" }))
  local found = plan({ "norm.weight", "c" }, { "transformer.norm.weight", "bert.norm.weight", "c" })
  lu.assertEquals(found.map["transformer.norm.weight"], "norm.weight")
  lu.assertEquals(found.map["bert.norm.weight"], "bert.norm.weight", "one name takes a key")
end

function TestNames:test_counters_of_batches_may_be_lacking_where_the_norm_is_there()
  local keys = { "bn.weight", "bn.running_mean", "bn.num_batches_tracked" }
  lu.assertEquals(plan(keys, { "bn.weight", "bn.running_mean" }).match, { "bn.weight", "bn.running_mean" })
  lu.assertNil(plan(keys, { "bn.weight" }), "a norm that is lacking is told whole")
end

function TestNames:test_computed_buffers_are_passed_over_where_the_graph_has_none()
  local found = plan({ "h.0.attn.c_attn.bias" }, { "h.0.attn.c_attn.bias",
    { name = "h.0.attn.bias", shape = { 1, 1, 4, 4 } }, { name = "h.0.attn.masked_bias", shape = {} } })
  lu.assertEquals(found.match, { "h.0.attn.c_attn.bias" })
  lu.assertNil(plan({ "a" }, { "a", { name = "h.0.attn.bias", shape = { 4 } } }), "a bias is no mask")
  lu.assertNil(plan({ "h.0.attn.bias" }, { { name = "h.0.attn.bias", shape = { 1, 1, 4, 4 } } }))
end

TestHubFiles = {}

-- The tensors of a file of outputs; tokens are whole numbers.
local function expected(name)
  return orrery.load_tensors(files .. name .. "_outputs.safetensors")
end

local function expect_equal(found, wanted)
  lu.assertEquals(found.shape, wanted.shape)
  lu.assertTrue((found - wanted):abs():max():item() < 1e-5)
end

local small = { layers = 1, width = 8, heads = 2, tokens = 11, dropout = 0 }

local function model_of(name, more)
  local options = {}
  for key, value in pairs(small) do options[key] = value end
  for key, value in pairs(more) do options[key] = value end
  return orrery.models[name](options)
end

function TestHubFiles:test_gpt2_of_the_hub_gives_its_numbers()
  local model, wanted = model_of("gpt2", { positions = 16 }), expected "gpt2"
  local report = model:load_weights(files .. "gpt2.safetensors")
  lu.assertEquals(report, { missing = {}, unexpected = {} })
  expect_equal(model:eval()(wanted.tokens), wanted.logits)
end

function TestHubFiles:test_a_graph_takes_them_too()
  local g = orrery.models.graph("gpt2", { layers = 1, width = 8, heads = 2, tokens = 11, positions = 16 })
  local report = orrery.load_weights(g, files .. "gpt2.safetensors")
  lu.assertEquals(report, { missing = {}, unexpected = {} })
  lu.assertEquals(orrery.load(g, files .. "gpt2.safetensors"), report)
end

function TestHubFiles:test_bert_gives_its_numbers_and_tells_of_its_head()
  local model, wanted = model_of("minilm", { positions = 16, hidden = 12 }), expected "bert"
  local report = model:load_weights(files .. "bert.safetensors", { strict = false })
  lu.assertEquals(report.missing, {})
  lu.assertEquals(sorted(report.unexpected), { "classifier.bias", "classifier.weight" })
  local hidden, pooled = model:eval()(wanted.tokens)
  expect_equal(hidden, wanted.hidden)
  expect_equal(pooled, wanted.pooled)
  local text = refusal(model.load_weights, model, files .. "bert.safetensors")
  lu.assertStrContains(text, "not in the graph: classifier.weight")
end

function TestHubFiles:test_llama_gives_its_numbers()
  local model, wanted = model_of("llama", { groups = 1, hidden = 12 }), expected "llama"
  model:load_weights(files .. "llama.safetensors")
  expect_equal(model:eval()(wanted.tokens), wanted.logits)
end

function TestHubFiles:test_norms_of_old_files_keep_their_count()
  local norm = nn.BatchNorm1d(2)
  local state = { weight = orrery.tensor { 3, 4 }, bias = orrery.zeros(2), running_mean = orrery.zeros(2),
    running_var = orrery.ones(2) }
  local path = child.folder .. "/old.safetensors"
  orrery.save(state, path)
  lu.assertEquals(orrery.load_weights(norm, path), { missing = {}, unexpected = {} })
  lu.assertEquals(norm.weight:tolist(), { 3, 4 })
  state.running_var = nil
  orrery.save(state, path)
  lu.assertStrContains(refusal(orrery.load_weights, norm, path), "missing in the file: running_var")
end

TestKeras = {}

function TestKeras:test_keras_resnet50_is_another_network()
  local wanted = {}
  for _, entry in ipairs(orrery.models.graph("resnet50"):state()) do wanted[entry.key] = true end
  lu.assertNil(keras_weights.recognise({ "conv1_conv/kernel", "conv1_bn/gamma" }, wanted))
end

function TestKeras:test_kernels_and_matrices_are_turned()
  local kernel = orrery.arange(2 * 3 * 4 * 5):view(2, 3, 4, 5)
  local turned = keras_weights.turned(kernel)
  lu.assertEquals(turned.shape, { 5, 4, 2, 3 })
  lu.assertEquals(turned[{ 4, 2, 1, 0 }]:item(), kernel[{ 1, 0, 2, 4 }]:item())
  lu.assertEquals(keras_weights.turned(orrery.tensor { { 1, 2, 3 } }):tolist(), { { 1 }, { 2 }, { 3 } })
  lu.assertEquals(keras_weights.turned(orrery.tensor { 1, 2 }):tolist(), { 1, 2 })
end

-- Of a picture of 2 channels, 1 high and 3 wide, Keras flattens a0 b0 a1 b1 a2 b2.
function TestKeras:test_the_matrix_behind_a_flattened_picture_is_sorted_by_channel()
  local matrix = orrery.tensor { { 10 }, { 20 }, { 11 }, { 21 }, { 12 }, { 22 } }
  lu.assertEquals(keras_weights.turned(matrix, { 2, 1, 3 }):tolist(), { { 10, 11, 12, 20, 21, 22 } })
end

-- Our own weights as Keras would have them.
local function as_keras(state)
  local to = { weight = "kernel", bias = "bias" }
  local layers = { conv2d_1 = "conv2d", conv2d_2 = "conv2d_1", dense_1 = "dense", dense_2 = "dense_1" }
  local tensors = {}
  for key, tensor in pairs(state) do
    local layer, slot = key:match "^(.*)%.(%w+)$"
    if layer == "dense_1" and slot == "weight" then
      tensor = tensor:reshape(128, 64, 12, 12):permute(2, 3, 1, 0):reshape(9216, 128)
    elseif slot == "weight" then
      tensor = #tensor.shape == 4 and tensor:permute(2, 3, 1, 0) or tensor:t()
    end
    tensors[layers[layer] .. "/" .. to[slot]] = tensor:contiguous()
  end
  return tensors
end

function TestKeras:test_a_file_of_keras_fills_a_model()
  local model, other = orrery.models.keras_mnist_cnn {}, orrery.models.keras_mnist_cnn {}
  local path = child.folder .. "/mnist.npz"
  orrery.save(as_keras(model:state_dict()), child.folder .. "/mnist.safetensors")
  core.convert_weights(child.folder .. "/mnist.safetensors", path)
  other:load_weights(path, { map = "keras" })
  local found = other:state_dict()
  for key, tensor in pairs(model:state_dict()) do
    lu.assertEquals((found[key] - tensor):abs():max():item(), 0, key)
  end
  lu.assertStrContains(refusal(other.load_weights, other, path, { map = "keras", strict = false }),
    "strict has no meaning beside map = 'keras'")
end

function TestKeras:test_other_files_are_refused()
  local path = child.folder .. "/other.safetensors"
  orrery.save({ ["conv1_conv/kernel"] = orrery.ones(1) }, path)
  local text, fault = refusal(orrery.load_weights, nn.Linear(2, 2), path, { map = "keras" })
  lu.assertEquals(fault, "input_file", text)
  lu.assertStrContains(text, "are not those of a network of Keras that fits the graph")
  lu.assertStrContains(text, "Tables are there for vgg16, vgg19, densenet121")
end

child.finish(lu.LuaUnit.run())
