-- Style transfer after Gatys et al. (2016), second part: begins with one photograph and changes its pixels
-- until the network sees the same things in it, in the style of the other. The Gram matrices that
-- 08_style_features.lua saved are constants of the graph, the network is frozen, the image is trained.
--     orrery run examples/08_style_features.lua && orrery run examples/09_style_transfer.lua
-- Leaves stylised.png and the network's picture; about 2 minutes on two cores.

local orrery = require "orrery"
local optim, data = orrery.optim, orrery.data
local F = orrery.nn.functional

local folder = debug.getinfo(1, "S").source:match "^@(.-)[^/]*$"
local config = orrery.config { content = folder .. "../data/china.jpg", features = "style.safetensors",
  style_weight = 10, smooth_weight = 2, steps = 15, seed = 0 }
orrery.manual_seed(config.seed)

local style = orrery.load_tensors(config.features)
local trunk = dofile(folder .. "style/trunk.lua")("")
orrery.load_weights(trunk, config.features, { strict = false, map = { ["trunk."] = "" } })

local photograph = orrery.load_image(config.content):unsqueeze(0)
local height, width = style.image:size(1), style.image:size(2)
photograph = F.interpolate(photograph, { size = { height, width }, mode = "bilinear", antialias = true })

local g = orrery.graph "style"
local content = g:input(data.tensors { content = photograph })
local image = g:parameter("image", { 3, height, width })

local wanted = select(-1, trunk(content[0], 4))
local seen = { trunk(image) }
local content_loss = F.mse_loss(seen[4], wanted) / wanted:square():mean()
local style_loss = 0
for at, features in ipairs(seen) do
  local flat = features:flatten(1)
  local gram = flat:matmul(flat.mT) / flat:size(1)
  local goal = style["gram" .. at]
  style_loss = style_loss + F.mse_loss(gram, goal) / goal:square():mean():item()
end
local rough = image:diff { dim = 1 } :square():mean() + image:diff { dim = 2 } :square():mean()
local loss = content_loss + config.style_weight * style_loss + config.smooth_weight * rough

local manager = orrery.manager(g, {
  optimizer = optim.LBFGS({ image }, { max_iter = 20, history_size = 20, line_search_fn = "strong_wolfe",
    loss = loss }),
  metrics = { content = orrery.metrics.mean(content_loss), style = orrery.metrics.mean(style_loss) },
  monitor = "loss", mode = "min", epochs = config.steps,
})
local pixels = g:parameters()[1].data
orrery.no_grad(function() pixels:copy_(photograph[0]) end)
local result = manager:run()
orrery.save_image(pixels:clamp(0, 1), "stylised.png")
orrery.render(g, "style.pdf", { depth = 1 })
print(("content loss %.4f, style loss %.4f"):format(result.train.content, result.train.style))
