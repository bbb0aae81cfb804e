--- Reads the arguments of modules written in Lua as those of layers are read: by position in PyTorch's
--- order, then by name in a table; unknown names are refused with the nearest known one.

local core = require "orrery.core"

local M = {}

local function fail(text, ...) core.fail("usage", text:format(...)) end

local function is_plain(value) return type(value) == "table" and getmetatable(value) == nil end

local function names_of(schema)
  local names = {}
  for at, option in ipairs(schema) do names[at] = option[1] end
  return names
end

local fits = {
  integer = function(value) return type(value) == "number" and value % 1 == 0 end,
  any = function() return true end,
}

local function article(kind) return (kind:find "^[aeiou]" and "an " or "a ") .. kind end

local function check_type(what, option, value)
  local name, kind = option[1], option[2]
  local fitting = fits[kind] and fits[kind](value) or type(value) == kind
  if not fitting then fail("%s: %s must be %s, got %s", what, name, article(kind), tostring(value)) end
  if option.min and value < option.min then
    fail("%s: %s must be at least %s, got %s", what, name, option.min, value)
  end
  if option.max and value > option.max then
    fail("%s: %s must be at most %s, got %s", what, name, option.max, value)
  end
end

local function by_position(what, schema, given, count, read)
  if count > #schema then
    local most = "%s takes at most %d arguments and then a table of options, got %d more"
    fail(most, what, #schema, count - #schema)
  end
  for at = 1, count do read[schema[at][1]] = given[at] end
end

local function by_name(what, schema, options, read)
  local known = {}
  for _, name in ipairs(names_of(schema)) do known[name] = true end
  for name, value in pairs(options) do
    if not known[name] then
      fail("%s: unknown option '%s'%s", what, tostring(name), core.nearest(tostring(name), names_of(schema)))
    end
    if read[name] ~= nil then fail("%s: '%s' is given twice", what, name) end
    read[name] = value
  end
end

-- The table of options may hold the first ones without their names: `{ 512, 8, norm_first = true }`.
local function split(options)
  local list, named = {}, {}
  for key, value in pairs(options) do (type(key) == "number" and list or named)[key] = value end
  return list, named
end

--- Reads arguments.
---@param what string what the script wrote: `nn.TransformerEncoderLayer`
---@param schema table[] { name, type, default = , required = , min = , max = } in PyTorch's order; types
--- are Lua's, `integer` and `any`
---@param ... any
---@return table<string, any>
function M.read(what, schema, ...)
  local given, count, read = { ... }, select("#", ...), {}
  local options = {}
  if is_plain(given[count]) then
    given[count], options, count = nil, given[count], count - 1
  end
  if count == 0 then given, options = split(options) end
  by_position(what, schema, given, math.max(count, #given), read)
  by_name(what, schema, options, read)
  for _, option in ipairs(schema) do
    local name = option[1]
    if read[name] ~= nil then
      check_type(what, option, read[name])
    elseif option.required then
      fail("%s: %s is required", what, name)
    else
      read[name] = option.default
    end
  end
  return read
end

return M
