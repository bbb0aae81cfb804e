--- Graphs in files, by what a file is and not by its ending: saved models, ONNX, Orrery's JSON, Keras',
--- torch.export's, VizML's.

local core = require "orrery.core"

local M = {}

---@class orrery.GraphFile
---@field path string
---@field head string its first bytes
---@field keys? table<string, boolean> of the object that it is, if its text begins as JSON does

--- What reads a kind of file. `takes` says whether a file is of the kind, `read` gives its graph, or nil and
--- the tensors of a file that holds weights alone; its options are those of `orrery.import`.
---@class orrery.GraphReader
---@field name string as messages call it
---@field json? boolean its files are JSON
---@field sets_inputs? boolean settings of the command line tell the sizes and values of its inputs
---@field takes fun(file: orrery.GraphFile): boolean?
---@field read fun(file: orrery.GraphFile, options: table): orrery.Graph?, table?

---@type orrery.GraphReader[]
M.readers = {
  { name = "a saved model", takes = function(file) return file.path:find "%.safetensors$" ~= nil end,
    read = function(file)
      local saved = core.read_safetensors(file.path)
      local json = saved.metadata["orrery.graph"]
      if json then return core.graph_from_json(json, file.path) end
      return nil, saved.tensors
    end },
  { name = "a model of ONNX", sets_inputs = true,
    takes = function(file) return core.is_onnx(file.head) or file.path:find "%.onnx$" ~= nil end,
    read = function(file, options)
      return core.import_onnx(file.path, require "orrery.onnx_options"(file.path, options))
    end },
  { name = "Orrery's JSON (with `format`)", json = true,
    takes = function(file) return file.keys and file.keys.format end,
    read = function(file) return core.graph_from_json(core.read_file(file.path), file.path) end },
  { name = "a model of Keras (with `class_name`, .keras or .h5)", json = true,
    takes = function(file)
      return file.keys and file.keys.class_name or file.head:find "^\137HDF" ~= nil
        or file.path:find "%.keras$" ~= nil
    end,
    read = function(file) return core.keras_graph(file.path) end },
  { name = "a program of torch.export (.pt2)",
    takes = function(file) return file.path:find "%.pt2$" ~= nil end,
    read = function(file) return core.pt2_graph(file.path) end },
  { name = "VizML's (with `nodes` and `links`)", json = true,
    takes = function(file) return file.keys and file.keys.nodes and file.keys.links end,
    read = function(file) return core.read_vizml(core.read_file(file.path), file.path) end },
}

-- So that neither a script nor a name opens a file for nothing.
local function head_of(path) return not path:find "%.lua$" and core.file_head(path) or nil end

local function keys_of(path)
  local keys = {}
  for _, key in ipairs(core.json_keys(core.read_file(path), path)) do keys[key] = true end
  return keys
end

local function refuse_other_json(file)
  local found, known = {}, {}
  for key in pairs(file.keys) do found[#found + 1] = key end
  table.sort(found)
  for _, reader in ipairs(M.readers) do known[#known + 1] = reader.json and reader.name or nil end
  local keys = found[1] and "the keys " .. table.concat(found, ", ", 1, math.min(#found, 12)) or "no keys"
  core.fail("input_file", ("'%s' is JSON, but no graph: expected %s; it has %s"):format(file.path,
    table.concat(known, " or "), keys))
end

--- What reads a file, and the file; nil where it holds no graph that is known.
---@param path string
---@return orrery.GraphReader?, orrery.GraphFile?
function M.find(path)
  local head = head_of(path)
  if not head then return nil end
  local file = { path = path, head = head }
  local is_set = path:find "%.index%.json$"  -- of files of weights
  local is_json = not is_set and (path:find "%.json$" or head:find "^\239?\187?\191?%s*{")
  if is_json then file.keys = keys_of(path) end
  for _, reader in ipairs(M.readers) do
    if reader.takes(file) then return reader, file end
  end
  if is_json then refuse_other_json(file) end
end

-- What was set and is never read would be a mistake that nobody sees.
local function refuse_settings(path, settings)
  local setting = settings and settings[1]
  if not setting then return end
  core.fail("usage", ("'%s=%s' sets nothing: '%s' has no settings"):format(setting.key, setting.value, path))
end

--- The graph of a file, or nil and the tensors of one that holds weights alone. Fails for other files.
---@param path string
---@param options? table as `orrery.import` takes them
---@return orrery.Graph?, table?
function M.read(path, options)
  local reader, file = M.find(path)
  options = options or {}
  if reader and not reader.sets_inputs then refuse_settings(path, options.config) end
  if reader then return reader.read(file, options) end
  local known = {}
  for at, each in ipairs(M.readers) do known[at] = each.name end
  core.fail("input_file", core.exists(path) and ("'%s' holds no graph that is known"):format(path)
    or ("there is no file '%s'"):format(path), "Known are " .. table.concat(known, ", ") .. ".")
end

return M
