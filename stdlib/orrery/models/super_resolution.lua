--- Networks that sharpen images: SRCNN (Dong et al., "Image Super-Resolution Using Deep Convolutional
--- Networks", 2014), which is fed an enlarged image; ESPCN (Shi et al., "Real-Time Single Image and Video
--- Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", 2016), which enlarges; and
--- DDSRCNN (after Mao et al., "Image Restoration Using Convolutional Auto-encoders with Symmetric Skip
--- Connections", 2016), whose transposed convolutions mirror its convolutions.

local nn = require "orrery.nn"
local model = require "orrery.models.model"

local function conv(from, to, kernel, name)
  return nn.Conv2d(from, to, kernel, { padding = (kernel - 1) / 2, name = name })
end

local function srcnn(_, x, options)
  x = conv(options.channels, 64, 9, "conv1")(x):relu()
  x = conv(64, 32, 5, "conv2")(x):relu()
  return conv(32, options.channels, 5, "conv3")(x)
end

local function espcn(_, x, options)
  local scale = options.upscale_factor
  x = conv(options.channels, 64, 5, "conv1")(x):tanh()
  x = conv(64, 32, 3, "conv2")(x):tanh()
  x = conv(32, options.channels * scale * scale, 3, "conv3")(x)
  return nn.PixelShuffle(scale, { name = "pixel_shuffle" })(x)
end

-- Two convolutions of the level.
local function encode(x, level, from, to)
  x = conv(from, to, 3, ("conv%d_1"):format(level))(x):relu()
  return conv(to, to, 3, ("conv%d_2"):format(level))(x):relu()
end

-- Their mirror image: twice the size, and what the level's convolutions gave is added.
local function decode(x, level, from, to, skip)
  x = nn.ConvTranspose2d(from, to, 2, { stride = 2, name = ("deconv%d_1"):format(level) })(x):relu()
  x = nn.ConvTranspose2d(to, to, 3, { padding = 1, name = ("deconv%d_2"):format(level) })(x):relu()
  return x + skip
end

local function ddsrcnn(_, x, options)
  local first = encode(x, 1, options.channels, 64)
  local second = encode(nn.MaxPool2d(2)(first), 2, 64, 128)
  x = conv(128, 256, 3, "conv3")(nn.MaxPool2d(2)(second)):relu()
  x = decode(x, 2, 256, 128, second)
  x = decode(x, 1, 128, 64, first)
  return conv(64, options.channels, 5, "output")(x)
end

return {
  srcnn = model("srcnn", { shape = { 1, 33, 33 }, defaults = { channels = 1 }, build = srcnn }),
  espcn = model("espcn", {
    shape = { 1, 17, 17 }, defaults = { channels = 1, upscale_factor = 3 }, build = espcn,
  }),
  ddsrcnn = model("ddsrcnn", { shape = { 3, 32, 32 }, defaults = { channels = 3 }, build = ddsrcnn }),
}
