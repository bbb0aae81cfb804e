--- Writes the LuaCATS stubs of what is described in C++: stdlib/orrery/meta/{value,nn,optim,data}.lua.
---
---     build/orrery run scripts/dev/lua_stubs.lua stdlib/orrery/meta
---
--- Loaded by other code it returns the texts by file name; tests/stdlib/meta_spec.lua compares them with
--- the files.

local core = require "orrery.core"

local lua_types = {
  boolean = "boolean", integer = "integer", real = "number", number = "number", text = "string",
  sizes = "integer|integer[]", integers = "integer|integer[]", reals = "number|number[]",
  shape = "integer[]", dtype = "orrery.DType", tensor = "orrery.Tensor|number[]",
}

-- Names that Lua does not allow as parameters.
local reserved = { ["end"] = "last", ["repeat"] = "times", ["in"] = "source" }

local function type_of(option)
  if not option.choices then return lua_types[option.type] end
  local words = {}
  for i, word in ipairs(option.choices) do words[i] = ('"%s"'):format(word) end
  return table.concat(words, "|")
end

local function options_type(options, extras)
  local fields = {}
  for _, option in ipairs(options) do
    fields[#fields + 1] = ("%s?: %s"):format(option.name, type_of(option))
  end
  for _, extra in ipairs(extras) do fields[#fields + 1] = extra end
  return "{ " .. table.concat(fields, ", ") .. " }"
end

local function add_parameter(lines, names, name, kind, optional, doc)
  name = reserved[name] or name
  names[#names + 1] = name
  local mark = optional and "?" or ""
  lines[#lines + 1] = ("---@param %s%s %s%s"):format(name, mark, kind, doc and " " .. doc or "")
end

local port_types = { number = "orrery.Value|number", variadic = "orrery.Value[]" }

-- Operands first, then options in their order, then the table of options.
local function add_arguments(lines, names, operation, first_port, extras)
  local is_port = {}
  for i = first_port, #operation.inputs do
    local port = operation.inputs[i]
    is_port[port.name] = true
    local kind = port_types[port.kind] or "orrery.Value"
    add_parameter(lines, names, port.name, kind, port.kind == "optional", port.doc)
  end
  for _, option in ipairs(operation.options) do
    if not is_port[option.name] then
      add_parameter(lines, names, option.name, type_of(option), not option.required, option.doc)
    end
  end
  add_parameter(lines, names, "options", options_type(operation.options, extras), true)
end

local function results_of(operation)
  local results = {}
  for i = 1, #operation.outputs do results[i] = "orrery.Value" end
  return table.concat(results, ", ")
end

local function finish(lines, names, head, result)
  lines[#lines + 1] = "---@return " .. result
  lines[#lines + 1] = ("function %s(%s) end"):format(head, table.concat(names, ", "))
end

local function describe(lines, doc)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "--- " .. doc
end

local function header(class)
  return {
    "---@meta",
    "-- Written by scripts/dev/lua_stubs.lua; do not edit.",
    "",
    "---@class orrery." .. class,
    ("local %s = {}"):format(class),
  }
end

local function footer(lines, class)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "return " .. class
  return table.concat(lines, "\n") .. "\n"
end

local function value_stub()
  local lines = header "Value"
  for _, operation in ipairs(core.operations()) do
    if operation.kind == "transform" then
      local names = {}
      describe(lines, operation.doc)
      local variadic = operation.inputs[1].kind == "variadic"
      add_arguments(lines, names, operation, variadic and 1 or 2, { "name?: string" })
      finish(lines, names, "Value:" .. operation.name, results_of(operation))
    end
  end
  return footer(lines, "Value")
end

local function nn_stub()
  local lines = header "nn"
  for _, operation in ipairs(core.operations()) do
    if operation.kind == "layer" then
      local names = {}
      describe(lines, operation.doc)
      for _, option in ipairs(operation.options) do
        add_parameter(lines, names, option.name, type_of(option), not option.required, option.doc)
      end
      local extras = { "name?: string", "weight?: orrery.Parameter" }
      add_parameter(lines, names, "options", options_type(operation.options, extras), true)
      finish(lines, names, "nn." .. operation.name, "orrery.Layer")
    end
  end
  return footer(lines, "nn")
end

local function optim_stub()
  local lines = header "optim"
  for _, kind in ipairs(core.optimizers()) do
    local names = {}
    describe(lines, kind.doc)
    add_parameter(lines, names, "params", "orrery.Parameter[]|orrery.ParameterGroup[]")
    add_parameter(lines, names, "options", options_type(kind.options, { "loss?: orrery.Value" }), true)
    finish(lines, names, "optim." .. kind.name, "orrery.Optimizer")
  end
  return footer(lines, "optim")
end

local function data_stub()
  local lines = header "data"
  for _, kind in ipairs(core.data_sources()) do
    local names = {}
    describe(lines, kind.doc)
    add_parameter(lines, names, "options", options_type(kind.options, {}), true)
    finish(lines, names, "data." .. kind.name, "orrery.DataSource")
  end
  return footer(lines, "data")
end

local stubs = {
  ["value.lua"] = value_stub(),
  ["nn.lua"] = nn_stub(),
  ["optim.lua"] = optim_stub(),
  ["data.lua"] = data_stub(),
}

local folder = ...
if folder then
  for name, text in pairs(stubs) do core.write_file(folder .. "/" .. name, text) end
end

return stubs
