-- Containers: blocks of children, on values and on tensors, with PyTorch's keys.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local nn = orrery.nn
local module_graphs = require "module_graphs"
local refusal = require("refusal").text
local keys_of, graph = module_graphs.keys_of, module_graphs.graph

local function paths(g)
  local list = {}
  for i, value in ipairs(g:nodes()) do list[i] = value.path end
  return list
end

TestSequential = {}

function TestSequential:test_is_a_block_whose_children_are_named_by_their_positions()
  local g, x = graph(8)
  local net = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
  local y = net(x)
  lu.assertEquals(y.path, "sequential/2")
  lu.assertEquals(keys_of(g), {
    "sequential.0.weight", "sequential.0.bias", "sequential.2.weight", "sequential.2.bias",
  })
  lu.assertEquals(keys_of(net), { "0.weight", "0.bias", "2.weight", "2.bias" })
end

function TestSequential:test_takes_its_children_in_one_list_with_its_name()
  local g, x = graph(8)
  nn.Sequential { nn.Linear(8, 4), nn.ReLU(), name = "body" } (x)
  lu.assertEquals(paths(g), { "input", "body/0", "body/1" })
end

function TestSequential:test_takes_named_children()
  local g, x = graph(8)
  local out = nn.Linear(4, 2, { name = "out" })
  local net = nn.Sequential { { "fc", nn.Linear(8, 4) }, { "act", nn.ReLU() }, out }
  net(x)
  lu.assertEquals(paths(g), { "input", "sequential/fc", "sequential/act", "sequential/out" })
  lu.assertEquals(keys_of(net), { "fc.weight", "fc.bias", "out.weight", "out.bias" })
  lu.assertEquals(net.fc.out_features, 4)
end

function TestSequential:test_nests()
  local g, x = graph(8)
  local net = nn.Sequential(nn.Sequential(nn.Linear(8, 8), nn.Tanh()), nn.Linear(8, 2))
  net(x)
  lu.assertEquals(paths(g), { "input", "sequential/0/0", "sequential/0/1", "sequential/1" })
  lu.assertEquals(keys_of(net), { "0.0.weight", "0.0.bias", "1.weight", "1.bias" })
end

function TestSequential:test_shares_its_layers_between_its_calls()
  local g, x = graph(8)
  local net = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
  lu.assertEquals(net(net(x)).path, "sequential_2/1")
  lu.assertEquals(#g:parameters(), 2)
  lu.assertEquals(#net:blocks(), 2)
end

function TestSequential:test_stands_in_two_graphs_with_the_same_layers()
  local g, x = graph(8)
  local other, y = graph(8)
  local net = nn.Sequential(nn.Linear(8, 8))
  net(x)
  net(y)
  lu.assertEquals(keys_of(other), keys_of(g))
  lu.assertIs(other:parameters()[1], g:parameters()[1])
end

function TestSequential:test_computes_at_once_on_tensors_as_in_a_graph()
  local net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
  local x = orrery.randn(5, 3)
  local wanted = net[3](net[1](x):relu())
  lu.assertTrue(net(x):equal(wanted))
  local g, value = graph(3)
  g:output(net(value))
  lu.assertIs(g:parameters()[1], net[1].weight)
end

function TestSequential:test_passes_all_results_on()
  local net = nn.Sequential(function(x) return x, x * 2 end, function(a, b) return a + b, 7 end)
  local sum, seven = net(orrery.ones(2))
  lu.assertEquals(sum:tolist(), { 3, 3 })
  lu.assertEquals(seven, 7)
end

function TestSequential:test_keeps_the_layers_of_a_shared_block()
  local g, x = graph(8)
  local block = g:block("body", function(h)
    return nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8, { name = "last" }))(h)
  end):shared()
  block(block(x))
  lu.assertEquals(#g:parameters(), 4)
  lu.assertEquals(keys_of(g)[1], "body.sequential.0.weight")
end

function TestSequential:test_trains_and_freezes_all_children()
  local net = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Linear(2, 2)))
  net:eval()
  local x = orrery.ones(4, 2)
  lu.assertTrue(net(x):equal(net(x)))
  net:freeze()
  lu.assertFalse(net:parameters()[1].requires_grad)
  net:unfreeze()
  lu.assertTrue(net:parameters()[1].requires_grad)
end

function TestSequential:test_refuses_children_that_are_nil()
  local a, b = nn.ReLU(), nn.Tanh()
  for _, make in ipairs {
    function() return nn.Sequential { a, nil, b } end, function() return nn.Sequential(a, nil, b) end,
    function() return nn.Sequential(a, nil) end,
    function() return nn.Sequential { a, nil, nil, b, name = "s" } end,
  } do
    lu.assertStrContains(refusal(make), "nn.Sequential: child 2 is nil\n  Is its name spelt right?")
  end
  lu.assertStrContains(refusal(function() return nn.ModuleList { nil, a } end),
    "nn.ModuleList: child 1 is nil")
  lu.assertStrContains(refusal(function()
    return nn.Repeat(2, function(i) if i == 1 then return a end end)
  end), "nn.Repeat: child 2 is nil: does make lack a return?")
  lu.assertEquals(#nn.Sequential({ a, b }, {}), 2)
end

function TestSequential:test_prints_as_pytorch_does()
  lu.assertEquals(tostring(nn.Sequential(nn.Linear(8, 4), nn.Sequential(nn.ReLU()))), [[
Sequential(
  (0): Linear(8, 4)
  (1): Sequential(
    (0): ReLU()
  )
)]])
end

function TestSequential:test_saves_and_loads_under_pytorchs_keys()
  local path = os.tmpname()
  local net, other = nn.Sequential(nn.Linear(3, 2)), nn.Sequential(nn.Linear(3, 2))
  orrery.save(net, path)
  lu.assertNotNil(orrery.load_tensors(path)["0.weight"])
  orrery.load_weights(other, path)
  lu.assertTrue(other[1].weight:equal(net[1].weight))
  os.remove(path)
end

function TestSequential:test_says_which_child_does_not_fit()
  local _, x = graph(8)
  lu.assertStrContains(refusal(function()
    nn.Sequential(nn.Linear(8, 4), nn.Linear(5, 2))(x)
  end), "sequential/1 (Linear) expects 5 input features, got 4")
  lu.assertStrContains(refusal(function() nn.Sequential(3) end), "child '0' must be a layer")
  lu.assertStrContains(refusal(function() nn.Sequential { nam = "a" } end), "did you mean 'name'?")
  lu.assertStrContains(refusal(function()
    nn.Sequential { { "a", nn.ReLU() }, { "a", nn.ReLU() } }
  end), "two children called 'a'")
  lu.assertStrContains(refusal(function() return nn.Sequential(nn.ReLU()).weight end), "no member 'weight'")
  lu.assertStrContains(refusal(function() return nn.Sequental end), "did you mean 'Sequential'?")
end

TestOtherContainers = {}

function TestOtherContainers:test_residual_adds_its_input()
  local x = orrery.tensor { { 1, -2 } }
  lu.assertEquals(nn.Residual(nn.ReLU())(x):tolist(), { { 2, -2 } })
  local g, value = graph(4)
  local net = nn.Residual { nn.Linear(4, 2), nn.Tanh(), shortcut = nn.Linear(4, 2, { bias = false }) }
  lu.assertEquals(net(value):size(1), 2)
  lu.assertEquals(keys_of(g), { "residual.0.weight", "residual.0.bias", "residual.shortcut.weight" })
end

function TestOtherContainers:test_parallel_gives_one_input_to_all_or_one_to_each()
  local net = nn.Parallel(nn.ReLU(), function(x) return x * 3 end)
  local a, b = net(orrery.tensor { -1, 2 })
  lu.assertEquals({ a:tolist(), b:tolist() }, { { 0, 2 }, { -3, 6 } })
  a, b = net(orrery.tensor { -1 }, orrery.tensor { 5 })
  lu.assertEquals({ a:tolist(), b:tolist() }, { { 0 }, { 15 } })
  lu.assertStrContains(refusal(function()
    net(orrery.ones(1), orrery.ones(1), orrery.ones(1))
  end), "has 2 children: it takes 1 input or 2, got 3")
end

function TestOtherContainers:test_concat_joins_results()
  local _, x = graph(4)
  local y = nn.Concat(nn.Linear(4, 3), nn.Linear(4, 5))(x)
  lu.assertEquals(y:size(1), 8)
  lu.assertEquals(nn.Concat({ nn.ReLU(), nn.ReLU() }, { dim = 0 })(orrery.ones(2, 3)).shape, { 4, 3 })
end

function TestOtherContainers:test_repeat_makes_each_child()
  local g, x = graph(4)
  local asked = {}
  local net = nn.Repeat(3, function(i)
    asked[i] = true
    return nn.Residual(nn.Linear(4, 4))
  end, { name = "layers" })
  lu.assertEquals({ #net, #asked }, { 3, 3 })
  net(x)
  lu.assertEquals(keys_of(g)[5], "layers.2.0.weight")
  lu.assertStrContains(refusal(function() nn.Repeat(3, nn.ReLU()) end), "the function that makes each child")
  lu.assertStrContains(refusal(function() nn.Repeat(-1, print) end), "n must be a whole number")
end

function TestOtherContainers:test_module_lists_are_looped_over()
  local list = nn.ModuleList {
    nn.Linear(2, 2), nn.Linear(2, 2),
    forward = function(layers, x)
      for _, layer in ipairs(layers) do x = layer(x) + x end
      return x
    end,
  }
  lu.assertEquals(#list, 2)
  lu.assertEquals(list(orrery.ones(1, 2)).shape, { 1, 2 })
  lu.assertStrContains(refusal(function() nn.ModuleList { nn.ReLU() } (orrery.ones(1)) end), "forward")
end

function TestOtherContainers:test_layers_of_lists_that_are_looped_over_have_pytorchs_keys_in_a_graph()
  local net = nn.Module()
  net.down = nn.ModuleList { nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)) }
  net.down:add("2", nn.Identity())
  net.up = nn.ModuleList { nn.ModuleList { nn.Linear(2, 2) }, nn.Linear(2, 2, { name = "last" }) }
  function net:forward(x)
    for _, part in ipairs(self.down) do x = part(x) end
    return self.up[2](self.up[1][1](x))
  end
  local g, x = graph(2)
  g:output(net(x))
  local own, inside = keys_of(net), keys_of(g)
  lu.assertEquals({ own[1], own[3], own[5] }, { "down.0.weight", "down.1.0.weight", "up.0.0.weight" })
  for at = 1, 6 do lu.assertEquals(inside[at], "module." .. own[at]) end
  lu.assertEquals(net.down[3].name, "down.2")
  lu.assertEquals({ own[7], inside[7] }, { "up.last.weight", "module.last.weight" })
end

function TestOtherContainers:test_modules_are_written_as_classes_of_pytorch_are()
  local net = nn.Module {
    { "fc1", nn.Linear(4, 3) }, { "fc2", nn.Linear(3, 2) }, name = "net",
    forward = function(own, x) return own.fc2(own.fc1(x):relu()) end,
  }
  local g, x = graph(4)
  net(x)
  lu.assertEquals(keys_of(g)[3], "net.fc2.weight")
  lu.assertEquals(net(orrery.ones(5, 4)).shape, { 5, 2 })
  lu.assertStrContains(refusal(function() nn.Module { nn.ReLU() } end), "forward is required")
end

TestBlocksOnTensors = {}

function TestBlocksOnTensors:test_compute_with_their_constants()
  local g = orrery.graph "g"
  local block = g:block("b", function(x)
    return x + g:constant({ #x:size() }, { init = "ones" }) + g:constant(orrery.ones(1))
  end)
  lu.assertEquals(block(orrery.zeros(2)):tolist(), { 2, 2 })
  lu.assertEquals(block(orrery.zeros(1, 2)):tolist(), { { 2, 2 } })
  lu.assertEquals(#g:nodes(), 0)
end

function TestBlocksOnTensors:test_use_the_layers_of_another_one()
  local g, x = graph(2)
  local function build(h) return nn.Linear(2, 2)(h) end
  local first = g:block("first", build)
  first(x)
  local other, y = graph(2)
  other:block("second", build, { layers_of = first })(y)
  lu.assertIs(other:parameters()[1], g:parameters()[1])
  lu.assertEquals(keys_of(other), { "second.linear.weight", "second.linear.bias" })
end

TestNames = {}

function TestNames:test_are_given_to_layers_before_their_first_application()
  local g, x = graph(2)
  local fc = nn.Linear(2, 2):named "fc"
  fc(x)
  lu.assertEquals(keys_of(g), { "fc.weight", "fc.bias" })
  lu.assertStrContains(refusal(function() fc:named "other" end), "stands in a graph as 'fc' already")
  lu.assertStrContains(refusal(function() nn.ReLU():named "a/b" end), "cannot be a name")
end

function TestNames:test_state_comes_in_the_order_of_use()
  local g, x = graph(2)
  local last, first = nn.Linear(2, 2, { name = "last" }), nn.Linear(2, 2, { name = "first" })
  last(first(x) * g:parameter("scale", { 2 }))
  lu.assertEquals(keys_of(g), { "first.weight", "first.bias", "scale", "last.weight", "last.bias" })
end

TestLazyLayers = {}

function TestLazyLayers:test_leave_the_first_size_out()
  if not core.operations("Linear").options[1].required then
    local g, x = graph(3, 8, 8)
    nn.LazyLinear(10)(nn.LazyConv2d(16, 3)(x):flatten(1))
    local state = g:state()
    lu.assertEquals(state[1].parameter.shape, { 16, 3, 3, 3 })
    lu.assertEquals(state[3].parameter.shape, { 10, 576 })
  end
  lu.assertStrContains(refusal(function() return nn.LazyReLU end), "learns no size from its input")
  lu.assertStrContains(refusal(function() return nn.LazyLiner end), "did you mean 'Linear'?")
end

os.exit(lu.LuaUnit.run())
