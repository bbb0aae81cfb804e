local core = require "orrery.core"
local exports = require "orrery.export"
local graph_file = require "orrery.graph_file"
local stream = require "orrery.cli.stream"

local function wanted_kind(options)
  if options["to-lua"] and options.to and options.to ~= "lua" then
    core.fail("usage", ("both --to-lua and --to %s are given"):format(options.to))
  end
  local name = options["to-lua"] and "lua" or options.to
  local kind = exports.kind(name) or not name and options.output and exports.kind_of(options.output)
  if kind then return kind end
  local known = table.concat(exports.names, ", ")
  core.fail("usage", "--to says what to write: " .. known, "See 'orrery import --help'.")
end

local function refuse_own_file(input, output)
  if output ~= "-" and core.absolute_path(input) == core.absolute_path(output) then
    local message = ("this would write over '%s', which is read"):format(input)
    core.fail("usage", message, "Give another file with -o.")
  end
end

return {
  summary = "Reads a graph from a file of others and writes it in another form.",
  usage = "orrery import FILE [input=value…] --to WHAT [-o OUT]",
  operands = { { name = "FILE",
    doc = "a model of ONNX, a graph as Orrery's JSON or VizML's, or a saved .safetensors file" } },
  options = {
    { name = "to", value = "WHAT", choices = exports.names,
      doc = "what to write, as orrery export has it; none: by OUT's ending" },
    { name = "to-lua", doc = "writes a script of Lua" },
    { name = "output", short = "o", value = "OUT",
      doc = "the file to write, '-' for stdout; none: the graph's name" },
  },
  takes_config = true,
  notes = "Sizes and values of an ONNX model's inputs stand behind it: image=N,3,224,224. orrery render, "
    .. "summary, check, export and diff take such files themselves; orrery run trains those of VizML that "
    .. "have a Manager. What FILE is, its contents tell.",
  examples = { "orrery import net.onnx --to-lua", "orrery import net.onnx rate=16000 --to pytorch",
    "orrery import net.json --to-lua -o net.lua", "orrery import mnist.json --to json -o -" },
  main = function(given)
    local path, options = given[1], given.options
    local kind = wanted_kind(options)
    local graph = graph_file.read(path, { config = given.config })
    if not graph then
      core.fail("input_file", path .. " holds weights alone: there is no graph to write",
        "orrery.save(graph, file) keeps the graph too.")
    end
    local file = options.output or exports.file_for(graph, kind)
    refuse_own_file(path, file)
    local gaps, files = exports.put(graph, kind, file, {}, stream.out)
    for _, gap in ipairs(gaps or {}) do stream.err:write("left to write: ", gap, "\n") end
    for _, name in ipairs(files) do stream.out:write(name, "\n") end
  end,
}
