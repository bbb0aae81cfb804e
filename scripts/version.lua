local core = require "orrery.core"

return {
  summary = "Prints the versions of Orrery and of what it is built on.",
  usage = "orrery version",
  main = function()
    local version = core.version()
    print("orrery " .. version.orrery .. " (" .. version.luajit .. ")")
  end,
}
