--- The objects that random calls are made with: values, tensors, layers, graphs, released ones.

local orrery = require "orrery"

local Pool = {}
Pool.__index = Pool

-- How many objects of one kind are kept, and how large they may be.
local most, largest = 24, 4096

local function released(object)
  object:release()
  return object
end

-- The values that every random graph begins with.
local function values_of(g)
  local words, x, label = g:input {
    x = { shape = { 3, 6, 6 } }, words = { shape = { 5 }, dtype = "int64" },
    y = { shape = {}, dtype = "int64", label = true },
  }
  return { x, words, label, g:randn(4, 4), g:zeros(2, 3), g:ones(0, 3), g:randn(5), x:mean() }
end

local function tensors()
  return {
    orrery.randn(2, 3, 6, 6), orrery.randn(4, 4), orrery.zeros(5), orrery.ones(0, 3), orrery.tensor(1.5),
    orrery.tensor { 0, 2, 1 }:to "int64", orrery.tensor { true, false }, orrery.randn(3, 4, 5):double(),
    orrery.randn(2, 3, { requires_grad = true }), orrery.randn(3, 3):to "complex64", orrery.randn(4):half(),
    orrery.tensor { 0 / 0, 1 / 0, -1 }, orrery.zeros(2, 2):to "uint8", orrery.randn(4, 4):t(),
  }
end

function Pool.new()
  local g, h = orrery.graph "g", orrery.graph "h"
  g:rules { ["block-empty"] = "off" }
  local pool = setmetatable({ graph = g, values = values_of(g), tensors = tensors() }, Pool)
  pool.layers = { orrery.nn.Linear(6, 3), orrery.nn.ReLU(), orrery.nn.Conv2d(3, 2, 3) }
  pool.sizes = { pool.values[1]:size(0), pool.values[1]:size(0) * 2 + 1 }
  pool.others = {
    g, h, values_of(h)[1], g:block("b", function(x) return x:relu() end), pool.layers[1].weight,
    released(orrery.graph "released"), released(orrery.randn(2)), released(orrery.nn.Linear(2, 2)),
    released(g:randn(2)), orrery.nn.Sequential(orrery.nn.Linear(6, 2)), orrery.data.digits { batch = 4 },
  }
  return pool
end

local function pick(list) return list[math.random(#list)] end

--- A value or tensor; of one kind for some calls in a row, so that they fit together.
function Pool:operand()
  if math.random(15) == 1 then return self:object() end
  if math.random(12) == 1 then self.on_tensors = not self.on_tensors end
  return pick(self.on_tensors and self.tensors or self.values)
end

function Pool:size() return pick(self.sizes) end

function Pool:object()
  return pick(pick { self.values, self.tensors, self.layers, self.sizes, self.others })
end

local function keep(list, object) list[#list < most and #list + 1 or math.random(most)] = object end

-- What a call gave is an argument of later ones.
function Pool:keep(result)
  local kind = type(result) == "userdata" and getmetatable(result)
  if kind == "Value" then
    keep(self.values, result)
  elseif kind == "Tensor" then
    local lives, count = pcall(result.numel, result)
    if lives and count <= largest then keep(self.tensors, result) end
  elseif kind == "Layer" then
    keep(self.layers, result)
  elseif kind == "Dim" and #tostring(result) < 60 then
    keep(self.sizes, result)
  end
end

return Pool
