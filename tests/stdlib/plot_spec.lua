local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").text

TestPlot = {}

function TestPlot:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
  self.path = os.tmpname()
end

function TestPlot:tearDown()
  if not self.path then return end
  for _, ending in ipairs { "", ".pdf", ".svg", ".png" } do os.remove(self.path .. ending) end
end

local function said(options) return refusal(orrery.plot, "a.pdf", options) end

local function geometry(options)
  return core.parse_json(require("orrery.drawing").plot_layout(options), "the geometry").marks
end

local function of_role(options, role)
  local found = {}
  for _, mark in ipairs(geometry(options)) do
    if mark.role == role then found[#found + 1] = mark end
  end
  return found
end

function TestPlot:test_takes_the_format_from_the_name()
  for format, beginning in pairs { pdf = "%PDF", svg = "<?xml", png = "\137PNG" } do
    orrery.plot(self.path .. "." .. format, { series = { { y = { 1, 2, 3 } } } })
    lu.assertEquals(core.read_file(self.path .. "." .. format):sub(1, #beginning), beginning)
  end
end

function TestPlot:test_takes_the_format_as_an_option()
  orrery.plot(self.path, { format = "svg", series = { { y = { 1, 2 } } } })
  lu.assertStrContains(core.read_file(self.path), "<svg")
  lu.assertStrContains(refusal(orrery.plot, "a.dpf", { series = {} }), "did you mean 'pdf'?")
end

function TestPlot:test_counts_x_where_there_is_none()
  local counted = of_role({ series = { { y = { 1, 2, 3 } } } }, "curve")
  local given = of_role({ series = { { x = { 1, 2, 3 }, y = { 1, 2, 3 } } } }, "curve")
  lu.assertEquals(counted[1].points, given[1].points)
end

function TestPlot:test_writes_titles_labels_and_units()
  local texts = {}
  for _, mark in ipairs(geometry { title = "A title", caption = "A caption", x = "epoch",
    y = { label = "memory", unit = "KiB" }, series = { { name = "own", y = { 1, 2 } } } }) do
    texts[mark.text or ""] = mark.role
  end
  lu.assertEquals({ texts["A title"], texts["A caption"], texts.epoch, texts["memory (KiB)"], texts.own },
    { "title", "caption", "axis label", "axis label", "legend name" })
end

function TestPlot:test_draws_bands_and_what_is_smoothed()
  local series = { { name = "own", y = { 1, 3, 2, 4 }, lower = { 0, 2, 1, 3 }, upper = { 2, 4, 3, 5 },
    smooth = 3 } }
  lu.assertEquals(#of_role({ series = series }, "band"), 1)
  lu.assertEquals(#of_role({ series = series }, "faint curve"), 1)
end

function TestPlot:test_puts_panels_under_each_other()
  local axes = of_role({ panels = { { y = "loss", series = { { y = { 1, 2 } } } },
    { y = "accuracy", series = { { y = { 3, 4 } } } } } }, "axis")
  lu.assertEquals(#axes, 4)
end

function TestPlot:test_leaves_a_gap_at_nan()
  lu.assertEquals(#of_role({ series = { { y = { 1, 2, 0 / 0, 2, 1 } } } }, "curve"), 2)
end

function TestPlot:test_says_what_does_not_fit()
  lu.assertStrContains(said { serie = {} }, "plot: unknown option 'serie' (did you mean 'series'?)")
  lu.assertStrContains(said { series = { { y = { 1 }, nme = "a" } } }, "series[1]: unknown option 'nme'")
  lu.assertStrContains(said { y = { lable = "a" }, series = {} }, "(did you mean 'label'?)")
  lu.assertStrContains(said { panels = { { serie = {} } } }, "plot: panels[1]")
  lu.assertStrContains(said { series = {}, legend = "abov" }, "legend must be")
  lu.assertStrContains(said {}, "plot: nothing is to be plotted")
  lu.assertStrContains(said { series = { y = { 1 } } }, "into another pair of braces")
  lu.assertStrContains(said { series = { { x = { 1 } } } }, "plot: series[1] has no y")
  lu.assertStrContains(said { series = { { y = 3 } } }, "series[1]: y is a list of numbers, got a number")
  lu.assertStrContains(said { series = { { y = { 1, "2" } } } }, "but entry 2 is a string")
  lu.assertStrContains(said { series = { { x = { 1 }, y = { 1, 2 } } } }, "1 numbers in x and 2 in y")
  lu.assertStrContains(said { series = { { y = { 1 }, smooth = 0.5 } } }, "smooth must be")
  lu.assertStrContains(said { series = { { y = { 1 }, color = 0 } } }, "color must be")
  lu.assertStrContains(said { y = "loss", panels = {} }, "y and series belong into the panels")
  lu.assertStrContains(said { panels = {} }, "at least one panel")
  lu.assertStrContains(said { series = {}, width_mm = 5 }, "width_mm must be 30 to 2000")
  lu.assertStrContains(said(7), "plot is a table, got a number")
end

function TestPlot:test_leaves_nothing_where_it_cannot_write()
  local text = refusal(orrery.plot, "/no/such/folder/a.pdf", { series = { { y = { 1, 2 } } } })
  lu.assertEquals(core.error_info(text).exit_code, 7)
end

function TestPlot:test_opens_no_engine() lu.assertFalse(core.engine_is_open()) end

os.exit(lu.LuaUnit.run())
