-- Loops: orrery.scan.
local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local function near(left, right) return (left - right):abs():max():item() < 1e-5 end

-- The line below which it is called, for messages that name lines.
local function line() return debug.getinfo(2, "l").currentline end

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
  lu.assertTrue(near(orrery.grad(h:sum(), x), orrery.grad(expected:sum(), x)))
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
  lu.assertStrContains(text, ("scan_spec.lua:%d: scan/end (scan_end) expects its carry 'h' to stay (4) "
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
  lu.assertStrContains(text, ("scan_spec.lua:%d: mul (mul) reads scan/mul (mul, %s), which is computed "
    .. "anew in each step of the loop scan"):format(at, inner.site))
  lu.assertStrContains(text, "orrery.scan stacks")
end

os.exit(lu.LuaUnit.run())
