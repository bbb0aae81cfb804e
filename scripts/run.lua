local core = require "orrery.core"
local script = require "orrery.cli.script"

local placeholders = { integer = "N", real = "NUMBER", number = "NUMBER", boolean = "BOOL", text = "TEXT" }

-- The manager's own options, under the names that they have on a command line.
local function options()
  local all = {}
  for at, option in ipairs(core.manager_options()) do
    all[at] = {
      name = option.name:gsub("_", "-"),
      key = option.name,
      value = placeholders[option.type] or "VALUE",
      doc = option.doc .. (option.choices and ": " .. option.allowed or ""),
      default = option.default ~= nil and tostring(option.default) or nil,
      switchable = option.type == "boolean",
    }
  end
  return all
end

local function manager_overrides(given)
  local overrides = {}
  for _, option in ipairs(options()) do
    local value = given.options[option.name]
    if value ~= nil then overrides[#overrides + 1] = { key = option.key, value = tostring(value) } end
  end
  return overrides
end

return {
  summary = "Runs a script.",
  usage = "orrery run SCRIPT [key=value…] [--option value…] [-- ARGUMENTS…]",
  operands = { { name = "SCRIPT",
    doc = "a Lua file, '-' for stdin; key=value behind it changes its orrery.config, other words are its "
      .. "arguments" } },
  options = options,
  takes_config = true,
  takes_rest = true,
  notes = "The options override those of the script's manager.",
  examples = { "orrery run digits.lua lr=0.01 --epochs 5",
    "orrery run digits.lua --device cpu --name first-try" },
  main = function(given, words)
    words.verb = "run"
    script.run(given[1], words, { config = given.config, manager = manager_overrides(given) }, given.rest)
  end,
}
