--- Random arguments for calls of the Lua API: what a function takes, and what nobody should give it.

local ffi = require "ffi"

local M = {}

local random = math.random

function M.pick(list) return list[random(#list)] end
function M.one_in(n) return random(n) == 1 end

local pick, one_in = M.pick, M.one_in

local endless = {}
endless[1] = endless
local text_of_itself = setmetatable({}, { __tostring = function() error "no text" end })

-- Sizes are small, or too large for any machine: nothing between, which would only be slow.
local numbers = {
  0, 1, 2, 3, 4, 5, -1, -2, 0.5, -0.25, 1e-300, 0 / 0, 1 / 0, -1 / 0, 1e300, 2 ^ 40, 2 ^ 45, -2 ^ 40,
  2 ^ 53, 2 ^ 62, 2 ^ 63, -2 ^ 63, 2 ^ 64,
}
local texts = {
  "", "x", "float32", "int64", "complex64", "bool", "same", "mean", "none", "cpu", "weight", "a/b", "\0",
  "%s", ("n"):rep(300), "\255\254", "x -> y", "ij,jk->ik", "/nowhere/at/all",
}
local oddities = {
  function() error "a function of the script" end, function(...) return ... end, io.stdout, 5LL,
  ffi.new "int[2]", coroutine.create(print), newproxy(true), endless, text_of_itself, math, _G, {},
  { 1, 2 }, { -1 }, { 1, "two" }, { nil, 2 }, { {}, {} }, { { 1, 2 }, { 3 } }, { 2 ^ 40, 2 ^ 40 }, { 0, 0 },
  { name = "n" }, { name = 5 }, { dim = 0 }, { unknown = 1 }, { dtype = "float32" }, { [0] = 1, [2] = 3 },
  { [0.5] = 1 }, { [true] = 1 }, true, false,
}

--- Anything at all, of the pool's objects now and then.
function M.anything(pool)
  local kind = random(10)
  if kind <= 3 then return pick(numbers) end
  if kind == 4 then return pick(texts) end
  if kind <= 6 then return pick(oddities) end
  if kind == 7 then return nil end
  return pool:object()
end

local function whole(attribute)
  local low, high = attribute.min or -3, attribute.max or 6
  return math.floor(random(math.max(low, -9), math.max(math.min(high, low + 6), math.max(low, -9))))
end

local function list_of(count, make)
  local list = {}
  for i = 1, count do list[i] = make() end
  return list
end

local dtypes = {
  "float32", "float64", "int64", "int32", "uint8", "bool", "float16", "bfloat16", "complex64", "complex128",
}

local fitting = {
  boolean = function() return one_in(2) end,
  integer = whole,
  real = function(attribute) return (attribute.min or 0) + random() end,
  number = function() return random(0, 3) + (one_in(2) and 0.5 or 0) end,
  text = function(attribute) return attribute.choices and pick(attribute.choices) or pick(texts) end,
  dtype = function(attribute) return pick(attribute.choices or dtypes) end,
  reals = function(attribute)
    return list_of(attribute.count or random(3), function() return (attribute.min or 0) + random() end)
  end,
  sizes = function(attribute)
    if one_in(2) then return whole(attribute) end
    return list_of(attribute.count or 2, function() return whole(attribute) end)
  end,
}

function fitting.integers(attribute)
  return list_of(random(0, 3), function() return whole(attribute) end)
end

function fitting.shape(attribute, pool)
  return list_of(random(0, 3), function() return one_in(5) and pool:size() or whole(attribute) end)
end

function fitting.tensor(_, pool) return pool:operand() end

--- A value for an option: mostly one that it takes.
function M.option(attribute, pool)
  if one_in(6) then return M.anything(pool) end
  if one_in(10) then return pick(numbers) end
  return fitting[attribute.type](attribute, pool)
end

local function options_of(schema, pool)
  local options = {}
  for _, attribute in ipairs(schema or {}) do
    if attribute.required or one_in(3) then options[attribute.name] = M.option(attribute, pool) end
  end
  if one_in(30) then options[pick(texts)] = M.anything(pool) end
  return options
end

local function put(arguments, value)
  arguments.n = arguments.n + 1
  arguments[arguments.n] = value
end

--- The arguments of a described thing: operands for its ports, options by position or by name.
---@param described table as core.operations gives it
---@param operands boolean are there operands?
function M.arguments(described, pool, operands)
  local arguments = { n = 0 }
  for _, port in ipairs(operands and described.inputs or {}) do
    if port.kind == "variadic" then
      put(arguments, list_of(random(0, 3), function() return pool:operand() end))
    elseif not port.kind:find "optional" or one_in(2) then
      put(arguments, one_in(12) and M.anything(pool) or pool:operand())
    end
  end
  if one_in(2) then
    put(arguments, options_of(described.options, pool))
  else
    for _, attribute in ipairs(described.options or {}) do
      if not attribute.required and one_in(2) then break end
      put(arguments, M.option(attribute, pool))
    end
  end
  if one_in(20) then put(arguments, M.anything(pool)) end
  return arguments
end

--- Anything, up to five times.
function M.disorder(pool)
  local arguments = { n = 0 }
  for _ = 1, random(0, 5) do put(arguments, M.anything(pool)) end
  return arguments
end

return M
