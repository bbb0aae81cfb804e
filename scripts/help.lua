local core = require "orrery.core"
local help = require "orrery.cli.help"
local main = require "orrery.cli.main"
local rules = require "orrery.cli.rules"
local stream = require "orrery.cli.stream"

return {
  summary = "Lists the commands, or tells about one of them, or about a rule.",
  usage = "orrery help [COMMAND [ACTION] | invariants [CODE]]",
  operands = {
    { name = "COMMAND", doc = "the command to tell about, or 'invariants'", optional = true },
    { name = "ACTION", optional = true,
      doc = "one of its actions, where it has some: show of history; or a rule's number or name: O101" },
  },
  examples = { "orrery help run", "orrery help history show", "orrery help invariants",
    "orrery help invariants O601" },
  main = function(given)
    if given[1] == "invariants" then return stream.out:lines(rules.lines(given[2])) end
    local verb = given[1] and main.verb(given[1])
    if given[2] and verb.part_of then
      return stream.out:lines(help.of_verb((verb.part_of { given[2] })))
    end
    if given[2] then core.fail("usage", ("help tells about one command, got '%s' more"):format(given[2])) end
    if verb then return stream.out:lines(help.of_verb(verb)) end
    local verbs = {}
    for _, name in ipairs(main.verb_names()) do verbs[#verbs + 1] = main.verb(name) end
    stream.out:lines(help.of_program(verbs))
  end,
}
