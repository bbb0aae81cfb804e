-- nn.functional: what layers of the same kind give, with tensors that are given, on tensors and in graphs.
local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local F = nn.functional

local function assert_close(got, wanted) lu.assertTrue(got:allclose(wanted, 1e-5, 1e-6)) end

local function filled(layer)
  for _, parameter in ipairs(layer:parameters()) do
    if parameter.requires_grad then nn.init.normal_(parameter) end
  end
  return layer
end

local function ids(list) return orrery.tensor(list, { dtype = "int64" }) end

-- A batch normalisation as a module that has all of its tensors itself.
local function own_norm(channels)
  local net = nn.Module()
  net:register_buffer("running_mean", orrery.zeros(channels))
  net:register_buffer("running_var", orrery.ones(channels))
  net.weight, net.bias = nn.Parameter(orrery.rand(channels)), nn.Parameter(orrery.rand(channels))
  function net:forward(x)
    return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training)
  end
  return net
end

-- Trains one step on a batch that is all of the data.
local function step(net, x)
  local g = orrery.graph("g"):rules { ["field-unused"] = "off" }
  local value = g:input(data.tensors { x = x, batch = x:size(0) })
  local loss = net(value):square():sum()
  orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 1 }):run()
  return g
end

TestNorms = {}

function TestNorms:setUp() orrery.manual_seed(1) end

function TestNorms:test_of_the_batch_are_those_of_the_layer()
  local kinds = { { nn.BatchNorm1d, { 5, 3 } }, { nn.BatchNorm1d, { 5, 3, 4 } },
    { nn.BatchNorm2d, { 2, 3, 4, 4 } }, { nn.BatchNorm3d, { 2, 3, 2, 2, 2 } } }
  for _, kind in ipairs(kinds) do
    local layer, x = filled(kind[1](3, { eps = 1e-3, momentum = 0.3 })), orrery.randn(kind[2])
    local mean, variance = orrery.zeros(3), orrery.ones(3)
    assert_close(F.batch_norm(x, mean, variance, layer.weight, layer.bias, true, 0.3, 1e-3), layer(x))
    assert_close(mean, layer.running_mean)
    assert_close(variance, layer.running_var)
    layer:eval()
    assert_close(F.batch_norm(x, mean, variance, layer.weight, layer.bias, { eps = 1e-3 }), layer(x))
    assert_close(F.batch_norm(x, nil, nil, { training = true }), kind[1](3, { affine = false })(x))
  end
end

function TestNorms:test_of_instances_are_those_of_the_layer()
  for _, kind in ipairs { { nn.InstanceNorm1d, { 2, 3, 4 } }, { nn.InstanceNorm2d, { 2, 3, 4, 4 } } } do
    local layer = filled(kind[1](3, { affine = true, track_running_stats = true }))
    local x, mean, variance = orrery.randn(kind[2]), orrery.zeros(3), orrery.ones(3)
    assert_close(F.instance_norm(x, mean, variance, layer.weight, layer.bias), layer(x))
    assert_close(mean, layer.running_mean)
    layer:eval()
    assert_close(F.instance_norm(x, mean, variance, layer.weight, layer.bias, false), layer(x))
    assert_close(F.instance_norm(x), kind[1](3)(x))
  end
end

function TestNorms:test_train_their_weights_and_follow_statistics_in_a_graph()
  local x = orrery.randn(8, 3)
  local own, layer = own_norm(3), nn.BatchNorm1d(3)
  orrery.no_grad(function()
    layer.weight:copy_(own.weight)
    layer.bias:copy_(own.bias)
  end)
  local g = step(own, x)
  step(layer, x)
  for _, name in ipairs { "weight", "bias", "running_mean", "running_var" } do
    assert_close(own[name], layer[name])
  end
  for _, finding in ipairs(g:check()) do lu.assertNotEquals(finding.code, "frozen-batch-norm") end
end

function TestNorms:test_compute_in_a_graph_with_statistics_that_are_given()
  local x, mean, variance = orrery.randn(4, 3, 2), orrery.randn(3), orrery.rand(3) + 0.5
  local weight = nn.Parameter(orrery.rand(3))
  local gradients = {}
  for _, function_of in ipairs { F.batch_norm, F.instance_norm } do
    local before = weight:clone():detach()
    local loss = function_of(x, mean, variance, weight, nil, false):square():sum()
    loss:backward()
    gradients[#gradients + 1], weight.grad = weight.grad:clone(), nil
    step(function(v) return function_of(v, mean, variance, weight, nil, false) end, x)
    assert_close(weight, before - 0.1 * gradients[#gradients])
    orrery.no_grad(function() weight:copy_(before) end)
  end
  assert_close(gradients[1], gradients[2])
end

function TestNorms:test_say_what_does_not_fit()
  local x = orrery.randn(4, 3)
  lu.assertStrContains(refusal(function() F.batch_norm(x) end),
    "nn.functional.batch_norm: training = false needs running_mean and running_var")
  lu.assertStrContains(refusal(function() F.batch_norm(orrery.randn(4), nil, nil, { training = true }) end),
    "nn.functional.batch_norm: the input must be (N, C, …) of 2 to 5 dimensions, got 1")
  lu.assertStrContains(refusal(function() F.batch_norm(x[{ { 0, 1 } }], { training = true }) end),
    "training needs more than one number for each channel, got (1, 3)")
  lu.assertStrContains(refusal(function() F.instance_norm(x) end), "of 3 to 5 dimensions, got 2")
  for dims = 1, 3 do
    local single = orrery.randn(2, 3, unpack({ 1, 1, 1 }, 1, dims))
    lu.assertStrContains(refusal(function() F.instance_norm(single) end), "nn.functional.instance_norm: "
      .. "use_input_stats needs more than one spatial element, got (2, 3" .. (", 1"):rep(dims) .. ")")
    assert_close(F.instance_norm(single, orrery.zeros(3), orrery.ones(3), nil, nil, false), single)
  end
  assert_close(F.instance_norm(orrery.ones(2, 3, 2)), orrery.zeros(2, 3, 2))
  lu.assertStrContains(refusal(function() F.instance_norm(orrery.randn(2, 3, 4), { momentun = 1 }) end),
    "unknown option 'momentun'")
  local value = orrery.graph "g":input(data.tensors { x = x, batch = 2 })
  lu.assertStrContains(refusal(function()
    F.batch_norm(value, orrery.zeros(3), orrery.ones(3), nil, nil, true)
  end), "in a graph running_mean and running_var are followed where they are buffers of a module")
end

TestBags = {}

function TestBags:setUp() orrery.manual_seed(1) end

function TestBags:test_are_those_of_the_layer()
  for _, mode in ipairs { "sum", "mean", "max" } do
    local layer = nn.EmbeddingBag(6, 3, { mode = mode, padding_idx = 2 })
    local square, list, starts = ids { { 0, 4, 2 }, { 2, 1, 1 } }, ids { 0, 2, 5, 4 }, ids { 0, 1 }
    local options = { mode = mode, padding_idx = -4 }
    assert_close(F.embedding_bag(square, layer.weight, options), layer(square))
    assert_close(F.embedding_bag(list, layer.weight, starts, options), layer(list, starts))
  end
  local layer, square = nn.EmbeddingBag(6, 3, { mode = "sum" }), ids { { 0, 4 }, { 2, 2 } }
  local weights = orrery.rand(2, 2)
  assert_close(F.embedding_bag(square, layer.weight, { mode = "sum", per_sample_weights = weights }),
    layer(square, nil, weights))
end

function TestBags:test_leave_out_no_row_unless_told_to()
  for _, mode in ipairs { "sum", "mean", "max" } do
    local layer, options = nn.EmbeddingBag(6, 3, { mode = mode }), { mode = mode }
    local square, list, starts = ids { { 0, 5 }, { 5, 5 } }, ids { 5, 2, 5, 4 }, ids { 0, 1 }
    assert_close(F.embedding_bag(square, layer.weight, options), layer(square))
    local twice = layer.weight[5] * (mode == "sum" and 2 or 1)
    assert_close(F.embedding_bag(square, layer.weight, options)[1], twice)
    assert_close(F.embedding_bag(list, layer.weight, starts, options), layer(list, starts))
    local ended = nn.EmbeddingBag(6, 3, { mode = mode, include_last_offset = true })
    options.include_last_offset = true
    starts = ids { 0, 1, 4 }
    assert_close(F.embedding_bag(list, ended.weight, starts, options), ended(list, starts))
  end
  local layer, square, weights = nn.EmbeddingBag(6, 3, { mode = "sum" }), ids { { 5, 4 }, { 2, 5 } },
    orrery.rand(2, 2)
  assert_close(F.embedding_bag(square, layer.weight, { mode = "sum", per_sample_weights = weights }),
    layer(square, nil, weights))
end

function TestBags:test_shorten_long_rows_of_the_table()
  local table_of = orrery.ones(3, 4)
  F.embedding_bag(ids { { 0, 2 } }, table_of, { max_norm = 1 })
  assert_close(table_of[0], orrery.full({ 4 }, 0.5))
  assert_close(table_of[1], orrery.ones(4))
end

function TestBags:test_train_their_table_in_a_graph()
  local x, own = ids { { 0, 4, 2 }, { 2, 1, 1 } }, nn.Parameter(orrery.randn(6, 3))
  local layer = nn.EmbeddingBag(6, 3)
  orrery.no_grad(function() layer.weight:copy_(own) end)
  step(function(v) return F.embedding_bag(v, own) end, x)
  step(layer, x)
  assert_close(own, layer.weight)
end

function TestBags:test_say_what_does_not_fit()
  local square, table_of = ids { { 0, 1 } }, orrery.ones(3, 4)
  lu.assertStrContains(refusal(function() F.embedding_bag(square, table_of, { mode = "most" }) end),
    "nn.functional.embedding_bag: mode must be 'sum', 'mean' or 'max', got 'most'")
  lu.assertStrContains(refusal(function() F.embedding_bag(square, table_of, ids { 0 }) end),
    "offsets go with indices of one dimension")
  local value = orrery.graph "g":input(data.tensors { x = square, batch = 1 })
  lu.assertStrContains(refusal(function() F.embedding_bag(value, table_of, { max_norm = 1 }) end),
    "in a graph max_norm is for nn.EmbeddingBag, which owns its table")
end

TestOthers = {}

function TestOthers:setUp() orrery.manual_seed(1) end

function TestOthers:test_upsample_as_the_layers()
  local x = orrery.randn(1, 2, 3, 3)
  assert_close(F.upsample(x, nil, 2), nn.Upsample { scale_factor = 2 } (x))
  assert_close(F.upsample(x, { 5, 4 }, nil, "bilinear", true),
    nn.Upsample { size = { 5, 4 }, mode = "bilinear", align_corners = true } (x))
  assert_close(F.upsample_nearest(x, { 4, 4 }), nn.UpsamplingNearest2d { size = { 4, 4 } } (x))
  assert_close(F.upsample_bilinear(x, { scale_factor = 3 }), nn.UpsamplingBilinear2d { scale_factor = 3 } (x))
  local value = orrery.graph "g":input(data.tensors { x = x, batch = 1 })
  lu.assertEquals(F.upsample(value, nil, 2).shape[4], 6)
end

function TestOthers:test_triplets_take_a_distance()
  local a, p, n = orrery.randn(4, 3), orrery.randn(4, 3), orrery.randn(4, 3)
  local of = F.triplet_margin_with_distance_loss
  assert_close(of(a, p, n), nn.TripletMarginLoss()(a, p, n))
  assert_close(of(a, p, n, { swap = true, margin = 2, reduction = "none" }),
    nn.TripletMarginLoss { swap = true, margin = 2, reduction = "none" } (a, p, n))
  local function city(x, y) return (x - y):abs():sum(1) end
  assert_close(of(a, p, n, city, { reduction = "sum" }),
    (city(a, p) - city(a, n) + 1):clamp_min(0):sum())
  lu.assertStrContains(refusal(function() of(a, p, n, { reduction = "average" }) end),
    "reduction must be 'none', 'mean' or 'sum', got 'average'")
end

function TestOthers:test_convolve_with_time_first()
  local x, weight, bias = orrery.randn(6, 2, 3), nn.Parameter(orrery.randn(2, 3, 4)), nn.Parameter { 4 }
  local wanted = F.conv1d(x:permute(1, 2, 0), weight:permute(2, 1, 0), bias, { padding = 1 }):permute(2, 0, 1)
  assert_close(F.conv_tbc(x, weight, bias, 1), wanted)
  local before = weight:clone():detach()
  step(function(v) return F.conv_tbc(v, weight, bias) end, x)
  lu.assertFalse(weight:equal(before))
end

function TestOthers:test_write_into_tensors_under_names_that_end_in_an_underscore()
  local arguments = { leaky_relu_ = { 0.2 }, threshold_ = { 0.5, 7 }, hardtanh_ = { -0.5, 0.5 } }
  for name in ("celu_ elu_ hardtanh_ leaky_relu_ relu_ selu_ threshold_"):gmatch "%S+" do
    local x = orrery.randn(5)
    local wanted = F[name:sub(1, -2)](x, unpack(arguments[name] or {}))
    lu.assertTrue(F[name](x, unpack(arguments[name] or {})):equal(wanted), name)
    lu.assertTrue(x:equal(wanted), name)
  end
end

os.exit(lu.LuaUnit.run())
