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

-- A model is a block of the graph of the first value that it is called with; called with a tensor it
-- computes.
local Model = {}
Model.__index = Model

function Model:block(graph)
  if not self.made then
    local build, options = self.build, self.options
    self.made = graph:block(self.name, function(x) return build(graph, x, options) end)
  end
  return self.made
end

local function is_value(x) return tostring(x):find "^Value " ~= nil end

function Model:__call(x)
  return self:block(is_value(x) and x.graph or core.graph(self.name))(x)
end

function Model:__tostring() return ("Model %s"):format(self.name) end

local function of_block(method)
  Model[method] = function(self, ...)
    if not self.made then
      core.fail("usage", ("%s: the model was not called yet, so it has no weights"):format(self.name))
    end
    return self.made[method](self.made, ...)
  end
end
for _, method in ipairs { "shared", "freeze", "unfreeze", "parameters", "blocks" } do of_block(method) end

--- Describes a model.
---@param name string
---@param facts table shape = of one sample, defaults = of the options, build = function(g, x, options)
return function(name, facts)
  facts.read = function(given) return read_options(name, facts.defaults, given) end
  return setmetatable(facts, {
    __call = function(_, given)
      return setmetatable({ name = name, build = facts.build, options = facts.read(given) }, Model)
    end,
  })
end
