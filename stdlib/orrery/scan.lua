--- `orrery.scan`: a loop over the first dimension of values or tensors.

local core = require "orrery.core"

local M = {}

local function fail(text, ...) core.fail("usage", "scan: " .. text:format(...)) end

-- 1, 2, … first, then names.
local function keys_of(tree, what)
  local keys, names = {}, {}
  for at = 1, #tree do keys[at] = at end
  for key in pairs(tree) do
    if type(key) == "string" then
      names[#names + 1] = key
    elseif type(key) ~= "number" or key < 1 or key > #tree then
      fail("%s has the key %s: its tables are lists without holes, or have names", what, tostring(key))
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do keys[#keys + 1] = name end
  return keys
end

-- The values in a value, a table of them (tables inside included) or nil, and their names beside.
local function flatten(tree, what)
  local leaves, names = {}, {}
  local function visit(node, name)
    if core.is_operand(node) then
      leaves[#leaves + 1], names[#names + 1] = node, name
    elseif type(node) == "table" then
      for _, key in ipairs(keys_of(node, what)) do
        visit(node[key], name == "" and tostring(key) or name .. "." .. key)
      end
    elseif node ~= nil then
      fail("%s must be values or tensors, or tables of them, got %s%s", what, type(node),
        name == "" and "" or (" for '%s'"):format(name))
    end
  end
  visit(tree, "")
  return leaves, names
end

-- A tree of the same form; its values are those of a list behind `from`.
local function fill(tree, list, from)
  local at = from
  local function copy(node)
    if type(node) == "table" then
      local made = {}
      for _, key in ipairs(keys_of(node, "")) do made[key] = copy(node[key]) end
      return made
    elseif node ~= nil then
      at = at + 1
      return list[at]
    end
  end
  return copy(tree)
end

local function listed(names)
  if #names == 0 then return "nothing" end
  return names[1] == "" and "a single one" or table.concat(names, ", ")
end

-- Calls the script's function with the trees of a list of carries and slices; gives the lists of the next
-- carries and of what is stacked.
local function step(loop, values)
  local carry, y = loop.fn(fill(loop.carry, values, 0), fill(loop.xs, values, #loop.carries))
  local carries, names = flatten(carry, "the carry that its function returns")
  if listed(names) ~= listed(loop.names) then
    fail("its function must return a carry of the same form: %s, got %s", listed(loop.names), listed(names))
  end
  loop.y = y
  local ys = flatten(y, "what its function returns to be stacked")
  if #carries + #ys == 0 then fail("its function returns neither a carry nor anything to be stacked") end
  return carries, ys
end

local function in_graph(loop, graph)
  return graph:block(loop.name, function()
    local begun = core.scan_begin(graph, loop.carries, loop.slices)
    local carries, ys = step(loop, { unpack(begun, 2) })
    return core.scan_end(begun, carries, ys, table.concat(loop.names, ","), loop.reverse)
  end)()
end

local function text_of(tensor)
  return ("(%s) %s"):format(table.concat(tensor.shape, ", "), tensor.dtype)
end

local function expect_same(loop, carries)
  for at, before in ipairs(loop.carries) do
    if text_of(carries[at]) ~= text_of(before) then
      local name = loop.names[at] == "" and "" or (" '%s'"):format(loop.names[at])
      fail("expects its carry%s to stay %s, got %s", name, text_of(before), text_of(carries[at]))
    end
  end
end

local function length_of(loop)
  local length
  for _, x in ipairs(loop.slices) do
    if #x.shape == 0 then fail("expects values with a first dimension to loop over, got a scalar") end
    length = length or x.shape[1]
    if x.shape[1] ~= length then
      local shape = table.concat(x.shape, ", ")
      fail("expects values of %d steps, as the first has, got shape (%s)", length, shape)
    end
  end
  return length
end

-- Without a step nothing tells what would be stacked: the function is tried on zeros.
local function empty_stacks(orrery, loop, body)
  local arguments = { unpack(loop.carries) }
  for _, x in ipairs(loop.slices) do
    arguments[#arguments + 1] = orrery.zeros({ unpack(x.shape, 2) }, { dtype = x.dtype })
  end
  local stacks = {}
  orrery.no_grad(function()
    local carries, ys = body(unpack(arguments))
    expect_same(loop, carries)
    for at, y in ipairs(ys) do stacks[at] = y:unsqueeze(0):narrow(0, 0, 0) end
  end)
  return stacks
end

-- A block keeps the layers that the function makes in its first step for the others.
local function on_tensors(loop)
  local orrery, length = require "orrery", length_of(loop)
  local body = core.private_graph(loop.name):block(loop.name, function(...) return step(loop, { ... }) end)
  local carries, parts = loop.carries, {}
  for i = 0, length - 1 do
    local at, arguments = loop.reverse and length - 1 - i or i, { unpack(carries) }
    for _, x in ipairs(loop.slices) do arguments[#arguments + 1] = x:select(0, at) end
    local next, ys = body(unpack(arguments))
    if i == 0 then expect_same(loop, next) end
    for y = 1, #ys do
      parts[y] = parts[y] or {}
      parts[y][at + 1] = ys[y]
    end
    carries = next
  end
  local results = { unpack(carries) }
  if length == 0 then
    for _, stack in ipairs(empty_stacks(orrery, loop, body)) do results[#results + 1] = stack end
  end
  for _, list in ipairs(parts) do results[#results + 1] = orrery.stack(list) end
  return results
end

local function read_options(options)
  local known = { name = "scan", reverse = false }
  for key, value in pairs(options or {}) do
    if known[key] == nil then
      fail("unknown option '%s'%s", tostring(key), core.nearest(tostring(key), { "name", "reverse" }))
    elseif type(value) ~= type(known[key]) then
      fail("%s must be a %s, got a %s", key, type(known[key]), type(value))
    end
    known[key] = value
  end
  return known
end

local function graph_of(loop)
  for _, list in ipairs { loop.carries, loop.slices } do
    for _, value in ipairs(list) do
      if core.is_value(value) then return value.graph end
    end
  end
end

function M.scan(fn, carry, xs, options)
  if type(fn) ~= "function" then fail("expected a function first, got a %s", type(fn)) end
  local given = read_options(options)
  local loop = { fn = fn, carry = carry, xs = xs, name = given.name, reverse = given.reverse }
  loop.carries, loop.names = flatten(carry, "its carry")
  loop.slices = flatten(xs, "what it loops over")
  if #loop.slices == 0 then fail("expected something to loop over, got nothing") end
  local graph = graph_of(loop)
  local results = graph and in_graph(loop, graph) or on_tensors(loop)
  return fill(carry, results, 0), fill(loop.y, results, #loop.carries)
end

return M
