--- The graph that a word of the command line means: a script's, a saved model's, one of the zoo, or a run's.

local core = require "orrery.core"
local graph_file = require "orrery.graph_file"
local script = require "orrery.cli.script"
local sql_rows = require "orrery.sql_rows"

local M = {}

local function ends_in(word, ending) return word:sub(-#ending) == ending end

-- `1,3,224,224` → { 1, 3, 224, 224 }
function M.read_input(words)
  if not words then return nil end
  local sizes = {}
  for item in (words .. ","):gmatch "%s*([^,]*)%s*," do
    local size = tonumber(item)
    if not size or size < 1 or size % 1 ~= 0 then
      core.fail("usage", ("--input takes sizes such as 1,3,224,224, got '%s'"):format(words))
    end
    sizes[#sizes + 1] = size
  end
  return sizes
end

local function build_of_zoo(name, input)
  local shape
  if input then
    shape = {}
    for at = 2, #input do shape[at - 1] = input[at] end
  end
  local zoo = require "orrery.models"
  return zoo.graph(name, { shape = shape })
end

local function unknown(word, history)
  local zoo = require("orrery.models").names()
  local hint = core.nearest(word, zoo)
  local message = history and "'%s' is no script, no saved model, no model of the zoo and no run%s"
    or "'%s' is no script, no saved model and no model of the zoo%s"
  core.fail("usage", message:format(word, hint), "The zoo has: " .. table.concat(zoo, ", "))
end

-- What only a run is called.
local function names_a_run(word)
  return word:find "^%d+$" or word:find "^last$" or word:find "^last~" or word:find "^best:"
end

local graph_of_run = [[
SELECT r.name, r.script_path AS script, g.canonical_json AS json
FROM runs r LEFT JOIN graphs g USING (graph_id) WHERE r.run_id = %d]]

local function read_run(reader, word)
  local run = sql_rows.of(reader, graph_of_run:format(reader:resolve(word)))[1]
  if not run.json then
    core.fail("usage", ("run %s kept no graph"):format(run.name),
      "A run of a manager keeps its graph; one that a script writes itself with orrery.run has none.")
  end
  local done, graph = pcall(core.graph_from_json, run.json, "the graph of run " .. run.name)
  if done then return graph, nil, run.name end
  if not run.json:find('"own":true', 1, true) then error(graph, 0) end
  core.fail("usage", ("the graph of run %s has operations that its script made"):format(run.name),
    ("Draw the script itself, which has them: orrery render %s"):format(run.script or "SCRIPT"))
end

-- The graph of the run that a word means in a history, nil and its name; nothing where it means none.
local function open_run(word, file)
  if not core.exists(file) then
    if not names_a_run(word) then return end
    core.fail("input_file", ("there is no history '%s' with a run '%s'"):format(file, word),
      "Run a script here first, or name another file with --history.")
  end
  local reader = core.history(file)
  local begun = "SELECT 1 FROM runs WHERE substr(name, 1, %d) = %s LIMIT 1"
  local means_one = names_a_run(word) or sql_rows.of(reader, begun:format(#word, sql_rows.quoted(word)))[1]
  if means_one then return read_run(reader, word) end
end

local function is_of_zoo(word)
  for _, name in ipairs(require("orrery.models").names()) do
    if name == word then return true end
  end
  return false
end

--- Opens what the word means. Gives the graph, and its name where a run kept it; for a file that holds
--- weights alone, nil and its tensors.
---@param word string SCRIPT, MODEL.safetensors, a graph's JSON, a file of weights, a name of the zoo or a run
---@param options table config, input, graph, history (without it a word means no run)
---@param words string[]
---@return orrery.Graph?, table? tensors, string? run
function M.open(word, options, words)
  if ends_in(word, ".safetensors") or graph_file.find(word) then return graph_file.read(word, options) end
  if require("orrery.cli.weight_diff").takes(word) then return nil, core.read_weights(word).tensors end
  local of_zoo = is_of_zoo(word)
  local is_file = core.exists(word) and not (of_zoo and core.is_folder(word))
  if ends_in(word, ".lua") or word:find "/" or is_file then
    local graphs, ended = script.check(word, words, options.config)
    return script.pick(graphs, word, options.graph, ended)
  end
  if of_zoo then return build_of_zoo(word, options.input) end
  if options.history then
    local graph, _, run = open_run(word, options.history)
    if graph then return graph, nil, run end
  end
  unknown(word, options.history)
end

--- The sizes of symbols that `--input` gives: the input's shape, dimension for dimension.
---@param graph orrery.Graph
---@param input? number[]
function M.sizes(graph, input)
  local sizes = {}
  if not input then return sizes end
  local field
  for _, node in ipairs(graph:describe().nodes) do
    if node.kind == "input" then field = field or node.outputs[1] end
  end
  if not field then
    core.fail("usage", ("graph '%s' has no input that --input could size"):format(graph.name))
  end
  local function refuse()
    local given = table.concat(input, ",")
    core.fail("usage", ("--input %s does not fit: the input is %s"):format(given, field.text))
  end
  if #field.shape ~= #input then refuse() end
  for at, dim in ipairs(field.shape) do
    if type(dim) == "number" then
      if dim ~= input[at] then refuse() end
    elseif tostring(dim):find "^[%a_][%w_]*$" then
      sizes[tostring(dim)] = input[at]
    end
  end
  return sizes
end

return M
