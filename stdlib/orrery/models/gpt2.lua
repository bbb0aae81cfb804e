--- GPT-2: Radford et al., "Language Models are Unsupervised Multitask Learners" (2019), under the names of
--- Hugging Face's GPT2LMHeadModel, with its transposed weights and its head tied to the embedding.
---
---     local model = orrery.models.gpt2 { size = "medium" }
---     orrery.load_weights(model, "model.safetensors", { strict = false })

local nn = require "orrery.nn"
local model = require "orrery.models.model"
local transformer = require "orrery.models.transformer"
local conv1d = require "orrery.models.conv1d"

local sizes = {
  small = { layers = 12, width = 768, heads = 12 }, medium = { layers = 24, width = 1024, heads = 16 },
  large = { layers = 36, width = 1280, heads = 20 }, xl = { layers = 48, width = 1600, heads = 25 },
}

-- The options with the sizes that are not given one by one.
local function sized(options)
  local all = {}
  for key, value in pairs(options) do all[key] = value end
  for key, value in pairs(sizes[options.size]) do
    if options[key] == 0 then all[key] = value end
  end
  return all
end

local function attention(g, x, o, cache, at)
  local all = conv1d(g, "c_attn", o.width, 3 * o.width, 0.02)(x):unflatten(2, { 3, o.heads, -1 })
  all = all:permute(2, 0, 3, 1, 4)
  local query, key, value = all:select(0, 0), all:select(0, 1), all:select(0, 2)
  local h = transformer.attend(query, key, value, { dropout_p = o.dropout }, cache, at)
  h = conv1d(g, "c_proj", o.width, o.width, 0.02 / (2 * o.layers) ^ 0.5)(h)
  return nn.Dropout(o.dropout, { name = "resid_dropout" })(h)
end

local function mlp(g, x, o)
  local h = conv1d(g, "c_fc", o.width, 4 * o.width, 0.02)(x)
  h = nn.GELU({ approximate = "tanh", name = "act" })(h)
  h = conv1d(g, "c_proj", 4 * o.width, o.width, 0.02 / (2 * o.layers) ^ 0.5)(h)
  return nn.Dropout(o.dropout, { name = "dropout" })(h)
end

local function norm(o, name) return nn.LayerNorm(o.width, { eps = 1e-5, name = name }) end

local function layer(g, x, o, cache, at)
  local attn = g:block("attn", function(h) return attention(g, h, o, cache, at) end)
  x = x + attn(norm(o, "ln_1")(x))
  return x + g:block("mlp", function(h) return mlp(g, h, o) end)(norm(o, "ln_2")(x))
end

-- The rows of the learned table for the places from the cache's length on.
local function positions(g, o, start, length)
  return g:block("wpe", function()
    local weight = g:parameter("weight", { o.positions, o.width }, { init = "normal", b = 0.02 })
    return weight:narrow(0, start, length)
  end)
end

local function build(g, tokens, options, cache)
  local o = sized(options)
  local wte = nn.Embedding(o.tokens, o.width, { name = "wte" })
  local body = g:block("transformer", function(ids)
    local start = cache and cache.length or 0
    local x = wte(ids) + positions(g, o, start, ids:size(1))(ids)
    x = nn.Dropout(o.dropout, { name = "drop" })(x)
    x = transformer.stack(g, "h", o.layers, function(h, i) return layer(g, h, o, cache, i) end,
      "Transformer blocks")(x)
    return norm(o, "ln_f")(x)
  end, { title = "GPT-2" })
  return transformer.scores(body, tokens, o, cache, wte.weight)
end

return {
  gpt2 = model("gpt2", {
    shape = { 16 }, dtype = "int64", build = build, caches = true,
    initialise = transformer.small_embedding "wte",
    defaults = {
      size = "small", tokens = 50257, positions = 1024, dropout = 0.1, layers = 0, width = 0, heads = 0,
    },
    choices = { size = { "small", "medium", "large", "xl" } },
  }),
}
