local core = require "orrery.core"
local file_facts = require "orrery.cli.file_facts"
local forms = require "orrery.cli.forms"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local weight_list = require "orrery.cli.weight_list"

local columns = {
  { name = "name", title = "name", shrinks = true },
  { name = "dtype", title = "dtype", drops = true },
  { name = "shape", title = "shape" },
  { name = "elements", title = "elements", right = true, optional = true, show = numbers.thousands },
  { name = "bytes", title = "size", right = true, drops = true, show = weight_list.size_text },
  { name = "remark", title = "remark", drops = true, wraps = true },
  { name = "file", title = "file", drops = true, optional = true },
  { name = "checksum", title = "checksum", drops = true },
}

local note_columns = {
  { name = "name", title = "name" },
  { name = "text", title = "text", wraps = true },
}

local function print_all(path, facts, rows)
  stream.out:write(stream.out:paint("bold", path), "  ", facts.kind, ", ",
    table.concat(facts.size, ", "), "\n")
  local notes = file_facts.short_notes(facts)
  if #notes > 0 then
    stream.out:write "\n"
    forms.table(note_columns, notes)
  end
  if #rows == 0 then return end
  stream.out:write "\n"
  forms.table(columns, rows)
end

local function rows_of(path, facts, options)
  if facts.listing then
    local checksums = options.checksums and core.weight_checksums(path, options.part)
    return weight_list.rows(facts.listing, checksums)
  end
  if options.checksums then
    core.fail("usage", ("--checksums is for tensors; '%s' is a %s"):format(path, facts.kind))
  end
  return facts.rows
end

return {
  summary = "Lists what a file holds: weights, a saved model, a checkpoint, a table, an array, a picture.",
  usage = "orrery inspect FILE [--part NAME] [--checksums] [--notes] [--json|--csv|--plain]",
  operands = {
    { name = "FILE", doc = "safetensors, a set's index.json, PyTorch's .pt or .pth, .npz, .npy, ONNX, Keras' "
      .. ".keras or .h5; CSV, TSV, IDX, PNG, JPEG" },
  },
  options = forms.behind {
    { name = "part", value = "NAME", doc = "only what lies below this name: model of a checkpoint" },
    { name = "checksums", doc = "reads every tensor too, and prints the XXH3-128 of its elements" },
    { name = "notes", doc = "prints what the file is, metadata and plain values alone, whole" },
  },
  notes = "Nothing in the file is run, and without --checksums no tensor is read. Of a table every cell is "
    .. "looked at: a column's type is the one that data.csv would need for it.",
  examples = { "orrery inspect resnet18.pth", "orrery inspect checkpoint.pt --part model --json",
    "orrery inspect iris.csv" },
  main = function(given)
    local options, path = given.options, given[1]
    local form = forms.of(options)
    local facts = file_facts.of(path, options.part)
    if options.notes then
      return forms.print(options,
        { schema = "orrery.inspect.notes/1", columns = note_columns, rows = file_facts.notes(facts) })
    end
    local rows = rows_of(path, facts, options)
    if form == "table" then return print_all(path, facts, rows) end
    forms.print(options, { schema = "orrery.inspect/1", columns = columns, rows = rows })
  end,
}
