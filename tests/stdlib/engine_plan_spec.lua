-- The static plan trains as autograd does, whatever the training loop asks of it.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local engine_pair = require "engine_pair"
local refused = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local assert_alike, train = engine_pair.assert_alike, engine_pair.train

-- 22 points in batches of 4: the last of each epoch has 2.
local function points(g, batch)
  local x = orrery.randn(22, 6)
  return g:input(data.tensors { x = x, target = (x:sum(1, true) * 0.5):tanh(), batch = batch or 4,
    shuffle = true })
end

local function perceptron(x)
  return nn.Linear(8, 1)(nn.Linear(8, 8)(nn.Linear(6, 8)(x):relu()):tanh())
end

-- A perceptron with whatever optimizer and options.
local function net(kind, of_optimizer, options, between)
  return function(g)
    local x, target = points(g)
    local y = perceptron(between and between(x) or x)
    local given = { loss = nn.MSELoss()(y, target) }
    for key, value in pairs(of_optimizer) do given[key] = value end
    local copy = { epochs = 4 }
    for key, value in pairs(options or {}) do copy[key] = value end
    return { optim[kind](g:parameters(), given) }, copy
  end
end

TestPlannedLoop = {}

function TestPlannedLoop:test_the_last_short_batch_trains_alike()
  local losses = assert_alike(net("SGD", { lr = 0.1, momentum = 0.9 }), "short batch")
  lu.assertEquals(#losses, 24)
  lu.assertTrue(losses[23] < losses[1])
end

function TestPlannedLoop:test_other_optimizers_train_alike()
  for _, kind in ipairs { "Adam", "AdamW", "RMSprop", "Adagrad" } do
    assert_alike(net(kind, { lr = 1e-2 }), kind)
  end
end

function TestPlannedLoop:test_accumulated_gradients_are_alike()
  assert_alike(net("SGD", { lr = 0.1 }, { accumulate_grad_batches = 4 }), "accumulation")
end

function TestPlannedLoop:test_clipped_gradients_are_alike()
  for _, algorithm in ipairs { "norm", "value" } do
    assert_alike(net("SGD", { lr = 0.1 },
      { gradient_clip_val = 0.05, gradient_clip_algorithm = algorithm }), algorithm)
  end
end

function TestPlannedLoop:test_a_closure_that_evaluates_several_times_is_alike()
  -- Rounding grows with each search along a line.
  assert_alike(net("LBFGS", { max_iter = 4, line_search_fn = "strong_wolfe" }, { epochs = 1 }), "LBFGS")
end

-- What the script took of a weight lies in its memory: the backward pass reads it behind the layer's own.
local function reads_the_weight(seen)
  return function(g)
    local x, target = g:input(data.tensors { x = orrery.randn(24, 6), target = orrery.randn(24, 6),
      batch = 8 })
    local first, last = nn.Linear(6, 6), nn.Linear(6, 6)
    local loss = nn.MSELoss()(last(seen(first(x), last.weight.data)), target)
    return { optim.SGD(g:parameters(), { lr = 0.5, loss = loss }) }, { epochs = 3 }
  end
end

function TestPlannedLoop:test_a_constant_in_a_weights_memory_is_read_as_it_was()
  assert_alike(reads_the_weight(function(h, weight) return h:matmul(weight) end), "all of a weight")
  assert_alike(reads_the_weight(function(h, weight) return h * weight[2] end), "a row of a weight")
end

function TestPlannedLoop:test_averaged_weights_are_alike()
  assert_alike(net("SGD", { lr = 0.1 }, { ema = { decay = 0.9 } }), "ema")
  assert_alike(net("SGD", { lr = 0.1 }, { swa = { start = 2 } }), "swa")
end

function TestPlannedLoop:test_dropout_draws_the_same_numbers()
  assert_alike(net("SGD", { lr = 0.1 }, {}, function(x) return nn.Dropout(0.4)(x) end), "dropout")
end

function TestPlannedLoop:test_batch_norm_has_the_same_statistics()
  local _, weights = assert_alike(net("SGD", { lr = 0.1 }, {}, function(x) return nn.BatchNorm1d(6)(x) end),
    "batch norm")
  for key, tensor in pairs(weights) do
    if key:find "running_mean$" then lu.assertTrue(tensor:abs():sum():item() > 0) end
  end
end

function TestPlannedLoop:test_a_validation_between_the_steps_changes_nothing()
  local function build(g)
    local optimizers, options = net("SGD", { lr = 0.1 }) (g)
    local x = orrery.randn(9, 6)
    options.validate = data.tensors { x = x, target = x:sum(1, true), batch = 5 }
    return optimizers, options
  end
  local losses, _, summary = assert_alike(build, "validation")
  lu.assertEquals(losses, (train("plan", net("SGD", { lr = 0.1 }))))
  lu.assertTrue(summary.validation.loss > 0)
end

function TestPlannedLoop:test_a_look_at_every_value_changes_nothing()
  assert_alike(net("SGD", { lr = 0.1 }, { detect_nan = true }), "detect_nan")
end

-- Two networks in one graph: the second reads what the first gives.
local function chained(turns, more)
  return function(g)
    local x, target = points(g)
    local first, second = nn.Linear(6, 4), nn.Linear(4, 1)
    local code = first(x):tanh()
    local fit = nn.MSELoss()(second(code), target)
    local size = code:pow(2):mean() + fit * 0.5
    local one = optim.SGD(second:parameters(), { lr = 0.1, loss = fit:named "fit" })
    local two = optim.Adam(first:parameters(), { lr = 1e-2, loss = size:named "size" })
    local options = { epochs = 3 }
    for key, value in pairs(more or {}) do options[key] = value end
    if not turns then return { one, two }, options end
    return { { optimizer = one, frequency = 2 }, { optimizer = two, frequency = 1 } }, options
  end
end

function TestPlannedLoop:test_two_losses_have_their_own_optimizers()
  assert_alike(chained(false), "two optimizers")
end

function TestPlannedLoop:test_two_optimizers_take_turns() assert_alike(chained(true), "turns") end

function TestPlannedLoop:test_two_optimizers_accumulate_and_clip()
  local both = { accumulate_grad_batches = 2, gradient_clip_val = 0.05 }
  local losses = assert_alike(chained(false, both), "accumulated and clipped")
  lu.assertNotEquals(losses, (assert_alike(chained(false), "neither")))
end

-- Blocks are unfrozen at the second epoch and frozen again in the third.
local function thawing(freeze, unfreeze)
  return function(g)
    local x, target = points(g)
    local trunk = g:block("trunk", function(t) return nn.Linear(8, 8)(nn.Linear(6, 8)(t):relu()):tanh() end)
    local loss = nn.MSELoss()(nn.Linear(8, 1)(trunk(x)), target)
    freeze(g, trunk)
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = loss }) }, { epochs = 4, callbacks = {
      epoch_start = function(at) if at.epoch == 2 then unfreeze(g, trunk) end end,
      batch_end = function(at) if at.epoch == 3 and at.step == 2 then freeze(g, trunk) end end,
    } }
  end
end

function TestPlannedLoop:test_blocks_are_unfrozen_and_frozen_on_the_way()
  assert_alike(thawing(function(_, trunk) trunk:freeze() end, function(_, trunk) trunk:unfreeze() end),
    "frozen block")
end

-- A layer that is trained in part.
function TestPlannedLoop:test_single_tensors_are_unfrozen_and_frozen_on_the_way()
  for _, name in ipairs { "weight$", "bias$" } do
    local function trains(yes)
      return function(g)
        for _, entry in ipairs(g:state()) do
          if entry.key:find(name) then entry.parameter.requires_grad = yes end
        end
      end
    end
    assert_alike(thawing(trains(false), trains(true)), name)
  end
end

function TestPlannedLoop:test_a_layer_that_is_used_twice_gathers_both_gradients()
  assert_alike(function(g)
    local x, target = points(g)
    local shared = nn.Linear(6, 6)
    local y = nn.Linear(6, 1)(shared(shared(x):relu()) + x)
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = nn.MSELoss()(y, target) }) }, { epochs = 3 }
  end, "shared layer")
end

function TestPlannedLoop:test_parameters_of_the_graph_itself_are_trained()
  assert_alike(function(g)
    local x, target = points(g)
    local scale, shift = g:parameter("scale", { 6 }, { init = "normal" }), g:parameter("shift", { 1 })
    local y = nn.Linear(6, 1)(x * scale):relu() + shift + scale:sum()
    return { optim.SGD(g:parameters(), { lr = 0.05, loss = nn.MSELoss()(y, target) }) }, { epochs = 3 }
  end, "parameters")
end

-- Lines of 1 to 12 letters, each a batch of its own, seen three times.
function TestPlannedLoop:test_batches_of_more_sizes_than_plans_are_kept()
  local lines = {}
  for length = 1, 12 do lines[length] = ("abcd"):rep(3):sub(1, (length * 5) % 13) end
  local path = child.write("lines.txt", table.concat(lines, "\n") .. "\n")
  local losses = assert_alike(function(g)
    local tokens, mask = g:input(data.text { path = path, batch = 1, pad = 0 })
    local x = nn.Linear(4, 4)(nn.Linear(4, 4)(nn.Embedding(4, 4)(tokens):relu()):tanh())
    local loss = nn.CrossEntropyLoss()(x:flatten(0, 1), tokens:flatten()) + mask:float():mean()
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = loss }) }, { epochs = 3 }
  end, "batch sizes")
  lu.assertEquals(#losses, 36)
end

-- The same numbers to the last bit.
local function assert_equal_runs(one, other)
  lu.assertEquals(one[1], other[1])
  for key, tensor in pairs(other[2]) do lu.assertTrue(one[2][key]:equal(tensor), key) end
end

TestPlannedBits = {}

local function noisy(options)
  return function(g)
    local optimizers, made = net("Adam", { lr = 1e-2 }, options, function(x)
      return nn.Dropout(0.3)(nn.BatchNorm1d(6)(x))
    end)(g)
    return optimizers, made
  end
end

function TestPlannedBits:test_are_equal_from_run_to_run()
  assert_equal_runs({ train("plan", noisy {}) }, { train("plan", noisy {}) })
end

function TestPlannedBits:test_are_equal_after_resuming_in_the_middle_of_an_epoch()
  for name, options in pairs {
    plain = {}, accumulated = { accumulate_grad_batches = 2 }, averaged = { ema = { decay = 0.9 } },
  } do
    local function with(more)
      local all = {}
      for _, from in ipairs { options, more } do
        for key, value in pairs(from) do all[key] = value end
      end
      return noisy(all)
    end
    local straight = { train("plan", with {}) }
    local folder, steps = child.folder .. "/" .. name, 0
    local done, text = pcall(train, "plan", with {
      checkpoint = { dirpath = folder, every_n_steps = 1 },
      callbacks = { batch_end = function()
        steps = steps + 1
        if steps == 9 then error "stopped here" end
      end },
    })
    lu.assertFalse(done)
    lu.assertStrContains(text, "stopped here")
    local losses, weights = train("plan", with { resume = folder })
    lu.assertTrue(#losses > 0 and #losses < 24)
    local rest = { unpack(straight[1], 25 - #losses) }
    assert_equal_runs({ losses, weights }, { rest, straight[2] })
  end
end

TestPlanRefusals = {}

local function refusal(build, precision) return (refused(train, "plan", build, precision)) end

function TestPlanRefusals:test_tell_why_autograd_is_needed()
  lu.assertStrContains(refusal(net("SGD", { lr = 0.1 }), "bf16-mixed"),
    "engine = \"plan\" cannot train graph 'g': mixed precision casts within operations")
end

function TestPlanRefusals:test_auto_trains_by_autograd_where_the_plan_cannot_be_had()
  local build = net("SGD", { lr = 0.1 })
  lu.assertEquals((train("auto", build, "bf16-mixed")), (train("autograd", build, "bf16-mixed")))
end

function TestPlanRefusals:test_a_label_that_is_no_class_is_told_as_without_the_plan()
  local function build(g)
    local x, label = g:input(data.tensors { x = orrery.ones(4, 6), label = orrery.tensor({ 0, 2, 5, 1 }, {
      dtype = "int64" }), batch = 4 })
    local loss = nn.CrossEntropyLoss()(nn.Linear(6, 3)(x), label)
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = loss }) }, {}
  end
  local planned = refusal(build)
  lu.assertStrContains(planned, "engine_plan_spec.lua:")
  lu.assertStrContains(planned, "label 5 is out of range")
  lu.assertEquals(planned, (refused(train, "autograd", build)))
end

child.finish(lu.LuaUnit.run())
