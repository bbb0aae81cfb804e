-- Trains with the operations of a plug-in (colours.cpp): which balance of colours makes a photograph's
-- luminance that of another light? See CMakeLists.txt for how it is built.
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local config = orrery.config { plugin = "colours.so", epochs = 20 }
print("the plug-in brings " .. table.concat(orrery.load_plugin(config.plugin), " and "))

-- Images in neutral light, and how bright they would be if the light were reddish.
orrery.seed(0)
local image = orrery.rand(64, 3, 8, 8)
local light = orrery.tensor({ 1.5, 1.0, 0.5 }):view(3, 1, 1)
local bright = (image * light):luminance()

local g = orrery.graph "balance"
local photograph, wanted = g:input(data.tensors { image = image, target = bright, batch = 16 })
local balance = nn.ColourBalance { bias = false }
local loss = nn.MSELoss()(balance(photograph):luminance(), wanted)

orrery.manager(g, {
  optimizer = optim.Adam(balance:parameters(), { lr = 0.1, loss = loss }),
  epochs = config.epochs,
  history = false,
}):run()

local weights = balance.weight:tolist()
print(("the light is %.2f red, %.2f green, %.2f blue"):format(weights[1], weights[2], weights[3]))
orrery.render(g, "balance.svg")
