--- The shape that all models share: a description that makes models, which are called like blocks.

local core = require "orrery.core"
local graph_of = require "orrery.graph_of"
local state_dict = require "orrery.nn.state_dict"

local function fail(text, ...) core.fail("usage", text:format(...)) end

local function check_option(name, facts, key, value)
  local default = facts.defaults[key]
  if type(value) ~= type(default) then
    fail("models.%s: %s must be a %s, got a %s", name, key, type(default), type(value))
  end
  local choices = facts.choices and facts.choices[key]
  if choices and not (" " .. table.concat(choices, " ") .. " "):find(" " .. value .. " ", 1, true) then
    local hint = core.nearest(value, choices)
    fail("models.%s: %s must be one of %s, got '%s'%s", name, key, table.concat(choices, ", "), value, hint)
  end
end

local function read_options(name, facts, given)
  if type(given) ~= "table" then
    fail("models.%s: expected a table of options, got %s", name, type(given))
  end
  local known, options = {}, {}
  for key, value in pairs(facts.defaults) do
    known[#known + 1] = key
    options[key] = value
  end
  table.sort(known)
  for key, value in pairs(given) do
    if facts.defaults[key] == nil then
      local hint = core.nearest(tostring(key), known)
      core.fail("usage", ("models.%s: unknown option '%s'%s"):format(name, tostring(key), hint),
        "It has: " .. table.concat(known, ", "))
    end
    check_option(name, facts, key, value)
    options[key] = value
  end
  return options
end

-- The fields of an input that fits: one of the given shape, or all that the model says.
local function inputs_of(facts, options, shape)
  if facts.inputs then
    local fields = {}
    for at, field in ipairs(facts.inputs) do
      fields[at] = { name = field.name, shape = shape or field.shape, dtype = field.dtype }
    end
    return fields
  end
  local sample = shape or { unpack(facts.shape) }
  if not shape and #sample ~= 2 then
    sample[1] = options.channels or options.features or options.noise or sample[1]
  end
  return { { name = facts.dtype and "tokens" or "image", shape = sample, dtype = facts.dtype or "float32" } }
end

-- A model is a block of the graph of the first value that it is called with; called with tensors it
-- computes. All graphs and tensors see the same layers.
---@class orrery.Model
local Model = {}

local function block_in(self, graph)
  if not self.made[graph] then
    local facts, options = self.facts, self.options
    self.made[graph] = graph:block(self.name, function(x, ...) return facts.build(graph, x, options, ...) end,
      { layers_of = self.first })
  end
  return self.made[graph]
end

-- First values that the layers' own do not give: each weight in the order of its key.
local function initialise(facts, state)
  if not facts.initialise then return end
  for _, entry in ipairs(state) do facts.initialise(entry.key, entry.parameter) end
end

-- The first call of all makes layers, and so does a further one in the same graph.
local function call_in(self, graph, ...)
  local block = block_in(self, graph)
  local makes = not self.first or #block:blocks() > 0
  local function finish(...)
    self.first = self.first or block
    local blocks = block:blocks()
    if makes then initialise(self.facts, graph:state(blocks[#blocks])) end
    return ...
  end
  return finish(block(...))
end

-- Makes the layers in a graph of their own, where nothing else did: for samples like that of the tensor.
local function prepared(self, x)
  if not self.first then
    local graph, facts = core.private_graph(self.name), self.facts
    local sample = x and facts.shape and #x.shape > #facts.shape and { unpack(x.shape, 2) }
    self.graph = graph
    call_in(self, graph, graph:input(inputs_of(facts, self.options, sample or nil)))
  end
  return self.first
end

for _, method in ipairs { "freeze", "unfreeze", "parameters", "state" } do
  Model[method] = function(self)
    local result = prepared(self)[method](self.first)
    return result == self.first and self or result
  end
end

--- Fills the weights from a file of them, whose keys are relative to the model.
---@param path string
---@param options? orrery.WeightOptions
---@return { missing: string[], unexpected: string[] }
function Model:load_weights(path, options)
  return require "orrery.named_weights".load(self:state(), path, options)
end

--- Writes the weights, under the keys that other programs know them by.
---@param path string
function Model:save_weights(path)
  core.end_if_checking "model:save_weights"
  core.engine().save(self:state(), path)
end

--- What `state()` lists, by key: tensors that share the model's memory, as in PyTorch.
---@return table<string, orrery.Tensor>
function Model:state_dict() return state_dict.by_key(self:state()) end

--- Copies what `state_dict()` of such a model gave. Keys that are missing or unexpected are refused, unless
--- `{ strict = false }`, and returned.
---@param dict table<string, orrery.Tensor>
---@param options? { strict?: boolean }
---@return { missing: string[], unexpected: string[] }
function Model:load_state_dict(dict, options) return state_dict.copy(self:state(), dict, options) end

--- Forgets the gradients of all parameters.
function Model:zero_grad() prepared(self):zero_grad() end

--- Moves all parameters and buffers to a device ("cpu", "cuda", "cuda:1"), or gives the floating ones another
--- dtype ("float64", "bfloat16", "float16", "float32"), also in graphs that hold it.
---@param word string
function Model:to(word)
  if not core.convert({}, word) then
    core.engine().move_to(self:state(), word)
    return self
  end
  local first = prepared(self)
  if self.graph then self.graph:to(word) end
  for _, made in pairs(self.made) do made:to(word) end
  first:to(word)
  return self
end

local dtypes = { double = "float64", float = "float32", half = "float16", bfloat16 = "bfloat16" }
for method, dtype in pairs(dtypes) do
  Model[method] = function(self) return self:to(dtype) end
end

--- Applied to tensors the model behaves as while training; `model:train(false)` is `model:eval()`.
---@param mode? boolean
function Model:train(mode)
  if mode == false then return self:eval() end
  prepared(self):train()
  self.evaluates = false
  return self
end

--- Applied to tensors the model behaves as after training.
function Model:eval()
  prepared(self):eval()
  self.evaluates = true
  return self
end

--- The same model, whose calls in one graph share their layers.
function Model:shared()
  return function(...)
    local graph = graph_of(...)
    if not graph then return prepared(self)(...) end
    return block_in(self, graph):shared()(...)
  end
end

--- The blocks that its calls in graphs made.
function Model:blocks()
  local blocks = {}
  for graph, made in pairs(self.made) do
    for _, block in ipairs(graph ~= self.graph and made:blocks() or {}) do blocks[#blocks + 1] = block end
  end
  return blocks
end

local metatable = {
  __index = Model,
  __metatable = "Model",
  __call = function(self, ...)
    local graph = graph_of(...)
    if graph then return call_in(self, graph, ...) end
    return prepared(self, (...))(...)
  end,
  __tostring = function(self) return ("Model %s"):format(self.name) end,
}

--- Describes a model.
---@param name string
---@param facts table shape = of one sample, and dtype; or inputs = { { name =, shape =, dtype = }, … };
--- defaults = of the options, choices = of words among them; build = function(g, x, options, …), … being
--- further inputs; initialise = function(key, parameter), if the layers' own first values are not the
--- family's; caches = it takes a cache
return function(name, facts)
  facts.read = function(given) return read_options(name, facts, given) end
  facts.input = function(options, shape) return inputs_of(facts, options, shape) end
  facts.graph = function(graph, options, x, ...)
    local results = { facts.build(graph, x, options, ...) }
    initialise(facts, graph:state())
    return unpack(results)
  end
  return setmetatable(facts, {
    __call = function(_, given)
      local options = facts.read(given)
      local made = setmetatable({}, { __mode = "k" })
      return setmetatable({ name = name, facts = facts, options = options, made = made }, metatable)
    end,
  })
end
