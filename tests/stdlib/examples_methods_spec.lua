-- Examples of methods: transfer, cross-validation, loops by hand reach what they promise at a small size.
local lu = require "luaunit"
local child = require "cli_child"
local example_runs = require "example_runs"

TestMethods = {}

function TestMethods:test_reach_what_they_promise() example_runs.check "methods" end

child.finish(lu.LuaUnit.run())
