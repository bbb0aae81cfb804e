--- Inception v3: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015), under
--- torchvision's names. Gives the logits, then those of the auxiliary classifier.

local core = require "orrery.core"
local nn = require "orrery.nn"
local basic_conv = require "orrery.models.basic_conv"
local kinds = require "orrery.models.inception_modules"
local initialise = require "orrery.models.initialise"
local model = require "orrery.models.model"
local transform_input = require "orrery.models.transform_input"

local cat = core.transform "cat"
local chain, largest = kinds.chain, kinds.largest

-- The modules in order; the auxiliary classifier stands behind 6e.
local modules = {
  { "5b", "A", 192, 32 }, { "5c", "A", 256, 64 }, { "5d", "A", 288, 64 }, { "6a", "B", 288 },
  { "6b", "C", 768, 128 }, { "6c", "C", 768, 160 }, { "6d", "C", 768, 160 }, { "6e", "C", 768, 192 },
  { "7a", "D", 768 }, { "7b", "E", 1280 }, { "7c", "E", 2048 },
}

local function auxiliary(g, x, classes)
  return g:block("AuxLogits", function(h)
    h = basic_conv(g, nn.AvgPool2d(5, { stride = 3 })(h), "conv0", 768, 128, 1)
    h = nn.AdaptiveAvgPool2d(1)(basic_conv(g, h, "conv1", 128, 768, 5)):flatten(1)
    return nn.Linear(768, classes, { name = "fc" })(h)
  end, { title = "Auxiliary classifier" })(x)
end

local function stem(g, x, channels)
  x = chain(g, x, "Conv2d_", channels, { "1a_3x3", 32, 3, 2 })
  x = basic_conv(g, x, "Conv2d_2a_3x3", 32, 32, 3)
  x = largest(chain(g, x, "Conv2d_", 32, { "2b_3x3", 64, 3 }))
  return largest(basic_conv(g, chain(g, x, "Conv2d_", 64, { "3b_1x1", 80, 1 }), "Conv2d_4a_3x3", 80, 192, 3))
end

local function build(g, x, options)
  local aux
  if options.transform_input then x = transform_input(x) end
  x = stem(g, x, options.channels)
  for _, each in ipairs(modules) do
    local name, kind, from, width = unpack(each)
    x = g:block("Mixed_" .. name, function(h)
      return cat({ kinds[kind](g, h, from, width) }, { dim = 1 })
    end, { title = "Inception " .. kind })(x)
    if name == "6e" and options.aux_logits then aux = auxiliary(g, x, options.classes) end
  end
  x = nn.Dropout(options.dropout, { name = "dropout" })(nn.AdaptiveAvgPool2d(1, { name = "avgpool" })(x))
  return nn.Linear(2048, options.classes, { name = "fc" })(x:flatten(1)), aux
end

-- The auxiliary classifier begins closer to 0.
local deviations = { ["AuxLogits.conv1.conv.weight"] = 0.01, ["AuxLogits.fc.weight"] = 0.001 }

local function first_weights(weight, key)
  nn.init.trunc_normal_(weight, { std = deviations[key] or 0.1 })
end

return {
  inception_v3 = model("inception_v3", {
    shape = { 3, 299, 299 },
    defaults = { channels = 3, classes = 1000, aux_logits = true, dropout = 0.5, transform_input = false },
    build = build,
    initialise = initialise.rules { conv = first_weights, linear = first_weights },
  }),
}
