-- The vision models of the zoo beside torchvision's: keys, shapes, their order, counts, first weights and
-- outputs. The quick tier computes the small ones; all take half a minute and 2 GB.
local bit = require "bit"
local lu = require "luaunit"
local orrery = require "orrery"

local folder = debug.getinfo(1, "S").source:match "^@(.*)/tests/" or "."
local fixtures = dofile(folder .. "/tests/fixtures/zoo/vision.lua")
local full = os.getenv "ORRERY_TEST_FULL" ~= nil

-- Models whose outputs and first weights are computed in the quick tier.
local quick = {
  "squeezenet1_0", "squeezenet1_1", "shufflenet_v2_x1_0", "mobilenet_v2", "mobilenet_v3_small", "resnet18",
  "densenet121", "efficientnet_b0", "googlenet", "lenet5", "mlp", "keras_mnist_cnn", "autoencoder", "srcnn",
  "espcn", "ddsrcnn", "dcgan",
}
for _, name in ipairs(quick) do quick[name] = true end

-- FNV-1a of 64 bits.
local function hashed(text)
  local hash = 0xcbf29ce484222325ULL
  for at = 1, #text do hash = bit.bxor(hash, text:byte(at) + 0ULL) * 0x100000001b3ULL end
  return bit.tohex(hash)
end

-- The parts of the state: the first two names of the keys, their number, the hash of their lines.
local function parts(graph)
  local found, lines = {}, {}
  for _, entry in ipairs(graph:state()) do
    local owner = entry.key:match "^(.*)%.[^.]*$" or ""
    local part = owner:match "^[^.]*%.[^.]*" or owner
    if not lines[part] then
      found[#found + 1] = { part }
      lines[part] = {}
    end
    table.insert(lines[part], ("%s [%s] %s\n"):format(entry.key, table.concat(entry.parameter.shape, ", "),
      entry.parameter.dtype))
  end
  for _, each in ipairs(found) do
    each[2], each[3] = #lines[each[1]], hashed(table.concat(lines[each[1]]))
  end
  return found
end

local function graph_of(fixture)
  return orrery.models.graph(fixture.name, { shape = { unpack(fixture.input, 2) } })
end

-- The weights that the fixtures' script draws: see `fill` there.
local function fill(graph)
  for _, entry in ipairs(graph:state()) do
    local parameter, shape = entry.parameter, entry.parameter.shape
    if parameter.dtype == "float32" then
      local drawn, count = orrery.randn(shape), 1
      for at = 2, #shape do count = count * shape[at] end
      if #shape > 1 then
        drawn = drawn * math.sqrt(2 / count)
      elseif entry.key:find "running_var$" then
        drawn = drawn:abs() * 0.1 + 0.5
      elseif entry.key:find "weight$" then
        drawn = drawn * 0.1 + 1
      else
        drawn = drawn * 0.1
      end
      orrery.no_grad(function() parameter:copy_(drawn) end)
    end
  end
end

-- `count` elements, evenly spaced.
local function some(tensor, count)
  local flat, last = tensor:flatten(), tensor:numel() - 1
  local values = {}
  for i = 0, count - 1 do values[i + 1] = flat[math.floor(i * last / (count - 1) + 0.5)]:item() end
  return values
end

local function largest(values)
  local most = 0
  for _, value in ipairs(values) do most = math.max(most, math.abs(value)) end
  return most
end

local function assert_near(got, wanted, relative, what)
  local margin = relative * largest(wanted)
  for at, value in ipairs(wanted) do
    lu.assertAlmostEquals(got[at], value, margin, ("%s, number %d"):format(what, at))
  end
end

-- What the model gives in evaluation, for the weights and the input that follow the seed.
local function outputs_of(fixture)
  local g = orrery.graph "zoo"
  local shape = { unpack(fixture.input, 2) }
  local values = { orrery.models[fixture.name] {} (g:input { image = { shape = shape } }) }
  orrery.manual_seed(fixtures.seed)
  fill(g)
  local manager = orrery.manager(g, {})
  return { manager:predict(values, orrery.data.tensors { image = orrery.randn(fixture.input) }) }
end

TestVision = {}

function TestVision:test_models_have_torchvisions_keys_shapes_and_order()
  for _, fixture in ipairs(fixtures) do
    local graph = graph_of(fixture)
    lu.assertEquals(#graph:state(), fixture.entries, fixture.name)
    local got = parts(graph)
    for at, part in ipairs(fixture.parts) do lu.assertEquals(got[at], part, fixture.name) end
    lu.assertEquals(#got, #fixture.parts, fixture.name)
  end
end

function TestVision:test_models_have_torchvisions_number_of_parameters()
  for _, fixture in ipairs(fixtures) do
    lu.assertEquals(graph_of(fixture):describe().parameters, fixture.parameters, fixture.name)
  end
end

function TestVision:test_models_have_the_published_number_of_parameters()
  local published = {
    alexnet = 61100840, vgg16 = 138357544, resnet18 = 11689512, resnet50 = 25557032, densenet121 = 7978856,
    squeezenet1_0 = 1248424, inception_v3 = 27161264,
    googlenet = 13004888,
 }
  for name, parameters in pairs(published) do
    lu.assertEquals(orrery.models.graph(name):describe().parameters, parameters, name)
  end
end

function TestVision:test_models_compute_what_pytorch_computes()
  for _, fixture in ipairs(fixtures) do
    if full or quick[fixture.name] then
      local outputs = outputs_of(fixture)
      lu.assertEquals(#outputs, #fixture.outputs, fixture.name)
      for at, wanted in ipairs(fixture.outputs) do
        lu.assertEquals(outputs[at].shape, wanted.shape, fixture.name)
        assert_near(some(outputs[at], #wanted.values), wanted.values, 1e-4, fixture.name .. ", output " .. at)
      end
    end
  end
end

os.exit(lu.LuaUnit.run())
