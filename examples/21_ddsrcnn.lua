-- Takes the noise out of photographs with DDSRCNN, a convolutional autoencoder with skip connections, as
-- Kruppai et al. do: trained on squares of one photograph, whose noise is drawn anew in each step, and tried
-- on another.
--     orrery run examples/21_ddsrcnn.lua
-- Prints the PSNR of both, and leaves denoised.png (noisy, cleaned, original) and ddsrcnn.pdf; about 4
-- minutes on two cores.

local orrery = require "orrery"
local nn, optim, data, models = orrery.nn, orrery.optim, orrery.data, orrery.models

local folder = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$" .. "../data/"
local config = orrery.config { train = folder .. "china.jpg", test = folder .. "flower.jpg", noise = 0.1,
  patch = 32, stride = 16, epochs = 20, lr = 1e-3, batch = 16, seed = 0 }
orrery.manual_seed(config.seed)

-- Squares of one size, `stride` apart, as a batch (N, 3, size, size).
local function squares(image, size, stride)
  return image:unfold(1, size, stride):unfold(2, size, stride):permute(1, 2, 0, 3, 4):flatten(0, 1)
end
local clean = squares(orrery.load_image(config.train), config.patch, config.stride)

local g = orrery.graph "ddsrcnn"
local original = g:input(data.tensors { image = clean, batch = config.batch, shuffle = true,
  seed = config.seed })
local noisy = original + config.noise * original:randn_like()
local network = models.ddsrcnn {}
local loss = nn.MSELoss()(noisy - network(noisy), original) -- it learns what the noise is

local optimizer = optim.Adam(g:parameters(), { lr = config.lr, loss = loss })
local manager = orrery.manager(g, {
  optimizer = optimizer,
  schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, config.epochs),
  epochs = config.epochs,
})
manager:run()

-- The network is convolutional: it takes pictures of another size, here the middle of the photograph.
local picture = orrery.load_image(config.test)[{ {}, { 96, 320 }, { 176, 400 } }]:unsqueeze(0)
local with_noise = picture + config.noise * orrery.randn(picture:size())
network:eval()
local cleaned = orrery.no_grad(function() return with_noise - network(with_noise) end)

local function psnr(image) return -10 * math.log10((image - picture):square():mean():item()) end
orrery.save_image(orrery.cat({ with_noise, cleaned, picture }, { dim = 0 }):clamp(0, 1), "denoised.png",
  { nrow = 3 })
orrery.render(g, "ddsrcnn.pdf")
print(("PSNR %.2f dB, noisy %.2f dB"):format(psnr(cleaned), psnr(with_noise)))
