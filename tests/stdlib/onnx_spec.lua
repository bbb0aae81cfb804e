-- Models of ONNX: what becomes of its own conformance models, and of a net that is trained on.
local lu = require "luaunit"
local child = require "cli_child"
local cases = require "onnx_cases"

TestOnnx = {}

-- As docs/onnx.md tells.
function TestOnnx:test_every_conformance_model_passes_or_is_refused()
  lu.skipIf(#cases.list() == 0, "Debian's libonnx-testdata is not installed")
  local counts, told = cases.run_all()
  for _, case in ipairs(told) do
    local fine = case.outcome == "passed" or case.outcome == "refused" or case.outcome == "drawn"
    lu.assertTrue(fine, ("%s: %s: %s"):format(case.folder, case.outcome, case.why))
    if case.outcome == "refused" then lu.assertStrContains(case.why, "model.onnx'") end
  end
  local page = assert(io.open(debug.getinfo(1, "S").source:match "^@(.*)tests/" .. "docs/onnx.md")):read "*a"
  lu.assertStrContains(page, ("**%d pass**"):format(counts.passed))
  lu.assertStrContains(page, ("%d are refused"):format(counts.refused))
end

child.finish(lu.LuaUnit.run())
