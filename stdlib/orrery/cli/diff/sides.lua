--- Opens what the two words of `orrery diff` mean: scripts, saved models, models of the zoo, or runs of the
--- history.

local core = require "orrery.core"
local model = require "orrery.cli.model"

local M = {}

local function is_model(word)
  if word:find "%.safetensors$" or word:find "%.lua$" or word:find "/" then return true end
  if core.exists(word) then return true end
  for _, name in ipairs(require("orrery.models").names()) do
    if name == word then return true end
  end
  return false
end

local function refuse(word, reason)
  local hint = core.nearest(word, require("orrery.models").names())
  core.fail("usage", ("'%s' is no script, no saved model, no model of the zoo%s"):format(word, hint),
    "Nor is it a run: " .. reason)
end

local function graph_of_run(word, file)
  if not core.exists(file) then refuse(word, ("there is no history '%s'"):format(file)) end
  local history = require("orrery.history").open(file)
  local found, run = pcall(history.run, history, word)
  if not found then
    history:close()
    refuse(word, (tostring(run):match "^[^\n]*"))
  end
  local rows = history:rows(("SELECT g.canonical_json AS json FROM runs r JOIN graphs g USING (graph_id) "
    .. "WHERE r.run_id = %d"):format(run.id))
  history:close()
  if not rows[1] then core.fail("usage", ("run %s has no graph"):format(run.name)) end
  return core.graph_from_json(rows[1].json, "run " .. run.name), run.name
end

-- A script's modules and search path are its own: another one may have modules of the same names.
local function alone(open)
  local path, known = package.path, {}
  for name in pairs(package.loaded) do known[name] = true end
  local results = { open() }
  for name in pairs(package.loaded) do
    if not known[name] and not name:find "^orrery" then package.loaded[name] = nil end
  end
  package.path = path
  return unpack(results)
end

local function open_model(word, given, words)
  local options = given.options
  local graph = alone(function()
    return model.open(word, { config = word:find "%.lua$" and given.config or {},
      input = model.read_input(options.input), graph = options.graph }, words)
  end)
  if graph then return graph end
  core.fail("input_file", word .. " holds weights alone: there is no graph to compare",
    "orrery.save(graph, file) keeps the graph too. Two files of weights are compared tensor by tensor.")
end

--- Opens one side: its graph, what to call it, and, of a run, the word and file that name it.
---@param word string
---@param given table the command line
---@param words string[]
---@return { graph: orrery.Graph, name: string, run: table? }
function M.open(word, given, words)
  if is_model(word) then return { graph = open_model(word, given, words), name = word } end
  local file = given.options.history or "orrery.db"
  local graph, name = graph_of_run(word, file)
  return { graph = graph, name = name, run = { word = word, file = file } }
end

return M
