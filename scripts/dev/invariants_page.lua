--- Writes docs/invariants.md from the table of rules.
---
---     build/orrery run scripts/dev/invariants_page.lua docs/invariants.md
---
--- Loaded by other code it returns the text; tests/stdlib/rules_spec.lua compares it with the file.

local core = require "orrery.core"

local preface = [[
# Invariants

A graph must keep these rules. Each has a stable number and a code, which `orrery check --json` prints and
`orrery help invariants CODE` explains. A rule is checked as early as it can be known: when a line adds to
the graph, when the graph is finalized (before anything runs), or, where sizes are symbols, at the first
batch that decides it. What can be known together is reported together. Errors stop with exit code 3;
warnings do not stop.

A message names the script's line, the node's path, what was expected and found, and often what to do:

    train.lua:42: encoder/conv2 (Conv2d) expects 64 input channels, got 32 from encoder/relu1 (train.lua:38)
      Give the layer in_channels = 32.

A warning can be silenced, or taken for an error, in one graph:

    g:rules { O601 = "off", ["label-as-data"] = "error" }

An error stays one.
]]

local function page()
  local lines, group = { preface }, nil
  for _, rule in ipairs(core.rules()) do
    if rule.group ~= group then
      group = rule.group
      lines[#lines + 1] = ("## %s\n"):format(group)
    end
    local mark = rule.severity == "warning" and ", a warning" or ""
    lines[#lines + 1] = ("### %s `%s`%s\n"):format(rule.number, rule.code, mark)
    lines[#lines + 1] = ("%s\n\n    %s\n\n%s\n"):format(rule.what, rule.example, rule.remedy)
  end
  return (table.concat(lines, "\n"):gsub("\n+$", "\n"))
end

local path = ...
if path then core.write_file(path, page()) end

return page()
