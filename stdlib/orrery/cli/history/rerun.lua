local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local history_rerun = require "orrery.cli.history_rerun"
local options = require "orrery.cli.options"
local stream = require "orrery.cli.stream"

local function settings(given)
  local set = {}
  for at = 2, #given do set[#set + 1] = given[at] end
  for _, setting in ipairs(given.options.set or {}) do set[#set + 1] = setting end
  for _, setting in ipairs(set) do
    if not setting:find "^[%a_][%w_.]*=" then
      core.fail("usage", ("'%s' is no setting"):format(setting), "Settings are given as lr=0.01.")
    end
  end
  return set
end

local function require_folder(run)
  if core.is_folder(run.working_folder) then return end
  core.fail("usage", ("the folder '%s' of %s is gone"):format(run.working_folder, run.summary.run),
    "Run the script elsewhere: 'orrery history show RUN --json' has its text.")
end

-- The script to run: the file where it is unchanged or `--current` asks for it, else the text of then.
local function script_of(run, given, file, script_changed)
  if not script_changed or given.options.current then return run.file end
  local path = history_rerun.write_script(run, file)
  stream.say(("runs the script's text of then, from %s"):format(path))
  return path
end

local function print_command(run, words, script_changed, current)
  if script_changed and not current then
    stream.say "the script's text of then would be run: 'orrery history rerun' writes it into a file"
  end
  stream.out:write(history_rerun.shell(run, words), "\n")
end

local function start(run, words)
  core.change_folder(run.working_folder)
  core.be_parent(run.uid)
  local verb = require "orrery.verbs.run"
  words[0] = run.command[1] or core.program()
  return verb.main(options.read(verb, words), words)
end

-- Those of `orrery run` are many, and its own help has them.
local function all_options()
  local all = {
    history_file.option,
    { name = "set", value = "key=value", repeated = true, doc = "the same as an option" },
    { name = "current", doc = "the script as it is now, where it has changed" },
    { name = "print", doc = "prints the command only" },
  }
  for _, option in ipairs(history_rerun.options(require "orrery.verbs.run")) do all[#all + 1] = option end
  return all
end

return {
  group = "run",
  summary = "Runs a run's script anew, with its settings.",
  usage = "orrery history rerun RUN [key=value…] [--current] [--print] [options of run…]",
  operands = {
    { name = "RUN", doc = "number or name of a run, last, last~2" },
    { name = "key=value", optional = true, repeated = true,
      doc = "another value for a setting of the script" },
  },
  options = all_options,
  elsewhere = { history = "Name the history with --db.", resume = "Say 'orrery run SCRIPT --resume'." },
  notes = "Script, settings and options are those that the history has; what has changed since is told. "
    .. "Options of 'orrery run' (--epochs 3, --name again, --quiet, --detach, …) are taken, too, and go "
    .. "before those of then. The new run names the old one as its parent. A run that had been resumed "
    .. "begins at its first step.",
  examples = { "orrery history rerun last", "orrery history rerun brave-otter-12 lr=0.01 --epochs 3 -q" },
  main = function(given)
    local set, file = settings(given), core.absolute_path(history_file.path(given))
    local history = history_file.open(given)
    local run = history_rerun.read(history, given[1])
    history:release()
    require_folder(run)
    local changes, script_changed = history_rerun.changes(run)
    stream.quiet = given.options.quiet or false
    for _, change in ipairs(changes) do stream.say("since then: " .. change) end
    local verb = require "orrery.verbs.run"
    local words = history_rerun.words(run, file, set, history_rerun.asked(given, verb), verb)
    if given.options.print then return print_command(run, words, script_changed, given.options.current) end
    local script = script_of(run, given, file, script_changed)
    for at, word in ipairs(words) do
      if word == run.file then words[at] = script end
    end
    return start(run, words)
  end,
}
