local lu = require "luaunit"
local orrery = require "orrery"

local function count(graph)
  return graph:describe().parameters
end

local function keys(graph)
  local known = {}
  for _, entry in ipairs(graph:state()) do known[entry.key] = entry.parameter.shape end
  return known
end

TestModels = {}

function TestModels:test_have_as_many_parameters_as_torchvisions()
  local wanted = { lenet5 = 61706, resnet18 = 11689512, resnet34 = 21797672, resnet50 = 25557032 }
  for name, parameters in pairs(wanted) do
    lu.assertEquals(count(orrery.models.graph(name)), parameters, name)
  end
end

function TestModels:test_have_torchvisions_keys()
  local known = keys(orrery.models.graph "resnet18")
  lu.assertEquals(known["conv1.weight"], { 64, 3, 7, 7 })
  lu.assertEquals(known["layer1.0.conv1.weight"], { 64, 64, 3, 3 })
  lu.assertEquals(known["layer2.0.downsample.0.weight"], { 128, 64, 1, 1 })
  lu.assertEquals(known["layer2.0.downsample.1.running_mean"], { 128 })
  lu.assertEquals(known["layer4.1.bn2.num_batches_tracked"], {})
  lu.assertEquals(known["fc.weight"], { 1000, 512 })
  lu.assertNil(known["conv1.bias"])
end

function TestModels:test_have_as_many_keys_as_torchvisions_state_dict()
  for name, number in pairs { resnet18 = 122, resnet34 = 218, resnet50 = 320 } do
    local found = 0
    for _ in pairs(keys(orrery.models.graph(name))) do found = found + 1 end
    lu.assertEquals(found, number, name)
  end
end

function TestModels:test_put_the_stride_of_a_bottleneck_into_its_second_convolution()
  for _, node in ipairs(orrery.models.graph("resnet50"):describe().nodes) do
    if node.path == "layer2/0/conv2" then lu.assertEquals(node.options.stride, { 2, 2 }) end
    if node.path == "layer2/0/conv1" then lu.assertNil(node.options.stride) end
  end
end

function TestModels:test_are_blocks_of_the_graph_that_calls_them()
  local g = orrery.graph "g"
  local image = g:input { image = { shape = { 3, 64, 64 } } }
  local model = orrery.models.resnet18 { classes = 10 }
  lu.assertEquals(tostring(model(image)):match "%(N, %d+%)", "(N, 10)")
  lu.assertNotNil(keys(g)["resnet18.layer1.0.conv1.weight"])
  lu.assertEquals(#model:parameters(), 62)
end

function TestModels:test_compute_at_once_on_tensors_with_the_same_weights()
  local model = orrery.models.mlp {}
  local x = orrery.ones(2, 784)
  local first = model(x)
  lu.assertEquals(first:tolist(), model(x):tolist())
  lu.assertEquals(#model:parameters(), 6)
end

function TestModels:test_read_and_write_weights_under_their_keys()
  local path, x = os.tmpname(), orrery.ones(1, 1, 32, 32)
  local first, second = orrery.models.lenet5 {}, orrery.models.lenet5 {}
  local y = first(x)
  lu.assertFalse(second(x):equal(y))
  first:save_weights(path)
  lu.assertNotNil(orrery.load_tensors(path)["features.conv1.weight"])
  lu.assertEquals(second:load_weights(path), { missing = {}, unexpected = {} })
  for at, parameter in ipairs(second:parameters()) do
    lu.assertTrue(parameter:equal(first:parameters()[at]))
  end
  lu.assertTrue(second(x):allclose(y, 1e-4))
  os.remove(path)
end

function TestModels:test_on_tensors_train_until_told_otherwise()
  local model = orrery.models.keras_mnist_cnn {}
  local x = orrery.ones(1, 1, 28, 28)
  lu.assertFalse(model(x):equal(model(x)))
  lu.assertTrue(rawequal(model:eval(), model))
  lu.assertTrue(model(x):equal(model(x)))
  lu.assertFalse(model:train()(x):equal(model(x)))
  model = orrery.models.keras_mnist_cnn {}:eval()
  lu.assertTrue(model(x):equal(model(x)))
end

function TestModels:test_refuse_options_that_they_lack()
  local done, text = pcall(orrery.models.resnet18, { clases = 10 })
  lu.assertFalse(done)
  lu.assertStrContains(text, "models.resnet18: unknown option 'clases' (did you mean 'classes'?)")
  done, text = pcall(orrery.models.mlp, { classes = "ten" })
  lu.assertFalse(done)
  lu.assertStrContains(text, "models.mlp: classes must be a number, got a string")
end

function TestModels:test_that_are_unknown_are_refused_with_the_nearest()
  local done, text = pcall(function() return orrery.models.resnet19 end)
  lu.assertFalse(done)
  lu.assertStrMatches(text, ".*models has no 'resnet19' %(did you mean 'resnet1?[458]?0?'%?%).*")
end

function TestModels:test_have_their_weights_before_their_first_call()
  local model = orrery.models.mlp {}
  local weights = model:parameters()
  lu.assertEquals(#weights, 6)
  local g = orrery.graph "g"
  model(g:input { x = { shape = { 784 } } })
  lu.assertIs(g:parameters()[1], weights[1])
end

function TestModels:test_stand_in_two_graphs_with_the_same_weights()
  local model, graphs = orrery.models.mlp {}, {}
  for i = 1, 2 do
    graphs[i] = orrery.graph "g"
    model(graphs[i]:input { x = { shape = { 784 } } })
  end
  lu.assertIs(graphs[2]:parameters()[1], graphs[1]:parameters()[1])
  lu.assertEquals(#model:blocks(), 2)
end

os.exit(lu.LuaUnit.run())
