-- docs/gallery.md and its pictures are what the list in scripts/dev/gallery.lua makes.
local lu = require "luaunit"
local child = require "cli_child"
local core = require "orrery.core"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/gallery_spec%.lua$"
local gallery = dofile(root .. "scripts/dev/gallery.lua")
local folder = root .. "docs/gallery"

local function picture(entry) return core.read_file(folder .. "/" .. entry.file) end

-- Whether a file can be read to its end: an SVG as XML, a PNG part by part.
local parsers = {
  svg = "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])",
  png = [[
import sys, zlib
data, at, kind = open(sys.argv[1], "rb").read(), 8, None
assert data[1:4] == b"PNG"
while at < len(data):
    size = int.from_bytes(data[at:at + 4], "big")
    kind, part = data[at + 4:at + 8], data[at + 4:at + 8 + size]
    assert zlib.crc32(part) == int.from_bytes(data[at + 8 + size:at + 12 + size], "big")
    at += 12 + size
assert kind == b"IEND" and at == len(data)
]],
}

-- What the pictures that are kept were drawn with.
local function drawn_with()
  return core.read_file(root .. "docs/gallery.md"):match "\nDrawn with (.-)%.\n$"
end

TestGallery = {}

function TestGallery:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
end

function TestGallery:test_the_page_is_made_from_the_list()
  lu.assertEquals(core.read_file(root .. "docs/gallery.md"), gallery.page(drawn_with()))
end

function TestGallery:test_every_picture_is_there_well_formed_and_small()
  for _, entry in ipairs(gallery.entries) do
    lu.assertTrue(#picture(entry) <= 150 * 1024, entry.file .. " has " .. #picture(entry) .. " bytes")
    local parser = child.write("parse.py", parsers[entry.file:match "%.(%w+)$"])
    local code, _, problem = child.shell(("python3 %s %s/%s"):format(parser, folder, entry.file))
    lu.assertEquals({ code, problem }, { 0, "" }, entry.file)
  end
end

function TestGallery:test_there_is_no_picture_that_the_list_does_not_have()
  local listed = {}
  for _, entry in ipairs(gallery.entries) do listed[entry.file] = true end
  for _, file in ipairs(core.list_folder(folder)) do
    lu.assertTrue(listed[file] or file:match "%.lua$" ~= nil, file)
  end
end

function TestGallery:test_scripts_stand_beside_the_pictures()
  for _, entry in ipairs(gallery.entries) do
    local script = entry.command:match "([%w_./]+%.lua)"
    local text = script and core.read_file(folder .. "/" .. script) or ""
    for part in entry.file:gmatch "%w+" do
      lu.assertTrue((entry.command .. text):find(part, 1, true) ~= nil, entry.file)
    end
  end
end

function TestGallery:test_a_picture_made_anew_has_the_same_bytes()
  lu.skipIf(require("orrery.render_core").libraries() ~= drawn_with(), "drawn with other libraries")
  local copy = child.folder .. "/docs/gallery"
  child.shell(("mkdir docs && cp -r %s docs/gallery && ln -s %sdata %sexamples . && "
    .. "rm -f %s/*.svg %s/*.png"):format(folder, root, root, copy, copy))
  for _, entry in ipairs(gallery.entries) do
    if not entry.measured then
      local code, said = gallery.make(entry, child.program, copy)
      lu.assertEquals(code, entry.exits or 0, said)
      lu.assertTrue(core.read_file(copy .. "/" .. entry.file) == picture(entry), entry.file)
    end
  end
end

child.finish(lu.LuaUnit.run())
