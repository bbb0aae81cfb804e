--- Graphs from files, with what the file says about training them: `orrery.import`.

local core = require "orrery.core"
local graph_file = require "orrery.graph_file"

local kinds = { weights = "string", data = "string", batch = "number", shapes = "table", values = "table" }

local function check_options(options)
  local known = {}
  for name in pairs(kinds) do known[#known + 1] = name end
  for name, value in pairs(options) do
    if not kinds[name] then
      core.fail("usage", ("import: unknown option '%s'%s"):format(name, core.nearest(tostring(name), known)))
    elseif type(value) ~= kinds[name] then
      core.fail("usage", ("import: %s must be a %s, got a %s"):format(name, kinds[name], type(value)))
    end
  end
end

---@param path string
---@param options? orrery.ImportOptions
---@return orrery.Graph, orrery.Manager?
return function(path, options)
  options = options or {}
  if type(path) ~= "string" then
    core.fail("usage", ("import: expected a file's name, got a %s"):format(type(path)))
  end
  check_options(options)
  local graph = graph_file.read(path, options)
  if not graph then
    core.fail("input_file", ("'%s' holds weights alone, and no graph"):format(path),
      "orrery.load_weights copies them into a graph.")
  end
  if core.vizml_run(graph) then
    return graph, require "orrery.vizml"(graph, path:match "^(.*)/[^/]*$" or "", options)
  end
  for _, name in ipairs { "data", "batch" } do
    if options[name] then
      local message = "import: %s is for the data of VizML's graphs, and '%s' is none"
      core.fail("usage", message:format(name, path))
    end
  end
  if options.weights then require("orrery").load_weights(graph, options.weights) end
  return graph
end
