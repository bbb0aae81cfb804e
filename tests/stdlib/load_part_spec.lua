-- A saved model, or a part of it, as a block of another graph.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local refusal = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local file = child.folder .. "/net.safetensors"

local function near(a, b) return a:allclose(b, 1e-6, 1e-7) end

local function predicted(g, values, rows)
  return orrery.manager(g, { history = false, progress = false }):predict(values,
    data.tensors { x = rows, batch = 4 })
end

local function node(g, wanted)
  for _, value in ipairs(g:nodes()) do
    if value.path == wanted then return value end
  end
end

-- Saved once: two blocks, a tied layer, a constant.
orrery.manual_seed(4)
local saved = orrery.graph "net"
local saved_x, saved_label = saved:input(data.tensors {
  x = orrery.randn(4, 3), label = orrery.zeros(4, { dtype = "int64" }), batch = 4 })
local low = saved:block("low", function(x) return nn.BatchNorm1d(5)(nn.Linear(3, 5)(x)):relu() end)(saved_x)
local fc = nn.Linear(5, 5)
local high = saved:block("high", function(x) return fc(fc(x):tanh()) * orrery.full({ 5 }, 2) end)(low)
local logits = nn.Linear(5, 2, { name = "head" })(high)
nn.CrossEntropyLoss()(logits, saved_label)
orrery.save(saved, file)
local rows = orrery.randn(4, 3)
local whole = orrery.load(file)
local expected_low, expected_high, expected = predicted(whole,
  { node(whole, low.path), node(whole, high.path), node(whole, "head") }, rows)

local function other()
  local g = orrery.graph "other"
  return g, (g:input { x = { shape = { 3 } } })
end

TestLoadPart = {}

function TestLoadPart:test_a_whole_model_becomes_a_block()
  local g, x = other()
  local model = orrery.load(file, { name = "model" })
  lu.assertEquals(model.inputs, { "x" })
  local y = model(x)
  lu.assertEquals(y.path, "model/head")
  lu.assertTrue(near(predicted(g, y, rows), expected))
  lu.assertEquals(g:state()[1].key, "model.low.linear.weight")
end

function TestLoadPart:test_ends_where_it_is_told_and_gives_several_outputs()
  local g, x = other()
  local first, second = orrery.load(file, { to = { "low", "high" } })(x)
  local a, b = predicted(g, { first, second }, rows)
  lu.assertTrue(near(a, expected_low))
  lu.assertTrue(near(b, expected_high))
  lu.assertNil(node(g, "net/head"))
end

function TestLoadPart:test_begins_where_it_is_told()
  local g = orrery.graph "tail"
  local h = g:input { x = { shape = { 5 } } }
  local tail = orrery.load(file, { from = "high" })
  lu.assertEquals(tail.inputs, { low.path })
  lu.assertTrue(near(predicted(g, tail(h), expected_low), expected))
end

function TestLoadPart:test_layers_stay_tied_and_calls_have_their_own()
  local g = orrery.graph "twice"
  local h = g:input { x = { shape = { 5 } } }
  local part = orrery.load(file, { from = "high", to = "high" })
  local y = part(h)
  lu.assertEquals(#g:parameters(), 2)
  local z = part(y)
  lu.assertEquals(#g:parameters(), 4)
  part:shared()(z)
  lu.assertEquals(#g:parameters(), 4)
  lu.assertEquals(#part:blocks(), 3)
end

function TestLoadPart:test_frozen_parts_do_not_learn()
  local g = orrery.graph "tuned"
  local x, target = g:input(data.tensors { x = rows, target = orrery.ones(4, 1), batch = 4 })
  local h = orrery.load(file, { to = "low", trainable = false })(x)
  local new = nn.Linear(5, 1, { name = "new" })
  local loss = nn.MSELoss()(new(h), target)
  local before = {}
  for at, parameter in ipairs(g:parameters()) do before[at] = parameter:clone() end
  orrery.manager(g, { optimizer = optim.SGD({ new.weight, new.bias }, { lr = 0.1, loss = loss }), epochs = 2,
    history = false, progress = false, device = "cpu" }):run()
  for at, parameter in ipairs(g:parameters()) do
    lu.assertEquals(parameter:equal(before[at]), at <= 4, at)
  end
end

function TestLoadPart:test_draws_nothing()
  local _, x = other()
  local model = orrery.load(file, { name = "model" })
  orrery.manual_seed(5)
  local plain = orrery.rand(3)
  orrery.manual_seed(5)
  model(x)
  lu.assertTrue(orrery.rand(3):equal(plain))
end

function TestLoadPart:test_says_what_does_not_fit()
  lu.assertStrContains((refusal(orrery.load, file, { to = "hihg" })),
    "load: to names no block or node of graph 'net': 'hihg' (did you mean 'high'?)")
  lu.assertStrContains((refusal(orrery.load, file, { from = 3 })),
    "load: from must be a string, got a number")
  lu.assertStrContains((refusal(orrery.load, file, { form = "low" })), "unknown option 'form'")
  lu.assertStrContains((refusal(orrery.load, file, { to = {} })), "load: to is an empty list")
  local model = orrery.load(file, { name = "model" })
  local _, x = other()
  lu.assertStrContains((refusal(function() model(x, x) end)), "net: expected 1 value (x), got 2")
  lu.assertStrContains((refusal(function() model(orrery.ones(1, 3)) end)),
    "model: expected Values of a graph")
  local g = orrery.graph "wide"
  local wide = g:input { x = { shape = { 4 } } }
  local text, fault = refusal(function() model(wide) end)
  lu.assertStrContains(text, "expects 3 input features, got 4")
  lu.assertEquals(fault, "check")
  lu.assertStrContains((refusal(orrery.load, file, { from = "high", to = "low" })),
    "load: low/relu is what the part is given, and no result of it")
  lu.assertStrContains((refusal(function()
    orrery.load(file, { from = "head", to = "low" })(wide)
  end)), "low/relu also needs 'x' of the input, which the cut leaves out")
end

child.finish(lu.LuaUnit.run())
