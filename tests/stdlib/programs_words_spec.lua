-- An encoder and a decoder with an optimizer each, taught word by word, follow PyTorch's.
local orrery = require "orrery"
local lu = require "luaunit"
local twins = require "program_twins"
local nn, optim = orrery.nn, orrery.optim
local F = nn.functional
local f64, tokens = twins.f64, twins.tokens

local source, target = tokens(2, 4, 5, 6), tokens(2, 3, 7, 6)
local rnn_options = { batch_first = true, dtype = "float64" }

local function Encoder()
  local net = nn.Module()
  net.embed = nn.Embedding(6, 4, f64)
  net.rnn = nn.GRU(4, 5, rnn_options)
  function net:forward(x)
    local _, h = self.rnn(self.embed(x))
    return h
  end
  return net
end

local function Decoder()
  local net = nn.Module()
  net.embed = nn.Embedding(6, 4, f64)
  net.rnn = nn.GRU(4, 5, rnn_options)
  net.head = nn.Linear(5, 6, f64)
  function net:forward(x, h)
    local y, last = self.rnn(self.embed(x), h)
    return self.head(y), last
  end
  return net
end

local function first_word() return orrery.zeros(2, 1, { dtype = "int64" }) end

-- Each word that comes out goes in again.
local function greedy(encoder, decoder)
  return orrery.no_grad(function()
    local h, word, words = encoder(source), first_word(), {}
    for t = 1, 5 do
      local logits, last = decoder(word, h)
      word, h = logits:argmax(2), last
      words[t] = word
    end
    return orrery.cat(words, 1)
  end)
end

local function follows(losses, encoder, decoder)
  local results = twins.parameters(encoder, decoder)
  results[#results + 1] = greedy(encoder, decoder)
  twins.follows("encoder_decoder", losses, results)
end

TestTeacherForcing = {}

function TestTeacherForcing:test_on_tensors()
  twins.begin()
  local encoder, decoder, losses = Encoder(), Decoder(), {}
  local adam = optim.Adam(encoder:parameters(), { lr = 0.02 })
  local sgd = optim.SGD(decoder:parameters(), { lr = 0.5 })
  for step = 1, 6 do
    local h, word, loss = encoder(source), first_word(), 0
    for t = 0, 2 do
      local logits, last = decoder(word, h)
      loss = loss + F.cross_entropy(logits:squeeze(1), target[{ {}, t }]) / 3
      word, h = target[{ {}, { t, t + 1 } }], last
    end
    adam:zero_grad()
    sgd:zero_grad()
    loss:backward()
    adam:step()
    sgd:step()
    losses[step] = loss:item()
  end
  follows(losses, encoder, decoder)
end

-- A graph of both, its loss, and an optimizer for each.
local function in_a_graph(decode)
  twins.begin()
  local g, words, wanted = twins.graph { x = source, target = target, batch = 2 }
  local encoder, decoder = Encoder(), Decoder()
  local shown = orrery.cat({ orrery.zeros_like(wanted[{ {}, { 0, 1 } }]), wanted[{ {}, { 0, 2 } }] }, 1)
  local loss = nn.CrossEntropyLoss()(decode(decoder, shown, encoder(words)):flatten(0, 1), wanted:flatten())
  local adam = optim.Adam(encoder:parameters(), { lr = 0.02, loss = loss })
  local sgd = optim.SGD(decoder:parameters(), { lr = 0.5, loss = loss })
  return g, encoder, decoder, { adam, sgd }
end

local function at_once(decoder, shown, h) return (decoder(shown, h)) end

-- The state goes from word to word by a scan, whose carry is the decoder's.
local function word_by_word(decoder, shown, h)
  local _, logits = orrery.scan(function(state, word)
    local scores, last = decoder(word:unsqueeze(1), state)
    return last, scores:squeeze(1)
  end, h, shown:t())
  return logits:transpose(0, 1)
end

function TestTeacherForcing:test_in_a_graph()
  for _, decode in ipairs { at_once, word_by_word } do
    local g, encoder, decoder, optimizers = in_a_graph(decode)
    local losses = twins.losses_of_run(g, { optimizers = optimizers, epochs = 6 })
    follows(losses, encoder, decoder)
  end
end

-- All gradients are taken before the first update.
function TestTeacherForcing:test_in_a_graph_by_hand()
  local g, encoder, decoder, optimizers = in_a_graph(at_once)
  local manager, losses = twins.manager(g, { optimizers = optimizers, epochs = 6 }), {}
  for batch in manager:batches() do
    local loss = manager:forward(batch).loss
    for _, optimizer in ipairs(optimizers) do optimizer:zero_grad() end
    loss:backward()
    for _, optimizer in ipairs(optimizers) do optimizer:step() end
    losses[#losses + 1] = loss:item()
  end
  follows(losses, encoder, decoder)
end

os.exit(lu.LuaUnit.run())
