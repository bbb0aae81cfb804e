--- Runs in the background: `orrery run --detach`.

local core = require "orrery.core"
local json = require "orrery.cli.json"
local stream = require "orrery.cli.stream"

local M = {}

-- How long the shell waits for the first run of a script before it goes on without its name.
local patience = 10

local of_this_command = { ["--detach"] = true, ["--json"] = true }

-- The same command, for the process in the background.
local function arguments_of(words)
  local all, mine = { core.program(), "run" }, true
  for _, word in ipairs(words) do
    mine = mine and word ~= "--"
    if not (mine and of_this_command[word]) then all[#all + 1] = word end
  end
  return all
end

local function log_name()
  local name = os.tmpname()
  os.remove(name)
  return core.absolute_path(("runs/detached-%s-%s.log"):format(os.date "%Y%m%d-%H%M%S", name:match "[^_/]*$"))
end

--- Where `orrery history` finds a file without being told: nothing; else its option.
---@param history string
---@return string
function M.db_words(history)
  return history == core.absolute_path "orrery.db" and "" or (" --db '%s'"):format(history)
end

local function tell_begun(begun)
  local db = M.db_words(begun.history)
  stream.say(("%s runs in the background (process %d)"):format(begun.run, begun.process))
  for _, line in ipairs {
    { "watch", "how it goes" }, { "logs", "what it printed" }, { "stop", "ends it, as Ctrl-C would" },
  } do
    local command = ("orrery history %-5s %s%s"):format(line[1], begun.run, db)
    io.stderr:write(("  %s   %s\n"):format(command, line[2]))
  end
end

local function tell_ended(begun)
  io.stderr:write(begun.output or "")
  if begun.ended == 0 then
    stream.say "the script has ended already, and began no run"
  else
    stream.say(("the script ended with exit code %d before a run began"):format(begun.ended))
  end
  return begun.ended
end

local function tell_waiting(begun)
  local until_then = begun.log and ("until it does, what it prints is in " .. begun.log)
    or "what it prints until then is not kept: the folder runs/ cannot be written"
  local goes_on = ("process %d goes on, and has begun no run in %d s"):format(begun.process, patience)
  stream.say(goes_on .. "; " .. until_then)
  io.stderr:write(("  kill -INT %d   ends it, as Ctrl-C would\n"):format(begun.process))
end

local function require_one_run(given)
  for _, name in ipairs { "dry-run", "jobs", "samples", "sweep-file" } do
    if given.options[name] then core.fail("usage", ("--detach does not go with --%s"):format(name)) end
  end
  if given[1] ~= "-" then return end
  core.fail("usage", "a run in the background cannot read its script from stdin", "Write it into a file.")
end

--- Begins a run in the background. Prints its name, or what the script printed that ended at once.
---@param given table what options.read gives
---@param words string[] the command line behind the verb
---@return integer exit_code
function M.run(given, words)
  require_one_run(given)
  local begun = core.run_detached(arguments_of(words), log_name(), patience)
  if given.options.json then
    json.line("orrery.run.detached/1", { run = begun.run, history = begun.history, process = begun.process,
      log = begun.log, exit_code = begun.ended, output = begun.output })
    stream.json = false
    return begun.ended or 0
  end
  if begun.ended then return tell_ended(begun) end
  if not begun.run then
    tell_waiting(begun)
  else
    stream.out:write(begun.run, "\n")
    tell_begun(begun)
  end
  return 0
end

--- In the background lines are read as they come.
function M.prepare()
  if core.detached() then io.stdout:setvbuf "line" end
end

--- A sweep has its runs in processes of their own, whose output nobody would keep.
function M.refuse_sweep()
  if not core.detached() then return end
  core.fail("usage", "--detach is for one run, and these settings make several",
    "Run the sweep with nohup, or in a terminal of its own.")
end

return M
