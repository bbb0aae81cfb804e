-- First values by nn.init, and parameters computed from others.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local norms = nn.utils.parametrizations

local function assert_refused(action, words)
  local done, text = pcall(action)
  lu.assertFalse(done)
  lu.assertStrContains(text, words)
  lu.assertEquals(core.error_info(text).fault, "usage", text)
  lu.assertStrContains(text, "initialisation_spec.lua:")
end

local function near(left, right)
  return (left - right):abs():max():item() < 1e-5
end

TestInit = {}

function TestInit:test_fills_a_parameter_with_and_without_the_underscore()
  local fc = nn.Linear(3, 2)
  nn.init.constant_(fc.weight, 2)
  nn.init.ones(fc.bias)
  lu.assertEquals(fc.weight:tolist(), { { 2, 2, 2 }, { 2, 2, 2 } })
  lu.assertEquals(fc.bias:tolist(), { 1, 1 })
end

function TestInit:test_is_drawn_in_the_scripts_order()
  local function draw()
    orrery.manual_seed(4)
    local first = nn.init.normal_(nn.Linear(2, 2).weight, { std = 0.1 })
    return first:tolist(), nn.Linear(2, 2).weight:tolist()
  end
  local first, second = draw()
  local again, after = draw()
  lu.assertEquals(first, again)
  lu.assertEquals(second, after)
end

function TestInit:test_fills_tensors_where_they_lie()
  local t = orrery.zeros(2, 3)
  lu.assertIs(nn.init.eye_(t), t)
  lu.assertEquals(t:tolist(), { { 1, 0, 0 }, { 0, 1, 0 } })
  local free = orrery.zeros(2):requires_grad_()
  nn.init.constant_(free, 3)
  lu.assertEquals(free:tolist(), { 3, 3 })
  lu.assertTrue(free.requires_grad)
end

function TestInit:test_of_a_layer_fills_what_fits()
  local fc = nn.Linear(2, 2)
  nn.init.zeros_(fc)
  lu.assertEquals(fc.bias:tolist(), { 0, 0 })
  nn.init.constant_(fc.bias, 5)
  nn.init.eye_(fc)
  lu.assertEquals(fc.weight:tolist(), { { 1, 0 }, { 0, 1 } })
  lu.assertEquals(fc.bias:tolist(), { 5, 5 })
end

local function network()
  local g = orrery.graph "net"
  local x = g:input { x = { shape = { 4 } } }
  local inner = g:block("inner", function(v) return nn.Linear(4, 4)(v) end)
  local body = g:block("body", function(v) return inner(nn.Linear(4, 4, { name = "first" })(v)) end)
  g:output(nn.Linear(4, 2, { name = "head" })(body(x)))
  return g, body
end

local function sum(g, key)
  for _, entry in ipairs(g:state()) do
    if entry.key == key then return entry.parameter:sum():item() end
  end
end

function TestInit:test_of_a_block_or_graph_fills_its_parameters()
  local g, body = network()
  nn.init.ones_(g)
  nn.init.zeros_(body)
  lu.assertEquals(sum(g, "body.inner.linear.weight"), 0)
  lu.assertEquals(sum(g, "head.weight"), 8)
end

function TestInit:test_of_a_pattern_fills_what_it_names()
  local g = network()
  nn.init.ones_(g)
  lu.assertEquals(nn.init.apply(g, "body/**/weight", nn.init.constant_, 2), 2)
  lu.assertEquals(sum(g, "body.first.weight"), 32)
  lu.assertEquals(sum(g, "body.inner.linear.weight"), 32)
  lu.assertEquals(sum(g, "body.first.bias"), 4)
  lu.assertEquals(sum(g, "head.weight"), 8)
  lu.assertEquals(nn.init.apply(g, "**/b*s", "zeros"), 3)
  lu.assertEquals(sum(g, "head.bias"), 0)
  lu.assertEquals(nn.init.apply(g, "*/weight", function(p) nn.init.constant_(p, 1) end), 1)
end

function TestInit:test_of_a_free_parameter_may_be_a_function_that_writes_into_it()
  local g = orrery.graph "net"
  local value = g:parameter("w", { 2 }, { init = function(t) t:copy_(orrery.tensor { 1, 2 }) end })
  lu.assertTrue(value.requires_grad)
  lu.assertTrue(g:parameters()[1].requires_grad)
  lu.assertEquals(g:parameters()[1]:tolist(), { 1, 2 })
end

function TestInit:test_says_what_does_not_fit()
  local fc = nn.Linear(3, 2)
  assert_refused(function() nn.init.xavier_uniform_(fc.bias) end, "fills tensors of 2 or more dimensions")
  assert_refused(function() nn.init.dirac_(fc.weight) end, "of 3 to 5 dimensions, got the shape (2, 3)")
  assert_refused(function() nn.init.dirac_(fc) end, "there is no parameter that it fills")
  assert_refused(function() nn.init.kaiming_normal_(fc.weight, { mode = "fan" }) end, "'fan_in' or 'fan_out'")
  assert_refused(function() nn.init.normal_(fc.weight, { sdt = 1 }) end, "did you mean 'std'?")
  assert_refused(function() nn.init.xavier(fc.weight) end, "nn.init has no 'xavier'")
  assert_refused(function() nn.init.ones_(5) end, "expected a parameter or a tensor")
  assert_refused(function()
    nn.init.apply(network(), "features/*", nn.init.ones)
  end, "no parameter fits 'features/*'")
end

function TestInit:test_of_a_pattern_takes_a_text_and_a_function()
  local g = network()
  assert_refused(function() nn.init.apply(g, 5, nn.init.ones) end, "expected a pattern such as")
  assert_refused(function() nn.init.apply(g, "*", 5) end, "a function of nn.init or its name, got a number")
end

function TestInit:test_knows_the_gains()
  lu.assertAlmostEquals(nn.init.calculate_gain "relu", math.sqrt(2), 1e-12)
  lu.assertAlmostEquals(nn.init.calculate_gain("leaky_relu", 0.2), math.sqrt(2 / 1.04), 1e-12)
  assert_refused(function() nn.init.calculate_gain "gelu" end, "nonlinearity must be")
end

function TestInit:test_free_parameters_take_them()
  local g = orrery.graph "free"
  g:parameter("a", { 2, 2 }, { init = "eye" })
  g:parameter("b", { 2, 3 }, { init = { "constant", 4 } })
  g:parameter("c", { 3, 3 }, { init = { "kaiming_uniform", a = 1, mode = "fan_out" } })
  g:parameter("d", { 2 }, { init = nn.init.ones })
  local state = g:state()
  lu.assertEquals(state[1].parameter:tolist(), { { 1, 0 }, { 0, 1 } })
  lu.assertEquals(state[2].parameter:sum():item(), 24)
  lu.assertTrue(state[3].parameter:abs():max():item() <= 1)
  lu.assertEquals(state[4].parameter:tolist(), { 1, 1 })
  assert_refused(function() g:parameter("e", { 2 }, { init = "xavier_normal" }) end, "2 or more dimensions")
  assert_refused(function() g:parameter("e", { 2 }, { init = { "norml" } }) end, "did you mean 'normal'?")
end

function TestInit:test_options_of_a_free_parameter_do_not_stand_in_its_shape()
  local g = orrery.graph "free"
  assert_refused(function() g:constant { file = "x.npy" } end,
    "constant: the shape holds 'file' beside its sizes\n")
  assert_refused(function() g:parameter("w", { 2, dtpe = "float64" }) end,
    "parameter: the shape holds 'dtpe' beside its sizes (did you mean 'dtype'?)")
  assert_refused(function() g:state("h", { 2, init = "ones" }) end,
    "state: the shape holds 'init', an option\n")
  assert_refused(function() g:parameter("w", { 2 }, { qqqqqqqq = 1 }) end, "(known: init, a, b, dtype)")
  lu.assertEquals(#g:nodes(), 0)
end

function TestInit:test_happens_once_in_a_block_that_is_called_again()
  local g = orrery.graph "net"
  local body = g:block("body", function(v)
    local fc = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2, { bias = false }))
    nn.init.constant_(fc.parametrizations.weight.original0, 3)
    return fc(v)
  end)
  local x = orrery.ones(1, 2)
  local first = body(x)
  nn.init.constant_(body:parameters()[1], 6)
  lu.assertTrue(near(body(x), first * 2))
end

TestParametrizations = {}

function TestParametrizations:test_take_the_weights_place()
  local fc = nn.Linear(3, 2)
  local before = fc.weight:clone()
  lu.assertIs(norms.weight_norm(fc), fc)
  lu.assertTrue(nn.utils.parametrize.is_parametrized(fc, "weight"))
  lu.assertFalse(nn.utils.parametrize.is_parametrized(fc, "bias"))
  lu.assertEquals(#fc:parameters(), 3)
  lu.assertEquals(fc.parametrizations.weight.original0.shape, { 2, 1 })
  lu.assertTrue(near(fc.weight, before))
end

-- What a graph gives for some rows.
local function predicted(g, value, rows)
  return orrery.manager(g, { history = false }):predict(value, data.tensors { x = rows, batch = 4 })
end

function TestParametrizations:test_compute_the_same_in_a_graph_and_at_once()
  local fc = norms.weight_norm(nn.Linear(3, 2))
  nn.init.constant_(fc.parametrizations.weight.original0, 2)
  local g = orrery.graph "net"
  local rows = orrery.randn(4, 3)
  local y = fc(g:input(data.tensors { x = rows, batch = 4 }))
  g:output(y)
  lu.assertTrue(near(predicted(g, y, rows), fc(rows)))
  lu.assertEquals(g:state()[2].key, "linear.parametrizations.weight.original0")
end

function TestParametrizations:test_are_trained_in_a_graph()
  orrery.manual_seed(3)
  local g = orrery.graph "net"
  local rows = orrery.randn(32, 2)
  local wanted = rows:matmul(orrery.tensor { { 2 }, { -1 } })
  local x, target = g:input(data.tensors { x = rows, target = wanted, batch = 8 })
  local fc = norms.weight_norm(nn.Linear(2, 1))
  local loss = nn.MSELoss()(fc(x), target)
  local adam = optim.Adam(g:parameters(), { lr = 0.05, loss = loss })
  local manager = orrery.manager(g, { optimizer = adam, epochs = 40, history = false, progress = false })
  local summary = manager:run()
  lu.assertTrue(summary.train.loss < 1e-2)
  lu.assertAlmostEquals(fc.parametrizations.weight.original0:item(), math.sqrt(5), 0.1)
end

function TestParametrizations:test_learn_through_their_parts()
  local fc = norms.weight_norm(nn.Linear(3, 2))
  local adam = optim.SGD(fc:parameters(), { lr = 0.1 })
  local before = fc.parametrizations.weight.original0:clone()
  fc(orrery.ones(2, 3)):sum():backward()
  lu.assertNotNil(fc.parametrizations.weight.original1.grad)
  adam:step()
  lu.assertFalse(near(fc.parametrizations.weight.original0, before))
end

function TestParametrizations:test_iterate_while_training_only()
  local fc = norms.spectral_norm(nn.Linear(8, 8), { n_power_iterations = 1 })
  local u = fc.parametrizations.weight["0"]._u
  local before = u:clone()
  fc:eval()
  fc(orrery.ones(1, 8))
  lu.assertEquals(u:tolist(), before:tolist())
  fc:train()
  nn.init.eye_(fc.parametrizations.weight.original)
  orrery.no_grad(function() fc.parametrizations.weight.original:mul_(3) end)
  for _ = 1, 3 do fc(orrery.ones(1, 8)) end
  lu.assertTrue(near(fc.weight, orrery.eye(8)))
end

function TestParametrizations:test_keep_a_weight_orthogonal()
  local fc = norms.orthogonal(nn.Linear(4, 4))
  nn.init.normal_(fc.parametrizations.weight.original)
  local product = fc.weight:matmul(fc.weight:transpose(0, 1))
  lu.assertTrue(near(product, orrery.eye(4)))
end

function TestParametrizations:test_come_back_from_a_file()
  local g = orrery.graph "net"
  local rows = orrery.randn(5, 3)
  local x = g:input(data.tensors { x = rows, batch = 4 })
  local fc = norms.spectral_norm(nn.Linear(3, 2, { name = "fc" }), { eps = 1e-6 })
  local y = norms.weight_norm(nn.Linear(2, 2, { name = "last" }), "weight", 1)(fc(x))
  g:output(y)
  local path = os.tmpname()
  orrery.save(g, path)
  local again = orrery.load(path)
  os.remove(path)
  local nodes = again:nodes()
  lu.assertTrue(near(predicted(again, nodes[#nodes], rows), predicted(g, y, rows)))
  lu.assertEquals(again:hash(), g:hash())
end

function TestParametrizations:test_are_taken_back()
  local remove = nn.utils.parametrize.remove_parametrizations
  local fc = norms.spectral_norm(nn.Linear(3, 2))
  local original, computed = fc.parametrizations.weight.original, fc:eval().weight:clone()
  lu.assertEquals(remove(fc, "weight"), fc)
  lu.assertFalse(nn.utils.parametrize.is_parametrized(fc))
  lu.assertTrue(near(fc.weight, computed))
  lu.assertEquals(fc.weight, original)
  lu.assertEquals(#fc:parameters(), 2)
  lu.assertEquals(fc:state()[2].key, "weight")
  norms.orthogonal(fc)
  local before = fc.parametrizations.weight.original:clone()
  remove(fc, "weight", false)
  lu.assertTrue(near(fc.weight, before))
end

function TestParametrizations:test_are_taken_back_only_where_they_are()
  local remove = nn.utils.parametrize.remove_parametrizations
  assert_refused(function() remove(nn.Linear(3, 2), "weight") end, "Linear: weight is not parametrized")
  assert_refused(function() remove(orrery.zeros(2), "weight") end, "expected a layer")
  assert_refused(function() remove(norms.weight_norm(nn.Linear(3, 2))) end, "tensor_name is required")
  assert_refused(function()
    remove(norms.weight_norm(nn.Linear(3, 2)), "weight", { leave_parametrized = false })
  end, "weight is computed from 2 tensors, so that none is the original")
end

function TestParametrizations:test_say_what_does_not_fit()
  local fc = norms.weight_norm(nn.Linear(3, 2))
  assert_refused(function() norms.spectral_norm(fc) end, "weight is parametrized already")
  assert_refused(function() norms.weight_norm(nn.Linear(3, 2), "wight") end, "did you mean 'weight'?")
  assert_refused(function()
    norms.weight_norm(nn.Linear(3, 2), { dim = 2 })
  end, "dim must be between -1 and 1")
  assert_refused(function() norms.orthogonal(nn.Linear(3, 2), "bias") end, "this tensor has shape (2)")
  assert_refused(function() norms.weight_norm(orrery.zeros(2)) end, "expected a layer")
end

TestGradients = {}

function TestGradients:test_are_scaled_to_a_norm()
  local w = orrery.tensor({ 1, 1 }, { requires_grad = true })
  local unused = orrery.tensor({ 1 }, { requires_grad = true });
  (w * orrery.tensor { 3, 4 }):sum():backward()
  local norm = nn.utils.clip_grad_norm_({ w, unused }, 2.5)
  lu.assertAlmostEquals(norm:item(), 5, 1e-6)
  lu.assertAlmostEquals(w.grad:tolist()[1], 1.5, 1e-5)
  lu.assertAlmostEquals(nn.utils.clip_grad_norm_(w, 10, { norm_type = math.huge }):item(), 2, 1e-5)
  lu.assertAlmostEquals(w.grad:tolist()[2], 2, 1e-5)
end

function TestGradients:test_are_cut_to_values()
  local w = orrery.tensor({ 1, 1 }, { requires_grad = true });
  (w * orrery.tensor { 3, -4 }):sum():backward()
  nn.utils.clip_grad_value_({ w }, 3.5)
  lu.assertEquals(w.grad:tolist(), { 3, -3.5 })
end

function TestGradients:test_parameters_go_into_a_vector_and_back()
  local fc = nn.Linear(2, 2)
  local vector = nn.utils.parameters_to_vector(fc:parameters())
  lu.assertEquals(vector.shape, { 6 })
  nn.utils.vector_to_parameters(orrery.arange(6), fc:parameters())
  lu.assertEquals(fc.weight:tolist(), { { 0, 1 }, { 2, 3 } })
  lu.assertEquals(fc.bias:tolist(), { 4, 5 })
  assert_refused(function()
    nn.utils.vector_to_parameters(orrery.arange(5), fc:parameters())
  end, "have 6 elements, the vector has shape (5)")
end

os.exit(lu.LuaUnit.run())
