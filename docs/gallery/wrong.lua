-- A network with a mistake, which `orrery check` finds and marks, for docs/gallery.md.

local orrery = require "orrery"
local nn = orrery.nn

local g = orrery.graph "wrong"
local image = g:input { image = { shape = { 3, 32, 32 } } }

local features = g:block("features", function(x)
  x = nn.Conv2d(3, 16, 3, { padding = 1 })(x):relu()
  local skip = x
  x = nn.Conv2d(16, 32, 3, { padding = 1, stride = 2 })(x):relu()
  return x + skip
end, { title = "Features" })

g:output(nn.Linear(32, 10)(features(image):mean { 2, 3 }))
