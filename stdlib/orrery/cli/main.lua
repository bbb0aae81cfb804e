--- The program's entry: finds the verb that the command line names and runs it.
---
--- A verb is a file of scripts/ that returns `{ summary =, usage =, main = function(arguments) … end }`;
--- `main` returns the exit code, or nil for 0.

local core = require "orrery.core"

local verbs_folder = debug.getinfo(1, "S").source:match "^@(.*)/cli/main%.lua$" .. "/verbs"

local function verb_names()
  local names = {}
  for _, file in ipairs(core.list_folder(verbs_folder)) do
    names[#names + 1] = file:match "^(.*)%.lua$"
  end
  return names
end

local short = { ["--version"] = "version", ["-V"] = "version", ["--help"] = "help", ["-h"] = "help" }

local function find_verb(word)
  local name = short[word] or word
  if core.exists(verbs_folder .. "/" .. name .. ".lua") and not name:find "[/.]" then
    return require("orrery.verbs." .. name)
  end
  local message = ("there is no command '%s'%s"):format(word, core.nearest(word, verb_names()))
  core.fail("usage", message, "See 'orrery --help'.")
end

-- Any value may be thrown; what is no text is shown as itself.
local function text_of(failure)
  local shown, text = pcall(tostring, failure)
  return shown and text or "(an error whose text cannot be made)"
end

---@param arguments string[] the command line; the program itself at 0
---@return integer exit_code
return function(arguments)
  local done, result = pcall(function()
    local verb = find_verb(arguments[1] or "help")
    local rest = { [0] = arguments[0] }
    for i = 2, #arguments do rest[i - 1] = arguments[i] end
    return verb.main(rest) or 0
  end)
  -- A stop that came too late for any call to see it.
  if done then return core.stopped() and 128 + core.stopped() or result end
  io.stderr:write("orrery: ", text_of(result), "\n")
  return core.error_info(text_of(result)).exit_code
end
