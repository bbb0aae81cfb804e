-- Examples that make pictures of photographs reach what they promise at a small size.
local lu = require "luaunit"
local child = require "cli_child"
local example_runs = require "example_runs"

TestPictures = {}

function TestPictures:test_reach_what_they_promise() example_runs.check "pictures" end

child.finish(lu.LuaUnit.run())
