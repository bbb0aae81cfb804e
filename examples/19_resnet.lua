-- ResNet-18 on Fashion-MNIST with augmentation: each picture is shifted and mirrored anew in each epoch, by
-- worker threads that read ahead. Validation sees the pictures as they are.
--     orrery run examples/19_resnet.lua
--     orrery run examples/19_resnet.lua augment=true,false samples=6000      a sweep: with and without
-- Prints the accuracy in training and on the test set, and leaves augmented.png (pictures as the network sees
-- them), resnet.pdf and resnet.safetensors; about 20 minutes on two cores.

local orrery = require "orrery"
local nn, optim, data, models, metrics = orrery.nn, orrery.optim, orrery.data, orrery.models, orrery.metrics
local T = data.transforms

local config = orrery.config { epochs = 5, batch = 128, lr = 0.1, weight_decay = 5e-4, augment = true,
  samples = 60000, tests = 10000, workers = 2, seed = 0 }
orrery.manual_seed(config.seed)

local mean, deviation = { 0.2860 }, { 0.3530 }
local function pictures(split, count, options)
  local chosen = {}
  for i = 1, count do chosen[i] = i - 1 end
  options.indices, options.transforms = chosen, options.transforms or {}
  table.insert(options.transforms, T.Normalize(mean, deviation))
  return data.subset(data.fashion_mnist { split = split }, options)
end
local train = pictures("train", config.samples, {
  batch = config.batch, shuffle = true, workers = config.workers, seed = config.seed,
  transforms = config.augment and { T.RandomCrop(28, { padding = 2 }), T.RandomHorizontalFlip() } or nil,
})

local g = orrery.graph "resnet"
local image, label = g:input(train)
local logits = models.resnet18 { channels = 1, classes = 10 } (image)
local loss = nn.CrossEntropyLoss { label_smoothing = 0.1 } (logits, label)

local optimizer = optim.SGD(g:parameters(), { lr = config.lr, momentum = 0.9, nesterov = true,
  weight_decay = config.weight_decay, loss = loss })
local result = orrery.manager(g, {
  optimizer = optimizer,
  schedule = { interval = "step", scheduler = optim.lr_scheduler.OneCycleLR(optimizer,
    { max_lr = config.lr, total_steps = config.epochs * train.batches + 1 }) },
  metrics = { accuracy = metrics.accuracy(logits, label) },
  validate = pictures("test", config.tests, { batch = 256 }),
  epochs = config.epochs,
}):run()

local seen = train:epoch()()[{ { 0, 20 } }]
orrery.save_image(seen, "augmented.png", { nrow = 10, mean = mean, std = deviation })
orrery.save(g, "resnet.safetensors")
orrery.render(g, "resnet.pdf", { depth = 3 })
print(("accuracy %.4f in training, %.4f on the test set"):format(result.train.accuracy,
  result.validation.accuracy))
