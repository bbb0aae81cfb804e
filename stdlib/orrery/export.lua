--- A graph as source code, data or a model of ONNX: `orrery.export` writes what `orrery export` does.

local core = require "orrery.core"

local M = {}

--- What a model can be written as. `write` gives a text, and what of it a person has to write; `save` makes a
--- file of its own, with the weights.
---@class orrery.Export
---@field name string
---@field ending string of its files
---@field doc string
---@field write? fun(graph: orrery.Graph, options: table): string, string[]?
---@field write_folder? fun(graph: orrery.Graph, folder: string): string[] writes files, and names them
---@field save? fun(graph: orrery.Graph, path: string, options: table)

-- Gives `use` the name of a file with the weights as they are now, or as a saved model has them.
local function with_saved_weights(graph, from, use)
  if from then return use(from) end
  local file = os.tmpname()
  local done, failure = pcall(function()
    core.engine().save(graph, file)
    use(file)
  end)
  os.remove(file)
  if not done then error(failure, 0) end
end

---@type orrery.Export[]
M.kinds = {
  { name = "pytorch", ending = ".py", doc = "a Python module",
    write = function(graph) return core.pytorch_code(graph) end },
  { name = "keras", ending = ".py", doc = "a Python module for Keras 3",
    write = function(graph) return core.keras_code(graph) end },
  { name = "lua", ending = ".lua", doc = "a script that builds it again",
    write = function(graph, options) return core.lua_code(graph, { weights = options.from }) end },
  { name = "cpp", ending = ".cpp", doc = "C++ for LibTorch; of FILE/ also a CMakeLists.txt",
    write = function(graph) return (core.cpp_code(graph)) end,
    write_folder = function(graph, folder)
      local source, cmake, name = core.cpp_code(graph)
      core.make_folder(folder)
      core.write_file(folder .. name .. ".cpp", source)
      core.write_file(folder .. "CMakeLists.txt", cmake)
      return { folder .. name .. ".cpp", folder .. "CMakeLists.txt" }
    end },
  { name = "onnx", ending = ".onnx", doc = "a model with its weights",
    save = function(graph, path, options)
      with_saved_weights(graph, options.from, function(file)
        core.write_onnx(graph, path, { opset = options.opset, weights = options.weights, from = file })
      end)
    end },
  { name = "json", ending = ".json", doc = "the graph as data",
    write = function(graph) return graph:json() .. "\n" end },
  { name = "vizml", ending = ".vizml.json", doc = "VizML's JSON",
    write = function(graph) return core.vizml_code(graph) .. "\n" end },
  { name = "dot", ending = ".dot", doc = "for Graphviz",
    write = function(graph) return require("orrery.drawing").drawing(graph, { format = "dot" }) end },
}

M.names = {}
local by_name = {}
for at, kind in ipairs(M.kinds) do
  M.names[at] = kind.name
  by_name[kind.name] = kind
end

---@param name string?
---@return orrery.Export?
function M.kind(name) return by_name[name] end

--- What a file is to hold, by its name's ending (of several kinds the first); nil where that tells nothing.
---@param path string
---@return orrery.Export?
function M.kind_of(path)
  local found
  for _, kind in ipairs(M.kinds) do
    local fits = path:sub(-#kind.ending) == kind.ending
    if fits and (not found or #kind.ending > #found.ending) then found = kind end
  end
  return found
end

--- The file of a graph that is given no name: one that every file system takes, and Python's import too.
---@param graph orrery.Graph
---@param kind orrery.Export
function M.file_for(graph, kind) return (graph.name:gsub("[^%w_]", "_")) .. kind.ending end

--- Writes the file. Gives what of its text a person has to write, and the names of the files.
---@param graph orrery.Graph
---@param kind orrery.Export
---@param path string `-` for standard output, which texts alone go to
---@param options table opset, weights, from
---@param out file*
---@return string[]? gaps, string[] files
function M.put(graph, kind, path, options, out)
  if kind.save then
    if path == "-" then core.fail("usage", ("%s goes to a file, not to stdout"):format(kind.name)) end
    kind.save(graph, path, options)
    return nil, { path }
  end
  if path:find "/$" and kind.write_folder then return nil, kind.write_folder(graph, path) end
  local text, gaps = kind.write(graph, options)
  if path == "-" then
    out:write(text)
    return gaps, {}
  end
  core.write_file(path, text)
  return gaps, { path }
end

local known_options = { "to", "opset", "weights" }

---@param graph orrery.Graph
---@param path string
---@param options? { to?: string, opset?: integer, weights?: "inside"|"beside" }
function M.write(graph, path, options)
  options = options or {}
  for name in pairs(options) do
    if name ~= "to" and name ~= "opset" and name ~= "weights" then
      core.fail("usage", ("export: unknown option '%s' (known: %s)"):format(tostring(name),
        table.concat(known_options, ", ")))
    end
  end
  local kind = by_name[options.to] or not options.to and M.kind_of(path)
  if not kind then
    local message = ("export: '%s' does not tell what to write"):format(path)
    if options.to then
      message = ("export: a graph cannot be written as '%s'%s"):format(options.to,
        core.nearest(tostring(options.to), M.names))
    end
    core.fail("usage", message, "to = …: " .. table.concat(M.names, ", "))
  end
  core.end_if_checking "orrery.export"
  M.put(graph, kind, path, { opset = options.opset, weights = options.weights })
end

return M
