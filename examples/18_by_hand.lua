-- A training loop by hand around a graph: the manager has the batches, the device and the history; the loop
-- has a learning rate of its own and a gradient penalty, and ends when the network is good enough. Then
-- gradients are taken with respect to the pictures: what the network looks at.
--     orrery run examples/18_by_hand.lua
-- Prints a line per epoch, and leaves saliency.png (digits, and below each how much its pixels matter) and
-- by_hand.pdf; seconds on two cores, then above 97.5 %.

local orrery = require "orrery"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local config = orrery.config { epochs = 30, batch = 64, lr = 0.1, warm_up = 20, penalty = 0.01,
  target = 0.975, seed = 0 }
orrery.manual_seed(config.seed)

local test = data.digits { batch = 256, split = "test" }
local g = orrery.graph "by_hand"
local train = data.digits { batch = config.batch, shuffle = true, seed = config.seed }
local image, label = g:input(train)
local network = nn.Sequential(
  nn.Conv2d(1, 16, 3, { padding = 1 }), nn.BatchNorm2d(16), nn.ReLU(),
  nn.Conv2d(16, 32, 3, { padding = 1 }), nn.BatchNorm2d(32), nn.ReLU(),
  nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10))
local logits = network(image)
local loss = nn.CrossEntropyLoss()(logits, label):named "loss"
g:output(loss)

local optimizer = optim.SGD(g:parameters(), { lr = config.lr, momentum = 0.9, nesterov = true, loss = loss })
local manager = orrery.manager(g, {
  optimizer = optimizer,
  metrics = { accuracy = metrics.accuracy(logits, label) },
  epochs = config.epochs,
})

-- How much the loss changes with the pictures: steep networks are easily deceived.
local function steepness(batch)
  local picture = batch.image:clone():requires_grad_(true)
  local wrong = nn.functional.cross_entropy(network(picture), batch.label)
  local slope = orrery.grad(wrong, { picture }, { create_graph = true })
  return slope:square():flatten(1):sum(1):mean()
end

local step, sum, reached = 0, 0, nil
for batch in manager:batches() do
  local decay = 1 - batch.epoch / (config.epochs + 1)
  optimizer.lr = config.lr * math.min(1, (step + 1) / config.warm_up) * decay
  local out = manager:forward(batch)
  optimizer:step(out.loss + config.penalty * steepness(batch))
  step, sum = step + 1, sum + out.loss:item()
  if step % train.batches == 0 then
    reached = manager:evaluate(test)
    print(("epoch %d, loss %.4f, accuracy %.4f"):format(batch.epoch, sum / train.batches, reached.accuracy))
    sum = 0
    if reached.accuracy >= config.target then break end
  end
end
print(("accuracy %.4f after %d steps"):format(reached.accuracy, step))

-- The gradient of each right class's score with respect to its picture.
network:eval()
local pictures, labels = test:epoch(1)()
local ten = pictures[{ { 0, 10 } }]:clone():requires_grad_(true)
local right = network(ten):gather(1, labels[{ { 0, 10 } }]:unsqueeze(1))
local matters = orrery.grad(right:sum(), { ten }):abs()
matters = matters / matters:amax({ 1, 2, 3 }, true)
local both = orrery.cat({ ten:detach(), matters }, { dim = 0 })
orrery.save_image(nn.functional.interpolate(both, { scale_factor = 6 }), "saliency.png", { nrow = 10 })
orrery.render(g, "by_hand.pdf")
