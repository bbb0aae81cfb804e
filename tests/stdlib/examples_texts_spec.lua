-- Examples that learn texts reach what they promise at a small size.
local lu = require "luaunit"
local child = require "cli_child"
local example_runs = require "example_runs"

TestTexts = {}

function TestTexts:test_reach_what_they_promise() example_runs.check "texts" end

child.finish(lu.LuaUnit.run())
