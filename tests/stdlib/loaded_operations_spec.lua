-- Operations from elsewhere: LibTorch's registry, its extensions, plug-ins of Orrery.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local small = require "small_graphs"
local nn = orrery.nn

local refusal, shape, values, computed = small.refusal, small.shape, small.values, small.computed
local train = small.train

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/loaded_operations_spec%.lua$"

local function path(name) return child.folder .. "/" .. name end

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

function TestOperators:test_of_a_saved_model_are_told_and_drawn_by_the_program()
  local g, x = values { 3 }
  g:output(nn.Linear(3, 3)(x):float_power(2))
  orrery.save(g, path "power.safetensors")
  local code, out, err = child.orrery "summary power.safetensors"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "float_power")
  local drawn, _, fault = child.orrery "render power.safetensors -o power.svg"
  lu.assertEquals({ drawn, fault }, { 0, "" })
  lu.assertStrContains(child.read "power.svg", "<svg ")
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

function TestPlugins:test_are_there_in_each_process_of_a_sweep_and_of_many_checks()
  child.write("bright.lua", [[
    local orrery = require "orrery"
    local config = orrery.config { size = 2 }
    local g = orrery.graph "bright"
    g:output(orrery.luminance(g:input { image = { shape = { 3, config.size, config.size } } }))
  ]])
  local plugin = " --plugin " .. libraries .. "orrery_test_plugin.so"
  local code, out, err = child.orrery("check bright.lua bright.lua" .. plugin)
  lu.assertEquals({ code, err }, { 0, "" }, out)
  code, out, err = child.orrery("run bright.lua size=2,3" .. plugin)
  lu.assertEquals({ code, out }, { 0, "" }, err)
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
