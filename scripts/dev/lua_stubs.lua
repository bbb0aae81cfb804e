--- Writes the LuaCATS stubs of what is described in C++: stdlib/orrery/meta/{value,graph,nn,optim,…}.lua.
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

local function quoted(words)
  local all = {}
  for i, word in ipairs(words) do all[i] = ('"%s"'):format(word) end
  return table.concat(all, "|")
end

local function type_of(option)
  if option.several then return ("(%s)[]|string"):format(quoted(option.choices)) end
  if option.choices then return quoted(option.choices) end
  return lua_types[option.type] .. (option.or_boolean and "|boolean" or "")
    .. (option.or_text and "|" .. quoted(option.or_text) or "")
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

local port_types = {
  number = "orrery.Value|number", optional_number = "orrery.Value|number", variadic = "orrery.Value[]",
}

-- Arguments by name: options, and those ports that are arguments (the object of the method is none).
local function by_name_of(operation, ports)
  local by_name = {}
  for _, option in ipairs(operation.options) do
    by_name[option.name] = { option.name, type_of(option), not option.required, option.doc }
  end
  for _, port in ipairs(operation.inputs) do by_name[port.name] = nil end
  for _, port in ipairs(ports) do
    local kind = port_types[port.kind] or "orrery.Value"
    by_name[port.name] = { port.name, kind, port.kind:find "^optional" ~= nil, port.doc }
  end
  return by_name
end

-- The operation's order, else operands and then options; then the table of options.
local function add_arguments(lines, names, operation, ports, extras)
  local by_name = by_name_of(operation, ports)
  local function add(name)
    local argument = by_name[name]
    by_name[name] = nil
    if argument then add_parameter(lines, names, unpack(argument)) end
  end
  for _, name in ipairs(operation.order or {}) do add(name) end
  for _, port in ipairs(ports) do add(port.name) end
  for _, option in ipairs(operation.options) do add(option.name) end
  add_parameter(lines, names, "options", options_type(operation.options, extras), true)
end

local function results_of(operation)
  if operation.outputs_vary and #operation.outputs == 1 then return "orrery.Value ..." end
  local results = {}
  for i = 1, #operation.outputs do results[i] = "orrery.Value" end
  return table.concat(results, ", ")
end

local function finish(lines, names, head, result)
  lines[#lines + 1] = "---@return " .. result
  local owner, name = head:match "^(%w+):(%w+)$"
  if reserved[name] then
    table.insert(names, 1, "self")
    head = ('%s["%s"] = function'):format(owner, name)
  else
    head = "function " .. head
  end
  lines[#lines + 1] = ("%s(%s) end"):format(head, table.concat(names, ", "))
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

-- The ports that are arguments of the method: all but the one before the colon.
local function arguments_of(operation)
  local ports = {}
  for i, port in ipairs(operation.inputs) do
    if i ~= operation.method_port + 1 or port.kind == "variadic" then ports[#ports + 1] = port end
  end
  return ports
end

local function value_stub()
  local lines = header "Value"
  for _, operation in ipairs(core.operations()) do
    if operation.kind == "transform" and #operation.inputs > 0 then
      local names = {}
      describe(lines, operation.doc)
      add_arguments(lines, names, operation, arguments_of(operation), { "name?: string" })
      finish(lines, names, "Value:" .. operation.name, results_of(operation))
      for _, synonym in ipairs(operation.synonyms or {}) do
        lines[#lines + 1] = ("Value.%s = Value.%s"):format(synonym, operation.name)
      end
    end
  end
  return footer(lines, "Value")
end

-- What needs no value is a method of the graph.
local function graph_stub()
  local lines = header "Graph"
  for _, operation in ipairs(core.operations()) do
    if operation.from_graph then
      local names = {}
      describe(lines, operation.doc)
      add_arguments(lines, names, operation, operation.inputs, { "name?: string" })
      finish(lines, names, "Graph:" .. operation.name, results_of(operation))
    end
  end
  return footer(lines, "Graph")
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

-- A function of nn.init fills a parameter, a tensor or what owns parameters.
local function init_stub()
  local lines = header "nn.init"
  lines[#lines] = "local init = {}"
  for _, kind in ipairs(core.initialisations()) do
    local names = {}
    describe(lines, kind.doc)
    add_parameter(lines, names, "target", "any")
    for _, option in ipairs(kind.options) do
      add_parameter(lines, names, option.name, type_of(option), not option.required, option.doc)
    end
    add_parameter(lines, names, "options", options_type(kind.options, {}), true)
    finish(lines, names, "init." .. kind.name .. "_", "any")
  end
  return footer(lines, "init")
end

local function optim_stub()
  local lines = header "optim"
  local owner = "orrery.Graph|orrery.Block|orrery.Layer|orrery.Module"
  for _, field in ipairs {
    "lr_scheduler orrery.lr_scheduler",
    ("groups fun(owner: %s, rules: table[]): orrery.ParameterGroup[]"):format(owner),
    "layerwise fun(patterns: string[], options: { lr: number, decay: number }): table[]",
  } do
    table.insert(lines, #lines, "---@field " .. field)
  end
  for _, kind in ipairs(core.optimizers()) do
    local names = {}
    describe(lines, kind.doc)
    add_parameter(lines, names, "params", "orrery.Parameter[]|orrery.ParameterGroup[]")
    add_parameter(lines, names, "options", options_type(kind.options, { "loss?: orrery.Value" }), true)
    finish(lines, names, "optim." .. kind.name, "orrery.Optimizer")
  end
  return footer(lines, "optim")
end

-- The first argument is the optimizer, or a list of schedules; then the argument beside the options.
local function schedule_stub()
  local part_types = {
    lr_lambda = "(fun(step: integer): number)|(fun(step: integer): number)[]",
    scale_fn = "fun(x: number): number", schedulers = "orrery.Scheduler[]",
  }
  local lines = header "lr_scheduler"
  for _, kind in ipairs(core.schedulers()) do
    local names, extras = {}, {}
    describe(lines, kind.doc)
    if kind.name ~= "ChainedScheduler" then add_parameter(lines, names, "optimizer", "orrery.Optimizer") end
    if kind.part == "schedulers" then
      add_parameter(lines, names, "schedulers", part_types.schedulers)
    elseif kind.part ~= "" then
      extras[1] = ("%s?: %s"):format(kind.part, part_types[kind.part])
    end
    if #kind.options + #extras > 0 then
      add_parameter(lines, names, "options", options_type(kind.options, extras), true)
    end
    finish(lines, names, "lr_scheduler." .. kind.name, "orrery.Scheduler")
  end
  return footer(lines, "lr_scheduler")
end

-- What stands before the options, and what beside them, where a kind has such.
local source_arguments = {
  concat = { "sources", "orrery.DataSource[]" }, subset = { "source", "orrery.DataSource" },
  part = { "source", "orrery.DataSource" },
}
local source_extras = {
  define = { "get?: (fun(i: integer): table<string, any>)", "fields?: table" },
  generator = { "generate?: (fun(epoch: integer): fun(): table<string, any>?)", "fields?: table" },
}
-- Written by hand in stdlib/orrery/data.lua.
local own_functions = { define = true }

local function data_stub()
  local lines = header "data"
  for _, kind in ipairs(core.data_sources()) do
    if not own_functions[kind.name] then
      local names = {}
      describe(lines, kind.doc)
      local argument = source_arguments[kind.name]
      if argument then add_parameter(lines, names, argument[1], argument[2]) end
      local extras = { "transforms?: orrery.DataTransform[]" }
      for _, list in ipairs(kind.lists or {}) do extras[#extras + 1] = list .. "?: string[]" end
      for _, extra in ipairs(source_extras[kind.name] or {}) do extras[#extras + 1] = extra end
      add_parameter(lines, names, "options", options_type(kind.options, extras), true)
      finish(lines, names, "data." .. kind.name, "orrery.DataSource")
    end
  end
  return footer(lines, "data")
end

local function transforms_stub()
  local lines = header "data.transforms"
  lines[#lines] = "local transforms = {}"
  for _, kind in ipairs(core.data_transforms()) do
    local names = {}
    describe(lines, kind.doc)
    for _, option in ipairs(kind.options) do
      add_parameter(lines, names, option.name, type_of(option), not option.required, option.doc)
    end
    add_parameter(lines, names, "options", options_type(kind.options, {}), true)
    finish(lines, names, "transforms." .. kind.name, "orrery.DataTransform")
  end
  return footer(lines, "transforms")
end

local function metrics_stub()
  local lines = header "metrics"
  for _, kind in ipairs(core.metrics()) do
    if kind.name ~= "define" then  -- written by hand in stdlib/orrery/metrics.lua
      local names = {}
      describe(lines, kind.doc)
      for _, input in ipairs(kind.inputs) do add_parameter(lines, names, input, "orrery.Value") end
      if #kind.options > 0 then
        add_parameter(lines, names, "options", options_type(kind.options, {}), true)
      end
      finish(lines, names, "metrics." .. kind.name, "orrery.Metric")
    end
  end
  return footer(lines, "metrics")
end

-- The options of orrery.manager: those that are described, and the parts that a script makes.
local manager_parts = {
  { "optimizer", "orrery.Optimizer" }, { "optimizers", "(orrery.Optimizer|table)[]" },
  { "metrics", "table<string, orrery.Metric>" }, { "train", "orrery.DataSource" },
  { "validate", "orrery.DataSource" }, { "saver", "orrery.Saver" }, { "savers", "orrery.Saver[]" },
  { "callbacks", "orrery.Callbacks|orrery.Callbacks[]" }, { "schedule", "orrery.Scheduler" },
  { "schedules", "(orrery.Scheduler|table)[]" },
}

local function add_field(lines, name, kind, doc)
  lines[#lines + 1] = ("---@field %s? %s%s"):format(name, kind, doc and " " .. doc or "")
end

local function class_of_group(name)
  return "orrery." .. name:gsub("^%l", string.upper):gsub("_(%l)", string.upper) .. "Options"
end

local function manager_stub()
  local lines = { "---@meta", "-- Written by scripts/dev/lua_stubs.lua; do not edit.", "" }
  for _, group in ipairs(core.manager_groups()) do
    lines[#lines + 1] = "--- " .. group.doc
    lines[#lines + 1] = "---@class " .. class_of_group(group.name)
    for _, option in ipairs(group.options) do add_field(lines, option.name, type_of(option), option.doc) end
    lines[#lines + 1] = ""
  end
  lines[#lines + 1] = "---@class orrery.ManagerOptions"
  for _, part in ipairs(manager_parts) do add_field(lines, part[1], part[2]) end
  for _, option in ipairs(core.manager_options()) do
    add_field(lines, option.name, type_of(option), option.doc)
  end
  for _, group in ipairs(core.manager_groups()) do
    add_field(lines, group.name, class_of_group(group.name) .. "|boolean", group.doc)
  end
  return table.concat(lines, "\n") .. "\n"
end

local stubs = {
  ["value.lua"] = value_stub(),
  ["graph.lua"] = graph_stub(),
  ["nn.lua"] = nn_stub(),
  ["nn_init.lua"] = init_stub(),
  ["optim.lua"] = optim_stub(),
  ["lr_scheduler.lua"] = schedule_stub(),
  ["data.lua"] = data_stub(),
  ["data_transforms.lua"] = transforms_stub(),
  ["manager.lua"] = manager_stub(),
  ["metrics.lua"] = metrics_stub(),
}

local folder = ...
if folder then
  for name, text in pairs(stubs) do core.write_file(folder .. "/" .. name, text) end
end

return stubs
