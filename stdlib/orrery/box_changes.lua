--- What a user wants to see of single boxes of a drawing: the options `label`, `notes`, `colors`, `inside`.

local core = require "orrery.core"

local M = {}

local function fail(text, ...) core.fail("usage", text:format(...)) end

local function is_pattern(text) return text:find "[*?]" ~= nil end

-- `encoder/*` as a pattern of Lua.
local function lua_pattern(glob)
  local escaped = glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
  return "^" .. escaped:gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

-- Calls `change(path, value)` with the paths of nodes and blocks that the keys of a table mean: full paths
-- after patterns, so that they count for more.
local function each_path(option, by_path, known, change)
  local keys = {}
  for key in pairs(by_path) do
    if type(key) ~= "string" then fail("%s: expected paths as keys, got a %s", option, type(key)) end
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if is_pattern(a) ~= is_pattern(b) then return is_pattern(a) end
    return a < b
  end)
  for _, key in ipairs(keys) do
    local pattern, found = lua_pattern(key), false
    for _, path in ipairs(known) do
      if path == key or (is_pattern(key) and path:find(pattern)) then
        change(path, by_path[key])
        found = true
      end
    end
    if not found then
      fail("%s: no block and no node is called '%s'%s", option, key, core.nearest(key, known))
    end
  end
end

local function require_table(option, value, of)
  if type(value) == "table" then return end
  fail("%s: expected a table of %s by path, got %s", option, of, type(value))
end

local function require_text(option, path, value)
  if type(value) ~= "string" then fail("%s: '%s' must be a text, got %s", option, path, type(value)) end
end

-- A label of one or two lines is what the box says.
local function add_labels(label, graph, box)
  if type(label) ~= "function" then fail("label must be a function of a node, got %s", type(label)) end
  for _, node in ipairs(graph:describe().nodes) do
    local text = label(node)
    if text ~= nil then
      require_text("label", node.path, text)
      local first, second = text:match "^([^\n]*)\n?(.*)$"
      box(node.path).title, box(node.path).detail = first, second
    end
  end
end

local function add_texts(option, field, by_path, known, box)
  require_table(option, by_path, "texts")
  each_path(option, by_path, known, function(path, text)
    require_text(option, path, text)
    box(path)[field] = text
  end)
end

-- As a user gives it: { lines = { 3, 2, 1 } }, { bars = { 1, 4, 2 } } or { image = "cat.png" }, with a title
-- and words at the ends.
local function inset_of(given)
  if type(given) ~= "table" then fail("inside: expected a table with lines or bars, got %s", type(given)) end
  if given.kind then return given end
  for key in pairs(given) do
    local fields = { "lines", "bars", "image", "title", "left", "right", "mark" }
    local known = false
    for _, field in ipairs(fields) do known = known or field == key end
    if not known then
      fail("inside: unknown field '%s' (known: %s)", tostring(key), table.concat(fields, ", "))
    end
  end
  if type(given.image) == "string" and not given.lines and not given.bars then
    return { kind = "image", image = given.image, title = given.title, left = given.left,
      right = given.right }
  end
  local values = given.lines or given.bars
  if (given.lines == nil) == (given.bars == nil) or type(values) ~= "table" then
    fail "inside: expected a table with lines or bars, a list of numbers, or the file of an image"
  end
  return { kind = given.lines and "lines" or "bars", title = given.title, left = given.left,
    right = given.right, mark = given.mark, values = type(values[1]) == "table" and values or { values } }
end

local function insets_of(given)
  if type(given) == "table" and given[1] then
    local insets = {}
    for at, one in ipairs(given) do insets[at] = inset_of(one) end
    return insets
  end
  return { inset_of(given) }
end

local function add_insets(options, graph, known, box)
  local inside = options.inside
  if type(inside) == "string" then
    for path, insets in pairs(require("orrery.insets").of_word(inside, graph, options)) do
      box(path).insets = insets
    end
  elseif type(inside) == "function" then
    for _, node in ipairs(graph:describe().nodes) do
      local given = inside(node)
      if given ~= nil then box(node.path).insets = insets_of(given) end
    end
  else
    require_table("inside", inside, "plots")
    each_path("inside", inside, known, function(path, given) box(path).insets = insets_of(given) end)
  end
end

local function paths_of(graph)
  local paths, known, described = {}, {}, graph:describe()
  for _, list in ipairs { described.blocks, described.nodes } do
    for _, one in ipairs(list) do
      if one.path ~= "" and not known[one.path] then paths[#paths + 1], known[one.path] = one.path, true end
    end
  end
  return paths
end

local own = { "label", "notes", "colors", "inside", "weights", "values" }

local function asks_for_something(options)
  for _, name in ipairs(own) do
    if options[name] ~= nil then return true end
  end
  return false
end

-- A run that only the plots are from is none of an overlay.
local function remaining(options)
  local rest = {}
  for name, value in pairs(options) do rest[name] = value end
  for _, name in ipairs(own) do rest[name] = nil end
  if type(options.inside) == "string" and not options.overlay then rest.run, rest.history = nil, nil end
  return rest
end

--- The same options with what those of this file mean to the renderer in `boxes`.
---@param options table
---@param graph orrery.Graph
---@return table
function M.resolve(options, graph)
  if type(options) ~= "table" or not asks_for_something(options) then return options end
  if options.weights and options.inside ~= "weights" then
    fail "weights is the file that inside = 'weights' reads, which is not asked for"
  end
  if options.values and options.inside ~= "activations" then
    fail "values is the file that inside = 'activations' reads, which is not asked for"
  end
  local known, rest = paths_of(graph), remaining(options)
  rest.boxes = {}
  local function box(path)
    rest.boxes[path] = rest.boxes[path] or {}
    return rest.boxes[path]
  end
  if options.label then add_labels(options.label, graph, box) end
  if options.colors then add_texts("colors", "fill", options.colors, known, box) end
  if options.notes then add_texts("notes", "note", options.notes, known, box) end
  if options.inside then add_insets(options, graph, known, box) end
  return rest
end

return M
