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

-- Whole models, made by the same script: of each the fields of its input.
local whole_models = {
  ["convolutional.keras"] = { "image" }, ["residual.keras"] = { "image", "gate" },
  ["sequence.keras"] = { "words" }, ["recurrent.keras"] = { "steps" }, ["volumes.keras"] = { "volume" },
  ["crossing.keras"] = { "asked", "known" }, ["nested.keras"] = { "image" }, ["nested.h5"] = { "image" },
  ["both.keras"] = { "steps" }, ["both.h5"] = { "steps" },
}

local function assert_computes(g, name)
  local values = orrery.load_tensors(folder .. name:match "^%a+" .. "_values.safetensors")
  local given = { batch = 3 }
  for _, field in ipairs(whole_models[name]) do given[field] = values[field] end
  local got = { orrery.manager(g, {}):predict(orrery.data.tensors(given)) }
  for at, result in ipairs(got) do
    assert_near(result, values["output_" .. at - 1], name .. ", output " .. at)
  end
end

function TestKeras:test_whole_models_compute_with_their_weights_what_keras_does()
  for name in pairs(whole_models) do assert_computes(orrery.load(folder .. name), name) end
end

function TestKeras:test_weights_of_a_whole_model_fit_a_graph_with_its_keys()
  for _, name in ipairs { "residual.keras", "recurrent.keras" } do
    local g = orrery.import(folder .. name)
    for _, entry in ipairs(g:state()) do
      if entry.parameter.requires_grad then orrery.no_grad(function() entry.parameter:zero_() end) end
    end
    lu.assertEquals(orrery.load_weights(g, folder .. name), { missing = {}, unexpected = {} })
    assert_computes(g, name)
  end
end

function TestKeras:test_an_option_that_means_nothing_is_refused()
  local g = orrery.import(folder .. "nested.keras")
  local fine, text = pcall(orrery.load_weights, g, folder .. "nested.keras", { transpose = "*" })
  lu.assertFalse(fine)
  lu.assertStrContains(tostring(text), "transpose has no meaning for a whole model of Keras")
  fine, text = pcall(orrery.load, folder .. "nested.h5", { shapes = {} })
  lu.assertFalse(fine)
  lu.assertStrContains(tostring(text), "a model of Keras takes no option 'shapes'")
end

os.exit(lu.LuaUnit.run())
