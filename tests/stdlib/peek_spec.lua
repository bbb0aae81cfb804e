-- `orrery peek` runs a script up to its training and shows values of one batch.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"
local orrery = child.orrery

child.write("net.lua", [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local config = orrery.config { scale = 1 }
local g = orrery.graph "net"
local x, target = g:input(data.tensors { x = orrery.tensor { { -1, 0 }, { 2, 3 }, { 0, 0 / 0 } },
  target = orrery.zeros(3, 1), batch = 2 })
local body = g:block("body", function(v)
  local scaled = (v * config.scale):named "scaled"
  return scaled:relu():named "cut"
end)
local y = nn.Linear(2, 1, { name = "head" })(body(x))
local loss = nn.MSELoss()(y, target)
local optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
orrery.manager(g, { optimizer = optimizer, epochs = 1 }):run()
error "the script was run"
]])

local function rows(words)
  local code, out, err = orrery("peek net.lua " .. words .. " --json")
  lu.assertEquals({ code, err }, { 0, "" })
  local found = {}
  for line in out:gmatch "[^\n]+" do found[#found + 1] = core.parse_json(line, "line") end
  return found
end

TestPeek = {}

function TestPeek:test_prints_the_tensor_and_its_statistics()
  local code, out, err = orrery "peek net.lua body/cut"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertEquals(out, "body/cut  relu  (2, 2) float32\ntensor([[0., 0.],\n        [2., 3.]])\n"
    .. "min 0  max 3  mean 1.25  std 1.5  zeros 50.0 %  not finite 0 of 4\n")
end

function TestPeek:test_gives_statistics_as_json()
  local row = rows "body/scaled"[1]
  lu.assertEquals({ row.schema, row.path, row.operation, row.dtype }, { "orrery.peek/1", "body/scaled", "mul",
    "float32" })
  lu.assertEquals({ row.shape, row.min, row.max, row.mean, row.zeros }, { { 2, 2 }, -1, 3, 1, 0.25 })
end

function TestPeek:test_takes_config_and_other_batches()
  lu.assertEquals(rows "body/scaled scale=2"[1].max, 6)
  local row = rows "body/scaled --batch 2"[1]
  lu.assertEquals({ row.count, row.not_finite, row.max }, { 2, 1, 0 })
end

function TestPeek:test_takes_patterns_and_blocks()
  local found = rows "'body/*'"
  lu.assertEquals({ #found, found[1].path, found[2].path }, { 2, "body/scaled", "body/cut" })
  lu.assertEquals(rows "body"[1].path, "body/cut")
end

function TestPeek:test_loads_weights()
  child.write("save.lua", [[
    local orrery = require "orrery"
    orrery.save({ ["head.weight"] = orrery.ones(1, 2), ["head.bias"] = orrery.zeros(1) }, "w.safetensors")
  ]])
  lu.assertEquals((orrery "run save.lua"), 0)
  lu.assertEquals(rows "head --weights w.safetensors"[1].max, 5)
end

function TestPeek:test_says_what_is_not_there()
  local code, _, err = orrery "peek net.lua body/scald"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "graph 'net' has no node or block 'body/scald' (did you mean 'body/scaled'?)")
  code, _, err = orrery "peek net.lua body --batch 3"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "there is no batch 3: the data have 2")
  code, _, err = orrery "peek net.lua"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "PATH is missing")
  child.write("bare.lua", [[
    local orrery = require "orrery"
    local g = orrery.graph "bare"
    local x = g:input { x = { shape = { 2 } } }
    local _ = x:relu()
  ]])
  code, _, err = orrery "peek bare.lua relu"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "graph 'bare' has no data to take a batch of\n  Give the input a source")
end

child.finish(lu.LuaUnit.run())
