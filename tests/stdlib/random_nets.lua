--- Nets of random layers, for rows, pictures or sequences.

local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local F = nn.functional

local M = {}

--- `random(n)` gives a whole number from 1 to n, the same ones for the same seed.
function M.generator(seed)
  local state = seed * 7919 + 12345
  local function random(n)
    state = state * 16807 % 2147483647
    return math.floor(state / 2147483647 * n) + 1
  end
  for _ = 1, 5 do random(2) end
  return random
end

-- What a net is made of so far: `values` of the same kind, each with its `sizes` behind the batch and whether
-- it is `read`.
local Net = {}
Net.__index = Net

function Net:pick(list) return list[self.random(#list)] end

function Net:add(value, ...) table.insert(self.values, { value = value, sizes = { ... }, read = false }) end

local function same_but(one, other, free)
  for at, size in ipairs(one.sizes) do
    if at ~= free and other.sizes[at] ~= size then return false end
  end
  return true
end

-- One that is as large as this but in one dimension; rather another one.
function Net:like(one, free)
  local fit = {}
  for _, other in ipairs(self.values) do
    if other ~= one and same_but(one, other, free) then fit[#fit + 1] = other end
  end
  local other = #fit > 0 and self:pick(fit) or one
  other.read = true
  return other
end

function Net:activated(value)
  local kind = self:pick { "relu", "relu", "relu", "gelu", "tanh", "sigmoid", "silu" }
  return value[kind](value)
end

-- What can be done to a value of any sizes; `width`: the dimension of its features.
local anywhere = {
  function(net, one) net:add(net:activated(one.value), unpack(one.sizes)) end,
  function(net, one) net:add(one.value + net:like(one).value, unpack(one.sizes)) end,
  function(net, one)
    local other, sizes = net:like(one, net.width), { unpack(one.sizes) }
    sizes[net.width] = sizes[net.width] + other.sizes[net.width]
    net:add(orrery.cat({ one.value, other.value }, net.width), unpack(sizes))
  end,
}

local function linear(net, one)
  local sizes = { unpack(one.sizes) }
  sizes[net.width] = 2 * net.random(4)
  net:add(nn.Linear(one.sizes[net.width], sizes[net.width], { bias = net.random(3) > 1 })(one.value),
    unpack(sizes))
end

local function layer_norm(net, one)
  net:add(nn.LayerNorm(one.sizes[net.width])(one.value), unpack(one.sizes))
end

local rows = {
  linear, linear, layer_norm,
  function(net, one)
    net:add(nn.BatchNorm1d(one.sizes[1], { affine = net.random(4) > 1 })(one.value), one.sizes[1])
  end,
}

local function convolution(net, one)
  local channels, height, width = unpack(one.sizes)
  local kernel, stride = net:pick { 1, 3, 3, 5 }, math.min(height, width) > 4 and net.random(2) or 1
  local groups = net.random(4) == 1 and channels or 1
  local wide = groups * net.random(groups == 1 and 6 or 2)
  local conv = nn.Conv2d(channels, wide, kernel, { padding = (kernel - 1) / 2, stride = stride,
    groups = groups, bias = net.random(2) == 1 })
  net:add(conv(one.value), wide, math.ceil(height / stride), math.ceil(width / stride))
end

local pictures = {
  convolution, convolution, convolution,
  function(net, one)
    net:add(nn.BatchNorm2d(one.sizes[1], { affine = net.random(4) > 1 })(one.value), unpack(one.sizes))
  end,
  function(net, one) net:add(nn.GroupNorm(1, one.sizes[1])(one.value), unpack(one.sizes)) end,
  function(net, one)
    local channels, height, width = unpack(one.sizes)
    if math.min(height, width) < 4 then return convolution(net, one) end
    local pool = net:pick { nn.MaxPool2d, nn.MaxPool2d, nn.AvgPool2d }
    net:add(pool(2)(one.value), channels, math.floor(height / 2), math.floor(width / 2))
  end,
}

local sequences = {
  linear, linear, layer_norm,
  function(net, one)
    local length, width = unpack(one.sizes)
    local heads = nn.Linear(width, 12)(one.value):unflatten(2, { 3, 2, 2 }):permute(2, 0, 3, 1, 4)
    local seen = F.scaled_dot_product_attention(heads:select(0, 0), heads:select(0, 1), heads:select(0, 2),
      { is_causal = net.random(2) == 1 })
    net:add(seen:transpose(1, 2):flatten(2), length, 4)
  end,
}

-- A cell's step over one slice: what it learns outside of the loop too, noise, a loop of its own.
local function cell(net, one, width, wide)
  local read, hold = nn.Linear(width, wide), nn.Linear(wide, wide, { bias = net.random(2) == 1 })
  local kind, drop = net.random(4), net.random(3) == 1 and nn.Dropout(0.3)
  if net.random(4) == 1 then hold:freeze() end
  local scale = kind == 1 and net:like(one).value:mean(1)
  local function step(h, x)
    if kind == 1 then x = x * scale end
    local new = read(x) + hold(h)
    if kind == 2 then
      local sum = orrery.scan(function(c, column)
        return (c + hold(c) * column:unsqueeze(1)):tanh()
      end, h, x:transpose(0, 1))
      new = new + sum
    end
    h = net:activated(drop and drop(new) or new) + h * 0.5
    return h, { h, kind == 3 and x:tanh() or h:sin() }
  end
  return step, read, kind == 3 and width or wide
end

-- Over the second dimension, as any sequence.
local function scanned(net, one)
  local length, width = unpack(one.sizes)
  local wide = 2 * net.random(3)
  local step, read, other_width = cell(net, one, width, wide)
  local first = net.random(2) == 1 and net.graph:zeros(one.value:size(0), wide)
    or read(net:like(one).value:mean(1)):tanh()
  local loop = net.graph:block("loop", function(x)
    local last, made = orrery.scan(step, first, x:transpose(0, 1), { reverse = net.random(3) == 1 })
    return last, made[1], made[2]
  end)
  if net.random(4) == 1 then loop:recompute() end
  local last, made, other = loop(one.value)
  net:add(made:transpose(0, 1), length, wide)
  other = other:transpose(0, 1)
  net:add(net.random(2) == 1 and other * 0.5 or other + last:unsqueeze(1):mean(2, true), length,
    other_width)
end

local kinds = {
  { operations = rows, width = 1, sizes = function(random) return { 1 + random(7) } end },
  { operations = pictures, width = 1,
    sizes = function(random) return { random(3), 2 + random(8), 2 + random(8) } end },
  { operations = sequences, width = 2, sizes = function(random) return { 1 + random(6), 1 + random(7) } end },
}

function Net:grow(operations, loops)
  local of = { unpack(operations) }
  if loops then of[#of + 1], of[#of + 2] = scanned, scanned end
  for _, operation in ipairs(anywhere) do of[#of + 1] = operation end
  for _ = 1, 3 + self.random(9) do
    local one = self.random(4) > 1 and self.values[#self.values] or self:pick(self.values)
    one.read = true
    self:pick(of)(self, one)
  end
end

-- Of all that nobody else reads.
function Net:loss(target, classes)
  local last = table.remove(self.values)
  local features = 1
  for _, size in ipairs(last.sizes) do features = features * size end
  local loss = nn.MSELoss()(nn.Linear(features, classes)(last.value:flatten(1)), target)
  for _, one in ipairs(self.values) do
    if not one.read then loss = loss + (one.value * 0.3):sin():mean() end
  end
  return loss
end

local function build(g, random, loops, kind, sizes, classes, x, target)
  local net = setmetatable({ random = random, values = {}, width = kind.width, graph = g }, Net)
  net:add(x, unpack(sizes))
  if loops then scanned(net, net.values[1]) end
  net:grow(kind.operations, loops)
  return net:loss(target, classes)
end

--- Adds a net to a graph, with data of its own; gives its loss. Each batch has four samples or more.
---@param g orrery.Graph
---@param random fun(n: integer): integer
---@param loops? boolean a net for sequences, with one loop or more
function M.add(g, random, loops)
  local kind = kinds[loops and #kinds or random(#kinds)]
  local sizes, batch, classes = kind.sizes(random), 3 + random(5), random(4)
  local count = batch * random(3) + (random(2) == 1 and 4 or 0)
  local x, target = g:input(data.tensors { x = orrery.randn(count, unpack(sizes)),
    target = orrery.randn(count, classes), batch = batch, shuffle = random(2) == 1 })
  return build(g, random, loops, kind, sizes, classes, x, target)
end

--- The same without data, which needs no engine.
---@param g orrery.Graph
---@param random fun(n: integer): integer
---@param loops? boolean
function M.add_without_data(g, random, loops)
  local kind = kinds[loops and #kinds or random(#kinds)]
  local sizes, classes = kind.sizes(random), random(4)
  local target, x = g:input { x = { shape = sizes }, target = { shape = { classes } } }
  return build(g, random, loops, kind, sizes, classes, x, target)
end

return M
