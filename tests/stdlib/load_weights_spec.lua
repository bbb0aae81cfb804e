-- Weights of PyTorch's files, of parts of them, under other names and turned over.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local refusal = require("refusal").text
local nn = orrery.nn

local files = debug.getinfo(1, "S").source:match "^@(.*)/stdlib/[^/]*$" .. "/formats/fixtures/pt/"

local function net() return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)) end

local function expect_counted(model)
  lu.assertEquals(model[1].weight:tolist(), { { 0, 1, 2 }, { 3, 4, 5 } })
  lu.assertEquals(model[1].bias:tolist(), { 0, 1 })
  lu.assertEquals(model[2].running_var:tolist(), { 0, 1 })
end

TestLoadWeights = {}

function TestLoadWeights:test_reads_state_dicts_of_every_kind_by_name()
  for _, name in ipairs { "state.pt", "state_legacy.pt", "protocol3.pt" } do
    local model = net()
    lu.assertEquals(orrery.load_weights(model, files .. name), { missing = {}, unexpected = {} })
    expect_counted(model)
  end
end

function TestLoadWeights:test_takes_a_part_of_a_checkpoint_by_its_prefix()
  for _, prefix in ipairs { "model", "model." } do
    local model = net()
    orrery.load_weights(model, files .. "checkpoint.pt", { prefix = prefix })
    expect_counted(model)
  end
  local parallel = net()
  orrery.load_weights(parallel, files .. "parallel.pt", { prefix = "module" })
  lu.assertEquals(parallel[2].running_var:tolist(), { 1, 1 })
end

function TestLoadWeights:test_says_which_parts_a_checkpoint_has()
  local text, fault = refusal(orrery.load_weights, net(), files .. "checkpoint.pt")
  lu.assertEquals(fault, "input_file", text)
  lu.assertStrContains(text, "missing in the file: 0.weight")
  lu.assertStrContains(text, "The file keeps weights in parts: choose one with prefix = 'model'.")
  text = refusal(orrery.load_weights, net(), files .. "checkpoint.pt", { prefix = "modle" })
  lu.assertStrContains(text, "has no part 'modle' with tensors (did you mean 'model'?)")
end

function TestLoadWeights:test_turns_matrices_over_that_the_file_keeps_so()
  local path = child.folder .. "/turned.safetensors"
  orrery.save({ weight = orrery.arange(6):view(3, 2):to "float32", bias = orrery.zeros(2) }, path)
  local layer = nn.Linear(3, 2)
  local text = refusal(orrery.load_weights, layer, path)
  lu.assertStrContains(text, "; transpose names keys to turn over")
  orrery.load_weights(layer, path, { transpose = "weight" })
  lu.assertEquals(layer.weight:tolist(), { { 0, 2, 4 }, { 1, 3, 5 } })
  local straight = nn.Linear(2, 3, { bias = false })
  text = refusal(orrery.load_weights, straight, path, { strict = false, transpose = "*" })
  lu.assertStrContains(text, "; it fits without transpose")
end

function TestLoadWeights:test_names_tensors_that_are_not_read_where_they_are_wanted()
  local layer = nn.Linear(2, 2, { bias = false })
  local map = { edges = "weight", weight = "w" }
  local text = refusal(orrery.load_weights, layer, files .. "sparse.pt", { map = map })
  lu.assertStrContains(text, "weight is a sparse tensor in the file")
  text = refusal(orrery.load_tensors, files .. "sparse.pt")
  lu.assertStrContains(text, "holds tensors that are not read:\n  'edges' is a sparse tensor")
end

function TestLoadWeights:test_gives_the_tensors_of_a_file_and_of_a_part()
  lu.assertEquals(orrery.load_tensors(files .. "shared.pt").steps:tolist(), { 1, 6, 11, 16, 21 })
  lu.assertNotNil(orrery.load_tensors(files .. "checkpoint.pt", "optimizer.state.0").exp_avg)
  local set = orrery.load_tensors(files .. "model.safetensors.index.json")
  lu.assertEquals(set["a.weight"]:tolist(), { { 0, 1, 2 }, { 3, 4, 5 } })
end

child.finish(lu.LuaUnit.run())
