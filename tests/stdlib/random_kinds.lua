--- Kinds of random calls of the Lua API. Each makes a call from a pool: { name, run, arguments }.

local orrery = require "orrery"
local core = require "orrery.core"
local arguments = require "random_arguments"

local pick, one_in = arguments.pick, arguments.one_in

local M = {}

-- What cannot be called, or is not there, is found out inside the call.
local function looked_up(owner, key)
  return function(...) return owner[key](...) end
end

-- owner:name(…)
local function method(owner, name, given)
  local all = { n = given.n + 1, owner }
  for i = 1, given.n do all[i + 1] = given[i] end
  return { name = "method " .. (type(name) == "string" and name or type(name)), run = looked_up(owner, name),
    arguments = all }
end

local transforms, makers, layers = {}, {}, {}
for _, operation in ipairs(core.operations()) do
  local list = operation.kind == "layer" and layers or #operation.inputs == 0 and makers or transforms
  list[#list + 1] = operation
end

function M.function_of_operands(pool)
  local operation = pick(transforms)
  return {
    name = "orrery." .. operation.name, run = looked_up(orrery, operation.name),
    arguments = arguments.arguments(operation, pool, true),
  }
end

function M.method_of_an_operand(pool)
  local operation = pick(transforms)
  local given = arguments.arguments(operation, pool, true)
  if given.n == 0 or type(given[1]) ~= "userdata" then return M.function_of_operands(pool) end
  local owner = table.remove(given, 1)
  given.n = given.n - 1
  return method(owner, operation.name .. (operation.in_place and one_in(4) and "_" or ""), given)
end

function M.layer(pool)
  local operation = pick(layers)
  return {
    name = "nn." .. operation.name, run = looked_up(orrery.nn, operation.name),
    arguments = arguments.arguments(operation, pool, false),
  }
end

function M.applied_layer(pool)
  local layer, given = pick(pool.layers), { n = math.random(0, 3) }
  for i = 1, given.n do given[i] = pool:operand() end
  return { name = tostring(layer), run = function(...) return layer(...) end, arguments = given }
end

function M.creation(pool)
  local operation = pick(makers)
  local given = arguments.arguments(operation, pool, false)
  if operation.from_graph and one_in(2) then return method(pool.graph, operation.name, given) end
  return { name = "orrery." .. operation.name, run = looked_up(orrery, operation.name), arguments = given }
end

local sources, optimizers = core.data_sources(), core.optimizers()

function M.data_source(pool)
  local kind = pick(sources)
  local given = arguments.arguments(kind, pool, false)
  return { name = "data." .. kind.name, run = looked_up(orrery.data, kind.name), arguments = given }
end

function M.optimizer(pool)
  local kind = pick(optimizers)
  local given = arguments.arguments(kind, pool, false)
  local updated = one_in(2) and pool.graph:parameters() or arguments.anything(pool)
  return {
    name = "optim." .. kind.name, run = looked_up(orrery.optim, kind.name),
    arguments = { n = given.n + 1, updated, unpack(given, 1, given.n) },
  }
end

-- Methods of all classes, on objects of any.
local members = {}
for _, names in pairs(core.classes()) do
  for _, name in ipairs(names) do members[#members + 1] = name end
end
table.sort(members)

function M.member(pool)
  local name = one_in(10) and arguments.anything(pool) or pick(members)
  return method(pool:object(), name, arguments.disorder(pool))
end

local operators = {
  function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
  function(a, b) return a / b end, function(a, b) return a % b end, function(a, b) return a ^ b end,
  function(a) return -a end, function(a, b) return a == b end, function(a, b) return a < b end,
  function(a, b) return a <= b end, function(a, b) return a[b] end, function(a, b, c) a[b] = c end,
  function(a) return tostring(a) end, function(a, ...) return a(...) end,
  function(a, b) return a[{ b, {} }] end, function(a, b, c) return a[{ { b, c }, "..." }] end,
}

function M.operator(pool)
  local at, given = math.random(#operators), arguments.disorder(pool)
  given[1], given.n = pool:operand(), math.max(given.n, 3)
  return { name = "operator " .. at, run = operators[at], arguments = given }
end

-- Functions that no descriptor describes. What writes files, or changes the process, is left out.
local groups = {
  { "orrery", orrery, "tensor empty arange grad no_grad load load_tensors load_weights graph config " ..
    "operations manager seed" },
  { "nn", orrery.nn, "Sequential ModuleList Residual Parallel Concat Repeat Module LazyLinear LazyConv2d " ..
    "TransformerEncoderLayer TransformerDecoderLayer TransformerEncoder TransformerDecoder Transformer " ..
    "NoSuchLayer" },
  { "models", orrery.models, "mlp lenet5 autoencoder vae gpt2 resnet18 no_such_model" },
  { "nn.init", orrery.nn.init }, { "nn.utils", orrery.nn.utils }, { "metrics", orrery.metrics },
  { "nn.utils.parametrize", orrery.nn.utils.parametrize },
  { "nn.utils.parametrizations", orrery.nn.utils.parametrizations },
}
local functions = {}
for _, group in ipairs(groups) do
  local prefix, owner, names = unpack(group)
  local listed = {}
  for name in (names or ""):gmatch "%S+" do listed[#listed + 1] = name end
  for name, value in pairs(names and {} or owner) do
    if type(value) == "function" then listed[#listed + 1] = name end
  end
  for _, name in ipairs(listed) do functions[#functions + 1] = { prefix .. "." .. name, owner, name } end
end
table.sort(functions, function(a, b) return a[1] < b[1] end)

M["function"] = function(pool)
  local name, owner, key = unpack(pick(functions))
  return { name = name, run = looked_up(owner, key), arguments = arguments.disorder(pool) }
end

-- Blocks whose functions fail, call themselves, finalize their graph, nest, or give back anything.
local bodies = {
  function() return function() error "the script's own" end end,
  function(pool) return function() return arguments.anything(pool) end end,
  function(pool)
    local block
    block = pool.graph:block("itself", function(x) return block(x) end)
    return block
  end,
  function(pool) return function(x) pool.graph:finalize() return x end end,
  function() return function(x) return coroutine.wrap(function() return x:relu() end)() end end,
  function(pool) return pool.graph:block("inner", function(y) return y:relu() end) end,
}

function M.block(pool)
  local body = pick(bodies)(pool)
  return {
    name = "block", arguments = { n = 1, pool:operand() },
    run = function(...) return pool.graph:block("b", body)(...) end,
  }
end

return M
