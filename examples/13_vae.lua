-- A variational autoencoder: learns to draw clothes from 20 normal random numbers, after Kingma and Welling
-- (2014), under the names of PyTorch's example.
--     orrery run examples/13_vae.lua
-- Prints the loss per picture in nats, and leaves vae.png (80 drawings from random codes) and vae.pdf; about
-- a minute on two cores.

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics
local F = nn.functional

local config = orrery.config { epochs = 10, batch = 128, lr = 1e-3, code = 20, hidden = 400, samples = 60000,
  seed = 0 }
orrery.manual_seed(config.seed)

local chosen = {}
for i = 1, config.samples do chosen[i] = i - 1 end

local fc1 = nn.Linear(784, config.hidden, { name = "fc1" })
local fc21 = nn.Linear(config.hidden, config.code, { name = "fc21" })
local fc22 = nn.Linear(config.hidden, config.code, { name = "fc22" })
local fc3 = nn.Linear(config.code, config.hidden, { name = "fc3" })
local fc4 = nn.Linear(config.hidden, 784, { name = "fc4" })

local function encode(x)
  local h = fc1(x:flatten(1)):relu()
  return fc21(h), fc22(h)
end
local function decode(code) return fc4(fc3(code):relu()) end

local g = orrery.graph("vae"):rules { ["field-unused"] = "off" } -- no class is needed
local image = g:input(data.subset(data.fashion_mnist {}, { indices = chosen, batch = config.batch,
  shuffle = true, seed = config.seed }))

local mean, log_variance = g:block("encoder", encode)(image)
local code = mean + (0.5 * log_variance):exp() * mean:randn_like()
local drawn = g:block("decoder", decode)(code)

-- Both parts of the loss, of a picture.
local grey = F.binary_cross_entropy_with_logits(drawn, image:flatten(1), { reduction = "none" })
local reconstruction = grey:sum(1):mean()
local divergence = -0.5 * (1 + log_variance - mean:square() - log_variance:exp()):sum(1):mean()
local loss = reconstruction + divergence

local result = orrery.manager(g, {
  optimizer = optim.Adam(g:parameters(), { lr = config.lr, loss = loss }),
  metrics = { reconstruction = metrics.mean(reconstruction), divergence = metrics.mean(divergence) },
  monitor = "loss",
  validate = data.fashion_mnist { split = "test", batch = 256 },
  epochs = config.epochs,
}):run()

-- The decoder on tensors.
local pictures = orrery.no_grad(function() return decode(orrery.randn(80, config.code)):sigmoid() end)
orrery.save_image(pictures:view(-1, 1, 28, 28), "vae.png", { nrow = 10 })
orrery.render(g, "vae.pdf")
print(("loss %.1f = %.1f + %.1f"):format(result.validation.loss, result.validation.reconstruction,
  result.validation.divergence))
