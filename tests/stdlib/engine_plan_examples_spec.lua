-- Every example that a manager trains is trained by the static plan as by autograd, at the small size at
-- which the other specs run it: 100 steps, or as many as it has, in double precision, each loss within 1e-9.
-- That is what proves the plan: in single precision rounding alone moves a loss by 1e-7, and each step makes
-- it grow, faster the deeper the net (a step of the style transfer, twenty searches along a line, by 500
-- times: its losses are 2e-15, 2e-13, 2e-10, 1e-7 and 6e-4 apart in double precision). So only those whose
-- script makes tensors of single precision for itself are compared in that, and some beside double precision:
-- 20 steps, each loss within 1e-3.
local lu = require "luaunit"
local child = require "cli_child"
local engine_pair = require "engine_pair"
local example_runs = require "example_runs"

local double = { name = "64-true", steps = 100, margin = 1e-9 }
local searches = { name = "64-true", steps = 2, margin = 1e-9 }
local single = { name = "32-true", steps = 20, margin = 1e-3 }

-- Loops of their own ask for gradients themselves, which autograd records whatever the manager is told; one
-- only draws.
local by_hand = { ["22_time.lua"] = true, ["04_as_in_pytorch.lua"] = true, ["05_recurrent.lua"] = true,
  ["08_style_features.lua"] = true, ["18_by_hand.lua"] = true }

-- All others are compared in double precision alone.
local precisions = {
  ["01_digits.lua"] = { double, single }, ["16_regression.lua"] = { double, single },
  ["09_style_transfer.lua"] = { searches },
  ["10_super_resolution.lua"] = { single },  -- calls its layers with pictures before it trains
  ["11_gan.lua"] = { single },  -- draws pictures in a callback
}

-- Without --full.
local quick = { ["01_digits.lua"] = true, ["03_rows.lua"] = true, ["07_novel.lua"] = true }

-- What an example reads that another one leaves.
local before = { ["09_style_transfer.lua"] = "08_style_features.lua height=32" }

local function logged_losses()
  local code, out, err = child.orrery("history sql \"select value from step_metrics where split = 'train' "
    .. "order by run_id, step, name\" --json")
  lu.assertEquals(code, 0, err)
  local losses = {}
  for value in out:gmatch '"value":([^,}]+)' do losses[#losses + 1] = tonumber(value) end
  return losses
end

-- Nothing when the example needs a package that is not here. What is behind the training may ask for single
-- precision.
local function losses_of(run, engine, precision)
  child.shell "rm -rf orrery.db* runs"
  local words = ("run %sexamples/%s %s --engine %s --precision %s --max-steps %d --log-every-n-steps 1")
  local code, _, err = child.orrery(words:format(example_runs.root, run[1], run.words, engine, precision.name,
    precision.steps))
  if run.needs and err:find(run.needs, 1, true) then return nil end
  if precision == single then lu.assertEquals(code, 0, err) end
  return logged_losses(), code
end

local function assert_alike(run, precision)
  if before[run[1]] then
    local code, _, err = child.orrery(("run %sexamples/%s"):format(example_runs.root, before[run[1]]))
    lu.assertEquals(code, 0, err)
  end
  local planned, code = losses_of(run, "plan", precision)
  lu.skipIf(not planned, "it needs " .. tostring(run.needs))
  local wanted, wanted_code = losses_of(run, "autograd", precision)
  lu.assertEquals(code, wanted_code)
  engine_pair.assert_same_losses(planned, wanted, precision.margin, run[1] .. " in " .. precision.name)
end

TestPlannedExamples = {}

local function add_test(run, at, precision)
  local name = ("test_%s_%d_trains_alike_in_%s"):format(run[1]:match "^%w+", at, precision.name:sub(1, 2))
  TestPlannedExamples[name] = function()
    lu.skipIf(not quick[run[1]] and not os.getenv "ORRERY_TEST_FULL", "--full trains it")
    assert_alike(run, precision)
  end
end

for _, runs in pairs(example_runs.of) do
  for at, run in ipairs(runs) do
    local compared = precisions[run[1]] or { double }
    if by_hand[run[1]] then compared = {} end
    for _, precision in ipairs(compared) do add_test(run, at, precision) end
  end
end

-- None of the lists above names what is not there.
function TestPlannedExamples:test_are_all_there()
  local there = {}
  for _, file in ipairs(example_runs.files()) do there[file] = true end
  for _, list in ipairs { by_hand, precisions, quick, before } do
    for file in pairs(list) do lu.assertTrue(there[file], file) end
  end
end

child.finish(lu.LuaUnit.run())
