-- `orrery explain` runs a script up to its training and tells how a step is computed.
local lu = require "luaunit"
local core = require "orrery.core"
local step_tree = require "orrery.cli.step_tree"
local text = require "orrery.cli.text"
local child = require "cli_child"
local orrery = child.orrery

child.write("net.lua", [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local config = orrery.config { width = 16, layers = 2, batch = 32, engine = "auto", skipped = "" }
local g = orrery.graph "net"
local image, label = g:input(data.digits { batch = config.batch })
local body = g:block("body", function(x)
  x = nn.Linear(64, config.width)(x:flatten(1)):relu()
  for _ = 1, config.layers do x = nn.Linear(config.width, config.width)(x):relu() end
  return x
end)
local logits = nn.Linear(config.width, 10, { name = "head" })(body(image))
local loss = nn.CrossEntropyLoss()(logits, label)
local optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
local manager = orrery.manager(g, { optimizer = optimizer, epochs = 1, threads = 1, device = "cpu",
  engine = config.engine, skip_passes = config.skipped })
manager:run()
error "the script was run"
]])

local function explained(words)
  local code, out, err = orrery("explain " .. words .. " --json")
  lu.assertEquals({ code, err }, { 0, "" })
  local steps, segments, totals, passes = {}, {}, nil, {}
  for line in out:gmatch "[^\n]+" do
    local object = core.parse_json(line, "line")
    lu.assertEquals(object.schema, "orrery.explain/1")
    if object.kind == "step" then steps[#steps + 1] = object end
    if object.kind == "segment" then segments[#segments + 1] = object end
    if object.kind == "totals" then totals = object end
    if object.kind == "pass" then passes[#passes + 1], passes[object.pass] = object, object end
  end
  return steps, segments, totals, passes
end

local function step_of(steps, path)
  for _, step in ipairs(steps) do
    if step.path == path then return step end
  end
  error("no step " .. path)
end

TestExplain = {}

function TestExplain:test_sums_up_and_lists_the_steps_by_block()
  local code, out, err = orrery "explain net.lua"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrMatches(out:match "^[^\n]*", "net  forward and backward of a batch of 32 on cpu, 1 thread")
  lu.assertStrContains(out, "\nthreads       1, asked for\nengine        the plan: ")
  lu.assertStrMatches(out:match "\nmedian time +([^\n]*)",
    "[%d.]+ %S+ with the plan, [%d.]+ %S+ with autograd %([%d.]+ ×, of %d+%)")
  lu.assertStrContains(out, "\npeak memory   ")
  lu.assertStrContains(out, "\nallocations   ")
  lu.assertStrContains(out, "├─ body")
  lu.assertStrContains(out, "(32, 10)")
  lu.assertNotStrContains(out, "\27")
end

function TestExplain:test_tells_of_captured_steps_on_a_gpu_alone()
  local captured = require "orrery.cli.explanation".captured
  lu.assertEquals(captured "captured", "a run captures the whole step with its update, and replays it")
  lu.assertEquals(captured "detect_nan looks at every value", "not captured: detect_nan looks at every value")
  local _, out = orrery "explain net.lua"
  lu.assertNotStrContains(out, "CUDA graph")
  local _, _, totals = explained "net.lua"
  lu.assertNil(totals.cuda_graph)
end

function TestExplain:test_writes_nothing_and_trains_nothing()
  lu.assertEquals((orrery "explain net.lua"), 0)
  lu.assertNil(child.read "orrery.db")
end

function TestExplain:test_gives_steps_segments_and_totals_as_json()
  local steps, segments, totals = explained "net.lua"
  lu.assertEquals({ totals.graph, totals.engine, totals.threads, totals.samples, totals.device },
    { "net", "plan", 1, 32, "cpu" })
  lu.assertEquals(totals.thread_reason, "asked")
  for _, cost in ipairs { totals.plan, totals.autograd } do
    lu.assertTrue(cost.seconds > 0)
    lu.assertTrue(cost.peak_bytes > 0)
  end
  lu.assertTrue(totals.plan.allocations < totals.autograd.allocations)
  lu.assertTrue(#segments > 0)
  lu.assertTrue(segments[1].arena_bytes > 0 and segments[1].buffer_bytes > 0)
  local head = step_of(steps, "head")
  lu.assertEquals({ head.operation, head.forward, head.outputs[1].shape, head.bytes },
    { "Linear", "own", "(32, 10)", 32 * 10 * 4 })
  lu.assertEquals(step_of(steps, "cross_entropy_loss").backward_step, 1)
  for at, step in ipairs(steps) do lu.assertEquals(step.step, at) end
end

function TestExplain:test_an_activation_is_fused_into_its_layer()
  local steps = explained "net.lua"
  local relu = step_of(steps, "body/relu")
  lu.assertEquals(relu.forward, "fused")
  lu.assertEquals(steps[relu.fused_into].path, "body/linear")
end

function TestExplain:test_follows_the_engine_and_settings_of_the_script()
  local steps, segments, totals = explained "net.lua engine=autograd batch=8"
  lu.assertEquals({ totals.engine, totals.why_not, totals.samples },
    { "autograd", "autograd was asked for", 8 })
  lu.assertEquals({ #segments, step_of(steps, "head").backward }, { 0, "autograd" })
  lu.assertTrue(totals.plan.seconds > 0)
  local _, out = orrery "explain net.lua engine=autograd"
  lu.assertStrContains(out, "engine        autograd: autograd was asked for\n")
end

function TestExplain:test_an_activation_that_is_fused_stores_nothing()
  local steps = explained "net.lua"
  lu.assertEquals({ step_of(steps, "body/relu").bytes, step_of(steps, "body/linear").bytes },
    { 0, 32 * 16 * 4 })
end

function TestExplain:test_tells_what_each_pass_did()
  local _, _, _, passes = explained "net.lua"
  local names = {}
  for at, pass in ipairs(passes) do names[at] = pass.pass end
  lu.assertEquals(names, { "common_subexpressions", "constant_folding", "fold_batch_norm", "dead_nodes",
    "lowering", "fuse_activations", "relu_after_max_pool", "branches_side_by_side", "fold_updates" })
  local fused = passes.fuse_activations
  lu.assertEquals({ fused.nodes, fused.count, fused.bytes, fused.off, fused.evaluation, fused.seconds },
    { { "body/relu", "body/relu_2", "body/relu_3" }, 3, 3 * 2 * 32 * 16 * 4, false, false })
  lu.assertEquals(passes.dead_nodes.count, 0)
  local _, out = orrery "explain net.lua"
  lu.assertStrMatches(out:match "\nfuse_activations[^\n]*",
    "\nfuse_activations +3 +12%.29 kB +body/relu, body/relu_2, body/relu_3")
  lu.assertNotStrContains(out, "without")
end

function TestExplain:test_measures_what_passes_gain_when_asked()
  local _, _, _, passes = explained "net.lua --measure"
  for _, pass in ipairs(passes) do
    lu.assertEquals({ pass.pass, (pass.seconds or 0) > 0, (pass.seconds_without or 0) > 0 },
      { pass.pass, pass.count > 0, pass.count > 0 })
  end
  local _, out = orrery "explain net.lua --measure"
  lu.assertStrMatches(out:match "\npass +[^\n]*", "\npass +nodes +not moved +with +without +gain +which")
  lu.assertStrMatches(out:match "\nfuse_activations[^\n]*",
    "\nfuse_activations +3 +12%.29 kB +[%d.]+ %S+ +[%d.]+ %S+ +[%d.]+ × +body/relu.*")
end

function TestExplain:test_passes_are_left_out_by_name()
  local steps, _, _, passes = explained "net.lua skipped=fuse_activations,dead_nodes"
  lu.assertEquals(step_of(steps, "body/relu").forward, "own")
  lu.assertEquals({ passes.fuse_activations.off, passes.fuse_activations.count, passes.lowering.off },
    { true, 0, false })
  local _, out = orrery "explain net.lua skipped=fuse_activations"
  lu.assertStrMatches(out:match "\nfuse_activations[^\n]*", "\nfuse_activations +off")
  local _, segments = explained "net.lua skipped=lowering"
  lu.assertEquals(#segments, 0)
end

child.write("branches.lua", [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local config = orrery.config { threads = 2, epochs = 1 }
local g = orrery.graph "branches"
local image, label = g:input(data.digits { batch = 32 })
local x = image:flatten(1)
local function tower(name)
  return g:block(name, function(h)
    for _ = 1, 4 do h = nn.Linear(64, 64)(h):relu() end
    return h
  end)(x)
end
local loss = nn.CrossEntropyLoss()(nn.Linear(64, 10)(tower "left" + tower "right"), label)
orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), device = "cpu",
  epochs = config.epochs, threads = config.threads, history = false }):run()
]])

function TestExplain:test_tells_of_branches_that_may_run_side_by_side()
  local _, _, _, passes = explained "branches.lua --measure"
  local branches = passes.branches_side_by_side
  lu.assertEquals({ branches.count, branches.untaken, branches.nodes[1], branches.nodes[8] },
    { 8, true, "left/linear", "right/linear_4" })
  lu.assertTrue(branches.seconds > 0 and branches.seconds_without > 0)
  local _, out = orrery "explain branches.lua"
  lu.assertStrMatches(out:match "\nbranches_side_by_side[^\n]*",
    "\nbranches_side_by_side +8 +not taken: left/linear, left/linear_2, .*")
  lu.assertNotStrContains(out, "small branches side by side")
  _, _, _, passes = explained "branches.lua threads=1"
  lu.assertEquals({ passes.branches_side_by_side.count, passes.branches_side_by_side.untaken }, { 0, false })
end

function TestExplain:test_no_line_is_wider_than_a_hundred_columns()
  local long = ("a_long_name_"):rep(9)
  child.write("long.lua", (child.read "net.lua":gsub('graph "net"', 'graph "' .. long .. '"')
    :gsub('name = "head"', 'name = "' .. ("head_of_it_all_"):rep(8) .. '"')))
  for _, words in ipairs { "explain long.lua --measure", "explain long.lua --all" } do
    local code, out, err = orrery(words)
    lu.assertEquals({ code, err }, { 0, "" })
    for line in out:gmatch "[^\n]+" do lu.assertTrue(text.width(line) <= 100, line) end
  end
end

function TestExplain:test_folds_what_repeats()
  local _, out = orrery "explain net.lua layers=12"
  lu.assertStrContains(out, "… these 2, 12 × more")
  lu.assertNotStrContains(out, "relu_9")
  local _, whole = orrery "explain net.lua layers=12 --all"
  lu.assertStrContains(whole, "relu_9")
  lu.assertNotStrContains(whole, "× more")
end

function TestExplain:test_a_loop_by_hand_is_recorded()
  child.write("hand.lua", (child.read "net.lua":gsub("manager:run%(%)",
    "for batch in manager:batches() do manager:forward(batch) end")))
  local _, _, totals = explained "hand.lua"
  lu.assertEquals(totals.why_not, "a loop by hand asks for gradients itself")
end

function TestExplain:test_tells_what_is_updated_within_the_backward_pass()
  local _, out = orrery "explain net.lua width=128 skipped=fold_updates"
  lu.assertStrContains(out, "\nupdates       2 of 8 tensors within the backward pass, "
    .. "0.13 MB of gradients never held at once\n")
  local _, _, totals = explained "net.lua width=128 skipped=fold_updates"
  lu.assertEquals(totals.updates,
    { parameters = 8, within_backward = 2, folded = 0, bytes = 2 * 128 * 128 * 4 })
  local _, small = orrery "explain net.lua skipped=fold_updates"
  lu.assertStrContains(small, "\nupdates       behind the backward pass: no tensor has 65.54 kB\n")
end

function TestExplain:test_tells_which_weights_are_updated_in_the_place_of_their_gradient()
  local _, out = orrery "explain net.lua"
  lu.assertStrContains(out, "\nupdates       8 of 8 tensors within the backward pass, "
    .. "4 of them in the place of their gradient,\n")
  local weights, biases = 64 * 16 + 2 * 16 * 16 + 16 * 10, 3 * 16 + 10
  local _, _, totals, passes = explained "net.lua"
  lu.assertEquals(totals.updates,
    { parameters = 8, within_backward = 8, folded = 4, bytes = (weights + biases) * 4 })
  lu.assertEquals(passes.fold_updates.nodes, { "body/linear", "body/linear_2", "body/linear_3", "head" })
  lu.assertEquals(passes.fold_updates.bytes, 2 * weights * 4)
end

function TestExplain:test_tells_why_updates_wait()
  child.write("waiting.lua", (child.read "net.lua":gsub("epochs = 1", "epochs = 1, gradient_clip_val = 1")))
  local _, out = orrery "explain waiting.lua width=128"
  lu.assertStrContains(out,
    "\nupdates       behind the backward pass: gradient_clip_val needs all gradients\n")
  child.write("looking.lua", (child.read "net.lua":gsub("epochs = 1",
    "epochs = 1, callbacks = { {}, { after_backward = function() end } }")))
  local _, _, totals = explained "looking.lua width=128"
  lu.assertEquals(totals.updates, { parameters = 8, within_backward = 0, folded = 0, bytes = 0,
    why_not = "a callback looks at all gradients" })
end

-- Turns of a loop are let go of as its derivative comes to them, and the value that it goes through as soon
-- as no derivative needs it.
function TestExplain:test_a_loop_holds_no_more_than_under_autograd()
  child.write("loop.lua", [[
local orrery = require "orrery"
local nn = orrery.nn
local g = orrery.graph "loop"
local x, target = g:input(orrery.data.tensors { x = orrery.randn(32, 64, 32), target = orrery.randn(32, 10),
  batch = 16 })
local hold = nn.Linear(64, 64)
local last = orrery.scan(function(h, row) return (hold(h) + row):tanh() end, g:zeros(16, 64),
  nn.Linear(32, 64)(x):transpose(0, 1))
local loss = nn.MSELoss()(nn.Linear(64, 10)(last), target)
local optimizer = orrery.optim.SGD(g:parameters(), { loss = loss, lr = 0.1 })
orrery.manager(g, { optimizer = optimizer, epochs = 1, threads = 1, skip_passes = "lowering" }):run()
]])
  local _, _, totals = explained "loop.lua"
  lu.assertTrue(totals.plan.peak_bytes <= 1.02 * totals.autograd.peak_bytes,
    totals.plan.peak_bytes .. " bytes against " .. totals.autograd.peak_bytes)
end

function TestExplain:test_says_what_is_missing()
  child.write("bare.lua", [[
    local orrery = require "orrery"
    local g = orrery.graph "bare"
    local x = g:input { x = { shape = { 2 } } }
    local _ = x:relu()
  ]])
  local code, out, err = orrery "explain bare.lua"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "graph 'bare' has no manager, so there is no training step\n"
    .. "  Give it one: orrery.manager(g, { optimizer = optimizer }).")
  local other, _, words = orrery "explain net.lua --graph other"
  lu.assertEquals(other, 2)
  lu.assertStrContains(words, "net.lua has no graph 'other'")
end

TestStepTree = {}

-- A graph's facts and steps: `paths` with the operation of each.
local function made(paths)
  local facts, steps, known = { blocks = {}, nodes = {} }, {}, {}
  local function block(path)
    if known[path] then return end
    known[path] = true
    if path ~= "" then block(path:match "^(.*)/[^/]*$" or "") end
    table.insert(facts.blocks, { path = path, name = path:match "[^/]*$" })
  end
  block ""
  for at, path in ipairs(paths) do
    local within = path:match "^(.*)/[^/]*$" or ""
    block(within)
    local name = path:match "[^/]*$"
    facts.nodes[at] = { block = within, path = path, name = name }
    steps[at] = { path = path, operation = name:gsub("_%d+$", ""), forward = "aten", backward = "rule",
      bytes = 8, outputs = { { shape = "(2,)" } } }
  end
  return facts, steps
end

local function lines_of(paths, all)
  local facts, steps = made(paths)
  local lines = {}
  for at, row in ipairs(step_tree.of(facts, steps, all)) do
    local fold = row.kind == "fold" and ("%d x %d"):format(row.times, row.period)
    lines[at] = ("%s%s %d-%d %d"):format(row.tree, fold or row.name, row.first, row.last, row.bytes)
  end
  return lines
end

function TestStepTree:test_keeps_what_differs()
  lu.assertEquals(lines_of { "a", "b", "c" }, { "├─ a 1-1 8", "├─ b 2-2 8", "└─ c 3-3 8" })
end

function TestStepTree:test_folds_three_alike_and_not_two()
  lu.assertEquals(lines_of { "a", "a_2" }, { "├─ a 1-1 8", "└─ a_2 2-2 8" })
  lu.assertEquals(lines_of { "a", "a_2", "a_3", "b" },
    { "├─ a 1-1 8", "├─ 2 x 1 2-3 16", "└─ b 4-4 8" })
end

function TestStepTree:test_folds_what_repeats_in_turns()
  lu.assertEquals(lines_of { "a", "b", "a_2", "b_2", "a_3", "b_3" },
    { "├─ a 1-1 8", "├─ b 2-2 8", "└─ 2 x 2 3-6 32" })
end

function TestStepTree:test_folds_two_blocks_alike()
  lu.assertEquals(lines_of { "m/a", "m/b", "n/a", "n/b", "n2/a" },
    { "├─ m 1-2 16", "│  ├─ a 1-1 8", "│  └─ b 2-2 8", "├─ 1 x 1 3-4 16", "└─ n2 5-5 8", "   └─ a 5-5 8" })
end

function TestStepTree:test_folds_nothing_when_asked_for_all()
  lu.assertEquals(#lines_of({ "a", "a_2", "a_3" }, true), 3)
end

function TestStepTree:test_leaves_out_what_takes_no_step()
  local facts, steps = made { "m/a", "b" }
  table.remove(steps, 1)
  local rows = step_tree.of(facts, steps)
  lu.assertEquals({ #rows, rows[1].name, rows[1].first }, { 1, "b", 1 })
end

function TestStepTree:test_hundreds_of_steps_stay_readable()
  local paths = {}
  for layer = 1, 60 do
    for _, name in ipairs { "norm", "query", "key", "value", "attention", "add", "linear", "gelu" } do
      paths[#paths + 1] = ("block_%d/%s"):format(layer, name)
    end
  end
  lu.assertEquals(#lines_of(paths), 10)
  lu.assertEquals(#lines_of(paths, true), 60 * 9)
end

child.finish(lu.LuaUnit.run())
