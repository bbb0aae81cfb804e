--- U-Net: Ronneberger et al., "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015), with
--- padding and batch normalisation as it is built today. Height and width are multiples of 16.

local nn = require "orrery.nn"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

-- Two convolutions; `name` is that of the block around them.
local function double_conv(g, from, to)
  local function conv(a) return nn.Conv2d(a, to, 3, { padding = 1, bias = false }) end
  return function(x, name)
    return g:block(name, function(h)
      return sequence("double_conv", {
        conv(from), nn.BatchNorm2d(to), nn.ReLU(), conv(to), nn.BatchNorm2d(to), nn.ReLU(),
      })(h)
    end)(x)
  end
end

local function down(g, number, from)
  return g:block("down" .. number, function(x)
    return sequence("maxpool_conv", { nn.MaxPool2d(2), double_conv(g, from, 2 * from) })(x)
  end, { title = "Contracting step " .. number })
end

local function up(g, number, from)
  return g:block("up" .. number, function(x, skip)
    local h = nn.ConvTranspose2d(from, from / 2, 2, { stride = 2, name = "up" })(x)
    return double_conv(g, from, from / 2)(skip:cat(h, { dim = 1 }), "conv")
  end, { title = "Expanding step " .. number })
end

local function build(g, x, options)
  local width = options.width
  local skips = { double_conv(g, options.channels, width)(x, "inc") }
  for i = 1, 4 do
    skips[i + 1] = down(g, i, width)(skips[i])
    width = 2 * width
  end
  x = skips[5]
  for i = 1, 4 do
    x = up(g, i, width)(x, skips[5 - i])
    width = width / 2
  end
  return g:block("outc", function(h)
    return nn.Conv2d(width, options.classes, 1, { name = "conv" })(h)
  end)(x)
end

return {
  unet = model("unet", {
    shape = { 3, 256, 256 }, defaults = { channels = 3, classes = 2, width = 64 }, build = build,
  }),
}
