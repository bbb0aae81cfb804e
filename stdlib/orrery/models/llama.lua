--- A decoder in the shape of Llama: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models"
--- (2023), with grouped heads, under the names of Hugging Face's LlamaForCausalLM. The sizes are TinyLlama's
--- unless told.

local core = require "orrery.core"
local nn = require "orrery.nn"
local model = require "orrery.models.model"
local transformer = require "orrery.models.transformer"

local function linear(from, to, name) return nn.Linear(from, to, { bias = false, name = name }) end

-- Layers are made in Hugging Face's order, which is not the order of their application.
local function layers_of(o)
  local size = o.width / o.heads
  return {
    q_proj = linear(o.width, o.heads * size, "q_proj"),
    k_proj = linear(o.width, o.groups * size, "k_proj"),
    v_proj = linear(o.width, o.groups * size, "v_proj"),
    o_proj = linear(o.heads * size, o.width, "o_proj"),
    gate_proj = linear(o.width, o.hidden, "gate_proj"),
    up_proj = linear(o.width, o.hidden, "up_proj"),
    down_proj = linear(o.hidden, o.width, "down_proj"),
    before = nn.RMSNorm(o.width, { eps = o.eps, name = "input_layernorm" }),
    after = nn.RMSNorm(o.width, { eps = o.eps, name = "post_attention_layernorm" }),
  }
end

-- 0, 1, … count - 1 as a value.
local function counted(g, count)
  return g:constant({ count }, { init = "ones", dtype = "int64" }):cumsum(0) - 1
end

-- Cosine and sine of each place's angles, which half precision cannot count, in the dtype of x.
local function rotations(g, o, start, length, x)
  local size = o.width / o.heads
  local slowness = (counted(g, size / 2) * (-2 * math.log(o.theta) / size)):exp()
  local angles = (counted(g, length) + start):unsqueeze(1) * slowness
  return { cos = angles:cos():type_as(x), sin = angles:sin():type_as(x) }
end

-- Turns the pairs of features (i, i + half) by their angles.
local function rotated(x, turn)
  local half = x:size(-1) / 2
  local a, b = x:narrow(-1, 0, half), x:narrow(-1, half, half)
  return core.transform "cat" ({ a * turn.cos - b * turn.sin, b * turn.cos + a * turn.sin }, { dim = -1 })
end

local function split_heads(x, count) return x:unflatten(2, { count, -1 }):transpose(1, 2) end

local function attention(x, of, o, turn, cache, at)
  local query = rotated(split_heads(of.q_proj(x), o.heads), turn)
  local key = rotated(split_heads(of.k_proj(x), o.groups), turn)
  local value = split_heads(of.v_proj(x), o.groups)
  local options = { dropout_p = o.dropout, enable_gqa = true }
  return of.o_proj(transformer.attend(query, key, value, options, cache, at))
end

local function layer(g, x, o, turn, cache, at)
  local of = layers_of(o)
  local attn = g:block("self_attn", function(h) return attention(h, of, o, turn, cache, at) end)
  x = x + attn(of.before(x))
  local mlp = g:block("mlp", function(h) return of.down_proj(of.gate_proj(h):silu() * of.up_proj(h)) end,
    { title = "SwiGLU" })
  return x + mlp(of.after(x))
end

local function build(g, tokens, o, cache)
  local body = g:block("model", function(ids)
    local x = nn.Embedding(o.tokens, o.width, { name = "embed_tokens" })(ids)
    local turn = rotations(g, o, cache and cache.length or 0, ids:size(1), x)
    x = transformer.stack(g, "layers", o.layers, function(h, i) return layer(g, h, o, turn, cache, i) end,
      "Decoder layers")(x)
    return nn.RMSNorm(o.width, { eps = o.eps, name = "norm" })(x)
  end, { title = "Llama" })
  return transformer.scores(body, tokens, o, cache)
end

return {
  llama = model("llama", {
    shape = { 16 }, dtype = "int64", build = build, caches = true,
    initialise = transformer.small_embedding "embed_tokens",
    defaults = {
      tokens = 32000, width = 2048, hidden = 5632, layers = 22, heads = 32, groups = 4, theta = 10000,
      eps = 1e-5, dropout = 0,
    },
  }),
}
