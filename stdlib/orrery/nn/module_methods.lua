--- The methods of every module: what it owns, how it behaves, where it is.

local core = require "orrery.core"
local children = require "orrery.nn.children"
local state_dict = require "orrery.nn.state_dict"
local parameter_of = require("orrery.nn.parameter").Parameter

---@class orrery.Module
local Module = {}

local parts = { Layer = true, Module = true, Model = true }
local parameters = { Parameter = true }

--- Adds a child under a name, which yields to the one that the script gave it.
---@param name string
---@param child orrery.Child
function Module:add(name, child) children.add(self, name, child) end

local function tell_parts(self, method)
  children.each(self, parts, function(child) child[method](child) end)
  return self
end

-- Its own parameters, or its own buffers.
local function each_own(self, buffers, visit)
  local record = children.record(self)
  children.each(self, parameters, function(parameter, name)
    if (record.buffers[name] ~= nil) == buffers then visit(parameter, name) end
  end)
end

local function set_gradients(self, wanted)
  each_own(self, false, function(parameter) parameter.requires_grad = wanted end)
end

--- Its parameters are not trained.
---@return orrery.Module
function Module:freeze()
  set_gradients(self, false)
  return tell_parts(self, "freeze")
end

---@return orrery.Module
function Module:unfreeze()
  set_gradients(self, true)
  return tell_parts(self, "unfreeze")
end

--- Applied to tensors its layers behave as while training; `module:train(false)` is `module:eval()`.
---@param mode? boolean
---@return orrery.Module
function Module:train(mode)
  if mode == false then return self:eval() end
  children.record(self).training = true
  return tell_parts(self, "train")
end

--- Applied to tensors its layers behave as after training.
---@return orrery.Module
function Module:eval()
  children.record(self).training = false
  return tell_parts(self, "eval")
end

--- Parameters and buffers in PyTorch's order, with keys relative to the module: its own, then its children's.
---@return { key: string, parameter: orrery.Parameter }[]
function Module:state()
  local entries = {}
  local function add(key, parameter) entries[#entries + 1] = { key = key, parameter = parameter } end
  for _, buffers in ipairs { false, true } do
    each_own(self, buffers, function(parameter, name) add(name, parameter) end)
  end
  children.each(self, parts, function(child, name)
    for _, entry in ipairs(child:state()) do add(name .. "." .. entry.key, entry.parameter) end
  end)
  return entries
end

--- What is trained, each once.
---@return orrery.Parameter[]
function Module:parameters()
  local found, seen = {}, {}
  local function add(parameter)
    if not seen[parameter] then found[#found + 1] = parameter end
    seen[parameter] = true
  end
  each_own(self, false, add)
  children.each(self, parts, function(child)
    for _, parameter in ipairs(child:parameters()) do add(parameter) end
  end)
  return found
end

--- A tensor that belongs to the state but is not trained, as a running mean. Later `module.name = tensor`
--- gives it other numbers.
---@param name string
---@param tensor orrery.Tensor
function Module:register_buffer(name, tensor)
  local record = children.record(self)
  local function fail(text, ...) core.fail("usage", ("nn.%s: " .. text):format(record.kind, ...)) end
  if getmetatable(tensor) ~= "Tensor" then
    fail("buffer '%s' must be a tensor, got a %s", tostring(name), children.kind_of(tensor))
  end
  if record.by_name[name] ~= nil or record.members[name] ~= nil then fail("'%s' is there already", name) end
  local buffer = parameter_of(tensor)
  buffer.requires_grad = false
  self[name] = buffer
  record.buffers[name] = true
end

--- What `state()` lists, by key: tensors that share the module's memory, as in PyTorch.
---@return table<string, orrery.Tensor>
function Module:state_dict() return state_dict.by_key(self:state()) end

--- Copies what `state_dict()` of such a module, or `orrery.load_tensors`, gave. Keys that are missing or
--- unexpected are refused, unless `{ strict = false }`, and returned.
---@param dict table<string, orrery.Tensor>
---@param options? { strict?: boolean }
---@return { missing: string[], unexpected: string[] }
function Module:load_state_dict(dict, options) return state_dict.copy(self:state(), dict, options) end

--- Forgets the gradients of all parameters.
function Module:zero_grad() core.engine().zero_grad(self:state()) end

-- The layers and parameters inside, each once; models convert themselves.
local function convert(self, dtype)
  local owners = {}
  local function add(owner) owners[#owners + 1] = owner end
  self:apply(function(part)
    local kind = children.kind_of(part)
    if kind == "Layer" then add(part) end
    if kind == "Model" then part:to(dtype) end
    if kind == "Module" then children.each(part, parameters, add) end
  end)
  return core.convert(owners, dtype)
end

--- Moves all parameters and buffers to a device ("cpu", "cuda", "cuda:1"), or gives the floating ones another
--- dtype ("float64", "bfloat16", "float16", "float32").
---@param word string
---@return orrery.Module
function Module:to(word)
  if not core.convert({}, word) then
    core.engine().move_to(self:state(), word)
  else
    convert(self, word)
  end
  return self
end

local dtypes = { double = "float64", float = "float32", half = "float16", bfloat16 = "bfloat16" }
for method, dtype in pairs(dtypes) do
  Module[method] = function(self) return self:to(dtype) end
end

--- Calls `visit(part)` for each layer and module inside, children first, and for the module itself.
---@param visit fun(part: orrery.Layer|orrery.Module)
---@return orrery.Module
function Module:apply(visit)
  children.each(self, parts, function(child)
    if children.kind_of(child) == "Module" then child:apply(visit) else visit(child) end
  end)
  visit(self)
  return self
end

--- Names the module: its block in a graph is called so.
---@param name string
---@return orrery.Module
function Module:named(name)
  children.name(self, name)
  return self
end

--- Its blocks, made and to be made, are computed again in the backward pass, as `block:recompute()`.
---@param recomputes? boolean false: no longer
---@return orrery.Module
function Module:recompute(recomputes)
  local record = children.record(self)
  if recomputes == nil then recomputes = true end
  if type(recomputes) ~= "boolean" then
    core.fail("usage", "recompute: expected true or false, got a " .. type(recomputes))
  end
  record.recomputes = recomputes
  for _, made in pairs(record.made) do made:recompute(recomputes) end
  return self
end

--- The blocks that its calls made, in order.
---@return orrery.Block[]
function Module:blocks()
  local blocks = {}
  for _, made in pairs(children.record(self).made) do
    for _, block in ipairs(made:blocks()) do blocks[#blocks + 1] = block end
  end
  return blocks
end

return Module
