--- A deep autoencoder: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks"
--- (2006): logistic units around a linear code. Gives the reconstruction and the code.

local nn = require "orrery.nn"
local model = require "orrery.models.model"
local sequence = require "orrery.models.sequence"

-- Linear layers from width to width with the logistic function behind each, or behind all but the last.
local function half(name, widths, last, title)
  local layers = {}
  for i = 1, #widths - 1 do
    layers[#layers + 1] = nn.Linear(widths[i], widths[i + 1])
    if i < #widths - 1 or last then layers[#layers + 1] = nn.Sigmoid() end
  end
  return sequence(name, layers, title)
end

local function build(_, x, options)
  local widths, reversed = { options.features }, {}
  for _, hidden in ipairs(options.hidden) do widths[#widths + 1] = hidden end
  widths[#widths + 1] = options.code
  for at, width in ipairs(widths) do reversed[#widths + 1 - at] = width end
  if #x:size() > 2 then x = x:flatten(1) end
  local code = half("encoder", widths, false, "Encoder")(x)
  return half("decoder", reversed, true, "Decoder")(code), code
end

return {
  autoencoder = model("autoencoder", {
    shape = { 784 }, defaults = { features = 784, hidden = { 1000, 500, 250 }, code = 30 }, build = build,
  }),
}
