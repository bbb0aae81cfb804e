-- A generative adversarial network: one network draws clothes from noise, the other tells them from those of
-- Fashion-MNIST; each has its own optimizer and loss, in one graph.
--     orrery run examples/11_gan.lua
-- Prints how sure the discriminator is, and leaves gan.png (a picture of the same noise after each epoch) and
-- gan_graph.pdf; about 4 minutes on two cores.

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local config = orrery.config { epochs = 20, batch = 128, lr = 2e-4, noise = 64, width = 256, samples = 60000,
  seed = 0 }
orrery.manual_seed(config.seed)

local all = data.fashion_mnist {}
local chosen = {}
for i = 1, config.samples do chosen[i] = i - 1 end

local generator = nn.Sequential(
  nn.Linear(config.noise, config.width), nn.BatchNorm1d(config.width), nn.ReLU(),
  nn.Linear(config.width, 2 * config.width), nn.BatchNorm1d(2 * config.width), nn.ReLU(),
  nn.Linear(2 * config.width, 784), nn.Tanh(), nn.Unflatten(1, { 1, 28, 28 }))
local discriminator = nn.Sequential(
  nn.Flatten(),
  nn.Linear(784, 2 * config.width), nn.LeakyReLU(0.2), nn.Dropout(0.3),
  nn.Linear(2 * config.width, config.width), nn.LeakyReLU(0.2), nn.Dropout(0.3),
  nn.Linear(config.width, 1))

local g = orrery.graph("gan"):rules { ["field-unused"] = "off" } -- no class is needed
local image = g:input(data.subset(all, { indices = chosen, batch = config.batch, shuffle = true,
  drop_last = true, seed = config.seed }))
local fake = generator:named "generator" (g:zeros(image:size(0), config.noise):randn_like())
discriminator:named "discriminator"

local bce = nn.BCEWithLogitsLoss()
local function real(scores) return bce(scores, scores:ones_like()) end
local function drawn(scores) return bce(scores, scores:zeros_like()) end

-- The discriminator learns from pictures that are cut off from their generator; the generator's gradients go
-- through the discriminator, whose weights its optimizer leaves alone.
local on_real, on_fake = discriminator(image * 2 - 1), discriminator(fake:detach())
local telling = (real(on_real) + drawn(on_fake)):named "telling"
local fooling = real(discriminator(fake)):named "fooling"

local function adam(network, loss)
  return optim.Adam(network:parameters(), { lr = config.lr, betas = { 0.5, 0.999 }, loss = loss })
end

-- The same noise after each epoch.
local noise, pictures = orrery.randn(10, config.noise), {}
local function draw()
  generator:eval()
  table.insert(pictures, orrery.no_grad(function() return generator(noise) end) * 0.5 + 0.5)
  generator:train()
end

local manager = orrery.manager(g, {
  optimizers = { adam(discriminator, telling), adam(generator, fooling) },
  metrics = { real = metrics.mean(on_real:sigmoid()), drawn = metrics.mean(on_fake:sigmoid()) },
  callbacks = { epoch_end = draw },
  epochs = config.epochs,
})
local result = manager:run()

orrery.save_image(orrery.cat(pictures, { dim = 0 }), "gan.png", { nrow = 10 })
orrery.render(g, "gan_graph.pdf")
orrery.save({ generator = generator, discriminator = discriminator }, "gan.safetensors")
print(("real ones are held for real with %.2f, drawn ones with %.2f"):format(result.train.real,
  result.train.drawn))
