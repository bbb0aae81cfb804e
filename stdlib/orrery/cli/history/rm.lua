local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local removal = require "orrery.cli.history_removal"

-- What is to go for good may lie in the trash.
local function resolve_any(keeper, word)
  local found, id = pcall(keeper.resolve_trashed, keeper, word)
  return found and id or keeper:resolve(word)
end

return {
  group = "keep",
  summary = "Moves runs to the trash, or removes them for good.",
  usage = "orrery history rm RUN… [--purge [--files]] [--yes]",
  operands = {
    { name = "RUN", doc = "number or name of a run, last, last~2; with --purge also of one in the trash" },
    { name = "RUN", optional = true, repeated = true, doc = "more of them" },
  },
  options = { history_file.option, unpack(removal.options) },
  notes = "A run in the trash is in no list and no view; 'orrery history trash' shows it and 'orrery history "
    .. "restore RUN' brings it back. A run that is going on is refused.",
  examples = { "orrery history rm last", "orrery history rm brave-otter-12 calm-owl-3 --purge --yes" },
  main = function(given)
    local keeper = keeping.open(given)
    local ids = keeping.ids(keeper, given, given.options.purge and resolve_any or nil)
    removal.remove(given, keeper, keeping.facts(given, ids))
  end,
}
