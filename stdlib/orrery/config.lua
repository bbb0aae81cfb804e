--- The settings of a script, which the command line may override.
---
---     local config = orrery.config { epochs = 30, lr = 3e-3 }   -- orrery run digits.lua lr=0.01
---
--- A setting keeps the type of its default; an unknown one is an error. Nested tables are reached as
--- `model.width=64`. Several values, `lr=0.1,0.01`, are tried one after another by `orrery run`.

local choices = require "orrery.choices"
local core = require "orrery.core"

local readers = {}

function readers.number(text) return tonumber(text) end
function readers.string(text) return text end

function readers.boolean(text)
  if text == "true" then return true end
  if text == "false" then return false end
end

-- A list of the elements' type: `sizes=32,64`.
function readers.table(text, default)
  local list = {}
  for item in (text:gsub("^[%[{]", ""):gsub("[%]}]$", "") .. ","):gmatch "%s*(.-)%s*," do
    local value = readers[type(default[1])](item)
    if value == nil then return nil end
    list[#list + 1] = value
  end
  return list
end

local wanted = { number = "a number", boolean = "true or false", table = "a list such as 32,64" }

local function is_list(value)
  return type(value) == "table" and value[1] ~= nil
end

-- A table of settings may hold others, but not itself.
local deepest = 32

local function check_depth(settings, depth)
  if depth > deepest then
    core.fail("usage", ("config: tables of settings lie in each other more than %d deep"):format(deepest))
  end
  for _, value in pairs(settings) do
    if type(value) == "table" then check_depth(value, depth + 1) end
  end
end

-- Every setting by its whole key: `model.width` → the table that holds it, and its own key there.
local function collect(settings, prefix, places, names)
  for key, value in pairs(settings) do
    if type(key) ~= "string" then core.fail("usage", "config: settings have names, got " .. tostring(key)) end
    local name = prefix .. key
    if type(value) == "table" and not is_list(value) then
      collect(value, name .. ".", places, names)
    elseif not readers[type(value)] or (is_list(value) and not readers[type(value[1])]) then
      core.fail("usage", ("config: %s is a %s"):format(name, type(value)),
        "Settings are numbers, texts, true or false, and lists of these.")
    else
      places[name] = { table = settings, key = key }
      names[#names + 1] = name
    end
  end
end

local function copy(value)
  if type(value) ~= "table" then return value end
  local same = {}
  for key, item in pairs(value) do same[key] = copy(item) end
  return same
end

local function set(place, name, text)
  local default = place.table[place.key]
  local value = readers[type(default)](choices.unquoted(text), default)
  if value == nil then
    core.fail("usage", ("config: %s must be %s, got '%s'"):format(name, wanted[type(default)], text))
  end
  place.table[place.key] = value
end

--- Gives the settings, changed by what the command line says.
---@generic T: table
---@param defaults T
---@return T
return function(defaults)
  if type(defaults) ~= "table" then
    core.fail("usage", "config: expected a table of settings, got " .. type(defaults))
  end
  check_depth(defaults, 1)
  local settings, places, names = copy(defaults), {}, {}
  collect(settings, "", places, names)
  table.sort(names)
  local axes = {}
  for _, override in ipairs(core.config_overrides()) do
    if not places[override.key] then
      local hint = core.nearest(override.key, names)
      core.fail("usage", ("the script has no setting '%s'%s"):format(override.key, hint),
        #names > 0 and "It has: " .. table.concat(names, ", ") or "")
    end
    local place = places[override.key]
    local list = choices.of(override.value, place.table[place.key])
    if choices.taken and list[2] then
      axes[#axes + 1] = { key = override.key, values = list }
    else
      set(place, override.key, override.value)
    end
  end
  if axes[1] then choices.taken(axes) end
  core.keep_config(settings)
  return settings
end
