-- Graphs that are computed again and again: g:compile().
local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local F = nn.functional

TestCompile = {}

local function near(left, right, tolerance)
  return left:sub(right):abs():max():item() <= (tolerance or 1e-5)
end

-- Two layers that are large enough for their weights to be kept packed, and a label that only the loss reads.
local function classifier()
  orrery.manual_seed(3)
  local g = orrery.graph "net"
  local x, label = g:input { x = { shape = { 96 } }, label = { shape = {}, dtype = "int64", label = true } }
  local first, second = nn.Linear(96, 112), nn.Linear(112, 100)
  local h = first(x):relu()
  local logits = second(h)
  local loss = nn.CrossEntropyLoss()(logits, label)
  return {
    g = g, h = h, logits = logits, loss = loss, first = first, second = second,
    by_hand = function(rows) return second(first(rows):relu()) end,
  }
end

function TestCompile:test_one_value_gives_a_tensor_for_batches_of_every_size()
  local net = classifier()
  local compiled = net.g:compile(net.logits)
  for _, size in ipairs { 1, 2, 16, 128, 129, 16, 2, 1 } do
    local rows = orrery.randn(size, 96)
    lu.assertTrue(near(compiled(rows), net.by_hand(rows)))
  end
end

function TestCompile:test_it_can_be_called_with_a_table_of_fields()
  local net = classifier()
  local compiled = net.g:compile(net.logits)
  local rows = orrery.randn(5, 96)
  lu.assertTrue(near(compiled { x = rows }, net.by_hand(rows)))
  local labels = orrery.zeros({ 5 }, { dtype = "int64" })
  lu.assertTrue(near(compiled { x = rows, label = labels }, net.by_hand(rows)))
end

function TestCompile:test_several_values_come_by_name()
  local net = classifier()
  local compiled = net.g:compile { scores = net.logits, hidden = net.h }
  local out = compiled(orrery.randn(4, 96))
  lu.assertEquals({ out.scores:size(1), out.hidden:size(1) }, { 100, 112 })
  lu.assertTrue(near(net.second(out.hidden), out.scores))
  lu.assertEquals(compiled.inputs, { "x" })
  lu.assertEquals(compiled.outputs, { "hidden", "scores" })
  lu.assertEquals(tostring(compiled), "CompiledGraph net (x → hidden, scores)")
end

function TestCompile:test_without_values_it_gives_the_outputs()
  local net = classifier()
  net.g:output(net.logits)
  net.g:output(net.loss)
  local rows = orrery.randn(3, 96)
  local compiled = net.g:compile()
  local out = compiled { x = rows, label = orrery.zeros({ 3 }, { dtype = "int64" }) }
  lu.assertEquals(#compiled.outputs, 2)
  lu.assertTrue(near(out[compiled.outputs[1]], net.by_hand(rows)))
  lu.assertEquals(out[compiled.outputs[2]]:dim(), 0)
end

function TestCompile:test_what_is_an_output_already_is_marked_once()
  local net = classifier()
  net.g:output(net.logits, net.loss)
  net.g:compile { scores = net.logits }
  local outputs = 0
  for _, use in ipairs(net.g:describe().uses) do outputs = outputs + (use.kind == "output" and 1 or 0) end
  lu.assertEquals(outputs, 2)
end

function TestCompile:test_the_loss_reads_both_fields_in_their_order()
  local net = classifier()
  local labels = orrery.randint(0, 100, { 6 })
  local rows = orrery.randn(6, 96)
  local expected = F.cross_entropy(net.by_hand(rows), labels)
  lu.assertTrue(near(net.g:compile(net.loss)(rows, labels), expected))
end

-- Packed weights would be those of before.
function TestCompile:test_weights_that_changed_are_read_anew()
  local net = classifier()
  local compiled = net.g:compile(net.logits)
  local rows = orrery.randn(16, 96)
  local before = compiled(rows)
  orrery.no_grad(function() net.second.weight:mul_(2) end)
  local after = compiled(rows)
  lu.assertTrue(near(after, net.by_hand(rows)))
  lu.assertFalse(near(after, before))
end

function TestCompile:test_weights_that_training_changed_are_read_anew()
  local rows = orrery.randn(16, 96)
  local source = data.tensors { x = orrery.randn(64, 96), label = orrery.randint(0, 100, { 64 }), batch = 16 }
  for _, engine in ipairs { "plan", "autograd" } do
    for _, kind in ipairs { "SGD", "Adam" } do
      local net = classifier()
      local compiled = net.g:compile(net.logits)
      local before = compiled(rows)
      local optimizer = optim[kind](net.g:parameters(), { lr = 0.1, loss = net.loss })
      orrery.manager(net.g, {
        train = source, optimizer = optimizer, engine = engine, epochs = 1, history = false, progress = false,
      }):run()
      local after = compiled(rows)
      lu.assertTrue(near(after, net.by_hand(rows), 1e-4))
      lu.assertFalse(near(after, before))
    end
  end
end

-- The running statistics move though nothing of them is optimized.
function TestCompile:test_statistics_that_training_changed_are_read_anew()
  for _, engine in ipairs { "plan", "autograd" } do
    orrery.manual_seed(1)
    local g = orrery.graph "g"
    local rows = orrery.randn(64, 6) + 3
    local x, target = g:input(data.tensors { x = rows, target = rows:sum(1, true), batch = 8 })
    local head = nn.Linear(8, 1)
    local features = nn.BatchNorm1d(8)(nn.Linear(6, 8)(x))
    local loss = nn.MSELoss()(head(features), target)
    local optimizer = optim.SGD(head:parameters(), { lr = 0.01, loss = loss })
    local manager = orrery.manager(g, { optimizer = optimizer, engine = engine, history = false,
      progress = false })
    local compiled = g:compile(features)
    local before = compiled(rows)
    manager:run()
    lu.assertFalse(near(compiled(rows), before, 0.1), engine)
    lu.assertTrue(near(compiled(rows), g:compile(features)(rows)), engine)
  end
end

function TestCompile:test_a_weight_that_was_tied_since_is_read()
  local g = orrery.graph "tied"
  local x = g:input { x = { shape = { 96 } } }
  local first, second = nn.Linear(96, 96), nn.Linear(96, 96)
  local compiled = g:compile(second(first(x)))
  local rows = orrery.randn(16, 96)
  compiled(rows)
  second.weight = first.weight
  lu.assertTrue(near(compiled(rows), second(first(rows))))
end

-- A result that is still held is not written over.
function TestCompile:test_an_earlier_result_stays_as_it_was()
  local net = classifier()
  local compiled = net.g:compile(net.logits)
  local rows = orrery.randn(16, 96)
  local first = compiled(rows)
  local copy = first:clone()
  compiled(orrery.randn(16, 96))
  lu.assertTrue(near(first, copy, 0))
end

function TestCompile:test_layers_are_in_evaluation_mode()
  local g = orrery.graph "dropped"
  local x = g:input { x = { shape = { 64 } } }
  local compiled = g:compile(nn.Dropout(0.5)(x))
  local rows = orrery.randn(8, 64)
  lu.assertTrue(near(compiled(rows), rows, 0))
end

function TestCompile:test_in_double_precision()
  local g = orrery.graph "double"
  local x = g:input { x = { shape = { 96 } } }
  local layer = nn.Linear(96, 112)
  local y = layer(x)
  g:to "float64"
  local rows = orrery.randn(16, 96):to "float64"
  lu.assertTrue(near(g:compile(y)(rows), layer(rows), 1e-12))
end

function TestCompile:test_in_mixed_precision()
  local net = classifier()
  local rows = orrery.randn(16, 96)
  local low = net.g:compile(net.logits, { precision = "bf16-mixed" })(rows)
  lu.assertTrue(near(low:float(), net.by_hand(rows), 0.1))
  lu.assertFalse(near(low:float(), net.by_hand(rows), 1e-7))
end

function TestCompile:test_a_state_begins_with_its_first_value_at_each_call()
  local g = orrery.graph "sums"
  local x = g:input { x = { shape = { 3 } } }
  local state = g:state("sum", { 2, 3 })
  local sum = state + x
  g:carry(state, sum)
  local compiled = g:compile(sum)
  for _ = 1, 2 do lu.assertTrue(near(compiled(orrery.ones(2, 3)), orrery.ones(2, 3), 0)) end
end

TestCompileRefusals = {}

function TestCompileRefusals:test_a_graph_without_results()
  local g = orrery.graph "empty"
  lu.assertStrContains(refusal(function() g:compile() end), "compile: graph 'empty' has no result")
end

function TestCompileRefusals:test_a_value_of_another_graph()
  local net, other = classifier(), classifier()
  lu.assertStrContains(refusal(function() net.g:compile(other.logits) end), "compile: ")
end

function TestCompileRefusals:test_too_few_and_too_many_tensors()
  local net = classifier()
  local compiled = net.g:compile(net.loss)
  local rows = orrery.randn(2, 96)
  lu.assertStrContains(refusal(function() compiled(rows) end),
    "expected 2 tensors (x, label) or a table, got 1")
  lu.assertStrContains(refusal(function() net.g:compile(net.logits)(rows, rows) end),
    "expected 1 tensor (x) or a table, got 2")
end

function TestCompileRefusals:test_a_batch_of_other_sizes_names_the_field()
  local net = classifier()
  local text = refusal(function() net.g:compile(net.logits)(orrery.randn(2, 95)) end)
  lu.assertStrContains(text, "x")
  lu.assertStrContains(text, "96")
end

function TestCompileRefusals:test_an_unknown_option_and_an_unknown_precision()
  local net = classifier()
  lu.assertStrContains(refusal(function() net.g:compile(net.logits, { devise = "cpu" }) end), "device")
  lu.assertStrContains(refusal(function() net.g:compile(net.logits, { precision = "8" }) end), "32-true")
end

os.exit(lu.LuaUnit.run())
