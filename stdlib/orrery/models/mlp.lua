--- A multilayer perceptron: linear layers with ReLU between them.

local nn = require "orrery.nn"
local model = require "orrery.models.model"

local function build(_, x, options)
  local width = options.features
  if #x:size() > 2 then x = x:flatten(1) end
  for _, hidden in ipairs(options.hidden) do
    x = nn.Linear(width, hidden)(x):relu()
    width = hidden
  end
  return nn.Linear(width, options.classes)(x)
end

return {
  mlp = model("mlp", {
    shape = { 784 }, defaults = { features = 784, hidden = { 128, 64 }, classes = 10 }, build = build,
  }),
}
