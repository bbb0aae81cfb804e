local core = require "orrery.core"

local function misuse(message)
  core.fail("usage", message, "See 'orrery run --help'.")
end

-- `key=value` sets the script's config, `--key value` or `--key=value` the manager; behind `--` all
-- goes to the script.
local function read_arguments(arguments)
  local script, config, manager, rest = nil, {}, {}, {}
  local i = 1
  while i <= #arguments do
    local word = arguments[i]
    local option, value = word:match "^%-%-([%w_-]+)=(.*)$"
    if word == "--" then
      for j = i + 1, #arguments do rest[#rest + 1] = arguments[j] end
      break
    elseif option then
      manager[#manager + 1] = { key = option:gsub("-", "_"), value = value }
    elseif word:sub(1, 2) == "--" then
      i = i + 1
      if not arguments[i] then misuse(word .. " needs a value") end
      manager[#manager + 1] = { key = word:sub(3):gsub("-", "_"), value = arguments[i] }
    elseif not script then
      script = word
    elseif word:match "^[%a_][%w_.]*=" then
      config[#config + 1] = { key = word:match "^(.-)=", value = word:match "=(.*)$" }
    else
      rest[#rest + 1] = word
    end
    i = i + 1
  end
  if not script then misuse "there is no script to run" end
  return script, { config = config, manager = manager }, rest
end

local function require_options_known(overrides)
  local names = {}
  for _, option in ipairs(core.manager_options()) do
    names[option.name] = true
    names[#names + 1] = option.name
  end
  for _, override in ipairs(overrides.manager) do
    if not names[override.key] then
      misuse(("there is no option --%s%s"):format(override.key, core.nearest(override.key, names)))
    end
  end
end

-- What was set and never read would be a mistake that nobody sees.
local function require_all_used()
  local config, manager = core.unused_overrides()
  if config[1] then
    misuse(("'%s=%s' sets nothing: the script calls no orrery.config"):format(config[1].key, config[1].value))
  end
  if manager[1] then
    misuse(("--%s sets nothing: the script makes no manager"):format(manager[1].key))
  end
end

return {
  summary = "Runs a script.",
  usage = "orrery run SCRIPT [key=value…] [--option value…] [-- ARGUMENTS…]",
  main = function(arguments)
    local script, overrides, rest = read_arguments(arguments)
    require_options_known(overrides)
    core.set_overrides(overrides)
    local command = { arguments[0], "run", unpack(arguments) }
    local chunk = core.load_script(script, command)
    package.path = (script:match "^(.*)/[^/]*$" or ".") .. "/?.lua;" .. package.path
    rest[0], rest[-1] = script, arguments[0]
    _G.arg = rest
    chunk(unpack(rest))
    require_all_used()
  end,
}
