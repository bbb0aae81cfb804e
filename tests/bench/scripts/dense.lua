-- Layers that each read what all before them give.
local orrery = require "orrery"
local nn = orrery.nn

local config = orrery.config { layers = 64 }
local g = orrery.graph "dense"
local made = { g:input { image = { shape = { 16, 8, 8 } } } }
for _ = 1, config.layers do
  local all = #made == 1 and made[1] or orrery.cat(made, 1)
  made[#made + 1] = nn.Conv2d(16 * #made, 16, 3, { padding = 1 })(all)
end
g:output(made[#made])
