-- Layers, blocks, gradients and optimizers on tensors: everything computes at once, as in PyTorch.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local nn, optim = orrery.nn, orrery.optim

local function assert_refused(action, words, fault)
  local done, text = pcall(action)
  lu.assertFalse(done)
  lu.assertStrContains(text, words)
  local line = debug.getinfo(action, "S")
  local named = tonumber(text:match "eager_spec%.lua:(%d+): ")
  lu.assertTrue(named and named >= line.linedefined and named <= line.lastlinedefined, text)
  if fault then lu.assertEquals(core.error_info(text).fault, fault, text) end
end

TestInputs = {}

function TestInputs:test_that_are_missing_are_refused_before_anything_is_computed()
  orrery.zeros(1)
  local missing = {
    RNN = nn.RNN(2, 2), LSTM = nn.LSTM(2, 2), LSTMCell = nn.LSTMCell(2, 2), Linear = nn.Linear(2, 2),
    MultiheadAttention = nn.MultiheadAttention(2, 1),
  }
  for kind, layer in pairs(missing) do
    assert_refused(function() layer() end, kind .. " needs its input '", "usage")
  end
  assert_refused(function() nn.Adder()() end, "Adder takes at least 1 inputs, got 0", "usage")
  assert_refused(function()
    orrery.matmul(orrery.zeros(2), nil)
  end, "matmul needs its input 'other'", "usage")
end

function TestInputs:test_of_a_negative_size_become_no_constant()
  local odd = orrery.ones(2):as_strided({ -1, 0 }, { 1, 1 })
  local x = orrery.graph():input { x = { shape = { 3 } } }
  assert_refused(function() return x + odd end, "constant of the negative size (-1, 0)", "usage")
end

function TestInputs:test_are_what_expect_tells()
  local x = orrery.ones(2, 3)
  lu.assertEquals(x:expect { shape = { "N", 3 }, dtype = "float32", range = { 0, 1 } }:tolist(), x:tolist())
  lu.assertEquals(x:expect { shape = { nil, "N" } }:tolist(), x:tolist())
  assert_refused(function()
    x:expect { shape = { "N", "N" } }
  end, "expect expects shape (N, N), got (2, 3)", "check")
  assert_refused(function() x:expect { dtype = "int64" } end, "expects dtype int64, got float32", "check")
  assert_refused(function() x:expect { range = { 0, 0.5 } } end,
    "expects values between 0 and 0.5, got values between 1 and 1", "check")
  assert_refused(function()
    orrery.tensor { 0 / 0 }:expect { range = { 0, math.huge } }
  end, "got NaN", "check")
end

function TestInputs:test_name_the_line_that_resumed_a_coroutine()
  local mean = coroutine.wrap(function() return orrery.tensor { true }:mean() end)
  assert_refused(function() mean() end, "mean expects")
end

TestGradients = {}

function TestGradients:test_come_from_backward_and_add_up()
  local w = orrery.tensor({ 2, 3 }, { requires_grad = true })
  lu.assertIsNil(w.grad)
  for times = 1, 2 do
    (w * w):sum():backward()
    lu.assertEquals(w.grad:tolist(), { 4 * times, 6 * times })
  end
  w.grad = nil
  lu.assertIsNil(w.grad)
end

function TestGradients:test_of_gradients()
  local x = orrery.tensor(3, { requires_grad = true })
  local first = orrery.grad(x ^ 3, x, { create_graph = true })
  lu.assertEquals(first:item(), 27)
  lu.assertEquals(orrery.grad(first, { x }):item(), 18)
  lu.assertIsNil(orrery.grad(x * 1, { orrery.tensor(1, { requires_grad = true }) }))
end

function TestGradients:test_are_not_recorded_inside_no_grad()
  local w = orrery.tensor({ 1 }, { requires_grad = true })
  local result, second = orrery.no_grad(function(a) return w * a, 5 end, 2)
  lu.assertFalse(result.requires_grad)
  lu.assertEquals(second, 5)
  lu.assertFalse(orrery.no_grad(nn.Linear(2, 1), orrery.ones(3, 2)).requires_grad)
  lu.assertFalse((pcall(orrery.no_grad, function() error "inside" end)))
  lu.assertTrue((w * 2).requires_grad)
end

function TestGradients:test_of_a_given_direction()
  local w = orrery.tensor({ 1, 2 }, { requires_grad = true });
  (w * 3):backward(orrery.tensor { 1, 10 })
  lu.assertEquals(w.grad:tolist(), { 3, 30 })
end

function TestGradients:test_of_several_numbers_are_weighted_by_grad_outputs()
  local w = orrery.tensor({ 1, 2 }, { requires_grad = true })
  local cubes, doubled = w ^ 3, w * 2
  local weights = orrery.tensor { 1, 10 }
  lu.assertEquals(orrery.grad(cubes, w, { grad_outputs = weights, retain_graph = true }):tolist(), { 3, 120 })
  lu.assertEquals(orrery.grad({ cubes, doubled }, w, { grad_outputs = { weights, weights } }):tolist(),
    { 5, 140 })
  local slope = orrery.grad(w ^ 2, w, { grad_outputs = orrery.ones(2), create_graph = true })
  lu.assertEquals(orrery.grad(slope:sum(), w):tolist(), { 2, 2 })
  assert_refused(function()
    orrery.grad({ w * 1, w * 2 }, w, { grad_outputs = weights })
  end, "grad: grad_outputs must be as many as the outputs, 2, got 1", "usage")
  assert_refused(function() orrery.grad(w * 2, w) end, "grad failed: grad can be implicitly created only for")
end

function TestGradients:test_of_what_is_not_used_are_nil_or_refused()
  local w, other = orrery.ones(1, { requires_grad = true }), orrery.ones(1, { requires_grad = true })
  local first, second = orrery.grad(w * 2, { w, other })
  lu.assertEquals({ first:item(), second }, { 2, nil })
  assert_refused(function()
    orrery.grad(w * 2, { w, other }, { allow_unused = false })
  end, "appears to not have been used in the graph")
end

function TestGradients:test_need_what_was_changed_in_place_since()
  local x = orrery.ones(3, { requires_grad = true })
  local function spoilt()
    local y = x:exp()
    local loss = y:sum()
    y:add_(1)
    loss:backward()
  end
  assert_refused(spoilt, "backward failed: a tensor of shape (3), made by Exp, that this gradient needs "
    .. "has been modified by an inplace operation")
  assert_refused(spoilt, "compute the loss anew behind it")
  assert_refused(spoilt, "the one that makes a new tensor, x:add(y), or change a copy, x:clone()")
  local z = x:exp()
  local loss = z:sum() + z:add(1):sum() + z:clone():add_(1):sum()
  loss:backward()
  lu.assertAlmostEquals(x.grad:sum():item(), 9 * math.exp(1), 1e-4)
end

function TestGradients:test_say_what_does_not_fit()
  local w = orrery.tensor({ 1, 2 }, { requires_grad = true })
  assert_refused(function() (w * 2):backward() end, "a loss is one number, got shape (2)")
  assert_refused(function()
    orrery.zeros(1):backward()
  end, "does not depend on anything that requires a gradient")
  local loss = (w * w):sum()
  loss:backward()
  assert_refused(function() loss:backward() end, "backward failed: ")
  assert_refused(function() w:add_(1) end, "add_ failed: a leaf Variable that requires grad")
  assert_refused(function() orrery.grad(loss, orrery.zeros(1)) end, "does not require a gradient")
  assert_refused(function() orrery.no_grad(3) end, "no_grad: expected a function, got a number", "usage")
  local cells = require("ffi").new "int[2]"
  assert_refused(function() orrery.no_grad(cells) end, "no_grad: expected a function, got", "usage")
  assert_refused(function()
    orrery.zeros(1, { dtype = "int64" }):requires_grad_()
  end, "requires_grad_ failed")
  assert_refused(function()
    w.grad = orrery.zeros(3)
  end, "grad must be like its tensor, (2) float32, got (3) float32", "usage")
end

TestLayers = {}

-- The numbers are PyTorch's after torch.manual_seed(0).
function TestLayers:test_compute_with_pytorchs_weights()
  orrery.manual_seed(0)
  local fc = nn.Linear(2, 1)
  lu.assertAlmostEquals(fc.weight:tolist()[1][1], -0.0052940, 1e-6)
  lu.assertAlmostEquals(fc.bias:item(), -0.5819808, 1e-6)
  local y = fc(orrery.ones(3, 2))
  lu.assertEquals(y.shape, { 3, 1 })
  lu.assertAlmostEquals(y[{ 0, 0 }]:item(), -0.2079519, 1e-6)
end

function TestLayers:test_parameters_answer_as_tensors()
  local fc = nn.Linear(2, 2)
  lu.assertIsNil(fc.weight.grad)
  fc(orrery.ones(1, 2)):sum():backward()
  lu.assertEquals(fc.weight.grad:tolist(), { { 1, 1 }, { 1, 1 } })
  lu.assertEquals(fc.weight:size(0), 2)
  lu.assertEquals((fc.weight * 0):sum():item(), 0)
  lu.assertEquals(fc.weight:t().shape, { 2, 2 })
  lu.assertEquals(fc.weight[0].shape, { 2 })
  orrery.no_grad(function() fc.weight:zero_():add_(1) end)
  lu.assertEquals(fc.weight:tolist(), { { 1, 1 }, { 1, 1 } })
  fc.bias.data:zero_()
  lu.assertEquals(fc.bias:tolist(), { 0, 0 })
  fc.weight.grad = nil
  lu.assertIsNil(fc.weight.grad)
end

function TestLayers:test_freezing_stops_gradients()
  local fc = nn.Linear(2, 2):freeze()
  lu.assertFalse(fc(orrery.ones(1, 2)).requires_grad)
end

function TestLayers:test_training_and_evaluation_differ()
  local dropout = nn.Dropout(0.5)
  local x = orrery.ones(1000)
  lu.assertTrue(dropout(x):eq(0):any():item())
  dropout:eval()
  lu.assertTrue(dropout(x):equal(x))
  dropout:train()
  lu.assertFalse(dropout(x):equal(x))
  local norm = nn.BatchNorm2d(1)
  norm(orrery.ones(2, 1, 2, 2) * 10)
  lu.assertAlmostEquals(norm.running_mean:item(), 1, 1e-6)
  norm:eval()(orrery.ones(2, 1, 2, 2) * 10)
  lu.assertAlmostEquals(norm.running_mean:item(), 1, 1e-6)
end

function TestLayers:test_say_what_does_not_fit()
  assert_refused(function() nn.Linear(3, 2)(orrery.zeros(1, 2)) end, "Linear expects", "check")
  assert_refused(function() nn.Linear(3, 2)(5) end, "got a number", "usage")
  assert_refused(function()
    nn.CrossEntropyLoss()(orrery.zeros(2, 3), orrery.tensor({ 0, 3 }, { dtype = "int64" }))
  end, "CrossEntropyLoss failed: ")
  assert_refused(function() nn.Tanh { inplace = true } end, "nn.Tanh: unknown option 'inplace'", "usage")
end

function TestLayers:test_take_inplace_as_pytorchs_scripts_write_it()
  local x = orrery.tensor { -1, 2 }
  lu.assertEquals(nn.ReLU { inplace = true }(x):tolist(), { 0, 2 })
  lu.assertEquals(nn.ReLU(true)(x):tolist(), { 0, 2 })
  lu.assertEquals(nn.Dropout(0, true)(x):tolist(), { -1, 2 })
  lu.assertEquals(x:tolist(), { -1, 2 })
end

TestBlocks = {}

function TestBlocks:test_compute_with_the_layers_of_their_first_call()
  local g = orrery.graph "g"
  local block = g:block("b", function(x) return nn.Linear(2, 1)(x) end)
  local x = orrery.ones(1, 2)
  lu.assertTrue(block(x):equal(block(x)))
  block(x):backward()
  lu.assertEquals(#block:parameters(), 2)
  lu.assertEquals(block:parameters()[1].grad:tolist(), { { 1, 1 } })
  local input = g:input { x = { shape = { 2 } } }
  block(input)
  lu.assertEquals(#g:parameters(), 2)
  lu.assertTrue(rawequal(g:parameters()[1], block:parameters()[1]))
end

function TestBlocks:test_compute_with_parameters_that_belong_to_no_layer()
  local g = orrery.graph "g"
  local block = g:block("b", function(x)
    return x * g:parameter("factor", { 2 }, { init = "constant", a = 3 })
  end)
  local x = orrery.ones(4, 2)
  lu.assertEquals(block(x):sum():item(), 24)
  block(x):sum():backward()
  lu.assertEquals(block:parameters()[1].grad:tolist(), { 4, 4 })
  local input = g:input { x = { shape = { 2 } } }
  block(input)
  lu.assertTrue(rawequal(g:parameters()[1], block:parameters()[1]))
end

TestMixing = {}

function TestMixing:test_a_tensor_becomes_a_constant_node()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 3 } } }
  local t = orrery.tensor { 1, 2, 3 }
  for _, y in ipairs { x + t, t + x, t * x, t:add(x), orrery.cat({ t:view(1, 3), x }) } do
    lu.assertEquals(tostring(y):match "^%w+", "Value")
  end
  lu.assertEquals((x + t).shape[2], 3)
  assert_refused(function() return x + orrery.zeros(4) end, "expects", "check")
  lu.assertEquals(orrery.aten.sin(x).operation, "aten::sin")
end

TestOptimizers = {}

function TestOptimizers:test_step_by_hand()
  local w = orrery.tensor({ 1, 2 }, { requires_grad = true })
  local optimizer = optim.SGD({ w }, { lr = 0.5 })
  for _ = 1, 2 do
    optimizer:zero_grad();
    (w * w):sum():backward()
    optimizer:step()
  end
  lu.assertEquals(w:tolist(), { 0, 0 })
  optimizer:zero_grad()
  lu.assertIsNil(w.grad)
end

function TestOptimizers:test_train_layers()
  orrery.manual_seed(1)
  local model = nn.Linear(1, 1)
  local x = orrery.linspace(-1, 1, 16):view(16, 1)
  local y = x * 3 + 1
  local optimizer = optim.Adam(model:parameters(), { lr = 0.1 })
  local mse, last = nn.MSELoss(), nil
  for _ = 1, 200 do
    optimizer:zero_grad()
    last = mse(model(x), y)
    last:backward()
    optimizer:step()
  end
  lu.assertTrue(last:item() < 1e-3)
  lu.assertAlmostEquals(model.weight:item(), 3, 0.1)
end

function TestOptimizers:test_say_what_does_not_fit()
  local w = orrery.tensor({ 1 }, { requires_grad = true })
  assert_refused(function()
    optim.SGD({ orrery.zeros(1) }, { lr = 1 })
  end, "call t:requires_grad_() first", "usage")
  assert_refused(function() optim.SGD({ w * 2 }, { lr = 1 }) end, "leaf tensors", "usage")
  assert_refused(function() optim.SGD({ w }, { lr = 1 }):step(w * 1) end, "belongs to no open loop", "usage")
  assert_refused(function() optim.SGD({ w }, { lr = -1 }) end, "lr must be", "usage")
end

TestMemory = {}

-- What a script of its own prints, and its exit code.
local function run(text)
  local script = os.tmpname()
  local file = assert(io.open(script, "w"))
  file:write(text)
  file:close()
  local pipe = io.popen(("%s run %s 2>&1; echo \"exit $?\""):format(arg[-1], script))
  local out = pipe:read "*a"
  pipe:close()
  os.remove(script)
  return out:gsub("exit %d+\n$", ""), tonumber(out:match "exit (%d+)\n$")
end

-- AddressSanitizer keeps freed memory for a while, and says so when there is none.
local function skip_if_sanitized()
  lu.skipIf(core.version().sanitizers ~= "", "memory is not the program's own in a sanitized build")
end

function TestMemory:test_tensor_bytes_drive_the_collector()
  skip_if_sanitized()
  local kilobytes = tonumber((run [[
    local orrery = require "orrery"
    local x = orrery.zeros(1024, 1024)
    for _ = 1, 10000 do local y = x + 1 end
    for line in io.lines "/proc/self/status" do
      if line:find "^VmHWM" then print(line:match "%d+") end
    end]]))
  lu.assertTrue(kilobytes < 256 * 1024, kilobytes)
end

function TestMemory:test_too_large_a_tensor_ends_with_5()
  skip_if_sanitized()
  local out, code = run [[
    local orrery = require "orrery"
    local x = orrery.zeros(100000, 1)
    local y = x + orrery.zeros(1, 100000000)]]
  lu.assertEquals(code, 5)
  lu.assertStrMatches(out, "[^\n]*:3: add failed: [^\n]*40000000000000 bytes[^\n]*\n[^\n]*smaller[^\n]*\n")
end

os.exit(lu.LuaUnit.run())
