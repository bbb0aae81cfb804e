-- Metrics of a manager: all kinds in training, validation and evaluation, own functions, refusals.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local refusal = require("refusal").here
local nn, metrics, data = orrery.nn, orrery.metrics, orrery.data

-- Data of three classes in batches of 10, 10 and 4: the classes are where a coordinate is largest.
local function samples(options)
  orrery.manual_seed(1)
  local x = orrery.randn(24, 3)
  options.x, options.label, options.batch = x, x:argmax(1), 10
  options.picture = orrery.rand(24, 1, 8, 8)
  return data.tensors(options)
end

-- A net of it.
local function network()
  local source = samples {}
  local g = orrery.graph "classes"
  local picture, x, label = g:input(source)
  local logits = nn.Linear(3, 3, { name = "fc" })(x)
  local loss = nn.CrossEntropyLoss()(logits, label)
  return { graph = g, source = source, picture = picture, x = x, label = label,
    logits = logits, loss = loss }
end

local function manager_of(net, followed, options)
  options = options or {}
  options.optimizer = orrery.optim.SGD(net.graph:parameters(), { lr = 0.5, loss = net.loss })
  options.metrics, options.history, options.progress = followed, options.history or false, false
  options.device, options.seed = "cpu", 1
  return orrery.manager(net.graph, options)
end

local function everything(net)
  local scores, label = net.logits, net.label
  local is_last = (label:eq(2)):to "int64"
  local restored, range = net.picture * 0.9, { data_range = 1 }
  return {
    accuracy = metrics.accuracy(scores, label),
    top_two = metrics.accuracy(scores, label, { top_k = 2 }),
    precision = metrics.precision(scores, label, { average = "macro" }),
    recall = metrics.recall(scores, label, { average = "weighted" }),
    f1 = metrics.f1_score(scores, label, { average = "none" }),
    last = metrics.f1_score(scores[{ ":", 2 }], is_last),
    confusion = metrics.confusion_matrix(scores, label),
    auroc = metrics.auroc(scores, label),
    mse = metrics.mean_squared_error(scores, net.x),
    rmse = metrics.mean_squared_error(scores, net.x, { squared = false }),
    mae = metrics.mean_absolute_error(scores, net.x),
    r2 = metrics.r2_score(scores, net.x),
    psnr = metrics.peak_signal_noise_ratio(restored, net.picture, range),
    ssim = metrics.structural_similarity_index_measure(restored, net.picture, range),
    perplexity = metrics.perplexity(scores, label),
    spread = metrics.define({ scores }, function(t) return t:abs():mean() end),
    largest = metrics.define({ scores, label }, {
      update = function(state, t, labels)
        lu.assertEquals(labels.shape[1], t.shape[1])
        state.value = math.max(state.value or -math.huge, t:max():item())
      end,
      compute = function(state) return state.value end,
    }, { mode = "max" }),
  }
end

TestTraining = {}

function TestTraining:test_follows_all_kinds_in_training_and_validation()
  local net = network()
  local summary = manager_of(net, everything(net), { epochs = 8, validate = samples {} }):run()
  for _, numbers in ipairs { summary.train, summary.validation } do
    lu.assertTrue(numbers.accuracy >= 0.5 and numbers.accuracy <= 1)
    lu.assertTrue(numbers.top_two >= numbers.accuracy)
    for _, name in ipairs { "precision", "recall", "auroc", "f1[0]", "f1[1]", "f1[2]" } do
      lu.assertTrue(numbers[name] >= 0 and numbers[name] <= 1, name)
    end
    lu.assertAlmostEquals(numbers.rmse, math.sqrt(numbers.mse), 1e-12)
    lu.assertTrue(numbers.largest > numbers.spread)
    local counted, right = 0, 0
    for label = 0, 2 do
      for said = 0, 2 do
        local count = numbers[("confusion[%d,%d]"):format(label, said)]
        counted = counted + count
        if label == said then right = right + count end
      end
    end
    lu.assertEquals(counted, 24)
    lu.assertAlmostEquals(right / counted, numbers.accuracy, 1e-12)
  end
  -- Cross-entropy is the logarithm of the perplexity.
  lu.assertAlmostEquals(summary.validation.perplexity, math.exp(summary.validation.loss), 1e-4)
  -- Those of the pictures do not depend on the weights.
  lu.assertAlmostEquals(summary.train.psnr, summary.validation.psnr, 1e-9)
  lu.assertTrue(summary.train.ssim > 0.9 and summary.train.ssim < 1)
end

function TestTraining:test_evaluates_them_on_any_data()
  local net = network()
  local manager = manager_of(net, everything(net), { epochs = 5, validate = samples {} })
  local summary = manager:run()
  local result = manager:evaluate(samples {})
  lu.assertEquals(result.samples, 24)
  for name, number in pairs(summary.validation) do lu.assertAlmostEquals(result[name], number, 1e-9, name) end
end

function TestTraining:test_tells_single_numbers_while_an_epoch_goes_on()
  local net, seen = network(), {}
  local manager = manager_of(net, everything(net), {
    callbacks = { batch_end = function(report) seen[#seen + 1] = report.train end },
  })
  manager:run()
  lu.assertEquals(#seen, 3)
  lu.assertIsNumber(seen[1].accuracy)
  lu.assertIsNumber(seen[1].largest)
  lu.assertNil(seen[3].auroc)
  lu.assertNil(seen[3]["confusion[0,0]"])
end

function TestTraining:test_finds_the_best_epoch_as_the_kind_gets_better()
  local function best(followed, options)
    local net = network()
    local seen = {}
    options.epochs, options.monitor = 3, "value"
    options.callbacks = { epoch_end = function(report) seen[#seen + 1] = report.train.value end }
    local found = manager_of(net, { value = followed(net) }, options):run().best
    return found.value, math.min(unpack(seen)), math.max(unpack(seen))
  end
  local value, _, highest = best(function(net) return metrics.auroc(net.logits, net.label) end, {})
  lu.assertEquals(value, highest)
  local lowest
  value, lowest = best(function(net) return metrics.perplexity(net.logits, net.label) end, {})
  lu.assertEquals(value, lowest)
  local function spread(mode)
    return function(net)
      return metrics.define({ net.logits }, function(t) return t:abs():mean():item() end, { mode = mode })
    end
  end
  value, lowest = best(spread(), {})
  lu.assertEquals(value, lowest)
  value, _, highest = best(spread "max", {})
  lu.assertEquals(value, highest)
end

function TestTraining:test_one_of_several_numbers_may_be_monitored()
  local net = network()
  local followed = { f1 = metrics.f1_score(net.logits, net.label, { average = "none" }) }
  local best = manager_of(net, followed, { monitor = "f1[1]" }):run().best
  lu.assertEquals(best.name, "f1[1]")
  net = network()
  followed = { all = metrics.confusion_matrix(net.logits, net.label), bare = metrics.mean(net.loss) }
  lu.assertEquals(manager_of(net, followed):run().best.name, "bare")
end

function TestTraining:test_the_first_that_is_made_is_monitored()
  local net = network()
  local followed = { zeal = metrics.mean(net.loss), accuracy = metrics.accuracy(net.logits, net.label) }
  lu.assertEquals(manager_of(net, followed):run().best.name, "zeal")
  net = network()
  local second, first
  first, second = metrics.mean(net.loss), metrics.mean(net.loss)
  lu.assertEquals(manager_of(net, { a = second, b = first, c = first }):run().best.name, "b")
end

function TestTraining:test_the_number_of_a_validation_may_be_called_so()
  local net = network()
  local followed = { accuracy = metrics.accuracy(net.logits, net.label) }
  local function best(options) return manager_of(net, followed, options):run().best.name end
  lu.assertEquals(best { monitor = "val_loss", validate = net.source }, "val_loss")
  net = network()
  followed = { accuracy = metrics.accuracy(net.logits, net.label) }
  lu.assertEquals(best { monitor = "val_accuracy", validate = net.source }, "val_accuracy")
  net = network()
  followed = { accuracy = metrics.accuracy(net.logits, net.label) }
  lu.assertStrContains(refusal(function() manager_of(net, followed, { monitor = "val_loss" }) end),
    "monitor must be 'loss' or the name of a metric, got \"val_loss\"")
end

TestOwnFunctions = {}

function TestOwnFunctions:test_are_averaged_over_samples()
  local net = network()
  local followed = {
    sizes = metrics.define({ net.logits }, function(t) return t.shape[1] end),
    tensor = metrics.define({ net.logits }, function(t) return orrery.tensor(t.shape[1]) end),
  }
  local train = manager_of(net, followed):run().train
  local mean = (10 * 10 + 10 * 10 + 4 * 4) / 24
  lu.assertAlmostEquals(train.sizes, mean, 1e-12)
  lu.assertAlmostEquals(train.tensor, mean, 1e-12)
end

function TestOwnFunctions:test_cannot_change_what_is_trained()
  local function weights(followed)
    local net = network()
    manager_of(net, followed(net), { epochs = 2 }):run()
    return net.graph:parameters()[1]:sum():item()
  end
  local plain = weights(function() return {} end)
  local zeroed = weights(function(net)
    return { zero = metrics.define({ net.logits }, function(t) return t:zero_():sum() end) }
  end)
  lu.assertEquals(zeroed, plain)
end

function TestOwnFunctions:test_get_tensors_without_gradients()
  local net, wanted = network(), nil
  manager_of(net, {
    own = metrics.define({ net.logits }, function(t)
      wanted = t.requires_grad
      return 0
    end),
  }):run()
  lu.assertEquals(wanted, false)
end

function TestOwnFunctions:test_say_what_went_wrong()
  local function run(own)
    local net = network()
    return refusal(function() manager_of(net, { own = metrics.define({ net.logits }, own) }):run() end)
  end
  lu.assertStrContains(run(function() error "too bad" end), "the function of metric 'own' failed: ")
  lu.assertStrContains(run(function() error "too bad" end), "too bad")
  lu.assertStrContains(run(function() return "much" end), "it must return a number, or a tensor of one")
  lu.assertStrContains(run(function(t) return t end), "got a tensor of 30")
  lu.assertStrContains(run { update = function() end, compute = function() return nil end },
    "it must return a number, or a tensor of one, got nil")
end

TestCheckpoints = {}

-- Stops in the middle of the second epoch, resumes, and gives the numbers of the last.
function TestCheckpoints:test_a_resumed_run_has_the_same_numbers()
  local function run(options)
    local net = network()
    options.epochs = 3
    return manager_of(net, everything(net), options):run().train
  end
  local straight = run {}
  local folder = child.folder .. "/kept"
  local steps = 0
  local done, text = pcall(run, {
    checkpoint = { dirpath = folder, every_n_steps = 1 },
    callbacks = { batch_end = function()
      steps = steps + 1
      if steps == 6 then error "stopped here" end
    end },
  })
  lu.assertFalse(done)
  lu.assertStrContains(text, "stopped here")
  lu.assertEquals(run { resume = folder }, straight)
end

TestRefusals = {}

function TestRefusals:test_names_wrong_values_with_their_line()
  local net = network()
  lu.assertStrContains(refusal(function() metrics.f1_score(net.logits, net.x) end),
    "metric 'f1_score' expects integer class labels, got float32")
  lu.assertStrContains(refusal(function() metrics.mean_squared_error(net.logits, net.loss) end),
    "expects predictions and targets of one shape")
  lu.assertStrContains(refusal(function() metrics.auroc(net.logits) end),
    "expects scores and labels, got 1 value")
  lu.assertStrContains(refusal(function() metrics.accuracy(net.logits, 3) end),
    "metrics.accuracy: expected values, got a number")
  lu.assertStrContains(refusal(function() metrics.accuracy(net.logits, net.label, { topk = 2 }) end),
    "did you mean 'top_k'?")
  lu.assertStrContains(
    refusal(function() metrics.precision(net.logits, net.label, { average = "makro" }) end),
    "average must be 'micro', 'macro', 'weighted' or 'none'")
  lu.assertStrContains(
    refusal(function() metrics.peak_signal_noise_ratio(net.picture, net.picture) end), "data_range")
  lu.assertErrorMsgContains("did you mean 'f1_score'?", function() return metrics.f1score end)
end

function TestRefusals:test_own_functions_need_values_and_functions()
  local net = network()
  local function own() return 0 end
  lu.assertStrContains(refusal(function() metrics.define(own) end),
    "expected a list of values, got a function")
  lu.assertStrContains(refusal(function() metrics.define({ 3 }, own) end),
    "entry 1 of the values is a number, no Value")
  lu.assertStrContains(refusal(function() metrics.define({}, own) end), "expects values, got 0 values")
  lu.assertStrContains(refusal(function() metrics.define({ net.logits }, 3) end), "expected a function, or {")
  lu.assertStrContains(refusal(function() metrics.define({ net.logits }, { update = own }) end),
    "compute must be a function, got nil")
end

function TestRefusals:test_a_monitor_that_nobody_follows_names_the_nearest()
  local net = network()
  local function with(monitor)
    return refusal(function()
      manager_of(net, { accuracy = metrics.accuracy(net.logits, net.label) }, { monitor = monitor })
    end)
  end
  lu.assertStrContains(with "acuracy",
    "monitor must be 'loss' or the name of a metric, got \"acuracy\" (did you mean 'accuracy'?)")
end

function TestRefusals:test_labels_out_of_range_end_the_run()
  orrery.manual_seed(1)
  local g = orrery.graph "labels"
  local labels = orrery.tensor({ 0, 1, 2, 5 }):to "int64"
  local x, label = g:input(data.tensors { x = orrery.randn(4, 3), label = labels })
  local y = nn.Linear(3, 3)(x)
  local manager = orrery.manager(g, {
    optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = y:square():mean() }),
    metrics = { recall = metrics.recall(y, label, { average = "macro" }) }, history = false, progress = false,
  })
  local text = refusal(function() manager:run() end)
  lu.assertStrContains(text, "metric 'recall' got 1 label outside of 0 … 2")
  lu.assertStrContains(text, "ignore_index")
end

child.finish(lu.LuaUnit.run())
