-- A model of ONNX as others make them: computed step by step, drawn, tuned in another graph, written again.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"

local fixtures = debug.getinfo(1, "S").source:match "^@(.*)/stdlib/[^/]*$" .. "/fixtures/onnx/"
local file = fixtures .. "listener.onnx"
local kept = orrery.load_tensors(fixtures .. "listener.safetensors")
local told = { values = { sr = 16 }, shapes = { input = { "N", 8 }, state = { 2, "N", 2 } } }
local settings = " sr=16 input=N,8 state=2,N,2"

local function near(a, b) return a:allclose(b, 1e-5, 1e-6) end

local function listener() return orrery.load(file, told) end

local function with(options)
  local all = { values = told.values, shapes = told.shapes }
  for name, value in pairs(options) do all[name] = value end
  return all
end

-- A graph that trains the model on labels; its fields are the samples' chunks and states.
local function tuned(epochs)
  local g = orrery.graph "tuned"
  local chunk, state, label = g:input(orrery.data.tensors {
    chunk = kept.input[{ 0 }], state = orrery.zeros(3, 2, 2), label = orrery.tensor { 1, 0, 1 }, batch = 3 })
  local speech, next_state = orrery.load(file, with { name = "net", trainable = true })(chunk,
    state:permute { 1, 0, 2 })
  local loss = orrery.binary_cross_entropy(speech:flatten(0), label)
  g:output(speech, next_state)
  local losses = {}
  orrery.manager(g, { history = false, progress = false, checkpoint = false, epochs = epochs,
    optimizer = orrery.optim.Adam(g:parameters(), { lr = 0.05, loss = loss }),
    callbacks = { epoch_end = function(report) losses[#losses + 1] = report.train.loss end } }):run()
  return g, losses
end

TestOnnxNets = {}

function TestOnnxNets:test_steps_give_what_onnxruntime_gives_with_the_state_carried()
  local net, state = listener():compile(), kept.state
  for step = 1, 3 do
    local out = net { input = kept.input[{ step - 1 }], state = state }
    state = out.stateN
    lu.assertTrue(near(out.output, kept["output." .. step]), "output " .. step)
    lu.assertTrue(near(out.stateN, kept["stateN." .. step]), "state " .. step)
  end
end

function TestOnnxNets:test_an_lstm_cell_is_a_layer_with_pytorchs_names()
  local keys = {}
  local prefix = "^If_0_then_branch__Inline_0__%."
  for _, entry in ipairs(listener():state()) do keys[entry.key:gsub(prefix, "")] = true end
  for _, key in ipairs { "encoder.conv.weight", "encoder.conv.bias", "decoder.rnn.lstm.weight_ih_l0",
    "decoder.rnn.lstm.bias_hh_l0", "head.linear.weight" } do
    lu.assertTrue(keys[key], key)
  end
end

function TestOnnxNets:test_its_lua_script_builds_the_same_graph()
  local g, path = listener(), child.folder .. "/listener.lua"
  orrery.export(g, path)
  lu.assertEquals(dofile(path):hash(), g:hash())
end

function TestOnnxNets:test_a_tuned_net_learns_and_is_the_same_when_it_is_written_and_read_again()
  orrery.manual_seed(3)
  local g, losses = tuned(20)
  lu.assertTrue(losses[20] < losses[1] * 0.8, ("%g, then %g"):format(losses[1], losses[20]))
  local path = child.folder .. "/tuned.onnx"
  orrery.export(g, path)
  local given = { chunk = kept.input[{ 1 }], state = orrery.ones(3, 2, 2) }
  local wanted, got = g:compile()(given), orrery.load(path):compile()(given)
  for name, tensor in pairs(wanted) do lu.assertTrue(near(got[name], tensor), name) end
end

function TestOnnxNets:test_a_batch_of_another_name_is_that_of_the_graph_that_takes_the_net()
  local g = orrery.graph "other"
  local chunk, state = g:input { chunk = { shape = { 8 } }, state = { shape = { 2, "N", 2 }, batch = false } }
  local rows = { input = { "rows", 8 }, state = { 2, "rows", 2 } }
  local speech = orrery.load(file, with { name = "net", shapes = rows })(chunk, state)
  lu.assertEquals(tostring(speech.shape[1]), "N")
end

function TestOnnxNets:test_sizes_of_an_input_are_numbers_or_names()
  local done, failure = pcall(orrery.load, file, { shapes = { input = { "N", {} } } })
  lu.assertFalse(done)
  lu.assertStrContains(tostring(failure),
    "size 2 of 'input' must be a whole number ≥ 0 or a name such as \"N\", got a table")
end

function TestOnnxNets:test_verbs_take_values_and_sizes_of_inputs_as_settings()
  local code, out = child.orrery("summary " .. file .. settings)
  lu.assertEquals(code, 0, out)
  lu.assertStrContains(out, "LSTM")
  code, out = child.orrery("check " .. file .. settings)
  lu.assertEquals(code, 0, out)
  local script = child.folder .. "/imported.lua"
  code, out = child.orrery(("import %s%s --to lua -o %s"):format(file, settings, script))
  lu.assertEquals(code, 0, out)
  lu.assertEquals(dofile(script):hash(), listener():hash())
  local _, _, err = child.orrery("check " .. file .. " sr=16")
  lu.assertStrContains(err, "on the command line input=… for (batch, samples).")
end

function TestOnnxNets:test_a_drawing_has_the_branch_that_is_taken()
  local code, out, err = child.orrery(("render %s%s --format text"):format(file, settings))
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(out, "LSTM")
end

child.finish(lu.LuaUnit.run())
