local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").text

-- With N as 2.
local function shape(value)
  local sizes = {}
  for i, dim in ipairs(value.shape) do sizes[i] = tostring(dim) == "N" and 2 or tonumber(tostring(dim)) end
  return sizes
end

TestIndexing = {}

function TestIndexing:setUp()
  self.g = orrery.graph "g"
  self.value = self.g:input { x = { shape = { 3, 4 } } }
  self.tensor = orrery.arange(24):reshape(2, 3, 4)
end

function TestIndexing:test_means_the_same_for_values_and_tensors()
  local new = orrery.newaxis
  local keys = {
    { { 0 }, { 3, 4 } },
    { { ":", 1 }, { 2, 4 } },
    { { {}, { 1, 3 }, -1 }, { 2, 2 } },
    { { {}, {}, { 0, 4, 3 } }, { 2, 3, 2 } },
    { { "...", 0 }, { 2, 3 } },
    { { 0, "..." }, { 3, 4 } },
    { { {}, "...", { 1 } }, { 2, 3, 3 } },
    { { new, "...", new }, { 1, 2, 3, 4, 1 } },
    { { 0, new, 1 }, { 1, 4 } },
  }
  for i, case in ipairs(keys) do
    local key, wanted = case[1], case[2]
    lu.assertEquals(shape(self.tensor[key]), wanted, i)
    lu.assertEquals(shape(self.value[key]), wanted, i)
  end
end

function TestIndexing:test_takes_lists_of_indices()
  local rows = orrery.tensor({ 2, 0 }, { dtype = "int64" })
  local columns = orrery.tensor({ 1, 3 }, { dtype = "int64" })
  lu.assertEquals(self.tensor[{ 0, rows, columns }]:tolist(), { 9, 3 })
  lu.assertEquals(self.tensor[{ 0, rows, 1 }]:tolist(), { 9, 1 })
  local apart = { {}, rows, orrery.newaxis, columns }
  for i, key in ipairs { { {}, rows }, { {}, {}, columns }, { {}, rows, columns }, apart } do
    lu.assertEquals(shape(self.value[key]), shape(self.tensor[key]), i)
  end
  lu.assertEquals(self.value[{ {}, rows }].operation, "index")
end

function TestIndexing:test_takes_parts_of_a_tensor_by_a_value()
  local numbers = orrery.graph "h" :input { at = { shape = {}, dtype = "int64" } }
  local part = self.tensor[numbers]
  lu.assertEquals(part.operation, "index")
  lu.assertEquals({ tostring(part.shape[1]), part.shape[2], part.shape[3] }, { "N", 3, 4 })
  lu.assertEquals(self.tensor[{ {}, 1, numbers }].operation, "index")
  lu.assertStrContains(refusal(function() return self.tensor[self.value] end), "int64")
end

function TestIndexing:test_takes_masks()
  lu.assertEquals((self.tensor[self.tensor:gt(20)]):tolist(), { 21, 22, 23 })
  lu.assertEquals(self.tensor[{ {}, orrery.tensor { true, false, true } }].shape, { 2, 2, 4 })
  local masked = self.value[{ {}, orrery.tensor { true, false, true } }]
  lu.assertStrContains(tostring(masked), "(N, K, 4)")
end

function TestIndexing:test_writes_parts_of_tensors()
  local t = orrery.zeros(2, 3)
  t[{ "...", 1 }] = 5
  t[t:gt(4)] = 7
  lu.assertEquals(t:tolist(), { { 0, 7, 0 }, { 0, 7, 0 } })
end

function TestIndexing:test_refuses_other_keys()
  for _, x in ipairs { self.value, self.tensor } do
    lu.assertStrContains(refusal(function() return x[{ 0, 0, 0, 0 }] end), "4 entries are too many for shape")
    lu.assertStrContains(refusal(function() return x[{ "...", "..." }] end), "only one '...'")
    lu.assertStrContains(refusal(function() return x[{ "all" }] end), "the only words, got 'all'")
    lu.assertStrContains(refusal(function() return x[{ { 0, 1, -1 } }] end), "step")
  end
end

TestCalls = {}

function TestCalls:test_follow_pytorchs_order_where_options_stand_before_values()
  local x = orrery.tensor { { 1, 2 }, { 3, 4 } }
  local index = orrery.tensor({ { 1, 0 } }, { dtype = "int64" })
  lu.assertEquals(x:gather(1, index):tolist(), { { 2, 1 } })
  lu.assertEquals(x:gather(index, { dim = 1 }):tolist(), { { 2, 1 } })
  lu.assertEquals(x:scatter(1, index, 0.5):tolist(), { { 0.5, 0.5 }, { 3, 4 } })
  lu.assertEquals(x:scatter_add(0, index, orrery.ones(1, 2)):tolist(), { { 1, 3 }, { 4, 4 } })
  lu.assertEquals(x:index_select(1, orrery.tensor({ 1 }, { dtype = "int64" })):tolist(), { { 2 }, { 4 } })
  lu.assertEquals(orrery.einsum("ij,kj->ik", x, x):tolist(), { { 5, 11 }, { 11, 25 } })
  lu.assertEquals(orrery.einsum("ij->j", { x }):tolist(), { 4, 6 })
  local put = x:index_put({ orrery.tensor({ 0 }, { dtype = "int64" }) }, orrery.tensor { 9, 8 })
  lu.assertEquals(put:tolist(), { { 9, 8 }, { 3, 4 } })
end

function TestCalls:test_give_several_values()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 6 } } }
  local a, b, c = x:chunk(3, 1)
  lu.assertEquals({ shape(a), shape(b), shape(c) }, { { 2, 2 }, { 2, 2 }, { 2, 2 } })
  local first, rest = x:split({ 1, 5 }, 1)
  lu.assertEquals({ shape(first), shape(rest) }, { { 2, 1 }, { 2, 5 } })
  local values, indices = x:topk(2)
  lu.assertEquals({ shape(values), indices.dtype }, { { 2, 2 }, "int64" })
  lu.assertEquals(select("#", orrery.ones(3, 2):unbind()), 3)
end

function TestCalls:test_turn_matrices_over_as_properties()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 3, 4 } } }
  for _, matrices in ipairs { x, orrery.ones(2, 3, 4) } do
    lu.assertEquals(shape(matrices.mT), { 2, 4, 3 })
    lu.assertEquals(shape(matrices.mH), { 2, 4, 3 })
    lu.assertEquals(shape(matrices[0].T), { 4, 3 })
    lu.assertEquals(matrices.ndim, 3)
  end
end

function TestCalls:test_of_linalg_and_fft_are_pytorchs()
  local x = orrery.tensor { { 2, 0 }, { 0, 4 } }
  lu.assertEquals(orrery.linalg.inv(x):tolist(), { { 0.5, 0 }, { 0, 0.25 } })
  lu.assertEquals(orrery.linalg.det(x):item(), 8)
  lu.assertEquals(orrery.linalg.matrix_power(x, 2):tolist(), { { 4, 0 }, { 0, 16 } })
  lu.assertEquals(orrery.fft.rfft(orrery.ones(4)).dtype, "complex64")
  lu.assertStrContains(refusal(function() return orrery.linalg.invv end), "did you mean 'inv'")
end

TestDataDependence = {}

function TestDataDependence:test_runs_where_nothing_is_trained()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 3 } } }
  g:output(x:masked_select(x:bool()):unsqueeze(0))
  lu.assertEquals(g:check(), {})
end

function TestDataDependence:test_is_refused_in_a_trained_graph()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 3 } } }
  local loss = orrery.nn.Linear(3, 3)(x):masked_select(x:bool()):mean()
  orrery.optim.SGD(g:parameters(), { loss = loss, lr = 0.1 })
  local finding = g:check()[1]
  lu.assertEquals(finding.code, "data-dependent-shape")
  lu.assertStrContains(finding.message, "gives (K), a size that only the data tell")
end

os.exit(lu.LuaUnit.run())
