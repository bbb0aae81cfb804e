-- Prints the models of the zoo as canonical JSON, each after a line with its name and length in bytes.
local orrery = require "orrery"

for _, name in ipairs(orrery.models.names()) do
  local text = orrery.models.graph(name):json()
  io.write(("%s %d\n"):format(name, #text), text)
end
