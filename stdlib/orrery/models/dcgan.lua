--- DCGAN: Radford et al., "Unsupervised Representation Learning with Deep Convolutional Generative
--- Adversarial Networks" (2015), for images of 64×64, under the names of PyTorch's tutorial. `dcgan` is the
--- generator with the discriminator behind it: it gives the images and their scores.

local nn = require "orrery.nn"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

local doubling = { stride = 2, padding = 1, bias = false }

local function generate(_, x, options)
  local width = options.generator_width * 8
  local layers = {}
  local function add(layer) layers[#layers + 1] = layer end
  add(nn.ConvTranspose2d(options.noise, width, 4, { bias = false }))
  add(nn.BatchNorm2d(width))
  add(nn.ReLU())
  for _ = 1, 3 do
    add(nn.ConvTranspose2d(width, width / 2, 4, doubling))
    add(nn.BatchNorm2d(width / 2))
    add(nn.ReLU())
    width = width / 2
  end
  add(nn.ConvTranspose2d(width, options.image_channels, 4, doubling))
  add(nn.Tanh())
  return sequence("main", layers, "Generator")(x)
end

local function discriminate(_, x, options)
  local width = options.discriminator_width
  local layers = { nn.Conv2d(options.channels, width, 4, doubling), nn.LeakyReLU(0.2) }
  local function add(layer) layers[#layers + 1] = layer end
  for _ = 1, 3 do
    add(nn.Conv2d(width, 2 * width, 4, doubling))
    add(nn.BatchNorm2d(2 * width))
    add(nn.LeakyReLU(0.2))
    width = 2 * width
  end
  add(nn.Conv2d(width, 1, 4, { bias = false }))
  add(nn.Sigmoid())
  return sequence("main", layers, "Discriminator")(x)
end

local function both(g, x, options)
  local images = g:block("generator", function(h) return generate(g, h, options) end)(x)
  local judged = { channels = options.image_channels, discriminator_width = options.discriminator_width }
  return images, g:block("discriminator", function(h) return discriminate(g, h, judged) end)(images)
end

-- As the paper says: normal distributions of deviation 0.02.
local first_weights = initialise.rules {
  conv = initialise.normal(0.02), bias = 0,
  norm = function(weight) nn.init.normal_(weight, { mean = 1, std = 0.02 }) end,
}

return {
  dcgan = model("dcgan", {
    shape = { 100, 1, 1 },
    defaults = { noise = 100, generator_width = 64, discriminator_width = 64, image_channels = 3 },
    build = both, initialise = first_weights,
  }),
  dcgan_generator = model("dcgan_generator", {
    shape = { 100, 1, 1 },
    defaults = { noise = 100, generator_width = 64, image_channels = 3 },
    build = generate, initialise = first_weights,
  }),
  dcgan_discriminator = model("dcgan_discriminator", {
    shape = { 3, 64, 64 },
    defaults = { discriminator_width = 64, channels = 3 },
    build = discriminate, initialise = first_weights,
  }),
}
