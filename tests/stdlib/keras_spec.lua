-- Graphs of Keras: what they compute with Keras' weights, made by scripts/dev/keras_fixtures.py.
local lu = require "luaunit"
local orrery = require "orrery"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/keras_spec%.lua$"
local folder = root .. "tests/fixtures/keras/"

local function results_of(name, fields)
  local g = orrery.import(folder .. name .. ".json")
  orrery.load_weights(g, folder .. name .. ".safetensors")
  local values = orrery.load_tensors(folder .. name .. "_values.safetensors")
  local given = { batch = 3 }
  for _, field in ipairs(fields) do given[field] = values[field] end
  return { orrery.manager(g, {}):predict(orrery.data.tensors(given)) }, values
end

local function assert_near(got, wanted, what)
  lu.assertEquals(got:size(), wanted:size(), what)
  lu.assertTrue((got - wanted):abs():max():item() < 1e-5, what)
end

TestKeras = {}

function TestKeras:test_a_convolutional_net_computes_what_keras_does()
  local got, values = results_of("convolutional", { "image" })
  assert_near(got[1], values.output_0, "classes")
end

function TestKeras:test_a_functional_net_with_a_model_within_computes_what_keras_does()
  local got, values = results_of("residual", { "image", "gate" })
  assert_near(got[1], values.output_0, "gated")
  assert_near(got[2], values.output_1, "norm")
end

function TestKeras:test_a_net_for_sequences_computes_what_keras_does()
  local got, values = results_of("sequence", { "words" })
  assert_near(got[1], values.output_0, "answer")
end

os.exit(lu.LuaUnit.run())
