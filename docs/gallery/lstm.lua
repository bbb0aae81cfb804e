-- An LSTM cell written by hand, in a loop over six steps, for docs/gallery.md; more in examples/22_time.lua.

local orrery = require "orrery"
local nn = orrery.nn

local steps, features, width = 6, 8, 16

local g = orrery.graph "lstm"
local x = g:input { x = { shape = { steps, features } } }

local input, state = nn.Linear(features, 4 * width), nn.Linear(width, 4 * width, { bias = false })
local cell = g:block("cell", function(at, h, c)
  local gates = input(at) + state(h)
  local function gate(index) return gates:narrow(1, index * width, width) end
  local new = gate(0):sigmoid():named "input" * gate(1):tanh():named "candidate"
  c = gate(2):sigmoid():named "forget" * c + new
  return gate(3):sigmoid():named "output" * c:tanh(), c
end, { title = "LSTM cell" })

local h, c = g:zeros(x:size(0), width), g:zeros(x:size(0), width)
for t = 1, steps do
  h, c = cell(x[{ {}, t - 1 }], h, c)
  g:tag(h, "h")
  g:tag(c, "c")
  g:tick()
end
g:output(nn.Linear(width, 2)(h))
