local help = require "orrery.cli.help"
local main = require "orrery.cli.main"
local stream = require "orrery.cli.stream"

return {
  summary = "Lists the commands, or tells about one of them.",
  usage = "orrery help [COMMAND]",
  operands = { { name = "COMMAND", doc = "the command to tell about", optional = true } },
  main = function(given)
    if given[1] then return stream.out:lines(help.of_verb(main.verb(given[1]))) end
    local verbs = {}
    for _, name in ipairs(main.verb_names()) do verbs[#verbs + 1] = main.verb(name) end
    stream.out:lines(help.of_program(verbs))
  end,
}
