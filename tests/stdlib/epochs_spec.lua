-- Loops over the batches of a data source, on tensors.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local refusal = require("refusal").here
local data = orrery.data

local function source(options)
  options.x = orrery.arange(10):float():view(10, 1)
  options.label = orrery.arange(10)
  return data.tensors(options)
end

local function labels(set, number)
  local list = {}
  for x, label in set:epoch(number) do
    lu.assertEquals(x:flatten():tolist(), label:tolist())
    for _, each in ipairs(label:tolist()) do list[#list + 1] = each end
  end
  return list
end

TestEpochs = {}

function TestEpochs:test_give_a_tensor_for_each_field_of_each_batch()
  local sizes = {}
  for x, label in source({ batch = 4 }):epoch() do
    lu.assertEquals({ x.dtype, label.dtype, x.shape[2] }, { "float32", "int64", 1 })
    sizes[#sizes + 1] = x:size(0)
  end
  lu.assertEquals(sizes, { 4, 4, 2 })
  lu.assertEquals(#labels(source { batch = 4, drop_last = true }), 8)
end

function TestEpochs:test_shuffle_anew_each_and_are_the_same_by_number()
  local set = source { batch = 3, shuffle = true, seed = 1 }
  local first, second = labels(set), labels(set)
  lu.assertNotEquals(first, second)
  table.sort(second)
  lu.assertEquals(second, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })
  lu.assertEquals(labels(set, 1), first)
  lu.assertEquals(labels(source { batch = 3, shuffle = true, seed = 1 }), first)
end

-- A worker's or a function's memory may be enough when Lua's dead tensors are gone.
function TestEpochs:test_leave_no_batch_out_when_memory_was_missing_once()
  local failed, seen = false, {}
  local set = data.define { length = 6, batch = 2, fields = { x = { shape = { 1 } } }, get = function(i)
    if i == 3 and not failed then
      failed = true
      error("not enough memory", 0)
    end
    return { x = { i } }
  end }
  for x in set:epoch() do
    for _, each in ipairs(x:flatten():tolist()) do seen[#seen + 1] = each end
  end
  lu.assertEquals({ failed, seen }, { true, { 0, 1, 2, 3, 4, 5 } })
end

function TestEpochs:test_stand_side_by_side()
  local set = source { batch = 5 }
  local count = 0
  for _ in set:epoch() do
    for _ in set:epoch() do count = count + 1 end
  end
  lu.assertEquals(count, 4)
end

function TestEpochs:test_give_what_a_script_may_change()
  local set = source { batch = 10 }
  for _ = 1, 2 do
    for x in set:epoch() do
      lu.assertEquals(x:sum():item(), 45)
      x:mul_(2)
    end
  end
end

function TestEpochs:test_read_files()
  local count = 0
  for image, label in data.digits({ batch = 300, split = "test" }):epoch() do
    lu.assertEquals({ image.shape[2], image.shape[3], image.shape[4], label:dim() }, { 1, 8, 8, 1 })
    count = count + image:size(0)
  end
  lu.assertEquals(count, #data.digits { split = "test" })
end

function TestEpochs:test_say_what_does_not_fit()
  local set = source { batch = 4 }
  lu.assertStrContains(refusal(function() set:epoch(0) end), "epochs count from 1, got 0")
  lu.assertStrContains(refusal(function() set:epoch "one" end), "expected number (a whole number), got a str")
  local loop = "Loop over its batches: for image, label in source:epoch() do … end."
  lu.assertStrContains(refusal(function() for _ in set do lu.fail() end end), loop)
end

function TestEpochs:test_end_a_script_that_is_only_checked()
  local script = child.write("epoch.lua", [[
    local orrery = require "orrery"
    local g = orrery.graph "g"
    orrery.nn.Linear(1, 1)(g:input { x = { shape = { 1 } } })
    for image in orrery.data.digits({}):epoch() do print(image) end]])
  local code, out = child.orrery("check " .. script)
  lu.assertEquals(code, 0)
  lu.assertNotStrContains(out, "tensor")
end

function TestEpochs:test_may_be_read_for_a_graph_that_is_only_checked()
  local script = child.write("before.lua", [[
    local orrery = require "orrery"
    local image = orrery.data.digits({ batch = 5 }):epoch(1)()
    local g = orrery.graph "g"
    local x = g:input(orrery.data.tensors { x = image:flatten(1) })
    orrery.nn.Linear(image:numel() / 5, 1)(x)]])
  local code, out = child.orrery("check " .. script)
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "ok: graph g")
end

child.finish(lu.LuaUnit.run())
