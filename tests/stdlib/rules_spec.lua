local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local nn = orrery.nn

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/rules_spec%.lua$"

local function codes(findings)
  local found = {}
  for _, finding in ipairs(findings) do found[#found + 1] = finding.code .. ":" .. finding.severity end
  return found
end

local function careless()
  local g = orrery.graph "careless"
  local x = g:input { x = { shape = { 8 } } }
  g:output(x:softmax(0))
  return g
end

TestRules = {}

function TestRules:test_there_are_at_least_forty_each_told_whole()
  local seen = {}
  for _, rule in ipairs(core.rules()) do
    for _, key in ipairs { "number", "code", "severity", "group", "what", "example", "remedy" } do
      lu.assertTrue(#rule[key] > 0, rule.code .. "." .. key)
    end
    lu.assertStrMatches(rule.number, "O%d%d%d")
    lu.assertNil(seen[rule.number], rule.number)
    lu.assertNil(seen[rule.code], rule.code)
    seen[rule.number], seen[rule.code] = true, true
  end
  lu.assertTrue(#core.rules() >= 40, tostring(#core.rules()))
end

function TestRules:test_the_page_is_made_from_them()
  local page = core.read_file(root .. "docs/invariants.md")
  lu.assertEquals(page, dofile(root .. "scripts/dev/invariants_page.lua"))
end

function TestRules:test_a_finding_has_its_number()
  local finding = careless():check()[1]
  lu.assertEquals({ finding.number, finding.code }, { "O601", "softmax-over-batch" })
end

function TestRules:test_a_warning_is_silenced_by_number_or_code()
  lu.assertEquals(codes(careless():rules({ O601 = "off" }):check()), {})
  lu.assertEquals(codes(careless():rules({ ["softmax-over-batch"] = "off" }):check()), {})
  lu.assertEquals(codes(careless():rules({ o602 = "off" }):check()), { "softmax-over-batch:warning" })
end

function TestRules:test_a_warning_is_made_an_error()
  local g = careless():rules { O601 = "error" }
  lu.assertEquals(codes(g:check()), { "softmax-over-batch:error" })
  lu.assertErrorMsgContains("sum to 1", function() g:finalize() end)
end

function TestRules:test_an_error_cannot_be_silenced()
  local g = careless()
  lu.assertErrorMsgContains("stays one", function() g:rules { ["shape-mismatch"] = "off" } end)
  lu.assertErrorMsgContains("did you mean 'softmax-over-batch'?", function()
    g:rules { ["softmax-over-bach"] = "off" }
  end)
  lu.assertErrorMsgContains("'off', 'warning' or 'error'", function() g:rules { O601 = "no" } end)
end

function TestRules:test_a_layer_in_eval_mode_keeps_its_statistics_while_training()
  local g = orrery.graph "still"
  local x = g:input { x = { shape = { 3, 4, 4 } } }
  local bn = nn.BatchNorm2d(3):freeze()
  local out = nn.Conv2d(3, 1, 1)(bn(x))
  orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = out:mean() })
  lu.assertStrContains(table.concat(codes(g:check()), " "), "frozen-batch-norm:warning")
  bn:eval()
  lu.assertNotStrContains(table.concat(codes(g:check()), " "), "frozen-batch-norm")
end

os.exit(lu.LuaUnit.run())
