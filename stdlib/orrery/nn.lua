--- Layers under PyTorch's names: `nn.Linear(10, 5)`, `nn.Conv2d(1, 16, 3, { padding = 1 })`.
---
--- A layer owns its parameters. Applied to values it adds a node to their graph, applied to tensors it
--- computes at once; applied twice it is shared. They come from the table of operations; containers and
--- what is composed of layers, from the files in nn/.

local core = require "orrery.core"

-- Which file of nn/ makes each module.
local modules = {
  Parameter = "parameter",
  Module = "containers", Sequential = "containers", ModuleList = "containers", Residual = "containers",
  Parallel = "containers", Concat = "containers", Repeat = "containers",
  TransformerEncoderLayer = "transformer", TransformerDecoderLayer = "transformer",
  TransformerEncoder = "transformer", TransformerDecoder = "transformer", Transformer = "transformer",
}

local function module_names()
  local names = {}
  for name in pairs(modules) do names[#names + 1] = name end
  return names
end

local function find(name)
  if modules[name] then return require("orrery.nn." .. modules[name])[name] end
  local lazy = type(name) == "string" and name:match "^Lazy(%u.*)$"
  if lazy then return require "orrery.nn.lazy" (lazy) end
  return core.layer(name, module_names())
end

---@class orrery.nn
---@field functional orrery.nn.functional
---@field init orrery.nn.init
---@field utils orrery.nn.utils
local M = {
  functional = require "orrery.nn.functional",
  init = require "orrery.nn.initialisation",
  utils = require "orrery.nn.utils",
}

return setmetatable(M, {
  __index = function(_, name)
    M[name] = find(name)
    return M[name]
  end,
})
