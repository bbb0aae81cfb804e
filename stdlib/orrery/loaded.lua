--- A saved model, or a part of it, as a block function: what `orrery.load` gives with `from` or `to`.

local core = require "orrery.core"
local graph_of = require "orrery.graph_of"

---@class orrery.Loaded
local Loaded = {}

local function block_in(self, ...)
  local graph = graph_of(...)
  if not graph then
    core.fail("usage", ("%s: expected Values of a graph"):format(self.name),
      "Its graph computes on data: orrery.manager(orrery.load(file), {}):predict(source).")
  end
  if not self.made[graph] then
    local function build(...) return core.insert(self.graph, self.from, self.to, ...) end
    self.made[graph] = graph:block(self.name, build)
  end
  return self.made[graph]
end

-- What the layers that a call has made are told.
local function settled(self, block, ...)
  if self.trainable ~= nil then block[self.trainable and "unfreeze" or "freeze"](block) end
  return ...
end

--- The same part, whose calls in one graph share their layers.
function Loaded:shared()
  return function(...) return block_in(self, ...):shared()(...) end
end

--- The blocks that its calls in graphs made.
function Loaded:blocks()
  local blocks = {}
  for _, made in pairs(self.made) do
    for _, block in ipairs(made:blocks()) do blocks[#blocks + 1] = block end
  end
  return blocks
end

local metatable = {
  __index = Loaded,
  __metatable = "Loaded",
  __call = function(self, ...)
    local block = block_in(self, ...)
    return settled(self, block, block(...))
  end,
  __tostring = function(self)
    return ("Loaded %s (%s)"):format(self.name, table.concat(self.inputs, ", "))
  end,
}

local kinds = { from = "string", trainable = "boolean", name = "string" }

--- Cuts a graph; both ends belong to the part.
---@param graph orrery.Graph
---@param options orrery.LoadOptions
---@return orrery.Loaded
return function(graph, options)
  for key, kind in pairs(kinds) do
    if options[key] ~= nil and type(options[key]) ~= kind then
      core.fail("usage", ("load: %s must be a %s, got a %s"):format(key, kind, type(options[key])))
    end
  end
  local inputs = core.cut_inputs(graph, options.from, options.to)
  local made = setmetatable({}, { __mode = "k" })
  return setmetatable({ graph = graph, from = options.from, to = options.to, inputs = inputs, made = made,
    trainable = options.trainable, name = options.name or graph.name }, metatable)
end
