-- Style transfer after Gatys et al. (2016) with its loss branches, for docs/gallery.md; with real photographs
-- in examples/09_style_transfer.lua.

local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local F = nn.functional

local size = 96
local g = orrery.graph "style transfer"
local content = g:input(data.random { shape = { 3, size, size }, batch = 1 })
local image = g:parameter("image", { 3, size, size })

-- The first layers of VGG-19, as four stages.
local widths = { 64, 128, 256, 512 }
local trunk = g:block("vgg", function(x)
  local seen = {}
  for at, width in ipairs(widths) do
    x = g:block("stage", function(h)
      if at > 1 then h = F.max_pool2d(h, 2) end
      return nn.Conv2d(widths[at - 1] or 3, width, 3, { padding = 1 })(h):relu()
    end, { title = "Stage " .. at })(x)
    seen[at] = x
  end
  return unpack(seen)
end, { title = "VGG-19, frozen" })

local seen = { trunk(image) }
local wanted = select(-1, trunk:shared()(content[0]))
trunk:freeze()

local content_loss = nn.MSELoss()(seen[4], wanted):named "content"
local style = g:block("style", function(features, goal)
  local flat = features:flatten(1)
  return nn.MSELoss()(flat:matmul(flat.mT) / (flat:size(0) * flat:size(1)), goal)
end, { title = "Gram matrix and loss" })

local loss = content_loss
for at, width in ipairs(widths) do
  loss = loss + 10 * style(seen[at], g:zeros(width, width))
end

orrery.manager(g, { optimizer = optim.LBFGS({ image }, { loss = loss:named "loss" }), epochs = 1 }):run()
