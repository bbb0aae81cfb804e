-- Super-resolution: learns to enlarge a photograph three times with ESPCN from one, and enlarges another that
-- it never saw better than bicubic interpolation does.
--     orrery run examples/10_super_resolution.lua
-- Prints both PSNRs and leaves enlarged.png (bicubic, ESPCN, the original); about half a minute on two cores.

local orrery = require "orrery"
local nn, optim, data, models = orrery.nn, orrery.optim, orrery.data, orrery.models
local F = nn.functional

local folder = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$" .. "../data/"
local config = orrery.config { train = folder .. "china.jpg", test = folder .. "flower.jpg", scale = 3,
  patch = 32, stride = 12, epochs = 60, lr = 2e-3, batch = 16, seed = 0 }
orrery.manual_seed(config.seed)
local scale = config.scale

-- The colours of a photograph become a batch of grey images: the network sees one channel at a time.
local function load(path)
  local image = orrery.load_image(path):unsqueeze(1)
  local height, width = image:size(2) - image:size(2) % scale, image:size(3) - image:size(3) % scale
  return image[{ {}, {}, { 0, height }, { 0, width } }]
end

local function shrink(image)
  local size = { image:size(2) / scale, image:size(3) / scale }
  return F.interpolate(image, { size = size, mode = "bicubic", antialias = true }):clamp(0, 1)
end

local function enlarge(image) return F.interpolate(image, { scale_factor = scale, mode = "bicubic" }) end

-- Squares of one size, `stride` apart, as a batch.
local function squares(image, size, stride)
  return image:unfold(2, size, stride):unfold(3, size, stride):flatten(0, 3):unsqueeze(1)
end

local function psnr(image, original)
  return -10 * math.log10((image - original):square():mean():item())
end

local high = load(config.train)
local small = squares(shrink(high), config.patch, config.stride)
local large = squares(high, config.patch * scale, config.stride * scale)
print(("%d pairs of squares"):format(small:size(0)))

local g = orrery.graph "espcn"
local image, original = g:input(data.tensors { image = small, target = large, batch = config.batch,
  shuffle = true, seed = config.seed })
local network = models.espcn { upscale_factor = scale }
local function sharpen(x) return enlarge(x) + network(x) end -- it learns what bicubic interpolation misses
local loss = nn.MSELoss()(sharpen(image), original)

local optimizer = optim.Adam(g:parameters(), { lr = config.lr, loss = loss })
local manager = orrery.manager(g, {
  optimizer = optimizer,
  schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, config.epochs),
  epochs = config.epochs,
})

local unseen = load(config.test)
local given = shrink(unseen)
local function enlarged()
  network:eval()
  return orrery.no_grad(function() return sharpen(given):clamp(0, 1) end)
end
local before = psnr(enlarged(), unseen)
manager:run()
local ours, bicubic = enlarged(), enlarge(given):clamp(0, 1)

local pictures = orrery.cat({ bicubic, ours, unseen }, { dim = 1 }):transpose(0, 1)
orrery.save_image(pictures[{ {}, {}, { 120, 300 }, { 210, 390 } }], "enlarged.png", { nrow = 3 })
orrery.render(g, "espcn.png")
print(("PSNR %.2f dB, %.2f before training, bicubic %.2f dB"):format(psnr(ours, unseen), before,
  psnr(bicubic, unseen)))
