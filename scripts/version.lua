local core = require "orrery.core"
local stream = require "orrery.cli.stream"

return {
  summary = "Prints the version of Orrery.",
  usage = "orrery version [--json]",
  options = { { name = "json", doc = "one JSON object" } },
  main = function(given)
    local version = core.version()
    if given.options.json then
      require("orrery.cli.json").line("orrery.version/1", version)
    else
      stream.out:write("orrery ", version.orrery, " (", version.luajit, ")\n")
    end
  end,
}
