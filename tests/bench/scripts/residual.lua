-- The residual net of networks.cpp, as a script: 100 nodes unless told otherwise.
local orrery = require "orrery"
local nn = orrery.nn

local config = orrery.config { nodes = 100 }
local g = orrery.graph "residual"
local x = g:input(orrery.data.random { shape = { 1, 16, 16 }, classes = 10, length = 64 })

local function convolution(channels)
  return nn.Conv2d(channels, 16, 3, { padding = 1 })
end

local residual = g:block("residual", function(input)
  local y = nn.BatchNorm2d(16)(convolution(16)(input)):relu()
  return (nn.BatchNorm2d(16)(convolution(16)(y)) + input):relu()
end)

x = convolution(1)(x)
local left = config.nodes - 2
while left >= 7 do
  x, left = residual(x), left - 7
end
for _ = 1, left do x = x:relu() end
g:output(x)
