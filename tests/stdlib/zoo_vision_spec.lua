-- The vision models of the zoo beside torchvision's: keys, shapes, order and counts; without the engine.
local bit = require "bit"
local lu = require "luaunit"
local orrery = require "orrery"

local folder = debug.getinfo(1, "S").source:match "^@(.*)/tests/" or "."
local fixtures = dofile(folder .. "/tests/fixtures/zoo/vision.lua")

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
    squeezenet1_0 = 1248424, mobilenet_v2 = 3504872, efficientnet_b0 = 5288548, inception_v3 = 27161264,
    googlenet = 13004888, vit_b_16 = 86567656,
  }
  for name, parameters in pairs(published) do
    lu.assertEquals(orrery.models.graph(name):describe().parameters, parameters, name)
  end
end

function TestVision:test_models_answer_to_short_names()
  local models = orrery.models
  lu.assertEquals(models.resnext50, models.resnext50_32x4d)
  lu.assertEquals(models.wide_resnet50, models.wide_resnet50_2)
  lu.assertEquals(models.shufflenet_v2 {}.name, "shufflenet_v2_x1_0")
end

os.exit(lu.LuaUnit.run())
