-- Small graphs that hold each rule of the ONNX export once, and models of the zoo,
-- for check_onnx.py: writes
-- FOLDER/name.onnx, and FOLDER/name.safetensors with inputs and the results that Orrery computes.
--
--     orrery run scripts/dev/onnx_cases.lua folder=DIR opset=18 [only=NAME]
local orrery = require "orrery"
local nn = orrery.nn
local F = orrery

local config = orrery.config { folder = "", opset = 18, only = "", zoo = false }

local image = { image = { shape = { 4, 8, 10 } } }
local row = { x = { shape = { 6 } } }
local pair = { x = { shape = { 5, 6 } }, y = { shape = { 5, 6 } } }
local words = { x = { shape = { 7 }, dtype = "int64" } }
local sequence = { x = { shape = { 7, 8 } } }

-- A case: fields of the input, and what is computed of them, which come by name.
local cases = {}
local function case(name, fields, build)
  cases[#cases + 1] = { name = name, fields = fields, build = build }
end

for _, name in ipairs { "relu", "relu6", "tanh", "sigmoid", "selu", "elu", "celu", "gelu", "silu",
  "mish", "softplus",
  "softsign", "hardswish", "hardsigmoid", "hardtanh", "hardshrink", "softshrink", "tanhshrink",
  "logsigmoid",
  "leaky_relu", "neg", "abs", "sign", "floor", "ceil", "round", "trunc", "frac", "exp", "exp2", "expm1",
  "square",
  "sin", "cos", "tan", "atan", "sinh", "cosh", "asinh", "erf", "erfc", "reciprocal", "deg2rad" } do
  case(name, row, function(x) return x[name](x) end)
end
for _, name in ipairs { "sqrt", "rsqrt", "log", "log2", "log10", "log1p", "asin", "acos", "atanh" } do
  case(name, row, function(x) return x[name]((x:sigmoid() * 0.9 + 0.05)) end)
end
case("acosh", row, function(x) return (x:abs() + 1.5):acosh() end)
case("logit", row, function(x) return x:sigmoid():logit(), x:sigmoid():logit(0.2) end)
case("gelu_tanh", row, function(x) return x:gelu { approximate = "tanh" } end)
case("softplus_low", row, function(x) return x:softplus(2, 1) end)
case("threshold", row, function(x) return x:threshold(0.1, 20) end)
case("softmaxes", pair, function(x, y)
  return x:softmax(1), x:log_softmax(-1), F.softmin(y, 2), nn.GLU(-1)(y), nn.Softmax(2)(x)
end)
case("prelu", image, function(x) return nn.PReLU(4)(x), nn.PReLU()(x) end)

case("arithmetic", pair, function(x, y)
  return x + y, x - y, x * y, x / y, x + 2, 3 - x, x * 0.5, 2 / x, F.add(x, y, { alpha = 2 })
end)
case("divisions", pair, function(x, y)
  return x:div(y, { rounding_mode = "floor" }), x:div(y, { rounding_mode = "trunc" }), x:remainder(y),
    x:fmod(y),
    x:floor_divide(0.3)
end)
case("integers", { x = { shape = { 4 }, dtype = "int64" }, y = { shape = { 4 }, dtype = "int64" } },
  function(x, y)
  return x + y, x * y, x:remainder(3), x:div(2, { rounding_mode = "floor" }), x / 2, x:eq(y), x:lt(2.5),
    x:float() + y
end)
case("powers", pair, function(x, y)
  return x:abs():pow(y), x:pow(2), x:hypot(y), x:logaddexp(y), x:maximum(y), x:minimum(y),
    F.lerp(x, y, 0.3), F.addcmul(x, x, y, { value = 0.5 })
end)
case("bounds", pair, function(x, y)
  return x:clamp(-0.5, 0.5), x:clamp { min = 0 }, x:clamp_max(0.2), x:clamp(y, y + 1), F.where(x:gt(y),
    x, y),
    x:masked_fill(y:gt(0), 7)
end)
case("comparisons", pair, function(x, y)
  return x:eq(y), x:ne(x), x:lt(y), x:le(y), x:gt(0), x:ge(0.5), F.logical_and(x:gt(0), y:gt(0)),
    F.logical_xor(x:gt(0), y:gt(0)), F.logical_not(x:gt(0)), x:isnan(), (x / 0):isinf(), (x / 0):isfinite()
end)

case("reductions", image, function(x)
  return x:sum(), x:mean { 2, 3 }, x:amax { 1 }, x:amin { -1 }, x:prod(1), x:logsumexp { 2, 3 },
    x:sum { dim = { 1 }, keepdim = true }, x:norm { dim = { 2, 3 } }, x:norm(1, { 1 }), x:argmax(1),
      x:argmin(-1)
end)
case("extremes", image, function(x)
  local largest, place = x:max(1)
  local values, places = x:topk(3, -1)
  local sorted, order = x:sort(-1, true)
  return largest, place, values, places, sorted, order, x:argsort(2), x:cumsum(1), x:gt(0):any(1),
    x:gt(0):all(1)
end)
case("moments", image, function(x)
  return x:var { dim = { 1, 2 } }, x:std { dim = { 3 }, keepdim = true }, x:var { dim = { 1 },
    unbiased = false }
end)

case("matrices", { x = { shape = { 3, 5 } }, y = { shape = { 5, 4 } } }, function(x, y)
  return x:matmul(y), x:bmm(y), F.einsum("bij,bjk->bik", x, y), F.baddbmm(x:matmul(y), x, y,
    { beta = 0.5, alpha = 2 })
end)
case("linear", row, function(x) return nn.Linear(6, 3)(x), nn.Linear(6, 3, { bias = false })(x) end)
case("linear_of_sequence", sequence, function(x) return nn.Linear(8, 3)(x), nn.Linear(8, 2,
  { bias = false })(x) end)

case("attention", { k = { shape = { 2, 7, 4 } }, q = { shape = { 2, 5, 4 } } }, function(k, q)
  return F.scaled_dot_product_attention(q, k, k), F.scaled_dot_product_attention(q, k, k,
    { is_causal = true }),
    F.scaled_dot_product_attention(q, k, k, { scale = 0.2 })
end)
case("grouped_attention", { k = { shape = { 2, 5, 4 } }, q = { shape = { 4, 5, 4 } } }, function(k, q)
  return F.scaled_dot_product_attention(q, k, k, { enable_gqa = true })
end)
case("multihead", sequence, function(x)
  local out, weights = nn.MultiheadAttention(8, 2, { batch_first = true })(x, x, x)
  local turned = nn.MultiheadAttention(8, 2)(x:transpose(0, 1), x:transpose(0, 1), x:transpose(0, 1))
  return out, weights, turned
end)

case("batch_norm", image, function(x) return nn.BatchNorm2d(4)(x), nn.BatchNorm2d(4,
  { affine = false })(x) end)
case("instance_norm", image, function(x)
  return nn.InstanceNorm2d(4)(x), nn.InstanceNorm2d(4, { affine = true })(x)
end)
case("layer_norm", sequence, function(x)
  return nn.LayerNorm { 8 } (x), nn.LayerNorm { 7, 8 } (x), nn.LayerNorm({ 8 },
    { elementwise_affine = false })(x),
    nn.RMSNorm { 8 } (x)
end)
case("group_norm", image, function(x) return nn.GroupNorm(2, 4)(x), nn.GroupNorm(4, 4,
  { affine = false })(x) end)
case("response_norm", image, function(x) return nn.LocalResponseNorm(3)(x), x:normalize() end)

case("conv2d", image, function(x)
  return nn.Conv2d(4, 6, 3)(x), nn.Conv2d(4, 6, 3, { stride = 2, padding = 1, dilation = 2, groups = 2,
    bias = false })(x),
    nn.Conv2d(4, 4, { 4, 3 }, { padding = "same" })(x), nn.Conv2d(4, 2, 3, { padding = 1,
      padding_mode = "reflect" })(x),
    nn.Conv2d(4, 2, 3, { padding = 1, padding_mode = "replicate" })(x)
end)
case("conv1d_and_3d", { x = { shape = { 2, 9 } }, y = { shape = { 2, 5, 6, 7 } } }, function(x, y)
  return nn.Conv1d(2, 3, 3)(x), nn.Conv3d(2, 3, 2)(y)
end)
case("transposed", image, function(x)
  return nn.ConvTranspose2d(4, 3, 3, { stride = 2, padding = 1, output_padding = 1 })(x),
    nn.ConvTranspose2d(4, 4, 2, { stride = 2, groups = 2, bias = false })(x)
end)
case("pads", image, function(x)
  return x:pad { 1, 2 }, x:pad({ 1, 0, 2, 1 }, "constant", 3), nn.ReflectionPad2d(2)(x),
    nn.ReplicationPad2d(1)(x),
    nn.ZeroPad2d { 1, 2, 0, 1 } (x)
end)
case("max_pool", image, function(x)
  local pooled, places = F.max_pool2d(x, 2, { return_indices = true })
  return pooled, places, nn.MaxPool2d(3, { stride = 2, padding = 1 })(x), nn.MaxPool2d(3, { stride = 2,
    ceil_mode = true })(x),
    nn.MaxPool2d(2, { dilation = 2, stride = 1 })(x)
end)
case("avg_pool", image, function(x)
  return nn.AvgPool2d(2)(x), nn.AvgPool2d(3, { stride = 2, padding = 1 })(x),
    nn.AvgPool2d(3, { stride = 2, padding = 1, count_include_pad = false })(x),
    nn.AvgPool2d(3, { stride = 2, ceil_mode = true })(x), nn.AvgPool2d(2, { divisor_override = 3 })(x)
end)
case("lp_pool", image, function(x) return nn.LPPool2d(2, 2)(x) end)
case("adaptive", image, function(x)
  return nn.AdaptiveAvgPool2d(1)(x), nn.AdaptiveAvgPool2d { 4, 5 } (x), nn.AdaptiveMaxPool2d(1)(x),
    nn.AdaptiveMaxPool2d { 2, 2 } (x),
    nn.AdaptiveAvgPool2d { 3, 7 } (x), nn.AdaptiveAvgPool1d(3)(x:flatten(2))
end)

case("shapes", image, function(x)
  return x:flatten(1), x:flatten(2), x:reshape { -1, 4, 80 }, x:permute { 0, 2, 3, 1 }, x:transpose(1,
    -1), x:unsqueeze(1),
    x:unsqueeze(-1):squeeze(-1), x:movedim({ 1 }, { 3 }), x:view { -1, 2, 2, 8, 10 }, x:swapaxes(2, 3)
end)
case("joining", pair, function(x, y)
  local first, second = x:split({ 2, 3 }, 1)
  local joined = F.cat({ first, second, F.cat({ y:chunk(3, -1) }, -1) }, 1)
  return joined, F.stack({ x, y }, 1), F.cat({ x, y }, -1), F.stack({ x:unbind(1) }, 2)
end)
case("spreading", { x = { shape = { 3, 1 } }, y = { shape = { 3, 4 } } }, function(x, y)
  return x:expand { -1, 3, 4 }, x:expand_as(y), F.tile(y, { 1, 2, 1 }), y:repeat_interleave(2, 1),
    y:flip { 1, 2 }, y:roll({ 1 }, { 1 }),
    y:roll({ -1, 2 }, { 1, 2 })
end)
case("parts", image, function(x)
  return x:select(1, 2), x:select(2, -1), x:narrow(2, 1, 3), F.slice(x, { dim = 3, start = 1,
    ["end"] = 9, step = 2 }),
    x[{ {}, 1 }]
end)
case("triangles", sequence, function(x) return x:tril(), x:triu(1) end)
case("casts", row, function(x) return x:long(), x:double():float(), x:gt(0):float(), x:half():float() end)

case("embedding", words, function(x)
  local table_of = nn.Embedding(3, 4)(x:remainder(3))
  return table_of, F.one_hot(x:remainder(3), 3), table_of:mean { 1 }
end)
case("gathering", { at = { shape = { 2, 6 }, dtype = "int64" }, x = { shape = { 5, 6 } } }, function(at, x)
  local places = at:remainder(5)
  return x:gather(1, places), F.scatter_add(x, 1, places, x:narrow(1, 0, 2)), x:scatter(1, places, 9)
end)
case("positions", words, function(x)
  return x + orrery.arange(7), x:float() * orrery.ones(7), orrery.zeros_like(x),
    orrery.full_like(x:float(), 2.5)
end)

case("pixels", image, function(x)
  return x:pixel_shuffle(2), x:pixel_unshuffle(2), nn.ChannelShuffle(2)(x)
end)
case("resizing", image, function(x)
  return nn.Upsample { scale_factor = 2 } (x), F.interpolate(x, { size = { 5, 7 } }),
    F.interpolate(x, { size = { 13, 15 }, mode = "bilinear" }), F.interpolate(x, { scale_factor = 2,
      mode = "bilinear", align_corners = true }),
    F.interpolate(x, { scale_factor = 1.7, mode = "bicubic" }), F.interpolate(x, { size = { 11, 4 },
      mode = "nearest-exact" })
end)
case("grid", { grid = { shape = { 3, 4, 2 } }, x = { shape = { 2, 5, 6 } } }, function(grid, x)
  return F.grid_sample(x, grid, { align_corners = false }), F.grid_sample(x, grid:tanh(),
    { mode = "nearest", padding_mode = "border", align_corners = true })
end)

case("lstm", sequence, function(x)
  local out, h, c = nn.LSTM(8, 5, { num_layers = 2, bidirectional = true, batch_first = true })(x)
  return out, h, c
end)
case("gru", sequence, function(x)
  local out, h = nn.GRU(8, 5, { batch_first = true })(x)
  return out, h, (nn.GRU(8, 3, { bias = false })(x:transpose(0, 1)))
end)
case("rnn", sequence, function(x)
  local out, h = nn.RNN(8, 5, { nonlinearity = "relu", batch_first = true, bidirectional = true })(x)
  return out, h
end)
case("dropout", row, function(x) return nn.Dropout(0.5)(x), x * 2 end)

-- Models of the zoo, and the sizes of their input.
local zoo = { lenet5 = { 1, 32, 32 }, mlp = { 784 }, alexnet = { 3, 224, 224 }, vgg11_bn = { 3, 64, 64 },
  resnet18 = { 3, 64, 64 }, resnet50 = { 3, 64, 64 }, squeezenet1_1 = { 3, 64, 64 }, densenet121 = { 3,
  64, 64 },
  googlenet = { 3, 224, 224 }, inception_v3 = { 3, 299, 299 }, mobilenet_v2 = { 3, 64, 64 },
  mobilenet_v3_small = { 3, 64, 64 }, efficientnet_b0 = { 3, 64, 64 }, shufflenet_v2_x1_0 = { 3, 64, 64 },
  convnext_tiny = { 3, 64, 64 }, vit_b_16 = { 3, 224, 224 }, unet = { 3, 64, 64 } }
local languages = {
  gpt2 = { tokens = 100, positions = 32, width = 24, layers = 2, heads = 3 },
  llama = { tokens = 100, width = 24, hidden = 40, layers = 2, heads = 4, groups = 2 },
  minilm = { tokens = 100, positions = 32, width = 24, hidden = 40, layers = 2, heads = 2 },
  lstm_language_model = { tokens = 100, features = 12, hidden = 16 },
}
if config.zoo then
  cases = {}
  for name, options in pairs(languages) do
    case(name, { tokens = { shape = { 10 }, dtype = "int64" } }, orrery.models[name](options))
  end
  for name, shape in pairs(zoo) do
    case(name, { image = { shape = shape } }, orrery.models[name] {})
  end
end

local function data_for(fields)
  local data = {}
  for name, field in pairs(fields) do
    local sizes = { 2, unpack(field.shape) }
    data[name] = field.dtype == "int64" and orrery.randint(0, 9, sizes) or orrery.randn(sizes)
  end
  return data
end

local function write(each)
  orrery.manual_seed(5)
  local g = orrery.graph(each.name)
  local results = { each.build(g:input(each.fields)) }
  g:output(unpack(results))
  local manager = orrery.manager(g, {})
  local data = data_for(each.fields)
  local computed = { manager:predict(results, orrery.data.tensors(data)) }
  if #results > 1 and type(computed[1]) == "table" then computed = computed[1] end
  local kept = {}
  for name, tensor in pairs(data) do kept["in." .. name] = tensor end
  for at, tensor in ipairs(computed) do kept["out." .. at] = tensor end
  orrery.export(g, ("%s/%s.onnx"):format(config.folder, each.name), { opset = config.opset })
  orrery.save(kept, ("%s/%s.safetensors"):format(config.folder, each.name))
end

local failed = 0
for _, each in ipairs(cases) do
  if config.only == "" or each.name == config.only then
    local done, failure = pcall(write, each)
    if not done then
      failed = failed + 1
      print(("%s: %s"):format(each.name, tostring(failure)))
    end
  end
end
os.exit(failed == 0 and 0 or 1)
