-- Functions of the script as operations: on tensors, in graphs, with own gradients, saved and restored.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local small = require "small_graphs"
local nn = orrery.nn

local refusal, shape, values, computed = small.refusal, small.shape, small.values, small.computed
local train = small.train

local function path(name) return child.folder .. "/" .. name end

-- The text of an error that names the line of a node.
local function failure(action, ...)
  local done, text = pcall(action, ...)
  lu.assertFalse(done)
  lu.assertStrContains(text, "own_operations_spec.lua:")
  return text
end

TestShapes = {}

function TestShapes:test_are_found_by_a_dry_run()
  local _, x, y = values({ 3 }, { 3 })
  lu.assertEquals(shape(orrery.transform("same", function(t) return t:relu() end)(x)), "N, 3")
  lu.assertEquals(shape(orrery.transform("flat", function(t) return t:reshape(-1) end)(x)), "3*N")
  lu.assertEquals(shape(orrery.transform("both", function(a, b) return orrery.cat({ a, b, b }, 0) end)(x,
    y)), "3*N, 3")
  lu.assertEquals(shape(orrery.transform("total", function(t) return t:sum() end)(x)), "")
  local first, second = orrery.transform("two", function(t) return t, t:argmax(1) end)(x)
  lu.assertEquals({ shape(first), shape(second), second.dtype }, { "N, 3", "N", "int64" })
end

function TestShapes:test_may_be_declared()
  local calls = 0
  local pick = orrery.transform("pick", function(t)
    calls = calls + 1
    return t:narrow(1, 0, 2), t:argmax(1)
  end, { outputs = { "part", "place" }, shape = function(t, extra)
    lu.assertEquals(t.dtype, "float32")
    return { t[1], extra or 2 }, { t[1], dtype = "int64" }
  end })
  local g, x = values { 3 }
  local function declared(name, ...)
    local given = { ... }
    return orrery.transform(name, function(t) return t end, { shape = function() return unpack(given) end })
  end
  local nothing, number, dtype = declared "nothing", declared("number", 5), declared("dtype", { 1,
    dtype = "float31" })
  local part, place = pick(x)
  lu.assertEquals({ shape(part), part.dtype, shape(place), place.dtype }, { "N, 2", "float32", "N", "int64" })
  lu.assertEquals(calls, 0)
  lu.assertStrContains(refusal(function() pick(x, "wide") end),
    "pick: size 2 of a shape must be a whole number ≥ 0, got a string")
  lu.assertStrContains(refusal(function() nothing(x) end), "nothing: its shape function gives nothing")
  lu.assertStrContains(refusal(function() number(x) end),
    "number: its shape function gives a list of sizes for each output, such as { x[1], 10 }, got a number")
  lu.assertStrContains(refusal(function() dtype(x) end),
    "dtype: its shape function gives the dtype 'float31', which there is not")
  local a, b = computed(g, { part, place }, { orrery.tensor { { 1, 5, 2 }, { 9, 5, 2 } } })
  lu.assertEquals({ a:tolist(), b:tolist() }, { { { 1, 5 }, { 9, 5 } }, { 1, 0 } })
end

function TestShapes:test_that_no_two_sizes_tell_must_be_declared()
  local _, x = values { 4 }
  local half = orrery.transform("halve", function(t) return t:narrow(0, 0, math.floor(t:size(0) / 2)) end)
  local text = refusal(function() half(x) end, "check")
  lu.assertStrContains(text,
    "the shape of halve cannot be told from dry runs: its dimension 0 is 3, 5, 4, 6 for N = ")
  lu.assertStrContains(text, "Declare it: orrery.transform(name, fn, { shape = ")
end

function TestShapes:test_a_dry_run_that_fails_names_the_line_of_the_fault()
  local _, x = values { 4 }
  local line = debug.getinfo(1, "l").currentline + 1
  local broken = orrery.transform("broken", function(t) return t:matmul(orrery.ones(5, 5)) end)
  local text = refusal(function() broken(x) end, "run")
  lu.assertStrContains(text, "broken failed on (64, 4) float32 in the dry run that finds its shape: ")
  lu.assertStrContains(text, ("own_operations_spec.lua:%d: "):format(line))
  lu.assertStrContains(refusal(function() orrery.transform("none", function() end)(x) end),
    "the function gave nothing where it gives tensors")
  lu.assertStrContains(refusal(function() orrery.transform("number", function() return 5 end)(x) end),
    "the function gave a number where it gives tensors")
end

function TestShapes:test_dry_runs_draw_nothing()
  local noise = orrery.transform("noise", function(t) return t + orrery.randn(t:size(0), 3) end)
  orrery.seed(7)
  local expected = orrery.randn(4):tolist()
  orrery.seed(7)
  local _, x = values { 3 }
  noise(x)
  lu.assertEquals(orrery.randn(4):tolist(), expected)
end

function TestShapes:test_are_held_at_run()
  local wide = orrery.transform("wide", function(t) return t end, { shape = function(t) return { t[1],
    7 } end })
  local g, x = values { 3 }
  local y = wide(x)
  lu.assertStrContains(failure(computed, g, y, { orrery.ones(2, 3) }),
    "wide (wide) failed on (2, 3) float32: its output is (2, 3) float32 where its shape rule promised (N, 7) "
    .. "float32")
  local two = orrery.transform("two", function(t) return t, t end, { shape = function(t) return t end })
  local h, z = values { 3 }
  local once = two(z)
  lu.assertStrContains(failure(computed, h, once, { orrery.ones(2, 3) }),
    "it gave 2 outputs where its shape rule promised 1")
end

TestCalls = {}

function TestCalls:test_compute_at_once_on_tensors()
  local scale = orrery.transform("scale", function(t, by,
    where) return t * by + (where and where.bias or 0) end)
  lu.assertEquals(scale(orrery.tensor { 1, 2 }, 3):tolist(), { 3, 6 })
  lu.assertEquals(scale(orrery.tensor { 1, 2 }, 3, { bias = 1 }):tolist(), { 4, 7 })
  local layer = nn.Linear(2, 2)
  lu.assertEquals(scale(layer.weight, 0):tolist(), { { 0, 0 }, { 0, 0 } })
  local w = orrery.tensor({ 1, 2 }, { requires_grad = true })
  scale(w, 3):sum():backward()
  lu.assertEquals(w.grad:tolist(), { 3, 3 })
end

function TestCalls:test_give_extra_arguments_in_each_step()
  local mix = orrery.transform("mix", function(a, b, by, options, nothing, word)
    lu.assertNil(nothing)
    return a * by + b * options.weights[2] + #word
  end)
  local g, x, y = values({ 2 }, { 2 })
  local z = mix(x, y, 10, { weights = { 1, 0.5 } }, nil, "four")
  lu.assertEquals(computed(g, z, { orrery.ones(3, 2), orrery.ones(3, 2) }):tolist()[3], { 14.5, 14.5 })
end

function TestCalls:test_take_tensors_and_parameters_as_constants()
  local add = orrery.transform("add_both", function(a, b) return a + b end)
  local g, x = values { 2 }
  local z = add(x, orrery.tensor { 5, 6 })
  lu.assertEquals(computed(g, z, { orrery.zeros(2, 2) }):tolist()[2], { 5, 6 })
end

function TestCalls:test_say_what_does_not_fit()
  local _, x = values { 2 }
  local f = orrery.transform("f", function(t) return t end)
  lu.assertStrContains(refusal(function() f(x, print) end, "usage"),
    "f: argument 2 is a function: what follows the tensors are numbers, texts, booleans and tables of them")
  lu.assertStrContains(refusal(function() f(x, { 1, key = 2 }) end, "usage"),
    "f: argument 2 is both a list and a map")
  lu.assertStrContains(refusal(function() f(x, { deep = { math.huge } }) end, "usage"),
    "f: argument 2 is inf: it must be a finite number")
  lu.assertStrContains(refusal(function() f(3, x) end, "usage"),
    "f: values and tensors come first, argument 2 is a Value")
  lu.assertStrContains(refusal(function() orrery.transform("relu", print) end, "usage"),
    "'relu' is an operation already")
  lu.assertStrContains(refusal(function() orrery.transform("a/b", print) end, "usage"),
    "'a/b' cannot be a name")
  lu.assertStrContains(refusal(function() orrery.transform("aten::relu", print) end, "usage"),
    "'aten::relu' cannot be a name: '::' is for LibTorch's operators")
  lu.assertStrContains(refusal(function() orrery.transform("f", 5) end, "usage"),
    "transform: 'f' must be a function, got a number")
  lu.assertStrContains(refusal(function() orrery.transform("f", print, { backwards = print }) end, "usage"),
    "did you mean 'backward'?")
  lu.assertStrContains(refusal(function() orrery.transform("f", print, { shape = { 1 } }) end, "usage"),
    "transform: shape must be a function, got a table")
  lu.assertStrContains(refusal(function() orrery.transform("f", print, { outputs = 0 }) end, "usage"),
    "transform: outputs must be at least 1, got 0")
  lu.assertStrContains(refusal(function() orrery.transform("f", print, { outputs = {} }) end, "usage"),
    "transform: outputs must be their number or a list of their names")
  local pair = orrery.transform("pair", function(t) return t end, { outputs = 2 })
  lu.assertStrContains(refusal(function() pair(x) end, "check"), "pair gives 1 outputs, 2 were declared")
end

function TestCalls:test_name_node_and_line_of_a_fault_at_run()
  local steps = 0
  local line = debug.getinfo(1, "l").currentline + 3
  local late = orrery.transform("late", function(t)
    steps = steps + 1
    if steps > 4 then error "too late" end
    return t
  end)
  local g, x = values { 2 }
  local y = g:block("body", function(v) return late(v) end)(x)
  local text = failure(computed, g, y, { orrery.ones(2, 2) })
  lu.assertStrContains(text, "body/late (late) failed on (2, 2) float32: ")
  lu.assertStrContains(text, ("own_operations_spec.lua:%d: too late"):format(line))
end

function TestCalls:test_nodes_carry_their_name_and_place()
  local f = orrery.transform("smooth_it", function(t) return t end)
  local g, x = values { 2 }
  local line = debug.getinfo(1, "l").currentline + 1
  local y = f(x)
  lu.assertEquals({ y.name, y.operation, y.label }, { "smooth_it", "smooth_it", "y" })
  lu.assertStrContains(y.site, (":%d"):format(line))
  lu.assertEquals(f(y).name, "smooth_it_2")
  lu.assertEquals(#g:nodes(), 3)
end

TestGradients = {}

-- x * sigmoid(x), with its derivative written out.
local function swish_with_backward(seen)
  return orrery.transform("swish", function(ctx, t)
    local s = t:sigmoid()
    ctx:save_for_backward(t, s)
    ctx.note = "kept"
    if seen then seen.needs = ctx.needs_input_grad[1] end
    return t * s
  end, { backward = function(ctx, grad)
    local t, s = unpack(ctx.saved_tensors)
    if seen then seen.note = ctx.note end
    return grad * (s + t * s * (1 - s))
  end })
end

function TestGradients:test_of_recorded_operations_are_those_of_the_layers()
  local plain = train(function(v) return v * v:sigmoid() end)
  local own = train(orrery.transform("swish", function(t) return t * t:sigmoid() end))
  lu.assertAlmostEquals(own, plain, 1e-6)
end

function TestGradients:test_may_be_the_functions_own()
  local seen = {}
  local swish = swish_with_backward(seen)
  local w = orrery.tensor({ -1, 0, 2 }, { requires_grad = true })
  local other = orrery.tensor({ -1, 0, 2 }, { requires_grad = true })
  swish(w):sum():backward();
  (other * other:sigmoid()):sum():backward()
  lu.assertTrue(w.grad:allclose(other.grad))
  lu.assertEquals(seen, { needs = true, note = "kept" })
  lu.assertFalse(orrery.no_grad(swish, w).requires_grad)
  local plain, own = train(function(v) return v * v:sigmoid() end), train(swish_with_backward())
  for i, numbers in ipairs(plain) do
    lu.assertTrue(orrery.tensor(own[i]):allclose(orrery.tensor(numbers), 1e-4, 1e-6))
  end
end

function TestGradients:test_of_gradients_pass_through_an_own_backward()
  local cube = orrery.transform("cube", function(ctx, t)
    ctx:save_for_backward(t)
    return t * t * t
  end, { backward = function(ctx, grad) return grad * 3 * ctx.saved_tensors[1] ^ 2 end })
  local x = orrery.tensor(3, { requires_grad = true })
  local first = orrery.grad(cube(x), x, { create_graph = true })
  lu.assertEquals(first:item(), 27)
  lu.assertEquals(orrery.grad(first, x):item(), 18)
end

function TestGradients:test_may_be_nil_and_outputs_without_one()
  local pick = orrery.transform("pick", function(ctx, a, b, by)
    local place = a:argmax(0)
    ctx:mark_non_differentiable(place)
    ctx.by = by
    return a * by + b:detach(), place
  end, { backward = function(ctx, grad) return grad * ctx.by, nil, nil end })
  local a, b = orrery.tensor({ 1, 2 }, { requires_grad = true }), orrery.tensor({ 1, 2 },
    { requires_grad = true })
  local sum, place = pick(a, b, 4)
  lu.assertFalse(place.requires_grad)
  sum:sum():backward()
  lu.assertEquals(a.grad:tolist(), { 4, 4 })
  lu.assertNil(b.grad)
end

-- The other branch has its gradient then, and would get it again.
function TestGradients:test_are_not_taken_twice_when_memory_was_missing()
  local calls = 0
  local greedy = orrery.transform("greedy", function(_, t) return t * 2 end, { backward = function()
    calls = calls + 1
    error("not enough memory", 0)
  end })
  local w = orrery.ones(3, { requires_grad = true })
  local loss = (greedy(w) + w):sum()
  lu.assertStrContains(select(2, pcall(loss.backward, loss)), "not enough memory")
  lu.assertEquals(calls, 1)
end

function TestGradients:test_say_what_the_backward_gave()
  local w = orrery.tensor({ 1, 2 }, { requires_grad = true })
  local function of(backward)
    return orrery.transform("f", function(_, t) return t * 2 end, { backward = backward })(w):sum()
  end
  local none, many = of(function() end), of(function(_, grad) return grad, grad end)
  local word, failing = of(function() return "text" end), of(function() error "no way" end)
  lu.assertStrContains(refusal(function() none:backward() end),
    "it gave 0 gradients for 1 inputs (nil stands for none)")
  lu.assertStrContains(refusal(function() many:backward() end), "it gave 2 gradients for 1 inputs")
  lu.assertStrContains(refusal(function() word:backward() end), "it gave a string as gradient 1")
  lu.assertStrMatches(refusal(function() failing:backward() end),
    ".*: f: its backward failed: .*own_operations_spec.lua:%d+: no way.*")
end

-- LibTorch goes on with deeply nested backward passes on threads of its own.
function TestGradients:test_asked_for_on_another_thread_are_refused()
  local w = orrery.tensor(1, { requires_grad = true })
  local deep
  local depth = 0
  deep = orrery.transform("deep", function(_, t) return t * 2 end, { backward = function(_, grad)
    depth = depth + 1
    if depth < 100 then orrery.grad(deep(w), w, { create_graph = true }) end
    return grad
  end })
  local text = refusal(function() local _ = orrery.grad(deep(w), w, { create_graph = true }) end)
  lu.assertStrContains(text,
    "deep: its backward is a Lua function, and LibTorch asked for it on another thread")
  lu.assertStrContains(text, "Leave `backward` out")
end

TestKept = {}

function TestKept:test_the_hash_covers_name_arguments_and_text()
  local function hash(name, fn, ...)
    local g, x = values { 2 }
    orrery.transform(name, fn)(x, ...)
    return g:hash()
  end
  local function double(t) return t * 2 end
  local function triple(t) return t * 3 end
  lu.assertEquals(hash("f", double, 1), hash("f", double, 1))
  lu.assertNotEquals(hash("f", double), hash("f", triple))
  lu.assertNotEquals(hash("f", double), hash("g", double))
  lu.assertNotEquals(hash("f", double, 1), hash("f", double, 2))
end

local function saved_network(scale)
  local g, x = values { 2 }
  g:output(nn.Linear(2, 2, { name = "fc" })(scale(x, 3)))
  orrery.save(g, path "own.safetensors")
  return g
end

function TestKept:test_a_function_may_be_called_as_a_synonym_is()
  local function clip(t, by) return t * by end
  local g = saved_network(orrery.transform("clip", clip))
  lu.assertStrContains(refusal(function() local _ = orrery.load(path "own.safetensors") end, "input_file"),
    "the operation 'clip' was made at run time")
  local again = orrery.load(path "own.safetensors", { transforms = { clip = clip } })
  lu.assertEquals(again:hash(), g:hash())
  local batch, nodes = { orrery.ones(3, 2) }, g:nodes()
  lu.assertEquals(computed(again, again:nodes()[#nodes], batch):tolist(), computed(g, nodes[#nodes],
    batch):tolist())
  lu.assertEquals(orrery.clip(batch[1], 0, 0.5):tolist(), { { 0.5, 0.5 }, { 0.5, 0.5 }, { 0.5, 0.5 } })
  lu.assertStrContains(refusal(function()
    local _ = orrery.load(path "own.safetensors", { transforms = { clamp = clip } })
  end, "usage"), "'clamp' is an operation already")
end

function TestKept:test_a_saved_model_needs_the_function_again()
  local function scale(t, by) return t * by end
  local g = saved_network(orrery.transform("scale", scale))
  local text = refusal(function() local _ = orrery.load(path "own.safetensors") end, "input_file")
  lu.assertStrContains(text, "the operation 'scale' was made at run time by a script, a plug-in or a library")
  lu.assertStrContains(text, "orrery.load(file, { transforms = { name = fn } })")
  local again = orrery.load(path "own.safetensors", { transforms = { scale = scale } })
  lu.assertEquals(again:hash(), g:hash())
  collectgarbage()
  local batch = { orrery.ones(3, 2) }
  local nodes = g:nodes()
  lu.assertEquals(computed(again, again:nodes()[#nodes], batch):tolist(), computed(g, nodes[#nodes],
    batch):tolist())
end

function TestKept:test_the_given_functions_are_checked()
  saved_network(orrery.transform("scale", function(t, by) return t * by end))
  local file = path "own.safetensors"
  local function ignore() end
  lu.assertStrContains(refusal(function()
    ignore(orrery.load(file, { transforms = { scale = 5 } }))
  end, "usage"), "the transform 'scale' must be a function, got a number")
  lu.assertStrContains(refusal(function()
    ignore(orrery.load(file, { transforms = { scale = orrery.transform("other", print) } }))
  end, "usage"), "the transform 'other' was given as 'scale'")
  lu.assertStrContains(refusal(function()
    ignore(orrery.load(file, { transforms = 5 }))
  end, "usage"), "transforms must be a table of functions by name")
  lu.assertStrContains(refusal(function()
    ignore(orrery.load(file, { transforms = { print } }))
  end, "usage"), "a transform is given under its name")
end

function TestKept:test_a_graph_keeps_its_functions()
  local y, g
  do
    local x
    g, x = values { 2 }
    y = orrery.transform("temporary", function(t) return t + 1 end)(x)
  end
  for _ = 1, 3 do collectgarbage() end
  lu.assertEquals(computed(g, y, { orrery.zeros(1, 2) }):tolist(), { { 1, 1 } })
end

child.finish(lu.LuaUnit.run())
