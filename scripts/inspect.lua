local core = require "orrery.core"
local forms = require "orrery.cli.forms"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local weight_list = require "orrery.cli.weight_list"

local columns = {
  { name = "name", title = "tensor", shrinks = true },
  { name = "dtype", title = "dtype", drops = true },
  { name = "shape", title = "shape" },
  { name = "elements", title = "elements", right = true, optional = true, show = numbers.thousands },
  { name = "bytes", title = "size", right = true, show = weight_list.size_text },
  { name = "remark", title = "remark", drops = true, wraps = true },
  { name = "file", title = "file", drops = true, optional = true },
  { name = "checksum", title = "checksum", drops = true },
}

local note_columns = {
  { name = "name", title = "name" },
  { name = "text", title = "text", wraps = true },
}

-- Longer texts, such as a graph, are told by their length.
local longest = 400

local function shortened(rows)
  local short = {}
  for at, row in ipairs(rows) do
    local text = row[2]
    short[at] = { row[1], #text > longest and ("%s bytes"):format(numbers.thousands(#text)) or text }
  end
  return short
end

local function print_head(path, listing)
  local totals = weight_list.totals(listing)
  stream.out:write(stream.out:paint("bold", path), "  ", listing.kind, ", ",
    numbers.count(totals.tensors, "tensor"), ", ", numbers.count(totals.elements, "element"), ", ",
    weight_list.size_text(totals.bytes), "\n")
end

local function print_all(path, listing, checksums)
  print_head(path, listing)
  local notes = shortened(weight_list.notes(listing))
  if #notes > 0 then
    stream.out:write "\n"
    forms.table(note_columns, notes)
  end
  local rows = weight_list.rows(listing, checksums)
  if #rows == 0 then return end
  stream.out:write "\n"
  forms.table(columns, rows)
end

return {
  summary = "Lists what a file of weights holds.",
  usage = "orrery inspect FILE [--part NAME] [--checksums] [--notes] [--json|--csv|--plain]",
  operands = {
    { name = "FILE", doc = "safetensors, a set's index.json, PyTorch's .pt or .pth, .npz, .npy" },
  },
  options = forms.behind {
    { name = "part", value = "NAME", doc = "only what lies below this name: model of a checkpoint" },
    { name = "checksums", doc = "reads every tensor too, and prints the XXH3-128 of its elements" },
    { name = "notes", doc = "prints metadata and plain values alone, whole" },
  },
  notes = "Nothing in the file is run, and without --checksums no tensor is read.",
  examples = { "orrery inspect resnet18.pth", "orrery inspect checkpoint.pt --part model --json" },
  main = function(given)
    local options, path = given.options, given[1]
    local form = forms.of(options)
    local listing = core.read_weights(path, options.part)
    if options.notes then
      return forms.print(options,
        { schema = "orrery.inspect.notes/1", columns = note_columns, rows = weight_list.notes(listing) })
    end
    local checksums = options.checksums and core.weight_checksums(path, options.part)
    if form == "table" then return print_all(path, listing, checksums) end
    forms.print(options,
      { schema = "orrery.inspect/1", columns = columns, rows = weight_list.rows(listing, checksums) })
  end,
}
