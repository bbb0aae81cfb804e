local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local stream = require "orrery.cli.stream"

return {
  group = "keep",
  summary = "Gives a run another name.",
  usage = "orrery history rename RUN NAME",
  operands = {
    { name = "RUN", doc = "number or name of a run, last, last~2" },
    { name = "NAME", doc = "its new name, which no other run may have" },
  },
  options = { history_file.option },
  notes = "Files of the run stay where they are, also in a folder of its old name. A run that is going on "
    .. "keeps its name until it has ended.",
  examples = { "orrery history rename last best-so-far" },
  main = function(given)
    local keeper = keeping.open(given)
    local run = keeping.facts(given, { keeper:resolve(given[1]) })[1]
    keeper:rename(run.run_id, given[2])
    stream.say(("%s is now called %s"):format(run.name, given[2]))
  end,
}
