-- A generative adversarial network with an optimizer for each of its two networks, for docs/gallery.md.

local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local g = orrery.graph "gan"
local image = g:input(data.random { shape = { 1, 28, 28 }, batch = 64 })

local generator = nn.Sequential(nn.Linear(64, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 784),
  nn.Tanh(), nn.Unflatten(1, { 1, 28, 28 }))
local discriminator = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))

local noise = g:zeros(image:size(0), 64):randn_like()
local fake = generator:named "generator" (noise)
discriminator:named "discriminator"

local bce = nn.BCEWithLogitsLoss()
local telling = g:block("telling", function(real, drawn)
  return bce(real, real:ones_like()) + bce(drawn, drawn:zeros_like())
end, { title = "Is it real?" })
local fooling = g:block("fooling", function(drawn)
  return bce(drawn, drawn:ones_like())
end, { title = "Does it pass for real?" })

local told = telling(discriminator(image), discriminator(fake:detach()))
local fooled = fooling(discriminator(fake))

local function adam(network, loss) return optim.Adam(network:parameters(), { lr = 2e-4, loss = loss }) end

local manager = orrery.manager(g, {
  optimizers = { adam(discriminator, told), adam(generator, fooled) }, epochs = 1,
})
manager:run()
