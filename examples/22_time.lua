-- An LSTM cell written by hand, in a loop over six steps that the drawings show in two ways.
-- Prints how many parameters the steps share. Leaves unrolled.pdf, with the steps beside each other, and
-- rolled.pdf, with one step and its loops. Takes a moment.
-- Try: orrery run examples/22_time.lua steps=3 width=8 ending=svg

local orrery = require "orrery"
local nn = orrery.nn

local config = orrery.config { steps = 6, features = 8, width = 16, ending = "pdf" }
local width = config.width

local g = orrery.graph "time"
local x = g:input { x = { shape = { config.steps, config.features } } }

local input, state = nn.Linear(config.features, 4 * width), nn.Linear(width, 4 * width, { bias = false })
local cell = g:block("cell", function(at, h, c)
  local gates = input(at) + state(h)
  local function gate(index) return gates:narrow(1, index * width, width) end
  local new = gate(0):sigmoid():named "input" * gate(1):tanh():named "candidate"
  c = gate(2):sigmoid():named "forget" * c + new
  return gate(3):sigmoid():named "output" * c:tanh(), c
end, { title = "LSTM cell" })

local h, c = g:zeros(x:size(0), width), g:zeros(x:size(0), width)
for t = 1, config.steps do
  h, c = cell(x[{ {}, t - 1 }], h, c)
  g:tag(h, "h")
  g:tag(c, "c")
  g:tick()
end
g:output(nn.Linear(width, 2)(h))

print(("%d parameters, shared by %d steps"):format(g:totals().parameters, config.steps))
orrery.render(g, "unrolled." .. config.ending, { style = "unrolled", collapse = "cell*" })
orrery.render(g, "rolled." .. config.ending, { style = "rolled" })
print(("left here: unrolled.%s and rolled.%s"):format(config.ending, config.ending))
