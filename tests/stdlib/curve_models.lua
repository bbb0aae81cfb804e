--- The models of scripts/dev/make_curve_fixtures.py: each a function of the dtype that gives a net.
local orrery = require "orrery"
local twins = require "program_twins"
local nn = orrery.nn
local F = nn.functional

local M = {}

function M.perceptron(dtype)
  local o = { dtype = dtype }
  return nn.Sequential(nn.Linear(12, 16, o), nn.ReLU(), nn.Linear(16, 10, o))
end

function M.lenet(dtype)
  local o, net = { dtype = dtype }, nn.Module()
  net.conv1 = nn.Conv2d(1, 4, 3, { padding = 1, dtype = dtype })
  net.norm1 = nn.BatchNorm2d(4, o)
  net.conv2 = nn.Conv2d(4, 8, 3, o)
  net.norm2 = nn.BatchNorm2d(8, o)
  net.dropout = nn.Dropout(0)
  net.fc1 = nn.Linear(32, 16, o)
  net.fc2 = nn.Linear(16, 10, o)
  function net:forward(x)
    x = F.max_pool2d(self.norm1(self.conv1(x)):relu(), 2)
    x = F.avg_pool2d(self.norm2(self.conv2(F.pad(x, { 1, 1, 1, 1 }))):relu(), 2)
    return self.fc2(self.fc1(self.dropout(x:flatten(1))):tanh())
  end
  return net
end

function M.classifier(dtype)
  local o, net = { dtype = dtype }, nn.Module()
  net.embed = nn.Embedding(11, 6, o)
  net.rnn = nn.LSTM(6, 8, 2, { batch_first = true, bidirectional = true, dtype = dtype })
  net.head = nn.Linear(16, 4, o)
  function net:forward(x)
    local h = self.rnn(self.embed(x))
    return self.head(h[{ {}, -1 }])
  end
  return net
end

local function places(dtype) return nn.Parameter((twins.waves { 6, 8 } * 0.1):to(dtype)) end

function M.encoder(dtype)
  local o, net = { dtype = dtype }, nn.Module()
  net.embed = nn.Embedding(11, 8, o)
  net.places = places(dtype)
  net.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, {
    dropout = 0, batch_first = true, norm_first = true, activation = "gelu", dtype = dtype,
  }), 2)
  net.head = nn.Linear(8, 4, o)
  function net:forward(x) return self.head(self.encoder(self.embed(x) + self.places):mean(1)) end
  return net
end

--- Variational; its noise is given.
function M.autoencoder(dtype)
  local o, net = { dtype = dtype }, nn.Module()
  net.hidden = nn.Linear(12, 8, o)
  net.mean = nn.Linear(8, 3, o)
  net.spread = nn.Linear(8, 3, o)
  net.back = nn.Linear(3, 8, o)
  net.shown = nn.Linear(8, 12, o)
  function net:forward(x, noise)
    local h = self.hidden(x):relu()
    local mean, spread = self.mean(h), self.spread(h)
    local code = mean + (spread * 0.5):exp() * noise
    return self.shown(self.back(code):relu()), mean, spread
  end
  return net
end

local function Block(wide, out, stride, dtype)
  local function conv(from, kernel, step, padding)
    return nn.Conv2d(from, out, kernel, { stride = step, padding = padding, bias = false, dtype = dtype })
  end
  local function norm() return nn.BatchNorm2d(out, { dtype = dtype }) end
  local net = nn.Module()
  net.conv1 = conv(wide, 3, stride, 1)
  net.bn1 = norm()
  net.conv2 = conv(out, 3, 1, 1)
  net.bn2 = norm()
  if stride > 1 then net.short = nn.Sequential(conv(wide, 1, stride, 0), norm()) end
  function net:forward(x)
    local y = self.bn2(self.conv2(self.bn1(self.conv1(x)):relu()))
    return (y + (stride > 1 and self.short(x) or x)):relu()
  end
  return net
end

function M.resnet(dtype)
  local net = nn.Module()
  net.stem = nn.Conv2d(1, 4, 3, { padding = 1, dtype = dtype })
  net.first = Block(4, 4, 1, dtype)
  net.second = Block(4, 8, 2, dtype)
  net.head = nn.Linear(8, 10, { dtype = dtype })
  function net:forward(x) return self.head(self.second(self.first(self.stem(x):relu())):mean { 2, 3 }) end
  return net
end

local function Layer(dtype)
  local o, net = { dtype = dtype }, nn.Module()
  net.ln1 = nn.LayerNorm(8, o)
  net.qkv = nn.Linear(8, 24, o)
  net.out = nn.Linear(8, 8, o)
  net.ln2 = nn.LayerNorm(8, o)
  net.up = nn.Linear(8, 32, o)
  net.down = nn.Linear(32, 8, o)
  local function heads(part) return part:unflatten(2, { 2, 4 }):transpose(1, 2) end
  function net:forward(x)
    local q, k, v = self.qkv(self.ln1(x)):chunk(3, 2)
    local seen = F.scaled_dot_product_attention(heads(q), heads(k), heads(v), { is_causal = true })
    x = x + self.out(seen:transpose(1, 2):flatten(2))
    return x + self.down(F.gelu(self.up(self.ln2(x)), { approximate = "tanh" }))
  end
  return net
end

function M.gpt(dtype)
  local net = nn.Module()
  net.embed = nn.Embedding(11, 8, { dtype = dtype })
  net.places = places(dtype)
  net.layers = nn.Sequential(Layer(dtype), Layer(dtype))
  net.norm = nn.LayerNorm(8, { dtype = dtype })
  function net:forward(x)
    return F.linear(self.norm(self.layers(self.embed(x) + self.places)), self.embed.weight)
  end
  return net
end

return M
