-- Graphs as Lua scripts, which build them again: no engine is needed for any of it.
local lu = require "luaunit"
local core = require "orrery.core"
local orrery = require "orrery"
local random_nets = require "random_nets"
local nn, models = orrery.nn, orrery.models

local function keys_of(g)
  local keys = {}
  for i, entry in ipairs(g:state()) do keys[i] = entry.key end
  table.sort(keys)
  return keys
end

-- The graph that a script of a graph builds, and what else the script returns.
local function built(g, what)
  local code = core.lua_code(g)
  local chunk, fault = loadstring(code)
  lu.assertNotNil(chunk, ("%s: %s\n%s"):format(what, fault, code))
  local done, back, values = pcall(chunk)
  lu.assertTrue(done, ("%s: %s\n%s"):format(what, back, code))
  return back, code, values
end

local function assert_round_trip(g, what)
  local back, code = built(g, what)
  lu.assertEquals(back:hash(), g:hash(), what .. "\n" .. code)
  lu.assertEquals(keys_of(back), keys_of(g), what .. "\n" .. code)
  return code
end

local function net(...)
  local g = orrery.graph "net"
  return g, g:input { image = { shape = { ... } } }
end

TestRoundTrip = {}

function TestRoundTrip:test_every_model_of_the_zoo()
  for _, name in ipairs(models.names()) do assert_round_trip(models.graph(name, {}), name) end
end

function TestRoundTrip:test_a_thousand_random_graphs()
  for seed = 1, 1000 do
    local g = orrery.graph "random"
    g:output((random_nets.add_without_data(g, random_nets.generator(seed), seed % 4 == 0)))
    assert_round_trip(g, "seed " .. seed)
  end
end

-- What is not written is told.
function TestRoundTrip:test_models_of_onnx()
  local folders, written = require("onnx_cases").list(), 0
  lu.skipIf(#folders == 0, "Debian's libonnx-testdata is not installed")
  for _, folder in ipairs(folders) do
    local imported, g = pcall(core.import_onnx, folder .. "/model.onnx", {})
    local done, fault = pcall(core.lua_code, imported and g or orrery.graph "none")
    if imported and done then
      assert_round_trip(g, folder)
      written = written + 1
    elseif imported then
      lu.assertStrContains(fault, "a Lua script cannot say:")
    end
  end
  lu.assertTrue(written >= 880, written .. " written")
end

TestWords = {}

function TestWords:test_a_loss_is_returned_beside_the_graph()
  local made = orrery.graph "net"
  local x, label = made:input { x = { shape = { 4 } }, label = { shape = {}, dtype = "int64", label = true } }
  nn.CrossEntropyLoss()(nn.Linear(4, 3)(x), label)
  local uses = '"uses":[{"kind":"loss","name":"","value":[2,0]}]'
  local g = core.graph_from_json((made:json():gsub('"uses":%[%]', uses)), "a loss")
  local back, code, values = built(g, "a loss")
  lu.assertStrContains(code, "return g, { loss = loss }")
  lu.assertEquals(values.loss.operation, "CrossEntropyLoss")
  lu.assertEquals(back:hash(), g:hash())
end

function TestWords:test_a_row_of_equal_blocks_is_a_loop()
  local g, x = net(8)
  for i = 1, 5 do
    x = g:block("layer" .. i, function(h) return nn.Linear(8, 8)(h):relu() end)(x)
  end
  g:output(x)
  lu.assertStrContains(assert_round_trip(g, "a row"), "for i = 1, 5 do x = layer(\"layer\" .. i)(x) end")
end

function TestWords:test_blocks_that_differ_in_options_share_a_function()
  local g, x = net(8)
  for i, width in ipairs { 4, 6, 8 } do
    local from = i == 1 and 8 or i == 2 and 4 or 6
    x = g:block("mlp", function(h) return nn.Dropout(i == 2 and 0.1 or 0.5)(nn.Linear(from, width)(h)) end)(x)
  end
  g:output(x)
  local code = assert_round_trip(g, "options")
  lu.assertStrContains(code, "local function mlp(in_features, out_features, p)")
  lu.assertStrContains(code, "x = mlp(4, 6, 0.1)(x)")
end

function TestWords:test_a_block_that_is_called_again_shares_its_layers()
  local g = orrery.graph "net"
  local left, right = g:input { { name = "left", shape = { 4 } }, { name = "right", shape = { 4 } } }
  local tower = g:block("tower", function(x) return nn.Linear(4, 4)(x):tanh() end)
  g:output(tower(left) - tower:shared()(right))
  lu.assertStrContains(assert_round_trip(g, "shared"), "tower:shared()(right)")
end

function TestWords:test_a_layer_of_several_blocks_stands_before_them()
  local g = orrery.graph "net"
  local left, right = g:input { { name = "left", shape = { 4 } }, { name = "right", shape = { 4 } } }
  local shared = nn.Linear(4, 4, { name = "shared" })
  local a = g:block("a", function(x) return shared(x):tanh() end)(left)
  local b = g:block("b", function(x) return shared(x):relu() end)(right)
  g:output(shared(a + b))
  local code = assert_round_trip(g, "a layer")
  lu.assertStrContains(code, "local shared = nn.Linear(4, 4, { name = \"shared\" })")
end

function TestWords:test_tied_weights_are_tied()
  local g = orrery.graph "net"
  local tokens = g:input { tokens = { shape = { 5 }, dtype = "int64" } }
  local wte = nn.Embedding(11, 4, { name = "wte" })
  local x = g:block("body", function(t) return wte(t):tanh() end)(tokens)
  g:output(nn.Linear { 4, 11, bias = false, weight = wte.weight }(x))
  lu.assertStrContains(assert_round_trip(g, "ties"), "weight = wte.weight")
end

function TestWords:test_parameters_constants_and_states()
  local g, x = net(4)
  local scale = g:parameter("scale", { 4 }, { init = "ones" })
  local shift = g:constant({ 4 }, { init = "constant", a = 2 }):named "shift"
  local sum = g:state("sum", { 4 }, { reset = "never" })
  local next = sum + (x * scale + shift):mean(0)
  g:carry(sum, next)
  g:output(next)
  local code = assert_round_trip(g, "leaves")
  lu.assertStrContains(code, "g:parameter(\"scale\", { 4 }, { init = \"ones\" })")
  lu.assertStrContains(code, "g:state(\"sum\", { 4 }, { reset = \"never\" })")
  lu.assertStrContains(code, "g:carry(")
end

function TestWords:test_computed_weights()
  local g, x = net(3, 8)
  local conv = nn.utils.parametrizations.weight_norm(nn.Conv1d(3, 5, 3))
  g:output(nn.utils.parametrizations.spectral_norm(nn.Linear(6, 6), { n_power_iterations = 2 })(conv(x)))
  assert_round_trip(g, "parametrizations")
end

function TestWords:test_loops_with_tables_of_carries()
  local g = orrery.graph "net"
  local x = g:input { x = { shape = { "T", 4 } } }
  local cell = nn.Linear(8, 12)
  local start = { h = g:zeros(x:size(0), 4), c = g:zeros(x:size(0), 4) }
  local last, ys = orrery.scan(function(carry, step)
    local a, b, c = cell(orrery.cat({ step, carry.h }, 1)):chunk(3, 1)
    local cells = carry.c * a:sigmoid() + b:tanh()
    return { h = cells:tanh() * c:sigmoid(), c = cells }, { cells, c }
  end, start, x:transpose(0, 1), { name = "cell", reverse = true })
  g:output(last.h, ys[1], ys[2])
  local code = assert_round_trip(g, "a loop")
  lu.assertStrContains(code, "orrery.scan(function(carry, ")
  lu.assertStrContains(code, "reverse = true")
end

function TestWords:test_blocks_that_are_left_and_entered_again()
  local g, x = net(4)
  local a = nn.Linear(4, 4)(x)
  local b = a:relu()
  local c = nn.Linear(4, 4)(b)
  g:group("split", { a, c })
  g:output(c)
  lu.assertStrContains(assert_round_trip(g, "a group"), "g:group(\"split\", {")
end

function TestWords:test_frozen_layers_stay_frozen()
  local g, x = net(4)
  g:output(nn.Linear(4, 4):freeze()(x))
  local back, code = built(g, "frozen")
  lu.assertStrContains(code, "nn.Linear(4, 4):freeze()(image)")
  lu.assertFalse(back:parameters()[1].requires_grad)
end

function TestWords:test_sizes_that_only_the_data_tell()
  local g = orrery.graph "net"
  local x = g:input { x = { shape = { "H", 6 } } }
  local h = nn.Linear(6, 4)(x)
  g:output(h:reshape(h:size(0) * h:size(1), 2, 2))
  assert_round_trip(g, "sizes")
end

TestLimits = {}

function TestLimits:test_names_are_never_code()
  local g = orrery.graph "]] os.exit(1) --"
  local x = g:input { ["end"] = { shape = { 4 } } }
  for _, name in ipairs { "a\"b", "--]]", "end", "\\", "nn", "g", "é", "'", "a.b", "${x}" } do
    x = g:block(name, function(h) return nn.Linear(4, 4, { name = name })(h) end)(x)
  end
  g:output(x)
  assert_round_trip(g, "hostile names")
end

-- LuaJIT takes 200 locals in a function.
function TestLimits:test_more_values_than_locals()
  local g, x = net(4)
  local values = {}
  for i = 1, 300 do values[i] = x + i end
  local sum = values[1]
  for i = 2, 300 do sum = sum * values[i] end
  g:output(sum)
  assert_round_trip(g, "300 values")
end

-- LuaJIT takes 60 values of other functions in one.
function TestLimits:test_more_functions_than_upvalues()
  local g, x = net(4)
  local function layer(i, h)
    return g:block("kind" .. i, function(y)
      for _ = 1, i do y = y:relu() end
      return y
    end)(h)
  end
  for _ = 1, 2 do
    for i = 1, 70 do x = layer(i, x) end
  end
  x = g:block("all", function(h)
    for i = 1, 70 do h = layer(i, h) end
    return h
  end)(x)
  g:output(x)
  assert_round_trip(g, "70 functions")
end

function TestLimits:test_more_shared_layers_than_upvalues()
  local g, x = net(4)
  local layers = {}
  for i = 1, 80 do layers[i] = nn.Linear(4, 4) end
  for _, last in ipairs { "relu", "sigmoid" } do
    x = g:block("pass", function(h)
      for i = 1, 80 do h = layers[i](h) end
      return h[last](h)
    end)(x):tanh()
  end
  g:output(layers[1](x))
  assert_round_trip(g, "80 layers")
end

function TestLimits:test_blocks_deep_inside_each_other()
  local g, x = net(4)
  local function nest(depth, h)
    if depth == 0 then return nn.Linear(4, 4)(h) end
    return g:block("b", function(y) return nest(depth - 1, y):relu() end)(h)
  end
  g:output(nest(120, x))
  assert_round_trip(g, "120 blocks")
end

function TestLimits:test_tells_all_that_lua_cannot_say()
  local g, x = net(4)
  local function same(shape) return shape end
  local halved = orrery.transform("halved", function(t) return t * 0.5 end, { shape = same })
  g:output(halved(halved(x)))
  local done, fault = pcall(core.lua_code, g)
  lu.assertFalse(done)
  lu.assertStrContains(fault, "halved (halved): a function of the script")
  lu.assertStrContains(fault, "halved_2 (halved): a function of the script")
end

function TestRoundTrip:test_fields_that_have_no_batch_in_common()
  local g = orrery.graph "net"
  g:output(g:input { a = { shape = { 4 } }, b = { shape = { 4 } }, c = { shape = { 4 } } }:relu())
  local other = g:json():gsub('"N"', '"M"', 3):gsub('"M"', '"N"', 1)
  assert_round_trip(core.graph_from_json(other, "fields"), "fields")
end

function TestLimits:test_weights_are_loaded_before_the_end()
  local g, x = net(4)
  g:output(nn.Linear(4, 4)(x))
  local code = core.lua_code(g, { weights = "a \"b\".safetensors" })
  lu.assertStrContains(code, "orrery.load_weights(g, \"a \\\"b\\\".safetensors\")\nreturn g\n")
end

os.exit(lu.LuaUnit.run())
