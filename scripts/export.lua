local core = require "orrery.core"
local exports = require "orrery.export"
local model = require "orrery.cli.model"
local stream = require "orrery.cli.stream"

local function docs_of_kinds()
  local docs = {}
  for at, kind in ipairs(exports.kinds) do docs[at] = kind.name .. ", " .. kind.doc end
  return table.concat(docs, "; ")
end

local function read_kind(options)
  local kind = exports.kind(options.to)
  if not options.to and options.output then kind = exports.kind_of(options.output) end
  if kind then return kind end
  local known = table.concat(exports.names, ", ")
  core.fail("usage", "--to says what to write: " .. known, "See 'orrery export --help'.")
end

-- What ONNX alone takes is refused elsewhere.
local function read_onnx_options(options, kind)
  for _, name in ipairs { "opset", "weights" } do
    if options[name] and kind.name ~= "onnx" then
      core.fail("usage", ("--%s is for --to onnx, got --to %s"):format(name, kind.name))
    end
  end
  return { opset = tonumber(options.opset), weights = options.weights }
end

return {
  summary = "Writes a model as source code for another framework, as data, or as a model of ONNX.",
  usage = "orrery export SCRIPT|MODEL|NAME --to WHAT [-o FILE] [--input SIZES]",
  operands = { { name = "SCRIPT|MODEL|NAME",
    doc = "a Lua file, a saved .safetensors file, a model of ONNX, a graph's JSON, or one of the zoo "
      .. "(resnet18, …)" } },
  options = {
    { name = "to", value = "WHAT", choices = exports.names,
      doc = "what to write; none: by FILE's ending. " .. docs_of_kinds() },
    { name = "output", short = "o", value = "FILE",
      doc = "the file to write, '-' for stdout; none: the graph's name" },
    { name = "input", value = "SIZES", doc = "the input's shape of a model of the zoo, batch first" },
    { name = "graph", value = "NAME", doc = "which graph of the script" },
    { name = "opset", value = "N", doc = "of ONNX: the version of its operators, 13 to 22; none: 18" },
    { name = "weights", value = "WHERE", choices = { "inside", "beside" },
      doc = "of ONNX: where the weights stand, in the file or in FILE.data; none: inside" },
  },
  takes_config = true,
  notes = "The weights are not part of source code: its state_dict() has the names of a saved model, whose "
    .. ".safetensors file it loads; for Keras its load_weights() does; the script of a saved model loads "
    .. "that model's; C++ reads its .safetensors file, too. They are part of ONNX: a saved model's own, "
    .. "else the first ones.",
  examples = { "orrery export resnet18 --to pytorch -o resnet18.py",
    "orrery export resnet18 --to keras -o resnet18_keras.py", "orrery export resnet18 --to cpp -o resnet18/",
    "orrery export digits.lua --to pytorch -o -", "orrery export digits.safetensors --to lua",
    "orrery export digits.safetensors --to onnx -o digits.onnx" },
  main = function(given, words)
    words.verb = "export"
    local options = given.options
    local kind = read_kind(options)
    local how = read_onnx_options(options, kind)
    local opened = { config = given.config, input = model.read_input(options.input), graph = options.graph }
    local graph = model.open(given[1], opened, words)
    if not graph then
      core.fail("input_file", given[1] .. " holds weights alone: there is no graph to write",
        "orrery.save(graph, file) keeps the graph too.")
    end
    how.from = given[1]:find "%.safetensors$" and given[1] or nil
    local file = options.output or exports.file_for(graph, kind)
    local gaps, files = exports.put(graph, kind, file, how, stream.out)
    for _, gap in ipairs(gaps or {}) do stream.err:write("left to write: ", gap, "\n") end
    for _, name in ipairs(files) do stream.out:write(name, "\n") end
  end,
}
