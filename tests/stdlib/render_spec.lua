local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").text

TestRender = {}

function TestRender:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
  self.g = orrery.graph "g"
  self.g:output(orrery.nn.Linear(8, 2)(self.g:input { x = { shape = { 8 } } }))
  self.path = os.tmpname()
end

function TestRender:tearDown()
  if not self.path then return end
  for _, ending in ipairs { "", ".pdf", ".svg", ".png" } do os.remove(self.path .. ending) end
end

function TestRender:test_takes_the_format_from_the_name()
  local beginnings = { pdf = "%PDF", svg = "<?xml", png = "\137PNG" }
  for format, beginning in pairs(beginnings) do
    orrery.render(self.g, self.path .. "." .. format)
    lu.assertEquals(core.read_file(self.path .. "." .. format):sub(1, #beginning), beginning)
  end
end

function TestRender:test_takes_the_format_as_an_option()
  orrery.render(self.g, self.path, { format = "svg" })
  lu.assertStrContains(core.read_file(self.path), "<svg")
end

function TestRender:test_says_what_does_not_fit()
  local text = refusal(orrery.render, self.g, "a.dpf")
  lu.assertStrContains(text, "does not tell a format (did you mean 'pdf'?)")
  lu.assertStrContains(refusal(orrery.render, self.g, "a.pdf", { stile = "box" }), "did you mean 'style'?")
  lu.assertStrContains(refusal(orrery.render, self.g, "a.pdf", { style = "bxo" }), "did you mean 'box'?")
  lu.assertStrContains(refusal(orrery.render, {}, "a.pdf"), "expected a Graph, got a table")
end

function TestRender:test_leaves_nothing_where_it_cannot_write()
  local text = refusal(orrery.render, self.g, "/no/such/folder/a.pdf")
  lu.assertEquals(core.error_info(text).exit_code, 7)
end

function TestRender:test_tells_the_geometry()
  lu.assertStrContains(require("orrery.drawing").layout(self.g), '"')
end

os.exit(lu.LuaUnit.run())
