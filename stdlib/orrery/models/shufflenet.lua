--- ShuffleNet v2: Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design"
--- (2018), under torchvision's names.

local nn = require "orrery.nn"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

local counts, widths, first, last = { 4, 8, 4 }, { 116, 232, 464 }, 24, 1024

local function conv(from, to, kernel, stride, groups)
  return nn.Conv2d(from, to, kernel, { stride = stride or 1, padding = (kernel - 1) / 2,
    groups = groups or 1, bias = false })
end

local function norm(channels) return nn.BatchNorm2d(channels) end

-- Channel i of the left half comes to stand beside channel i of the right half.
local function joined(left, right) return nn.ChannelShuffle(2)(left:cat(right, { dim = 1 })) end

local function right_branch(from, half, stride)
  return sequence("branch2", {
    conv(from, half, 1), norm(half), nn.ReLU(), conv(half, half, 3, stride, half), norm(half),
    conv(half, half, 1), norm(half), nn.ReLU(),
  })
end

-- The channels are split; one half passes.
local function unit(g, name, width)
  local half = width / 2
  return g:block(name, function(x)
    return joined(x:narrow(1, 0, half), right_branch(half, half, 1)(x:narrow(1, half, half)))
  end, { title = "Basic unit" })
end

local function down_sampling_unit(g, name, from, width)
  local half = width / 2
  return g:block(name, function(x)
    local left = sequence("branch1", {
      conv(from, from, 3, 2, from), norm(from), conv(from, half, 1), norm(half), nn.ReLU(),
    })
    local passed = left(x)
    return joined(passed, right_branch(from, half, 2)(x))
  end, { title = "Unit for spatial down sampling" })
end

local function stage(g, number, from, width, count)
  return g:block("stage" .. number, function(x)
    x = down_sampling_unit(g, "0", from, width)(x)
    for i = 1, count - 1 do x = unit(g, tostring(i), width)(x) end
    return x
  end, { title = "Stage " .. number })
end

local function build(g, x, options)
  x = sequence("conv1", { conv(options.channels, first, 3, 2), norm(first), nn.ReLU() }, "Conv1")(x)
  x = nn.MaxPool2d(3, { stride = 2, padding = 1, name = "maxpool" })(x)
  local width = first
  for i, count in ipairs(counts) do
    x = stage(g, i + 1, width, widths[i], count)(x)
    width = widths[i]
  end
  x = sequence("conv5", { conv(width, last, 1), norm(last), nn.ReLU() }, "Conv5")(x)
  return nn.Linear(last, options.classes, { name = "fc" })(x:mean({ 2, 3 }))
end

return {
  shufflenet_v2_x1_0 = model("shufflenet_v2_x1_0", {
    shape = { 3, 224, 224 }, defaults = { channels = 3, classes = 1000 }, build = build,
  }),
}
