-- What `orrery render` makes of graphs and machines that nobody draws for fun.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery

local full = os.getenv "ORRERY_TEST_FULL" ~= nil
local head = 'local orrery = require "orrery"\nlocal g = orrery.graph "odd"\n'
local input = "local x = g:input { x = { shape = { 8 } } }\n"

-- By what is odd about them.
local graphs = {
  empty = "",
  one_node = "g:input { x = { shape = { 8 } } }\n",
  constant = "g:output(g:constant { 3 })\n",
  nothing_connected = input .. 'g:parameter("a", { 3 }):relu()\ng:parameter("b", { 3 }):tanh()\n',
  chain = input .. "for _ = 1, 10000 do x = x:relu() end\ng:output(x)\n",
  nest = input .. [[
local function nest(depth)
  return g:block("b", function(h) return depth == 1 and h:relu() or nest(depth - 1)(h) end)
end
g:output(nest(200)(x))
]],
  empty_titles = input .. 'g:output(g:block("b", function(h) return h:relu() end, { title = "" })(x))\n',
}
for name, text in pairs(graphs) do child.write(name .. ".lua", head .. text) end

-- The first of these programs that is installed, or one that takes all.
local function first_of(...)
  for _, program in ipairs { ... } do
    if child.shell("command -v " .. program:match "%S+") == 0 then return program end
  end
  return "true"
end

-- Formats with the programs that read them.
local readers = {
  pdf = first_of("qpdf --check", "pdfinfo"),
  svg = first_of "python3 -c 'import sys, xml.etree.ElementTree as tree; tree.parse(sys.argv[1])'",
  png = first_of "pngcheck -q", json = first_of "python3 -m json.tool", dot = first_of "dot -Tplain",
  tex = "true", mmd = "true", txt = "true",
}
-- An image has a largest size; dot takes minutes for the chain.
local left_out = { ["chain.png"] = true, ["chain.dot"] = true }

TestRenderBadInput = {}

function TestRenderBadInput:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
end

for name in pairs(graphs) do
  TestRenderBadInput["test_draws_" .. name] = function()
    for ending, reader in pairs(readers) do
      local file = name .. "." .. ending
      local dense = ending == "png" and " --dpi 30" or ""
      if not left_out[file] and (full or name ~= "chain" or ending ~= "svg") then
        local code, out, err = orrery(("render %s.lua%s -o %s"):format(name, dense, file))
        lu.assertEquals({ code, out, err }, { 0, file .. "\n", "" }, file)
        local read, _, complaint = child.shell(("%s %s >/dev/null"):format(reader, file))
        lu.assertEquals({ read, complaint }, { 0, "" }, file)
      end
    end
    for _, style in ipairs { "lenet", "volume" } do
      local code, _, err = orrery(("render %s.lua --style %s -o %s.pdf"):format(name, style, style))
      lu.assertEquals({ code, err }, { 0, "" }, style)
    end
  end
end

function TestRenderBadInput:test_says_that_a_chain_is_too_long_for_an_image()
  local code, out, err = orrery "render chain.lua --no-wrap -o chain.png"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "dots")
  lu.assertNil(child.read "chain.png")
end

function TestRenderBadInput:test_refuses_pages_without_room()
  local pages = { "--width-mm 0.5", "--width-mm -3", "--width-mm nan", "--width-mm 1e9", "--dpi 0" }
  for _, page in ipairs(pages) do
    local code, out, err = orrery("render one_node.lua -o page.pdf " .. page)
    lu.assertEquals({ code, out }, { 2, "" }, page)
    lu.assertStrMatches(err, "orrery: .+", nil, nil, page)
    lu.assertNil(child.read "page.pdf", page)
  end
end

function TestRenderBadInput:test_names_the_key_of_a_theme_that_it_does_not_know()
  child.write("theme.lua", 'return { base = "light", backgruond = "#000000" }')
  local code, _, err = orrery "render one_node.lua -o theme.pdf --theme theme.lua"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "backgruond")
  lu.assertStrContains(err, "did you mean 'background'?")
end

function TestRenderBadInput:test_leaves_a_file_as_it_was_where_it_may_not_write()
  child.shell "rm -rf kept && mkdir -p kept/drawing.pdf && : > kept/drawing.pdf/inside"
  local code, out, err = orrery "render one_node.lua -o kept/drawing.pdf"
  lu.assertEquals({ code, out }, { 7, "" })
  lu.assertStrContains(err, "kept/drawing.pdf")
  local _, files = child.shell "ls -A kept kept/drawing.pdf"
  lu.assertEquals(files, "kept:\ndrawing.pdf\n\nkept/drawing.pdf:\ninside\n")
end

function TestRenderBadInput:test_says_when_the_disk_is_full()
  lu.skipIf(child.shell "test -w /dev/full" ~= 0, "there is no /dev/full")
  local code, _, err = child.shell(child.program .. " render one_node.lua --format svg -o - > /dev/full")
  lu.assertNotEquals(code, 0)
  lu.assertStrMatches(err, "orrery: .+")
end

-- The machine's own fonts play no part.
function TestRenderBadInput:test_draws_the_same_where_no_fonts_are_installed()
  child.shell "mkdir -p no_fonts"
  child.write("no_fonts/fonts.conf", '<?xml version="1.0"?><fontconfig></fontconfig>')
  local alone = "FONTCONFIG_PATH=$PWD/no_fonts FONTCONFIG_FILE=$PWD/no_fonts/fonts.conf " .. child.program
  for _, ending in ipairs { "pdf", "svg", "png" } do
    orrery("render empty_titles.lua -o usual." .. ending)
    local code, _, err = child.shell(("%s render empty_titles.lua -o alone.%s"):format(alone, ending))
    lu.assertEquals({ code, err }, { 0, "" }, ending)
    lu.assertTrue(child.read("alone." .. ending) == child.read("usual." .. ending), ending)
  end
end

function TestRenderBadInput:test_says_where_it_looked_for_its_own_fonts()
  local build = child.program:match "^(.*)/orrery$"
  local code = child.shell(([[mkdir -p other/lib && cp %s/orrery other/ && cp -r %s/lua other/ &&
    cp %s/lib/liborrery.so %s/lib/liborrery_renderers.so other/lib/]]):format(build, build, build, build))
  lu.skipIf(code ~= 0, "this build is laid out in another way")
  local drawn, _, err = child.shell "LD_LIBRARY_PATH=$PWD/other/lib other/orrery render one_node.lua -o x.pdf"
  lu.assertEquals(drawn, 1)
  lu.assertStrContains(err, "the font DejaVuSans.ttf is in none of ")
  lu.assertStrContains(err, child.folder .. "/other/fonts")
end

child.finish(lu.LuaUnit.run())
