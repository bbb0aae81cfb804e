-- States carried from step to step, and orrery.scan.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local nn, optim, data, metrics = orrery.nn, orrery.optim, orrery.data, orrery.metrics

local function refusal(action)
  local done, text = pcall(action)
  lu.assertFalse(done)
  lu.assertStrMatches(text, ".*loops_spec%.lua:%d+: .*")
  return text
end

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
  lu.assertStrContains(text, ("loops_spec.lua:%d: nothing says what h (State) is after a step"):format(at))
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

TestScan = {}

-- A graph over sequences x of shape (T, 3): what `build` makes of them, and how to compute it.
local function over_sequences(build)
  local g = orrery.graph "sequences"
  local x = g:input { x = { shape = { 3 } } }
  local made = { build(g, x) }
  g:output(unpack(made))
  local manager = orrery.manager(g, { history = false, progress = false })
  return made, function(rows)
    return manager:predict(made, data.tensors { x = rows, batch = rows:size(0) })
  end, g
end

-- h ← tanh(wx x + wh h)
local function cell()
  local wx, wh = nn.Linear(3, 4), nn.Linear(4, 4)
  return function(h, x)
    h = (wx(x) + wh(h)):tanh()
    return h, h
  end
end

local function by_hand(step, h, x)
  local ys = {}
  for t = 0, x:size(0) - 1 do
    h, ys[t + 1] = step(h, x[t])
  end
  return h, orrery.stack(ys)
end

function TestScan:test_on_tensors_is_a_loop()
  orrery.manual_seed(0)
  local step, h0, x = cell(), orrery.zeros(4), orrery.randn(5, 3)
  local h, ys = orrery.scan(step, h0, x)
  local expected_h, expected = by_hand(step, h0, x)
  lu.assertTrue(near(h, expected_h))
  lu.assertEquals(ys.shape, { 5, 4 })
  lu.assertTrue(near(ys, expected))
  local _, backwards = orrery.scan(step, h0, x, { reverse = true })
  local _, flipped = by_hand(step, h0, x:flip(0))
  lu.assertTrue(near(backwards, flipped:flip(0)))
end

function TestScan:test_in_a_graph_equals_the_loop_on_tensors_for_every_length()
  orrery.manual_seed(0)
  local step = cell()
  for _, reverse in ipairs { false, true } do
    local made, compute = over_sequences(function(g, x)
      return orrery.scan(step, g:zeros(4), x, { reverse = reverse })
    end)
    lu.assertEquals(tostring(made[2]:size(0)), "N")
    for _, length in ipairs { 4, 1, 6 } do
      local x = orrery.randn(length, 3)
      local last, stack = compute(x)
      local h, ys = orrery.scan(step, orrery.zeros(4), x, { reverse = reverse })
      lu.assertTrue(near(last, h))
      lu.assertTrue(near(stack, ys))
    end
  end
end

function TestScan:test_equals_pytorchs_lstm()
  orrery.manual_seed(0)
  local lstm, lstm_cell = nn.LSTM(3, 4), nn.LSTMCell(3, 4)
  for _, name in ipairs { "weight_ih", "weight_hh", "bias_ih", "bias_hh" } do
    orrery.no_grad(function() lstm_cell[name]:copy_(lstm[name .. "_l0"]) end)
  end
  local function step(carry, x)
    local h, c = lstm_cell(x, { carry.h, carry.c })
    return { h = h, c = c }, { output = h, cells = { c } }
  end
  local rows = { x = orrery.randn(8, 2, 3), target = orrery.randn(8, 2, 4), batch = 3 }
  local g = orrery.graph "lstm"
  local x, target = g:input(data.tensors(rows))
  local last, made = orrery.scan(step, { h = g:zeros(2, 4), c = g:zeros(2, 4) }, x)
  lu.assertEquals(last.c.shape, { 2, 4 })
  local expected = lstm(x)
  local function minimise(output, layers, name)
    local loss = ((output - target) ^ 2):mean():named(name)
    return optim.SGD(layers, { lr = 0.1, loss = loss })
  end
  -- Sequences of 3, 3 and 2 steps.
  local manager = orrery.manager(g, {
    optimizers = {
      minimise(made.output, lstm_cell:parameters(), "ours"), minimise(expected, lstm:parameters(), "theirs"),
    },
    epochs = 3, history = false, progress = false,
  })
  local before = lstm.weight_hh_l0:clone()
  manager:run()
  lu.assertFalse(near(before, lstm.weight_hh_l0))
  for _, name in ipairs { "weight_ih", "weight_hh", "bias_ih", "bias_hh" } do
    lu.assertTrue(near(lstm_cell[name], lstm[name .. "_l0"]), name)
  end
  local ours, theirs = manager:predict({ made.output, expected }, data.tensors(rows))
  lu.assertTrue(near(ours, theirs))
end

function TestScan:test_gives_gradients_on_tensors()
  orrery.manual_seed(0)
  local step, x = cell(), orrery.randn(4, 3, { requires_grad = true })
  local h = orrery.scan(step, orrery.zeros(4), x)
  local expected = by_hand(step, orrery.zeros(4), x)
  lu.assertTrue(near(orrery.grad(h:sum(), { x })[1], orrery.grad(expected:sum(), { x })[1]))
end

function TestScan:test_hands_on_tables_of_values()
  local made, compute = over_sequences(function(g, x)
    local carry, ys = orrery.scan(function(carry, slices)
      local sum = carry.sum + slices[1]
      return { sum = sum, counts = { carry.counts[1] + 1 } }, { slices[2].twice, { sum } }
    end, { sum = g:zeros(3), counts = { g:zeros(1) } }, { x, { twice = x * 2 } })
    return carry.sum, carry.counts[1], ys[1], ys[2][1]
  end)
  lu.assertEquals(#made, 4)
  local x = orrery.randn(5, 3)
  local sum, count, twice, running = compute(x)
  lu.assertTrue(near(sum, x:sum(0)))
  lu.assertEquals(count:tolist(), { 5 })
  lu.assertTrue(near(twice, x * 2))
  lu.assertTrue(near(running, x:cumsum(0)))
end

function TestScan:test_needs_no_carry_and_no_y()
  local x = orrery.randn(4, 3)
  local _, compute = over_sequences(function(_, value)
    local carry, ys = orrery.scan(function(none, row)
      lu.assertNil(none)
      return nil, row:exp()
    end, nil, value)
    lu.assertNil(carry)
    return ys
  end)
  lu.assertTrue(near(compute(x), x:exp()))
  local last, ys = orrery.scan(function(h, row) return h + row end, orrery.zeros(3), x)
  lu.assertNil(ys)
  lu.assertTrue(near(last, x:sum(0)))
end

function TestScan:test_without_a_step_gives_the_carry_and_empty_stacks()
  local step = cell()
  local _, compute = over_sequences(function(g, x)
    local long = x:size(0)
    return orrery.scan(step, g:ones(4), x:narrow(0, 0, 0)), x:reshape(long, 3)
  end)
  local last = compute(orrery.randn(2, 3))
  lu.assertEquals(last:tolist(), { 1, 1, 1, 1 })
  local h, ys = orrery.scan(step, orrery.ones(4), orrery.zeros(0, 3))
  lu.assertEquals(h:tolist(), { 1, 1, 1, 1 })
  lu.assertEquals(ys.shape, { 0, 4 })
end

function TestScan:test_makes_a_block_whose_layers_are_trained()
  orrery.manual_seed(0)
  local x = orrery.randn(32, 6, 1)
  local g = orrery.graph "cumulative"
  local rows, target = g:input(data.tensors { x = x, target = x:cumsum(1), batch = 8 })
  local _, guesses = orrery.scan(function(h, slice)
    h = nn.Linear(2, 1)(orrery.cat({ h, slice }, { dim = 1 }))
    return h, h
  end, g:zeros(rows:size(0), 1), rows:transpose(0, 1), { name = "adder" })
  local keys = {}
  for at, entry in ipairs(g:state()) do keys[at] = entry.key end
  lu.assertEquals(keys, { "adder.linear.weight", "adder.linear.bias" })
  local loss = nn.MSELoss()(guesses:transpose(0, 1), target)
  local summary = orrery.manager(g, {
    optimizer = optim.Adam(g:parameters(), { lr = 0.05, loss = loss }), epochs = 80, history = false,
    progress = false,
  }):run()
  lu.assertTrue(summary.train.loss < 0.01)
end

function TestScan:test_keeps_the_layers_of_its_first_step_on_tensors()
  orrery.manual_seed(0)
  local made = {}
  local h = orrery.scan(function(h, x)
    local fc = nn.Linear(3, 3)
    made[#made + 1] = fc
    return fc(h + x)
  end, orrery.zeros(3), orrery.randn(3, 3))
  lu.assertEquals(#made, 3)
  lu.assertTrue(rawequal(made[1], made[3]))
  lu.assertEquals(h.shape, { 3 })
end

function TestScan:test_counts_the_cost_of_all_steps()
  local _, _, g = over_sequences(function(g, x) return orrery.scan(cell(), g:zeros(4), x) end)
  for _, node in ipairs(g:describe { N = 7 }.nodes) do
    if node.operation == "Linear" then lu.assertEquals(node.flops % 7, 0) end
    if node.name == "linear" then lu.assertEquals(node.block, "scan") end
  end
end

function TestScan:test_within_a_scan()
  local _, compute = over_sequences(function(g, x)
    return orrery.scan(function(total, row)
      local weighted = orrery.scan(function(sum, other) return sum + row * other end, g:zeros(3), x)
      return total + weighted
    end, g:zeros(3), x)
  end)
  local x = orrery.randn(4, 3)
  lu.assertTrue(near(compute(x), x:sum(0) ^ 2))
end

function TestScan:test_inside_a_block_shares_its_layers()
  orrery.manual_seed(0)
  local g = orrery.graph()
  local x = g:input { x = { shape = { 3 } } }
  local encoder = g:block("encoder", function(h, rows)
    return (orrery.scan(function(carry, row) return nn.GRUCell(3, 4)(row, carry) end, h, rows))
  end)
  local once = encoder(g:zeros(4), x)
  local twice = encoder:shared()(once, x)
  g:output(once, twice)
  lu.assertEquals(#g:state(), 4)
  lu.assertEquals(g:state()[1].key, "encoder.scan.gru_cell.weight_ih")
  local rows = orrery.randn(3, 3)
  local a, b = orrery.manager(g, { history = false, progress = false }):predict({ once, twice },
    data.tensors { x = rows, batch = 3 })
  lu.assertTrue(near(encoder(orrery.zeros(4), rows), a))
  lu.assertTrue(near(encoder(a, rows), b))
end

function TestScan:test_names_the_carry_that_changes()
  local g = orrery.graph()
  local x = g:input { x = { shape = { 3 } } }
  local at = line() + 3
  local text = refusal(function()
    local carry = { c = g:zeros(3), h = g:zeros(4) }
    orrery.scan(function(state, row)
      return { c = state.c + row, h = state.h:unsqueeze(0) }
    end, carry, x)
  end)
  lu.assertStrContains(text, ("loops_spec.lua:%d: scan/end (scan_end) expects its carry 'h' to stay (4) "
    .. "float32, got (1, 4) float32 from scan/unsqueeze"):format(at))
  lu.assertStrContains(refusal(function()
    orrery.scan(function(h, row) return h + row:to "float64" end, orrery.zeros(3), orrery.ones(2, 3))
  end), "expects its carry to stay (3) float32, got (3) float64")
  lu.assertEquals(#g:nodes(), 3)
end

function TestScan:test_says_what_does_not_fit()
  local h, x = orrery.zeros(3), orrery.ones(2, 3)
  local function keep(carry) return carry end
  local function refused(...)
    local arguments = { n = select("#", ...), ... }
    return refusal(function() orrery.scan(unpack(arguments, 1, arguments.n)) end)
  end
  lu.assertStrContains(refused(3, h, x), "scan: expected a function first, got a number")
  lu.assertStrContains(refused(keep, h, {}), "expected something to loop over, got nothing")
  lu.assertStrContains(refused(keep, 0, x), "its carry must be values or tensors, or tables")
  lu.assertStrContains(refused(keep, { h = true }, x), "got boolean for 'h'")
  lu.assertStrContains(refused(keep, { [5] = h }, x), "its carry has the key 5")
  lu.assertStrContains(refused(keep, h, orrery.tensor(1)), "a first dimension to loop over, got a scalar")
  lu.assertStrContains(refused(keep, h, { x, orrery.ones(4) }), "expects values of 2 steps, as the first has")
  lu.assertStrContains(refused(keep, h, x, { revers = true }), "did you mean 'reverse'?")
  lu.assertStrContains(refused(keep, h, x, { reverse = 1 }), "reverse must be a boolean, got a number")
  lu.assertStrContains(refused(function() return nil end, h, x), "same form: a single one, got nothing")
  lu.assertStrContains(refused(function() end, nil, x), "neither a carry nor anything to be stacked")
  lu.assertStrContains(refused(function(c) return { c } end, { h = h }, x), "same form: h, got 1")
  lu.assertStrContains(refused(function(c) return c, 3 end, h, x), "returns to be stacked must be values")
end

function TestScan:test_keeps_its_values_to_itself()
  local inner
  local g = orrery.graph()
  local x = g:input { x = { shape = { 3 } } }
  local h = orrery.scan(function(h, row)
    inner = h * row
    return inner + 1
  end, g:zeros(3), x)
  g:output(h)
  local at = line() + 1
  local outside = inner * 2
  lu.assertEquals(#g:check(), 1)
  g:output(outside)
  local text = refusal(function() g:finalize() end)
  lu.assertStrContains(text, ("loops_spec.lua:%d: mul (mul) reads scan/mul (mul, %s), which is computed "
    .. "anew in each step of the loop scan"):format(at, inner.site))
  lu.assertStrContains(text, "orrery.scan stacks")
end

os.exit(lu.LuaUnit.run())
