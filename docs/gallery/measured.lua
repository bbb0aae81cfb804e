-- Trains a small network for a moment and draws it in the colours of what each operation took, for
-- docs/gallery.md.

local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local g = orrery.graph "measured"
local image, label = g:input(data.digits { batch = 256, shuffle = true })

local features = g:block("features", function(x)
  x = nn.BatchNorm2d(32)(nn.Conv2d(1, 32, 3, { padding = 1 })(x)):relu()
  x = nn.BatchNorm2d(64)(nn.Conv2d(32, 64, 3, { padding = 1 })(x)):relu()
  return nn.MaxPool2d(2)(x)
end, { title = "Features" })
local classifier = g:block("classifier", function(x)
  x = nn.Linear(1024, 128)(x:flatten(1)):relu()
  return nn.Linear(128, 10)(nn.Dropout(0.5)(x))
end, { title = "Classifier" })

local logits = classifier(features(image))
local loss = nn.CrossEntropyLoss()(logits, label)

local history = os.tmpname()
os.remove(history)
orrery.manager(g, {
  optimizer = optim.AdamW(g:parameters(), { lr = 3e-3, loss = loss }),
  epochs = 3, profile = "node", history = history,
}):run()
orrery.render(g, "heat.svg", { overlay = "time", run = "last", numbers = true, history = history })
for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(history .. ending) end
