--- What containers and composed layers are: named children and a function over them.
---
--- A module owns its layers from the moment it is made. Called with values it is a block of their graph, and
--- every call shares the layers; called with tensors it computes at once. Its first children are its
--- sequence, `for i, layer in ipairs(module)`; each is a member by its name, too: `module.norm1`.

local core = require "orrery.core"

---@class orrery.Module
local Module = {}

-- The names that scripts gave to layers and modules, false where they gave none: a place in a container
-- names a child, but not if its script did.
local given_names = setmetatable({}, { __mode = "k" })

local states = setmetatable({}, { __mode = "k" })

local function fail(text, ...) core.fail("usage", text:format(...)) end

local kinds = { Layer = true, Module = true, ["function"] = true }

local function kind_of(child)
  local kind = getmetatable(child)
  return type(kind) == "string" and kind or type(child)
end

local function own_name(child)
  if type(child) == "function" then return nil end
  if given_names[child] == nil then
    local name = getmetatable(child) == "Module" and states[child].name or child.name
    given_names[child] = name ~= "" and name or false
  end
  return given_names[child]
end

local function name_child(child, name)
  if getmetatable(child) == "Module" then
    states[child].name = states[child].name or name
  elseif type(child) ~= "function" and child.name == "" then
    child:named(name)
  end
end

--- Adds a child under a name, which yields to the one that the script gave it.
---@param name string
---@param child orrery.Layer|orrery.Module|fun(...): ...
function Module:add(name, child)
  local state = states[self]
  if not kinds[kind_of(child)] then
    local wanted = "nn.%s: child '%s' must be a layer, a module or a function, got a %s"
    fail(wanted, state.kind, name, kind_of(child))
  end
  name = own_name(child) or name
  if state.children[name] ~= nil then fail("nn.%s has two children called '%s'", state.kind, name) end
  name_child(child, name)
  state.children[name] = child
  state.names[#state.names + 1] = name
end

-- Calls `visit(name, child)` for each child in order.
local function each(self, visit)
  local state = states[self]
  for _, name in ipairs(state.names) do
    if type(state.children[name]) ~= "function" then visit(name, state.children[name]) end
  end
end

local function to_all(method)
  Module[method] = function(self)
    each(self, function(_, child) child[method](child) end)
    return self
  end
end
for _, method in ipairs { "freeze", "unfreeze", "train", "eval" } do to_all(method) end

--- Parameters and buffers in PyTorch's order, their keys relative to the module.
---@return { key: string, parameter: orrery.Parameter }[]
function Module:state()
  local entries = {}
  each(self, function(name, child)
    for _, entry in ipairs(child:state()) do
      entries[#entries + 1] = { key = name .. "." .. entry.key, parameter = entry.parameter }
    end
  end)
  return entries
end

--- What is trained, each once.
---@return orrery.Parameter[]
function Module:parameters()
  local found, seen = {}, {}
  each(self, function(_, child)
    for _, parameter in ipairs(child:parameters()) do
      if not seen[parameter] then found[#found + 1] = parameter end
      seen[parameter] = true
    end
  end)
  return found
end

--- Names the module: its block in a graph is called so.
---@param name string
---@return orrery.Module
function Module:named(name)
  states[self].name = name
  given_names[self] = name
  return self
end

--- The blocks that its calls made, in order.
---@return orrery.Block[]
function Module:blocks()
  local blocks = {}
  for _, made in pairs(states[self].made) do
    for _, block in ipairs(made:blocks()) do blocks[#blocks + 1] = block end
  end
  return blocks
end

local function graph_of(...)
  for at = 1, select("#", ...) do
    local value = select(at, ...)
    if getmetatable(value) == "Value" then return value.graph end
  end
end

-- `TransformerEncoderLayer` → `transformer_encoder_layer`
local function snake_case(kind)
  return (kind:gsub("(%l)(%u)", "%1_%2"):lower())
end

local function block_in(self, graph)
  local state = states[self]
  if not state.made[graph] then
    local name = state.name or snake_case(state.kind)
    local function forward(...) return state.forward(self, ...) end
    state.made[graph] = graph:block(name, forward, { title = state.title })
  end
  return state.made[graph]:shared()
end

local function call(self, ...)
  local graph = graph_of(...)
  if graph then return block_in(self, graph)(...) end
  return states[self].forward(self, ...)
end

local properties = {
  name = function(state) return state.name or "" end,
  kind = function(state) return state.kind end,
}

local function member(self, key)
  local state = states[self]
  if Module[key] then return Module[key] end
  if state.children[key] ~= nil then return state.children[key] end
  if properties[key] then return properties[key](state) end
  if type(key) == "number" then return nil end
  local known = { unpack(state.names) }
  for name in pairs(Module) do known[#known + 1] = name end
  fail("nn.%s has no member '%s'%s", state.kind, tostring(key), core.nearest(tostring(key), known))
end

local function text(self)
  local state = states[self]
  local lines = { state.kind .. "(" }
  for _, name in ipairs(state.names) do
    local child = state.children[name]
    local shown = type(child) == "function" and "function" or tostring(child):gsub("\n", "\n  ")
    lines[#lines + 1] = ("  (%s): %s"):format(name, shown)
  end
  lines[#lines + 1] = ")"
  return table.concat(lines, "\n")
end

local metatable = {
  __index = member, __call = call, __tostring = text, __metatable = "Module",
  __newindex = function(self, key)
    fail("nn.%s: '%s' cannot be set; children are given when it is made", states[self].kind, tostring(key))
  end,
}

local M = {}

--- Makes a module.
---@param kind string PyTorch's name for it
---@param facts table children = { { name, child }, … }, forward = function(self, ...), name = of its
--- block, title = for drawings, copy = function that makes another like it
---@return orrery.Module
function M.new(kind, facts)
  local self = {}
  states[self] = {
    kind = kind, name = facts.name, title = facts.title, forward = facts.forward,
    copy = facts.copy,
    children = {}, names = {}, made = setmetatable({}, { __mode = "k" }),
  }
  for at, entry in ipairs(facts.children) do
    rawset(self, at, entry[2])
    Module.add(self, entry[1], entry[2])
  end
  setmetatable(self, metatable)
  return self
end

-- Makes a module that draws no values.
local function quietly(make)
  core.mute_draws(true)
  local done, made = pcall(make)
  core.mute_draws(false)
  if not done then error(made, 0) end
  return made
end

--- Another module like the given one, with tensors of its own that begin with the same values; of a function,
--- what it makes.
---@param original orrery.Module|fun(): orrery.Module
---@return orrery.Module
function M.copy(original)
  if type(original) == "function" then return original() end
  local copy = getmetatable(original) == "Module" and states[original].copy
  if not copy then
    fail("a %s cannot be copied: give a function that makes each", kind_of(original))
  end
  local made = quietly(copy)
  local values = made:state()
  for at, entry in ipairs(original:state()) do core.copy_values(entry.parameter, values[at].parameter) end
  return made
end

M.kind_of = kind_of

return M
