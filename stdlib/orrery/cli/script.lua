--- Runs a script for a verb: wholly, or up to the first call that would train, evaluate or write weights.

local core = require "orrery.core"
local graph_file = require "orrery.graph_file"
local stream = require "orrery.cli.stream"

-- no_input: what a script reads from stdin ends at once, nobody is asked anything.
local M = { no_input = false }

-- What was set and never read would be a mistake that nobody sees; `implied` options of the manager were set
-- by the verb.
local function require_all_used(implied)
  local config, manager = core.unused_overrides()
  if config[1] then
    local setting = config[1].key .. "=" .. config[1].value
    core.fail("usage", ("'%s' sets nothing: the script calls no orrery.config"):format(setting))
  end
  for _, unused in ipairs(manager) do
    local option = unused.key:gsub("_", "-")
    if not (implied and implied[unused.key]) then
      core.fail("usage", ("--%s sets nothing: the script makes no manager"):format(option))
    end
  end
end

local function import(path)
  local given, settings = {}, require "orrery.config" { weights = "", data = "" }
  for name, value in pairs(settings) do given[name] = value ~= "" and value or nil end
  local _, manager = require "orrery.import"(path, given)
  return manager
end

-- What a file that holds a graph does in a script's place. Its settings are those of orrery.import, or sizes
-- and values of its inputs.
local function chunk_of_graph(path, overrides)
  local sets_inputs = graph_file.find(path).sets_inputs
  if sets_inputs then core.set_overrides { config = {}, manager = overrides.manager } end
  return function()
    local manager
    if sets_inputs then graph_file.read(path, { config = overrides.config }) else manager = import(path) end
    if manager then return manager:run() end
    core.end_if_checking "manager:run"
    core.fail("usage", ("'%s' says nothing about training: there is nothing to run"):format(path),
      "VizML's JSON with a Manager node does; a script trains other graphs: orrery.import(file).")
  end
end

local function chunk_of(path, command, overrides)
  local reader, file = graph_file.find(path)
  if not reader then return core.load_script(path, command) end
  if file.keys then core.note_script(path, command) end  -- a model that is no text trains nothing
  return chunk_of_graph(path, overrides)
end

local function load(path, words, overrides, rest)
  if path == "-" then path = "/dev/stdin" end
  core.set_overrides(overrides)
  local chunk = chunk_of(path, { words[0], words.verb, unpack(words) }, overrides)
  if M.no_input then core.no_input() end
  package.path = (path:match "^(.*)/[^/]*$" or ".") .. "/?.lua;" .. package.path
  rest[0], rest[-1] = path, words[0]
  _G.arg = rest
  return chunk
end

-- What the script leaves open would look as if its process had died.
local function close_runs_at_exit(on_exit)
  local exit = os.exit
  os.exit = function(code, close)  -- luacheck: ignore 122
    local number = type(code) == "number" and code or (code == false and 1 or 0)
    pcall(core.script_exits, number)
    if on_exit then on_exit(number) end
    exit(code, close)
  end
end

-- Where an error came from is known only before it is caught.
local function traced(chunk, ...)
  if not stream.verbose then return chunk(...) end
  local done, failure = xpcall(chunk, function(failure)
    stream.traceback = debug.traceback("", 2):gsub("^\n", "")
    return failure
  end, ...)
  if not done then error(failure, 0) end
end

local function prints_to_stderr()
  io.output(io.stderr)
  io.stdout = io.stderr  -- luacheck: ignore 122
  function _G.print(...)
    local parts = { ... }
    for at = 1, select("#", ...) do parts[at] = tostring(parts[at]) end
    io.stderr:write(table.concat(parts, "\t"), "\n")
  end
end

-- The text of what is to be written; an error at the script's line where it is none.
local function text_of(...)
  for at = 1, select("#", ...) do
    local kind = type((select(at, ...)))
    if kind ~= "string" and kind ~= "number" then
      error(("bad argument #%d to 'write' (string expected, got %s)"):format(at, kind), 3)
    end
  end
  return table.concat { ... }
end

-- What is printed from now on also stands in the history of the runs that go on. Both streams' own methods
-- are those of all files.
local function heard_by_the_history()
  local methods = getmetatable(io.stdout).__index
  local names = { [io.stdout] = "stdout", [io.stderr] = "stderr" }
  local method, write, print_line = methods.write, io.write, print
  function methods.write(file, ...)
    if names[file] then core.printed(names[file], text_of(...)) end
    return method(file, ...)
  end
  function io.write(...)  -- luacheck: ignore 122
    local name = names[io.output()]
    if name then core.printed(name, text_of(...)) end
    return write(...)
  end
  if stream.json then return end
  function _G.print(...)
    local parts = { ... }
    for at = 1, select("#", ...) do parts[at] = tostring(parts[at]) end
    local line = table.concat(parts, "\t")
    core.printed("stdout", line .. "\n")
    print_line(line)
  end
end

--- Runs a script to its end.
---@param path string
---@param words string[] the command line behind the verb, the program at 0, the verb at `verb`
---@param overrides table { config =, manager = } as core.set_overrides takes them
---@param rest string[] the script's arguments
---@param options? table implied (options of the manager that need no manager, by key), on_exit (told the exit
---  code of a script that ends the program)
function M.run(path, words, overrides, rest, options)
  options = options or {}
  if stream.json then prints_to_stderr() end
  heard_by_the_history()
  close_runs_at_exit(options.on_exit)
  traced(load(path, words, overrides, rest), unpack(rest))
  require_all_used(options.implied)
end

-- A checked script's own output is no data of the verb, and its exit ends the script only.
local function put_out_of_the_way()
  prints_to_stderr()
  os.exit = function() core.end_if_checking "os.exit" end  -- luacheck: ignore 122
end

--- Runs a script up to the first call that would train. Gives its graphs; an error of the script goes on.
---@param path string
---@param words string[]
---@param config table overrides
---@param manager? table overrides
---@param rest? string[] the script's arguments
---@return orrery.Graph[], string? ended the call at which the script ended (`manager:run`)
function M.check(path, words, config, manager, rest)
  core.set_mode "check"
  put_out_of_the_way()
  rest = rest or {}
  local chunk = load(path, words, { config = config, manager = manager or {} }, rest)
  local done, failure = pcall(traced, chunk, unpack(rest))
  local ended = core.ended()
  core.go_on()
  if not done and not ended then error(failure, 0) end
  require_all_used()
  return core.graphs(), ended
end

local function refuse_without_graph(path, ended)
  if ended then
    core.fail("usage", ("%s makes no graph before %s, where it is no longer run"):format(path, ended),
      "Make the graph first; what computes on tensors alone has none.")
  end
  core.fail("usage", path .. " makes no graph", "Make one with orrery.graph \"name\".")
end

--- The one graph of a script that a verb is about, or that of the name asked for.
---@param graphs orrery.Graph[]
---@param path string
---@param name? string
---@param ended? string the call at which the script ended
function M.pick(graphs, path, name, ended)
  local names = {}
  for _, graph in ipairs(graphs) do
    if graph.name == name then return graph end
    names[#names + 1] = graph.name
  end
  if #graphs == 0 then refuse_without_graph(path, ended) end
  if name then
    core.fail("usage", ("%s has no graph '%s'%s"):format(path, name, core.nearest(name, names)),
      "It has: " .. table.concat(names, ", "))
  end
  if #graphs > 1 then
    local found = ("%s makes %d graphs (%s)"):format(path, #graphs, table.concat(names, ", "))
    stream.say(found .. "; this is the first: --graph NAME takes another")
  end
  return graphs[1]
end

return M
