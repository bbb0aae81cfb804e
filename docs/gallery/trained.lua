-- Trains a small network and draws it with the curves of that run inside, for docs/gallery.md.

local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local g = orrery.graph "trained"
local image, label = g:input(data.digits { batch = 64, shuffle = true })

local features = g:block("features", function(x)
  x = nn.Conv2d(1, 16, 3, { padding = 1 })(x):relu()
  return nn.MaxPool2d(2)(x)
end, { title = "Features" })
local logits = nn.Linear(256, 10, { name = "scores" })(features(image):flatten(1))
local loss = nn.CrossEntropyLoss()(logits, label)

local history = os.tmpname()
os.remove(history)
orrery.manager(g, {
  optimizer = optim.AdamW(g:parameters(), { lr = 2e-3, loss = loss }),
  metrics = { accuracy = orrery.metrics.accuracy(logits, label) },
  validate = data.digits { batch = 256, split = "test" },
  epochs = 20, history = history, device = "cpu",
}):run()
orrery.render(g, "trained.svg", {
  inside = "curves", run = "last", history = history, fuse = true,
  colors = { features = "#eef4ea" },
  notes = { features = "8 × 8 pixels in, 4 × 4 in 16 channels out", scores = "one for each digit" },
})
for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(history .. ending) end
