-- Graphs of scripts as Lua: what is written builds the same graph, for the examples and the gallery.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"
local examples = require "example_runs"
local orrery = child.orrery

-- They compute on tensors alone.
local without_graph = { ["04_as_in_pytorch.lua"] = true, ["05_recurrent.lua"] = true,
  ["08_style_features.lua"] = true }

local function graph_of(script, name)
  local code, _, err = orrery(("export %s --to json -o %s"):format(script, name))
  if code ~= 0 then return nil, err end
  return core.graph_from_json(child.read(name), script)
end

local function assert_round_trip(script)
  local graph, problem = graph_of(script, "graph.json")
  lu.assertNotNil(graph, problem)
  local code, _, err = orrery(("export %s --to lua -o again.lua"):format(script))
  lu.assertEquals(code, 0, err)
  local again, trouble = graph_of("again.lua", "again.json")
  lu.assertNotNil(again, ("%s: %s\n%s"):format(script, trouble, child.read "again.lua"))
  lu.assertEquals(again:hash(), graph:hash(), script)
end

local function needs_of(file)
  for _, runs in pairs(examples.of) do
    for _, run in ipairs(runs) do
      if run[1] == file then return run.needs end
    end
  end
end

TestScripts = {}

function TestScripts:test_examples()
  local found = 0
  for _, file in ipairs(examples.files()) do
    local script = examples.root .. "examples/" .. file
    local needs = needs_of(file)
    local is_there = not needs or select(2, graph_of(script, "graph.json")) == nil
    if file == "09_style_transfer.lua" then
      lu.assertEquals(orrery(("run %sexamples/08_style_features.lua height=32 -q"):format(examples.root)), 0)
    end
    if is_there and not without_graph[file] then
      assert_round_trip(script)
      found = found + 1
    end
  end
  lu.assertTrue(found >= 12, found .. " examples")
end

function TestScripts:test_an_example_without_a_graph_says_so()
  for file in pairs(without_graph) do
    local graph, problem = graph_of(examples.root .. "examples/" .. file, "graph.json")
    lu.assertNil(graph, file)
    lu.assertStrContains(problem, "makes no graph")
  end
end

function TestScripts:test_the_gallery()
  local folder = examples.root .. "docs/gallery/"
  for _, file in ipairs(core.list_folder(folder)) do
    if file:find "%.lua$" and file ~= "wrong.lua" then assert_round_trip(folder .. file) end
  end
end

child.finish(lu.LuaUnit.run())
