-- Drawings of time, from scripts and of the zoo's recurrent models.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").text
local nn = orrery.nn

TestRenderTime = {}

function TestRenderTime:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
end

local function drawn(graph, style)
  return core.parse_json(require("orrery.drawing").layout(graph, { style = style }), "the drawing")
end

-- What is carried to other steps, each name once.
local function carried(drawing)
  local names, seen = {}, {}
  for _, line in ipairs(drawing.lines) do
    if line.later and not seen[line.carried] then
      seen[line.carried] = true
      names[#names + 1] = line.carried
    end
  end
  table.sort(names)
  return names
end

local function titles(drawing, time)
  local found = {}
  for _, box in ipairs(drawing.boxes) do
    if box.time == time then found[#found + 1] = box.title end
  end
  return found
end

local function loop(steps, shared)
  local g = orrery.graph "net"
  local x = g:input { x = { shape = { steps, 4 } } }
  local cell = g:block("cell", function(at, h) return (nn.Linear(4, 8)(at) + nn.Linear(8, 8)(h)):tanh() end)
  if shared then cell = cell:shared() end
  local h = g:zeros(x:size(0), 8)
  for t = 1, steps do
    h = cell(x[{ {}, t - 1 }], h)
    g:tick()
  end
  g:output(nn.Linear(8, 2)(h))
  return g
end

function TestRenderTime:test_unrolls_a_loop_by_hand()
  local drawing = drawn(loop(3, true), "unrolled")
  lu.assertEquals(titles(drawing, "line"), { "steps shared ×3" })
  lu.assertEquals(titles(drawing, "step"), { "t = 1", "t = 2", "t = 3" })
  lu.assertEquals(carried(drawing), { "h" })
end

function TestRenderTime:test_tells_own_weights_from_shared_ones()
  lu.assertEquals(titles(drawn(loop(3, false), "unrolled"), "line"), { "steps ×3" })
end

function TestRenderTime:test_rolls_it_up()
  local drawing = drawn(loop(6, true), "rolled")
  lu.assertEquals(titles(drawing, "step"), {})
  lu.assertEquals(carried(drawing), { "h" })
end

function TestRenderTime:test_draws_the_recurrent_models_of_the_zoo()
  for _, style in ipairs { "unrolled", "rolled" } do
    lu.assertEquals(carried(drawn(orrery.models.graph "lstm_language_model", style)), { "c", "h" })
    lu.assertEquals(carried(drawn(orrery.models.graph "seq2seq", style)), { "h" })
  end
end

function TestRenderTime:test_draws_a_scan()
  local g = orrery.graph "scan"
  local x = g:input { x = { shape = { 4, 4 } } }
  local last, all = orrery.scan(function(memory, at)
    memory = (memory + at):tanh()
    return memory, memory
  end, g:zeros(x:size(0), 4), x:transpose(0, 1))
  g:output(last, all)
  lu.assertEquals(carried(drawn(g, "unrolled")), { "memory" })
  lu.assertEquals(titles(drawn(g, "unrolled"), "step"), { "t = 1", "t = 2", "t = 3", "t = 4" })
  lu.assertEquals(carried(drawn(g, "rolled")), { "memory" })
end

function TestRenderTime:test_says_what_to_do_without_time()
  local g = orrery.graph "plain"
  g:output((g:input { x = { shape = { 4 } } }):relu())
  lu.assertStrContains(refusal(orrery.render, g, "a.pdf", { style = "unrolled" }), "Call g:tick()")
end

os.exit(lu.LuaUnit.run())
