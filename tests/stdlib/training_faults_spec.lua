-- What can go wrong while training is told with the script's line: data, learning rates, NaN in weights and
-- gradients, devices, precision, memory.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local refusal = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

TestTrainingFaults = {}

function TestTrainingFaults:setUp() orrery.manual_seed(1) end

-- A line through 32 points; `about` has lr, kind, batch, target, layer (behind the line's own) and change (of
-- that one), `options` are the manager's.
local function line(options, about)
  about = about or {}
  local x = orrery.linspace(-1, 1, 32):view(32, 1)
  local g = orrery.graph "line"
  local source = data.tensors { x = x, target = about.target or x * 2, batch = about.batch or 8 }
  local input, target = g:input(source)
  local fc = nn.Linear(1, 1)
  local y = fc(input)
  if about.layer then y = about.layer(y) end
  if about.change then orrery.no_grad(function() about.change(fc) end) end
  local loss = nn.MSELoss()(y, target)
  local optimizer = optim[about.kind or "SGD"](g:parameters(), { lr = about.lr or 0.1, loss = loss })
  options.optimizer, options.history, options.progress = optimizer, false, false
  options.device = options.device or "cpu"
  return orrery.manager(g, options), optimizer, y, fc
end

local function run_refused(options, about)
  return refusal(function() line(options, about):run() end)
end

function TestTrainingFaults:test_a_learning_rate_of_0_changes_nothing()
  local manager, _, _, fc = line({ epochs = 2 }, { lr = 0 })
  local before = fc.weight.data:clone()
  manager:run()
  lu.assertTrue(before:equal(fc.weight.data))
end

function TestTrainingFaults:test_a_learning_rate_that_is_none_is_refused()
  for _, lr in ipairs { -1, 0 / 0 } do
    lu.assertStrContains(refusal(function() line({}, { lr = lr }) end), "lr must be a number ≥ 0, got ")
  end
end

function TestTrainingFaults:test_a_learning_rate_that_is_far_too_high_diverges()
  for _, lr in ipairs { 1e30, math.huge } do
    lu.assertStrContains(run_refused({ epochs = 5 }, { lr = lr }), "the loss 'loss' became ")
  end
end

function TestTrainingFaults:test_one_sample_is_too_few_for_batch_statistics()
  for _, batch in ipairs { 1, 31 } do
    local text = run_refused({}, { batch = batch, layer = function(y) return nn.BatchNorm1d(1)(y) end })
    lu.assertStrContains(text, "batch_norm1d (BatchNorm1d) expects more than one value per channel while "
      .. "training, got an input of shape (1, 1)")
    lu.assertStrContains(text, "drop_last = true")
  end
end

function TestTrainingFaults:test_batches_of_one_sample_train()
  lu.assertEquals(line({}, { batch = 1 }):run().steps, 32)
end

function TestTrainingFaults:test_nan_in_a_weight_names_the_layer()
  local text = run_refused({ detect_nan = true }, { change = function(fc) fc.weight:fill_(0 / 0) end })
  lu.assertStrContains(text, "linear (Linear) became NaN in 8 of 8 places, in epoch 1, step 1 of 4")
end

function TestTrainingFaults:test_a_gradient_that_is_infinite_names_what_it_came_through()
  local text = run_refused({ detect_nan = true }, {
    layer = function(y) return (y * y):sqrt() end,
    change = function(fc) fc.weight:fill_(0); fc.bias:fill_(0) end })
  lu.assertStrContains(text, "the gradient of mul (mul) became infinite")
  lu.assertStrContains(text, "it came back through sqrt (sqrt)")
end

function TestTrainingFaults:test_nan_in_a_target_has_diverged()
  lu.assertStrContains(run_refused({}, { target = orrery.zeros(32, 1) / 0 }),
    "the loss 'loss' became NaN in epoch 1, step 1 of 4")
end

function TestTrainingFaults:test_nan_in_a_validation_is_reported_and_never_the_best()
  local x = orrery.zeros(4, 1)
  local summary = line({ validate = data.tensors { x = x, target = x / 0, batch = 2 }, epochs = 2 }):run()
  lu.assertNotEquals(summary.validation.loss, summary.validation.loss)
  lu.assertNil(summary.best)
end

function TestTrainingFaults:test_an_empty_validation_is_refused()
  local nothing = orrery.zeros(0, 1)
  lu.assertStrContains(refusal(function()
    line { validate = data.tensors { x = nothing, target = nothing, batch = 2 } }
  end), "the set is empty")
end

function TestTrainingFaults:test_a_batch_larger_than_the_set_is_the_set()
  lu.assertEquals(line({}, { batch = 1000 }):run().steps, 1)
end

function TestTrainingFaults:test_a_learning_rate_that_becomes_none_is_refused()
  local manager, optimizer = line {}
  lu.assertStrContains(refusal(function()
    for batch in manager:batches() do
      optimizer:step(manager:forward(batch).loss)
      optimizer.lr = 0 / 0
    end
  end), "lr must be a number ≥ 0, got nan")
end

function TestTrainingFaults:test_attention_that_sees_nothing_gives_nothing()
  local g = orrery.graph "attention"
  local x = orrery.randn(8, 3, 4)
  local input, target = g:input(data.tensors { x = x, target = orrery.zeros(8, 3, 4), batch = 4 })
  local nothing = orrery.full({ 3, 3 }, -math.huge)
  local seen = orrery.scaled_dot_product_attention(input, input, input, nothing)
  local loss = nn.MSELoss()(nn.Linear(4, 4, { bias = false })(seen), target)
  local manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
    history = false, progress = false, device = "cpu", detect_nan = true })
  lu.assertEquals(manager:run().train.loss, 0)
end

function TestTrainingFaults:test_threads_are_as_many_as_asked()
  local function loss(threads) return line({ threads = threads, epochs = 2 }):run().train.loss end
  local one = loss(1)
  for _, threads in ipairs { 2, 64 } do
    orrery.manual_seed(1)
    lu.assertAlmostEquals(loss(threads), one, 1e-5)
  end
  lu.assertStrContains(refusal(function() line { threads = 0 } end), "threads must be an integer ≥ 1, got 0")
end

function TestTrainingFaults:test_a_device_that_is_not_there_is_told()
  local text = run_refused { device = "cuda:99" }
  lu.assertStrContains(text, "device 'cuda:99' is not available: ")
  lu.assertStrContains(text, "use device 'auto' or 'cpu'")
  lu.assertStrContains(refusal(function() line { device = "gpu" } end),
    "device must be 'auto', 'cpu', 'cuda' or 'cuda:N', got \"gpu\"")
end

function TestTrainingFaults:test_devices_that_are_hidden_are_not_there()
  child.write("tiny.lua", (child.training:gsub("CALLBACKS", "nil"):gsub('device = "cpu", ', "")))
  local hidden = "CUDA_VISIBLE_DEVICES= %s run tiny.lua --history false --device %s"
  local code, _, err = child.shell(hidden:format(child.program, "cuda"))
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "tiny.lua:14: device 'cuda' is not available: ")
  code, _, err = child.shell(hidden:format(child.program, "auto"))
  lu.assertEquals(code, 0, err)
end

function TestTrainingFaults:test_steps_that_shall_be_captured_and_cannot_are_refused_with_the_reason()
  local no_device = "steps are captured on CUDA devices, this one is cpu"
  local text = run_refused { cuda_graphs = true }
  lu.assertStrContains(text, "training_faults_spec.lua:")
  lu.assertStrContains(text, "cuda_graphs = true cannot capture the steps of graph 'line': " .. no_device)
  lu.assertStrContains(text, "With cuda_graphs = \"auto\" steps are captured wherever they can be.")
  local function told_of(name)
    return run_refused { cuda_graphs = true, callbacks = { [name] = function() end } }
  end
  local parts = { "before_zero_grad", "before_backward", "after_backward", "before_optimizer_step" }
  for _, name in ipairs(parts) do
    lu.assertStrContains(told_of(name), "a callback is told of the parts of a step")
  end
  lu.assertStrContains(told_of "batch_end", no_device)
  local echo = orrery.transform("echo", function(t) return t * 1 end)
  lu.assertStrContains(run_refused({ cuda_graphs = true }, { layer = echo }),
    "echo (echo) is not one of Orrery's own operations")
  lu.assertStrContains(refusal(function() line({ cuda_graphs = true }):batches()() end),
    "cuda_graphs = true is for manager:run(): a loop by hand asks for gradients itself")
  lu.assertStrContains(refusal(function() line { cuda_graphs = "atuo" } end),
    "cuda_graphs must be true or false, or 'auto', got \"atuo\"")
  local summary = line({}):run()
  lu.assertEquals({ summary.uncaptured, summary.captured_steps }, {})
end

function TestTrainingFaults:test_sizes_that_cannot_be_counted_are_refused()
  local many = 2 ^ 32
  local g = orrery.graph "large"
  lu.assertStrContains(refusal(function() nn.Linear(many, many) end),
    "a tensor of shape (4294967296, 4294967296) and dtype float32 has more bytes than can be counted")
  lu.assertStrContains(refusal(function() g:zeros(many, many) end), "has more bytes than can be counted")
  lu.assertStrContains(refusal(function() nn.Linear(4, 2 ^ 63) end), "out_features must be an integer ≥ 1")
  lu.assertStrContains(refusal(function() orrery.zeros(many, many, 4) end), "zeros failed: ")
end

function TestTrainingFaults:test_a_block_that_is_placed_on_a_device_that_is_not_there_is_named()
  local g = orrery.graph "placed"
  local x = orrery.randn(8, 2)
  local input, target = g:input(data.tensors { x = x, target = orrery.randn(8, 1), batch = 4 })
  local head = g:block("head", function(h) return nn.Linear(2, 1)(h) end):to "cuda:99"
  local loss = nn.MSELoss()(head(input), target)
  local manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
    history = false, progress = false, device = "cpu" })
  lu.assertStrContains(refusal(function() manager:run() end),
    "block head: device 'cuda:99' is not available: ")
  head:to "cpu"
  lu.assertEquals(manager:run().steps, 2)
  lu.assertEquals(tostring(head:blocks()[1]:to "cpu"):sub(1, 10), "Block head")
  lu.assertStrContains(refusal(function() head:to "gpu" end),
    "to: expected 'cpu', 'cuda' or 'cuda:N', got \"gpu\"")
  lu.assertStrContains(refusal(function() head:to "auto" end), "got \"auto\"")
end

function TestTrainingFaults:test_a_value_that_moves_to_a_device_that_is_not_there_is_named()
  local g = orrery.graph "moved"
  local x = g:input(data.tensors { x = orrery.randn(8, 2), batch = 4 })
  local loss = (nn.Linear(2, 1)(x):to "cuda:99" * 2):mean()
  local manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
    history = false, progress = false, device = "cpu" })
  lu.assertStrContains(refusal(function() manager:run() end), "to (to): device 'cuda:99' is not available: ")
end

function TestTrainingFaults:test_a_value_that_moves_to_the_runs_own_device_changes_nothing()
  local function trained(move)
    orrery.manual_seed(1)
    local g = orrery.graph "moved"
    local x = g:input(data.tensors { x = orrery.randn(8, 2), batch = 4 })
    local loss = (move(nn.Linear(2, 1)(x)) * 2):square():mean()
    return orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
      history = false, progress = false, device = "cpu" }):run().train.loss
  end
  lu.assertEquals(trained(function(y) return y:to "cpu" end), trained(function(y) return y end))
end

TestPrecision = {}

function TestPrecision:setUp() orrery.manual_seed(1) end

function TestPrecision:test_half_the_bits_train_and_predict()
  local dtypes = { ["bf16-mixed"] = "bfloat16", ["16-mixed"] = "float16", ["32-true"] = "float32" }
  for word, dtype in pairs(dtypes) do
    local manager, _, y, fc = line { precision = word, epochs = 20 }
    lu.assertTrue(manager:run().train.loss < 1e-2, word)
    lu.assertEquals(fc.weight.data.dtype, "float32")
    local x = orrery.ones(3, 1)
    local source = data.tensors { x = x, target = x * 2, batch = 2 }
    lu.assertEquals(manager:predict(y, source).dtype, dtype)
    lu.assertTrue(manager:evaluate(source).loss < 0.1)
  end
end

function TestPrecision:test_loops_by_hand_compute_in_it_too()
  local manager, optimizer, y = line { precision = "bf16-mixed" }
  local seen
  for batch in manager:batches() do
    local out = manager:forward(batch)
    seen = out.loss.dtype
    optimizer:step(out.loss)
  end
  lu.assertEquals({ seen, y.dtype }, { "float32", "float32" })
end

function TestPrecision:test_the_command_line_chooses_it()
  child.write("tiny.lua", (child.training:gsub("CALLBACKS", "nil")))
  local code, _, err = child.orrery "run tiny.lua --precision 16-mixed --deterministic --history false"
  lu.assertEquals(code, 0, err)
  code, _, err = child.orrery "run tiny.lua --precision 8 --history false"
  lu.assertEquals(code, 2, err)
  lu.assertStrContains(err, "16-mixed")
end

function TestPrecision:test_what_does_not_fit_is_refused()
  lu.assertStrContains(refusal(function() line { precision = "bf16" } end), "bf16-mixed")
  lu.assertStrContains(refusal(function() line { precision = 16 } end), "precision")
  lu.assertStrContains(refusal(function() line { precision = "16-mixed", detect_nan = true } end),
    "detect_nan would stop at gradients that 16-mixed scales too far")
  lu.assertStrContains(run_refused({ precision = "16-mixed" }, { kind = "LBFGS" }),
    "LBFGS compares losses, which 16-mixed scales")
end

TestDeterministic = {}

local function unpooled(options)
  orrery.manual_seed(1)
  local g = orrery.graph "unpool"
  local x = orrery.randn(4, 1, 4, 4)
  local input, target = g:input(data.tensors { x = x, target = orrery.randn(4, 1, 4, 4), batch = 2 })
  local pooled, places = nn.MaxPool2d({ kernel_size = 2, return_indices = true })(nn.Conv2d(1, 1, 1)(input))
  local loss = nn.MSELoss()(nn.MaxUnpool2d(2)(pooled, places), target)
  options.optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
  options.history, options.progress, options.device = false, false, "cpu"
  return orrery.manager(g, options)
end

function TestDeterministic:test_an_operation_that_is_not_is_named()
  lu.assertEquals(unpooled({}):run().steps, 2)
  local text = refusal(function() unpooled({ deterministic = true }):run() end)
  lu.assertStrContains(text, "max_unpool2d (MaxUnpool2d) failed on ")
  lu.assertStrContains(text, "does not have a deterministic implementation")
  lu.assertStrContains(text, "leave out deterministic = true")
  lu.assertEquals(unpooled({}):run().steps, 2)
end

function TestDeterministic:test_asked_to_warn_it_is_told_once_and_goes_on()
  child.write("unpooled.lua", [[
local orrery = require "orrery"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data
local g = orrery.graph "unpooled"
local x = orrery.randn(4, 1, 4, 4)
local input, target = g:input(data.tensors { x = x, target = x, batch = 2 })
local pooled, places = nn.MaxPool2d({ kernel_size = 2, return_indices = true })(nn.Conv2d(1, 1, 1)(input))
local loss = nn.MSELoss()(nn.MaxUnpool2d(2)(pooled, places), target)
local manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
  device = "cpu" })
print(manager.deterministic, manager:run().steps)
]])
  for _, words in ipairs { "--deterministic=warn", "--deterministic warn" } do
    local code, out, err = child.orrery("run unpooled.lua --no-progress --history false " .. words)
    lu.assertEquals({ code, out }, { 0, "warn\t2\n" }, err)
    local _, count = err:gsub("max_unpooling2d_forward_out does not have a deterministic", "")
    lu.assertEquals(count, 1, err)
  end
  lu.assertStrContains(refusal(function() unpooled { deterministic = "wran" } end),
    "deterministic must be true or false, or 'warn', got \"wran\"")
end

function TestDeterministic:test_the_same_numbers_come_with_and_without()
  orrery.manual_seed(1)
  local with = line({ deterministic = true, epochs = 3 }):run().train.loss
  orrery.manual_seed(1)
  lu.assertEquals(line({ epochs = 3 }):run().train.loss, with)
end

TestMemory = {}

local wide = [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local g = orrery.graph "big"
local x, y = orrery.zeros(4096, 8), orrery.zeros(4096, 1)
local input, target = g:input(data.tensors { x = x, target = y, batch = 4096 })
local wide = g:block("wide", function(v) return nn.Linear(8, 200000)(v):relu() end)
local loss = nn.MSELoss()(nn.Linear(200000, 1)(wide(input)), target)
orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), history = false,
  progress = false, device = "cpu", threads = 1 }):run()
]]

function TestMemory:test_a_step_that_does_not_fit_tells_sizes_and_the_biggest_blocks()
  lu.skipIf(core.version().sanitizers ~= "", "memory is not the program's own in a sanitized build")
  local script = child.write("wide.lua", wide)
  local code, _, err = child.shell(("ulimit -v 3500000; %s run %s"):format(child.program, script))
  lu.assertEquals(code, 5, err)
  lu.assertStrContains(err, "wide.lua:6: wide/linear (Linear) failed on (4096, 8) float32: ")
  -- The results of the wide block and their gradients, at once.
  lu.assertStrMatches(err, ".*you tried to allocate 65%d%d%d%d%d%d%d%d bytes.*")
  lu.assertStrContains(err, " are available, also after what nobody needs was freed")
  lu.assertStrContains(err, "The most is taken by wide (")
  lu.assertStrContains(err, "Use a smaller batch")
end

-- LibTorch ends the program there.
function TestTrainingFaults:test_group_norm_of_channels_that_lie_last_and_are_not_trained_is_computed()
  for _, engine in ipairs { "plan", "autograd" } do
    local g = orrery.graph "g"
    local x = g:input(data.tensors { x = orrery.randn(8, 6, 6, 4), batch = 8 })
    local loss = nn.GroupNorm(2, 4)(x:permute(0, 3, 1, 2)):sin():mean()
    local optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
    local summary = orrery.manager(g, { optimizer = optimizer, engine = engine, history = false,
      progress = false, device = "cpu" }):run()
    lu.assertEquals(summary.steps, 1)
  end
end

child.finish(lu.LuaUnit.run())
