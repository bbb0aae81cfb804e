-- The diagram of the database's tables in docs/history.md shows the tables that there are.
local lu = require "luaunit"

local folder = arg[0]:match "^(.*)/tests/stdlib/[^/]*$"

local function read(path)
  local file = assert(io.open(folder .. path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local words = dofile(folder .. "/scripts/dev/schema_diagram.lua")()

TestSchemaDiagram = {}

function TestSchemaDiagram:test_tells_tables_with_keys_and_references()
  lu.assertStrContains(words, "\ntags(run_id, tag; run_id → runs; )\n")
  lu.assertStrContains(words, "\nblocks(block_id; graph_id → graphs, parent_id → blocks; path, ")
end

-- Made anew by: build/orrery run scripts/dev/schema_diagram.lua docs/schema.svg
function TestSchemaDiagram:test_shows_the_schema_of_now()
  lu.assertEquals(read("/docs/schema.svg"):match "<!%-%-.-%-%->\n", words)
end

function TestSchemaDiagram:test_is_small_and_stands_in_the_documentation()
  lu.assertTrue(#read "/docs/schema.svg" <= 150 * 1024)
  lu.assertStrContains(read "/docs/history.md", "](schema.svg)")
end

os.exit(lu.LuaUnit.run())
