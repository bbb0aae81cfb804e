--- The children of modules: layers, modules, models of the zoo, parameters and functions, each under a name.

local core = require "orrery.core"

local M = {}

-- What is known of each module: kind, name, title, forward, and its children `by_name`, whose `names` are in
-- order; `buffers` has the names of those parameters that are buffers.
local records = setmetatable({}, { __mode = "k" })

-- The names that scripts gave to layers and modules, false where they gave none: a place in a container
-- names a child, but not if its script did.
local given_names = setmetatable({}, { __mode = "k" })

local kinds = { Layer = true, Module = true, Model = true, Parameter = true, ["function"] = true }

local function fail(text, ...) core.fail("usage", text:format(...)) end

--- Layer, Module, …; else Lua's word.
function M.kind_of(child)
  local kind = getmetatable(child)
  return type(kind) == "string" and kind or type(child)
end

--- Keeps the record of a module.
function M.keep(module, record)
  record.names, record.by_name, record.buffers = {}, {}, {}
  records[module] = record
end

--- The record of a module.
function M.record(module) return records[module] end

--- True for what is a child wherever it is set; functions are methods there.
function M.owns_state(value)
  local kind = M.kind_of(value)
  return kinds[kind] and kind ~= "function"
end

-- Only layers and modules are named where they are made.
local function own_name(child)
  local kind = M.kind_of(child)
  if kind ~= "Layer" and kind ~= "Module" then return nil end
  if given_names[child] == nil then
    local name = kind == "Module" and records[child].name or child.name
    given_names[child] = name ~= "" and name or false
  end
  return given_names[child]
end

-- The children of a list that is only looped over stand in the block that loops: their names tell the list's.
local function name_looped(list, name)
  for _, own in ipairs(records[list].looped and records[list].names or {}) do
    local child, full = records[list].by_name[own], name .. "." .. own
    local kind = M.kind_of(child)
    if given_names[child] == false and kind == "Layer" then child:named(full) end
    if given_names[child] == false and kind == "Module" then
      records[child].name = full
      name_looped(child, full)
    end
  end
end

local namers = {
  Module = function(child, name)
    records[child].name = records[child].name or name
    name_looped(child, records[child].name)
  end,
  Model = function(child, name) child.name = name end,
  Parameter = function(child, name) core.name_parameter(child, name) end,
  Layer = function(child, name)
    if child.name == "" then child:named(name) end
  end,
  ["function"] = function() end,
}

local function check_kind(record, name, child)
  if kinds[M.kind_of(child)] then return end
  fail("nn.%s: child '%s' must be a layer, a module or a function, got a %s", record.kind, name,
    M.kind_of(child))
end

local function append(module, record, name, child)
  namers[M.kind_of(child)](child, record.looped and record.name and record.name .. "." .. name or name)
  record.by_name[name] = child
  record.names[#record.names + 1] = name
  rawset(module, #module + 1, child)
end

--- Adds a child under a name, which yields to the one that the script gave it.
---@param module orrery.Module
---@param name string
---@param child orrery.Child
function M.add(module, name, child)
  local record = records[module]
  check_kind(record, name, child)
  name = own_name(child) or name
  if record.by_name[name] ~= nil then fail("nn.%s has two children called '%s'", record.kind, name) end
  append(module, record, name, child)
end

--- Adds a child under just this name, or puts it in the place of the one that has it.
---@param module orrery.Module
---@param name string
---@param child orrery.Child
function M.set(module, name, child)
  local record = records[module]
  local own, before = own_name(child), record.by_name[name]
  if own and own ~= name then
    fail("nn.%s: '%s' cannot be a child that is called '%s'", record.kind, name, own)
  end
  if before == nil then return append(module, record, name, child) end
  namers[M.kind_of(child)](child, name)
  record.by_name[name] = child
  for at, each in ipairs(module) do
    if rawequal(each, before) then rawset(module, at, child) end
  end
end

--- Calls `visit(child, name)` for each child of some kinds, in order.
---@param module orrery.Module
---@param wanted table<string, boolean>
---@param visit fun(child: any, name: string)
function M.each(module, wanted, visit)
  local record = records[module]
  for _, name in ipairs(record.names) do
    local child = record.by_name[name]
    if wanted[M.kind_of(child)] then visit(child, name) end
  end
end

--- The script gave the module this name.
function M.name(module, name)
  records[module].name = name
  given_names[module] = name
end

return M
