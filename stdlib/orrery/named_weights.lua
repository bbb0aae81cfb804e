--- Fills a graph, block, layer, module or model from a file of weights, under whatever names the file has for
--- them: its own, those of other libraries (orrery.weight_names), or Keras' (orrery.keras_weights).

local core = require "orrery.core"
local state_dict = require "orrery.nn.state_dict"
local weight_names = require "orrery.weight_names"

local M = {}

-- What the caller chose stands; the rest is looked up.
local function with_names(options, plan)
  local all = {}
  for key, value in pairs(options) do all[key] = value end
  all.map = plan.map
  all.match = options.match or plan.match
  return all
end

local has_state = { Graph = true, Layer = true, BlockFunction = true }

-- What an owner has by key; nil where it does not tell.
local function state_of(what)
  local kind = getmetatable(what)
  if has_state[kind] then return what:state() end
  if type(what) ~= "table" or kind ~= nil then return nil end
  local first = what[1]
  return type(first) == "table" and first.key and what or nil
end

-- `module.` and `module` mean the same.
local function part_of(options)
  local prefix = options.prefix
  return type(prefix) == "string" and prefix:gsub("%.+$", "") or nil
end

local whole_models = { ["Keras"] = true, ["Keras (HDF5)"] = true }

-- A whole model of Keras: under the keys of the graph that it is here, in PyTorch's order of axes.
local function load_whole(state, path, options)
  for key in pairs(options) do
    if key ~= "strict" then
      core.fail("usage", ("load_weights: %s has no meaning for a whole model of Keras"):format(tostring(key)))
    end
  end
  local stored = state_dict.by_key(core.keras_graph(path, true):state())
  return state_dict.copy(state, stored, options)
end

--- Loads the weights.
---@param what orrery.Graph|orrery.Block|orrery.BlockFunction|orrery.Layer|table the last a list of entries
---@param path string
---@param options? orrery.WeightOptions
---@return { missing: string[], unexpected: string[] }
function M.load(what, path, options)
  local load, state = core.engine().load_weights, state_of(what)
  if type(path) ~= "string" or (options ~= nil and type(options) ~= "table") or not state then
    return load(what, path, options)
  end
  if not options then options = {} end
  if options.map == "keras" then return require "orrery.keras_weights".load(state, path, options) end
  local listing = options.map == nil and core.read_weights(path, part_of(options))
  if listing and whole_models[listing.kind] then return load_whole(state, path, options) end
  local plan = listing and weight_names.plan(state, listing)
  return load(what, path, plan and with_names(options, plan) or options)
end

return M
