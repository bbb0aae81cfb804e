-- Trains a small convolutional network on 1,797 real handwritten digits (8 × 8 grey values, shipped
-- with Orrery), saves it, and draws it. Try: orrery run examples/01_digits.lua lr=0.01 epochs=10

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

-- Every value can be overridden on the command line: `key=value`.
local config = orrery.config { epochs = 20, lr = 3e-3, batch = 64, seed = 0, name = "digits" }
orrery.manual_seed(config.seed)

-- A graph begins with its one input: a value per field of the data.
local g = orrery.graph "digits"
local image, label = g:input(data.digits { batch = config.batch, shuffle = true, seed = config.seed })

-- Blocks group nodes: they name the weights, the rows of the profile and the frames of the drawing.
local features = g:block("features", function(x)
  x = nn.Conv2d(1, 16, 3, { padding = 1 })(x):relu()
  x = nn.Conv2d(16, 32, 3, { padding = 1 })(x):relu()
  return nn.MaxPool2d(2)(x)
end)
local classifier = g:block("classifier", function(x)
  return nn.Linear(512, 10)(nn.Dropout(0.25)(x:flatten(1)))
end)
local logits = classifier(features(image))
local loss = nn.CrossEntropyLoss()(logits, label)

local manager = orrery.manager(g, {
  optimizer = optim.AdamW(g:parameters(), { lr = config.lr, loss = loss }),
  metrics = { accuracy = metrics.accuracy(logits, label) },
  validate = data.digits { batch = 256, split = "test" },
  epochs = config.epochs,
  device = "auto",
})
local result = manager:run()

orrery.save(g, config.name .. ".safetensors")
orrery.render(g, config.name .. ".pdf")
orrery.render(g, config.name .. ".png")

print(("test accuracy %.4f after %d epochs"):format(result.validation.accuracy, result.epochs))
print(("left here: %s.safetensors (weights and graph), .pdf and .png (the architecture)"):format(config.name))
print("           orrery.db (this run, what it reached and what each block cost)")
print(("next: orrery history show last · orrery summary %s.safetensors"):format(config.name))
