--- A transformer encoder in the shape of MiniLM: Wang et al., "MiniLM: Deep Self-Attention Distillation"
--- (2020), under the names of Hugging Face's BertModel. Gives the hidden states and the pooled first one.
---
---     local hidden, pooled = orrery.models.minilm {} (tokens, mask)     -- mask: 0 where a token is padding

local nn = require "orrery.nn"
local model = require "orrery.models.model"
local transformer = require "orrery.models.transformer"

local function norm(o) return nn.LayerNorm(o.width, { eps = 1e-12, name = "LayerNorm" }) end

local function dropout(o) return nn.Dropout(o.dropout, { name = "dropout" }) end

-- The first rows of a learned table, one for each place.
local function rows(g, name, count, o, first, length)
  return g:block(name, function()
    return g:parameter("weight", { count, o.width }, { init = "normal", b = 0.02 }):narrow(0, first, length)
  end)
end

local function embeddings(g, tokens, o)
  return g:block("embeddings", function(ids)
    local x = nn.Embedding(o.tokens, o.width, { padding_idx = 0, name = "word_embeddings" })(ids)
    x = x + rows(g, "position_embeddings", o.positions, o, 0, ids:size(1))(ids)
    x = x + rows(g, "token_type_embeddings", 2, o, 0, 1)(ids)
    return dropout(o)(norm(o)(x))
  end)(tokens)
end

local function split_heads(x, count) return x:unflatten(2, { count, -1 }):transpose(1, 2) end

local function self_attention(x, o, mask)
  local query = split_heads(nn.Linear(o.width, o.width, { name = "query" })(x), o.heads)
  local key = split_heads(nn.Linear(o.width, o.width, { name = "key" })(x), o.heads)
  local value = split_heads(nn.Linear(o.width, o.width, { name = "value" })(x), o.heads)
  local seen = nn.ScaledDotProductAttention(o.dropout)(query, key, value, mask)
  return seen:transpose(1, 2):flatten(2)
end

-- A linear layer back to the width, and the normalised sum with what came in before.
local function output(g, from, o)
  return g:block("output", function(h, x)
    h = dropout(o)(nn.Linear(from, o.width, { name = "dense" })(h))
    return norm(o)(h + x)
  end)
end

local function attention(g, x, o, mask)
  return g:block("attention", function(h)
    local own = g:block("self", function(inner) return self_attention(inner, o, mask) end)
    return output(g, o.width, o)(own(h), h)
  end)(x)
end

local function layer(g, x, o, mask)
  x = attention(g, x, o, mask)
  local h = g:block("intermediate", function(inner)
    return nn.GELU()(nn.Linear(o.width, o.hidden, { name = "dense" })(inner))
  end)(x)
  return output(g, o.hidden, o)(h, x)
end

local function build(g, tokens, o, mask)
  if mask then mask = mask:ne(0):unsqueeze(1):unsqueeze(1) end
  local h = g:block("encoder", function(x)
    return transformer.stack(g, "layer", o.layers, function(h) return layer(g, h, o, mask) end)(x)
  end)(embeddings(g, tokens, o))
  local pooled = g:block("pooler", function(x)
    return nn.Linear(o.width, o.width, { name = "dense" })(x:select(1, 0)):tanh()
  end)(h)
  return h, pooled
end

return {
  minilm = model("minilm", {
    shape = { 16 }, dtype = "int64", build = build,
    initialise = transformer.small_embedding "word_embeddings",
    defaults = {
      tokens = 30522, positions = 512, width = 384, hidden = 1536, layers = 6, heads = 12, dropout = 0.1,
    },
  }),
}
