local core = require "orrery.core"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local weight_list = require "orrery.cli.weight_list"

local units = { KB = 1e3, MB = 1e6, GB = 1e9, TB = 1e12 }

-- `5GB` → 5e9
local function bytes_of(words)
  local number, unit = words:match "^(%d+%.?%d*)%s*(%a+)$"
  local factor = unit and units[unit:upper()]
  if not factor or tonumber(number) == 0 then
    core.fail("usage", ("--split takes a size such as 500MB or 5GB, got '%s'"):format(words))
  end
  return tonumber(number) * factor
end

local function listed(names)
  local shown = {}
  for at = 1, math.min(#names, 5) do shown[at] = names[at] end
  return table.concat(shown, ", ") .. (#names > 5 and (", … %d in all"):format(#names) or "")
end

local function tell(report)
  stream.out:write(("%s: %s, %s\n"):format(listed(report.files), numbers.count(report.tensors, "tensor"),
    weight_list.size_text(report.bytes)))
  if #report.aliases > 0 then
    stream.out:write(("other names of tensors stored once: %s\n"):format(listed(report.aliases)))
  end
  if #report.left_out > 0 then
    stream.say(("left out, since the format holds tensors alone: %s"):format(listed(report.left_out)))
  end
end

return {
  summary = "Writes a file of weights in another format.",
  usage = "orrery convert FROM TO [--part NAME] [--split SIZE] [--json]",
  operands = {
    { name = "FROM", doc = "safetensors, a set's index.json, PyTorch's .pt or .pth, .npz, .npy, ONNX" },
    { name = "TO", doc = "its ending tells the format: .safetensors, .pt, .pth, .bin, .npz" },
  },
  options = {
    { name = "part", value = "NAME", doc = "only what lies below this name: model of a checkpoint" },
    { name = "split", value = "SIZE", doc = "safetensors files of at most so much each, and an index" },
    { name = "json", doc = "what was written as one JSON object" },
  },
  notes = "Nothing in the file is run. TO appears when it is whole; a file there stays when something fails.",
  examples = { "orrery convert resnet18.pth resnet18.safetensors",
    "orrery convert checkpoint.pt model.safetensors --part model" },
  main = function(given)
    local options = given.options
    local report = core.convert_weights(given[1], given[2], options.part,
      options.split and bytes_of(options.split))
    if not options.json then return tell(report) end
    for _, name in ipairs { "files", "aliases", "left_out" } do report[name] = json.array(report[name]) end
    json.line("orrery.convert/1", report)
  end,
}
