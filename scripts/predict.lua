local core = require "orrery.core"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local prepared = require "orrery.prepared"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local schema = "orrery.predict/1"

-- So many numbers stand in one line; more are printed as a tensor.
local most_in_line = 16

local function name_of(row) return row.file or tostring(row.index) end

local function percent(probability) return ("%.1f %%"):format(probability * 100) end

local function count_of(tensor)
  local count = 1
  for _, size in ipairs(tensor.shape) do count = count * size end
  return count
end

-- One line or several lines of numbers.
local function text_of(tensor)
  if count_of(tensor) > most_in_line then return tostring(tensor) end
  local parts = {}
  local flat = tensor:reshape(-1):tolist()
  for at, number in ipairs(flat) do
    parts[at] = type(number) == "number" and ("%.6g"):format(number) or tostring(number)
  end
  return table.concat(parts, " ")
end

-- What a sample's outputs become: cells of a table, or columns between tabs.
local function each_line(row, several, write)
  for _, output in ipairs(row.outputs) do
    local name = several and output.name or nil
    for _, class in ipairs(output.classes or {}) do write(name, class.name, class.probability) end
    if output.values then write(name, text_of(output.values)) end
  end
end

local function printer_of_lines()
  return function(row)
    each_line(row, #row.outputs > 1, function(output, value, probability)
      local cells = { name_of(row) }
      if output then cells[#cells + 1] = output end
      cells[#cells + 1] = value
      if probability then cells[#cells + 1] = ("%.6g"):format(probability) end
      stream.out:write(table.concat(cells, "\t"), "\n")
    end)
  end, function() end
end

local function columns_of(rows)
  local columns = { { title = rows.of_files and "file" or "sample", shrinks = true } }
  if rows.several then columns[#columns + 1] = { title = "output" } end
  columns[#columns + 1] = { title = rows.classes and "class" or "value", wraps = not rows.classes }
  if rows.classes then columns[#columns + 1] = { title = "probability", right = true } end
  return columns
end

local function printer_of_table()
  local rows = {}
  local function add(row)
    rows.of_files, rows.several = row.file ~= nil, #row.outputs > 1
    local told
    each_line(row, rows.several, function(output, value, probability)
      rows.classes = rows.classes or probability ~= nil
      local cells = { told and "" or name_of(row) }
      if output then cells[#cells + 1] = output end
      cells[#cells + 1] = value
      if probability then cells[#cells + 1] = percent(probability) end
      rows[#rows + 1], told = cells, true
    end)
  end
  return add, function() tables.print(rows, columns_of(rows)) end
end

local function printer_of_json()
  return function(row)
    local outputs = {}
    for at, output in ipairs(row.outputs) do
      outputs[at] = { name = output.name, values = output.values and output.values:tolist() }
      if output.classes then
        local classes = {}
        for place, class in ipairs(output.classes) do
          classes[place] = { class = class.name, index = class.index, probability = class.probability }
        end
        outputs[at].classes = json.array(classes)
      end
    end
    json.line(schema, { index = row.index, file = row.file, outputs = json.array(outputs) })
  end, function() end
end

local function printer(as_json)
  if as_json then return printer_of_json() end
  return (stream.out:width() and printer_of_table or printer_of_lines)()
end

local function write_file(manager, source, options)
  manager:predict(source, { to = options.to })
  stream.say(("wrote %s: predictions of %s"):format(options.to, numbers.count(#source, "sample")))
end

return {
  summary = "Tells what a saved model says of images, an array or a table.",
  usage = "orrery predict MODEL IMAGE…|FILE.npy|FILE.csv [--to FILE] [--top K] [--json]",
  operands = {
    { name = "MODEL", doc = "a .safetensors file that orrery.save wrote of a whole graph" },
    { name = "IMAGE|FILE", doc = "PNG and JPEG images; or one .npy or .csv file, a sample a row" },
  },
  options = {
    { name = "to", value = "FILE", doc = "writes all predictions: .npy, .csv, .json or .jsonl" },
    { name = "top", value = "K", type = "integer", min = 1,
      doc = "so many classes of each sample; 5 for one image, else 1" },
    { name = "batch-size", value = "N", type = "integer", min = 1, default = "32", doc = "samples a batch" },
    { name = "device", value = "TEXT", default = "auto",
      doc = "'auto' (CUDA where there is one), 'cpu', 'cuda' or 'cuda:N'" },
    { name = "json", doc = "one JSON object a line, for each sample" },
  },
  takes_rest = true,
  notes = "The model's file says how its training data were prepared, and so are those given here: size, "
    .. "channels, scale and normalisation. What is drawn at random while training is left out; random crops "
    .. "become the middle of the image. Where the output is no terminal, columns stand between tabs.",
  examples = { "orrery predict digits.safetensors seven.png",
    "orrery predict net.safetensors test.npy --to all.csv" },
  main = function(given)
    local options = given.options
    for _, name in ipairs { "json", "top" } do
      if options.to and options[name] then
        core.fail("usage", ("--to and --%s exclude each other"):format(name))
      end
    end
    local signature = prepared.signature(given[1])
    local files = { given[2], unpack(given.rest) }
    local source = prepared.source(signature, files, options["batch-size"])
    local orrery = require "orrery"
    local graph = orrery.load(given[1])
    local manager = orrery.manager(graph, { device = options.device, history = false, progress = false })
    if options.to then return write_file(manager, source, options) end
    local add, finish = printer(options.json)
    core.engine().predict_rows(manager, source, add, { top = options.top or (#source == 1 and 5 or 1) })
    finish()
  end,
}
