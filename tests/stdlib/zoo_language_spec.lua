-- Language and generative models: names, order and outputs of PyTorch and Hugging Face; generation.
local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").text
local nn, models = orrery.nn, orrery.models

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/"
local fixtures = dofile(root .. "tests/fixtures/zoo/language.lua")
local seed, tokens_known = 7, 61

-- As `fill` of scripts/dev/make_language_fixtures.py; of a tied tensor's keys the first counts.
local function fill(owner)
  local seen = {}
  for _, entry in ipairs(owner:state()) do
    local key, parameter = entry.key, entry.parameter
    if not seen[parameter] then
      seen[parameter] = true
      local numel, start = 1, 0
      for _, size in ipairs(parameter.shape) do numel = numel * size end
      for at = 1, #key do start = start + key:byte(at) end
      local values = (orrery.arange(numel, { dtype = "float64" }) * 0.37 + start):sin() * 0.2
      if key:find "ln_[%w_]+%.weight$" or key:find "norm%w*%.weight$" or key:find "LayerNorm%.weight$" then
        values = values + 1
      end
      orrery.no_grad(function() parameter:copy_(values:view(parameter.shape)) end)
    end
  end
  return owner:eval()
end

local function tokens(rows, length, step)
  local flat = orrery.arange(rows * length):tolist()
  for at, value in ipairs(flat) do flat[at] = value * (step or 7) % (tokens_known - 1) + 1 end
  return orrery.tensor(flat, { dtype = "int64" }):view(rows, length)
end

local function waves(shape, start)
  local numel = 1
  for _, size in ipairs(shape) do numel = numel * size end
  return (orrery.arange(numel, { dtype = "float64" }) * 0.61 + (start or 0)):sin():view(shape):to "float32"
end

local function assert_like(wanted, tensor, name)
  lu.assertEquals(tensor.shape, wanted.shape, name)
  local flat = tensor:detach():to("float64"):flatten()
  local last = flat:numel() - 1
  for at, value in ipairs(wanted.values) do
    local place = math.floor((at - 1) * last / (#wanted.values - 1))
    local got = flat[place]:item()
    lu.assertTrue(math.abs(got - value) <= 1e-4 * math.max(wanted.size, math.abs(value)),
      ("%s, element %d: %.8g instead of %.8g"):format(name, place, got, value))
  end
end

local function keys(owner)
  local lines = {}
  for at, entry in ipairs(owner:state()) do
    lines[at] = ("%s [%s]"):format(entry.key, table.concat(entry.parameter.shape, ", "))
  end
  return table.concat(lines, "\n")
end

-- A state has layers in the order of their use. Only Hugging Face's Llama makes some in another one: the two
-- normalisations of a layer, which are used before attention and MLP, come last there.
local used_before = { input_layernorm = "self_attn%.q_proj", post_attention_layernorm = "mlp%.gate_proj" }

local function in_order_of_use(lines)
  for norm, next_one in pairs(used_before) do
    local moved = {}
    lines = lines:gsub("(model%.layers%.%d+%.)(" .. norm .. "[^\n]*\n)", function(layer, rest)
      moved[layer] = layer .. rest
      return ""
    end)
    lines = lines:gsub("(model%.layers%.%d+%.)" .. next_one, function(layer)
      return moved[layer] .. layer .. next_one:gsub("%%", "")
    end)
  end
  return lines
end

local function assert_gives(name, owner, ...)
  lu.assertEquals(keys(owner), in_order_of_use(fixtures[name].keys))
  fill(owner)
  local results = { ... }
  for at, wanted in ipairs(fixtures[name].outputs) do
    assert_like(wanted, results[at](), name .. " " .. at)
  end
end

local small = {
  gpt2 = { tokens = tokens_known, positions = 32, width = 24, layers = 2, heads = 3 },
  llama = { tokens = tokens_known, width = 24, hidden = 40, layers = 2, heads = 4, groups = 2 },
  lstm_language_model = { tokens = tokens_known, features = 12, hidden = 16 },
}

local function filled(name) return fill(models[name](small[name])) end

TestLanguageModels = {}

function TestLanguageModels:test_gpt2_is_hugging_faces()
  local model = models.gpt2(small.gpt2)
  assert_gives("gpt2", model, function() return model(tokens(2, 10)) end)
end

function TestLanguageModels:test_llama_is_hugging_faces()
  local model = models.llama(small.llama)
  assert_gives("llama", model, function() return model(tokens(2, 10)) end)
end

function TestLanguageModels:test_minilm_is_hugging_faces()
  local model = models.minilm {
    tokens = tokens_known, positions = 32, width = 24, hidden = 40, layers = 2, heads = 3,
  }
  local mask = orrery.tensor({ { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0 } },
    { dtype = "int64" })
  assert_gives("minilm", model, function() return (model(tokens(2, 10))) end,
    function() return (select(2, model(tokens(2, 10)))) end,
    function() return (model(tokens(2, 10), mask))[1]:narrow(0, 0, 6) end)
end

function TestLanguageModels:test_the_recurrent_one_is_pytorchs()
  local model = models.lstm_language_model(small.lstm_language_model)
  assert_gives("lstm_language_model", model, function() return model(tokens(2, 10)) end)
end

function TestLanguageModels:test_seq2seq_is_pytorchs()
  local model = models.seq2seq { source_tokens = tokens_known, target_tokens = tokens_known, hidden = 16 }
  assert_gives("seq2seq", model, function() return model(tokens(2, 6), tokens(2, 5, 11)) end)
end

function TestLanguageModels:test_vae_is_pytorchs()
  local model = models.vae { features = 20, hidden = 12, code = 4 }
  local function result(which)
    return function()
      orrery.seed(seed)
      return (select(which, model(waves { 3, 20 })))
    end
  end
  assert_gives("vae", model, result(1), result(2), result(3))
end

function TestLanguageModels:test_drop_attention_weights_while_training()
  for _, name in ipairs { "gpt2", "minilm", "llama" } do
    local model = models[name] {
      tokens = tokens_known, width = 24, hidden = name ~= "gpt2" and 40 or nil, layers = 1, heads = 2,
      groups = name == "llama" and 2 or nil, dropout = 0.5,
    }
    local kinds = {}
    local g = orrery.graph "g"
    model(g:input { tokens = { shape = { 4 }, dtype = "int64" } })
    for _, value in ipairs(g:nodes()) do kinds[value.operation] = true end
    lu.assertTrue(kinds.ScaledDotProductAttention, name)
    local function twice()
      local first, second = (model(tokens(2, 4))), (model(tokens(2, 4)))
      return first:equal(second)
    end
    lu.assertFalse(twice(), name)
    model:eval()
    lu.assertTrue(twice(), name)
  end
end

function TestLanguageModels:test_have_as_many_parameters_as_published()
  local wanted = {
    gpt2 = 124439808, minilm = 22713216, llama = 1100048384, vae = 652824, lstm_language_model = 4653200,
  }
  for name, count in pairs(wanted) do
    lu.assertEquals(models.graph(name):describe().parameters, count, name)
  end
end

function TestLanguageModels:test_gpt2_has_the_published_sizes()
  local wanted = { medium = 354823168, large = 774030080, xl = 1557611200 }
  for size, count in pairs(wanted) do
    local g = orrery.graph "g"
    models.gpt2 { size = size } (g:input { tokens = { shape = { 8 }, dtype = "int64" } })
    lu.assertEquals(g:describe().parameters, count, size)
  end
  lu.assertStrContains(refusal(function() models.gpt2 { size = "larg" } end), "did you mean 'large'?")
end

function TestLanguageModels:test_give_the_same_in_a_graph_as_on_tensors()
  for _, name in ipairs { "gpt2", "llama", "lstm_language_model" } do
    local model = filled(name)
    local g = orrery.graph(name)
    local source = orrery.data.tensors { tokens = tokens(2, 10), batch = 2 }
    local logits = model(g:input(source))
    g:output(logits)
    local predicted = orrery.manager(g, { history = false, progress = false }):predict(logits, source)
    local wanted = model(tokens(2, 10)):detach()
    lu.assertTrue(predicted:allclose(wanted, 1e-5, 5e-6), ("%s differs by %g of %g"):format(name,
      (predicted - wanted):abs():max():item(), wanted:abs():max():item()))
  end
end

function TestLanguageModels:test_are_listed_on_the_command_line()
  local pipe = io.popen(arg[-1] .. " summary gpt2 --input 1,16 2>&1")
  local out = pipe:read "*a"
  pipe:close()
  lu.assertStrContains(out, "124,439,808")
  lu.assertStrContains(out, "(1, 16, 50257)")
end

TestGeneration = {}

function TestGeneration:test_with_a_cache_gives_the_tokens_that_it_gives_without()
  for _, name in ipairs { "gpt2", "llama", "lstm_language_model" } do
    local model = filled(name)
    for _, options in ipairs {
      {}, { do_sample = true }, { do_sample = true, temperature = 0.7, top_k = 5 },
      { do_sample = true, top_p = 0.6, top_k = 20 },
    } do
      local results = {}
      for at, use_cache in ipairs { true, false } do
        options.use_cache, options.max_new_tokens = use_cache, 12
        orrery.seed(seed)
        results[at] = models.generate(model, tokens(2, 4), options):tolist()
      end
      lu.assertEquals(results[1], results[2], name)
    end
  end
end

function TestGeneration:test_a_cache_gives_the_scores_of_the_whole_sequence()
  for _, name in ipairs { "gpt2", "llama", "lstm_language_model" } do
    local model, ids = filled(name), tokens(2, 6)
    local cache = models.cache()
    orrery.no_grad(function()
      local whole = model(ids)
      model(ids:narrow(1, 0, 4), cache)
      for at = 4, 5 do
        local one = model(ids:narrow(1, at, 1), cache)
        lu.assertTrue(one:allclose(whole:narrow(1, at, 1), 1e-4, 1e-5), name)
      end
      lu.assertEquals(cache.length, 6)
    end)
  end
end

function TestGeneration:test_takes_the_most_likely_token_unless_it_draws()
  local model = filled "gpt2"
  local ids = tokens(1, 3)
  local all = models.generate(model, ids, { max_new_tokens = 1 })
  local wanted = model(ids)[0][2]:argmax(-1):item()
  lu.assertEquals(all:tolist()[1][4], wanted)
  lu.assertEquals(models.generate(model, ids, { do_sample = true, top_k = 1, max_new_tokens = 1 }):tolist(),
    all:tolist())
  lu.assertEquals(models.generate(model, ids, { do_sample = true, top_p = 0, max_new_tokens = 1 }):tolist(),
    all:tolist())
end

function TestGeneration:test_draws_what_the_seed_says()
  local function draw(number)
    orrery.seed(number)
    return models.generate(filled "gpt2", tokens(1, 3), { do_sample = true, max_new_tokens = 8 }):tolist()
  end
  lu.assertEquals(draw(1), draw(1))
  lu.assertNotEquals(draw(1), draw(2))
end

function TestGeneration:test_keeps_the_share_of_top_p()
  local logs = orrery.tensor { { { 0.5, 0.3, 0.15, 0.05 } } }:log()
  local function model(ids) return logs:expand(ids:size(0), ids:size(1), 4) end
  local start = orrery.zeros(200, 1, { dtype = "int64" })
  local function drawn(options)
    options.do_sample, options.max_new_tokens = true, 1
    return models.generate(model, start, options):select(1, 1):max():item()
  end
  lu.assertEquals(drawn { top_p = 0.5 }, 0)
  lu.assertEquals(drawn { top_p = 0.51 }, 1)
  lu.assertEquals(drawn { top_k = 3 }, 2)
  lu.assertEquals(drawn {}, 3)
end

function TestGeneration:test_ends_a_row_at_the_last_token()
  local function model(ids) return (ids:unsqueeze(-1) + 1):eq(orrery.arange(5)):to "float32" end
  local all = models.generate(model, orrery.tensor({ { 0 }, { 2 } }, { dtype = "int64" }), { eos_token = 3 })
  lu.assertEquals(all:tolist(), { { 0, 1, 2, 3 }, { 2, 3, 3, 3 } })
end

function TestGeneration:test_switches_dropout_off_and_on_again()
  local model = filled("gpt2"):train()
  local first = models.generate(model, tokens(1, 3), {}):tolist()
  lu.assertEquals(models.generate(model, tokens(1, 3), {}):tolist(), first)
  lu.assertFalse(model(tokens(1, 3)):equal(model(tokens(1, 3))))
end

function TestGeneration:test_says_what_does_not_fit()
  local model = filled "gpt2"
  local function generate(...)
    local arguments = { ... }
    return refusal(function() models.generate(unpack(arguments)) end)
  end
  lu.assertStrContains(generate(model, tokens(1, 3), { max_new_token = 3 }), "did you mean 'max_new_tokens'?")
  lu.assertStrContains(generate(model, tokens(1, 3), { temperature = 0 }), "temperature must be above 0")
  lu.assertStrContains(generate(model, tokens(1, 3), { top_p = 1.5 }), "top_p must be at most 1")
  lu.assertStrContains(generate(model, 3), "tokens must be a tensor (batch, length)")
  local cache = models.cache()
  model(tokens(1, 3), cache)
  lu.assertStrContains(refusal(function() model(tokens(1, 2), cache) end), "a decoder takes one token, got 2")
end

TestTransformers = {}

local padding = { { false, false, false, false, false }, { false, false, false, true, true } }

function TestTransformers:test_encoder_layers_are_pytorchs()
  local x = waves { 5, 2, 12 }
  for name, options in pairs {
    encoder_layer = {}, encoder_layer_norm_first = { norm_first = true, activation = "gelu" },
  } do
    local layer = nn.TransformerEncoderLayer(12, 3, 20, options)
    local mask = nn.Transformer.generate_square_subsequent_mask(5)
    assert_gives(name, layer, function() return layer(x) end, function() return layer(x, mask) end,
      function() return layer(x, { src_key_padding_mask = orrery.tensor(padding) }) end)
  end
end

function TestTransformers:test_decoder_layers_are_pytorchs()
  local layer = nn.TransformerDecoderLayer(12, 3, 20, { batch_first = true })
  local x, memory = waves { 2, 4, 12 }, waves({ 2, 5, 12 }, 1)
  assert_gives("decoder_layer", layer, function() return layer(x, memory) end, function()
    return layer(x, memory, {
      tgt_mask = nn.Transformer.generate_square_subsequent_mask(4),
      memory_key_padding_mask = orrery.tensor(padding),
    })
  end)
end

function TestTransformers:test_have_the_dtype_that_they_are_given()
  local options = { dtype = "float64" }
  for _, made in ipairs {
    nn.TransformerEncoderLayer(4, 2, 8, options), nn.TransformerDecoderLayer(4, 2, 8, options),
    nn.Transformer { d_model = 4, nhead = 2, dim_feedforward = 8, dtype = "float64" },
  } do
    for _, entry in ipairs(made:state()) do lu.assertEquals(entry.parameter.dtype, "float64", entry.key) end
  end
  lu.assertStrContains(refusal(function() nn.TransformerEncoderLayer(4, 2, { dtype = "float31" }) end),
    "dtype must be 'float16', 'bfloat16', 'float32' or 'float64', got \"float31\"")
end

function TestTransformers:test_transformers_are_pytorchs()
  local x, y = waves { 2, 5, 12 }, waves({ 2, 4, 12 }, 1)
  local kinds = { transformer = {}, transformer_norm_first = { norm_first = true, bias = false } }
  for name, options in pairs(kinds) do
    options.batch_first = true
    local model = nn.Transformer(12, 3, 2, 2, 20, options)
    assert_gives(name, model, function() return model(x, y) end, function()
      return model(x, y, {
        tgt_mask = nn.Transformer.generate_square_subsequent_mask(4),
        src_key_padding_mask = orrery.tensor(padding),
      })
    end)
  end
end

function TestTransformers:test_begin_with_pytorchs_values()
  orrery.seed(seed)
  local model = nn.Transformer(12, 3, 2, 2, 20)
  local values = {}
  for _, entry in ipairs(model:state()) do values[entry.key] = entry.parameter end
  for at, key in ipairs {
    "encoder.layers.0.linear1.weight", "encoder.layers.1.linear1.bias", "decoder.layers.1.linear2.weight",
    "decoder.layers.1.multihead_attn.in_proj_weight",
  } do assert_like(fixtures.initial.outputs[at], values[key]:clone(), key) end
  lu.assertEquals(keys(model), fixtures.initial.keys)
end

-- PReLU of slope 0 is ReLU.
function TestTransformers:test_an_activation_with_parameters_is_the_last_child()
  local plain = nn.TransformerEncoderLayer(4, 2, 8, { dropout = 0 })
  local own = nn.TransformerEncoderLayer(4, 2, 8, { dropout = 0, activation = nn.PReLU { init = 0 } })
  local state = own:state()
  lu.assertEquals({ #state, state[#state].key }, { #plain:state() + 1, "activation.weight" })
  for at, entry in ipairs(plain:state()) do
    orrery.no_grad(function() state[at].parameter:copy_(entry.parameter) end)
  end
  local x = waves { 3, 2, 4 }
  lu.assertTrue(own(x):equal(plain(x)))
  orrery.no_grad(function() own.activation.weight:fill_(1) end)
  lu.assertFalse(own(x):equal(plain(x)))
  own(x):square():sum():backward()
  lu.assertTrue(own.activation.weight.grad:abs():item() > 0)
end

function TestTransformers:test_copies_have_activations_of_their_own()
  local act = nn.PReLU { num_parameters = 8, init = 0.5 }
  local encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, { activation = act }), 2)
  local found = {}
  for _, entry in ipairs(encoder:state()) do
    if entry.key:find "activation" then found[#found + 1] = entry.key end
  end
  lu.assertEquals(found, { "layers.0.activation.weight", "layers.1.activation.weight" })
  orrery.no_grad(function() encoder.layers[1].activation.weight:fill_(2) end)
  for _, untouched in ipairs { encoder.layers[2].activation, act } do
    lu.assertTrue(untouched.weight:clone():equal(orrery.full({ 8 }, 0.5)))
  end
  local both = nn.Transformer(4, 2, 1, 1, 8, { activation = nn.PReLU() })
  lu.assertStrContains(keys(both), "decoder.layers.0.activation.weight [1]")
end

function TestTransformers:test_copies_have_activations_of_several_layers_of_their_own()
  local act = nn.Sequential { nn.Linear(8, 8), nn.Sequential(orrery.tanh, nn.PReLU { init = 0.7 }) }
  local layer = nn.TransformerEncoderLayer(4, 2, 8, { activation = act, dropout = 0 })
  local encoder, x = nn.TransformerEncoder(layer, 2), orrery.randn(3, 2, 4)
  lu.assertTrue(encoder(x):equal(layer(layer(x))))
  local text = keys(encoder)
  for _, key in ipairs { "0.activation.0.bias", "1.activation.0.weight", "1.activation.1.1.weight" } do
    lu.assertStrContains(text, "layers." .. key)
  end
  orrery.no_grad(function() act[1].weight:fill_(2) end)
  lu.assertNotEquals(encoder.layers[1].activation[1].weight:tolist(), act[1].weight:tolist())
end

function TestTransformers:test_copies_take_an_activation_that_has_a_name()
  local layer = nn.TransformerEncoderLayer(4, 2, 8, { activation = nn.PReLU { name = "act" }, dropout = 0 })
  local x = orrery.randn(3, 2, 4)
  lu.assertTrue(nn.TransformerEncoder(layer, 1)(x):equal(layer(x)))
end

function TestTransformers:test_an_activation_that_cannot_be_copied_is_named()
  local own = nn.Module { line = nn.Linear(8, 8), forward = function(me, x) return me.line(x) end }
  for _, act in ipairs { own, nn.Sequential(own) } do
    local text = refusal(function()
      nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, { activation = act }), 2)
    end, "usage")
    lu.assertStrContains(text, "nn.TransformerEncoderLayer: activation: a Module cannot be copied")
    lu.assertStrContains(text, "Give what copies the layer a function that makes each.")
  end
  for _, wrong in ipairs { 3, true, {}, nn.Parameter(orrery.ones(1)) } do
    lu.assertStrContains(refusal(function() nn.TransformerEncoderLayer(4, 2, 8, { activation = wrong }) end),
      "activation must be 'relu', 'gelu', a layer or a function, got a ")
  end
end

function TestTransformers:test_an_activation_in_a_graph_is_trained_and_saved_with_it()
  local g = orrery.graph "g"
  local layer = nn.TransformerEncoderLayer(4, 2, 8, { activation = nn.PReLU(), name = "layer" })
  g:output(layer(g:input { x = { shape = { 5, 4 } } }))
  lu.assertStrContains(keys(g), "layer.activation.weight [1]")
end

function TestTransformers:test_are_blocks_of_a_graph()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 5, 12 } } }
  local encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(12, 3, 20, { batch_first = true }), 2,
    nn.LayerNorm(12))
  lu.assertEquals(tostring(encoder(x):size(0)), "N")
  lu.assertStrContains(keys(g), "transformer_encoder.layers.0.self_attn.in_proj_weight [36, 12]")
  lu.assertEquals(g:find("transformer_encoder/layers/1").title, "TransformerEncoderLayer")
  lu.assertEquals(#g:parameters(), 26)
  local in_graph, alone = {}, encoder:state()
  for _, entry in ipairs(g:state()) do in_graph[entry.key] = true end
  for _, entry in ipairs(alone) do lu.assertTrue(in_graph["transformer_encoder." .. entry.key], entry.key) end
end

function TestTransformers:test_say_what_does_not_fit()
  lu.assertStrContains(refusal(function() nn.TransformerEncoderLayer(12) end), "nhead is required")
  lu.assertStrContains(refusal(function()
    nn.TransformerEncoderLayer(12, 3, { norm_frist = true })
  end), "did you mean 'norm_first'?")
  lu.assertStrContains(refusal(function()
    nn.TransformerEncoderLayer(12, 3, { activation = "swish" })
  end), "activation must be 'relu', 'gelu', a layer or a function")
  lu.assertStrContains(refusal(function()
    nn.TransformerEncoderLayer(12, 3)(orrery.ones(2, 2, 12), { source_mask = orrery.ones(2, 2) })
  end), "unknown mask 'source_mask'")
  lu.assertStrContains(refusal(function() nn.TransformerEncoder(nn.Linear(2, 2), 2) end), "cannot be copied")
end

os.exit(lu.LuaUnit.run())
