-- Views for the screen, and cues: what a view exports, read by `orrery render --cues` and by scripts.

local lu = require "luaunit"
local child = require "cli_child"
local orrery = require "orrery"
local refusal = require("refusal").text

local has_renderers = pcall(require, "orrery.render_core")

child.write("net.lua", [[
local orrery = require "orrery"
local g = orrery.graph "net"
local x = g:input { x = { shape = { 8 } } }
local layer = g:block("layer", function(y) return orrery.nn.ReLU()(orrery.nn.Linear(8, 8)(y)) end)
g:output(layer(layer(x)))
]])

local function net()
  local g = orrery.graph "net"
  local x = g:input { x = { shape = { 8 } } }
  local layer = g:block("layer", function(y) return orrery.nn.ReLU()(orrery.nn.Linear(8, 8)(y)) end)
  g:output(layer(layer(x)))
  return g
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

local function layout(cues) return require("orrery.drawing").layout(net(), { cues = cues }) end

-- Without a compiler for WebAssembly a build makes no views, and says so.
local function skip_without_views()
  local code, _, err = child.orrery "render net.lua -o probe.html"
  lu.skipIf(code == 1 and err:find("WebAssembly", 1, true), "this build makes no views")
end

TestViews = {}

function TestViews:setUp()
  lu.skipIf(not has_renderers, "this build has no renderers")
  skip_without_views()
end

function TestViews:test_are_written_by_the_ending_of_the_file()
  lu.assertEquals(render "net.lua -o net.html", "net.html\n")
  lu.assertStrContains(child.read "net.html", "<title>net</title>")
end

function TestViews:test_hold_the_lines_of_the_script()
  render "net.lua -o net.html"
  lu.assertStrContains(child.read "net.html", [[local layer = g:block(\"layer\"]])
end

function TestViews:test_have_the_same_bytes_again()
  render "net.lua -o one.html"
  render "net.lua -o two.html"
  lu.assertEquals(child.read "one.html", child.read "two.html")
end

function TestViews:test_of_gpt2_have_at_most_three_megabytes()
  render "gpt2 -o gpt2.html"
  lu.assertTrue(#child.read "gpt2.html" < 3e6)
end

function TestViews:test_are_written_by_scripts()
  orrery.render(net(), child.folder .. "/script.html")
  lu.assertStrContains(child.read "script.html", "<title>net</title>")
end

function TestViews:test_show_the_style_box_alone()
  lu.assertStrContains(render_refusal "net.lua -o net.html --style volume", "has the style 'box'")
end

function TestViews:test_hold_notes_and_images()
  local picture = child.folder .. "/picture.png"
  orrery.render(net(), picture)
  orrery.render(net(), child.folder .. "/noted.html", { notes = { layer = "first of two" },
    inside = { ["layer/linear"] = { image = picture } } })
  local page = child.read "noted.html"
  lu.assertStrContains(page, [["first of two"]])
  lu.assertStrContains(page, [["image":"data:image/png;base64,]])
end

function TestViews:test_begin_with_the_cues_of_a_file()
  child.write("first.json", [[{ "titles": { "layer": "Encoder" }, "collapse": ["layer_2"] }]])
  render "net.lua -o cued.html --cues first.json"
  lu.assertStrContains(child.read "cued.html", [["titles":{"layer":"Encoder"}]])
end

TestCues = {}

function TestCues:setUp() lu.skipIf(not has_renderers, "this build has no renderers") end

function TestCues:test_of_a_json_file_steer_a_drawing()
  child.write("cues.json", [[{ "schema": "orrery.cues", "version": 1, "graph": "net", "unfold": ["layer"],
    "collapse": ["layer_2"], "titles": { "layer": "First" }, "tags": { "layer_2": "slow" } }]])
  local text = render "net.lua --format json -o - --cues cues.json"
  for _, part in ipairs { '"First"', '"folded"' } do lu.assertStrContains(text, part) end
  lu.assertNotStrContains(text, "×2")
end

function TestCues:test_of_a_lua_file_are_the_table_that_it_returns()
  child.write("cues.lua", [[return { titles = { layer = "First" }, collapse = {} }]])
  lu.assertStrContains(render "net.lua --format json -o - --cues cues.lua", "First")
end

function TestCues:test_are_taken_by_scripts_as_a_file_or_a_table()
  lu.assertStrContains(layout { titles = { layer = "First" } }, "First")
  child.write("script.json", [[{ "titles": { "layer": "First" } }]])
  lu.assertStrContains(layout(child.folder .. "/script.json"), "First")
end

function TestCues:test_refuse_unknown_keys_and_paths_with_the_nearest()
  child.write("key.json", [[{ "title": {} }]])
  lu.assertStrContains(render_refusal "net.lua -o - --cues key.json",
    "cues: key.json: there is no cue 'title' (did you mean 'titles'?)")
  child.write("path.json", [[{ "collapse": ["layr"] }]])
  lu.assertStrContains(render_refusal "net.lua -o - --cues path.json",
    "cues: collapse: no block is called 'layr' (did you mean 'layer'?)")
  lu.assertStrContains(refusal(function() layout { tags = { layr = "x" } } end), "did you mean 'layer'?")
end

function TestCues:test_refuse_a_file_that_is_none()
  child.write("broken.json", "{")
  local code, _, err = child.orrery "render net.lua -o - --cues broken.json"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "cues: broken.json")
  child.write("broken.lua", "return 1")
  lu.assertStrContains(render_refusal "net.lua -o - --cues broken.lua", "must return a table, got number")
end

child.finish(lu.LuaUnit.run())
