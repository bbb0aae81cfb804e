-- Models of the zoo learn: their loss falls, and another one that loads what they saved computes the same.
local lu = require "luaunit"
local orrery = require "orrery"
local models, nn, optim, data = orrery.models, orrery.nn, orrery.optim, orrery.data

-- The loss of each epoch.
local function losses_of(g, loss, epochs, lr)
  local losses = {}
  local function keep(report) losses[report.epoch] = report.train.loss end
  orrery.manager(g, {
    optimizer = optim.Adam(g:parameters(), { lr = lr, loss = loss }), epochs = epochs, history = false,
    progress = false, callbacks = { epoch_end = keep },
  }):run()
  return losses
end

local function assert_falls(losses, share, name)
  lu.assertTrue(losses[#losses] < share * losses[1],
    ("%s: from %.4f to %.4f"):format(name, losses[1], losses[#losses]))
end

-- The same seed before each call: some models draw.
local function assert_same(model, other, inputs)
  local results = {}
  for at, each in ipairs { model, other } do
    orrery.manual_seed(3)
    results[at] = { each:eval()(unpack(inputs)) }
  end
  for at, wanted in ipairs(results[1]) do lu.assertTrue(results[2][at]:equal(wanted)) end
end

local function assert_is_kept(model, other, ...)
  local path = os.tmpname()
  model:save_weights(path)
  local report = other:load_weights(path)
  os.remove(path)
  lu.assertEquals({ #report.missing, #report.unexpected }, { 0, 0 })
  assert_same(model, other, { ... })
end

local function new_graph(source)
  orrery.manual_seed(1)
  local g = orrery.graph "g"
  return g, g:input(source)
end

TestZooTraining = {}

function TestZooTraining:test_a_resnet_learns_random_images_by_heart()
  local g, image, label = new_graph(data.random {
    shape = { 3, 32, 32 }, classes = 4, length = 16, batch = 8, seed = 1,
  })
  local model = models.resnet18 { classes = 4 }
  assert_falls(losses_of(g, nn.CrossEntropyLoss()(model(image), label), 6, 1e-3), 0.3, "resnet18")
  assert_is_kept(model, models.resnet18 { classes = 4 }, orrery.randn(2, 3, 32, 32))
end

function TestZooTraining:test_a_gpt2_learns_to_count()
  local options = { tokens = 12, positions = 16, width = 32, layers = 2, heads = 2, dropout = 0 }
  local whole = orrery.arange(8):unsqueeze(0) + orrery.arange(12):unsqueeze(1)
  local g, tokens, target = new_graph(data.tensors {
    input = whole:remainder(12), target = (whole + 1):remainder(12), batch = 4,
  })
  local model = models.gpt2(options)
  local loss = nn.CrossEntropyLoss()(model(tokens):flatten(0, 1), target:flatten())
  assert_falls(losses_of(g, loss, 20, 1e-2), 0.05, "gpt2")
  assert_is_kept(model, models.gpt2(options), orrery.tensor({ { 3, 4, 5 } }, { dtype = "int64" }))
  local start = orrery.tensor({ { 9 } }, { dtype = "int64" })
  lu.assertEquals(models.generate(model, start, { max_new_tokens = 4 }):tolist(), { { 9, 10, 11, 0, 1 } })
end

function TestZooTraining:test_a_unet_learns_where_an_image_is_bright()
  local images = orrery.randn(4, 1, 16, 16)
  local g, image, target = new_graph(data.tensors {
    image = images, target = images:squeeze(1):gt(0):long(), batch = 2,
  })
  local model = models.unet { channels = 1, classes = 2, width = 4 }
  assert_falls(losses_of(g, nn.CrossEntropyLoss()(model(image), target), 20, 1e-2), 0.5, "unet")
  assert_is_kept(model, models.unet { channels = 1, classes = 2, width = 4 }, images)
end

function TestZooTraining:test_a_vae_learns_digits()
  local options = { features = 64, hidden = 64, code = 4 }
  local g, image = new_graph(data.digits { batch = 64 })
  local model = models.vae(options)
  local shown, mean, log_variance = model(image)
  local reconstruction = nn.BCELoss { reduction = "none" } (shown, image:flatten(1)):sum(1)
  local divergence = (log_variance + 1 - mean ^ 2 - log_variance:exp()):sum(1) * -0.5
  assert_falls(losses_of(g, (reconstruction + divergence):mean(), 4, 3e-3), 0.8, "vae")
  assert_is_kept(model, models.vae(options), orrery.rand(2, 64))
end

os.exit(lu.LuaUnit.run())
