local core = require "orrery.core"
local following = require "orrery.cli.history_following"
local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"

-- Waits for one run; tells once that it takes a while.
local function wait_for(given, run)
  local began, told = core.clock(), false
  local ended, left = following.follow(given, run.run_id, function()
    if told or core.clock() - began < 5 then return end
    told = true
    stream.say(("%s is still ending: it finishes its step and writes its checkpoint"):format(run.name))
  end)
  if left then return stream.say(("%s goes on ending by itself"):format(run.name)) end
  stream.say(("%s has ended after %s: %s"):format(run.name, numbers.seconds(core.clock() - began),
    following.end_words(ended)))
end

return {
  group = "run",
  summary = "Ends runs that are going on, as Ctrl-C would.",
  usage = "orrery history stop RUN…",
  operands = {
    { name = "RUN", doc = "number or name of a run, last, last~2" },
    { name = "RUN", optional = true, repeated = true, doc = "more of them" },
  },
  options = {
    history_file.option,
    { name = "no-wait", doc = "returns before they have ended" },
  },
  notes = "The run finishes its step, writes its checkpoint if it has one, and is interrupted: --resume last "
    .. "goes on with it. It must run on this machine.",
  examples = { "orrery history stop last" },
  main = function(given)
    local keeper, runs = keeping.open(given), {}
    for at, word in ipairs(given) do runs[at] = following.find(given, word) end
    for _, run in ipairs(runs) do run.process = keeper:stop(run.run_id) end
    for _, run in ipairs(runs) do
      if given.options["no-wait"] then
        stream.say(("%s was asked to end (process %d)"):format(run.name, run.process))
      else
        wait_for(given, run)
      end
    end
  end,
}
