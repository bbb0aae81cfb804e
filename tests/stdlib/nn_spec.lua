local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").text
local nn = orrery.nn

TestLayers = {}

function TestLayers:setUp()
  self.g = orrery.graph "g"
  self.x = self.g:input { x = { shape = { 8 } } }
end

function TestLayers:test_every_layer_has_a_constructor()
  for _, operation in ipairs(core.operations()) do
    if operation.kind == "layer" then lu.assertIsFunction(nn[operation.name], operation.name) end
  end
end

function TestLayers:test_prints_as_it_was_made()
  lu.assertEquals(tostring(nn.Linear(8, 4)), "Linear(8, 4)")
  local without_bias = nn.Linear { in_features = 8, out_features = 4, bias = false }
  lu.assertEquals(tostring(without_bias), "Linear(8, 4, bias=false)")
end

function TestLayers:test_shows_its_options_and_parameters()
  local conv = nn.Conv2d(1, 16, 3, { padding = 1 })
  lu.assertEquals(conv.out_channels, 16)
  lu.assertEquals(conv.padding, { 1, 1 })
  lu.assertEquals(conv.weight.shape, { 16, 1, 3, 3 })
  lu.assertEquals(conv.bias.shape, { 16 })
  lu.assertEquals(#conv:parameters(), 2)
  lu.assertEquals(conv.kind, "Conv2d")
end

function TestLayers:test_leaves_buffers_out_of_the_parameters()
  local norm = nn.BatchNorm2d(4)
  lu.assertEquals(#norm:parameters(), 2)
  lu.assertFalse(norm.running_mean.requires_grad)
end

function TestLayers:test_names_the_nearest_layer_and_option()
  lu.assertStrContains(refusal(function() return nn.Liner end), "did you mean 'Linear'?")
  lu.assertStrContains(refusal(function()
    return nn.Linear(8, 4, { bais = false })
  end), "did you mean 'bias'?")
  lu.assertStrContains(refusal(function() return nn.Linear(8) end), "nn.Linear: out_features is required")
  lu.assertStrContains(refusal(function() return nn.Linear(0, 4) end), "in_features must be")
end

function TestLayers:test_applied_twice_it_is_shared()
  local fc = nn.Linear(8, 8)
  local y = fc(fc(self.x))
  lu.assertEquals(y.name, "linear_2")
  lu.assertEquals(#self.g:parameters(), 2)
end

function TestLayers:test_takes_a_name()
  local y = nn.Linear(8, 8, { name = "head" })(self.x)
  lu.assertEquals(y.name, "head")
  lu.assertEquals(self.g:state()[1].key, "head.weight")
end

function TestLayers:test_takes_a_tensor_by_name_as_it_does_in_order()
  local scores = orrery.tensor { { 1, 2, 3 }, { 3, 1, 2 } }
  local target = orrery.tensor({ 0, 2 }, { dtype = "int64" })
  local weight = orrery.tensor { 1, 2, 4 }
  local wanted = nn.CrossEntropyLoss(weight)(scores, target):item()
  for _, given in ipairs { weight, { 1, 2, 4 } } do
    local loss = nn.CrossEntropyLoss { weight = given, reduction = "mean", ignore_index = 5 }
    lu.assertEquals(loss.weight:tolist(), { 1, 2, 4 })
    lu.assertEquals(loss(scores, target):item(), wanted)
  end
  local loss = nn.BCEWithLogitsLoss { pos_weight = { 3 }, weight = { 2, 1 } }
  lu.assertEquals({ loss.weight:tolist(), loss.pos_weight:tolist() }, { { 2, 1 }, { 3 } })
end

function TestLayers:test_ties_a_parameter_of_another_layer()
  local first = nn.Linear(8, 8)
  local second = nn.Linear(8, 8, { weight = first.weight })
  lu.assertTrue(rawequal(first.weight, second.weight))
  second(first(self.x))
  lu.assertEquals(#self.g:parameters(), 3)
  lu.assertStrContains(refusal(function() nn.Linear(8, 4, { weight = first.weight }) end), "weight")
  lu.assertStrContains(refusal(function()
    nn.Linear(8, 8, { wieght = first.weight })
  end), "did you mean 'weight'?")
end

function TestLayers:test_freezes_and_unfreezes()
  local fc = nn.Linear(8, 8):freeze()
  lu.assertFalse(fc.weight.requires_grad)
  fc:unfreeze()
  lu.assertTrue(fc.weight.requires_grad)
end

function TestLayers:test_the_first_input_tells_what_was_left_out()
  local fc = nn.Linear(nil, 3)
  lu.assertStrContains(refusal(function() return fc.weight end), "before it is applied")
  lu.assertEquals(fc(self.x).shape[2], 3)
  lu.assertEquals(fc.in_features, 8)
  lu.assertEquals(fc.weight.shape, { 3, 8 })
  lu.assertEquals(#self.g:parameters(), 2)
  local conv = nn.Conv2d { out_channels = 4, kernel_size = 3 }
  conv(orrery.zeros(2, 5, 6, 6))
  lu.assertEquals(conv.weight.shape, { 4, 5, 3, 3 })
end

function TestLayers:test_an_input_that_cannot_tell_is_refused_with_the_option()
  local turned = self.x:transpose(0, 1)
  lu.assertStrContains(refusal(function() nn.Linear(nil, 3)(turned) end), "Give the layer in_features")
end

function TestLayers:test_a_layer_frozen_before_its_first_input_stays_frozen()
  local fc = nn.Linear(nil, 3):freeze()
  fc(self.x)
  lu.assertFalse(fc.weight.requires_grad)
end

function TestLayers:test_refuses_what_is_no_value()
  lu.assertStrContains(refusal(function() nn.Linear(8, 8)("x") end), "got a string")
  lu.assertStrContains(refusal(function() nn.Linear(8, 8)(self.x, self.x) end), "more than it takes")
end

function TestLayers:test_takes_some_options_where_it_is_applied()
  local image = orrery.graph("images"):input { x = { shape = { 3, 8, 8 } } }
  local up = nn.ConvTranspose2d(3, 4, 3, 2, 1)
  lu.assertEquals(tostring(up(image).shape), "(N, 4, 15, 15)")
  lu.assertEquals(tostring(up(image, { output_size = { 16, 15 } }).shape), "(N, 4, 16, 15)")
  lu.assertEquals(tostring(up(image, { 15, 16 }).shape), "(N, 4, 15, 16)")
  lu.assertEquals(tostring(up(image).shape), "(N, 4, 15, 15)")
  lu.assertStrContains(refusal(function() up(image, { output_size = { 17, 15 } }) end),
    "expects an output_size between 15 and 16 high, got 17")
  lu.assertStrContains(refusal(function() up(image, { outputsize = { 16, 16 } }) end),
    "unknown option 'outputsize' (did you mean 'output_size'?)")
  lu.assertStrContains(refusal(function() nn.Conv2d(3, 4, 3)(image, { stride = 2 }) end),
    "Conv2d takes no options where it is applied: give them where it is made")
end

function TestLayers:test_options_given_where_it_is_applied_hold_on_tensors_too()
  local x = orrery.randn(2, 3, 8, 8)
  local up = nn.ConvTranspose2d(nil, 4, 3, 2, 1)
  lu.assertEquals(up(x, { output_size = { 16, 16 } }).shape, { 2, 4, 16, 16 })
  lu.assertEquals(up(x, { output_size = { 2, 4, 15, 16 } }).shape, { 2, 4, 15, 16 })
  lu.assertEquals(up(x).shape, { 2, 4, 15, 15 })
  for _, wrong in ipairs { { 16 }, { 14, 16 }, { 17, 16 } } do
    lu.assertStrContains(refusal(function() up(x, { output_size = wrong }) end), "output_size")
  end
  local attend = nn.MultiheadAttention(8, 2)
  local q = orrery.randn(5, 1, 8)
  local mask = orrery.zeros(1, 5):bool()
  lu.assertEquals(select("#", attend(q, q, q)), 2)
  lu.assertEquals(select("#", attend(q, q, q, { key_padding_mask = mask, need_weights = false })), 1)
end

function TestLayers:test_says_expected_and_got_with_the_line()
  local text = refusal(function() nn.Linear(9, 2)(self.x) end)
  lu.assertStrMatches(text, ".*nn_spec%.lua:%d+: linear %(Linear%) expects .*9.*got.*8.*")
  lu.assertEquals(core.error_info(text).fault, "check")
  lu.assertEquals(core.error_info(text).exit_code, 3)
  lu.assertEquals(core.error_info(text).findings[1].code, "shape-mismatch")
end

os.exit(lu.LuaUnit.run())
