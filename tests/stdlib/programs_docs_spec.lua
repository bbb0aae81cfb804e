-- docs/programs.md runs as it stands there.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/programs_docs_spec%.lua$"

-- The page as a script: what is no code is left blank, so that lines keep their numbers. Each piece but the
-- first, which the others need, keeps its locals to itself.
local function script()
  local lines, inside, pieces = {}, false, 0
  for line in core.read_file(root .. "docs/programs.md"):gmatch "(.-)\n" do
    if line == "```lua" then
      inside, pieces = true, pieces + 1
      lines[#lines + 1] = pieces > 1 and "do" or ""
    elseif line == "```" then
      inside = false
      lines[#lines + 1] = pieces > 1 and "end" or ""
    else
      lines[#lines + 1] = inside and line or ""
    end
  end
  return table.concat(lines, "\n") .. "\nprint 'all of it'\n", pieces
end

TestProgramsPage = {}

function TestProgramsPage:test_runs_from_its_first_piece_to_its_last()
  local text, pieces = script()
  lu.assertTrue(pieces > 10)
  child.write("page.lua", text)
  local code, out, err = child.orrery "run page.lua --seed 1"
  lu.assertEquals({ code, out }, { 0, "all of it\n" }, err)
  lu.assertNotStrContains(err, "warning")
end

child.finish(lu.LuaUnit.run())
