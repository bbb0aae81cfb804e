local core = require "orrery.core"
local help = require "orrery.cli.help"
local main = require "orrery.cli.main"
local rules = require "orrery.cli.rules"
local stream = require "orrery.cli.stream"

return {
  summary = "Lists the commands, or tells about one of them, or about a rule.",
  usage = "orrery help [COMMAND | invariants [CODE]]",
  operands = {
    { name = "COMMAND", doc = "the command to tell about, or 'invariants'", optional = true },
    { name = "CODE", doc = "a rule's number or name: O101, shape-mismatch", optional = true },
  },
  examples = { "orrery help run", "orrery help invariants", "orrery help invariants O601" },
  main = function(given)
    if given[1] == "invariants" then return stream.out:lines(rules.lines(given[2])) end
    if given[2] then core.fail("usage", ("help tells about one command, got '%s' more"):format(given[2])) end
    if given[1] then return stream.out:lines(help.of_verb(main.verb(given[1]))) end
    local verbs = {}
    for _, name in ipairs(main.verb_names()) do verbs[#verbs + 1] = main.verb(name) end
    stream.out:lines(help.of_program(verbs))
  end,
}
