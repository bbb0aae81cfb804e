local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local stream = require "orrery.cli.stream"

return {
  group = "keep",
  summary = "Brings runs back from the trash.",
  usage = "orrery history restore RUN…",
  operands = {
    { name = "RUN", doc = "number or name of a run in the trash" },
    { name = "RUN", optional = true, repeated = true, doc = "more of them" },
  },
  options = { history_file.option },
  notes = "'orrery history trash' lists the runs in the trash.",
  examples = { "orrery history restore brave-otter-12" },
  main = function(given)
    local keeper = keeping.open(given)
    local ids = keeping.ids(keeper, given, keeper.resolve_trashed)
    for _, id in ipairs(ids) do keeper:restore(id) end
    stream.say("brought back " .. keeping.names(keeping.facts(given, ids)))
  end,
}
