--- What transformers over tokens share: layers in turn, attention that looks back, and a head behind all.

local nn = require "orrery.nn"
local cache_of = require "orrery.models.cache"

local M = {}

--- Layers one after the other, as blocks "0", "1", … of a block.
---@param g orrery.Graph
---@param name string
---@param count integer
---@param layer fun(x: orrery.Value, number: integer): orrery.Value the number counts from 1
---@param title? string
---@return orrery.BlockFunction
function M.stack(g, name, count, layer, title)
  return g:block(name, function(x)
    for i = 1, count do
      x = g:block(tostring(i - 1), function(h) return layer(h, i) end)(x)
    end
    return x
  end, { title = title })
end

--- Attention of heads to themselves and to what was before, their results side by side. Behind a cache one
--- token sees all of it, and nothing drops.
---@param query orrery.Value (batch, heads, length, features), as key and value
---@param options { dropout_p: number, enable_gqa?: boolean } of nn.ScaledDotProductAttention
---@param cache? orrery.Cache
---@param number integer of the layer
---@return orrery.Value
function M.attend(query, key, value, options, cache, number)
  local gqa = options.enable_gqa
  local attention = nn.ScaledDotProductAttention(options.dropout_p, { is_causal = true, enable_gqa = gqa })
  local sees_all = cache and cache.length > 0
  if cache then key, value = cache:extend(number, key, value) end
  local seen = sees_all and query:scaled_dot_product_attention(key, value, { enable_gqa = gqa })
    or attention(query, key, value)
  return seen:transpose(1, 2):flatten(2)
end

--- The scores of tokens: a body, then a linear layer, whose weight may be another's.
---@param body orrery.BlockFunction
---@param tokens orrery.Value
---@param o table the options width and tokens
---@param cache? orrery.Cache
---@param weight? orrery.Parameter
---@return orrery.Value
function M.scores(body, tokens, o, cache, weight)
  cache_of.check(cache, tokens)
  local h = body(tokens)
  cache_of.advance(cache, tokens)
  return nn.Linear(o.width, o.tokens, { bias = false, name = "lm_head", weight = weight })(h)
end

--- What gives an embedding of that name its first values: smaller than PyTorch's, as Hugging Face's are.
---@param name string of the layer
---@return fun(key: string, parameter: orrery.Parameter)
function M.small_embedding(name)
  return function(key, parameter)
    if key:find(name .. "%.weight$") then nn.init.normal_(parameter, 0, 0.02) end
  end
end

return M
