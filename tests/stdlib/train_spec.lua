-- Managers run, evaluate and predict; what does not fit their data.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local line = require("line_model").manager
local refusal = require("refusal").here
local data = orrery.data

TestManager = {}

function TestManager:test_runs()
  local manager = line { epochs = 20 }
  local summary = manager:run()
  lu.assertEquals({ summary.epochs, summary.steps }, { 20, 80 })
  lu.assertTrue(summary.train.loss < 1e-3)
end

function TestManager:test_evaluates_and_predicts()
  local manager, _, y = line { epochs = 30 }
  manager:run()
  local x = orrery.tensor { { 1 }, { 2 }, { -3 } }
  local source = data.tensors { x = x, target = x * 2, batch = 2 }
  local result = manager:evaluate(source)
  lu.assertEquals(result.samples, 3)
  lu.assertTrue(result.loss < 1e-2)
  local predicted = manager:predict(y, source)
  lu.assertEquals(predicted.shape, { 3, 1 })
  lu.assertAlmostEquals(predicted[{ 2, 0 }]:item(), -6, 0.05)
  local first, second = manager:predict({ y, y }, source)
  lu.assertEquals({ first.shape, second.shape }, { { 3, 1 }, { 3, 1 } })
end

function TestManager:test_says_what_does_not_fit()
  local manager = line {}
  lu.assertStrContains(refusal(function() local _ = manager:evaluate() end), "give a data source")
  lu.assertStrContains(refusal(function()
    local _ = manager:evaluate(3)
  end), "expected a data source, got a number")
  lu.assertStrContains(refusal(function() local _ = manager:predict(3) end), "expected a Value")
  lu.assertStrContains(refusal(function()
    local _ = manager:forward {}
  end), "no loop over manager:batches() is open")
  lu.assertStrContains(refusal(function()
    local _ = manager:finish()
  end), "no loop over manager:batches() is open")
end

-- The script's own line stands in front.
local function refused_data(line_number, action)
  local done, text = pcall(action)
  lu.assertFalse(done)
  lu.assertStrContains(text, ("train_spec.lua:%d: "):format(line_number))
  return text
end

local function here() return debug.getinfo(2, "l").currentline end

function TestManager:test_checks_the_data_of_a_call_against_the_input()
  local manager, _, y = line {}
  local wide = data.tensors { x = orrery.zeros(2, 3), target = orrery.zeros(2, 1) }
  local other = data.tensors { z = orrery.zeros(2, 1) }
  local whole = data.tensors { x = orrery.zeros(2, 1, { dtype = "int64" }), target = orrery.zeros(2, 1) }
  lu.assertStrContains(refused_data(here(), function() return (manager:evaluate(wide)) end),
    "the evaluation data (tensors) must have the field 'x' (N, 1) float32, as the graph's input has, "
    .. "got 'x' (N, 3) float32")
  local text = refused_data(here(), function() return (manager:evaluate(other)) end)
  lu.assertStrContains(text, "'x' (N, 1) float32, as the graph's input has, got no such field")
  lu.assertStrContains(text, "'target' (N, 1) float32, as the graph's input has, got no such field")
  lu.assertEquals(core.error_info(text).exit_code, 3)
  lu.assertStrContains(refused_data(here(), function() return (manager:predict(y, whole)) end),
    "the prediction data (tensors) must have the field 'x' (N, 1) float32, as the graph's input has, "
    .. "got 'x' (N, 1) int64")
  lu.assertEquals(manager:predict(y, data.tensors { x = orrery.zeros(2, 1) }).shape, { 2, 1 })
end

function TestManager:test_checks_the_batch_of_a_call_against_the_input()
  local manager = line { epochs = 1 }
  local x = orrery.zeros(2, 1)
  for _ in manager:batches() do  -- luacheck: ignore 512
    lu.assertStrContains(refused_data(here(), function() return (manager:forward { x = x }) end),
      "the batch must have the field 'target' (N, 1) float32, as the graph's input has, got no such field")
    local flat = { x = x:view(2), target = x }
    lu.assertStrContains(refused_data(here(), function() return (manager:forward(flat)) end),
      "the batch must have the field 'x' (N, 1) float32, as the graph's input has, got 'x' (N) float32")
    lu.assertStrContains(refused_data(here(), function() return (manager:forward { x = 1, target = x }) end),
      "manager:forward: field 'x' must be a tensor, got a number")
    lu.assertEquals(manager:forward({ x = x, target = x }).loss.shape, {})
    break
  end
  manager:finish()
end

require("cli_child").finish(lu.LuaUnit.run())
