local catalogue = require "orrery.cli.catalogue"
local core = require "orrery.core"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"
local text = require "orrery.cli.text"

local schema = "orrery.ops/1"

local function arrays(operation)
  for _, key in ipairs { "inputs", "options", "outputs", "aliases", "synonyms" } do
    operation[key] = json.array(operation[key] or {})
  end
  catalogue.mark_arrays(operation.options)
  return operation
end

-- What a tool that builds graphs needs: operations, and what trains and feeds them.
local function list_all()
  for _, operation in ipairs(core.operations()) do json.line(schema, arrays(operation)) end
  for _, governor in ipairs(catalogue.governors()) do json.line(schema, governor) end
end

local function list()
  local rows = {}
  for at, operation in ipairs(core.operations()) do
    rows[at] = { operation.name, operation.kind, operation.category, operation.doc }
  end
  tables.print(rows, { { title = "name" }, { title = "kind", optional = true },
    { title = "category", optional = true }, { title = "what it does", wraps = true } })
  stream.out:write("\n", numbers.count(#rows, "operation"), "; 'orrery ops NAME' tells more about one.\n")
end

-- A value as a script would write it.
local function written(value)
  if type(value) == "string" then return ('"%s"'):format(value) end
  if type(value) == "number" then return numbers.plain(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for at, item in ipairs(value) do parts[at] = written(item) end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function signature(operation)
  local words = {}
  for at, option in ipairs(operation.options) do
    if option.required or option.told_by_input then words[#words + 1] = option.name end
    if not option.required and not option.told_by_input and at > 0 then
      words[#words + 1] = "{…}"
      break
    end
  end
  if operation.kind == "layer" then return ("nn.%s(%s)"):format(operation.name, table.concat(words, ", ")) end
  local inputs = {}
  for _, port in ipairs(operation.inputs) do inputs[#inputs + 1] = port.name end
  local named = {}
  for _, name in ipairs(inputs) do named[name] = true end
  for _, word in ipairs(words) do
    if not named[word] then inputs[#inputs + 1] = word end
  end
  return ("orrery.%s(%s)"):format(operation.name, table.concat(inputs, ", "))
end

local function default_of(option)
  if option.required then return "required" end
  if option.told_by_input then return "told by the input" end
  return option.default == nil and "none" or written(option.default)
end

local function facts_of(operation)
  local facts = {}
  if operation.symbol then facts[#facts + 1] = ("written %s"):format(operation.symbol) end
  if operation.torch then facts[#facts + 1] = "PyTorch: " .. operation.torch end
  if #operation.synonyms > 0 then
    facts[#facts + 1] = "also called " .. table.concat(operation.synonyms, ", ")
  end
  if operation.onnx then facts[#facts + 1] = "ONNX: " .. operation.onnx end
  if operation.draws then facts[#facts + 1] = "draws random numbers" end
  if operation.differs_in_training then facts[#facts + 1] = "differs in training" end
  if not operation.differentiable then facts[#facts + 1] = "has no gradient" end
  for _, alias in ipairs(operation.aliases) do
    facts[#facts + 1] = ("%s: %s of %s"):format(alias.output, (alias.kind:gsub("_", " ")), alias.input)
  end
  return facts
end

local port_words = { number = "value or number", optional_number = "value, number or nothing" }

local function print_options(described)
  if #described.options == 0 then return end
  local options = {}
  for at, option in ipairs(described.options) do
    local doc = (option.doc or "") .. (option.at_call and "; or given where it is applied" or "")
    options[at] = { option.name, default_of(option), option.allowed or option.type, doc }
  end
  stream.out:write "\n"
  tables.print(options, { { title = "option" }, { title = "default" }, { title = "allowed", wraps = true },
    { title = "meaning", wraps = true } })
end

-- An optimizer, a schedule, a metric, data, the manager.
local function show_governor(governor)
  stream.out:write(stream.out:paint("bold", governor.name), "  ", (governor.kind:gsub("_", " ")), "\n")
  stream.out:lines(text.wrap(governor.doc, stream.out:width() or 110))
  print_options(governor)
end

local function show(operation)
  stream.out:write(stream.out:paint("bold", signature(operation)), "\n")
  stream.out:lines(text.wrap(operation.doc, stream.out:width() or 110))
  stream.out:write("\n")
  local inputs = {}
  for at, port in ipairs(operation.inputs) do
    inputs[at] = { port.name, port_words[port.kind] or port.kind, port.doc or "" }
  end
  tables.print(inputs, { { title = "input" }, { title = "kind" }, { title = "meaning", wraps = true } })
  print_options(operation)
  stream.out:write("\n", table.concat(facts_of(operation), " · "), "\n")
end

return {
  summary = "Lists operations, optimizers, data and others with their options.",
  usage = "orrery ops [NAME] [--json]",
  operands = { { name = "NAME", optional = true,
    doc = "what to tell about: an operation (Conv2d, cat, …), an optimizer, a schedule, a metric, data, "
      .. "manager, saver" } },
  options = {
    { name = "json", doc = "one JSON object a line: operations, then what trains and feeds them" },
  },
  notes = "The lines of --json are described in docs/graph-json.md.",
  main = function(given)
    local name, as_json = given[1], given.options.json
    if not name and as_json then return list_all() end
    if not name then return list() end
    local governor = not core.find_operation(name) and catalogue.governor(name)
    local found = governor or arrays(core.operations(name))
    if as_json then return json.line(schema, found) end
    if governor then return show_governor(found) end
    show(found)
  end,
}
