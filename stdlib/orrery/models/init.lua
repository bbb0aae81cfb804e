--- Known networks, under torchvision's names, so that their weights fit. Each gives a model, which is
--- called like a block.
---
---     local logits = orrery.models.resnet18 { classes = 10 } (image)

local core = require "orrery.core"

-- Which file makes each model.
local files = {
  lenet5 = "lenet", mlp = "mlp", resnet18 = "resnet", resnet34 = "resnet", resnet50 = "resnet",
}

---@class orrery.models
local M = {}

--- The names of all models, sorted.
local function names()
  local list = {}
  for name in pairs(files) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- A graph that holds one model alone, whose weights have the model's own keys.
---@param name string
---@param options? { shape?: integer[], classes?: integer } shape: of one sample
---@return orrery.Graph
local function graph(name, options)
  options = options or {}
  local model = require("orrery.models." .. files[name])[name]
  local g = core.graph(name)
  local x = g:input { image = { shape = options.shape or model.shape } }
  g:output(model.build(g, x, model.read(options.classes and { classes = options.classes } or {})))
  return g
end

return setmetatable(M, {
  __index = function(_, name)
    if name == "names" then return names end
    if name == "graph" then return graph end
    if not files[name] then
      local hint = core.nearest(tostring(name), names())
      core.fail("usage", ("models has no '%s'%s"):format(tostring(name), hint),
        "It has: " .. table.concat(names(), ", "))
    end
    local model = require("orrery.models." .. files[name])[name]
    M[name] = function(options) return model(options or {}) end
    return M[name]
  end,
})
