-- The styles that draw feature maps, over the whole zoo: nothing lies over anything else.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local checks = require "picture_checks"
local refusal = require("refusal").text

local folder = debug.getinfo(1, "S").source:match "^@(.*)/tests/" or "."
local styles = { "lenet", "volume" }

local function picture_of(graph, options)
  return core.parse_json(require("orrery.drawing").layout(graph, options), "the picture")
end

-- Deep nets of hundreds of operations stand for others of their family.
local alike = {
  densenet169 = true, densenet201 = true, resnet101 = true, resnet152 = true, wide_resnet50_2 = true,
  resnext50_32x4d = true, vgg11_bn = true, vgg13 = true, vgg13_bn = true, vgg19 = true, vgg19_bn = true,
  mobilenet_v3_small = true, resnet34 = true, squeezenet1_0 = true,
}

TestRenderStyles = {}

function TestRenderStyles:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
end

local function test_clean(options)
  local found = {}
  for _, name in ipairs(orrery.models.names()) do
    if not alike[name] then
      local faults = checks.faults(picture_of(orrery.models.graph(name), options))
      if #faults > 0 then found[name] = faults end
    end
  end
  lu.assertEquals(found, {}, "style " .. options.style)
end

for _, style in ipairs(styles) do
  TestRenderStyles["test_" .. style .. "_overlaps_nothing"] = function() test_clean { style = style } end
  TestRenderStyles["test_" .. style .. "_overlaps_nothing_flowing_south"] = function()
    test_clean { style = style, direction = "south" }
  end
  TestRenderStyles["test_" .. style .. "_overlaps_nothing_with_folded_blocks"] = function()
    test_clean { style = style, depth = 1 }
  end
end

-- Compares with what was looked at and found good. After a change that is meant, ORRERY_UPDATE_GOLDENS=1
-- writes it anew; look at the drawing before committing it.
function TestRenderStyles:test_the_geometry_is_as_before()
  for name, style in pairs { lenet5 = "lenet" } do
    local path = ("%s/tests/golden/feature_maps_%s_%s.json"):format(folder, name, style)
    local now = require("orrery.drawing").layout(orrery.models.graph(name), { style = style })
    if os.getenv "ORRERY_UPDATE_GOLDENS" then
      local file = assert(io.open(path, "w"))
      file:write(now)
      file:close()
    end
    lu.assertEquals(now, core.read_file(path), path)
  end
end

function TestRenderStyles:test_the_checks_see_what_is_wrong()
  local picture = picture_of(orrery.models.graph "lenet5", { style = "lenet" })
  picture.texts[1].at = picture.texts[2].at
  lu.assertStrContains(table.concat(checks.faults(picture), "\n"), "lies over")
  picture.lines[1].points[1] = { 0, 0 }
  picture.texts[3].at[1] = -50
  lu.assertStrContains(table.concat(checks.faults(picture), "\n"), "stands out of the page")
end

function TestRenderStyles:test_a_drawing_is_as_wide_as_its_page()
  for _, style in ipairs(styles) do
    local picture = picture_of(orrery.models.graph "vgg16", { style = style, width_mm = 120 })
    local scale = 120 / 25.4 * 72 / picture.size[1]
    lu.assertTrue(scale > 0 and scale <= 1)
    for _, text in ipairs(picture.texts) do lu.assertTrue(text.points * scale >= 6 - 1e-9, text.text) end
    lu.assertEquals(checks.faults(picture), {})
  end
end

function TestRenderStyles:test_says_when_a_page_is_too_narrow()
  local graph = orrery.models.graph "densenet121"
  local text = refusal(orrery.render, graph, "a.pdf", { style = "volume", width_mm = 84 })
  lu.assertStrContains(text, "does not fit a page of 84 mm with text of 6 points")
  lu.assertStrContains(text, "depth")
end

function TestRenderStyles:test_the_same_graph_gives_the_same_picture()
  for _, style in ipairs(styles) do
    local function once()
      return require("orrery.drawing").layout(orrery.models.graph "unet", { style = style })
    end
    lu.assertEquals(once(), once())
  end
end

os.exit(lu.LuaUnit.run())
