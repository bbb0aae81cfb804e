-- An autoencoder: squeezes the pictures of Fashion-MNIST into 16 numbers each and draws them again from them.
--     orrery run examples/12_autoencoder.lua
--     orrery run examples/12_autoencoder.lua code=4,16,64 epochs=1      a sweep: what more numbers bring
-- Prints the error, and leaves autoencoder.png (pictures of the test set, and below each what came back) and
-- autoencoder.pdf; about a minute on two cores.

local orrery = require "orrery"
local nn, optim, data, models = orrery.nn, orrery.optim, orrery.data, orrery.models

local config = orrery.config { epochs = 10, batch = 128, lr = 1e-3, code = 16, hidden = { 256, 64 },
  samples = 60000, seed = 0 }
orrery.manual_seed(config.seed)

local chosen = {}
for i = 1, config.samples do chosen[i] = i - 1 end
local train = data.subset(data.fashion_mnist {}, { indices = chosen, batch = config.batch, shuffle = true,
  seed = config.seed })
local test = data.fashion_mnist { split = "test", batch = 256 }

local g = orrery.graph("autoencoder"):rules { ["field-unused"] = "off" } -- no class is needed
local image = g:input(train)
local network = models.autoencoder { code = config.code, hidden = config.hidden }
local drawn, code = network(image)
local loss = nn.MSELoss()(drawn, image:flatten(1))
g:output(code)

local result = orrery.manager(g, {
  optimizer = optim.Adam(g:parameters(), { lr = config.lr, loss = loss }),
  validate = test,
  epochs = config.epochs,
}):run()

network:eval()
local ten = test:epoch(1)()[{ { 0, 10 } }]
local again = orrery.no_grad(function() return network(ten) end):view(-1, 1, 28, 28)
orrery.save_image(orrery.cat({ ten, again }, { dim = 0 }), "autoencoder.png", { nrow = 10 })
orrery.render(g, "autoencoder.pdf")
print(("error of a grey value: %.4f"):format(result.validation.loss ^ 0.5))
