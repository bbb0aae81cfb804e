local core = require "orrery.core"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local script = require "orrery.cli.script"
local stream = require "orrery.cli.stream"

local schema = "orrery.peek/1"

local function shape_of(tensor)
  local sizes = {}
  for at, size in ipairs(tensor.shape) do sizes[at] = tostring(size) end
  return "(" .. table.concat(sizes, ", ") .. (#sizes == 1 and ",)" or ")")
end

local function title_of(value)
  return value.output and value.path .. ":" .. value.output or value.path
end

local function print_value(value)
  local found, tensor = value.statistics, value.tensor
  stream.out:write(stream.out:paint("bold", title_of(value)),
    ("  %s  %s %s\n"):format(value.operation, shape_of(tensor), tensor.dtype), tostring(tensor), "\n")
  local words = ("min %s  max %s  mean %s  std %s  zeros %.1f %%"):format(numbers.plain(found.min),
    numbers.plain(found.max), numbers.plain(found.mean), numbers.plain(found.std), found.zeros * 100)
  local spoilt = ("not finite %s of %s"):format(numbers.thousands(found.not_finite),
    numbers.thousands(found.count))
  if found.not_finite > 0 then spoilt = stream.out:paint("red", spoilt) end
  stream.out:write(words, "  ", spoilt, "\n")
end

local function print_json(value)
  local found, tensor = value.statistics, value.tensor
  json.line(schema, {
    path = value.path, output = value.output, operation = value.operation,
    shape = json.array { unpack(tensor.shape) }, dtype = tensor.dtype, count = found.count,
    min = found.min, max = found.max, mean = found.mean, std = found.std, zeros = found.zeros,
    not_finite = found.not_finite,
  })
end

return {
  summary = "Shows what a value of a script's graph is for one batch.",
  usage = "orrery peek SCRIPT PATH [key=value…] [--batch N] [--weights FILE] [--json]",
  operands = {
    { name = "SCRIPT", doc = "a Lua file; key=value behind it changes its orrery.config" },
    { name = "PATH", doc = "a node or block, features/conv2d; 'features/*' means several" },
  },
  options = {
    { name = "batch", value = "N", type = "integer", min = 1, default = "1",
      doc = "which batch of the first epoch" },
    { name = "weights", value = "FILE",
      doc = "loads these weights first; without, those that layers begin with" },
    { name = "graph", value = "NAME", doc = "which graph of the script" },
    { name = "device", value = "TEXT", default = "cpu", doc = "where to compute" },
    { name = "json", doc = "one JSON object a line: shape and statistics of each value" },
  },
  takes_config = true,
  notes = "The script runs up to the first call that would train. Only what the value is made of is "
    .. "computed, as after training: without dropout, with the running statistics of batch normalisations.",
  examples = { "orrery peek digits.lua features/conv2d", "orrery peek digits.lua 'features/*' --json" },
  main = function(given, words)
    words.verb = "peek"
    local options = given.options
    local graphs, ended = script.check(given[1], words, given.config)
    local graph = script.pick(graphs, given[1], options.graph, ended)
    core.set_mode "run"
    if options.weights then require("orrery").load_weights(graph, options.weights) end
    local values = core.engine().peek(graph, given[2],
      { batch = options.batch, device = options.device })
    for at, value in ipairs(values) do
      if at > 1 and not options.json then stream.out:write "\n" end
      (options.json and print_json or print_value)(value)
    end
  end,
}
