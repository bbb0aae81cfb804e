-- nn.Module as a class of PyTorch is written: children by name, methods, parameters of its own.
local lu = require "luaunit"
local orrery = require "orrery"
local nn, models = orrery.nn, orrery.models
local module_graphs = require "module_graphs"
local refusal = require("refusal").here
local keys_of, graph = module_graphs.keys_of, module_graphs.graph

TestClasses = {}

function TestClasses:test_have_their_children_in_the_order_in_which_these_were_made()
  for _ = 1, 5 do
    local net = nn.Module {
      stem = nn.Linear(4, 4), body = nn.Sequential(nn.Linear(4, 4), nn.ReLU()), a = nn.Linear(4, 4),
      head = nn.Linear(4, 2), act = nn.ReLU(), name = "net",
      forward = function(own, x) return own.head(own.a(own.act(own.body(own.stem(x))))) end,
    }
    lu.assertEquals(keys_of(net), {
      "stem.weight", "stem.bias", "body.0.weight", "body.0.bias", "a.weight", "a.bias", "head.weight",
      "head.bias",
    })
    local g, x = graph(4)
    lu.assertEquals(net(x).path, "net/head")
    lu.assertEquals(keys_of(g)[7], "net.head.weight")
    lu.assertEquals(net(orrery.ones(3, 4)).shape, { 3, 2 })
  end
end

local function built_by_members()
  local net = nn.Module()
  net.fc1 = nn.Linear(4, 3)
  net.fc2 = nn.Linear(3, 2)
  net.scale = 2
  function net:hidden(x) return self.fc1(x):relu() end
  function net:forward(x) return self.fc2(self:hidden(x)) * self.scale end
  return net
end

function TestClasses:test_are_built_member_by_member()
  local net = built_by_members()
  local x = orrery.randn(5, 4)
  lu.assertTrue(net(x):equal(net.fc2(net.fc1(x):relu()) * 2))
  lu.assertEquals(keys_of(net), { "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias" })
  lu.assertEquals({ #net, net[2].out_features, net.scale }, { 2, 2, 2 })
  lu.assertEquals(tostring(net), "Module(\n  (fc1): Linear(4, 3)\n  (fc2): Linear(3, 2)\n)")
  lu.assertTrue(net:forward(x):equal(net(x)))
  local _, value = graph(4)
  lu.assertEquals(net(value).shape[2], 2)
end

function TestClasses:test_exchange_a_child_in_its_place()
  local net = built_by_members()
  net.fc1 = nn.Linear(4, 3, { bias = false })
  lu.assertEquals(keys_of(net), { "fc1.weight", "fc2.weight", "fc2.bias" })
  lu.assertIs(net[1], net.fc1)
  net.scale = 3
  lu.assertEquals(net(orrery.zeros(1, 4)):equal(net.fc2(orrery.zeros(1, 3)) * 3), true)
end

function TestClasses:test_sequences_take_further_children()
  local net = nn.Sequential(nn.Linear(2, 3))
  net:add("last", nn.Linear(3, 1))
  lu.assertEquals(net(orrery.ones(1, 2)).shape, { 1, 1 })
  lu.assertEquals(keys_of(net)[3], "last.weight")
end

function TestClasses:test_hold_models_of_the_zoo()
  local net = nn.Module {
    backbone = models.mlp { features = 6, hidden = { 4 }, classes = 3 }, head = nn.Linear(3, 2),
    forward = function(own, x) return own.head(own.backbone(x)) end,
  }
  lu.assertEquals(net(orrery.ones(5, 6)).shape, { 5, 2 })
  local g, x = graph(6)
  g:output(net(x))
  lu.assertEquals(keys_of(g)[1], "module.backbone.linear.weight")
  lu.assertEquals(#net:parameters(), 6)
  lu.assertIs(net:parameters()[1] ~= nil and g:parameters()[1], net.backbone:parameters()[1])
end

function TestClasses:test_say_what_does_not_fit()
  lu.assertStrContains(refusal(function() local _ = nn.Module()(orrery.ones(1)) end), "forward is required")
  lu.assertStrContains(refusal(function() nn.Module { fc = nn.Linear(1, 1) } end), "forward is required")
  lu.assertStrContains(refusal(function() nn.Module().forward = 3 end), "forward must be a function, got a")
  lu.assertStrContains(refusal(function() nn.Module().train = nn.ReLU() end), "'train' cannot be set")
  lu.assertStrContains(refusal(function() built_by_members().fc1 = 3 end),
    "child 'fc1' must be a layer, a module or a parameter, got a number")
  lu.assertStrContains(refusal(function() local _ = built_by_members().fc3 end), "did you mean 'fc1'?")
  lu.assertStrContains(refusal(function() local _ = built_by_members().scal end), "did you mean 'scale'?")
  lu.assertStrContains(refusal(function() nn.Module().a = nn.Linear(1, 1, { name = "b" }) end),
    "'a' cannot be a child that is called 'b'")
end

TestModes = {}

function TestModes:test_are_told_and_switched()
  local net = nn.Sequential(nn.Dropout(0.5))
  lu.assertEquals({ net.training, net[1].training }, { true, true })
  net:train(false)
  lu.assertEquals({ net.training, net[1].training }, { false, false })
  net:train()
  lu.assertEquals({ net.training, net[1].training }, { true, true })
  lu.assertFalse(nn.Dropout():train(false).training)
  lu.assertFalse(models.mlp({}):train(false).evaluates == false)
end

function TestModes:test_gradients_are_forgotten_by_what_owns_them()
  local g = orrery.graph "g"
  local block = g:block("b", function(x) return nn.Linear(2, 1)(x) end)
  local model = models.mlp { features = 2, hidden = { 2 }, classes = 1 }
  for _, owner in ipairs { nn.Linear(2, 1), nn.Sequential(nn.Linear(2, 1)), block, model } do
    owner(orrery.ones(1, 2)):sum():backward()
    lu.assertNotNil(owner:parameters()[1].grad)
    owner:zero_grad()
    for _, parameter in ipairs(owner:parameters()) do lu.assertIsNil(parameter.grad) end
  end
end

function TestModes:test_a_function_is_applied_to_all_parts_the_children_first()
  local seen = {}
  local net = nn.Sequential(nn.Sequential(nn.Linear(1, 1)), nn.ReLU())
  lu.assertIs(net:apply(function(part) seen[#seen + 1] = part.kind end), net)
  lu.assertEquals(seen, { "Linear", "Sequential", "ReLU", "Sequential" })
end

function TestModes:test_weights_go_to_a_device()
  local net, layer, model = nn.Sequential(nn.Linear(1, 1)), nn.Linear(1, 1), models.mlp {}
  for _, owner in ipairs { net, layer, model } do lu.assertIs(owner:to "cpu", owner) end
  lu.assertStrContains(refusal(function() layer:to "int64" end), "parameters are floating-point numbers")
  lu.assertStrContains(refusal(function() net:to "gpu" end), "device must be 'auto', 'cpu', 'cuda'")
end

function TestModes:test_layers_are_tied_by_setting_a_parameter()
  local encoder, decoder = nn.Embedding(5, 3), nn.Linear(3, 5)
  decoder.weight = encoder.weight
  lu.assertIs(decoder.weight, encoder.weight)
  lu.assertStrContains(refusal(function() decoder.weight = nn.Linear(2, 2).weight end), "cannot tie weight")
  lu.assertStrContains(refusal(function() decoder.weights = encoder.weight end), "did you mean 'weight'?")
  lu.assertStrContains(refusal(function() decoder.weight = orrery.ones(5, 3) end), "weight:copy_(tensor)")
end

function TestModes:test_several_modules_are_saved_in_one_file()
  local path = os.tmpname()
  local both = { b = nn.Sequential(nn.Linear(2, 1)), a = nn.Linear(1, 1) }
  orrery.save(both, path)
  local other = { b = nn.Sequential(nn.Linear(2, 1)), a = nn.Linear(1, 1) }
  lu.assertNotNil(orrery.load_tensors(path)["b.0.weight"])
  lu.assertEquals(orrery.load_weights(other, path), { missing = {}, unexpected = {} })
  lu.assertTrue(other.b[1].weight:equal(both.b[1].weight))
  lu.assertTrue(other.a.bias:equal(both.a.bias))
  os.remove(path)
end

TestParameters = {}

local function scaled(parameter)
  return nn.Module {
    fc = nn.Linear(3, 3), scale = parameter,
    forward = function(self, x) return self.fc(x * self.scale) * self.scale end,
  }
end

function TestParameters:test_of_a_module_come_before_its_childrens()
  local net = scaled(nn.Parameter(orrery.tensor { 1, 2, 3 }))
  lu.assertEquals(keys_of(net), { "scale", "fc.weight", "fc.bias" })
  lu.assertEquals(#net:parameters(), 3)
  lu.assertEquals(net.scale:tolist(), { 1, 2, 3 })
  net(orrery.ones(1, 3)):sum():backward()
  lu.assertEquals(net.scale.grad.shape, { 3 })
  lu.assertFalse(net:freeze().scale.requires_grad)
end

function TestParameters:test_are_one_node_of_a_graph()
  local net = scaled(nn.Parameter({ 3 }, { init = "normal", b = 0.02 }))
  local g, x = graph(3)
  g:output(net(x))
  lu.assertEquals(keys_of(g), { "module.scale", "module.fc.weight", "module.fc.bias" })
  lu.assertIs(g:parameters()[1], net.scale)
end

function TestParameters:test_are_values_of_the_graph_while_it_is_built()
  local net = nn.Module()
  net.weight = nn.Parameter(orrery.randn(2, 3))
  net.token = nn.Parameter(orrery.randn(1, 2))
  net.scale = nn.Parameter(orrery.ones(1))
  function net:forward(x)
    x = orrery.cat({ self.token:expand(x:size(0), -1), x:matmul(self.weight:t()) }, 1)
    return x * self.scale:exp()
  end
  local g, x = graph(3)
  local y = net(x)
  lu.assertEquals(keys_of(g), { "module.token", "module.weight", "module.scale" })
  lu.assertEquals(getmetatable(net.weight), "Parameter")
  local rows = orrery.randn(5, 3)
  local manager = orrery.manager(g, { train = orrery.data.tensors { x = rows, batch = 5 }, history = false })
  lu.assertTrue(manager:evaluate({ y = y }, { x = rows }).y:allclose(net(rows)))
end

function TestParameters:test_of_layers_are_not_hidden_from_training_by_what_is_computed_of_them()
  local fc = nn.Linear(2, 3)
  local g, x = graph(3)
  local text = refusal(function() local _ = x:matmul(fc.weight:exp()) end)
  lu.assertStrContains(text, "computed from what is trained")
  lu.assertStrContains(text, "x.graph:constant(parameter)")
  lu.assertEquals(x:matmul(fc.weight:exp():detach()).shape[2], 2)
  lu.assertEquals(#g:parameters(), 0)
  lu.assertEquals(x:matmul(g:constant(fc.weight):exp()).shape[2], 2)
  lu.assertEquals(#g:parameters(), 1)
end

function TestParameters:test_are_themselves_again_after_a_construction_that_failed()
  local net = nn.Module()
  net.scale = nn.Parameter(orrery.ones(2))
  function net:forward(x) return x * self.scale:exp() end
  local _, x = graph(3)
  refusal(function() local _ = net(x) end)
  lu.assertEquals(getmetatable(net.scale), "Parameter")
  lu.assertEquals(net(orrery.zeros(2)):tolist(), { 0, 0 })
end

function TestParameters:test_are_kept_by_blocks_that_run_again()
  local g = orrery.graph "g"
  local block = g:block("b", function(x) return scaled(nn.Parameter(orrery.ones(3)))(x) end)
  local x = orrery.ones(1, 3)
  local first = block(x)
  orrery.no_grad(function() block:parameters()[3]:mul_(2) end)
  lu.assertEquals(#block:parameters(), 3)
  lu.assertFalse(block(x):equal(first))
end

TestFunctional = {}

function TestFunctional:test_is_the_operations_under_pytorchs_names()
  local F = nn.functional
  local x = orrery.randn(4, 3)
  lu.assertTrue(F.relu(x):equal(x:relu()))
  lu.assertTrue(F.dropout(x, 0.5, false):equal(x))
  lu.assertAlmostEquals(F.cross_entropy(x, orrery.tensor({ 0, 1, 2, 0 }, { dtype = "long" })):item(),
    nn.CrossEntropyLoss()(x, orrery.tensor({ 0, 1, 2, 0 }, { dtype = "long" })):item(), 1e-6)
  local _, value = graph(3)
  lu.assertEquals(F.softmax(value, 1).operation, "softmax")
  lu.assertStrContains(refusal(function() local _ = F.sofmax end), "did you mean 'softmax'?")
end

function TestFunctional:test_has_layers_whose_weights_are_given()
  local F = nn.functional
  local x = orrery.randn(2, 6, 4)
  local function assert_like(layer, got)
    lu.assertTrue(got:allclose(layer(x), 1e-5, 1e-6), layer.kind)
  end
  local function filled(layer)
    for _, parameter in ipairs(layer:parameters()) do nn.init.normal_(parameter) end
    return layer, unpack(layer:parameters())
  end
  local norm, weight, bias = filled(nn.LayerNorm(4, { eps = 1e-3 }))
  assert_like(norm, F.layer_norm(x, { 4 }, weight, bias, 1e-3))
  assert_like(nn.LayerNorm({ 6, 4 }), F.layer_norm(x, { 6, 4 }))
  norm, weight = filled(nn.RMSNorm(4))
  assert_like(norm, F.rms_norm(x, 4, { weight = weight }))
  norm, weight, bias = filled(nn.GroupNorm(3, 6))
  assert_like(norm, F.group_norm(x, 3, weight, bias))
  assert_like(nn.LocalResponseNorm(3), F.local_response_norm(x, 3))
  local table_of = nn.Embedding(5, 3)
  local ids = orrery.tensor({ { 0, 4 }, { 2, 2 } }, { dtype = "long" })
  lu.assertTrue(F.embedding(ids, table_of.weight):equal(table_of(ids)))
  lu.assertStrContains(refusal(function() F.embedding(ids, table_of.weight, { padding_idx = 0 }) end),
    "nn.functional.embedding: unknown option 'padding_idx'")
  local g, value = graph(6, 4)
  lu.assertEquals(F.group_norm(value, 3, norm.weight, norm.bias).shape[2], 6)
  lu.assertEquals(#g:parameters(), 2)
  lu.assertEquals(F.embedding(value:argmax(2), table_of.weight).shape[3], 3)
  lu.assertEquals(#g:parameters(), 3)
end

function TestFunctional:test_draws_nearly_one_hot_rows()
  local F = nn.functional
  local logits = orrery.tensor({ { 3, 0, 0 } }, { requires_grad = true }):expand(4000, 3)
  local hard = F.gumbel_softmax(logits, { tau = 0.5, hard = true })
  lu.assertTrue(hard:sum(1):allclose(orrery.ones(4000)))
  local share = hard:mean(0)[0]:item()
  lu.assertAlmostEquals(share, math.exp(3) / (math.exp(3) + 2), 0.03)
  lu.assertTrue(F.gumbel_softmax(logits):sum(1):allclose(orrery.ones(4000), 1e-4, 1e-5))
  lu.assertTrue(hard.requires_grad)
end

TestNesting = {}

local function module_in_itself()
  return nn.Module { forward = function(_, x) return module_in_itself()(x) end }
end

function TestNesting:test_refuses_a_module_that_calls_itself_for_ever()
  lu.assertStrContains(refusal(function() local _ = module_in_itself()(orrery.ones(2)) end),
    "nn.Module is called 200 modules deep: the forward of 'module' calls itself, and never ends")
  local _, x = graph(2)
  lu.assertStrContains(refusal(function() local _ = module_in_itself()(x) end),
    "block 'module' is called 200 blocks deep in module/module/module/module/…: its function calls itself")
end

function TestNesting:test_reaches_a_depth_of_200_also_after_a_failure()
  local left
  local net = nn.Module { name = "net", forward = function(own, x)
    left = left - 1
    if left == 0 then return x + 1 end
    return own(x)
  end }
  for _ = 1, 2 do
    left = 201
    lu.assertStrContains(refusal(function() local _ = net(orrery.ones(2)) end),
      "the forward of 'net' calls itself")
    left = 200
    lu.assertEquals(net(orrery.ones(2)):tolist(), { 2, 2 })
  end
end

os.exit(lu.LuaUnit.run())
