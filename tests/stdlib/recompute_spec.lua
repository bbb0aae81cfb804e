-- Blocks that are computed again in the backward pass train as those that are kept.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local engine_pair = require "engine_pair"
local refused = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

-- Three blocks with batch norm and dropout behind a layer; 22 points in batches of 6, the last of 4.
local function stack(options, mark)
  return function(g)
    local x = orrery.randn(22, 6)
    local h, target = g:input(data.tensors { x = x, target = (x:sum(1, true) * 0.5):tanh(), batch = 6,
      shuffle = true })
    h = nn.Linear(6, 8)(h)
    for _ = 1, 3 do
      local block = g:block("block", function(y)
        return y + nn.Dropout(0.2)(nn.Linear(8, 8)(nn.BatchNorm1d(8)(y)):relu())
      end)
      if mark then mark(block) end
      h = block(h)
    end
    local optimizer = optim.SGD(g:parameters(), { lr = 0.05, momentum = 0.9,
      loss = nn.MSELoss()(nn.Linear(8, 1)(h), target) })
    local given = { epochs = 3 }
    for key, value in pairs(options or {}) do given[key] = value end
    return { optimizer }, given
  end
end

local function marked(block) block:recompute() end

-- Under autograd to the last bit; own kernels may round otherwise at a block's border.
local function assert_same(options, what)
  for engine, margin in pairs { autograd = 0, plan = 1e-5 } do
    local kept, weights = engine_pair.train(engine, stack(options))
    local again, ends = engine_pair.train(engine, stack(options, marked))
    local name = what .. " under " .. engine
    engine_pair.assert_same_losses(again, kept, margin, name)
    engine_pair.assert_same_weights(ends, weights, margin, name)
  end
end

TestRecompute = {}

function TestRecompute:test_trains_as_without_it() assert_same({}, "plainly") end

function TestRecompute:test_trains_alike_with_accumulated_and_clipped_gradients()
  assert_same({ accumulate_grad_batches = 3, gradient_clip_val = 0.5 }, "accumulated")
end

function TestRecompute:test_trains_alike_in_mixed_precision()
  local kept, weights = engine_pair.train("auto", stack {}, "bf16-mixed")
  local again, ends = engine_pair.train("auto", stack({}, marked), "bf16-mixed")
  engine_pair.assert_same_losses(again, kept, 0, "mixed")
  engine_pair.assert_same_weights(ends, weights, 0, "mixed")
end

function TestRecompute:test_marks_may_change_while_training()
  local blocks = {}
  local function keep(block) blocks[#blocks + 1] = block end
  local options = { callbacks = { epoch_start = function(at)
    for _, block in ipairs(blocks) do block:recompute(at.epoch % 2 == 0) end
  end } }
  local again, ends = engine_pair.train("autograd", stack(options, keep))
  local kept, weights = engine_pair.train("autograd", stack {})
  engine_pair.assert_same_losses(again, kept, 0, "changing")
  engine_pair.assert_same_weights(ends, weights, 0, "changing")
end

function TestRecompute:test_a_loop_by_hand_takes_gradients_of_recomputed_blocks()
  local function losses(mark)
    orrery.manual_seed(1)
    local g = orrery.graph "g"
    local optimizers = stack({}, mark)(g)
    local manager = orrery.manager(g, { optimizers = optimizers, epochs = 1, history = false,
      progress = false, device = "cpu" })
    local seen = {}
    for batch in manager:batches() do
      local out = manager:forward(batch)
      seen[#seen + 1] = out.loss:item()
      optimizers[1]:step(out.loss)
    end
    return seen
  end
  lu.assertEquals(losses(marked), losses())
end

function TestRecompute:test_a_function_of_the_script_is_called_again()
  local function calls(mark)
    orrery.manual_seed(1)
    local g, count = orrery.graph "g", 0
    local x, target = g:input(data.tensors { x = orrery.randn(4, 3), target = orrery.randn(4, 1),
      batch = 4 })
    local own = orrery.transform("own", function(t)
      count = count + 1
      return t * 2
    end)
    local block = g:block("block", function(t) return own(nn.Linear(3, 1)(t)) end)
    if mark then mark(block) end
    local loss = nn.MSELoss()(block(x), target)
    local optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 1, history = false, progress = false,
      device = "cpu" })
    count = 0
    manager:run()
    return count
  end
  lu.assertEquals({ calls(), calls(marked) }, { 1, 2 })
end

function TestRecompute:test_modules_mark_the_blocks_that_they_make()
  local g = orrery.graph "g"
  local x = g:input(data.random { shape = { 4 }, classes = 2 })
  local sequence = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
  local h = sequence(x)
  lu.assertIs(sequence:recompute(), sequence)
  sequence(h)
  for at, block in ipairs { sequence:blocks()[1], sequence:blocks()[2] } do
    lu.assertTrue(block.recomputes, "block " .. at)
  end
  sequence:recompute(false)
  lu.assertFalse(sequence:blocks()[1].recomputes or sequence:blocks()[2].recomputes)
end

-- It says how a graph is computed, not what.
function TestRecompute:test_a_mark_is_no_part_of_the_saved_graph()
  local g = orrery.graph "g"
  local block = g:block("block", function(x) return nn.Linear(4, 4)(x) end)
  block((g:input(data.random { shape = { 4 }, classes = 2 })))
  local json, hash = g:json(), g:hash()
  lu.assertIs(block:recompute(), block)
  lu.assertTrue(block:blocks()[1].recomputes)
  lu.assertIs(block:blocks()[1]:recompute(), block:blocks()[1])
  lu.assertEquals({ g:json(), g:hash() }, { json, hash })
end

function TestRecompute:test_refuses_what_is_neither_true_nor_false()
  local g = orrery.graph "g"
  local block = g:block("block", function(x) return nn.Linear(4, 4)(x) end)
  block((g:input(data.random { shape = { 4 }, classes = 2 })))
  for _, owner in ipairs { block, block:blocks()[1], nn.Sequential(nn.ReLU()) } do
    lu.assertStrContains(refused(function() owner:recompute "yes" end),
      "recompute: expected true or false, got a string")
  end
end

child.write("deep.lua", [[
local orrery = require "orrery"
local nn = orrery.nn
local config = orrery.config { engine = "auto", recompute = true }
local g = orrery.graph "deep"
local image, label = g:input(orrery.data.digits { batch = 64 })
local h = nn.Linear(64, 32)(image:flatten(1))
for _ = 1, 4 do
  h = g:block("block", function(x) return x + nn.Linear(256, 32)(nn.Linear(32, 256)(x):tanh()) end)
    :recompute(config.recompute)(h)
end
local plain = g:block("plain", function(x) return x:float() * 1 end):recompute()
local loss = nn.CrossEntropyLoss()(nn.Linear(32, 10)(h), label) + plain(image):mean() * 0
orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 1,
  threads = 1, device = "cpu", engine = config.engine }):run()
]])

function TestRecompute:test_explain_tells_what_is_recomputed_and_what_that_saves()
  for _, engine in ipairs { "auto", "autograd" } do
    local code, out, err = child.orrery("explain deep.lua engine=" .. engine)
    lu.assertEquals({ code, err }, { 0, "" })
    lu.assertStrMatches(out:match "\nrecomputed +([^\n]*)",
      "block: %d of %d steps, [%d.]+ %S+ dropped until the backward pass")
    lu.assertStrContains(out, "block_4: ")
    lu.assertStrContains(out, "plain: nothing, since no gradient passes it")
    lu.assertStrMatches(out:match "\n +(keeping them[^\n]*)",
      "keeping them: [%d.]+ %S+ %([%d.]+ ×%), [%d.]+ %S+ %([%d.]+ ×%)")
  end
end

function TestRecompute:test_explain_gives_objects_of_recomputed_blocks()
  local _, out = child.orrery "explain deep.lua engine=autograd --json"
  local rows, steps, totals = {}, 0, nil
  for line in out:gmatch "[^\n]+" do
    local object = core.parse_json(line, "line")
    if object.kind == "recomputed" then rows[#rows + 1] = object end
    if object.kind == "step" and object.recomputed then steps = steps + 1 end
    if object.kind == "totals" then totals = object end
  end
  lu.assertEquals(#rows, 5)
  lu.assertEquals({ rows[1].block, rows[1].recomputed, rows[1].steps }, { "block", 4, 4 })
  lu.assertEquals(rows[1].bytes, 64 * (256 + 256 + 32) * 4)
  lu.assertEquals({ rows[5].block, rows[5].recomputed }, { "plain", 0 })
  lu.assertEquals(steps, 16)
  lu.assertTrue(totals.keeping.peak_bytes > totals.autograd.peak_bytes)
end

function TestRecompute:test_explain_is_silent_without_marks()
  local _, out = child.orrery "explain deep.lua recompute=false --json"
  lu.assertStrContains(out, '"block":"plain"')
  lu.assertNotStrContains(out, '"block":"block"')
end

child.finish(lu.LuaUnit.run())
