-- State dicts and buffers of modules, as scripts of PyTorch use them: target networks, codebooks.
local lu = require "luaunit"
local orrery = require "orrery"
local nn, models = orrery.nn, orrery.models
local module_graphs = require "module_graphs"
local refusal = require("refusal").here
local keys_of = module_graphs.keys_of

local function centred()
  local net = nn.Module()
  net.fc = nn.Linear(2, 2)
  net:register_buffer("mean", orrery.ones(2))
  net.scale = nn.Parameter(orrery.ones(1))
  function net:forward(x)
    if self.training then self.mean = self.mean * 0.5 + x:mean(0) * 0.5 end
    return self.fc(x - self.mean) * self.scale
  end
  return net
end

TestStateDicts = {}

function TestStateDicts:setUp() orrery.manual_seed(1) end

function TestStateDicts:test_copy_one_net_into_another()
  local from, to = centred(), centred()
  local x = orrery.randn(3, 2)
  lu.assertFalse(from:eval()(x):equal(to:eval()(x)))
  lu.assertEquals(to:load_state_dict(from:state_dict()), { missing = {}, unexpected = {} })
  lu.assertTrue(from(x):equal(to(x)))
  orrery.no_grad(function() from.scale:mul_(2) end)
  lu.assertEquals(to.scale:item(), 1)
end

function TestStateDicts:test_share_the_modules_memory()
  local net = centred()
  local dict = net:state_dict()
  dict.scale:mul_(3)
  lu.assertEquals(net.scale:item(), 3)
  lu.assertFalse(dict.scale.requires_grad)
end

function TestStateDicts:test_move_a_target_net_slowly()
  local policy, target = centred(), centred()
  orrery.no_grad(function() target.scale:fill_(3) end)
  local new, old = policy:state_dict(), target:state_dict()
  for key, value in pairs(new) do old[key] = value * 0.25 + old[key] * 0.75 end
  target:load_state_dict(old)
  lu.assertEquals(target.scale:item(), 2.5)
  lu.assertEquals(policy.scale:item(), 1)
end

function TestStateDicts:test_are_those_of_models_too()
  local options = { features = 4, hidden = { 3 }, classes = 2 }
  local from, to = models.mlp(options), models.mlp(options)
  to:load_state_dict(from:state_dict())
  lu.assertTrue(from(orrery.ones(1, 4)):equal(to(orrery.ones(1, 4))))
end

function TestStateDicts:test_tell_what_does_not_fit_and_copy_nothing()
  local net = centred()
  local dict = net:state_dict()
  dict.mean, dict.scale, dict.more = nil, orrery.zeros(1), dict.scale
  local text = refusal(function() net:load_state_dict(dict) end)
  lu.assertStrContains(text, "the keys differ; missing: mean; unexpected: more")
  lu.assertStrContains(text, "{ strict = false }")
  lu.assertEquals(net.scale:item(), 1)
  local report = net:load_state_dict(dict, { strict = false })
  lu.assertEquals(report, { missing = { "mean" }, unexpected = { "more" } })
  lu.assertEquals(net.scale:item(), 0)
  dict = net:state_dict()
  dict["fc.weight"] = orrery.ones(3, 2)
  lu.assertStrContains(refusal(function() net:load_state_dict(dict) end),
    "'fc.weight' has shape (2, 2), got one of (3, 2)")
  dict["fc.weight"] = 3
  lu.assertStrContains(refusal(function() net:load_state_dict(dict) end), "must be a tensor, got a number")
  lu.assertStrContains(refusal(function() net:load_state_dict "a.safetensors" end),
    "expected a table of tensors by key, got a string")
  lu.assertStrContains(refusal(function() net:load_state_dict({}, { strct = false }) end),
    "did you mean 'strict'?")
end

TestBuffers = {}

function TestBuffers:test_are_kept_but_not_trained()
  local net = centred()
  lu.assertEquals(keys_of(net), { "scale", "mean", "fc.weight", "fc.bias" })
  lu.assertEquals(#net:parameters(), 3)
  net:freeze():unfreeze()
  lu.assertEquals({ net.mean.requires_grad, net.scale.requires_grad }, { false, true })
end

function TestBuffers:test_get_the_numbers_of_a_tensor_that_is_set()
  local net = centred()
  net(orrery.zeros(3, 2))
  lu.assertEquals(net.mean:tolist(), { 0.5, 0.5 })
  net:eval()(orrery.zeros(3, 2))
  lu.assertEquals(net:state_dict().mean:tolist(), { 0.5, 0.5 })
  lu.assertStrContains(refusal(function() net.mean = orrery.ones(3) end),
    "'mean' has shape (2), got one of (3)")
end

function TestBuffers:test_are_constants_of_a_graph()
  local g, x = module_graphs.graph(2)
  local net = centred()
  local text = refusal(function() local _ = net(x) end)
  lu.assertStrContains(text, "nn.Module: buffer 'mean' is a constant of the graph")
  lu.assertStrContains(text, "g:state(name, shape)")
  g:output(net:eval()(x))
  lu.assertEquals(#g:parameters(), 3)
end

function TestBuffers:test_are_saved_and_loaded()
  local path = os.tmpname()
  local net, other = centred(), centred()
  net(orrery.zeros(3, 2))
  orrery.save(net, path)
  orrery.load_weights(other, path)
  os.remove(path)
  lu.assertEquals(other.mean:tolist(), { 0.5, 0.5 })
end

function TestBuffers:test_take_no_name_that_is_taken_and_nothing_but_tensors()
  local net = centred()
  lu.assertStrContains(refusal(function() net:register_buffer("fc", orrery.ones(1)) end),
    "'fc' is there already")
  lu.assertStrContains(refusal(function() net:register_buffer("b", 3) end),
    "buffer 'b' must be a tensor, got a number")
end

TestNames = {}

function TestNames:test_blocks_may_be_a_child()
  local net = nn.Module()
  net.blocks = nn.ModuleList { nn.Linear(1, 1), nn.Linear(1, 1) }
  lu.assertEquals(#net.blocks, 2)
  lu.assertEquals(keys_of(net)[3], "blocks.1.weight")
  local given = nn.Module { blocks = nn.ReLU(), forward = function(own, x) return own.blocks(x) end }
  lu.assertEquals(given(-orrery.ones(1)):item(), 0)
end

function TestNames:test_of_methods_are_refused_wherever_they_are_given()
  local wanted = "'state' cannot be set: every module has it; choose another name"
  lu.assertStrContains(refusal(function() nn.Module().state = nn.ReLU() end), wanted)
  lu.assertStrContains(refusal(function()
    nn.Module { state = nn.ReLU(), forward = function(_, x) return x end }
  end), wanted)
end

function TestNames:test_of_pytorchs_other_methods_are_answered_with_what_is_said_here()
  local net = centred()
  local said = {
    cuda = "module:to \"cuda\"", named_parameters = "module:state()",
    children = "ipairs(module)", modules = "module:apply(visit)", requires_grad_ = "module:freeze()",
  }
  for name, words in pairs(said) do
    local text = refusal(function() return net[name](net), 0 end)
    lu.assertStrContains(text, ("nn.Module has no member '%s'\n"):format(name))
    lu.assertStrContains(text, words)
  end
end

os.exit(lu.LuaUnit.run())
