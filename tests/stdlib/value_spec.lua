local lu = require "luaunit"
local orrery = require "orrery"
local refusal = require("refusal").text

TestValue = {}

function TestValue:setUp()
  self.g = orrery.graph "g"
  self.x = self.g:input { x = { shape = { 3, 8 } } }
end

local function shape(value)
  local parts = {}
  for i, dim in ipairs(value.shape) do parts[i] = tostring(dim) end
  return table.concat(parts, "x")
end

function TestValue:test_every_transform_is_a_method()
  for _, operation in ipairs(require("orrery.core").operations()) do
    if operation.kind == "transform" then
      local owner = #(operation.inputs or {}) > 0 and self.x or self.g
      lu.assertIsFunction(owner[operation.name], operation.name)
    end
  end
end

function TestValue:test_every_transform_of_values_is_a_function_of_the_module()
  for _, operation in ipairs(require("orrery.core").operations()) do
    if operation.kind == "transform" and #(operation.inputs or {}) > 0 then
      lu.assertIsFunction(orrery[operation.name], operation.name)
    end
  end
end

function TestValue:test_knows_operations_by_all_of_pytorchs_names()
  local tensor = orrery.ones(2)
  local found = 0
  for _, operation in ipairs(require("orrery.core").operations()) do
    for _, synonym in ipairs(operation.synonyms or {}) do
      found = found + 1
      for _, owner in ipairs { self.x, tensor, orrery, orrery.nn.functional } do
        lu.assertIsFunction(owner[synonym], synonym)
      end
    end
  end
  lu.assertTrue(found > 20)
  lu.assertEquals(self.x:clip(0, 1).operation, "clamp")
  lu.assertTrue(orrery.tensor { -1, 2 }:clip_(0, 1):equal(orrery.tensor { 0, 1 }))
end

local function assert_alike(values, tensors)
  lu.assertEquals(#values, #tensors)
  for at, value in ipairs(values) do
    lu.assertEquals(value.shape, tensors[at].shape)
    lu.assertEquals(value.dtype, tensors[at].dtype)
  end
end

-- One script for both sides.
local function of_matrices(x)
  local positive = x:matmul(x.mT):add(orrery.eye(3))
  local sign, size = positive:slogdet()
  return positive:inverse(), positive:det(), positive:cholesky(), positive:matrix_exp(),
    sign:multiply(size):negative():divide(2):subtract(1), x:greater(0), x:less_equal(0),
    x:clip(-1, 1):arctan()
end

-- What LibTorch's registry alone has.
local function of_operators(x)
  local positive = x:matmul(x.mT):add(orrery.eye(3))
  local q, r = positive:qr()
  local u, s, v = positive:svd()
  local left, right = positive:split_with_sizes({ 1, 2 }, -1)
  return q, r, u, s, v, left, right, positive:logdet(), positive:pinverse(), x:float_power(2), x:signbit()
end

function TestValue:test_of_matrices_answers_as_a_tensor_does()
  local tensors = { of_matrices(orrery.ones(4, 3, 3)) }
  local values = { of_matrices(self.g:constant(orrery.ones(4, 3, 3))) }
  assert_alike(values, tensors)
end

function TestValue:test_has_the_methods_that_libtorchs_registry_alone_has()
  local values = { of_operators(self.g:constant(orrery.ones(4, 3, 3))) }
  assert_alike(values, { of_operators(orrery.ones(4, 3, 3)) })
  lu.assertEquals(values[8].operation, "aten::logdet")
  lu.assertStrContains(refusal(function() return self.x.logdett end), "did you mean 'logdet'?")
  lu.assertStrContains(refusal(function() return self.x.item end), "a Value has no member 'item'")
end

function TestValue:test_is_not_divided_by_a_size_that_differs()
  local text = refusal(function() return (self.x:sum() / self.x:size(0)):sum() end)
  lu.assertStrContains(text, "'/' takes values, tensors and numbers, got a Dim")
  lu.assertStrContains(text, "instead of dividing a sum by it, take a mean")
end

function TestValue:test_makes_drawn_whole_numbers_from_0_unless_told()
  local g = self.g
  local named = { high = 5, size = { 2 } }
  for _, value in ipairs { g:randint(5, { 2 }), g:randint(0, 5, { 2 }), g:randint(named) } do
    lu.assertEquals(shape(value), "2")
  end
end

function TestValue:test_knows_its_shape_and_dtype()
  lu.assertEquals(shape(self.x), "Nx3x8")
  lu.assertEquals(self.x.dtype, "float32")
  lu.assertEquals(self.x:dim(), 3)
  lu.assertEquals(self.x:size(-1), 8)
  lu.assertEquals(tostring(self.x:size(0)), "N")
  lu.assertEquals(tostring(self.x:numel()), "24*N")
end

function TestValue:test_arithmetic_makes_nodes()
  lu.assertEquals((self.x + 1).operation, "add")
  lu.assertEquals((1 + self.x).operation, "add")
  lu.assertEquals((self.x - self.x).operation, "sub")
  lu.assertEquals((1 - self.x).operation, "rsub")
  lu.assertEquals((2 * self.x).operation, "mul")
  lu.assertEquals((self.x / 2).operation, "div")
  lu.assertEquals((1 / self.x).operation, "reciprocal")
  lu.assertEquals((2 / self.x).operation, "mul")
  lu.assertEquals((-self.x).operation, "neg")
  lu.assertEquals((self.x ^ 2).operation, "pow")
  lu.assertEquals((2 ^ self.x).operation, "pow")
  lu.assertEquals((self.x ^ self.x).operation, "pow")
  lu.assertEquals((self.x % 2).operation, "remainder")
  lu.assertEquals((2 % self.x).operation, "remainder")
end

function TestValue:test_compares_by_methods_and_keeps_its_identity()
  lu.assertEquals(self.x:lt(0).dtype, "bool")
  lu.assertEquals(self.x:eq(self.x:relu()).operation, "eq")
  lu.assertFalse(self.x == self.x:relu())
end

function TestValue:test_chooses_as_pytorch_does()
  local positive = self.x:gt(0)
  lu.assertEquals(shape(self.x:where(positive, 0)), "Nx3x8")
  lu.assertEquals(orrery.where(positive, 1, 0.5).dtype, "float32")
  lu.assertEquals(self.x:masked_fill(positive, -math.huge).operation, "masked_fill")
  lu.assertEquals(shape(self.x:clamp { max = 1 }), "Nx3x8")
  lu.assertEquals(shape(self.x:clamp(0, 1)), "Nx3x8")
  lu.assertStrContains(refusal(function() return self.x:where(self.x, 0) end), "booleans as condition")
  lu.assertStrContains(refusal(function() return self.x:clamp() end), "a bound, min or max")
end

function TestValue:test_reduces_to_one_or_to_values_and_indices()
  local values, indices = self.x:max(-1)
  lu.assertEquals(shape(values), "Nx3")
  lu.assertEquals(indices.dtype, "int64")
  lu.assertEquals(select("#", self.x:max()), 1)
  lu.assertEquals(shape(self.x:max(self.x)), "Nx3x8")
  lu.assertEquals(shape(self.x:var(1, false, true)), "Nx1x8")
end

function TestValue:test_graphs_make_values_of_symbolic_sizes()
  local n = self.x:size(0)
  lu.assertEquals(shape(self.g:randn(n, 4)), "Nx4")
  lu.assertEquals(shape(self.g:zeros(n * 2)), "2*N")
  lu.assertEquals(shape(self.g:arange(n)), "N")
  lu.assertEquals(self.g:randint(0, 9, { n }).dtype, "int64")
  lu.assertEquals(shape(self.g:normal { mean = 0, std = 1, size = { n, 2 } }), "Nx2")
  lu.assertEquals(self.g:randn(2, { name = "noise" }).name, "noise")
  lu.assertStrContains(refusal(function() return self.x.randn end), "no member 'randn'")
  lu.assertStrContains(refusal(function() return self.g:randint(3, 3, { 1 }) end), "low below high")
end

function TestValue:test_sizes_calculate_and_compare()
  local n = self.x:size(0)
  lu.assertEquals(tostring((n * 6) % 4), tostring(n * 6 - (n * 6):floor_div(4) * 4))
  lu.assertEquals((n * 4) % 2, 0)
  lu.assertTrue(n:ge(2))
  lu.assertTrue(n:gt(1))
  lu.assertFalse(n:lt(2))
  lu.assertTrue(n < n + 1)
  lu.assertStrContains(refusal(function() return n:lt(5) end), "depends on the sizes")
end

function TestValue:test_arithmetic_refuses_what_is_no_operand()
  lu.assertStrContains(refusal(function() return self.x + "a" end), "got a string")
  lu.assertStrContains(refusal(function() return self.x + nil end), "got nil")
  lu.assertStrContains(refusal(function() return io.stdout + self.x end), "got a userdata of another kind")
end

function TestValue:test_indexes_from_0_as_pytorch_does()
  lu.assertEquals(shape(self.x[0]), "3x8")
  lu.assertEquals(shape(self.x[{ {}, 0 }]), "Nx8")
  lu.assertEquals(shape(self.x[{ {}, { 1, 3 }, -1 }]), "Nx2")
  lu.assertEquals(shape(self.x[{ {}, {}, { 0, 8, 2 } }]), "Nx3x4")
  lu.assertStrContains(refusal(function() return self.x[{ {}, 3 }] end), "select")
  lu.assertStrContains(refusal(function() return self.x[0.5] end), "whole number")
end

function TestValue:test_reshapes_with_the_batch_as_a_size()
  lu.assertEquals(shape(self.x:view(self.x:size(0), -1)), "Nx24")
  lu.assertEquals(shape(self.x:reshape { -1, 24 }), "Nx24")
  lu.assertEquals(shape(self.x:permute(0, 2, 1)), "Nx8x3")
  lu.assertEquals(shape(self.x:transpose(1, 2)), "Nx8x3")
  lu.assertEquals(shape(self.x:flatten(1)), "Nx24")
end

function TestValue:test_concatenates_lists_and_arguments()
  lu.assertEquals(shape(orrery.cat({ self.x, self.x }, 1)), "Nx6x8")
  lu.assertEquals(shape(orrery.cat({ self.x, self.x }, { dim = 2 })), "Nx3x16")
  lu.assertEquals(shape(orrery.cat { self.x, self.x, dim = 1 }), "Nx6x8")
end

function TestValue:test_is_what_expect_tells()
  lu.assertEquals(shape(self.g:expect(self.x, { shape = { "N", nil, 8 }, dtype = "float32" })), "Nx3x8")
  lu.assertEquals(self.x:expect { shape = { -1, 3, 8 } }.operation, "expect")
  lu.assertStrContains(refusal(function() self.x:expect { shape = { "N", 3, 9 } } end),
    "expects shape (N, 3, 9), got (N, 3, 8) from input.x")
  lu.assertStrContains(refusal(function() self.x:expect { shape = { nil, nil, 8, nil, 5 } } end),
    "expects shape (any, any, 8, any, 5), got (N, 3, 8)")
  lu.assertStrContains(refusal(function() self.x:expect { shape = { "M", 3, 8 } } end),
    "expects sizes that graph 'g' has, got 'M'")
  lu.assertStrContains(refusal(function()
    self.x:expect { shape = { [2 ^ 40] = 1 } }
  end), "a list with the place")
  lu.assertStrContains(refusal(function() self.x:expect { shape = { "N +" } } end), "value_spec.lua:")
  local other = orrery.graph "other":input { y = { shape = {} } }
  lu.assertStrContains(refusal(function() self.g:expect(other, {}) end), "belongs to graph 'other'")
end

function TestValue:test_is_told_by_facts_what_it_is_expected_to_be()
  local g = orrery.graph "facts"
  g:assume { N = 32 }
  local x = g:input { x = { shape = { 3 } } }
  lu.assertEquals(tostring(x:expect { shape = { 32, 3 } }:size(0)), "32")
  lu.assertStrContains(refusal(function()
    x:expect { shape = { 16, 3 } }
  end), "expects shape (16, 3), got (32, 3)")
end

function TestValue:test_refuses_sizes_that_nobody_can_count()
  local words = "has more bytes than can be counted"
  lu.assertStrContains(refusal(function() self.g:zeros(2 ^ 40, 2 ^ 40) end), words)
  lu.assertStrContains(refusal(function() orrery.nn.Linear(2 ^ 40, 2 ^ 40) end), words)
  lu.assertStrContains(refusal(function() orrery.nn.Conv2d(1, 1, 2 ^ 50, { dilation = 2 ^ 50 })(self.x) end),
    "a size is too large")
  lu.assertStrContains(refusal(function() orrery.nn.RNN(2, 2, 2 ^ 30) end), "num_layers must be an integer")
  lu.assertStrContains(refusal(function() orrery.nn.Repeat(2 ^ 40, print) end), "n must be a whole number up")
  lu.assertStrContains(refusal(function() orrery.data.random { shape = { 1 }, classes = 2 ^ 45 } end),
    "classes must be an integer between 1 and 1000000")
end

function TestValue:test_takes_a_name()
  lu.assertEquals(self.x:relu { name = "first" }.name, "first")
  lu.assertEquals(self.x:tanh():named("second").path, "second")
  lu.assertStrContains(refusal(function() self.x:tanh():named "first" end), "the name 'first' is taken")
end

function TestValue:test_counts_default_names()
  lu.assertEquals(self.x:relu().name, "relu")
  lu.assertEquals(self.x:relu().name, "relu_2")
end

function TestValue:test_prints_what_a_person_wants_to_read()
  lu.assertStrMatches(tostring(self.x:relu()),
    "Value relu %(N, 3, 8%) float32 %(relu, .*value_spec%.lua:%d+%)")
end

function TestValue:test_names_the_nearest_member()
  lu.assertStrContains(refusal(function() return self.x:rleu() end), "did you mean 'relu'?")
end

function TestValue:test_is_the_same_object_wherever_it_comes_from()
  local y = self.x:relu()
  lu.assertTrue(rawequal(self.g:nodes()[2], y))
  lu.assertEquals(({ [y] = 1 })[self.g:nodes()[2]], 1)
end

function TestValue:test_keeps_its_graph_alive()
  local x = orrery.graph("short"):input { x = { shape = { 2 } } }
  collectgarbage()
  collectgarbage()
  lu.assertEquals(x:relu().graph.name, "short")
end

function TestValue:test_refuses_values_of_another_graph()
  local other = orrery.graph("other"):input { x = { shape = { 3, 8 } } }
  lu.assertStrContains(refusal(function() return self.x + other end), "belongs to graph")
end

function TestValue:test_does_arithmetic_on_symbolic_sizes()
  local n = self.x:size(0)
  lu.assertEquals(tostring(n * 2 + 1), "2*N + 1")
  lu.assertEquals((n * 6 / n), 6)
  lu.assertEquals(n + n - n, n)
  lu.assertEquals(tostring(n:floor_div(2)), tostring(n:floor_div(2)))
  lu.assertStrContains(refusal(function() return n / 2 end), "floor_div")
  lu.assertStrContains(refusal(function() return n / 0 end), "divided by 0")
  lu.assertStrContains(refusal(function() return n + 0.5 end), "whole number")
end

function TestValue:test_sizes_have_a_value_where_their_symbols_have()
  local n = self.x:size(0)
  lu.assertEquals((n * n * 3 + 1):at { N = 4, unused = 2 }, 49)
  lu.assertEquals(n:floor_div(2):at { N = 1 }, 0)
  lu.assertNil((n * 3):at { M = 4 })
  lu.assertStrContains(refusal(function() return n:at(4) end), "such as { N = 32 }, got a number")
  lu.assertStrContains(refusal(function() return n:at { N = 1.5 } end), "each entry is a symbol and its size")
  lu.assertStrContains(refusal(function() return n:at { 4 } end), "each entry is a symbol and its size")
end

function TestValue:test_moves_to_a_device()
  local x = orrery.graph "g":input { x = { shape = { 2 } } }
  for _, device in ipairs { "cpu", "cuda", "cuda:1" } do
    local y = x:to(device)
    lu.assertEquals({ y.dtype, tostring(y.shape) }, { x.dtype, tostring(x.shape) })
  end
  lu.assertEquals(x:to("cpu", "float64").dtype, "float64")
  lu.assertEquals(x:to({ device = "cuda:1", dtype = "float16" }).dtype, "float16")
  lu.assertEquals(orrery.to(x, "cuda:1").dtype, "float32")
  lu.assertEquals(x:to("float64", { name = "wide" }).name, "wide")
  lu.assertEquals(x:to("cpu", { name = "near" }).name, "near")
  lu.assertEquals(x:to("float64").dtype, "float64")
  lu.assertStrContains(refusal(function() x:to "auto" end), "expects 'cpu', 'cuda' or 'cuda:N', got 'auto'")
  lu.assertStrContains(refusal(function() x:to "gpu" end), "gpu")
  lu.assertStrContains(refusal(function() x:to() end), "expects a dtype or a device, got neither")
  for _, word in ipairs { "cpu:0", "meta", "CPU", "cuda:-1", "flaot32" } do
    lu.assertStrContains(refusal(function() x:to(word) end, "usage"),
      ("to: expected a dtype or a device ('cpu', 'cuda', 'cuda:N'), got '%s'"):format(word))
  end
  lu.assertStrContains(refusal(function() x:to("float64", "cpu") end, "usage"),
    'to: the device comes first: to("cpu", "float64")')
end

function TestValue:test_moves_take_the_options_that_change_no_value()
  local x = orrery.graph "g":input { x = { shape = { 2 } } }
  lu.assertEquals(x:to({ device = "cpu", dtype = "float64", non_blocking = true }).dtype, "float64")
  lu.assertEquals(x:to("float64", { copy = true, non_blocking = false, name = "wide" }).name, "wide")
  lu.assertStrContains(refusal(function() x:to("cpu", { non_blocking = 1 }) end, "usage"),
    "to: non_blocking must be true or false, got a number")
  lu.assertStrContains(refusal(function() x:to("cpu", { non_blockin = true }) end, "usage"),
    "did you mean 'non_blocking'?")
  lu.assertStrContains(refusal(function() x:relu { copy = true } end, "usage"), "unknown option 'copy'")
end

function TestValue:test_of_two_devices_do_not_meet()
  local g = orrery.graph "g"
  local x = g:input { x = { shape = { 2 } } }
  g:output(x:to "cuda:1" + x:to "cpu")
  local finding = g:check()[1]
  lu.assertEquals(finding.code, "device-mismatch")
  lu.assertStrContains(finding.message, "add (add) expects values on one device, got cuda:1 from to (")
  lu.assertStrMatches(finding.message, ".*value_spec%.lua:%d+%) and cpu from to_2 %(.*value_spec%.lua:%d+%)")
end

os.exit(lu.LuaUnit.run())
