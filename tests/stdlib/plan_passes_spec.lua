-- Passes over the plan change no result beyond rounding, and are left out by their names.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local engine_pair = require "engine_pair"
local refused = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local passes = { "common_subexpressions", "constant_folding", "fold_batch_norm", "dead_nodes", "lowering",
  "fuse_activations", "relu_after_max_pool", "branches_side_by_side", "fold_updates" }

-- Work for every pass. Gives the losses of training, the weights and the loss of the last validation.
local function train(engine, skipped)
  local losses, weights, summary = engine_pair.train(engine, function(g)
    local function images(count)
      local image = orrery.randn(count, 2, 8, 8)
      return data.tensors { image = image, target = image:sum({ 1, 2, 3 }):tanh(), batch = 4 }
    end
    local image, target = g:input(images(10))
    local factor = orrery.full({ 8 }, 0.5)
    local x = nn.BatchNorm2d(8)(nn.Conv2d(2, 8, 3, { padding = 1 })(image))
    x = nn.MaxPool2d(2)(x:relu()):mean({ 2, 3 })
    local scale = g:constant(factor):exp()
    x = x:sin() * scale + x:sin() * g:constant(factor):cos()
    local y = nn.Linear(8, 1)(nn.Linear(8, 8)(x):relu()):squeeze(1)
    local loss = nn.MSELoss()(y, target)
    return { optim.SGD(g:parameters(), { lr = 0.1, loss = loss }) },
      { epochs = 2, validate = images(6), skip_passes = skipped }
  end, "64-true")
  return losses, weights, { summary.validation.loss }
end

TestPlanPasses = {}

function TestPlanPasses:test_each_changes_nothing_beyond_rounding()
  for _, engine in ipairs { "plan", "autograd" } do
    local wanted, wanted_ends, wanted_validations = train(engine, passes)
    for at = 0, #passes do
      local what = engine .. " without " .. (passes[at] or "none")
      local losses, ends, validations = train(engine, passes[at] and { passes[at] })
      engine_pair.assert_same_losses(losses, wanted, 1e-10, what)
      engine_pair.assert_same_weights(ends, wanted_ends, 1e-10, what)
      engine_pair.assert_same_losses(validations, wanted_validations, 1e-10, what)
    end
  end
end

local function manager_with(skipped)
  local g = orrery.graph "g"
  local image, label = g:input(data.digits { batch = 64 })
  local loss = nn.CrossEntropyLoss()(nn.Linear(64, 10)(image:flatten(1)), label)
  local optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
  local manager = orrery.manager(g, { optimizer = optimizer, skip_passes = skipped })
  return manager
end

function TestPlanPasses:test_a_list_or_a_text_names_them()
  manager_with { "lowering", "dead_nodes" }
  manager_with "lowering, dead_nodes"
  manager_with {}
  local told = refused(manager_with, { "lowering", "constant_foldin" })
  lu.assertStrContains(told, "plan_passes_spec.lua:")
  lu.assertStrContains(told, "skip_passes must be a list of 'common_subexpressions', 'constant_folding', ")
  lu.assertStrContains(told, ", got \"constant_foldin\" (did you mean 'constant_folding'?)")
  lu.assertStrContains(refused(manager_with, { true }), "got a boolean in its list")
end

function TestPlanPasses:test_the_command_line_names_them_too()
  child.write("train.lua", (child.training:gsub("CALLBACKS", "nil")))
  local code, out, err = child.orrery "run train.lua --quiet --skip-passes lowering,fuse_activations"
  lu.assertEquals({ code, out, err }, { 0, "", "" })
  local wrong, _, words = child.orrery "run train.lua --skip-passes lowerin"
  lu.assertEquals(wrong, 2)
  lu.assertStrContains(words, "got \"lowerin\" (did you mean 'lowering'?)")
end

child.finish(lu.LuaUnit.run())
