--- Known networks, under the names of torchvision and Hugging Face, so that their weights fit. Each gives a
--- model, which is called like a block.
---
---     local logits = orrery.models.resnet18 { classes = 10 } (image)
---     local text = orrery.models.generate(orrery.models.gpt2 {}, tokens, { max_new_tokens = 50 })

local core = require "orrery.core"

-- Which models a file makes.
local families = {
  alexnet = { "alexnet" },
  autoencoder = { "autoencoder" },
  convnext = { "convnext_tiny" },
  dcgan = { "dcgan", "dcgan_discriminator", "dcgan_generator" },
  densenet = { "densenet121", "densenet169", "densenet201" },
  efficientnet = { "efficientnet_b0" },
  googlenet = { "googlenet" },
  gpt2 = { "gpt2" },
  inception = { "inception_v3" },
  keras_mnist_cnn = { "keras_mnist_cnn" },
  lenet = { "lenet5" },
  llama = { "llama" },
  lstm_language_model = { "lstm_language_model" },
  minilm = { "minilm" },
  mlp = { "mlp" },
  mobilenet_v2 = { "mobilenet_v2" },
  mobilenet_v3 = { "mobilenet_v3_large", "mobilenet_v3_small" },
  resnet = {
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "wide_resnet50_2",
  },
  seq2seq = { "seq2seq" },
  shufflenet = { "shufflenet_v2_x1_0" },
  squeezenet = { "squeezenet1_0", "squeezenet1_1" },
  super_resolution = { "ddsrcnn", "espcn", "srcnn" },
  unet = { "unet" },
  vae = { "vae" },
  vgg = { "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn" },
  vision_transformer = { "vit_b_16" },
}

-- The file of each model.
local files = {}
for family, models in pairs(families) do
  for _, name in ipairs(models) do files[name] = family end
end

-- Other names that papers and other libraries have for them.
local aliases = {
  resnext50 = "resnext50_32x4d", wide_resnet50 = "wide_resnet50_2", shufflenet_v2 = "shufflenet_v2_x1_0",
}

---@class orrery.models
local M = {}

--- The names of all models, sorted.
local function names()
  local list = {}
  for name in pairs(files) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- A graph that holds one model alone, whose weights have the model's own keys.
---@param name string
---@param options? table shape = of one sample, and the model's own
---@return orrery.Graph
local function graph(name, options)
  local model, given = require("orrery.models." .. files[name])[name], {}
  for key, value in pairs(options or {}) do given[key] = value end
  local shape = given.shape
  given.shape = nil
  if model.defaults.channels and shape and #shape == 3 then given.channels = given.channels or shape[1] end
  local g = core.graph(name)
  local options_of_model = model.read(given)
  local function build(...) g:output(model.graph(g, options_of_model, ...)) end
  build(g:input(model.input(options_of_model, shape)))
  return g
end

--- The options of a model with their defaults.
---@param name string
---@return table<string, any>
local function defaults(name)
  local copy = {}
  for key, value in pairs(require("orrery.models." .. files[name])[name].defaults) do copy[key] = value end
  return copy
end

local functions = {
  names = names, graph = graph, defaults = defaults,
  cache = function() return require("orrery.models.cache").new() end,
  generate = function(...) return require "orrery.models.generate" (...) end,
}

return setmetatable(M, {
  __index = function(_, name)
    if functions[name] then return functions[name] end
    if aliases[name] then return M[aliases[name]] end
    if not files[name] then
      local hint = core.nearest(tostring(name), names())
      core.fail("usage", ("models has no '%s'%s"):format(tostring(name), hint),
        "It has: " .. table.concat(names(), ", "))
    end
    local model = require("orrery.models." .. files[name])[name]
    M[name] = function(options) return model(options or {}) end
    return M[name]
  end,
})
