-- Examples with Fashion-MNIST reach what they promise at a small size.
local lu = require "luaunit"
local child = require "cli_child"
local example_runs = require "example_runs"

TestClothes = {}

function TestClothes:test_reach_what_they_promise() example_runs.check "clothes" end

child.finish(lu.LuaUnit.run())
