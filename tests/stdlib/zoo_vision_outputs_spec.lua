-- The vision models of the zoo compute: first weights and outputs are PyTorch's. The quick tier has the small
-- models; all take a minute and 2 GB.
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
        drawn = drawn:abs() * 0.1 + 1
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
  collectgarbage()
  return { manager:predict(values, orrery.data.tensors { image = orrery.randn(fixture.input) }) }
end

TestVisionOutputs = {}

function TestVisionOutputs:test_models_begin_with_pytorchs_weights()
  for _, fixture in ipairs(fixtures) do
    if full or quick[fixture.name] then
      orrery.manual_seed(fixtures.seed)
      local parameters = {}
      local graph = orrery.models.graph(fixture.name, { shape = { unpack(fixture.input, 2) } })
      for _, entry in ipairs(graph:state()) do parameters[entry.key] = entry.parameter end
      collectgarbage()
      for _, each in ipairs(fixture.initial) do
        local key, values = unpack(each)
        assert_near(some(parameters[key], #values), values, 1e-6, fixture.name .. ", " .. key)
      end
    end
  end
end

function TestVisionOutputs:test_models_compute_what_pytorch_computes()
  for _, fixture in ipairs(fixtures) do
    if full or quick[fixture.name] then
      local outputs = outputs_of(fixture)
      lu.assertEquals(#outputs, #fixture.outputs, fixture.name)
      for at, wanted in ipairs(fixture.outputs) do
        lu.assertEquals(outputs[at].shape, wanted.shape, fixture.name)
        assert_near(some(outputs[at], #wanted.values), wanted.values, 1e-4,
          fixture.name .. ", output " .. at)
      end
    end
  end
end

function TestVisionOutputs:test_models_of_google_take_images_between_minus_1_and_1()
  local x = orrery.randn(1, 3, 64, 64)
  local moved = orrery.cat({
    x:narrow(1, 0, 1) * 0.458 - 0.03, x:narrow(1, 1, 1) * 0.448 - 0.088, x:narrow(1, 2, 1) * 0.45 - 0.188,
  }, 1)
  local function outputs(options, image)
    options.aux_logits = false
    orrery.manual_seed(1)
    return (orrery.models.googlenet(options):eval()(image))
  end
  local wanted = outputs({}, moved)
  assert_near(some(outputs({ transform_input = true }, x), 8), some(wanted, 8), 1e-4, "googlenet")
end

os.exit(lu.LuaUnit.run())
