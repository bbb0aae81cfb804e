--- What containers and composed layers are: named children and a function over them.
---
--- A module owns its layers from the moment it is made. Called with values it is a block of their graph, and
--- every call shares the layers; called with tensors it computes at once. Its children are its sequence,
--- `for i, layer in ipairs(module)`; each is a member by its name, too: `module.norm1`. Setting a member adds
--- a child or replaces it; functions become methods, and other things are kept as they are.

local core = require "orrery.core"
local graph_of = require "orrery.graph_of"
local children = require "orrery.nn.children"
local methods = require "orrery.nn.module_methods"
local state_dict = require "orrery.nn.state_dict"

local M = {}

local kind_of, record_of = children.kind_of, children.record

local function fail(text, ...) core.fail("usage", text:format(...)) end

-- Methods that nothing else calls: a member may have their name.
local yielding = { blocks = true, recompute = true }

-- How what PyTorch's modules have besides is said here.
local said_so = {
  cuda = "Say module:to \"cuda\".",
  cpu = "Say module:to \"cpu\".",
  modules = "module:apply(visit) calls a function for each part.",
  children = "They are its sequence: for i, child in ipairs(module) do … end.",
  named_parameters = "module:state() lists { key =, parameter = }.",
  requires_grad_ = "Say module:freeze() or module:unfreeze().",
  add_module = "Say module:add(name, child), or module.name = child.",
}
said_so.buffers, said_so.named_buffers = said_so.named_parameters, said_so.named_parameters
said_so.named_children, said_so.named_modules = said_so.children, said_so.modules

-- `TransformerEncoderLayer` → `transformer_encoder_layer`
local function snake_case(kind)
  return (kind:gsub("(%l)(%u)", "%1_%2"):lower())
end

local function leave(record, graph, done, ...)
  record.graph = graph
  if not done then error((...), 0) end
  return ...
end

-- While it is a block of a graph, the module's own parameters are values of that graph: what
-- `self.weight:t()` gives would else be a constant.
local function forward_in(self, graph, ...)
  local record = record_of(self)
  local before = record.graph
  record.graph = graph
  return leave(record, before, pcall(record.forward, self, ...))
end

local function block_in(self, graph)
  local record = record_of(self)
  if not record.made[graph] then
    local name = record.name or snake_case(record.kind)
    local function forward(...) return forward_in(self, graph, ...) end
    record.made[graph] = graph:block(name, forward, { title = record.title }):recompute(record.recomputes)
  end
  return record.made[graph]:shared()
end

-- How deep the modules being called on tensors are in each other, by coroutine: one that is left in the
-- middle of a call counts for no other. Blocks have a limit of their own.
local depths, deepest = setmetatable({}, { __mode = "k" }), 200

local function ended(thread, done, ...)
  depths[thread] = depths[thread] - 1
  if not done then error((...), 0) end
  return ...
end

local function compute(self, ...)
  local record = record_of(self)
  if record.graph then return forward_in(self, nil, ...) end
  return record.forward(self, ...)
end

local function call_on_tensors(self, ...)
  local thread, record = coroutine.running() or depths, record_of(self)
  local depth = depths[thread] or 0
  if depth >= deepest then
    fail("nn.%s is called %d modules deep: the forward of '%s' calls itself, and never ends", record.kind,
      deepest, record.name or snake_case(record.kind))
  end
  depths[thread] = depth + 1
  return ended(thread, pcall(compute, self, ...))
end

local function call(self, ...)
  local graph, record = graph_of(...), record_of(self)
  if not record.forward then
    fail("nn.%s: forward is required: what its children do together", record.kind)
  end
  if graph then return block_in(self, graph)(...) end
  return call_on_tensors(self, ...)
end

-- Members that every module has beside its methods.
local properties = {
  name = function(record) return record.name or "" end,
  kind = function(record) return record.kind end,
  training = function(record) return record.training end,
  forward = function(record) return record.forward end,
}

local function known_members(record)
  local known = { unpack(record.names) }
  for _, members in ipairs { methods, properties, record.members } do
    for name in pairs(members) do known[#known + 1] = name end
  end
  return known
end

local function child_of(record, child)
  if record.graph and kind_of(child) == "Parameter" then return record.graph:constant(child) end
  return child
end

local function member(self, key)
  local record = record_of(self)
  if methods[key] and not yielding[key] then return methods[key] end
  if record.by_name[key] ~= nil then return child_of(record, record.by_name[key]) end
  if record.members[key] ~= nil then return record.members[key] end
  if methods[key] then return methods[key] end
  if properties[key] then return properties[key](record) end
  if type(key) == "number" then return nil end
  local hint = said_so[key] and "" or core.nearest(tostring(key), known_members(record))
  core.fail("usage", ("nn.%s has no member '%s'%s"):format(record.kind, tostring(key), hint), said_so[key])
end

-- What every module has under a name cannot be something else in one of them.
local function check_name(record, key)
  if type(key) == "string" and (yielding[key] or not methods[key] and not properties[key]) then return end
  fail("nn.%s: '%s' cannot be set: %s", record.kind, tostring(key),
    type(key) == "string" and "every module has it; choose another name" or "members have names")
end

-- Its layers in the order of its children, each once.
local function layers_of(self, list, seen)
  children.each(self, { Module = true, Layer = true }, function(child)
    if kind_of(child) == "Module" then
      layers_of(child, list, seen)
    elseif not seen[child] then
      seen[child] = true
      list[#list + 1] = child
    end
  end)
  return list
end

local function order_layers(self)
  core.order_layers(layers_of(self, {}, {}))
end

local function set_forward(self, forward)
  if type(forward) ~= "function" then
    fail("nn.%s: forward must be a function, got a %s", record_of(self).kind, kind_of(forward))
  end
  record_of(self).forward = forward
end

local function set_buffer(record, name, value)
  local buffer = record.by_name[name]
  state_dict.check_fits("nn." .. record.kind, name, buffer, value)
  core.engine().no_grad(function() buffer:copy_(value) end)
end

local function set_member(self, key, value)
  local record = record_of(self)
  if key == "forward" then return set_forward(self, value) end
  check_name(record, key)
  if record.buffers[key] and kind_of(value) == "Tensor" then return set_buffer(record, key, value) end
  if record.buffers[key] and kind_of(value) == "Value" then
    core.fail("usage", ("nn.%s: buffer '%s' is a constant of the graph"):format(record.kind, key),
      "g:state(name, shape) and g:carry(state, value) keep what changes from step to step.")
  end
  if children.owns_state(value) then
    children.set(self, key, value)
    record.buffers[key] = nil
    return order_layers(self)
  end
  if record.by_name[key] ~= nil then
    fail("nn.%s: child '%s' must be a layer, a module or a parameter, got a %s", record.kind, key,
      kind_of(value))
  end
  record.members[key] = value
end

local function text(self)
  local record = record_of(self)
  local lines = { record.kind .. "(" }
  for _, name in ipairs(record.names) do
    local child = record.by_name[name]
    local shown = type(child) == "function" and "function" or tostring(child):gsub("\n", "\n  ")
    lines[#lines + 1] = ("  (%s): %s"):format(name, shown)
  end
  lines[#lines + 1] = ")"
  return table.concat(lines, "\n")
end

local metatable = {
  __index = member, __newindex = set_member, __call = call, __tostring = text, __metatable = "Module",
}

--- Makes a module.
---@param kind string PyTorch's name for it
---@param facts table children = { { name, child }, … }, forward = function(self, ...), name = of its
--- block, title = for drawings, copy = function that makes another like it
--- and is given what refuses a kind of child,
--- looped = whether its children are only called one by one
---@return orrery.Module
function M.new(kind, facts)
  local self = {}
  children.keep(self, {
    kind = kind, name = facts.name, title = facts.title, forward = facts.forward, copy = facts.copy,
    looped = facts.looped,
    training = true, recomputes = false, members = {}, made = setmetatable({}, { __mode = "k" }),
  })
  for _, entry in ipairs(facts.children) do
    check_name(record_of(self), entry[1])
    children.add(self, entry[1], entry[2])
  end
  setmetatable(self, metatable)
  order_layers(self)
  return self
end

-- Another layer of the same options, with numbers of its own.
local function another_layer(layer)
  local options = {}
  for _, option in ipairs(core.operations(layer.kind).options) do
    local value = layer[option.name]
    if option.type == "boolean" then value = value and true end  -- `bias` is the parameter
    options[option.name] = value
  end
  return require("orrery.nn")[layer.kind](options)
end

--- A child like the given one with tensors of its own, whose values are new. Calls `refuse(kind)` where there
--- is no way to make one.
---@param child orrery.Child
---@param refuse fun(kind: string)
---@return orrery.Child
function M.another(child, refuse)
  local kind = kind_of(child)
  if kind == "function" then return child end
  if kind == "Layer" then return another_layer(child) end
  local copy = kind == "Module" and record_of(child).copy
  return copy and copy(refuse) or refuse(kind)
end

-- Makes a module that draws no values.
local function quietly(make)
  core.mute_draws(true)
  local done, made = pcall(make)
  core.mute_draws(false)
  if not done then error(made, 0) end
  return made
end

-- A layer whose weight is computed has other slots than one made of its options.
local function slot_of(entry) return entry.key:match "[^.]*$" end

--- Another module like the given one, with tensors of its own that begin with the same values; of a function,
--- what it makes.
---@param original orrery.Module|fun(): orrery.Module
---@return orrery.Module
function M.copy(original)
  if type(original) == "function" then return original() end
  local function refuse(kind) fail("a %s cannot be copied: give a function that makes each", kind) end
  local copy = getmetatable(original) == "Module" and record_of(original).copy or refuse(kind_of(original))
  local made = quietly(function() return copy(refuse) end)
  local values = made:state()
  for at, entry in ipairs(original:state()) do
    if not values[at] or slot_of(values[at]) ~= slot_of(entry) then refuse(kind_of(original)) end
    core.copy_values(entry.parameter, values[at].parameter)
  end
  return made
end

--- When a child was made: that of its first layer; nothing where it has none yet.
---@param child orrery.Child
---@return number?
function M.order_of(child)
  local first = child
  if kind_of(child) == "Module" then first = layers_of(child, {}, {})[1] end
  return first and kind_of(first) ~= "Model" and core.order_of(first) or nil
end

M.kind_of = kind_of

return M
