--- GoogLeNet (Inception v1): Szegedy et al., "Going Deeper with Convolutions" (2014), as torchvision builds
--- it: batch normalisation, and kernels of 3×3 where the paper has 5×5. Gives the logits, then those of the
--- auxiliary classifiers aux2 and aux1.

local core = require "orrery.core"
local nn = require "orrery.nn"
local conv = require "orrery.models.basic_conv"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local transform_input = require "orrery.models.transform_input"

local cat = core.transform "cat"

-- Channels of the module's input, of branch 1, of the reductions and the convolutions of branches 2 and 3,
-- and of the projection behind the pooling; the paper's Table 1.
local modules = {
  ["3a"] = { 192, 64, 96, 128, 16, 32, 32 }, ["3b"] = { 256, 128, 128, 192, 32, 96, 64 },
  ["4a"] = { 480, 192, 96, 208, 16, 48, 64 }, ["4b"] = { 512, 160, 112, 224, 24, 64, 64 },
  ["4c"] = { 512, 128, 128, 256, 24, 64, 64 }, ["4d"] = { 512, 112, 144, 288, 32, 64, 64 },
  ["4e"] = { 528, 256, 160, 320, 32, 128, 128 }, ["5a"] = { 832, 256, 160, 320, 32, 128, 128 },
  ["5b"] = { 832, 384, 192, 384, 48, 128, 128 },
}

local function inception(g, x, which)
  local from, narrow, reduced3, wide3, reduced5, wide5, projected = unpack(modules[which])
  local function branch(h, name, reduced, to)
    return g:block(name, function(v)
      return conv(g, conv(g, v, "0", from, reduced, 1), "1", reduced, to, 3, { padding = 1 })
    end)(h)
  end
  return g:block("inception" .. which, function(h)
    local first = conv(g, h, "branch1", from, narrow, 1)
    local second, third = branch(h, "branch2", reduced3, wide3), branch(h, "branch3", reduced5, wide5)
    local fourth = g:block("branch4", function(v)
      v = nn.MaxPool2d(3, { stride = 1, padding = 1, ceil_mode = true, name = "0" })(v)
      return conv(g, v, "1", from, projected, 1)
    end)(h)
    return cat({ first, second, third, fourth }, { dim = 1 })
  end, { title = "inception (" .. which .. ")" })(x)
end

local function auxiliary(g, x, name, from, options)
  return g:block(name, function(h)
    h = conv(g, nn.AdaptiveAvgPool2d(4)(h), "conv", from, 128, 1):flatten(1)
    h = nn.Linear(2048, 1024, { name = "fc1" })(h):relu()
    return nn.Linear(1024, options.classes, { name = "fc2" })(nn.Dropout(options.dropout_aux)(h))
  end, { title = "Auxiliary classifier" })(x)
end

local function pool(x, name, size)
  return nn.MaxPool2d(size, { stride = 2, ceil_mode = true, name = name })(x)
end

local function build(g, x, options)
  if options.transform_input then x = transform_input(x) end
  x = pool(conv(g, x, "conv1", options.channels, 64, 7, { stride = 2, padding = 3 }), "maxpool1", 3)
  x = conv(g, conv(g, x, "conv2", 64, 64, 1), "conv3", 64, 192, 3, { padding = 1 })
  x = inception(g, inception(g, pool(x, "maxpool2", 3), "3a"), "3b")
  local early = inception(g, pool(x, "maxpool3", 3), "4a")
  local late = inception(g, inception(g, inception(g, early, "4b"), "4c"), "4d")
  x = pool(inception(g, late, "4e"), "maxpool4", 2)
  x = inception(g, inception(g, x, "5a"), "5b")
  local aux1, aux2
  if options.aux_logits then
    aux1, aux2 = auxiliary(g, early, "aux1", 512, options), auxiliary(g, late, "aux2", 528, options)
  end
  x = nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x):flatten(1)
  x = nn.Linear(1024, options.classes, { name = "fc" })(nn.Dropout(options.dropout, { name = "dropout" })(x))
  return x, aux2, aux1
end

return {
  googlenet = model("googlenet", {
    shape = { 3, 224, 224 },
    defaults = {
      channels = 3, classes = 1000, aux_logits = true, dropout = 0.2, dropout_aux = 0.7,
      transform_input = false,
    },
    build = build,
    initialise = initialise.rules { conv = initialise.truncated(0.01), linear = initialise.truncated(0.01) },
  }),
}
