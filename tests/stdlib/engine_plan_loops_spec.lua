-- Graphs with loops, orrery.scan, train by the static plan as by autograd, which records each loop within it.
--
-- A random net is made from its own seed, which a failure names: ORRERY_TEST_SEED=<seed> trains that one
-- alone.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local engine_pair = require "engine_pair"
local random_nets = require "random_nets"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local assert_alike, train = engine_pair.assert_alike, engine_pair.train

local count = os.getenv "ORRERY_TEST_FULL" and 200 or 20
local only = tonumber(os.getenv "ORRERY_TEST_SEED")
local first_seed = 1000

-- One step of rate 1: the weights move by their gradients.
local function net(seed, rate)
  return function(g)
    local random = random_nets.generator(seed)
    local loss = random_nets.add(g, random, true)
    return { optim.SGD(g:parameters(), { loss = loss, lr = rate or 1 }) }, { max_steps = 1, threads = 1 }
  end
end

TestRandomLoops = {}

local function assert_same_gradients(seed, rate)
  local what = "seed " .. seed
  local planned, ends = train("plan", net(seed, rate), "64-true")
  local wanted, wanted_ends = train("autograd", net(seed), "64-true")
  engine_pair.assert_same_losses(planned, wanted, 1e-12, what)
  engine_pair.assert_same_weights(ends, wanted_ends, 1e-12, what)
end

function TestRandomLoops:test_have_the_same_gradients()
  for seed = only or first_seed, only or first_seed + count - 1 do
    assert_same_gradients(seed)
    if seed % 20 == 0 then collectgarbage() end
  end
end

function TestRandomLoops:test_with_other_gradients_are_found()
  for seed = first_seed, first_seed + 4 do lu.assertError(assert_same_gradients, seed, 1 + 1e-9) end
end

-- 22 sequences of 5 steps in batches of 4: the last of each epoch has 2.
local function sequences(g)
  local x = orrery.randn(22, 5, 6)
  return g:input(data.tensors { x = x, target = (x:sum({ 1, 2 }):unsqueeze(1) * 0.3):tanh(), batch = 4,
    shuffle = true })
end

-- A cell behind a layer, in front of another; what `inside` makes changes what it hands on.
local function recurrent(width, inside, mark)
  return function(g)
    local x, target = sequences(g)
    local first, read, hold = nn.Linear(6, width), nn.Linear(width, width), nn.Linear(width, width)
    local rows = first(x):relu():transpose(0, 1)
    local change = inside and inside() or function(h) return h end
    local loop = g:block("loop", function(xs)
      return (orrery.scan(function(h, row)
        return change((read(row) + hold(h)):tanh(), row)
      end, g:zeros(x:size(0), width), xs))
    end)
    if mark then mark(loop, hold) end
    return nn.MSELoss()(nn.Linear(width, 1)(loop(rows)), target)
  end
end

local function trained(build, kind, of_optimizer, options)
  return function(g)
    local given = { loss = build(g) }
    for key, value in pairs(of_optimizer) do given[key] = value end
    local copy = { epochs = 3 }
    for key, value in pairs(options or {}) do copy[key] = value end
    return { optim[kind](g:parameters(), given) }, copy
  end
end

TestPlannedLoops = {}

function TestPlannedLoops:test_train_alike_whatever_the_optimizer()
  local kinds = { SGD = { lr = 0.1, momentum = 0.9 }, Adam = { lr = 1e-2 }, RMSprop = { lr = 1e-2 } }
  for kind, given in pairs(kinds) do
    assert_alike(trained(recurrent(8), kind, given), kind)
  end
  assert_alike(trained(recurrent(8), "LBFGS", { max_iter = 3, line_search_fn = "strong_wolfe" },
    { max_steps = 3 }), "LBFGS")
end

-- So wide that single tensors are updated within the backward pass, those of the loop among them.
function TestPlannedLoops:test_update_their_parameters_within_the_backward_pass()
  for kind, given in pairs { SGD = { lr = 0.05 }, Adam = { lr = 1e-3 } } do
    local wide = trained(recurrent(128), kind, given, { max_steps = 4 })
    local losses, weights = assert_alike(wide, "wide " .. kind)
    local waiting = trained(recurrent(128), kind, given,
      { max_steps = 4, callbacks = { after_backward = function() end } })
    local held, ends = train("plan", waiting, "32-true")
    engine_pair.assert_same_losses(losses, held, 1e-5, kind)
    engine_pair.assert_same_weights(weights, ends, 1e-5, kind)
  end
end

function TestPlannedLoops:test_accumulate_and_clip_alike()
  assert_alike(trained(recurrent(8), "SGD", { lr = 0.1 },
    { accumulate_grad_batches = 3, gradient_clip_val = 0.05 }), "accumulated and clipped")
end

local function dropped(p)
  return function()
    local dropout = nn.Dropout(p)
    return function(h) return dropout(h) end
  end
end

function TestPlannedLoops:test_draw_the_same_numbers_inside()
  assert_alike(trained(recurrent(8, dropped(0.4)), "SGD", { lr = 0.1 }),
    "dropout inside")
  assert_alike(trained(recurrent(8, function()
    local dropout, noise = nn.Dropout(0.4), nn.Dropout(0.2)
    return function(h, row) return dropout(h) + noise(row) end
  end), "SGD", { lr = 0.1 }), "dropout of what comes from outside")
end

function TestPlannedLoops:test_may_be_frozen_in_part()
  for name, mark in pairs {
    layer = function(_, hold) hold:freeze() end,
    loop = function(loop) loop:freeze() end,
  } do assert_alike(trained(recurrent(8, nil, mark), "SGD", { lr = 0.1 }), "frozen " .. name) end
end

-- The whole loop, or what is inside of it.
function TestPlannedLoops:test_are_recomputed_alike()
  local function mark(loop) loop:recompute() end
  assert_alike(trained(recurrent(8, nil, mark), "SGD", { lr = 0.1 }), "recomputed")
  assert_alike(function(g)
    local x, target = sequences(g)
    local dropout, fc = nn.Dropout(0.3), nn.Linear(6, 6)
    local h = orrery.scan(function(h, row)
      local cell = g:block("cell", function(a) return dropout(fc(a):tanh()) end)
      cell:recompute()
      return cell(h + row)
    end, g:zeros(x:size(0), 6), x:transpose(0, 1))
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = nn.MSELoss()(nn.Linear(6, 1)(h), target) }) },
      { epochs = 3 }
  end, "recomputed inside")
end

function TestPlannedLoops:test_carry_states()
  assert_alike(function(g)
    local x, target = g:input(data.tensors { x = orrery.randn(20, 5, 6), target = orrery.randn(20, 1),
      batch = 4 })
    local memory, fc = g:state("memory", { 4, 6 }), nn.Linear(6, 6)
    local last = orrery.scan(function(h, row) return (fc(h) * 0.5 + row + memory):tanh() end, memory:tanh(),
      x:transpose(0, 1))
    g:carry(memory, last)
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = nn.MSELoss()(nn.Linear(6, 1)(last), target) }) },
      { epochs = 2 }
  end, "states")
end

-- Two losses, of which one goes through both loops, and a weight that is read inside and outside.
function TestPlannedLoops:test_are_shared_by_several_losses()
  assert_alike(function(g)
    local x, target = sequences(g)
    local shared, other = nn.Linear(6, 6), nn.Linear(6, 6)
    local function over(xs, fc)
      local _, made = orrery.scan(function(h, row) h = (fc(h) + row):tanh() return h, h end,
        g:zeros(x:size(0), 6), xs)
      return made
    end
    local first = over(shared(x):transpose(0, 1), shared)
    local second = over(first, other)
    local one = nn.MSELoss()(first:mean({ 0, 2 }):unsqueeze(1), target):named "one"
    local two = nn.MSELoss()(second:mean({ 0, 2 }):unsqueeze(1), target):named "two"
    return { optim.SGD(shared:parameters(), { lr = 0.1, loss = one }),
      optim.Adam(other:parameters(), { lr = 1e-2, loss = two }) }, { epochs = 3 }
  end, "several losses")
end

function TestPlannedLoops:test_call_functions_of_the_script()
  assert_alike(function(g)
    local x, target = sequences(g)
    local fc = nn.Linear(6, 6)
    local bend = orrery.transform("bend", function(a) return a * a:sigmoid() end)
    local h = orrery.scan(function(h, row) return bend(fc(h) + row) end, g:zeros(x:size(0), 6),
      x:transpose(0, 1))
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = nn.MSELoss()(nn.Linear(6, 1)(h), target) }) },
      { epochs = 2 }
  end, "functions")
end

function TestPlannedLoops:test_resume_to_the_bit()
  local function with(options)
    return trained(recurrent(8, dropped(0.3)), "Adam", { lr = 1e-2 }, options)
  end
  local straight, straight_ends = train("plan", with {})
  local steps = 0
  local done = pcall(train, "plan", with {
    checkpoint = { dirpath = child.folder .. "/loops", every_n_steps = 1 },
    callbacks = { batch_end = function()
      steps = steps + 1
      if steps == 8 then error "stopped here" end
    end },
  })
  lu.assertFalse(done)
  local losses, ends = train("plan", with { resume = child.folder .. "/loops" })
  lu.assertTrue(#losses > 0 and #losses < #straight)
  lu.assertEquals(losses, { unpack(straight, #straight + 1 - #losses) })
  for key, tensor in pairs(straight_ends) do lu.assertTrue(ends[key]:equal(tensor), key) end
end

child.finish(lu.LuaUnit.run())
