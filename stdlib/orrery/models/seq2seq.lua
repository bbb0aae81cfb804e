--- A sequence in, another one out: an encoder and a decoder of GRUs, whose steps attend to the encoder's
--- results: Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align and Translate" (2014),
--- under the names of PyTorch's translation tutorial. The decoder is taught: step i sees target token i.
---
---     local logits = orrery.models.seq2seq { source_tokens = 5000, target_tokens = 4000 } (source, target)

local core = require "orrery.core"
local nn = require "orrery.nn"
local model = require "orrery.models.model"

local function encode(g, source, o)
  return g:block("encoder", function(ids)
    local x = nn.Embedding(o.source_tokens, o.hidden, { name = "embedding" })(ids)
    x = nn.Dropout(o.dropout, { name = "dropout" })(x)
    return nn.GRU(o.hidden, o.hidden, { batch_first = true, name = "gru" })(x)
  end)(source)
end

-- The mean of the encoder's results, weighted by how well each fits the decoder's state.
local function attend(g, of, query, keys)
  return g:block("attention", function(state, seen)
    local scores = of.Va((of.Wa(state) + of.Ua(seen)):tanh()):squeeze(2)
    return scores:softmax(-1):unsqueeze(1):matmul(seen)
  end)(query, keys)
end

local function layers_of(o)
  return {
    embedding = nn.Embedding(o.target_tokens, o.hidden, { name = "embedding" }),
    Wa = nn.Linear(o.hidden, o.hidden, { name = "Wa" }),
    Ua = nn.Linear(o.hidden, o.hidden, { name = "Ua" }),
    Va = nn.Linear(o.hidden, 1, { name = "Va" }),
    gru = nn.GRU(2 * o.hidden, o.hidden, { batch_first = true, name = "gru" }),
    out = nn.Linear(o.hidden, o.target_tokens, { name = "out" }),
    dropout = nn.Dropout(o.dropout, { name = "dropout" }),
  }
end

local function build(g, source, o, target)
  local seen, state = encode(g, source, o)
  return g:block("decoder", function(ids, keys, hidden)
    local of, cat = layers_of(o), core.transform "cat"
    local x = of.dropout(of.embedding(ids))
    local steps = {}
    for at = 0, ids:size(1) - 1 do
      local context = attend(g, of, hidden:permute(1, 0, 2), keys)
      local input = cat({ x:narrow(1, at, 1), context }, { dim = 2 })
      local h
      h, hidden = of.gru(input, hidden)
      steps[at + 1] = of.out(h)
      g:tick()
    end
    return cat(steps, { dim = 1 })
  end)(target, seen, state)
end

return {
  seq2seq = model("seq2seq", {
    inputs = {
      { name = "source", shape = { 10 }, dtype = "int64" },
      { name = "target", shape = { 10 }, dtype = "int64" },
    },
    defaults = { source_tokens = 5000, target_tokens = 5000, hidden = 128, dropout = 0.1 }, build = build,
  }),
}
