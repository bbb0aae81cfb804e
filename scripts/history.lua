local actions = require "orrery.cli.history_actions"

-- What the help lists: the actions of each group.
local function listed()
  local sections = {}
  for at, group in ipairs(actions.groups) do
    sections[at] = { title = group.title }
    for _, name in ipairs(actions.names()) do
      local action = actions.action(name)
      if action.group == group.name then
        sections[at][#sections[at] + 1] = { name = name, summary = action.summary }
      end
    end
  end
  return sections
end

return {
  summary = "Asks what earlier runs did and what they cost, and keeps them in order.",
  usage = "orrery history [ACTION] [ARGUMENTS…] [--db FILE]",
  operands = {
    { name = "ACTION", optional = true, doc = "what to do; list unless told otherwise" },
    { name = "RUN", optional = true, repeated = true,
      doc = "a run's number, its name or the beginning of it, last, last~2, best:val_loss" },
  },
  options = { require("orrery.cli.history_file").option },
  part_of = actions.of,
  parts = listed,
  notes = "'orrery history ACTION --help' tells more about one of them; docs/history.md explains the tables "
    .. "and views.",
  examples = { "orrery history", "orrery history list --where 'lr<0.01 and status=done' --sort val_loss",
    "orrery history show best:val_loss", "orrery history compare last~1 last", "orrery history blocks last",
    "orrery history export last last~1 --tensorboard logs" },
}
