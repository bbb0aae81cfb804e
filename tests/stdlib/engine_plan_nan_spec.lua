-- detect_nan names the same value, in the same words, under the static plan as under autograd.
local lu = require "luaunit"
local orrery = require "orrery"
local refused = require("refusal").text
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

-- One step of what `build` makes of rows (4, 3) and of a weight that is 0.
local function told(engine, build)
  orrery.manual_seed(1)
  local g = orrery.graph "g"
  local x, target = g:input(data.tensors { x = orrery.rand(4, 5, 3), target = orrery.ones(4, 1), batch = 4 })
  local made = build(x, g:parameter("w", { 3 }, { init = "zeros" }), g)
  local loss = nn.MSELoss()(made:flatten(1):mean(1, true), target)
  return (refused(function()
    orrery.manager(g, { optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss }), epochs = 1,
      engine = engine, history = false, progress = false, device = "cpu", detect_nan = true }):run()
  end))
end

local function assert_told(build, words)
  local planned = told("plan", build)
  lu.assertStrContains(planned, words)
  lu.assertEquals(planned, told("autograd", build))
end

TestPlannedNan = {}

function TestPlannedNan:test_names_the_value_that_was_made()
  assert_told(function(x, w) return (x - 0.5 + w):log() * 2 end,
    "log (log) became NaN in 30 of 60 places, in epoch 1, step 1 of 1; its inputs: add (4, 5, 3) between ")
end

-- Where own kernels would compute both in one pass.
function TestPlannedNan:test_names_what_lies_within_a_fused_step()
  assert_told(function(x, w) return nn.Linear(3, 3)(x + w / w):relu() end,
    "div (div) became NaN in 3 of 3 places")
end

function TestPlannedNan:test_names_the_gradient_and_what_it_came_through()
  assert_told(function(x, w) return (x * w):sqrt() end,
    "the gradient of mul (mul) became infinite in 60 of 60 places, in epoch 1, step 1 of 1; it came back "
    .. "through sqrt (sqrt)")
end

-- Of values that are one tensor the first is named.
function TestPlannedNan:test_names_who_made_what_others_hand_on()
  assert_told(function(x, w) return nn.Identity()((x * w):to("float32")):sqrt() end,
    "the gradient of mul (mul) became infinite in 60 of 60 places, in epoch 1, step 1 of 1; it came back "
    .. "through to (to)")
end

function TestPlannedNan:test_names_the_parameter()
  assert_told(function(x, w) return x + w:sqrt() end, "the gradient of w became infinite in 3 of 3 places")
end

function TestPlannedNan:test_looks_into_functions_of_the_script()
  assert_told(function(x, w)
    return orrery.transform("bend", function(a) return a:sqrt() end)(x * w)
  end, "the gradient of mul (mul) became infinite in 60 of 60 places, in epoch 1, step 1 of 1; it came back "
    .. "through bend (bend)")
end

function TestPlannedNan:test_looks_into_loops_and_at_what_they_read()
  local function over(rows, step, g)
    return (orrery.scan(step, g:zeros(4, 3), rows:transpose(0, 1)))
  end
  assert_told(function(x, w, g)
    return over(x, function(h, row) return h + (row * w):sqrt() end, g)
  end, "the gradient of scan/mul (mul) became infinite in 12 of 12 places")
  assert_told(function(x, w, g)
    return over((x * w):sqrt(), function(h, row) return h + row end, g)
  end, "the gradient of mul (mul) became infinite in 60 of 60 places")
  assert_told(function(x, w, g)
    return over(x, function(h, row) return h + (row * w - 1):log() end, g)
  end, "scan/log (log) became NaN in 12 of 12 places")
end

os.exit(lu.LuaUnit.run())
