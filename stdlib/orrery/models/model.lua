--- The shape that all models share: a description that makes block functions.

local core = require "orrery.core"

local function read_options(name, defaults, given)
  if type(given) ~= "table" then
    core.fail("usage", ("models.%s: expected a table of options, got %s"):format(name, type(given)))
  end
  local known, options = {}, {}
  for key, value in pairs(defaults) do
    known[#known + 1] = key
    options[key] = value
  end
  table.sort(known)
  for key, value in pairs(given) do
    local default = defaults[key]
    if default == nil then
      local hint = core.nearest(tostring(key), known)
      core.fail("usage", ("models.%s: unknown option '%s'%s"):format(name, tostring(key), hint),
        "It has: " .. table.concat(known, ", "))
    end
    if type(value) ~= type(default) then
      local wanted = ("%s must be a %s, got a %s"):format(key, type(default), type(value))
      core.fail("usage", ("models.%s: %s"):format(name, wanted))
    end
    options[key] = value
  end
  return options
end

-- First values that the layers' own do not give: each weight in the order of its key.
local function initialise(facts, state)
  if not facts.initialise then return end
  for _, entry in ipairs(state) do facts.initialise(entry.key, entry.parameter) end
end

-- A model is a block of the graph of the first value that it is called with; called with a tensor it
-- computes.
local Model = {}
Model.__index = Model

local function trace(self, graph, x)
  local facts, options = self.facts, self.options
  self.made = self.made or graph:block(self.name, function(h) return facts.build(graph, h, options) end)
  local results, blocks = { self.made(x) }, self.made:blocks()
  initialise(facts, graph:state(blocks[#blocks]))
  return unpack(results)
end

-- The weights get their keys in a graph of the model's own, for samples like these.
local function trace_for_tensor(self, x)
  local shape, wanted = x.shape, self.facts.shape
  if #shape > #wanted then wanted = { unpack(shape, 2) } end
  local graph = core.graph(self.name)
  trace(self, graph, graph:input { x = { shape = wanted, dtype = x.dtype } })
end

local function is_value(x) return tostring(x):find "^Value " ~= nil end

function Model:__call(x)
  if is_value(x) then return trace(self, x.graph, x) end
  if not self.made then trace_for_tensor(self, x) end
  return self.made(x)
end

function Model:__tostring() return ("Model %s"):format(self.name) end

local function refuse_uncalled(self)
  if self.made then return end
  core.fail("usage", ("%s: the model was not called yet, so it has no weights"):format(self.name))
end

for _, method in ipairs {
  "shared", "freeze", "unfreeze", "train", "eval", "parameters", "blocks",
} do
  Model[method] = function(self, ...)
    refuse_uncalled(self)
    local result = self.made[method](self.made, ...)
    return result == self.made and self or result
  end
end

--- Fills the weights from a file of them, whose keys are relative to the model.
---@param path string
---@param options? { strict?: boolean }
---@return { missing: string[], unexpected: string[] }
function Model:load_weights(path, options)
  refuse_uncalled(self)
  return core.engine().load_weights(self.made, path, options)
end

--- Writes the weights, under the keys that other programs know them by.
---@param path string
function Model:save_weights(path)
  refuse_uncalled(self)
  core.end_if_checking "model:save_weights"
  core.engine().save(self.made, path)
end

--- Describes a model.
---@param name string
---@param facts table shape = of one sample, defaults = of the options, build = function(g, x, options);
---initialise = function(key, parameter), if the layers' own first values are not the family's
return function(name, facts)
  facts.read = function(given) return read_options(name, facts.defaults, given) end
  facts.graph = function(graph, x, options)
    local results = { facts.build(graph, x, options) }
    initialise(facts, graph:state())
    return unpack(results)
  end
  return setmetatable(facts, {
    __call = function(_, given)
      return setmetatable({ name = name, facts = facts, options = facts.read(given) }, Model)
    end,
  })
end
