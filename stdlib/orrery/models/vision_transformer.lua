--- Vision transformer: Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image
--- Recognition at Scale" (2020), under torchvision's names.

local core = require "orrery.core"
local nn = require "orrery.nn"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

local cat = core.transform "cat"

local function norm(width, name) return nn.LayerNorm(width, { eps = 1e-6, name = name }) end

-- The MLP is filled where it is made, as torchvision does; what follows draws after it.
local function mlp(options)
  local first, second = nn.Linear(options.width, options.mlp), nn.Linear(options.mlp, options.width)
  for _, layer in ipairs { first, second } do
    nn.init.xavier_uniform_(layer.weight)
    nn.init.normal_(layer.bias, { std = 1e-6 })
  end
  return sequence("mlp", {
    first, nn.GELU(), nn.Dropout(options.dropout), second, nn.Dropout(options.dropout),
  }, "MLP")
end

local function encoder_layer(g, name, options)
  local width = options.width
  return g:block(name, function(x)
    local h = norm(width, "ln_1")(x)
    h = nn.MultiheadAttention(width, options.heads, { dropout = options.attention_dropout,
      batch_first = true, need_weights = false, name = "self_attention" })(h, h, h)
    x = nn.Dropout(options.dropout, { name = "dropout" })(h) + x
    return x + mlp(options)(norm(width, "ln_2")(x))
  end, { title = "Encoder block" })
end

local function encoder(g, count, options)
  return g:block("encoder", function(x)
    local positions = g:parameter("pos_embedding", { 1, count, options.width }, { init = "normal", b = 0.02 })
    x = nn.Dropout(options.dropout, { name = "dropout" })(x + positions)
    x = g:block("layers", function(h)
      for i = 0, options.layers - 1 do h = encoder_layer(g, "encoder_layer_" .. i, options)(h) end
      return h
    end)(x)
    return norm(options.width, "ln")(x)
  end, { title = "Transformer Encoder" })
end

local function build(g, x, options)
  local patch, width = options.patch, options.width
  local class = g:parameter("class_token", { 1, 1, width }, { init = "zeros" })
  x = nn.Conv2d(options.channels, width, patch, { stride = patch, name = "conv_proj" })(x)
  x = x:flatten(2):transpose(1, 2)
  local count = x:size(1) + 1
  x = cat({ class:expand(x:size(0), 1, width), x }, { dim = 1 })
  x = encoder(g, count, options)(x)
  return g:block("heads", function(h)
    return nn.Linear(width, options.classes, { name = "head" })(h)
  end, { title = "MLP Head" })(x:select(1, 0))
end

local function initialise(key, parameter)
  if key == "conv_proj.weight" then
    local shape = parameter.shape
    nn.init.trunc_normal_(parameter, { std = math.sqrt(1 / (shape[2] * shape[3] * shape[4])) })
  elseif key == "conv_proj.bias" or key:find "^heads%." then
    nn.init.zeros_(parameter)
  end
end

return {
  vit_b_16 = model("vit_b_16", {
    shape = { 3, 224, 224 },
    defaults = {
      channels = 3, classes = 1000, patch = 16, layers = 12, heads = 12, width = 768, mlp = 3072, dropout = 0,
      attention_dropout = 0,
    },
    build = build, initialise = initialise,
  }),
}
