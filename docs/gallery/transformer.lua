-- The encoder and decoder of Vaswani et al., "Attention Is All You Need" (2017), for docs/gallery.md.

local orrery = require "orrery"
local nn = orrery.nn

local width, heads, inner, layers, words = 512, 8, 2048, 6, 32000

local g = orrery.graph "transformer"
local source, target = g:input { source = { shape = { 24 }, dtype = "int64" },
  target = { shape = { 20 }, dtype = "int64" } }

local function attention(options)
  return nn.MultiheadAttention(width, heads, { batch_first = true, name = options.name })
end

local function feed_forward()
  return g:block("feed_forward", function(x)
    return nn.Linear(inner, width)(nn.Linear(width, inner)(x):relu())
  end, { title = "Feed forward" })
end

local function add_norm(x, y) return nn.LayerNorm(width)(x + y) end

local embed = g:block("embedding", function(tokens, length)
  local positions = g:parameter("positions", { length, width })
  return nn.Embedding(words, width)(tokens) + positions
end, { title = "Embedding and positions" })

local encode = g:block("encoder", function(x)
  local layer = g:block("layer", function(h)
    h = add_norm(h, (attention { name = "self_attention" }(h, h, h)))
    return add_norm(h, feed_forward()(h))
  end, { title = "Encoder layer" })
  for _ = 1, layers do x = layer(x) end
  return x
end, { title = "Encoder" })

local decode = g:block("decoder", function(x, memory)
  local layer = g:block("layer", function(h, seen)
    h = add_norm(h, (attention { name = "masked_attention" }(h, h, h, { is_causal = true })))
    h = add_norm(h, (attention { name = "cross_attention" }(h, seen, seen)))
    return add_norm(h, feed_forward()(h))
  end, { title = "Decoder layer" })
  for _ = 1, layers do x = layer(x, memory) end
  return x
end, { title = "Decoder" })

local memory = encode(embed(source, 24))
g:output(nn.Linear(width, words)(decode(embed(target, 20), memory)):softmax(-1))
