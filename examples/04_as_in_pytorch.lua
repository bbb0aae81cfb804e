-- A training script as PyTorch users write it: a class with a forward function, train() and test() on
-- tensors, gradients by loss:backward(). docs/from_pytorch.md tells what is written differently.
-- Leaves features.png: ten digits, and under each what the 16 filters of the first layer make of it.
-- Try: orrery run examples/04_as_in_pytorch.lua lr=0.1 epochs=10 save_model=true

local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local F = nn.functional

local args = orrery.config {
  batch_size = 64, epochs = 5, lr = 0.05, gamma = 0.7, seed = 1, log_interval = 10, save_model = false,
}
local device = orrery.cuda_is_available() and "cuda" or "cpu"

local function Net()
  return nn.Module {
    conv1 = nn.Conv2d(1, 16, 3, { padding = 1 }),
    conv2 = nn.Conv2d(16, 32, 3, { padding = 1 }),
    dropout = nn.Dropout(0.25),
    fc1 = nn.Linear(512, 64),
    fc2 = nn.Linear(64, 10),
    forward = function(self, x)
      x = F.relu(self.conv1(x))
      x = F.relu(self.conv2(x))
      x = F.max_pool2d(x, 2)
      x = self.dropout(x:flatten(1))
      x = F.relu(self.fc1(x))
      return F.log_softmax(self.fc2(x), 1)
    end,
  }
end

local function train(model, loader, optimizer, epoch)
  model:train()
  local step = 0
  for image, target in loader:epoch() do
    image, target = image:to(device), target:to(device)
    optimizer:zero_grad()
    local loss = F.nll_loss(model(image), target)
    loss:backward()
    optimizer:step()
    if step % args.log_interval == 0 then
      local seen = step * args.batch_size
      print(("epoch %d, %d of %d images, loss %.4f"):format(epoch, seen, #loader, loss:item()))
    end
    step = step + 1
  end
end

local function test(model, loader)
  model:eval()
  local loss, correct = 0, 0
  orrery.no_grad(function()
    for image, target in loader:epoch() do
      image, target = image:to(device), target:to(device)
      local output = model(image)
      loss = loss + F.nll_loss(output, target, { reduction = "sum" }):item()
      correct = correct + output:argmax(1):eq(target):sum():item()
    end
  end)
  print(("test loss %.4f, accuracy %.1f %%"):format(loss / #loader, 100 * correct / #loader))
end

-- A column for each digit: the digit itself, and what the filters see.
local function draw_features(model, loader, path)
  local images = loader:epoch()():to(device):narrow(0, 0, 10)
  local seen = orrery.no_grad(function() return F.relu(model.conv1(images)) end)
  local rows = orrery.cat({ images, seen }, { dim = 1 }):transpose(0, 1):reshape(-1, 1, 8, 8)
  local large = F.interpolate(rows, { scale_factor = 4 })
  orrery.save_image(large, path, { nrow = 10, normalize = true, scale_each = true })
end

local function main()
  orrery.manual_seed(args.seed)
  local train_loader = data.digits { batch = args.batch_size, shuffle = true }
  local test_loader = data.digits { batch = 256, split = "test" }
  local model = Net():to(device)
  print(model)
  local optimizer = optim.SGD(model:parameters(), { lr = args.lr, momentum = 0.9 })
  for epoch = 1, args.epochs do
    train(model, train_loader, optimizer, epoch)
    test(model, test_loader)
    optimizer.lr = optimizer.lr * args.gamma
  end
  draw_features(model, test_loader, "features.png")
  if args.save_model then orrery.save(model, "digits_cnn.safetensors") end
  print "left here: features.png"
end

main()
