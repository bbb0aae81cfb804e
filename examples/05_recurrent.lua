-- A recurrent language model by hand, as in PyTorch: its state goes on from one piece of text to the next
-- (back-propagation is cut between them), gradients are clipped, and the perplexity is followed. Leaves
-- perplexity.pdf, its curve.
-- Try: orrery run examples/05_recurrent.lua epochs=40 clip=0.5

local orrery = require "orrery"
local nn, optim = orrery.nn, orrery.optim

local config = orrery.config { epochs = 20, lr = 1e-2, clip = 0.25, length = 20, width = 64, seed = 0 }
orrery.manual_seed(config.seed)

local folder = debug.getinfo(1, "S").source:match "^@(.*)examples/" or ""
local file = assert(io.open(folder .. "LICENSE"))
local text = file:read("*a"):lower():gsub("%s+", " ")
file:close()

local letters, number_of, numbers = {}, {}, {}
for letter in text:gmatch "." do
  if not number_of[letter] then
    number_of[letter] = #letters
    letters[#letters + 1] = letter
  end
  numbers[#numbers + 1] = number_of[letter]
end

-- The text in columns, which are read side by side: (length, columns).
local function columns(list, count)
  local rows = math.floor(#list / count)
  local whole = orrery.tensor(list, { dtype = "int64" }):narrow(0, 0, rows * count)
  return whole:view(count, rows):t():contiguous()
end

local function Model(tokens, width)
  local net = nn.Module()
  net.encoder = nn.Embedding(tokens, width)
  net.rnn = nn.LSTM(width, width, 2, { dropout = 0.1 })
  net.decoder = nn.Linear(width, tokens)
  net.decoder.weight = net.encoder.weight
  nn.init.uniform_(net.encoder.weight, -0.1, 0.1)
  nn.init.zeros_(net.decoder.bias)
  function net:begin(count) return { orrery.zeros(2, count, width), orrery.zeros(2, count, width) } end
  function net:forward(x, state)
    local h, hidden, cell = self.rnn(self.encoder(x), state)
    return self.decoder(h):flatten(0, 1), { hidden, cell }
  end
  return net
end

local model = Model(#letters, config.width)
local loss_of = nn.CrossEntropyLoss()
local optimizer = optim.Adam(model:parameters(), { lr = config.lr })

local function train(source)
  model:train()
  local total, pieces = 0, 0
  local state = model:begin(source:size(1))
  for at = 0, source:size(0) - 2, config.length do
    local length = math.min(config.length, source:size(0) - 1 - at)
    state = { state[1]:detach(), state[2]:detach() }
    optimizer:zero_grad()
    local logits
    logits, state = model(source:narrow(0, at, length), state)
    local loss = loss_of(logits, source:narrow(0, at + 1, length):flatten())
    loss:backward()
    nn.utils.clip_grad_norm_(model:parameters(), config.clip)
    optimizer:step()
    total, pieces = total + loss:item(), pieces + 1
  end
  return total / pieces
end

local function write(count)
  model:eval()
  local x, state = orrery.zeros(1, 1, { dtype = "int64" }), model:begin(1)
  for _ = 1, count do
    local logits
    logits, state = model(x, state)
    x = (logits / 0.6):softmax(1):multinomial(1)
    io.write(letters[x:item() + 1])
  end
  print()
end

local source, perplexities = columns(numbers, 4), {}
for epoch = 1, config.epochs do
  local loss = train(source)
  perplexities[epoch] = math.exp(loss)
  print(("epoch %d, loss %.3f, perplexity %.2f"):format(epoch, loss, perplexities[epoch]))
end
orrery.no_grad(write, 80)
orrery.plot("perplexity.pdf", { x = { label = "epoch", whole = true },
  y = { label = "perplexity of the next letter", log = true }, series = { { y = perplexities } } })
print "left here: perplexity.pdf"
