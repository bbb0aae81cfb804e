--- The program's entry: finds the verb that the command line names and runs it.
---
--- A verb is a file of scripts/ that returns `{ summary =, usage =, operands =, options =, main = }`;
--- `main(given, words)` returns the exit code, or nil for 0. What the words before it mean: cli/options.lua.
--- A verb of several parts has `part_of(words)` instead, which gives the part, a verb too, and its words.

local core = require "orrery.core"

local library = debug.getinfo(1, "S").source:match "^@(.*)/cli/main%.lua$"
local verbs_folder = library .. "/verbs"

local M = {}

--- The names of all verbs, sorted.
function M.verb_names()
  local names = {}
  for _, file in ipairs(core.list_folder(verbs_folder)) do
    names[#names + 1] = file:match "^(.*)%.lua$"
  end
  return names
end

local short = { ["--version"] = "version", ["-V"] = "version", ["--help"] = "help", ["-h"] = "help" }

--- The verb of a word of the command line; an unknown one is an error with the nearest known.
function M.verb(word)
  local name = short[word] or word
  if name:find "^[%w_-]+$" and core.exists(verbs_folder .. "/" .. name .. ".lua") then
    local verb = require("orrery.verbs." .. name)
    verb.name = name
    return verb
  end
  if core.exists(word) and word:find "%.lua$" then
    core.fail("usage", ("there is no command '%s'"):format(word),
      ("Run the script with 'orrery run %s'."):format(word))
  end
  local what = word:sub(1, 1) == "-" and "option" or "command"
  local message = ("there is no %s '%s'%s"):format(what, word, core.nearest(word, M.verb_names()))
  core.fail("usage", message, "See 'orrery --help'.")
end

local function run(arguments)
  local verb = M.verb(arguments[1] or "help")
  local words = { [0] = arguments[0] }
  for i = 2, #arguments do words[i - 1] = arguments[i] end
  if verb.part_of then
    local part, its_words = verb.part_of(words)
    verb, words = part or verb, its_words
  end
  local given = require("orrery.cli.options").read(verb, words)
  local stream = require "orrery.cli.stream"
  stream.no_color = given.options["no-color"] or false
  if given.options.help then
    stream.out:lines(require("orrery.cli.help").of_verb(verb))
    return 0
  end
  if given.options.plugin then core.engine().load_plugin(given.options.plugin) end
  return verb.main(given, words) or 0
end

-- The last line of `orrery run --json`, once. That it cannot be written the program says as it ends.
local function tell_end(code, failure, fault)
  local stream = require "orrery.cli.stream"
  if not stream.json then return end
  pcall(require("orrery.cli.run_lines").script_over, code, failure, fault)
  stream.json = false
end

---@param arguments string[] the command line; the program itself at 0
---@return integer exit_code
function M.main(arguments)
  local done, result = pcall(run, arguments)
  if done then
    -- A stop that came too late for any call to see it.
    local code = core.stopped() and 128 + core.stopped() or result
    tell_end(code)
    return code
  end
  local stream = require "orrery.cli.stream"
  if stream.is_closed(result) then return 0 end
  local text = core.error_text(result)
  stream.blame(text)
  if stream.traceback then io.stderr:write(stream.traceback, "\n") end
  core.script_failed(text)
  local info = core.error_info(text)
  tell_end(info.exit_code, text, info.fault)
  return info.exit_code
end

--- A stop ended the program, also what `main` does after a failure.
---@param failure string
function M.stopped(failure)
  local info = core.error_info(failure)
  tell_end(info.exit_code, failure, info.fault)
end

return setmetatable(M, { __call = function(_, arguments) return M.main(arguments) end })
