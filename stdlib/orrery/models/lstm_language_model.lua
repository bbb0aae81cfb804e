--- A recurrent language model: Zaremba et al., "Recurrent Neural Network Regularization" (2014), under the
--- names of PyTorch's example word_language_model. A cache carries its state from call to call.

local nn = require "orrery.nn"
local model = require "orrery.models.model"

local function build(_, tokens, o, cache)
  local encoder = nn.Embedding(o.tokens, o.features, { name = "encoder" })
  local rnn = nn.LSTM(o.features, o.hidden, o.layers, {
    dropout = o.layers > 1 and o.dropout or 0, batch_first = true, name = "rnn",
  })
  local decoder = nn.Linear(o.hidden, o.tokens, { name = "decoder" })
  local x = nn.Dropout(o.dropout, { name = "drop" })(encoder(tokens))
  local state = cache or {}
  local h
  h, state.hidden, state.cell = rnn(x, state.hidden, state.cell)
  if cache then cache.length = cache.length + tokens:size(1) end
  return decoder(nn.Dropout(o.dropout, { name = "drop_out" })(h))
end

local function initialise(key, parameter)
  if key:find "coder%.weight$" then nn.init.uniform_(parameter, -0.1, 0.1) end
  if key:find "decoder%.bias$" then nn.init.zeros_(parameter) end
end

return {
  lstm_language_model = model("lstm_language_model", {
    shape = { 35 }, dtype = "int64", build = build, caches = true,
    initialise = initialise,
    defaults = { tokens = 10000, features = 200, hidden = 200, layers = 2, dropout = 0.2 },
  }),
}
