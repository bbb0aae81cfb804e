-- What a user can steer in drawings: open blocks, what boxes tell, colours, costs of runs, pages.

local lu = require "luaunit"
local child = require "cli_child"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").text

local has_renderers = pcall(require, "orrery.render_core")

child.write("train.lua", [[
local orrery = require "orrery"
local nn, data = orrery.nn, orrery.data
local g = orrery.graph "tiny"
local image, label = g:input(data.digits { batch = 256 })
local hidden = g:block("hidden", function(x) return nn.ReLU()(nn.Linear(64, 32, { name = "fc" })(x)) end)
local logits = nn.Linear(32, 10, { name = "out" })(hidden(image:flatten(1)))
local loss = nn.CrossEntropyLoss()(logits, label)
orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 1,
  device = "cpu" }):run()
]])

local recorded = {}

local function record(level)
  if recorded[level] then return end
  local code, _, err = child.orrery(("run train.lua --profile %s --history %s.db"):format(level, level))
  lu.assertEquals(code, 0, err)
  recorded[level] = true
end

local function render(words)
  local code, out, err = child.orrery("render " .. words)
  lu.assertEquals({ code, err }, { 0, "" }, words)
  return out
end

local function render_refusal(words)
  local code, out, err = child.orrery("render " .. words)
  lu.assertEquals({ code, out }, { 2, "" }, words)
  return err
end

-- Two equal blocks in a row.
local function twice()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 8 } } }
  local layer = g:block("layer", function(y) return orrery.nn.ReLU()(orrery.nn.Linear(8, 8)(y)) end)
  g:output(layer(layer(x)))
  return g
end

local function layout(options) return require("orrery.drawing").layout(twice(), options) end

TestSteering = {}

function TestSteering:setUp() lu.skipIf(not has_renderers, "this build has no renderers") end

function TestSteering:test_folds_repeats_unless_told_otherwise()
  lu.assertStrContains(layout {}, "layer … layer_2 ×2")
  lu.assertNotStrContains(layout { fold = false }, "×2")
end

function TestSteering:test_opens_and_shuts_blocks_by_one_pattern_or_several()
  lu.assertStrContains(layout { collapse = "layer*", fold = false }, "2 operations")
  lu.assertNotStrContains(layout { collapse = { "layer", "layer_2" }, fold = false }, "Linear")
  lu.assertStrContains(layout { depth = 0, expand = { "layer_2" }, fold = false }, "layer_2/linear")
end

function TestSteering:test_fuses_and_hides()
  lu.assertStrContains(layout { fuse = true }, '"after":["ReLU"]')
  lu.assertNotStrContains(layout { hide = "activations" }, "ReLU")
end

function TestSteering:test_refuses_lists_that_are_none()
  lu.assertStrContains(refusal(layout, { expand = true }), "expand: a path, a pattern, or a list of them")
  lu.assertStrContains(refusal(layout, { hide = { {} } }), "hide: a path, a pattern, or a list of them")
end

function TestSteering:test_takes_a_theme_by_name_or_as_a_table()
  local drawing = require("orrery.drawing").drawing
  local light = drawing(twice(), { format = "svg" })
  lu.assertNotEquals(drawing(twice(), { format = "svg", theme = "dark" }), light)
  lu.assertEquals(drawing(twice(), { format = "svg", theme = { base = "dark" } }),
    drawing(twice(), { format = "svg", theme = "dark" }))
  lu.assertNotEquals(drawing(twice(), { format = "svg", theme = { linear = "#ff0000" } }), light)
  lu.assertNotEquals(layout { theme = { title_size = 12 } }, layout {})
  lu.assertStrContains(refusal(layout, { theme = { liner = "#ff0000" } }), "did you mean 'line")
  lu.assertStrContains(refusal(layout, { theme = { linear = {} } }), "linear must be a text, a number")
  lu.assertStrContains(refusal(layout, { theme = { "dark" } }), "expected names as keys")
end

function TestSteering:test_the_graph_alone_tells_flops_and_parameters()
  lu.assertStrContains(layout { overlay = "flops", numbers = true, fold = false }, '"amount":"128 FLOP"')
  lu.assertStrContains(layout { overlay = "parameters", numbers = true }, '"amount":"2 × 72"')
end

function TestSteering:test_says_what_else_needs_a_run()
  lu.assertStrContains(refusal(layout, { overlay = "forward" }), "'forward' was measured in a run")
  lu.assertStrContains(refusal(layout, { overlay = "froward", run = "last" }), "did you mean 'forward'?")
end

function TestSteering:test_refuses_what_is_about_an_overlay_without_one()
  lu.assertStrContains(refusal(layout, { numbers = true }), "numbers is about an overlay")
  lu.assertStrContains(refusal(layout, { scale = "log" }), "scale is about an overlay")
  lu.assertStrContains(refusal(layout, { own = true }), "own is about an overlay")
  lu.assertStrContains(refusal(layout, { run = "last" }), "run is about an overlay")
  lu.assertStrContains(layout { numbers = false }, "layer")
end

function TestSteering:test_refuses_two_meanings_of_the_colours()
  lu.assertStrContains(refusal(layout, { overlay = "flops", color = "dtype" }), "either overlay or color")
  lu.assertStrContains(layout { overlay = "flops", color = "kind" }, "layer")
end

TestOnTheCommandLine = {}

function TestOnTheCommandLine:setUp() lu.skipIf(not has_renderers, "this build has no renderers") end

function TestOnTheCommandLine:test_takes_patterns_again_and_again()
  render "resnet18 --depth 0 --expand layer1 --expand layer2/0 --collapse layer3 -o a.svg"
  lu.assertStrContains(child.read "a.svg", "<svg")
  lu.assertStrContains(render_refusal "resnet18 --expand laier1 -o b.svg", "no block is called 'laier1'")
  lu.assertNil(child.read "b.svg")
end

function TestOnTheCommandLine:test_reads_a_theme_from_a_file()
  child.write("theme.lua", 'return { base = "dark", corner = 0 }')
  render "lenet5 --theme theme.lua --no-fold --legend --caption 'Figure 1' -o c.svg"
  child.write("broken.lua", "return {")
  lu.assertStrContains(render_refusal "lenet5 --theme broken.lua -o d.svg", "theme: broken.lua:1:")
  child.write("none.lua", "return 3")
  lu.assertStrContains(render_refusal "lenet5 --theme none.lua -o d.svg", "must return a table, got number")
  child.write("reader.lua", "return os.getenv 'HOME'")
  lu.assertStrContains(render_refusal "lenet5 --theme reader.lua -o d.svg", "attempt to index global 'os'")
end

function TestOnTheCommandLine:test_draws_what_trains_a_graph_and_what_saves_it()
  local script = child.read "train.lua"
  child.write("trained.lua", (script:gsub("epochs = 1,",
    "epochs = 1, saver = orrery.saver('hidden.safetensors', { what = 'hidden' }),")))
  local drawn = core.parse_json(render "trained.lua --governors --format json -o -", "the layout")
  local found = {}
  for _, box in ipairs(drawn.boxes) do
    local told = box.kind == "governor" or box.governed
    if told then found[box.path] = { box.title, box.detail, box.governed } end
  end
  lu.assertEquals(found, { optimizer = { "SGD", "lr 0.1" },
    saver = { "Saver", "hidden.safetensors", { "A" } }, hidden = { "hidden", nil, { "A" } } })
  lu.assertStrContains(render "trained.lua --governors --format text", "SGD")
  lu.assertNotStrContains(render "trained.lua --format text", "SGD")
end

function TestOnTheCommandLine:test_says_where_nothing_trains()
  child.write("bare.lua", [[
local orrery = require "orrery"
local g = orrery.graph "bare"
g:output(orrery.nn.Linear(8, 8)(g:input { x = { shape = { 8 } } }))
]])
  local said = render_refusal "bare.lua --governors -o -"
  lu.assertStrContains(said, "governors: this graph has no optimizer and no saver")
end

function TestOnTheCommandLine:test_fits_a_page_or_says_what_to_do()
  render "resnet18 --fit ieee-column --fuse -o e.pdf"
  lu.assertStrContains(render_refusal "resnet50 --fit slide --expand '*' --no-fold -o f.pdf",
    "does not fit on slide")
  render "lenet5 --height-mm 45 --min-font 7 -o g.pdf"
  lu.assertStrContains(render_refusal "lenet5 --height-mm 35 --no-wrap -o h.pdf",
    "does not fit on a page of 35 mm height")
end

function TestOnTheCommandLine:test_a_column_of_a_paper_holds_long_nets_with_text_of_6_points()
  for _, model in ipairs { "googlenet", "inception_v3", "ddsrcnn" } do
    render(model .. " --width-mm 84 --height-mm 247 -o column.pdf")
  end
end

TestOverlayOfARun = {}

function TestOverlayOfARun:setUp()
  lu.skipIf(not has_renderers, "this build has no renderers")
  record "node"
  record "block"
end

-- The overlay of a run, by its parts.
local function overlay(word, level)
  return require("orrery.overlay").of_run(word, "last", child.folder .. "/" .. level .. ".db")
end

function TestOverlayOfARun:test_holds_the_times_of_one_step_of_nodes_and_blocks()
  local forward, backward = overlay("forward", "node"), overlay("backward", "node")
  local both = overlay("time", "node")
  local node = "hidden/fc"
  lu.assertTrue(forward.nodes[node] > 0 and forward.nodes[node] < 1)
  lu.assertAlmostEquals(both.nodes[node], forward.nodes[node] + backward.nodes[node], 1e-9)
  lu.assertAlmostEquals(both.total.hidden, forward.total.hidden + backward.total.hidden, 1e-9)
  lu.assertTrue(forward.total[""] > forward.total.hidden)
  lu.assertEquals(forward.unit, "s")
end

function TestOverlayOfARun:test_holds_bytes()
  local lmu = overlay("lmu", "block")
  lu.assertEquals(lmu.total.hidden, (64 * 32 + 32) * 4)
  lu.assertEquals(lmu.blocks[""], (32 * 10 + 10) * 4)
  lu.assertTrue(overlay("memory", "block").total.hidden > lmu.total.hidden)
  lu.assertFalse(overlay("peak", "block").adds)
end

function TestOverlayOfARun:test_knows_no_nodes_without_their_profile()
  lu.assertNil(next(overlay("forward", "block").nodes))
end

function TestOverlayOfARun:test_says_what_was_not_recorded()
  local text = refusal(overlay, "gradient_norm", "block")
  lu.assertStrContains(text, "has nothing recorded of 'gradient_norm'")
  lu.assertStrContains(core.error_info(text).remedy or text, "log_gradients")
end

function TestOverlayOfARun:test_colours_a_drawing()
  render "train.lua --overlay forward --run last --history node.db --numbers --scale log -o g.svg"
  render "train.lua --overlay lmu --run last --db block.db --own --depth 0 -o h.svg"
  lu.assertNotEquals(child.read "g.svg", child.read "h.svg")
  lu.assertStrContains(render_refusal "train.lua --overlay forward -o i.svg", "say in which")
end

function TestOverlayOfARun:test_refuses_a_run_of_another_model()
  local text = render_refusal "lenet5 --overlay lmu --run last --history block.db -o j.svg"
  lu.assertStrContains(text, "measured a block 'hidden', and 'lenet5' has none")
end

function TestOverlayOfARun:test_refuses_a_run_of_another_model_without_blocks()
  child.write("flat.lua", (child.training:gsub("CALLBACKS", "{}")))
  child.orrery "run flat.lua --history flat.db --profile node"
  local text = render_refusal "lenet5 --overlay forward --run last --history flat.db -o k.svg"
  lu.assertStrContains(text, "measured a node '")
  lu.assertStrContains(text, "and 'lenet5' has none")
end

function TestOverlayOfARun:test_colours_blocks_where_nodes_are_known_too()
  render "train.lua --overlay forward --run last --history node.db --per block -o l.svg"
  render "train.lua --overlay forward --run last --history node.db --per node -o m.svg"
  lu.assertNotEquals(child.read "l.svg", child.read "m.svg")
  local text = render_refusal "train.lua --overlay forward --run last --db block.db --per node -o n.svg"
  lu.assertStrContains(text, "measured blocks, and no single nodes")
end

TestRuns = {}

function TestRuns:setUp() lu.skipIf(not has_renderers, "this build has no renderers") end

function TestRuns:test_draws_the_graph_that_a_run_kept()
  record "block"
  local name = select(2, child.orrery "history sql 'SELECT name FROM runs' --plain --db block.db"):match "%S+"
  lu.assertEquals(render("last --history block.db --no-names"), name .. ".pdf\n")
  lu.assertEquals(child.read(name .. ".pdf"):sub(1, 5), "%PDF-")
  for _, word in ipairs { "1", name, name:sub(1, 5), "last", "best:loss" } do
    local text = render(word .. " --history block.db -o - --format dot --no-names")
    lu.assertStrContains(text, "CrossEntropyLoss")
    lu.assertEquals(text, render "train.lua -o - --format dot --no-names")
  end
end

function TestRuns:test_an_overlay_is_of_the_run_that_is_drawn_unless_another_is_named()
  record "block"
  local words = "last --history block.db --overlay forward --numbers -o - --format json"
  local own = render(words)
  lu.assertEquals(own, render(words .. " --run last"))
  lu.assertStrContains(own, '"amount"')
  render "last --history block.db --overlay flops -o flops.svg"
end

function TestRuns:test_says_what_is_wrong_with_a_run()
  record "block"
  local code, _, err = child.orrery "render last --history none.db"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "there is no history 'none.db' with a run 'last'")
  lu.assertStrContains(render_refusal "last~3 --history block.db", "there is only 1 run in block.db")
  lu.assertStrContains(render_refusal "resnet81 --history block.db",
    "'resnet81' is no script, no saved model, no model of the zoo and no run (did you mean 'resnet18'?)")
  child.write("own.lua", 'local run = require("orrery").run { name = "bare" } run:log("x", 1) run:finish()')
  lu.assertEquals(child.orrery "run own.lua", 0)
  lu.assertStrContains(render_refusal "bare", "run bare kept no graph")
  local training = child.read "train.lua"
  child.write("twice.lua", (training:gsub("image:flatten%(1%)",
    'orrery.transform("twice", function(x) return x * 2 end)(%0)')))
  lu.assertEquals(child.orrery "run twice.lua --history twice.db", 0)
  lu.assertStrContains(render_refusal "last --history twice.db", "has operations that its script made\n"
    .. "  Draw the script itself, which has them: orrery render twice.lua")
end

child.finish(lu.LuaUnit.run())
