-- What a run's profile keeps at each level, what `orrery history` tells of it, and traces for other tools.

local lu = require "luaunit"
local child = require "cli_child"
local core = require "orrery.core"

-- 6 steps an epoch, so that the window lies within the first.
child.write("train.lua", [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local g = orrery.graph "tiny"
local image, label = g:input(data.digits { batch = 256 })
local hidden = g:block("hidden", function(x) return nn.ReLU()(nn.Linear(64, 32, { name = "fc" })(x)) end)
local logits = nn.Linear(32, 10, { name = "out" })(hidden(image:flatten(1)))
local loss = nn.CrossEntropyLoss()(logits, label)
orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 2,
  device = "cpu" }):run()
]])

local recorded = {}

-- A history with one run of this level.
local function run_with(level)
  local file = level:gsub("%W", "_") .. ".db"
  if not recorded[level] then
    local script = child.read("train.lua"):gsub("epochs = 2", ("%%0, history = %q"):format(file))
    child.write("now.lua", script)
    local code, _, err = child.orrery("run now.lua --profile " .. level)
    lu.assertEquals(code, 0, err)
    recorded[level] = true
  end
  return file
end

local function objects(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do list[#list + 1] = core.parse_json(line, "line") end
  return list
end

local function answer(words)
  local code, out, err = child.orrery("history " .. words)
  lu.assertEquals({ code, err }, { 0, "" }, words)
  return out
end

local function rows(file, statement)
  local found = objects(answer(('sql --json --db %s "%s"'):format(file, statement)))
  for at, object in ipairs(found) do found[at] = object.row end
  return found
end

local function number(file, statement)
  local _, value = next(rows(file, "SELECT " .. statement)[1])
  return value
end

-- The part of a step whose sum is the others, and what those are.
local function assert_parts_add_up(file)
  local whole = number(file, "seconds FROM part_cost WHERE part = 'step'")
  local sum = number(file, "sum(seconds) FROM part_cost WHERE part <> 'step'")
  lu.assertTrue(whole > 0)
  lu.assertAlmostEquals(sum, whole, 1e-9)
end

TestLevels = {}

function TestLevels:test_off_keeps_nothing()
  local file = run_with "off"
  for _, name in ipairs { "block_profiles", "node_profiles", "part_profiles", "step_profiles",
    "kernel_profiles" } do
    lu.assertEquals(number(file, "count(*) FROM " .. name), 0, name)
  end
end

function TestLevels:test_block_keeps_blocks_and_parts_alone()
  local file = run_with "block"
  assert_parts_add_up(file)
  lu.assertEquals(number(file, "count(DISTINCT block_id) FROM block_profiles"), 2)
  for _, name in ipairs { "node_profiles", "step_profiles", "kernel_profiles" } do
    lu.assertEquals(number(file, "count(*) FROM " .. name), 0, name)
  end
end

function TestLevels:test_node_keeps_each_node_in_each_epoch()
  local file = run_with "node"
  assert_parts_add_up(file)
  local epochs = "count(*) FROM node_epochs WHERE quantity = 'forward_seconds'"
  lu.assertEquals({ number(file, epochs), number(file, epochs .. " AND count <> 6") }, { 12, 0 })
  -- Inputs, the three layers, the loss and what lies between.
  lu.assertEquals(number(file, "count(*) FROM node_cost WHERE steps = 12"), 6)
  lu.assertEquals(number(file, "count(*) FROM step_profiles"), 0)
  lu.assertEquals(number(file, "count(*) FROM kernel_profiles"), 0)
end

function TestLevels:test_the_nodes_of_a_block_add_up_to_it()
  local file = run_with "node"
  for _, quantity in ipairs { "forward_seconds", "backward_seconds", "flops", "bytes_moved" } do
    local nodes = number(file, ("sum(%s) FROM node_cost WHERE block = 'hidden'"):format(quantity))
    local block = number(file, ("own_%s FROM block_cost WHERE path = 'hidden'"):format(quantity))
    lu.assertTrue(block > 0, quantity)
    lu.assertAlmostEquals(nodes, block, 1e-9 * math.max(block, 1), quantity)
  end
end

-- relu is computed with the layer before it.
function TestLevels:test_the_time_of_a_pass_for_two_nodes_is_split_and_marked()
  local file = run_with "node"
  local of = {}
  for _, row in ipairs(rows(file, "SELECT * FROM node_cost WHERE fused_share IS NOT NULL")) do
    of[row.path] = row
  end
  local layer, relu = of["hidden/fc"], of["hidden/relu"]
  lu.assertEquals(number(file, "count(*) FROM node_cost WHERE fused_share IS NOT NULL"), 2)
  local cost = math.max(layer.flops, layer.bytes_moved)
  local share = cost / (cost + math.max(relu.flops or 0, relu.bytes_moved))
  lu.assertAlmostEquals(layer.fused_share, share, 1e-9)
  lu.assertAlmostEquals(relu.fused_share, 1 - share, 1e-9)
  for _, pass in ipairs { "forward_seconds", "backward_seconds" } do
    -- To the nanosecond of each step.
    lu.assertAlmostEquals(layer[pass] / (layer[pass] + relu[pass]), share, 1e-3)
  end
end

function TestLevels:test_nodes_of_one_pass_are_marked_in_the_tree()
  local file = run_with "node"
  local told = answer("blocks --nodes --db " .. file)
  lu.assertStrMatches(told, ".*fc %(Linear%) ≈.*")
  lu.assertStrMatches(told, ".*relu %(ReLU%) ≈.*")
  lu.assertStrMatches(told, ".*out %(Linear%)%s.*")
  lu.assertStrContains(told:gsub("%s+", " "), "its time is split by predicted cost")
  for _, words in ipairs { "", "--nodes --by memory" } do
    lu.assertNotStrContains(answer(("blocks %s --db %s"):format(words, file)), "≈")
  end
  local shares = {}
  for _, entry in ipairs(objects(answer("blocks --nodes --json --db " .. file))) do
    shares[entry.path] = entry.fused_share
  end
  lu.assertAlmostEquals(shares["hidden/fc"] + shares["hidden/relu"], 1, 1e-9)
end

function TestLevels:test_a_window_keeps_the_pieces_of_its_steps()
  local file = run_with "step:2-4"
  assert_parts_add_up(file)
  local steps = rows(file, "SELECT step, count(node) AS nodes, min(begin_ns) AS first, "
    .. "sum(duration_ns) FILTER (WHERE node IS NULL) AS parts, "
    .. "max(begin_ns + duration_ns) AS last FROM step_spans GROUP BY step ORDER BY step")
  lu.assertEquals(#steps, 3)
  for at, step in ipairs(steps) do
    lu.assertEquals(step.step, at + 1)
    lu.assertTrue(step.nodes >= 6, step.nodes)
    lu.assertEquals(step.parts, step.last - step.first)
    if at > 1 then lu.assertEquals(step.first, steps[at - 1].last) end
  end
  lu.assertEquals(number(file, "count(*) FROM step_spans WHERE part = 'forward' AND node = 'hidden/fc'"), 3)
  lu.assertEquals(number(file, "count(*) FROM step_spans WHERE part = 'backward' AND node = 'hidden/fc'"), 3)
end

function TestLevels:test_a_step_takes_as_long_in_the_window_as_in_the_epoch()
  local file = run_with "step:1-12"
  local kept = number(file, "sum(duration_ns) / 1e9 FROM step_spans WHERE node IS NULL")
  local whole = number(file, "seconds FROM part_cost WHERE part = 'step'")
  lu.assertAlmostEquals(kept, whole, 0.02 * whole)
end

-- Those of a pass for several nodes stand under the one that computes the other.
function TestLevels:test_the_calls_of_a_node_add_up_to_its_time()
  local file = run_with "kernel"
  assert_parts_add_up(file)
  for _, nodes in ipairs { "'out'", "'hidden/fc', 'hidden/relu'" } do
    for _, pass in ipairs { "forward", "backward" } do
      local calls = number(file,
        ("sum(seconds) FROM kernel_cost WHERE node IN (%s) AND part = '%s'"):format(nodes, pass))
      local time = number(file, ("sum(%s_seconds) FROM node_cost WHERE path IN (%s)"):format(pass, nodes))
      lu.assertTrue(time > 0)
      lu.assertAlmostEquals(calls, time, 0.02 * time, nodes .. " " .. pass)
    end
  end
  lu.assertEquals(number(file, "count(*) FROM kernel_cost WHERE node = 'hidden/relu'"), 0)
  lu.assertEquals(number(file, "count(*) FROM step_profiles"), 0)
end

function TestLevels:test_calls_are_listed_the_dearest_first()
  local file = run_with "kernel"
  local code, told = child.orrery("history blocks --kernels --db " .. file)
  lu.assertEquals(code, 0)
  lu.assertStrMatches(told, "call +node +part +calls +ms +share.*")
  lu.assertStrContains(told, "(outside)")
  local _, plain = child.orrery("history blocks --kernels --plain --db " .. file)
  local before, sum, shares = math.huge, 0, 0
  for seconds, share in plain:gmatch "[^\n]*\tcpu\t%d+\t([%d.e-]+)\t[^\t]+\t[^\t]+\t([%d.e-]+)\n" do
    lu.assertTrue(tonumber(seconds) <= before)
    before, sum, shares = tonumber(seconds), sum + tonumber(seconds), shares + tonumber(share)
  end
  lu.assertAlmostEquals(sum, number(file, "sum(seconds) FROM kernel_cost"), 1e-9)
  lu.assertAlmostEquals(shares, sum / number(file, "seconds FROM part_cost WHERE part = 'step'"), 1e-9)
  code, _, told = child.orrery("history blocks --kernels --db " .. run_with "node")
  lu.assertEquals(code, 2)
  lu.assertStrContains(told, "Train with --profile kernel to have them.")
end

function TestLevels:test_a_page_says_what_its_rows_and_columns_are()
  local _, told = child.orrery("history show --db " .. run_with "block")
  lu.assertStrContains(told, "\nTime of a step: the whole graph, then blocks by themselves\n")
  lu.assertStrContains(told, "\nMemory in KiB, at most: the whole graph, then blocks by themselves\n")
  lu.assertStrContains(told, "TMU (output tensors), TGU (their gradients)")
end

function TestLevels:test_a_run_without_a_profile_says_so()
  local _, _, told = child.orrery("history blocks --db " .. run_with "off")
  lu.assertStrContains(told, "was not profiled: it was trained with --profile off")
end

function TestLevels:test_that_are_none_are_refused()
  for _, level in ipairs { "blok", "step:4-2", "step:0-3", "step:1-20000" } do
    local code, _, err = child.orrery("run now.lua --profile " .. level)
    lu.assertNotEquals(code, 0, level)
    lu.assertStrContains(err, level)
  end
end

TestKilled = {}

-- As soon as the last epoch is in the file, while its callback goes on.
function TestKilled:test_leaves_the_parts_of_the_last_epoch()
  local waits = "while ! sqlite3 killed.db 'SELECT epoch FROM epochs' | grep -q 2; do sleep 0.05; done"
  local callback = ("history = 'killed.db', callbacks = { { epoch_end = function(at) "
    .. "if at.epoch == 2 then os.execute(%q .. '; kill -9 $PPID') end end } }, epochs = 2"):format(waits)
  child.write("dies.lua", (child.read("train.lua"):gsub("epochs = 2", function() return callback end)))
  local code = child.orrery "run dies.lua"
  lu.assertNotEquals(code, 0)
  assert_parts_add_up "killed.db"
  local last = "%s FROM part_epochs WHERE epoch = 2 AND part = '%s'"
  lu.assertEquals(number("killed.db", last:format("count", "step")), 6)
  lu.assertTrue(number("killed.db", last:format("sum", "callbacks")) > 0)
  lu.assertEquals(number("killed.db", "count(*) FROM runs WHERE status = 'interrupted'"), 1)
end

TestTraces = {}

local function exported(level, format, name)
  local words = "history export --db %s --%s %s"
  local code, out, err = child.orrery(words:format(run_with(level), format, name))
  return { code = code, out = out, err = err, text = child.read(name) }
end

function TestTraces:test_chrome_has_each_step_with_its_parts_and_nodes()
  local done = exported("step:2-4", "chrome", "trace.json")
  lu.assertEquals(done.code, 0, done.err)
  local events = core.parse_json(done.text, "trace.json").traceEvents
  local counts, steps = {}, {}
  for _, event in ipairs(events) do
    if event.ph == "X" then
      counts[event.name] = (counts[event.name] or 0) + 1
      lu.assertTrue(event.dur >= 0)
      if event.cat == "step" then steps[#steps + 1] = event end
    end
  end
  lu.assertEquals({ #steps, steps[1].name, steps[3].name }, { 3, "step 2", "step 4" })
  -- In the forward and in the backward pass.
  lu.assertEquals({ counts.hidden, counts.fc, counts.out }, { 6, 6, 6 })
  lu.assertTrue(counts.forward >= 3 and counts.backward >= 3 and counts.optimizer >= 3)
  local spans = number("step_2_4.db", "sum(duration_ns) / 1e3 FROM step_spans WHERE node IS NULL")
  lu.assertAlmostEquals(steps[1].dur + steps[2].dur + steps[3].dur, spans, 0.01)
end

function TestTraces:test_speedscope_opens_and_closes_frames_in_turn()
  local done = exported("step:2-4", "speedscope", "profile.json")
  lu.assertEquals(done.code, 0, done.err)
  local file = core.parse_json(done.text, "profile.json")
  local profile, open, seen, at = file.profiles[1], {}, {}, 0
  lu.assertEquals({ profile.type, profile.unit }, { "evented", "nanoseconds" })
  for _, event in ipairs(profile.events) do
    lu.assertTrue(event.at >= at)
    at = event.at
    local frame = file.shared.frames[event.frame + 1].name
    if event.type == "O" then
      open[#open + 1], seen[frame] = frame, true
    else
      lu.assertEquals(table.remove(open), frame)
    end
  end
  lu.assertEquals({ #open, at }, { 0, profile.endValue })
  for _, frame in ipairs { "step 2", "step 4", "forward", "backward", "hidden", "fc", "out" } do
    lu.assertTrue(seen[frame], frame)
  end
  lu.assertNil(seen["step 5"])
end

function TestTraces:test_folded_stacks_add_up_to_the_steps()
  local done = exported("step:2-4", "folded", "stacks.txt")
  lu.assertEquals(done.code, 0, done.err)
  local sum, stacks = 0, {}
  for line in done.text:gmatch "[^\n]+" do
    local stack, nanoseconds = line:match "^(%S.*) (%d+)$"
    lu.assertNotNil(stack, line)
    stacks[stack], sum = true, sum + tonumber(nanoseconds)
  end
  lu.assertTrue(stacks["forward;hidden;fc"] and stacks["backward;hidden;fc"] and stacks["forward;out"])
  lu.assertEquals(sum, number("step_2_4.db", "sum(duration_ns) FROM step_spans WHERE node IS NULL"))
end

function TestTraces:test_of_a_run_without_steps_are_refused()
  for _, format in ipairs { "chrome", "speedscope", "folded" } do
    local done = exported("node", format, "none." .. format)
    lu.assertEquals({ done.code, done.out, done.text }, { 2, "", nil }, format)
    lu.assertStrContains(done.err, "step")
  end
end

TestRates = {}

local function blocks(file, words)
  return objects(answer(("blocks --json --by flops --db %s %s"):format(file, words or "")))
end

function TestRates:test_are_the_work_of_the_forward_pass_in_its_time()
  local file = run_with "node"
  local cost = rows(file, "SELECT * FROM block_cost WHERE path = 'hidden'")[1]
  local block = blocks(file)[2]
  lu.assertEquals(block.path, "hidden")
  lu.assertAlmostEquals(block.gflop_per_second, cost.flops / cost.forward_seconds / 1e9, 1e-9)
  lu.assertAlmostEquals(block.gb_per_second, cost.bytes_moved / cost.forward_seconds / 1e9, 1e-9)
  local shown = core.parse_json(answer("show --json --db " .. file), "show").blocks[2]
  lu.assertEquals(shown.gflop_per_second, block.gflop_per_second)
  lu.assertEquals(shown.own_gb_per_second, block.gb_per_second)
end

function TestRates:test_are_told_of_nodes()
  local file = run_with "node"
  local cost = rows(file, "SELECT * FROM node_cost WHERE path = 'hidden/fc'")[1]
  for _, entry in ipairs(blocks(file, "--nodes")) do
    if entry.path == "hidden/fc" then
      lu.assertAlmostEquals(entry.gflop_per_second, cost.flops / cost.forward_seconds / 1e9, 1e-9)
      return
    end
  end
  lu.fail "the node hidden/fc is not told of"
end

function TestRates:test_say_how_to_measure_the_roof_where_there_is_none()
  local file = run_with "block"
  lu.assertStrContains(answer("blocks --json --by flops --db " .. file), '"share_of_roof":null')
  local told = answer("blocks --by flops --db " .. file)
  lu.assertStrContains(told, "GFLOP/s")
  lu.assertNotStrContains(told, "of roof")
  lu.assertStrContains(told:gsub("%s+", " "), "orrery doctor --roof measures what the machine can do")
end

local function change(file, statement)
  local code, _, err = child.shell(('sqlite3 %s "%s"'):format(file, statement))
  lu.assertEquals(code, 0, err)
end

-- Without the engine's seconds of measuring: a roof as the doctor keeps it.
local function keep_roof(file, gflop_per_second, gb_per_second, threads)
  local statement = "INSERT OR REPLACE INTO roofs SELECT machine_id, device, %s, %s, %s, 1 FROM runs"
  change(file, statement:format(threads or "thread_count", gflop_per_second, gb_per_second))
end

function TestRates:test_are_held_against_the_nearer_roof()
  local file = run_with "kernel"
  keep_roof(file, 1e6, 50)
  local block = blocks(file)[2]
  lu.assertAlmostEquals(block.share_of_roof, block.gb_per_second / 50, 1e-9)
  keep_roof(file, 100, 1e6)
  block = blocks(file)[2]
  lu.assertAlmostEquals(block.share_of_roof, block.gflop_per_second / 100, 1e-9)
  lu.assertStrContains(answer("blocks --by flops --db " .. file), "of roof")
  lu.assertStrContains(answer("show --db " .. file), "of roof")
  lu.assertEquals(core.parse_json(answer("show --json --db " .. file), "show").roof.gflop_per_second, 100)
end

function TestRates:test_take_a_roof_with_the_runs_threads_alone()
  local file = run_with "step:1-12"
  keep_roof(file, 100, 10, "thread_count + 1")
  lu.assertNotStrContains(answer("blocks --by flops --db " .. file), "of roof")
end

local function with_forward_seconds(seconds)
  child.shell("cp " .. run_with "block" .. " short.db")
  change("short.db", ("UPDATE block_totals SET sum = %s WHERE quantity_id = 1 AND block_id = "
    .. "(SELECT block_id FROM blocks WHERE path = 'hidden')"):format(seconds))
  return blocks("short.db")[2]
end

function TestRates:test_are_not_told_of_less_than_a_microsecond_a_step()
  lu.assertNil(with_forward_seconds(11.99e-6).gflop_per_second)
  local told = with_forward_seconds(12.01e-6)
  lu.assertAlmostEquals(told.gflop_per_second, told.flops / 12.01e-6 / 1e9, 1e-6)
end

function TestRates:test_are_not_told_of_an_accelerator()
  child.shell("cp " .. run_with "node" .. " elsewhere.db")
  change("elsewhere.db", "UPDATE runs SET device = 'cuda:0'")
  local block = blocks("elsewhere.db")[2]
  lu.assertTrue(block.flops > 0)
  lu.assertNil(block.gflop_per_second)
  lu.assertNotStrContains(answer "blocks --by flops --db elsewhere.db", "GFLOP/s")
  lu.assertNotStrContains(answer "show --db elsewhere.db", "GFLOP/s")
end

function TestRates:test_stand_with_the_flops_alone()
  local told = answer("blocks --by time --csv --db " .. run_with "block")
  lu.assertNotStrContains(told, "gflop_per_second")
  lu.assertStrContains(answer("blocks --by flops --csv --db " .. run_with "block"),
    ",share,gflop_per_second,gb_per_second,share_of_roof\n")
end

function TestRates:test_are_not_told_of_a_run_without_profile()
  local _, out, err = child.orrery("history blocks --by flops --db " .. run_with "off")
  lu.assertEquals(out, "")
  lu.assertStrContains(err, "was not profiled")
end

child.finish(lu.LuaUnit.run())
