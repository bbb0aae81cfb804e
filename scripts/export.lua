local core = require "orrery.core"
local model = require "orrery.cli.model"
local stream = require "orrery.cli.stream"

-- What a model can be written as: the ending of its file, and what writes it.
local kinds = {
  pytorch = { ending = ".py", write = function(graph) return core.pytorch_code(graph) end },
}
local names = { "pytorch" }

-- A name that every file system takes, and Python's import too.
local function file_for(graph, kind) return graph.name:gsub("[^%w_]", "_") .. kinds[kind].ending end

return {
  summary = "Writes a model as source code for another framework.",
  usage = "orrery export SCRIPT|MODEL|NAME --to pytorch [-o FILE] [--input SIZES]",
  operands = { { name = "SCRIPT|MODEL|NAME",
    doc = "a Lua file, a saved .safetensors file, or a model of the zoo (resnet18, …)" } },
  options = {
    { name = "to", value = "WHAT", choices = names, doc = "what to write: pytorch, a Python module" },
    { name = "output", short = "o", value = "FILE",
      doc = "the file to write, '-' for stdout; none: the graph's name" },
    { name = "input", value = "SIZES", doc = "the input's shape of a model of the zoo, batch first" },
    { name = "graph", value = "NAME", doc = "which graph of the script" },
  },
  takes_config = true,
  notes = "The weights are not part of the code: its state_dict() has the names of a saved model, whose "
    .. ".safetensors file it loads.",
  examples = { "orrery export resnet18 --to pytorch -o resnet18.py",
    "orrery export digits.lua --to pytorch -o -" },
  main = function(given, words)
    words.verb = "export"
    local options = given.options
    if not options.to then
      local known = table.concat(names, ", ")
      core.fail("usage", "--to says what to write: " .. known, "See 'orrery export --help'.")
    end
    local opened = { config = given.config, input = model.read_input(options.input), graph = options.graph }
    local graph = model.open(given[1], opened, words)
    if not graph then
      core.fail("input_file", given[1] .. " holds weights alone: there is no graph to write",
        "orrery.save(graph, file) keeps the graph too.")
    end
    local text = kinds[options.to].write(graph)
    local file = options.output or file_for(graph, options.to)
    if file == "-" then
      stream.out:write(text)
      return 0
    end
    core.write_file(file, text)
    stream.out:write(file, "\n")
  end,
}
