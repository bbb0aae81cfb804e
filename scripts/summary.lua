local json = require "orrery.cli.json"
local layer_tree = require "orrery.cli.layer_tree"
local model = require "orrery.cli.model"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local schema = "orrery.summary/1"

local columns = {
  { title = "layer", shrinks = true },
  { title = "type", optional = true },
  { title = "output shape" },
  { title = "parameters", right = true },
  { title = "mult-adds", right = true, optional = true },
  { title = "trainable", optional = true },
}

local function trainable(row)
  if row.parameters == 0 then return "" end
  if row.trainable == 0 then return "no" end
  return row.trainable == row.parameters and "yes" or "partly"
end

local function parameters(row)
  if row.shared and row.node.parameters > 0 then return "shared" end
  return row.parameters > 0 and numbers.thousands(row.parameters) or ""
end

local function title_of(row)
  if row.kind == "node" or not row.title or row.title == row.name then return row.name end
  return ("%s (%s)"):format(row.name, row.title)
end

local function print_tree(tree, times)
  local rows = {}
  for at, row in ipairs(tree.rows) do
    rows[at] = {
      row.tree .. title_of(row),
      row.kind == "block" and "block" or row.node.operation,
      row.output,
      parameters(row),
      row.mult_adds > 0 and times(numbers.short(row.mult_adds)) or "",
      trainable(row),
      colours = row.kind == "block" and { "cyan", "cyan" } or nil,
    }
  end
  tables.print(rows, columns)
end

local function total_words(of_input, of_state, times)
  if times "" == "" then return numbers.megabytes(of_input + of_state) end
  return times(numbers.megabytes(of_input)) .. " + " .. numbers.megabytes(of_state)
end

local function print_totals(totals, times)
  local all = totals.input_bytes + totals.pass_bytes
  local lines = {
    { "Parameters", numbers.thousands(totals.parameters) },
    { "  trainable", numbers.thousands(totals.trainable) },
    { "  non-trainable", numbers.thousands(totals.parameters - totals.trainable) },
    { "Mult-adds", times(numbers.short(totals.mult_adds)) },
    { "Input", times(numbers.megabytes(totals.input_bytes)) },
    { "Forward and backward", times(numbers.megabytes(totals.pass_bytes)) },
    { "Parameters and buffers", numbers.megabytes(totals.state_bytes) },
    { "Total", total_words(all, totals.state_bytes, times) },
  }
  stream.out:write "\n"
  for _, line in ipairs(lines) do stream.out:write(("%-24s%s\n"):format(line[1], line[2])) end
end

local function print_json(graph, tree)
  for _, row in ipairs(tree.rows) do
    json.line(schema, {
      kind = row.kind, path = row.path, name = row.name, depth = row.depth, shared = row.shared,
      operation = row.node and row.node.operation, output = row.output,
      parameters = row.parameters,
      trainable = row.trainable, mult_adds = row.mult_adds,
    })
  end
  local totals = tree.totals
  totals.kind, totals.graph, totals.per = "totals", graph.name, tree.symbol
  json.line(schema, totals)
end

local function print_weights(tensors, as_json)
  local rows, bytes, all = {}, 0, 0
  for at, tensor in ipairs(tensors) do
    local count = 1
    for _, size in ipairs(tensor.shape) do count = count * size end
    rows[at] = { tensor.name, "(" .. table.concat(tensor.shape, ", ") .. ")", tensor.dtype,
      numbers.thousands(count) }
    bytes, all = bytes + tensor.bytes, all + count
    if as_json then
      json.line(schema, { kind = "tensor", name = tensor.name, shape = json.array(tensor.shape),
        dtype = tensor.dtype,
        bytes = tensor.bytes })
    end
  end
  if as_json then
    return json.line(schema, { kind = "totals", tensors = #tensors, elements = all, state_bytes = bytes })
  end
  tables.print(rows, { { title = "tensor", shrinks = true }, { title = "shape" }, { title = "dtype" },
    { title = "elements", right = true } })
  stream.out:write(("\n%s, %s elements, %s; the file holds no graph of Orrery\n"):format(
    numbers.count(#tensors, "tensor"), numbers.thousands(all), numbers.megabytes(bytes)))
end

return {
  summary = "Shows layers, shapes, parameters and multiply-adds.",
  usage = "orrery summary SCRIPT|MODEL|NAME [--input 1,3,224,224] [--depth N] [--json]",
  operands = { { name = "SCRIPT|MODEL|NAME",
    doc = "a Lua file, a saved .safetensors file, a model of ONNX, or one of the zoo (resnet18, …)" } },
  options = {
    { name = "input", value = "SIZES", doc = "the input's shape, batch first: gives symbols their sizes" },
    { name = "depth", value = "N", type = "integer", min = 1, doc = "levels of blocks that are shown" },
    { name = "graph", value = "NAME", doc = "which graph of the script" },
    { name = "json", doc = "one JSON object a line: rows, then totals" },
  },
  takes_config = true,
  notes = "Mult-adds count those of matrix products and convolutions, also inside recurrent layers and "
    .. "attention. Forward and backward: the bytes of all outputs, twice; views take none. Where the batch "
    .. "is a symbol N, costs are those of one sample.",
  examples = { "orrery summary digits.lua", "orrery summary resnet18 --input 1,3,224,224 --depth 2",
    "orrery summary net.onnx image=N,3,224,224" },
  main = function(given, words)
    words.verb = "summary"
    local options = given.options
    local input = model.read_input(options.input)
    local how = { config = given.config, input = input, graph = options.graph }
    local graph, tensors = model.open(given[1], how, words)
    if not graph then return print_weights(tensors, options.json) end
    local tree = layer_tree.of(graph, model.sizes(graph, input), options.depth)
    local symbol = tree.symbol
    if options.json then return print_json(graph, tree) end
    local function times(text) return symbol and symbol .. " × " .. text or text end
    stream.out:write(stream.out:paint("bold", graph.name), "\n")
    print_tree(tree, times)
    print_totals(tree.totals, times)
    if tree.symbolic then
      stream.say "sizes that are symbols count as nothing here: --input gives them"
    end
  end,
}
