--- What the command line says about the inputs of a model of ONNX: `image=N,3,64,64` are an input's sizes,
--- `steps=5` the value of one that decides sizes (integers, or one number).

local core = require "orrery.core"

local function items(text)
  local list = {}
  for item in (text .. ","):gmatch "%s*([^,]*)%s*," do list[#list + 1] = tonumber(item) or item end
  return list
end

---@param path string
---@param options table `shapes` and `values` as orrery.load takes them, or `config`, the command line's words
---@return table
return function(path, options)
  local read = { shapes = options.shapes, values = options.values }
  if not options.config or #options.config == 0 then return read end
  local names = core.onnx_names(path)
  read.shapes, read.values = {}, {}
  for _, setting in ipairs(options.config) do
    local into = names.deciding[setting.key] and read.values or read.shapes
    into[setting.key] = items(setting.value)
    setting.used = true
  end
  return read
end
