-- States carried from step to step.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").here
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local function near(left, right) return (left - right):abs():max():item() < 1e-5 end

-- The line below which it is called, for messages that name lines.
local function line() return debug.getinfo(2, "l").currentline end

TestState = {}

-- Sums up what it is given: ones, in batches of 2.
local function sums(options)
  options = options or {}
  local rows = options.rows or 6
  local g = orrery.graph "sums"
  local x = g:input(data.tensors { x = orrery.ones(rows, 3), batch = 2 })
  local state = g:state("sum", { 2, 3 }, { reset = options.reset })
  local fc = nn.Linear(3, 3, { bias = false })
  orrery.no_grad(function() fc.weight:copy_(orrery.eye(3)) end)
  local sum = state + fc(x)
  g:carry(state, sum)
  g:output(sum)
  local loss = sum:mean():named "loss"
  local manager = orrery.manager(g, {
    optimizer = optim.SGD(fc:parameters(), { lr = 1e-12, loss = loss }), epochs = options.epochs or 1,
    metrics = { mean = metrics.mean(loss) }, validate = options.validate, history = false, progress = false,
    callbacks = options.callbacks,
  })
  return manager, g, sum, state
end

-- The loss of every step of a run by hand.
local function losses(manager, at_step)
  local list = {}
  for batch in manager:batches() do
    local out = manager:forward(batch)
    list[#list + 1] = math.floor(out.loss:item() + 0.5)
    if at_step then at_step(#list) end
  end
  return list
end

function TestState:test_is_carried_from_step_to_step_and_begins_anew_with_each_epoch()
  lu.assertEquals(losses((sums { epochs = 2 })), { 1, 2, 3, 1, 2, 3 })
end

function TestState:test_that_is_never_reset_is_carried_on()
  lu.assertEquals(losses((sums { epochs = 2, reset = "never" })), { 1, 2, 3, 4, 5, 6 })
end

function TestState:test_is_reset_on_demand()
  local manager = sums { reset = "never" }
  local function reset(step)
    if step == 2 then manager:reset_states() end
  end
  lu.assertEquals(losses(manager, reset), { 1, 2, 1 })
  local means = {}
  manager = sums {
    epochs = 2, reset = "never",
    callbacks = { epoch_end = function(report) means[#means + 1] = report.train.mean end },
  }
  manager:run()
  lu.assertAlmostEquals(means[2], 5, 1e-4)
end

function TestState:test_is_reset_by_a_callback()
  local means, manager = {}, nil
  manager = sums {
    epochs = 2, reset = "never",
    callbacks = {
      epoch_end = function(report)
        means[#means + 1] = report.train.mean
        manager:reset_states()
      end,
    },
  }
  manager:run()
  lu.assertAlmostEquals(means[2], 2, 1e-4)
end

function TestState:test_of_validation_and_prediction_is_their_own()
  local source = data.tensors { x = orrery.ones(4, 3), batch = 2 }
  local seen = {}
  local manager, _, sum = sums {
    epochs = 2, validate = source, reset = "never",
    callbacks = {
      epoch_end = function(report) seen[#seen + 1] = { report.train.mean, report.validation.mean } end,
    },
  }
  manager:run()
  lu.assertAlmostEquals(seen[1][1], 2, 1e-4)
  lu.assertAlmostEquals(seen[1][2], 1.5, 1e-4)
  lu.assertAlmostEquals(seen[2][1], 5, 1e-4)
  lu.assertAlmostEquals(seen[2][2], 3.5, 1e-4)
  for _ = 1, 2 do
    lu.assertAlmostEquals(manager:predict(sum, source)[{ 2, 0 }]:item(), 2, 1e-4)
    lu.assertAlmostEquals(manager:evaluate(source).mean, 1.5, 1e-4)
  end
end

function TestState:test_begins_with_the_values_it_is_given()
  local g = orrery.graph()
  local x = g:input(data.tensors { x = orrery.zeros(2, 2), batch = 2 })
  local ones = g:state("ones", { 2, 2 }, { init = "constant", a = 3 })
  local own = g:state("own", { 2, 2 }, {
    init = function(tensor) tensor:copy_(orrery.tensor { { 1, 2 }, { 3, 4 } }) end,
  })
  local both = x + ones + own
  g:carry(ones, ones)
  g:carry(own, own)
  g:output(both)
  local manager = orrery.manager(g, { history = false, progress = false })
  local source = data.tensors { x = orrery.zeros(2, 2), batch = 2 }
  lu.assertEquals(manager:predict(both, source):tolist(), { { 4, 5 }, { 6, 7 } })
end

function TestState:test_refuses_a_batch_of_another_size_with_the_remedy()
  local text = refusal(function() (sums { rows = 5 }):run() end)
  lu.assertStrContains(text, "add (add) expects a shape that broadcasts with (2, 3), got (N, 3)")
  lu.assertStrContains(text, "with N = 1")
  lu.assertStrContains(text, "sum is a state, whose sizes are numbers")
  lu.assertStrContains(text, "drop_last = true")
end

function TestState:test_is_no_part_of_the_state_dict_and_is_named_in_descriptions()
  local _, g, _, state = sums()
  lu.assertEquals(#g:state(), 1)
  lu.assertEquals(state.operation, "State")
  lu.assertFalse(state.requires_grad)
  local facts
  for _, node in ipairs(g:describe().nodes) do
    if node.name == "sum" then facts = node end
  end
  lu.assertEquals({ facts.kind, facts.parameters }, { "state", 0 })
end

function TestState:test_that_is_never_carried_on_is_an_error()
  local g = orrery.graph()
  local x = g:input { x = { shape = { 3 } } }
  local at = line() + 1
  g:output(x + g:state("h", { 3 }))
  local text = refusal(function() g:finalize() end)
  lu.assertStrContains(text, ("states_spec.lua:%d: nothing says what h (State) is after a step"):format(at))
  lu.assertEquals(core.error_info(text).findings[1].code, "state-not-carried")
end

function TestState:test_says_what_cannot_be_carried()
  local g = orrery.graph()
  local x = g:input { x = { shape = { 3 } } }
  local made = line() + 1
  local h = g:state("h", { 3 })
  local wide = line() + 1
  local y = (h + 1):unsqueeze(0)
  lu.assertStrContains(refusal(function() g:carry(h, y) end), ("h (State, %s) expects to be carried on with "
    .. "shape (3) and dtype float32, got shape (1, 3) and dtype float32 from unsqueeze (%s)"):format(
    h.site, y.site))
  lu.assertStrContains(h.site, ":" .. made)
  lu.assertStrContains(y.site, ":" .. wide)
  lu.assertStrContains(refusal(function() g:carry(h, h:to "float64") end), "got shape (3) and dtype float64")
  g:carry(h, h + 1)
  lu.assertStrContains(refusal(function() g:carry(h, h + 2) end), "is carried on already")
  lu.assertStrContains(refusal(function() g:carry(x, h) end), "input (Input) is no state of graph")
  lu.assertStrContains(refusal(function() g:carry(h, 3) end), "got a number")
  lu.assertStrContains(refusal(function() g:state("s", { x:size(0) }) end), "must be known, got (N)")
  lu.assertStrContains(refusal(function() g:state("s", { 3 }, { reset = "often" }) end), "'pass' or 'never'")
  lu.assertStrContains(refusal(function() g:state("s", { 3 }, { rest = "pass" }) end), "mean 'reset'?")
  lu.assertStrContains(refusal(function() orrery.graph():carry(h, h) end), "is no state of graph")
end

function TestState:test_needs_steps()
  local g = orrery.graph()
  local block = g:block("body", function(x) return x + g:state("h", { 3 }) end)
  lu.assertStrContains(refusal(function() block(orrery.ones(3)) end), "hand the state in")
end

function TestState:test_comes_back_from_a_file()
  local path = os.tmpname()
  local manager, g, sum = sums()
  orrery.save(g, path)
  local loaded = orrery.load(path)
  os.remove(path)
  lu.assertEquals(loaded:hash(), g:hash())
  lu.assertEquals(loaded:json(), g:json())
  lu.assertStrContains(tostring(sum), "add")
  lu.assertNotNil(manager)
end

-- As PyTorch's word_language_model trains: two texts side by side, whose parts are handed in one by one; the
-- last state of a part begins the next.
function TestState:test_carries_a_recurrent_layers_state()
  orrery.manual_seed(0)
  local parts = orrery.randn(4, 5, 3)
  local source = data.tensors { x = parts, batch = 2 }
  local g = orrery.graph "text"
  local x = g:input(source)
  local gru = nn.GRU(3, 4, { batch_first = true })
  local h = g:state("h", { 1, 2, 4 })
  local output, last = gru(x, h)
  g:carry(h, last)
  g:output(output)
  local predicted = orrery.manager(g, { history = false, progress = false }):predict(output, source)
  local first = gru(orrery.cat({ parts[0], parts[2] }, { dim = 0 }):unsqueeze(0))
  lu.assertTrue(near(orrery.cat({ predicted[0], predicted[2] }, { dim = 0 }), first[0]))
end

os.exit(lu.LuaUnit.run())
