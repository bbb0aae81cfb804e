-- What `orrery render` writes in each format, read by other programs where they are installed.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery

child.write("net.lua", [[
local orrery = require "orrery"
local nn = orrery.nn
local g = orrery.graph "net"
local x = g:input { x = { shape = { 8 } } }
local body = g:block("body", function(h) return nn.Linear(8, 8)(h):relu() + h end)
g:output(body(x))
]])

-- Titles that each format must show as text.
child.write("hostile.lua", [=[
local orrery = require "orrery"
local g = orrery.graph "hostile"
local x = g:input { x = { shape = { 8 } } }
local titles = { "<b>&amp;", "\"q\" 'r'", "\\end{document}", "]]></svg>", "%%{init}%%", "\1\27[31m\255",
  "\226\128\174left", "\215\169\215\156", "\240\159\152\128", "\n\r\t", ("x"):rep(10000) }
for i, title in ipairs(titles) do
  x = g:block("b" .. i, function(h) return h:relu() end, { title = title })(x)
end
g:output(x)
]=])

local formats = { pdf = "pdf", svg = "svg", png = "png", tikz = "tex", json = "json", dot = "dot",
  mermaid = "mmd", text = "txt" }

TestRenderFormats = {}

function TestRenderFormats:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
end

function TestRenderFormats:test_writes_the_same_to_stdout_as_to_a_file_whose_name_tells_the_format()
  for format, ending in pairs(formats) do
    local code, out, err = orrery(("render net.lua -o drawn.%s"):format(ending))
    lu.assertEquals({ code, out, err }, { 0, "drawn." .. ending .. "\n", "" })
    local _, bytes = orrery(("render net.lua --format %s -o -"):format(format))
    lu.assertTrue(bytes == child.read("drawn." .. ending), format)
  end
end

function TestRenderFormats:test_names_a_file_after_the_graph()
  lu.assertEquals(select(2, orrery "render net.lua --format tikz"), "net.tex\n")
  lu.assertEquals(select(2, orrery "render net.lua --format mermaid"), "net.mmd\n")
end

function TestRenderFormats:test_shows_a_text_without_a_file()
  local code, out, err = orrery "render net.lua --format text"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "▼")
  local _, ascii = orrery "render net.lua --format text --ascii"
  lu.assertNil(ascii:find "[\128-\255]")
  for line in select(2, orrery "render net.lua --format text --columns 24"):gmatch "[^\n]+" do
    lu.assertTrue(require("orrery.cli.text").width(line) <= 24, line)
  end
end

function TestRenderFormats:test_says_what_a_name_must_end_in()
  local code, out, err = orrery "render net.lua -o net.dto"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "did you mean 'dot'?")
  lu.assertStrContains(err, "--format")
  code, out, err = orrery "render net.lua --format dto -o x"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "did you mean 'dot'?")
end

function TestRenderFormats:test_the_program_tells_the_formats_and_endings_of_the_library()
  local g = require("orrery").graph "g"
  local drawing, refusal = require "orrery.drawing", require("refusal").text
  local formats_there = refusal(drawing.drawing, g, { format = "x" }):match "must be (.-), got"
  formats_there = formats_there:gsub("'", ""):gsub(" or ", ", ")
  local _, help = orrery "render --help"
  lu.assertStrContains((help:gsub("%s+", " ")), ": " .. formats_there .. " --")
  local endings = "End the name in (.-), or give"
  local _, _, err = orrery "render net.lua -o net.x"
  lu.assertEquals(err:match(endings), refusal(drawing.render, g, "net.x"):match(endings))
end

function TestRenderFormats:test_refuses_what_does_not_fit()
  for _, wrong in ipairs { "--columns 19", "--columns x", "--width-mm -1", "--width-mm 0.1", "--dpi 0",
    "--dpi 1e9", "--depth -1" } do
    local code, out, err = orrery("render net.lua -o net.txt " .. wrong)
    lu.assertEquals({ code, out }, { 2, "" }, wrong)
    lu.assertStrMatches(err, "orrery: .*\n", nil, nil, wrong)
  end
end

function TestRenderFormats:test_cannot_write_into_a_folder_that_may_not_be_written()
  child.shell "mkdir -p shut; : > shut/file"
  for _, place in ipairs { "shut/file/a", "no/such/a", "/proc/a" } do
    for _, ending in pairs(formats) do
      local code, out, err = orrery(("render net.lua -o %s.%s"):format(place, ending))
      lu.assertEquals({ code, out }, { 7, "" }, err)
    end
  end
end

function TestRenderFormats:test_ends_quietly_when_nobody_reads()
  local code, _, err = child.shell(child.program .. " render net.lua --format json -o - | head -c 1 >&2")
  lu.assertEquals({ code, err }, { 0, "{" })
end

-- Programs that read the files; what is not installed is not asked.
local readers = {
  svg = "xmllint --noout", pdf = "pdfinfo", png = "pngcheck -q", json = "python3 -m json.tool",
  dot = "dot -Tsvg",
}

for format, reader in pairs(readers) do
  TestRenderFormats["test_" .. format .. "_is_read_by_" .. reader:match "%S+"] = function()
    lu.skipIf(child.shell("command -v " .. reader:match "%S+") ~= 0, reader .. " is not installed")
    for _, script in ipairs { "net", "hostile" } do
      local file = script .. "." .. formats[format]
      lu.assertEquals(orrery(("render %s.lua -o %s"):format(script, file)), 0)
      local code, _, err = child.shell(("%s %s >/dev/null"):format(reader, file))
      lu.assertEquals({ code, err }, { 0, "" }, file)
    end
  end
end

child.finish(lu.LuaUnit.run())
