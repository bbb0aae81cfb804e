-- `orrery diff`: two models in words, as objects and in one drawing.

local lu = require "luaunit"
local child = require "cli_child"
local core = require "orrery.core"

local has_renderers = pcall(require, "orrery.render_core")

local model = [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local config = orrery.config { kernel = 3, norm = false }
local g = orrery.graph "digits"
local image, label = g:input(data.digits { batch = 64 })
local features = g:block("features", function(x)
  x = nn.Conv2d(1, 4, config.kernel, { padding = math.floor(config.kernel / 2) })(x)
  if config.norm then x = nn.BatchNorm2d(4)(x) end
  return x:relu()
end)
local logits = nn.Linear(256, 10, { name = "HEAD" })(features(image):flatten(1))
local loss = nn.CrossEntropyLoss()(logits, label)
orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 1,
  device = "cpu" }):run()
]]

child.write("a.lua", (model:gsub("HEAD", "head")))
child.write("b.lua", (model:gsub("HEAD", "head"):gsub("kernel = 3, norm = false", "kernel = 5, norm = true")))
child.write("renamed.lua", (model:gsub("HEAD", "top")))

local function diff(words)
  local code, out, err = child.orrery("diff " .. words)
  lu.assertEquals({ code, err }, { 0, "" }, words)
  return out
end

local function refused(words)
  local code, out, err = child.orrery("diff " .. words)
  lu.assertEquals({ code, out }, { 2, "" }, words)
  return err
end

local function objects(words)
  local list = {}
  for line in diff(words .. " --json"):gmatch "[^\n]+" do
    list[#list + 1] = core.parse_json(line, "a line")
  end
  return list
end

TestDiff = {}

function TestDiff:test_tells_what_was_added_and_changed()
  local out = diff "a.lua b.lua"
  lu.assertStrContains(out, "a.lua → b.lua: + 1 added, ~ 1 changed")
  lu.assertStrMatches(out:match "[^\n]*conv2d[^\n]*",
    "~ .*Conv2d.*kernel_size 3 → 5, padding 1 → 2.*%+64.*")
  lu.assertStrMatches(out:match "[^\n]*batch_norm2d[^\n]*", "%+ .*BatchNorm2d.*%+8.*")
  lu.assertStrMatches(out:match "\n(parameters[^\n]*)", "parameters +2,610 +2,682 +%+72 +%+2.8 %%")
  lu.assertNotStrContains(out, "relu")
end

function TestDiff:test_tells_what_was_removed()
  local out = diff "b.lua a.lua"
  lu.assertStrMatches(out:match "[^\n]*batch_norm2d[^\n]*", "− .*BatchNorm2d.*−8.*")
end

function TestDiff:test_shows_what_is_the_same_when_asked()
  lu.assertStrContains(diff "a.lua b.lua --all", "relu")
end

function TestDiff:test_says_that_two_models_are_the_same()
  lu.assertStrContains(diff "a.lua a.lua", "a.lua and a.lua are the same: 6 operations")
end

function TestDiff:test_a_new_name_is_a_change_by_itself()
  lu.assertStrContains(diff "a.lua renamed.lua", "name head → top")
end

function TestDiff:test_settings_go_to_both_scripts()
  lu.assertStrContains(diff "a.lua b.lua kernel=5 norm=true", "are the same")
end

function TestDiff:test_modules_of_one_script_are_not_the_others()
  for _, folder in ipairs { "one", "other" } do
    os.execute(("mkdir -p %s/%s"):format(child.folder, folder))
    child.write(folder .. "/width.lua", ("return %d"):format(folder == "one" and 8 or 16))
    child.write(folder .. "/net.lua", [[
      local orrery = require "orrery"
      local g = orrery.graph "net"
      local x = g:input { x = { shape = { 4 } } }
      g:output(orrery.nn.Linear(4, require "width")(x))
    ]])
  end
  lu.assertStrContains(diff "one/net.lua other/net.lua", "out_features 8 → 16")
end

function TestDiff:test_compares_models_of_the_zoo()
  local out = diff "resnet18 resnet34"
  lu.assertStrContains(out, "added")
  lu.assertNotStrContains(out, "removed")
  lu.assertStrContains(out, "21,797,672")
end

function TestDiff:test_tells_of_many_inputs_how_many_there_are()
  local words = require("orrery.cli.diff.tree").change_words
  lu.assertEquals(words { what = "inputs", before = "a, b, c", after = "a, b" }, "inputs 3 → 2")
  lu.assertEquals(words { what = "inputs", before = "a, b", after = "a, x" }, "input b → x")
  lu.assertEquals(words { what = "inputs", before = "a, b, c, d", after = "e, f, g, h" }, "4 other inputs")
  lu.assertEquals(words { what = "shape of x", before = '["N",1,28]', after = '["N",3,28]' },
    "shape of x N×1×28 → N×3×28")
end

function TestDiff:test_gives_objects()
  local list = objects "a.lua b.lua"
  local totals = list[#list]
  lu.assertEquals({ totals.kind, totals.added, totals.removed, totals.changed, totals.same },
    { "totals", 1, 0, 1, 5 })
  lu.assertEquals({ totals.parameters_before, totals.parameters_after }, { 2610, 2682 })
  for _, object in ipairs(list) do
    lu.assertEquals(object.schema, "orrery.diff/1")
    if object.change == "changed" then
      lu.assertEquals(object.path, "features/conv2d")
      lu.assertEquals(object.changes[1], { what = "kernel_size", before = "[3,3]", after = "[5,5]" })
    end
  end
end

function TestDiff:test_says_what_a_word_may_be()
  lu.assertStrContains(refused "a.lua resnet81", "did you mean")
  lu.assertStrContains(refused "a.lua resnet81", "Nor is it a run: there is no history 'orrery.db'")
  lu.assertStrContains(refused "a.lua", "B is missing")
end

function TestDiff:test_scripts_compare_graphs_themselves()
  local orrery = require "orrery"
  local function build(width)
    local g = orrery.graph "net"
    local x = g:input { x = { shape = { 4 } } }
    g:output(orrery.nn.Linear(4, width)(x))
    return g
  end
  local found = orrery.diff(build(8), build(16))
  lu.assertEquals(found.nodes[2].kind, "changed")
  lu.assertEquals(found.nodes[2].changes, { { what = "out_features", before = "8", after = "16" } })
  lu.assertEquals({ found.nodes[2].before, found.nodes[2].after }, { 2, 2 })
  lu.assertEquals(found.nodes[1].kind, "same")
end

TestDrawnDiff = {}

function TestDrawnDiff:setUp() lu.skipIf(not has_renderers, "this build has no renderers") end

function TestDrawnDiff:test_draws_both_as_one()
  lu.assertEquals(diff "a.lua b.lua -o d.json", "d.json\n")
  local drawn = core.parse_json(child.read "d.json", "the drawing")
  local changes = {}
  for _, box in ipairs(drawn.boxes) do
    if box.change then changes[box.path] = box.change end
  end
  lu.assertEquals(changes, { ["features/conv2d"] = "changed", ["features/batch_norm2d"] = "added" })
end

function TestDrawnDiff:test_takes_the_options_of_drawings()
  diff "a.lua b.lua --all --theme paper --fit ieee-column --edge-width bytes --overlay flops -o d.svg"
  lu.assertStrContains(child.read "d.svg", "<svg")
  lu.assertStrContains(refused "a.lua b.lua --overlay time -o e.svg", "'time' was measured in runs")
end

TestDiffOfRuns = {}

function TestDiffOfRuns:setUp()
  if child.read "orrery.db" then return end
  for _, name in ipairs { "a", "b" } do
    local code, _, err = child.orrery(("run %s.lua --profile block --name run-%s"):format(name, name))
    lu.assertEquals(code, 0, err)
  end
end

function TestDiffOfRuns:tearDownClass() os.remove(child.folder .. "/orrery.db") end

function TestDiffOfRuns:test_tells_time_and_memory_of_blocks()
  local out = diff "last~1 last"
  lu.assertStrContains(out, "run-a → run-b")
  lu.assertStrContains(out, "Time of one step\n")
  lu.assertStrMatches(out:match "Time of one step.-(features[^\n]*)", "features +%S+ %S*s +%S+ %S*s +.*")
  local costs = {}
  for _, object in ipairs(objects "last~1 last") do
    if object.kind == "cost" then costs[object.measure .. " " .. object.path] = object end
  end
  lu.assertTrue(costs["memory features"].after > costs["memory features"].before)
end

function TestDiffOfRuns:test_colours_what_grew()
  lu.skipIf(not has_renderers, "this build has no renderers")
  diff "last~1 last --overlay memory --numbers --depth 0 -o m.svg"
  lu.assertStrContains(child.read "m.svg", "<svg")
  diff "last~1 last --overlay memory --numbers --depth 0 -o m.json"
  lu.assertStrMatches(child.read "m.json", '.*"amount":"%+.*')
end

child.finish(lu.LuaUnit.run())
