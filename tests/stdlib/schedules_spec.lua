-- Learning-rate schedules by hand and by a manager, and groups by the names of parameters.
local lu = require "luaunit"
local orrery = require "orrery"
local line = require("line_model").manager
local refusal = require("refusal").here
local nn, optim = orrery.nn, orrery.optim
local lr_scheduler = optim.lr_scheduler

-- An optimizer of one number, which needs no engine.
local function optimizer_of(options, kind)
  return optim[kind or "SGD"](nn.Linear(1, 1):parameters(), options or { lr = 1 })
end

-- The learning rates of so many steps.
local function rates(scheduler, count)
  local list = {}
  for i = 1, count do
    list[i] = scheduler:get_last_lr()[1]
    scheduler:step()
  end
  return list
end

TestByHand = {}

function TestByHand:test_a_schedule_changes_the_learning_rate_step_by_step()
  local optimizer = optimizer_of()
  local scheduler = lr_scheduler.StepLR(optimizer, { step_size = 2, gamma = 0.5 })
  lu.assertEquals(rates(scheduler, 5), { 1, 1, 0.5, 0.5, 0.25 })
  lu.assertEquals({ optimizer.lr, scheduler.last_epoch, scheduler.kind }, { 0.25, 5, "StepLR" })
  lu.assertTrue(rawequal(scheduler.optimizer, optimizer))
  lu.assertEquals(tostring(scheduler), "StepLR(step 5, lr=0.25)")
end

function TestByHand:test_options_come_in_pytorchs_order_too()
  lu.assertEquals(rates(lr_scheduler.StepLR(optimizer_of(), 2, 0.5), 4), { 1, 1, 0.5, 0.5 })
  local expected = { 1, 0.5, 0.5, 0.25, 0.25 }
  lu.assertEquals(rates(lr_scheduler.MultiStepLR(optimizer_of(), { 1, 3 }, 0.5), 5), expected)
  local named = lr_scheduler.MultiStepLR(optimizer_of(), { milestones = { 1, 3 }, gamma = 0.5 })
  lu.assertEquals(rates(named, 5), expected)
end

function TestByHand:test_functions_tell_the_learning_rate()
  local function halves(step) return 0.5 ^ step end
  lu.assertEquals(rates(lr_scheduler.LambdaLR(optimizer_of(), halves), 3), { 1, 0.5, 0.25 })
  local product = lr_scheduler.MultiplicativeLR(optimizer_of(), { lr_lambda = function() return 0.5 end })
  lu.assertEquals(rates(product, 3), { 1, 0.5, 0.25 })
  local groups = { { params = nn.Linear(1, 1).weight }, { params = nn.Linear(1, 1).weight, lr = 4 } }
  local optimizer = optim.SGD(groups, { lr = 1 })
  local scheduler = lr_scheduler.LambdaLR(optimizer, { halves, function() return 0.25 end })
  scheduler:step()
  lu.assertEquals(scheduler:get_last_lr(), { 0.5, 1 })
end

function TestByHand:test_a_warm_up_comes_before_what_follows_it()
  local optimizer = optimizer_of()
  local scheduler = lr_scheduler.SequentialLR(optimizer, {
    lr_scheduler.LinearLR(optimizer, { start_factor = 0.25, total_iters = 3 }),
    lr_scheduler.ExponentialLR(optimizer, { gamma = 0.5 }),
  }, { milestones = { 3 } })
  local found = rates(scheduler, 6)
  for i, expected in ipairs { 0.25, 0.5, 0.75, 1, 0.5, 0.25 } do
    lu.assertAlmostEquals(found[i], expected, 1e-12)
  end
end

function TestByHand:test_schedules_work_at_once()
  local optimizer = optimizer_of()
  local function chain()
    return { lr_scheduler.ConstantLR(optimizer, { factor = 0.5, total_iters = 2 }),
      lr_scheduler.ExponentialLR(optimizer, { gamma = 0.5 }) }
  end
  lu.assertEquals(rates(lr_scheduler.ChainedScheduler(chain()), 3), { 0.5, 0.25, 0.25 })
  optimizer = optimizer_of()
  lu.assertEquals(rates(lr_scheduler.ChainedScheduler(chain(), optimizer), 3), { 0.5, 0.25, 0.25 })
end

function TestByHand:test_a_plateau_lowers_the_rate()
  local optimizer = optimizer_of()
  local scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, { factor = 0.5, patience = 1 })
  for _, loss in ipairs { 3, 2, 2, 2 } do scheduler:step(loss) end
  lu.assertEquals(optimizer.lr, 0.5)
  scheduler:step(orrery.ones(1):sum())
  lu.assertEquals(scheduler:state_dict().best, 1)
end

function TestByHand:test_momenta_are_cycled()
  local sgd, adam = optimizer_of { lr = 1, momentum = 0.9 }, optimizer_of({ lr = 1 }, "Adam")
  for _, optimizer in ipairs { sgd, adam } do
    lr_scheduler.OneCycleLR(optimizer, {
      max_lr = 1, total_steps = 10, base_momentum = 0.5, max_momentum = 0.75 })
  end
  lu.assertEquals({ sgd.momentum, adam.betas[1], adam.betas[2] }, { 0.75, 0.75, 0.999 })
  lu.assertAlmostEquals(sgd.lr, 1 / 25, 1e-12)
end

function TestByHand:test_the_optimizers_next_step_has_the_new_rate()
  local w = orrery.zeros(1)
  w.requires_grad = true
  local optimizer = optim.SGD({ w }, { lr = 1 })
  local scheduler = lr_scheduler.ExponentialLR(optimizer, { gamma = 0.5 })
  local seen = {}
  for i = 1, 3 do
    optimizer:zero_grad()
    w:sum():backward()
    optimizer:step()
    scheduler:step()
    seen[i] = w:item()
  end
  lu.assertEquals(seen, { -1, -1.5, -1.75 })
end

function TestByHand:test_a_state_goes_on_in_another_schedule()
  local function schedule() return lr_scheduler.CosineAnnealingLR(optimizer_of(), { T_max = 10 }) end
  local first, second = schedule(), schedule()
  for _ = 1, 4 do first:step() end
  second:load_state_dict(first:state_dict())
  lu.assertEquals(rates(second, 4), rates(first, 4))
end

function TestByHand:test_refuses_what_does_not_fit()
  local optimizer = optimizer_of()
  lu.assertStrContains(refusal(function() return lr_scheduler.StepLr end), "did you mean 'StepLR'?")
  lu.assertStrContains(refusal(function() lr_scheduler.StepLR(3) end),
    "optim.lr_scheduler.StepLR: expected an optimizer first, got a number")
  lu.assertStrContains(refusal(function() lr_scheduler.StepLR(optimizer, { stepsize = 3 }) end),
    "did you mean 'step_size'?")
  lu.assertStrContains(refusal(function() lr_scheduler.LambdaLR(optimizer, {}) end),
    "LambdaLR needs lr_lambda")
  lu.assertStrContains(refusal(function() lr_scheduler.LambdaLR(optimizer, { lr_lambda = 3 }) end),
    "LambdaLR: lr_lambda must be a function or one for each group, got a number")
  local function one() return 1 end
  lu.assertStrContains(refusal(function() lr_scheduler.LambdaLR(optimizer, { one, one }) end),
    "the optimizer has 1 group, and lr_lambda has 2 functions")
  local function word() return "x" end
  lu.assertStrContains(refusal(function() lr_scheduler.LambdaLR(optimizer, word) end),
    "LambdaLR: its function must return a number, got a string")
  lu.assertStrContains(refusal(function() lr_scheduler.LambdaLR(optimizer, function() error "mine" end) end),
    "mine")
  lu.assertStrContains(refusal(function() lr_scheduler.LambdaLR(optimizer, function() return -1 end) end),
    "lr must be a number ≥ 0, got -1")
  lu.assertStrContains(refusal(function() lr_scheduler.ChainedScheduler { optimizer } end),
    "ChainedScheduler needs schedulers")
  lu.assertStrContains(refusal(function() lr_scheduler.StepLR(optimizer, 3):load_state_dict { best = 3 } end),
    "the state of a schedule has no 'last_epoch'")
end

TestInARun = {}

-- The learning rates of the epochs of a run over 4 batches an epoch.
local function run(schedule, options, log)
  local seen, optimizer, manager = {}, nil, nil
  options = options or {}
  options.epochs = options.epochs or 4
  options.callbacks = { epoch_end = function() seen[#seen + 1] = optimizer.lr end,
    batch_end = log and function(report) log(manager, report) end }
  local x = orrery.linspace(-1, 1, 32):view(32, 1)
  local g = orrery.graph "line"
  local input, target = g:input(orrery.data.tensors { x = x, target = x * 2, batch = 8 })
  orrery.manual_seed(0)
  local loss = nn.MSELoss()(nn.Linear(1, 1)(input), target)
  optimizer = optim.SGD(g:parameters(), { lr = 0.5, loss = loss })
  options.schedules = schedule(optimizer)
  options.optimizer, options.history, options.progress = optimizer, false, false
  manager = orrery.manager(g, options)
  manager:run()
  return seen
end

function TestInARun:test_a_schedule_is_stepped_after_each_epoch()
  local function schedule(optimizer) return { lr_scheduler.ExponentialLR(optimizer, { gamma = 0.5 }) } end
  lu.assertEquals(run(schedule), { 0.25, 0.125, 0.0625, 0.03125 })
end

function TestInARun:test_or_after_each_update_or_after_several()
  local function with(options)
    return function(optimizer)
      options.scheduler = lr_scheduler.ExponentialLR(optimizer, { gamma = 0.5 })
      return options
    end
  end
  lu.assertEquals(run(with { interval = "step" }, { epochs = 2 }), { 0.5 ^ 5, 0.5 ^ 9 })
  lu.assertEquals(run(with { interval = "step", frequency = 2 }, { epochs = 2 }), { 0.5 ^ 3, 0.5 ^ 5 })
  lu.assertEquals(run(with { frequency = 3 }), { 0.5, 0.5, 0.25, 0.25 })
end

-- A loss that shall rise by far is never better than the first.
function TestInARun:test_a_plateau_watches_the_loss()
  local function schedule(optimizer)
    return lr_scheduler.ReduceLROnPlateau(optimizer, { mode = "max", patience = 1, factor = 0.5 })
  end
  lu.assertEquals(run(schedule), { 0.5, 0.5, 0.25, 0.25 })
end

function TestInARun:test_a_plateau_waits_for_the_validation()
  local function schedule(optimizer)
    local options = { mode = "max", patience = 0, factor = 0.5 }
    return { { scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, options), monitor = "loss" } }
  end
  local x = orrery.ones(4, 1)
  local validate = orrery.data.tensors { x = x, target = x * 2, batch = 4 }
  lu.assertEquals(run(schedule, { validate_every = 2, epochs = 6, validate = validate }),
    { 0.5, 0.5, 0.5, 0.25, 0.25, 0.125 })
end

function TestInARun:test_a_plateau_watches_what_the_script_logs()
  local function schedule(optimizer)
    local options = { mode = "max", patience = 0, factor = 0.5 }
    return { { scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, options), monitor = "log:reward" } }
  end
  local rewards = { 1, 2, 2, 3 }
  local function log(manager, report)
    manager:log("reward", rewards[report.epoch], { on_epoch = true })
  end
  lu.assertEquals(run(schedule, {}, log), { 0.5, 0.5, 0.25, 0.25 })
end

function TestInARun:test_a_loop_by_hand_steps_it_too()
  local manager, _, _, _, optimizer = line { epochs = 2 }
  local scheduler = lr_scheduler.ExponentialLR(optimizer, { gamma = 0.5 })
  local g = manager.graph
  manager = orrery.manager(g, { optimizer = optimizer, schedule = scheduler, epochs = 2, history = false,
    progress = false })
  for batch in manager:batches() do optimizer:step(manager:forward(batch).loss) end
  lu.assertEquals(optimizer.lr, 0.05)
end

function TestInARun:test_refuses_schedules_that_do_not_fit()
  local function with(schedule)
    return refusal(function() run(schedule) end)
  end
  lu.assertStrContains(with(function() return lr_scheduler.StepLR(optimizer_of(), 3) end),
    "schedule StepLR belongs to an optimizer that the manager does not have")
  lu.assertStrContains(
    with(function(own) return { scheduler = lr_scheduler.StepLR(own, 3), monitor = "loss" } end),
    "schedule StepLR watches no number, and has a monitor")
  local function plateau(own) return lr_scheduler.ReduceLROnPlateau(own) end
  lu.assertStrContains(with(function(own) return { scheduler = plateau(own), interval = "step" } end),
    "schedule ReduceLROnPlateau watches a number of each epoch")
  lu.assertStrContains(with(function(own) return { scheduler = plateau(own), monitor = "acc" } end),
    "expects a monitor that is 'loss' or the name of a metric, got \"acc\"")
  lu.assertStrContains(with(function(own) return { scheduler = plateau(own), intervall = "step" } end),
    "did you mean 'interval'?")
  lu.assertStrContains(with(function() return { interval = "step" } end), "has no scheduler")
  lu.assertStrContains(with(function() return { 3 } end), "schedule must be Scheduler, got a number")
end

TestGroups = {}

local function network()
  local g = orrery.graph "net"
  local x = g:input(orrery.data.random { shape = { 4 }, classes = 2 })
  local features = g:block("features", function(v) return nn.BatchNorm1d(3)(nn.Linear(4, 3)(v)) end)
  local head = g:block("head", function(v) return nn.Linear(3, 2)(v) end)
  return g, head(features(x))
end

local function described(groups)
  local list = {}
  for i, group in ipairs(groups) do
    local names = {}
    for j, parameter in ipairs(group.params) do names[j] = parameter.name .. #parameter.shape end
    list[i] = { table.concat(names, " "), group.lr, group.weight_decay }
  end
  return list
end

function TestGroups:test_rules_hold_for_the_names_that_their_patterns_find()
  local g = network()
  local groups = optim.groups(g, {
    { pattern = "bias$", weight_decay = 0 },
    { pattern = "^head%.", lr = 0.5 },
  })
  lu.assertEquals(described(groups), {
    { "weight2 weight1" }, { "bias1 bias1", nil, 0 }, { "weight2", 0.5 }, { "bias1", 0.5, 0 } })
  local optimizer = optim.AdamW(groups, { lr = 0.25, weight_decay = 0.1 })
  lu.assertEquals(optimizer.param_groups[2].weight_decay, 0)
  lu.assertEquals({ optimizer.param_groups[1].lr, optimizer.param_groups[4].lr }, { 0.25, 0.5 })
end

function TestGroups:test_layers_have_learning_rates_that_fall_towards_the_input()
  local g = network()
  local groups = optim.groups(g, optim.layerwise({ "^features", "^head" }, { lr = 1, decay = 0.5 }))
  lu.assertEquals(described(groups), { { "weight2 bias1 weight1 bias1", 0.5 }, { "weight2 bias1", 1 } })
end

function TestGroups:test_modules_have_groups_too_and_tied_parameters_count_once()
  local encoder, decoder = nn.Linear(3, 3), nn.Linear(3, 3)
  decoder.weight = encoder.weight
  local module = nn.Module { encoder = encoder, decoder = decoder, forward = function(net, x)
    return net.decoder(net.encoder(x))
  end }
  local groups = optim.groups(module, { { pattern = "bias", lr = 2 } })
  lu.assertEquals(described(groups), { { "weight2" }, { "bias1 bias1", 2 } })
end

function TestGroups:test_a_pattern_that_finds_nothing_is_an_error()
  local g = network()
  local text = refusal(function() optim.groups(g, { { pattern = "bais$", weight_decay = 0 } }) end)
  lu.assertStrContains(text, 'optim.groups: no parameter\'s name matches the pattern "bais$" of rule 1')
  lu.assertStrContains(text, "Names are features.linear.weight, features.linear.bias")
end

function TestGroups:test_refuses_rules_that_are_none()
  local g = network()
  lu.assertStrContains(refusal(function() optim.groups(g, { { weight_decay = 0 } }) end),
    "optim.groups: rule 1 must be a table such as { pattern")
  lu.assertStrContains(refusal(function() optim.groups(g, { { pattern = "[a" } }) end),
    "optim.groups: rule 1 has no pattern of Lua: malformed pattern")
  local misspelled = optim.groups(g, { { pattern = ".", weightdecay = 0 } })
  lu.assertStrContains(refusal(function() optim.AdamW(misspelled) end), "did you mean 'weight_decay'?")
  lu.assertStrContains(refusal(function() optim.layerwise({ "." }, { lr = 1 }) end),
    "optim.layerwise: decay must be a number")
  lu.assertStrContains(refusal(function() optim.layerwise({ "." }, { lr = 1, dcay = 1 }) end),
    "optim.layerwise: unknown option 'dcay'")
end

require("cli_child").finish(lu.LuaUnit.run())
