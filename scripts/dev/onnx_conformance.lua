-- Runs ONNX's conformance models, or those that fit a pattern, and tells what became of each:
--     orrery run scripts/dev/onnx_conformance.lua [PATTERN]
local root = debug.getinfo(1, "S").source:match "^@(.*)scripts/dev/[^/]*$"
package.path = root .. "tests/stdlib/?.lua;" .. package.path
local cases = require "onnx_cases"

local counts, told = cases.run_all(arg and arg[1])
for _, case in ipairs(told) do
  if case.outcome ~= "passed" then print(case.outcome, case.folder, case.why) end
end
for outcome, count in pairs(counts) do print(("%5d %s"):format(count, outcome)) end
