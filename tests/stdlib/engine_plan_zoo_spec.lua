-- The models of the zoo train by the static plan as by autograd.
local lu = require "luaunit"
local orrery = require "orrery"
local engine_pair = require "engine_pair"
local nn, optim, data, models = orrery.nn, orrery.optim, orrery.data, orrery.models
local train = engine_pair.train
local full = os.getenv "ORRERY_TEST_FULL" ~= nil

local count, batch = 6, 4 -- the last batch is short
local tokens_known = 13

local function ids(length, step)
  local all = orrery.arange(count * length, { dtype = "int64" })
  return (all * (step or 5)):remainder(tokens_known):view(count, length)
end

local function source(fields)
  fields.batch = batch
  return data.tensors(fields)
end

-- Images into classes; further outputs (auxiliary classifiers) have the same labels.
local function classifies(shape, options)
  return function(g, name)
    local image, label = g:input(source { image = orrery.randn(count, unpack(shape)),
      label = orrery.arange(count, { dtype = "int64" }):remainder(options.classes or 4) })
    local given = { classes = 4, channels = #shape == 3 and shape[1] or nil }
    for key, value in pairs(options) do given[key] = value end
    local loss
    for _, logits in ipairs { models[name](given)(image) } do
      local one = nn.CrossEntropyLoss()(logits, label)
      loss = loss and loss + one * 0.3 or one
    end
    return loss
  end
end

-- What the model makes of images shall have this size.
local function draws(shape, wanted, options)
  return function(g, name)
    local image, target = g:input(source { image = orrery.randn(count, unpack(shape)),
      target = orrery.rand(count, unpack(wanted)) })
    return nn.MSELoss()((models[name](options or {})(image)), target)
  end
end

local function speaks(options)
  return function(g, name)
    local tokens, target = g:input(source { tokens = ids(6), target = ids(6, 3) })
    options.tokens = tokens_known
    local logits = models[name](options)(tokens)
    return nn.CrossEntropyLoss()(logits:flatten(0, 1), target:flatten())
  end
end

local function translates(g)
  local from, to, target = g:input(source { from = ids(5), to = ids(4, 3), target = ids(4, 7) })
  local model = models.seq2seq { source_tokens = tokens_known, target_tokens = tokens_known, hidden = 8 }
  local logits = model(from, to)
  return nn.CrossEntropyLoss()(logits:flatten(0, 1), target:flatten())
end

local function encodes(g)
  local tokens, target = g:input(source { tokens = ids(6), target = orrery.randn(count, 8) })
  local hidden, pooled = models.minilm {
    tokens = tokens_known, positions = 8, width = 8, hidden = 16, layers = 2, heads = 2,
  } (tokens)
  return nn.MSELoss()(pooled, target) + hidden:pow(2):mean()
end

local function samples(g)
  local image = g:input(source { image = orrery.rand(count, 20) })
  local shown, mean, log_variance = models.vae { features = 20, hidden = 12, code = 4 } (image)
  local divergence = (log_variance + 1 - mean ^ 2 - log_variance:exp()):sum(1) * -0.5
  return (nn.BCELoss { reduction = "none" } (shown, image):sum(1) + divergence):mean()
end

local function deceives(g)
  local noise, target = g:input(source { noise = orrery.randn(count, 6, 1, 1), target = orrery.rand(count) })
  local drawn, told = models.dcgan { noise = 6, generator_width = 4, discriminator_width = 4 } (noise)
  return nn.BCELoss()(told:flatten(), target) + drawn:abs():mean()
end

local function tells_apart(g, name)
  local image, target = g:input(source { image = orrery.randn(count, 3, 64, 64),
    target = orrery.rand(count) })
  local told = models[name] { discriminator_width = 4 } (image)
  return nn.BCELoss()(told:flatten(), target)
end

local small, medium = { 3, 32, 32 }, { 3, 64, 64 } -- where batch norm shall have more than two numbers
-- Each model with what makes its loss; `full`: only there, since it takes its time or a GB;
-- `normalised`: batch norm of few numbers in many layers, which is to lie apart from relu's kink (see below);
-- `draws`: other numbers in double precision than in single.
local zoo = {
  { "alexnet", classifies(medium, {}), full = true },
  { "autoencoder", draws({ 24 }, { 24 }, { features = 24, hidden = { 16, 8 }, code = 4 }) },
  { "convnext_tiny", classifies(small, {}), full = true },
  { "dcgan", deceives },
  { "dcgan_generator", draws({ 6, 1, 1 }, { 3, 64, 64 }, { noise = 6, generator_width = 4 }) },
  { "dcgan_discriminator", tells_apart },
  { "densenet121", classifies(medium, {}), full = true, normalised = true },
  { "efficientnet_b0", classifies(medium, {}), full = true, normalised = true },
  { "googlenet", classifies(medium, {}), full = true, normalised = true },
  { "gpt2", speaks { positions = 8, width = 16, layers = 2, heads = 2 } },
  { "inception_v3", classifies({ 3, 299, 299 }, {}), full = true, normalised = true },
  { "keras_mnist_cnn", classifies({ 1, 28, 28 }, {}) },
  { "lenet5", classifies({ 1, 32, 32 }, {}) },
  { "llama", speaks { width = 16, hidden = 24, layers = 2, heads = 4, groups = 2 } },
  { "lstm_language_model", speaks { features = 8, hidden = 8 } },
  { "minilm", encodes },
  { "mlp", classifies({ 10 }, { features = 10, hidden = { 8, 8 } }) },
  { "mobilenet_v2", classifies(medium, {}), full = true, normalised = true },
  { "mobilenet_v3_large", classifies(medium, {}), full = true, normalised = true },
  { "mobilenet_v3_small", classifies(medium, {}), normalised = true },
  { "resnet18", classifies(medium, {}), full = true, normalised = true },
  { "resnet34", classifies(medium, {}), full = true, normalised = true },
  { "resnet50", classifies(medium, {}), full = true, normalised = true },
  { "resnext50_32x4d", classifies(medium, {}), full = true, normalised = true },
  { "seq2seq", translates },
  { "shufflenet_v2_x1_0", classifies(medium, {}), normalised = true },
  { "squeezenet1_0", classifies(small, {}) },
  { "squeezenet1_1", classifies(small, {}) },
  { "ddsrcnn", draws({ 3, 16, 16 }, { 3, 16, 16 }) },
  { "espcn", draws({ 1, 8, 8 }, { 1, 24, 24 }) },
  { "srcnn", draws({ 1, 16, 16 }, { 1, 16, 16 }) },
  { "unet", draws({ 1, 16, 16 }, { 2, 16, 16 }, { channels = 1, classes = 2, width = 4 }) },
  { "vae", samples, draws = true },
  { "vgg11", classifies(small, {}), full = true },
  { "vgg11_bn", classifies(medium, {}), full = true, normalised = true },
  { "vit_b_16", classifies(small, { layers = 2, heads = 2, width = 16, mlp = 24, patch = 8 }) },
}

-- Where a number lies so near relu's kink that rounding tells its side, no two gradients are alike: those of
-- a ResNet-50 of four small pictures in single precision lie 1e-2 from those in double precision under
-- autograd itself. With this bias behind batch norm most numbers lie above it, some below, and few beside it.
local apart = 2

local function lie_apart(g)
  local biases = {}
  for _, entry in ipairs(g:state()) do
    local layer = entry.key:match "^(.*)running_mean$"
    if layer then biases[layer .. "bias"] = true end
  end
  lu.assertTrue(next(biases) ~= nil)
  orrery.no_grad(function()
    for _, entry in ipairs(g:state()) do
      if biases[entry.key] then entry.parameter.data:fill_(apart) end
    end
  end)
end

local function trainer(one, lr, options, starts)
  return function(g)
    local loss = one[2](g, one[1])
    if starts then starts(g) end
    local given = {}
    for key, value in pairs(options) do given[key] = value end
    return { optim.SGD(g:parameters(), { lr = lr, loss = loss }) }, given
  end
end

-- The weights behind one step of so high a rate that their change is the gradient.
local function gradients(engine, one, precision, starts)
  local _, weights = train(engine, trainer(one, 2 ^ 20, { limit_train_batches = 1 }, starts), precision)
  return weights
end

local function size_of(tensor) return tensor:numel() > 0 and tensor:to("float64"):abs():max():item() or 0 end

local function largest(tensors)
  local most = 0
  for _, tensor in pairs(tensors) do most = math.max(most, size_of(tensor)) end
  return most
end

-- How far gradients lie apart, and by tensor: the largest difference in shares of the largest number. A
-- tensor counts as no smaller than a tenth of the largest one: a bias before batch norm has no gradient but
-- rounding.
local function distances(got, wanted)
  local most, whole, each = largest(wanted), 0, {}
  lu.assertTrue(most > 2 and most < math.huge)
  for key, tensor in pairs(wanted) do
    local off = size_of(got[key]:to "float64" - tensor:to "float64")
    whole, each[key] = math.max(whole, off / most), off / math.max(size_of(tensor), most / 10)
  end
  return whole, each
end

local function assert_within(got, bound, what)
  lu.assertTrue(got <= bound, ("%s: off by %g, not %g"):format(what, got, bound))
end

local function assert_same_in_double_precision(planned, wanted)
  local _, each = distances(planned, wanted)
  for key, off in pairs(each) do assert_within(off, 1e-12, key) end
end

local function assert_same_in_single_precision(planned, recorded)
  assert_within((distances(planned, recorded)), 1e-5, "the gradient")
end

-- From the exact gradient, as good as: the one that autograd has in double precision.
local function assert_no_further(planned, recorded, exact)
  local _, got = distances(planned, exact)
  local _, wanted = distances(recorded, exact)
  for key, off in pairs(got) do assert_within(off, 4 * wanted[key] + 1e-5, key) end
end

local function assert_same_losses(one)
  local steps = trainer(one, 1e-3, { epochs = full and 7 or 2 })
  local planned = train("plan", steps)
  engine_pair.assert_same_losses(planned, (train("autograd", steps)), 1e-4, one[1])
end

TestPlannedZoo = {}

local function add_tests(one)
  local name, starts = one[1], one.normalised and lie_apart or nil
  TestPlannedZoo["test_gradients_in_double_precision_of_" .. name] = function()
    assert_same_in_double_precision(gradients("plan", one, "64-true"), gradients("autograd", one, "64-true"))
  end
  TestPlannedZoo["test_gradients_in_single_precision_of_" .. name] = function()
    local planned = gradients("plan", one, "32-true", starts)
    local recorded = gradients("autograd", one, "32-true", starts)
    assert_same_in_single_precision(planned, recorded)
    if not one.draws then
      assert_no_further(planned, recorded, gradients("autograd", one, "64-true", starts))
    end
  end
  if one.normalised then return end
  TestPlannedZoo["test_losses_in_single_precision_of_" .. name] = function() assert_same_losses(one) end
end

for _, one in ipairs(zoo) do
  if full or not one.full then add_tests(one) end
end

-- What is compared tells gradients apart that differ by more than the bound.
function TestPlannedZoo:test_gradients_that_are_off_are_found()
  local net = { "mlp", classifies({ 10 }, { features = 10, hidden = { 8, 8 } }) }
  for precision, off in pairs { ["32-true"] = 1.2e-5, ["64-true"] = 1.2e-12 } do
    local wanted = gradients("autograd", net, precision)
    local assert_same = precision == "32-true" and assert_same_in_single_precision
      or assert_same_in_double_precision
    assert_same(wanted, wanted)
    local wrong, most = {}, largest(wanted)
    for key, tensor in pairs(wanted) do
      wrong[key] = size_of(tensor) == most and tensor * (1 + off) or tensor
    end
    lu.assertError(assert_same, wrong, wanted)
  end
  local exact, single = gradients("autograd", net, "64-true"), gradients("autograd", net, "32-true")
  local wrong = {}
  assert_no_further(single, single, exact)
  for key, tensor in pairs(single) do wrong[key] = tensor * (1 + 2e-4) end
  lu.assertError(assert_no_further, wrong, single, exact)
end

os.exit(lu.LuaUnit.run())
