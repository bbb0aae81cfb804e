-- Programs of torch.export, made by scripts/dev/make_pt2_fixtures.py: what they compute with their weights.
local lu = require "luaunit"
local orrery = require "orrery"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/pt2_spec%.lua$"
local folder = root .. "tests/fixtures/pt2/"

local function values_of(name) return orrery.load_tensors(folder .. name .. "_values.pt") end

local function predicted(g, values, fields)
  local given = { batch = 3 }
  for _, field in ipairs(fields) do given[field] = values[field] end
  return { orrery.manager(g, {}):predict(orrery.data.tensors(given)) }
end

local function assert_near(got, wanted, what)
  lu.assertEquals(got:size(), wanted:size(), what)
  lu.assertTrue((got - wanted):abs():max():item() < 1e-5, what)
end

local function assert_computes(name, fields, outputs)
  local values = values_of(name)
  local got = predicted(orrery.import(folder .. name .. ".pt2"), values, fields)
  lu.assertEquals(#got, outputs, name)
  for at = 1, outputs do assert_near(got[at], values["output_" .. at - 1], name .. ", output " .. at) end
end

TestPt2 = {}

function TestPt2:test_a_convolutional_net() assert_computes("convnet", { "image" }, 1) end

function TestPt2:test_a_net_behind_run_decompositions() assert_computes("convnet_core", { "image" }, 1) end

function TestPt2:test_a_net_that_writes_into_its_values() assert_computes("residual", { "image" }, 1) end

function TestPt2:test_an_encoder_of_attention() assert_computes("encoder", { "words" }, 1) end

function TestPt2:test_a_tagger_of_recurrent_layers() assert_computes("tagger", { "words" }, 2) end

function TestPt2:test_functions_of_many_kinds() assert_computes("mixed", { "image", "scale" }, 3) end

-- Keys are PyTorch's: strict loading refuses one that only one side has.
function TestPt2:test_its_weights_are_loaded_under_the_names_of_the_state_dict()
  local path = folder .. "residual.pt2"
  local g, stored = orrery.import(path), orrery.load_tensors(path)
  lu.assertEquals(orrery.load_weights(g, path), { missing = {}, unexpected = {} })
  lu.assertEquals(tostring(stored["layer2.0.conv1.weight"].shape), "(12, 8, 3, 3)")
end

function TestPt2:test_a_program_is_trained_on()
  local g = orrery.graph "tuned"
  local labels = orrery.tensor({ 1, 2, 3 }, { dtype = "int64" })
  local image, label = g:input(orrery.data.tensors {
    image = values_of("convnet").image, label = labels, batch = 3 })
  local scores = orrery.load(folder .. "convnet.pt2", { name = "net" })(image)
  local loss = orrery.nn.CrossEntropyLoss()(scores, label)
  local before = {}
  for at, parameter in ipairs(g:parameters()) do before[at] = parameter:clone() end
  lu.assertEquals(#before, 6)
  orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 2,
    history = false, progress = false, device = "cpu" }):run()
  for at, parameter in ipairs(g:parameters()) do lu.assertFalse(parameter:equal(before[at]), at) end
end

function TestPt2:test_all_that_is_unknown_is_told_at_once()
  local fine, text = pcall(orrery.import, folder .. "unknown.pt2")
  lu.assertFalse(fine)
  lu.assertStrContains(tostring(text), "unknown.pt2'")
  lu.assertStrContains(tostring(text), "aten.special_i0.default: special_i0, special_i0_1")
  lu.assertStrContains(tostring(text), "aten.special_i1.default: special_i1")
  lu.assertStrContains(tostring(text), "add_ (aten.add_.Tensor): it changes a tensor that others read, too")
end

os.exit(lu.LuaUnit.run())
