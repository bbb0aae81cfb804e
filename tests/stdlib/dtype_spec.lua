-- Layers, blocks, models and whole graphs in another dtype, and runs in one.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local refusal = require("refusal").text
local nn, optim, data, models = orrery.nn, orrery.optim, orrery.data, orrery.models

TestDtype = {}

function TestDtype:setUp() orrery.manual_seed(1) end

local function line(options, change)
  local x = orrery.linspace(-1, 1, 32):view(32, 1)
  local g = orrery.graph "line"
  local source = data.tensors { x = x, target = x * 2, batch = 8 }
  local input, target = g:input(source)
  local fc = nn.Linear(1, 1)
  local y = fc(change and change(input) or input)
  local loss = nn.MSELoss()(y, target)
  options.optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
  options.history, options.progress, options.device = false, false, "cpu"
  return orrery.manager(g, options), source, y, fc
end

function TestDtype:test_a_run_in_one_dtype_trains_and_predicts()
  for word, dtype in pairs { ["64-true"] = "float64", ["bf16-true"] = "bfloat16", ["16-true"] = "float16" } do
    local manager, source, y, fc = line { precision = word, epochs = 20 }
    lu.assertEquals({ y.dtype, fc.dtype, fc.weight.dtype }, { dtype, dtype, dtype })
    lu.assertTrue(manager:run().train.loss < 1e-2, word)
    lu.assertEquals(fc.weight.data.dtype, dtype)
    lu.assertEquals(manager:predict(y, source).dtype, dtype)
    lu.assertTrue(manager:evaluate(source).loss < 0.1)
  end
end

function TestDtype:test_what_the_script_converts_itself_is_told_with_its_line()
  local text = refusal(function()
    line({ precision = "64-true" }, function(x) return x:to "float32" end)
  end)
  lu.assertStrContains(text, "dtype_spec.lua:")
  lu.assertStrContains(text, "(Linear) expects an input of dtype float64, as its parameters, got float32")
end

function TestDtype:test_a_graph_that_has_run_keeps_its_dtype()
  local manager = line { precision = "64-true" }
  manager:run()
  local text = refusal(function() manager.graph:to "float32" end)
  lu.assertStrContains(text, "dtype_spec.lua:")
  lu.assertStrContains(text, "is finalized and cannot be converted to float32 any more")
end

function TestDtype:test_the_command_line_chooses_it()
  child.write("tiny.lua", (child.training:gsub("CALLBACKS", "nil")))
  local code, _, err = child.orrery "run tiny.lua --precision 64-true --history false"
  lu.assertEquals(code, 0, err)
end

function TestDtype:test_layers_modules_and_blocks_compute_in_it()
  local g = orrery.graph "g"
  local block = g:block("b", function(x) return nn.Linear(2, 1)(x) end)
  for _, owner in ipairs { nn.Linear(2, 1), nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1)), block } do
    lu.assertIs(owner:to "float64", owner)
    lu.assertEquals(owner(orrery.ones(1, 2):double()).dtype, "float64")
    lu.assertIs(owner:bfloat16(), owner)
    lu.assertEquals(owner(orrery.ones(1, 2):to "bfloat16").dtype, "bfloat16")
    lu.assertEquals(owner:float()(orrery.ones(1, 2)).dtype, "float32")
  end
end

function TestDtype:test_weights_are_those_that_were_drawn()
  orrery.manual_seed(3)
  local single = nn.Linear(4, 2)
  orrery.manual_seed(3)
  local twice = nn.Linear(4, 2):double()
  lu.assertTrue(twice.weight.data:equal(single.weight.data:double()))
end

function TestDtype:test_models_of_the_zoo_compute_in_it()
  local model = models.mlp { features = 4, hidden = { 3 }, classes = 2 }
  lu.assertIs(model:double(), model)
  lu.assertEquals(model(orrery.ones(1, 4):double()).dtype, "float64")
  local g = orrery.graph "zoo"
  local image = g:input { image = { shape = { 4 }, dtype = "float64" } }
  lu.assertEquals(model(image).dtype, "float64")
  for _, entry in ipairs(model:state()) do lu.assertEquals(entry.parameter.dtype, "float64") end
end

function TestDtype:test_a_block_that_stands_in_a_graph_needs_values_of_its_dtype()
  local g = orrery.graph "g"
  local image = g:input { image = { shape = { 4 } } }
  local head = g:block("head", function(x) return nn.Linear(4, 2)(x) end)
  local scores = head(image)
  lu.assertStrContains(refusal(function() head:to "float64" end), "expects an input of dtype float64")
  lu.assertEquals({ scores.dtype, g:parameters()[1].dtype }, { "float32", "float32" })
  lu.assertIs(g:to "float64", g)
  lu.assertEquals({ scores.dtype, image.dtype }, { "float64", "float64" })
end

-- A value is known by its place in memory, which must not be another's after a conversion.
function TestDtype:test_values_of_a_converted_graph_stay_apart_from_those_of_later_graphs()
  for i = 1, 12 do
    local g = orrery.graph("g" .. i)
    local x = g:input(orrery.data.tensors { x = orrery.ones({ 9, 4 }, { dtype = "int64" }), batch = 2 })
    local float = x:float()
    local hidden = nn.Linear(4, 3)(float)
    local y = hidden:relu()
    for _, value in ipairs { x, float, hidden, y } do lu.assertEquals(value.graph.name, "g" .. i) end
    local loss = y:gather(1, x):mean()
    local optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.05, loss = loss })
    lu.assertStrContains(refusal(function()
      orrery.manager(g, { precision = "64-true", history = false, progress = false,
        optimizer = optimizer }):run()
    end), "expects an input of dtype float64")
  end
end

function TestDtype:test_what_is_no_dtype_of_parameters_is_refused()
  local g = orrery.graph "g"
  local text = refusal(function() nn.Linear(1, 1):to "int64" end)
  lu.assertStrContains(text, "parameters are floating-point numbers")
  lu.assertStrContains(refusal(function() g:to "cpu" end), "a graph computes on its manager's device")
end

child.finish(lu.LuaUnit.run())
