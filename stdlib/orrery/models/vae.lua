--- A variational autoencoder: Kingma and Welling, "Auto-Encoding Variational Bayes" (2013), under the names
--- of PyTorch's example. Gives the reconstruction, and mean and logarithm of the variance of the code; the
--- code is drawn from them, while training and after.
---
---     local image, mean, log_variance = orrery.models.vae {} (x)

local nn = require "orrery.nn"
local model = require "orrery.models.model"

local function build(_, x, o)
  local fc1 = nn.Linear(o.features, o.hidden, { name = "fc1" })
  local fc21 = nn.Linear(o.hidden, o.code, { name = "fc21" })
  local fc22 = nn.Linear(o.hidden, o.code, { name = "fc22" })
  if #x:size() > 2 then x = x:flatten(1) end
  local h = fc1(x):relu()
  local mean, log_variance = fc21(h), fc22(h)
  local code = mean + (log_variance * 0.5):exp() * mean:randn_like()
  h = nn.Linear(o.code, o.hidden, { name = "fc3" })(code):relu()
  local image = nn.Linear(o.hidden, o.features, { name = "fc4" })(h):sigmoid()
  return image, mean, log_variance
end

return {
  vae = model("vae", {
    shape = { 784 }, defaults = { features = 784, hidden = 400, code = 20 }, build = build,
  }),
}
