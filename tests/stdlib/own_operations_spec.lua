-- Functions of the script as operations: on tensors, in graphs, with own gradients, saved and restored.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/own_operations_spec%.lua$"

local function path(name) return child.folder .. "/" .. name end

-- The text of an error, which names a line inside the function.
local function refusal(action, fault)
  local done, text = pcall(action)
  lu.assertFalse(done)
  local lines = debug.getinfo(action, "S")
  local named = tonumber(text:match "own_operations_spec%.lua:(%d+): ")
  lu.assertTrue(named and named >= lines.linedefined and named <= lines.lastlinedefined, text)
  if fault then lu.assertEquals(core.error_info(text).fault, fault, text) end
  return text
end

-- The text of an error that names the line of a node.
local function failure(action, ...)
  local done, text = pcall(action, ...)
  lu.assertFalse(done)
  lu.assertStrContains(text, "own_operations_spec.lua:")
  return text
end

local function shape(value)
  local sizes = {}
  for i, size in ipairs(value.shape) do sizes[i] = tostring(size) end
  return table.concat(sizes, ", ")
end

local function values(...)
  local g = orrery.graph "net"
  local fields = {}
  for i, sizes in ipairs { ... } do fields[i] = { name = "x" .. i, shape = sizes } end
  return g, g:input(fields)
end

-- The tensors of values for a batch of tensors x1, x2, ….
local function computed(g, wanted, tensors)
  local source = { batch = tensors[1]:size(0) }
  for i, tensor in ipairs(tensors) do source["x" .. i] = tensor end
  return orrery.manager(g, { history = false, progress = false }):predict(wanted, data.tensors(source))
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

local function train(make)
  orrery.seed(3)
  local g = orrery.graph "net"
  local x, label = g:input(data.tensors { x = orrery.randn(8, 4), label = orrery.zeros(8,
    { dtype = "int64" }), batch = 4 })
  local h = make(nn.Linear(4, 6)(x))
  local loss = nn.CrossEntropyLoss()(nn.Linear(6, 3)(h), label)
  local manager = orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
    epochs = 3,
    history = false, progress = false })
  manager:run()
  local numbers = {}
  for i, parameter in ipairs(g:parameters()) do numbers[i] = parameter:tolist() end
  return numbers
end

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
  lu.assertEquals(own, plain)
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

-- LibTorch's own operators, and those of an extension.

local libraries = child.program:match "^(.*)/" .. "/tests/"

TestOperators = {}

function TestOperators:test_are_nodes_with_the_arguments_of_their_schema()
  local g, x, y = values({ 3 }, { 3 })
  local most, place = orrery.aten.max(x, 1)
  local both = orrery.aten.cat({ x, y }, { dim = 1 })
  local kept = orrery.aten.max(x, { dim = 1, keepdim = true })
  local mixed = orrery.aten.addcdiv(x, y, y, { value = 0.5 })
  lu.assertEquals({ shape(most), shape(place), place.dtype, shape(both), shape(kept), shape(mixed) },
    { "N", "N", "int64", "N, 6", "N, 1", "N, 3" })
  lu.assertEquals({ most.operation, most.name, kept.name }, { "aten::max.dim", "max", "max_2" })
  local a, b = orrery.tensor { { 1, 5, 2 }, { 9, 5, 2 } }, orrery.tensor { { 1, 2, 3 }, { 4, 5, 6 } }
  local out = { computed(g, { most, place, both, mixed }, { a, b }) }
  lu.assertEquals(out[1]:tolist(), { 5, 9 })
  lu.assertEquals(out[2]:tolist(), { 1, 0 })
  lu.assertEquals(out[3]:tolist(), { { 1, 5, 2, 1, 2, 3 }, { 9, 5, 2, 4, 5, 6 } })
  lu.assertEquals(out[4]:tolist(), { { 1.5, 5.5, 2.5 }, { 9.5, 5.5, 2.5 } })
end

function TestOperators:test_take_tensors_as_constants_and_lists_of_values()
  local g, x = values { 2 }
  local y = orrery.aten.stack({ x, x }, 0)
  lu.assertEquals(computed(g, orrery.aten.where(x:gt(0), x, orrery.tensor { 7, 8 }), { orrery.tensor { { -1,
    1 } } }):tolist(),
    { { 7, 1 } })
  lu.assertEquals(y.ndim, 3)
end

function TestOperators:test_keep_expressions_of_symbols()
  local _, x = values { 4, 6 }
  lu.assertEquals(shape(orrery.aten.flatten(x, 0, 1)), "4*N, 6")
  lu.assertEquals(shape(orrery.aten.pixel_shuffle(x:view(-1, 4, 2, 3), 2)), "N, 1, 4, 6")
  local parts = { orrery.aten.split(x, 2, 1) }
  lu.assertEquals({ #parts, shape(parts[2]) }, { 2, "N, 2, 6" })
end

function TestOperators:test_carry_gradients()
  orrery.seed(3)
  local plain = train(function(v) return v:softplus() end)
  lu.assertEquals(train(function(v) return orrery.aten.softplus(v) end), plain)
end

function TestOperators:test_say_what_does_not_fit()
  local _, x, y = values({ 3 }, { 4 })
  local text = refusal(function() orrery.aten.logsumexp(x, print) end, "usage")
  lu.assertStrContains(text, "logsumexp: the arguments (a Value, a function) fit none of LibTorch's forms:")
  lu.assertStrContains(text, "\n  logsumexp(Tensor self, int[1] dim, bool keepdim=False)")
  text = refusal(function() orrery.aten.mm(x, y) end, "run")
  lu.assertStrContains(text, "mm(Tensor self, Tensor mat2): ")
  lu.assertStrContains(refusal(function() orrery.aten.add_(x, y) end, "usage"),
    "cannot be a node of a graph: it changes its argument, and values do not change")
  lu.assertStrContains(refusal(function() orrery.aten.nonzero(x) end, "usage"),
    "nonzero(Tensor self) cannot be a node of a graph: only the data tell the sizes of what it gives")
  lu.assertStrContains(refusal(function() orrery.aten.item(x) end, "usage"), "it gives no tensors")
  lu.assertStrContains(refusal(function() local _ = orrery.aten.maxx end, "usage"),
    "LibTorch has no operator 'maxx'")
end

function TestOperators:test_of_a_saved_model_come_back()
  local g, x = values { 3 }
  local y = orrery.aten.clamp(nn.Linear(3, 3)(x), -0.5, { max = math.huge })
  g:output(y)
  orrery.save(g, path "operators.safetensors")
  local again = orrery.load(path "operators.safetensors")
  lu.assertEquals(again:hash(), g:hash())
  local nodes, batch = again:nodes(), { orrery.ones(2, 3) }
  lu.assertEquals(computed(again, nodes[#nodes], batch):tolist(), computed(g, y, batch):tolist())
end

TestExtensions = {}

function TestExtensions:test_are_loaded_by_their_path()
  lu.assertStrContains(refusal(function() orrery.load_library "nowhere.so" end, "input_file"),
    "load_library: there is no file 'nowhere.so'")
  lu.assertStrContains(refusal(function() orrery.load_library(child.write("text.so", "no library")) end,
    "input_file"),
    "cannot be loaded: ")
  local text = refusal(function() local _ = orrery.ops.nobody.knows end, "usage")
  lu.assertStrContains(text, "LibTorch's registry has no operator 'nobody::knows'")
  lu.assertStrContains(text, "orrery.load_library(path)")
  orrery.load_library(libraries .. "orrery_test_extension.so")
  orrery.load_library(libraries .. "orrery_test_extension.so")
  local a = orrery.tensor { 1, 2 }
  lu.assertEquals(orrery.ops.orrery_tests.scaled_sum(a, a, { scale = 3 }):tolist(), { 6, 12 })
  lu.assertEquals(orrery.ops.aten.relu(-a):tolist(), { 0, 0 })
end

function TestExtensions:test_reach_values()
  orrery.load_library(libraries .. "orrery_test_extension.so")
  local ops = orrery.ops.orrery_tests
  local g, x, y = values({ 3 }, { 3 })
  local sum, twice = ops.scaled_sum(x, y, { scale = 2 }), ops.doubled(x)
  lu.assertEquals({ shape(sum), shape(twice) }, { "N, 3", "2*N, 3" })
  lu.assertEquals(sum.operation, "orrery_tests::scaled_sum")
  local text = refusal(function() ops.every_second(x) end, "check")
  lu.assertStrContains(text,
    "the shape of orrery_tests::every_second(Tensor input) cannot be told from dry runs: "
    .. "its dimension 0 is 3, 5, 5, 7 for N = 6, 10, 9, 13")
  lu.assertStrContains(text, "orrery.transform(name, fn, { shape = … })")
  lu.assertEquals(computed(g, sum, { orrery.ones(2, 3), orrery.ones(2, 3) }):tolist()[2], { 4, 4, 4 })
end

-- The example's plug-in.

TestPlugins = {}

local function load_plugin()
  local done, names = pcall(orrery.load_plugin, libraries .. "orrery_test_plugin.so")
  if done then lu.assertEquals(names, { "luminance", "ColourBalance" }) end
end

function TestPlugins:test_bring_methods_and_layers_like_any_other()
  load_plugin()
  local image = orrery.ones(2, 3, 4, 4)
  lu.assertTrue(image:luminance():allclose(orrery.ones(2, 1, 4, 4)))
  lu.assertTrue(orrery.luminance(image * 2, 2):allclose(orrery.full({ 2, 1, 4, 4 }, 4)))
  local g, x = values { 3, 4, 4 }
  local balance = nn.ColourBalance()
  local y = balance(x):luminance { gamma = 2, name = "bright" }
  lu.assertEquals({ shape(y), y.name, y.operation }, { "N, 1, 4, 4", "bright", "luminance" })
  lu.assertEquals(#balance:parameters(), 2)
  lu.assertTrue(computed(g, y, { image }):allclose(orrery.ones(2, 1, 4, 4)))
  lu.assertTrue(balance(image):equal(image))
  lu.assertEquals(core.operations("luminance").options[1].name, "gamma")
  local operations = orrery.operations()
  lu.assertEquals(operations[#operations].name, "ColourBalance")
end

function TestPlugins:test_speak_of_misuse_like_any_other()
  load_plugin()
  local _, x = values { 4, 8, 8 }
  lu.assertStrContains(refusal(function() x:luminance() end, "check"),
    "luminance (luminance) expects 3 channels, red, green and blue, got 4 from input.x1")
  lu.assertStrContains(refusal(function() local _ = orrery.ones(2, 2):luminance() end),
    "luminance expects an input of 3 or 4 dimensions")
  lu.assertStrContains(refusal(function() x:luminance(0) end, "usage"), "gamma must be a number > 0")
  lu.assertStrContains(refusal(function() nn.ColourBalance { bais = false } end, "usage"),
    "did you mean 'bias'?")
  lu.assertStrContains(refusal(function() local _ = x.luminanse end, "usage"), "did you mean 'luminance'?")
end

function TestPlugins:test_are_saved_restored_and_drawn()
  load_plugin()
  local g, x = values { 3, 4, 4 }
  local y = nn.ColourBalance({ bias = false })(x):luminance()
  g:output(y)
  orrery.save(g, path "plugin.safetensors")
  local again = orrery.load(path "plugin.safetensors")
  lu.assertEquals(again:hash(), g:hash())
  orrery.render(again, path "plugin.svg")
  lu.assertStrContains(child.read "plugin.svg", "<svg ")
  local code, out, err = child.orrery "summary plugin.safetensors"
  lu.assertEquals({ code, out }, { 4, "" })
  lu.assertStrContains(err, "the operation 'ColourBalance' was made at run time")
  code, out = child.orrery("summary plugin.safetensors --plugin " .. libraries .. "orrery_test_plugin.so")
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "ColourBalance")
end

function TestPlugins:test_train()
  child.write("colours.lua", core.read_file(root .. "examples/plugin/colours.lua"))
  local code, out, err = child.orrery("run colours.lua plugin=" .. libraries .. "orrery_test_plugin.so")
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(out, "the plug-in brings luminance and ColourBalance")
  lu.assertStrMatches(out, ".*the light is 1%.%d+ red, [01]%.%d+ green, 0%.%d+ blue\n")
end

function TestPlugins:test_build_against_an_installed_orrery()
  lu.skipIf(not os.getenv "ORRERY_TEST_FULL", "--full builds it")
  local build = child.program:match "^(.*)/"
  local function must(command)
    local code, out, err = child.shell(command)
    lu.assertEquals(code, 0, command .. "\n" .. out .. err)
    return out
  end
  must(("cmake --install %s --prefix %s/installed"):format(build, child.folder))
  must(("cmake -S %sexamples/plugin -B plugin -DCMAKE_PREFIX_PATH=%s/installed"):format(
    root:sub(1, 1) == "/" and root or os.getenv "PWD" .. "/" .. root, child.folder))
  must "cmake --build plugin"
  child.write("colours.lua", core.read_file(root .. "examples/plugin/colours.lua"))
  lu.assertStrContains(must "installed/bin/orrery run colours.lua plugin=plugin/colours.so",
    "the light is 1.")
end

function TestPlugins:test_are_told_about_by_the_program()
  local code, out = child.orrery("ops luminance --plugin " .. libraries .. "orrery_test_plugin.so")
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "orrery.luminance(input, {…})")
  lu.assertStrContains(out, "How bright each pixel of a colour image is")
  code, out = child.orrery("ops --json --plugin " .. libraries .. "orrery_test_plugin.so")
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, '"name":"ColourBalance"')
end

function TestPlugins:test_that_do_not_fit_are_refused()
  local function load(file) return function() orrery.load_plugin(file) end end
  local function refused(file, words)
    local done, text = pcall(load(file))
    lu.assertFalse(done)
    lu.assertStrContains(text, words)
    lu.assertEquals(core.error_info(text).fault, "input_file")
  end
  refused("nowhere.so", "there is no plug-in 'nowhere.so'")
  refused(child.write("text2.so", "no library"), "cannot be loaded: ")
  refused(libraries .. "orrery_test_extension.so",
    "is no plug-in of Orrery: it has no orrery_plugin_interface")
  refused(libraries .. "orrery_test_old_plugin.so",
    "was built for Orrery 0.0.1 with LibTorch 1.0.0, and this is 0.1.0 with LibTorch")
  load_plugin()
  local done, text = pcall(orrery.load_plugin, libraries .. "orrery_test_plugin.so")
  lu.assertFalse(done)
  lu.assertStrContains(text, "there is an operation 'luminance' already")
end

child.finish(lu.LuaUnit.run())
