-- Style transfer after Gatys et al. (2016), first part: what is typical of a photograph's style, the Gram
-- matrices of five layers of VGG-19, written to style.safetensors. 09_style_transfer.lua goes on from there.
-- Leaves also grams.png: the five matrices, light where two features go together.
--     orrery run examples/08_style_features.lua
--     orrery run examples/08_style_features.lua style=mine.jpg weights=vgg19.safetensors
-- Prints the sizes of the matrices; seconds on two cores.

local orrery = require "orrery"
local F = orrery.nn.functional

local folder = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$"
local config = orrery.config { style = folder .. "../data/flower.jpg", weights = "", height = 192, seed = 0 }
orrery.manual_seed(config.seed)

local photograph = orrery.load_image(config.style)
local width = math.floor(config.height * photograph:size(2) / photograph:size(1))
local image = F.interpolate(photograph:unsqueeze(0), { size = { config.height, width }, mode = "bilinear",
  antialias = true })[0]

local trunk = dofile(folder .. "style/trunk.lua")(config.weights)
local tensors, squares = { image = image }, {}
orrery.no_grad(function()
  for at, features in ipairs { trunk(image) } do
    local flat = features:flatten(1)
    local gram = flat:matmul(flat.mT) / flat:size(1)
    tensors["gram" .. at] = gram
    -- All of one size; as square roots, for few pairs of features outshine the others.
    squares[at] = F.interpolate(gram:sqrt():view(1, 1, gram:size(0), -1), { size = 128, mode = "area" })
    print(("layer %d: %s features, mean %.4f"):format(at, gram:size(1), flat:mean():item()))
  end
end)
for _, entry in ipairs(trunk:state()) do tensors["trunk." .. entry.key] = entry.parameter end
orrery.save(tensors, "style.safetensors")
orrery.save_image(orrery.cat(squares), "grams.png", { nrow = 5, normalize = true, scale_each = true })
print "left here: style.safetensors, grams.png; next: orrery run examples/09_style_transfer.lua"
