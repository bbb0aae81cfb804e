local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").text
local nn = orrery.nn

TestBlocks = {}

local function keys(g)
  local list = {}
  for i, entry in ipairs(g:state()) do list[i] = entry.key end
  return list
end

function TestBlocks:setUp()
  self.g = orrery.graph "g"
  self.x = self.g:input { x = { shape = { 8 } } }
  self.runs = 0
  self.dense = self.g:block("dense", function(x)
    self.runs = self.runs + 1
    return nn.Linear(8, 8)(x):relu()
  end)
end

function TestBlocks:test_puts_its_nodes_inside()
  local y = self.dense(self.x)
  lu.assertEquals(y.path, "dense/relu")
  lu.assertEquals(keys(self.g), { "dense.linear.weight", "dense.linear.bias" })
end

function TestBlocks:test_refuses_nothing_as_its_input()
  lu.assertStrContains(refusal(function() self.dense(nil) end),
    "the block 'dense' expects a value or a tensor, got nil")
  lu.assertEquals(self.runs, 0)
end

function TestBlocks:test_makes_new_layers_at_each_call()
  self.dense(self.dense(self.x))
  lu.assertEquals(self.runs, 2)
  lu.assertEquals(keys(self.g), {
    "dense.linear.weight", "dense.linear.bias", "dense_2.linear.weight", "dense_2.linear.bias",
  })
end

function TestBlocks:test_shares_the_layers_of_the_first_call()
  local shared = self.dense:shared()
  local y = shared(shared(self.x))
  lu.assertEquals(y.path, "dense_2/relu")
  lu.assertEquals(#self.g:parameters(), 2)
  lu.assertEquals(#self.dense:parameters(), 2)
end

function TestBlocks:test_shares_layers_of_blocks_inside()
  local outer = self.g:block("outer", function(x)
    local inner = self.g:block("inner", function(v) return nn.Linear(8, 8)(v) end)
    return inner(inner(x))
  end)
  local shared = outer:shared()
  shared(shared(self.x))
  lu.assertEquals(#self.g:parameters(), 4)
end

function TestBlocks:test_refuses_another_construction_when_shared()
  local sizes = { 8, 4 }
  local block = self.g:block("b", function(x) return nn.Linear(8, table.remove(sizes, 1))(x) end):shared()
  block(self.x)
  lu.assertStrContains(refusal(function() block(self.x) end), "shared layers")
end

function TestBlocks:test_shares_the_parameters_that_belong_to_no_layer()
  local scale = self.g:block("scale", function(x)
    return x * self.g:parameter("factor", { 8 }, { init = "ones" })
  end):shared()
  local y = scale(scale(self.x))
  lu.assertEquals(y.path, "scale_2/mul")
  lu.assertEquals(keys(self.g), { "scale.factor" })
end

function TestBlocks:test_refuses_other_parameters_when_shared()
  local names = { "a", "b" }
  local block = self.g:block("b", function(x)
    return x * self.g:parameter(table.remove(names, 1), { 8 })
  end):shared()
  block(self.x)
  lu.assertStrContains(refusal(function() block(self.x) end), "makes another parameter 'b'")
end

function TestBlocks:test_nests()
  local outer = self.g:block("outer", function(x) return self.dense(x) + x end)
  lu.assertEquals(outer(self.x).path, "outer/add")
  lu.assertEquals(self.g:find("outer/dense").path, "outer/dense")
  lu.assertStrContains(refusal(function() self.g:find "outer/dens" end), "did you mean 'outer/dense'?")
end

function TestBlocks:test_returns_all_results()
  local split = self.g:block("split", function(x) return x:relu(), x:tanh(), 7 end)
  local a, b, n = split(self.x)
  lu.assertEquals({ a.name, b.name, n }, { "relu", "tanh", 7 })
end

function TestBlocks:test_is_taken_back_when_its_function_fails()
  local fails = true
  local block = self.g:block("b", function(x)
    local y = nn.Linear(8, 8)(x)
    if fails then error "no" end
    return y
  end)
  lu.assertStrContains(refusal(function() block(self.x) end), "no")
  lu.assertEquals(#self.g:nodes(), 1)
  fails = false
  lu.assertEquals(block(self.x).path, "b/linear")
  lu.assertEquals(self.x:relu().path, "relu")
end

function TestBlocks:test_is_taken_back_when_a_shape_does_not_fit()
  local block = self.g:block("b", function(x) return nn.Linear(9, 8)(x:relu()) end)
  refusal(function() block(self.x) end)
  lu.assertEquals(#self.g:nodes(), 1)
end

function TestBlocks:test_does_not_yield()
  local block = self.g:block("b", function(x) coroutine.yield() return x:relu() end)
  local done, text = coroutine.resume(coroutine.create(function() block(self.x) end))
  lu.assertFalse(done)
  lu.assertStrContains(text, "yield")
  lu.assertEquals(#self.g:nodes(), 1)
end

function TestBlocks:test_freezes_before_and_after_its_call()
  self.dense:freeze()
  self.dense(self.x)
  lu.assertFalse(self.g:parameters()[1].requires_grad)
  self.dense:unfreeze()
  lu.assertTrue(self.g:parameters()[1].requires_grad)
  self.g:freeze "dense"
  lu.assertFalse(self.g:parameters()[1].requires_grad)
end

function TestBlocks:test_groups_chosen_nodes()
  local a = self.x:relu()
  local b = a:tanh()
  local c = b:sigmoid()
  local group = self.g:group("pair", { a, c })
  lu.assertEquals(group.path, "pair")
  lu.assertEquals(a.path, "pair/relu")
  lu.assertEquals(b.path, "tanh")
  lu.assertStrContains(refusal(function()
    self.g:group("other", { a, 3 })
  end), "expected a Value, got a number")
end

local endless = "block 'b' is called 200 blocks deep in b/b/b/b/…: its function calls itself, and never ends"

function TestBlocks:test_refuses_to_call_itself_for_ever()
  local last, inner
  last = self.g:block("b", function(x) return last(x) end)
  lu.assertStrContains(refusal(function() last(self.x) end), endless)
  inner = self.g:block("b", function(x)
    local y = inner(x)
    return y:relu()
  end)
  local text = refusal(function() inner(self.x) end)
  lu.assertStrContains(text, endless)
  lu.assertStrMatches(text, ".*block_spec%.lua:%d+: .*")
  local function made_anew(x) return self.g:block("b", function(z) return made_anew(z) end)(x) end
  lu.assertStrContains(refusal(function() made_anew(self.x) end), endless)
  lu.assertEquals(#self.g:nodes(), 1)
end

function TestBlocks:test_refuses_to_call_itself_for_ever_on_tensors()
  local block
  block = self.g:block("b", function(x) return block(x) end)
  lu.assertStrContains(refusal(function() block(orrery.ones(8)) end),
    "block 'b' is called 200 blocks deep: its function calls itself, and never ends")
end

function TestBlocks:test_nests_to_a_depth_of_200()
  local left
  local function nested(x)
    if left == 0 then return x:relu() end
    left = left - 1
    return self.g:block("b", nested)(x)
  end
  left = 201
  lu.assertStrContains(refusal(function() nested(self.x) end), endless)
  left = 200
  lu.assertEquals(nested(self.x).path, ("b/"):rep(200) .. "relu")
end

function TestBlocks:test_refuses_wrong_arguments()
  lu.assertStrContains(refusal(function() self.g:block("b", 3) end), "expected the function")
  lu.assertStrContains(refusal(function() self.g:block("a/b", print) end), "cannot be a name")
  lu.assertStrContains(refusal(function()
    self.g:block("b", print, { titel = "T" })
  end), "did you mean 'title'?")
end

function TestBlocks:test_takes_cues()
  local block = self.g:block("b", function(x) return x:relu() end, { title = "Body", direction = "east" })
  block(self.x)
  lu.assertEquals(block:blocks()[1].title, "Body")
  self.g:cue(block, { collapse = true })
  self.g:cue(block, { note = "sees edges", color = "#fda" })
  lu.assertStrContains(refusal(function() self.g:cue(block, { direction = "up" }) end), "direction must be")
  lu.assertStrContains(refusal(function() self.g:cue(block, { color = "red" }) end),
    "the colour of a block must be one such as '#ffd0a0', got 'red'")
end

function TestBlocks:test_keeps_what_steers_drawings_apart_from_the_model()
  local function build(steered)
    local g = orrery.graph "g"
    local x = g:input { x = { shape = { 8 } } }
    local block = g:block("b", function(y) return y:relu() end)
    for _ = 1, 3 do
      x = block(x)
      if steered then
        g:tag(x, "h")
        g:tick()
      end
    end
    if steered then
      g:hide(block, x, "b")
      lu.assertEquals(g:pause(function(y) return y end, 7), 7)
    end
    g:output(x)
    return g
  end
  lu.assertEquals(build(true):hash(), build(false):hash())
  lu.assertStrContains(build(true):json(), '"ticks":[2,3,4]')
  lu.assertStrContains(build(true):json(), '"tags":[[0,"h"]]')
end

function TestBlocks:test_hides_what_is_made_in_a_pause()
  local made = self.g:pause(function(x) return x:tanh() end, self.x)
  lu.assertStrContains(self.g:json(), '"hide":true')
  self.g:output(made)
end

function TestBlocks:test_refuses_cues_about_other_things()
  local other = orrery.graph "other"
  lu.assertStrContains(refusal(function() other:tag(self.x, "h") end), "belongs to graph")
  lu.assertStrContains(refusal(function() other:hide(self.x) end), "belongs to graph")
  lu.assertStrContains(refusal(function() self.g:hide() end), "expected a value, a block or its path")
  lu.assertStrContains(refusal(function() self.g:pause(3) end), "expected a function, got a number")
end

os.exit(lu.LuaUnit.run())
