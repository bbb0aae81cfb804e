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
local on_real, on_fake = discriminator(image), discriminator(fake:detach())
local on_both = bce(on_real, on_real:ones_like()) + bce(on_fake, on_fake:zeros_like())
local telling = on_both:named "telling"
local fooled = discriminator(fake)
local fooling = bce(fooled, fooled:ones_like()):named "fooling"

local function adam(network, loss) return optim.Adam(network:parameters(), { lr = 2e-4, loss = loss }) end

local manager = orrery.manager(g, {
  optimizers = { adam(discriminator, telling), adam(generator, fooling) }, epochs = 1,
})
manager:run()
