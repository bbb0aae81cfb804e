local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local refusal = require("refusal").text

-- The action's error must name its own line.
local function assert_refused(action, words, fault)
  local text = refusal(action)
  lu.assertStrContains(text, words)
  local line = debug.getinfo(action, "S")
  local named = tonumber(text:match "tensor_spec%.lua:(%d+): ")
  lu.assertTrue(named and named >= line.linedefined and named <= line.lastlinedefined, text)
  if fault then lu.assertEquals(core.error_info(text).fault, fault, text) end
end

TestCreation = {}

function TestCreation:test_from_numbers_and_nested_tables()
  lu.assertEquals(orrery.tensor(3):item(), 3)
  local t = orrery.tensor { { 1, 2, 3 }, { 4, 5, 6 } }
  lu.assertEquals(t.shape, { 2, 3 })
  lu.assertEquals(t.dtype, "float32")
  lu.assertEquals(t.device, "cpu")
  lu.assertEquals(t:tolist(), { { 1, 2, 3 }, { 4, 5, 6 } })
  lu.assertEquals(orrery.tensor({ 1, 2 }, { dtype = "int64" }).dtype, "int64")
  lu.assertEquals(orrery.tensor({ true, false }):tolist(), { true, false })
  lu.assertEquals(orrery.tensor({}).shape, { 0 })
end

function TestCreation:test_by_size()
  lu.assertEquals(orrery.zeros(2, 3):tolist(), { { 0, 0, 0 }, { 0, 0, 0 } })
  lu.assertEquals(orrery.ones({ 2 }, { dtype = "int32" }):tolist(), { 1, 1 })
  lu.assertEquals(orrery.full({ 2 }, 7):tolist(), { 7, 7 })
  lu.assertEquals(orrery.eye(2):tolist(), { { 1, 0 }, { 0, 1 } })
  lu.assertEquals(orrery.empty(4, 5).shape, { 4, 5 })
  lu.assertEquals(orrery.zeros(0, 3).shape, { 0, 3 })
  lu.assertEquals(orrery.ones_like(orrery.zeros(2, { dtype = "float64" })).dtype, "float64")
end

function TestCreation:test_full_of_nan_and_infinities()
  lu.assertIsNaN(orrery.full({ 1 }, 0 / 0):item())
  lu.assertEquals(orrery.full({ 1 }, -math.huge, { dtype = "float64" }):item(), -math.huge)
  lu.assertIsNaN(orrery.full_like(orrery.zeros(1), 0 / 0):item())
  local done, text = pcall(orrery.full, { 1 }, 0 / 0, { dtype = "int64" })
  lu.assertFalse(done)
  lu.assertStrContains(text, "fill_value that int64 holds, got nan")
end

function TestCreation:test_of_ranges()
  lu.assertEquals(orrery.arange(3):tolist(), { 0, 1, 2 })
  lu.assertEquals(orrery.arange(3).dtype, "int64")
  lu.assertEquals(orrery.arange(1, 2, 0.5):tolist(), { 1, 1.5 })
  lu.assertEquals(orrery.arange(5, 0, -2):tolist(), { 5, 3, 1 })
  lu.assertEquals(orrery.linspace(0, 1, 3):tolist(), { 0, 0.5, 1 })
end

-- The numbers are PyTorch's after torch.manual_seed(0).
function TestCreation:test_draws_pytorchs_numbers_also_after_the_engine_is_open()
  orrery.zeros(1)
  for _ = 1, 2 do
    orrery.manual_seed(0)
    local drawn = orrery.randn(3):tolist()
    lu.assertAlmostEquals(drawn[1], 1.5409961, 1e-6)
    lu.assertAlmostEquals(drawn[2], -0.2934289, 1e-6)
    lu.assertAlmostEquals(drawn[3], -2.1787894, 1e-6)
  end
  orrery.manual_seed(0)
  lu.assertEquals(orrery.randint(0, 10, { 3 }):tolist(), { 4, 9, 3 })
  orrery.manual_seed(0)
  lu.assertAlmostEquals(orrery.rand(1):item(), 0.4962566, 1e-6)
end

function TestCreation:test_draws_whole_numbers_from_0_unless_told()
  orrery.seed(1)
  local drawn = orrery.randint(5, { 100 })
  orrery.seed(1)
  lu.assertTrue(drawn:equal(orrery.randint(0, 5, { 100 })))
  orrery.seed(1)
  lu.assertTrue(drawn:equal(orrery.randint { high = 5, size = { 100 } }))
  lu.assertTrue(drawn:lt(5):all():item() and drawn:eq(4):any():item())
end

function TestCreation:test_says_what_does_not_fit()
  assert_refused(function() orrery.tensor(1, 2, 3) end,
    "tensor: the values come in one list, got 3 values\n  Write orrery.tensor({1, 2, 3}).", "usage")
  assert_refused(function() orrery.tensor(1, 2, 3, 4, 0.5) end,
    "Write orrery.tensor({1, 2, 3, 4, …}).", "usage")
  assert_refused(function() orrery.tensor(true, false) end, "Write orrery.tensor({true, false}).", "usage")
  assert_refused(function() orrery.tensor() end, "tensor: expected a number or a nested table", "usage")
  assert_refused(function()
    orrery.tensor { { 1, 2 }, { 3 } }
  end, "differ in length: expected 2 elements, got 1", "usage")
  assert_refused(function() orrery.tensor { 1, "x" } end, "expected a number, got a string", "usage")
  assert_refused(function() orrery.tensor { true, 1 } end, "expected true or false, got a number", "usage")
  assert_refused(function() orrery.zeros(-1) end, "zeros: size", "usage")
  assert_refused(function() orrery.zeros(2, { dtyp = "int64" }) end, "did you mean 'dtype'?", "usage")
  assert_refused(function() orrery.zeros(2, { dtype = "int63" }) end, "int63", "usage")
  assert_refused(function() orrery.zeros(2, { device = "gpu" }) end, "gpu", "usage")
  assert_refused(function() orrery.zeros(2, { device = "cuda:7" }) end, "cuda:7", "usage")
  assert_refused(function() orrery.arange(0, 5, -1) end, "does not lead from 0 to 5", "usage")
  assert_refused(function() orrery.randint(3, 3, { 1 }) end, "low below high", "check")
  assert_refused(function() orrery.zeros(1e12) end, "you tried to allocate 4000000000000 bytes", "memory")
end

function TestCreation:test_takes_no_sizes_that_only_a_batch_tells()
  local n = orrery.graph():input { x = { shape = {} } }:size(0)
  assert_refused(function() orrery.empty(3, n) end, "empty: the sizes must be numbers, got (3, N)", "usage")
  assert_refused(function() orrery.zeros(n) end, "zeros")
end

function TestCreation:test_knows_the_frequencies_of_transforms()
  lu.assertEquals(orrery.fft.fftfreq(4, 0.5):tolist(), { 0, 0.5, -1, -0.5 })
  lu.assertEquals(orrery.fft.rfftfreq(4):tolist(), { 0, 0.25, 0.5 })
end

TestMethods = {}

function TestMethods:test_answers_for_itself()
  local t = orrery.zeros(2, 3)
  lu.assertEquals({ t:size(), t:size(0), t:size(-1) }, { { 2, 3 }, 2, 3 })
  lu.assertEquals({ t:dim(), t:numel(), #t, t.ndim }, { 2, 6, 2, 2 })
  lu.assertFalse(t.is_cuda)
  lu.assertIsNil(t.grad_fn)
  lu.assertFalse(t.requires_grad)
  lu.assertTrue(t.is_leaf)
  lu.assertEquals(t.T.shape, { 3, 2 })
end

function TestMethods:test_computes_what_the_operations_are()
  local t = orrery.tensor { { 1, -2 }, { 3, 4 } }
  lu.assertEquals(t:relu():tolist(), { { 1, 0 }, { 3, 4 } })
  lu.assertEquals((t + t):tolist(), { { 2, -4 }, { 6, 8 } })
  lu.assertEquals((1 - t):tolist(), { { 0, 3 }, { -2, -3 } })
  lu.assertEquals((8 / t):tolist()[2][2], 2)
  lu.assertEquals((t ^ 2):tolist(), { { 1, 4 }, { 9, 16 } })
  lu.assertEquals((-t):tolist(), { { -1, 2 }, { -3, -4 } })
  lu.assertEquals(t:sum():item(), 6)
  lu.assertEquals(t:sum(0):tolist(), { 4, 2 })
  lu.assertEquals(t:matmul(t):tolist(), { { -5, -10 }, { 15, 10 } })
  lu.assertEquals(t:view(4):tolist(), { 1, -2, 3, 4 })
  lu.assertEquals(t:view(-1, 1).shape, { 4, 1 })
  lu.assertEquals(orrery.cat({ t, t }, 1).shape, { 2, 4 })
  lu.assertEquals(t:argmax { dim = 1 }:tolist(), { 0, 1 })
end

function TestMethods:test_whole_numbers_keep_integers()
  local t = orrery.tensor({ 1, 2 }, { dtype = "int64" })
  lu.assertEquals((t + 1).dtype, "int64")
  lu.assertEquals((t * 0.5).dtype, "float32")
  lu.assertEquals((t / 2).dtype, "float32")
end

function TestMethods:test_moves_with_the_options_of_pytorch()
  local t = orrery.tensor { 1.5, 0 }
  local same, copy = t:to({ device = "cpu" }), t:to({ device = "cpu", copy = true, non_blocking = true })
  t:fill_(3)
  lu.assertEquals({ same:tolist(), copy:tolist() }, { { 3, 3 }, { 1.5, 0 } })
  lu.assertEquals(t:to("cpu", "float64", { copy = false }).dtype, "float64")
  assert_refused(function() t:to {} end, "to: expected a dtype or a device, got neither", "usage")
  assert_refused(function() t:to("float64", "cpu") end, 'to: the device comes first: to("cpu", "float64")',
    "usage")
  assert_refused(function() t:to("cpu", { copy = "yes" }) end, "to: copy must be true or false, got a string",
    "usage")
end

function TestMethods:test_changes_dtype_and_copies()
  local t = orrery.tensor { 1.5, 0 }
  lu.assertEquals(t:long():tolist(), { 1, 0 })
  lu.assertEquals(t:to("float64").dtype, "float64")
  lu.assertEquals(t:to("cpu").device, "cpu")
  lu.assertEquals(t:to("cpu", "int64").dtype, "int64")
  lu.assertEquals(t:to({ device = "cpu", dtype = "float16" }).dtype, "float16")
  lu.assertEquals(orrery.to(t, { device = "cpu" }).dtype, "float32")
  lu.assertEquals(t:to(orrery.zeros(1, { dtype = "int32" })).dtype, "int32")
  lu.assertEquals(t:bool():tolist(), { true, false })
  local copy = t:clone()
  copy:zero_()
  lu.assertEquals(t:tolist(), { 1.5, 0 })
end

function TestMethods:test_is_filled_by_a_number_or_one_element()
  local t = orrery.zeros(2)
  lu.assertEquals(t:fill_(3):tolist(), { 3, 3 })
  lu.assertEquals(t:fill_(orrery.tensor(4)):tolist(), { 4, 4 })
  lu.assertEquals(t:fill_(orrery.tensor { { 5 } }):tolist(), { 5, 5 })
end

function TestMethods:test_shapes_print_as_pytorchs()
  lu.assertEquals(tostring(orrery.zeros(2, 3).shape), "(2, 3)")
  lu.assertEquals(tostring(orrery.zeros(2, 3):size()), "(2, 3)")
  lu.assertEquals(tostring(orrery.zeros(4).shape), "(4)")
end

function TestMethods:test_compares()
  local t = orrery.tensor { 1, 2, 3 }
  lu.assertTrue(t:equal(t:clone()))
  lu.assertFalse(t:equal(t + 1))
  lu.assertTrue(t:allclose(t + 1e-9))
  lu.assertEquals(t:gt(1):tolist(), { false, true, true })
  lu.assertEquals(t:eq(orrery.tensor { 1, 0, 3 }):tolist(), { true, false, true })
  assert_refused(function() return t < t end, "a:lt(b)", "usage")
end

function TestMethods:test_change_in_place()
  local t = orrery.zeros(3)
  lu.assertTrue(rawequal(t:add_(2), t))
  t:mul_(orrery.tensor { 1, 2, 3 }):sub_(1):div_(2)
  lu.assertEquals(t:tolist(), { 0.5, 1.5, 2.5 })
  t:add_(t, { alpha = -1 })
  lu.assertEquals(t:tolist(), { 0, 0, 0 })
  lu.assertEquals(t:fill_(4):tolist(), { 4, 4, 4 })
  lu.assertEquals(t:copy_(orrery.tensor(5)):tolist(), { 5, 5, 5 })
end

function TestMethods:test_every_in_place_variant_writes_what_the_operation_gives()
  local t = orrery.tensor { -2, 0.25, 3 }
  local function changed(name, ...)
    local copy = t:clone()
    local result = copy[name .. "_"](copy, ...)
    lu.assertTrue(rawequal(result, copy), name)
    lu.assertEquals(copy:tolist(), t[name](t, ...):to(t.dtype):tolist(), name)
  end
  changed "relu"
  changed("clamp", -1, 1)
  changed("clamp", { min = 0 })
  changed("masked_fill", t:gt(0), 7)
  changed("lerp", t * 2, 0.5)
  changed("addcmul", t, t, { value = 2 })
  changed("cumsum", 0)
  changed("pow", 2)
  changed("ge", 0)
  lu.assertEquals(t:clone():ge_(0).dtype, "float32")
end

function TestMethods:test_in_place_variants_keep_shape_and_dtype()
  local t = orrery.zeros(3)
  assert_refused(function() t:add_(orrery.zeros(2, 3)) end, "the result has shape (2, 3)")
  assert_refused(function() t:long():add_(0.5) end, "float32, which a tensor of int64 cannot hold")
  assert_refused(function() t:add_(orrery.zeros(2)) end, "add expects", "check")
  assert_refused(function() t:relu_(1) end, "relu_")
  lu.assertFalse((pcall(function() return t.exp2_sum_ end)))
end

function TestMethods:test_in_place_variants_are_recorded()
  local w = orrery.tensor({ 1, 2 }, { requires_grad = true })
  local x = orrery.tensor({ 3, 4 }, { requires_grad = true });
  (w * 1):mul_(x):exp_():sum():backward()
  local expected = (w:detach() * x:detach()):exp()
  lu.assertTrue(w.grad:allclose(expected * x:detach()))
  lu.assertTrue(x.grad:allclose(expected * w:detach()))
end

function TestMethods:test_choose_as_pytorch_does()
  local t = orrery.tensor { -1, 2 }
  lu.assertEquals(t:where(t:gt(0), 0):tolist(), { 0, 2 })
  lu.assertEquals(orrery.where(t:gt(0), 1, 0):tolist(), { 0, 1 })
  lu.assertEquals(orrery.where(t:gt(0), t, t * 2):tolist(), { -2, 2 })
  local values, indices = t:max(0)
  lu.assertEquals({ values:item(), indices:item() }, { 2, 1 })
  lu.assertEquals(t:max():item(), 2)
  lu.assertEquals(t:max(orrery.zeros(2)):tolist(), { 0, 2 })
end

function TestMethods:test_numbers_stand_on_either_side_of_operators()
  local t = orrery.tensor { 2, 3 }
  lu.assertEquals((t % 2):tolist(), { 0, 1 })
  lu.assertEquals((7 % t):tolist(), { 1, 1 })
  lu.assertEquals((2 ^ t):tolist(), { 4, 8 })
  lu.assertEquals((t ^ t):tolist(), { 4, 27 })
  lu.assertEquals((12 / t):tolist(), { 6, 4 })
end

function TestMethods:test_complex_numbers_split_and_join()
  local z = orrery.complex(orrery.tensor { 3 }, orrery.tensor { 4 })
  lu.assertEquals(z.dtype, "complex64")
  lu.assertEquals(z:abs():item(), 5)
  lu.assertEquals((z * z):real():item(), -7)
  lu.assertEquals(orrery.view_as_real(z):tolist(), { { 3, 4 } })
  lu.assertStrContains(refusal(function() return z:lt(z) end), "lt expects inputs that are not complex")
end

function TestMethods:test_one_userdata_stands_for_a_tensor()
  local t = orrery.zeros(2)
  lu.assertTrue(rawequal(t, orrery.tensor(t)))
  lu.assertTrue(rawequal(t:requires_grad_(), t))
end

function TestMethods:test_say_what_does_not_fit_in_the_words_of_a_graph()
  local a, b = orrery.zeros(2, 3), orrery.zeros(4, 5)
  assert_refused(function() return a + b end, "add expects", "check")
  assert_refused(function() local _ = a:matmul(b) end, "matmul expects", "check")
  assert_refused(function() local _ = a:view(7) end, "view expects", "check")
  assert_refused(function()
    local _ = a:rleu()
  end, "a Tensor has no member 'rleu' (did you mean 'relu'?)", "usage")
  assert_refused(function() return a.shpae end, "did you mean 'shape'?", "usage")
  assert_refused(function() local _ = a:sum(5) end, "sum", "check")
  assert_refused(function() local _ = a:size(2) end, "size: dimension 2", "usage")
  assert_refused(function() local _ = a:item() end, "item: only a tensor of one element", "usage")
  assert_refused(function()
    return a + "x"
  end, "'+' takes values, tensors and numbers, got a string", "usage")
  assert_refused(function() return a + nil end, "got nil", "usage")
  assert_refused(function() a.shape = { 1 } end, "cannot be set", "usage")
  assert_refused(function() local _ = a:to "float63" end, "float63", "usage")
  assert_refused(function() a:fill_ "x" end, "fill_: expected a tensor, got a string", "usage")
  assert_refused(function() a:uniform_ "x" end, "uniform_: low must be a number, got a string", "usage")
  assert_refused(function() a:normal_(0, "x") end, "normal_: std must be a number, got a string", "usage")
  a:release()
  assert_refused(function() local _ = a:relu() end, "was released", "usage")
  assert_refused(function() local _ = b:add(a) end, "was released", "usage")
end

TestParts = {}

function TestParts:setUp() self.t = orrery.arange(12):view(3, 4) end

function TestParts:test_are_elements_and_slices()
  local t = self.t
  lu.assertEquals(t[0]:tolist(), { 0, 1, 2, 3 })
  lu.assertEquals(t[-1]:tolist(), { 8, 9, 10, 11 })
  lu.assertEquals(t[{ 1, 2 }]:item(), 6)
  lu.assertEquals(t[{ {}, 0 }]:tolist(), { 0, 4, 8 })
  lu.assertEquals(t[{ { 1 }, { 0, 4, 2 } }]:tolist(), { { 4, 6 }, { 8, 10 } })
  lu.assertEquals(t[{ { 0, -1 } }].shape, { 2, 4 })
end

function TestParts:test_are_chosen_by_tensors()
  local t = self.t
  lu.assertEquals(t[t:gt(9)]:tolist(), { 10, 11 })
  lu.assertEquals(t[orrery.tensor({ 2, 0 }, { dtype = "int64" })].shape, { 2, 4 })
  local last = orrery.tensor({ 3, 3 }, { dtype = "int64" })
  lu.assertEquals(t[{ {}, last }]:tolist(), { { 3, 3 }, { 7, 7 }, { 11, 11 } })
end

function TestParts:test_are_set()
  local t = self.t
  t[0] = 7
  t[{ 1, { 0, 2 } }] = orrery.tensor({ 20, 21 }, { dtype = "int64" })
  t[t:gt(20)] = 0
  lu.assertEquals(t:tolist(), { { 7, 7, 7, 7 }, { 20, 0, 6, 7 }, { 8, 9, 10, 11 } })
  local mask = orrery.zeros(2, { dtype = "bool" })
  mask[1] = true
  lu.assertEquals(mask:tolist(), { false, true })
end

function TestParts:test_say_what_does_not_fit()
  local t = self.t
  assert_refused(function() return t[3] end, "element 3 is outside of dimension 0 of (3, 4)")
  assert_refused(function() return t[0.5] end, "whole number", "usage")
  assert_refused(function() return t[{ 0, 0, 0 }] end, "3 entries are too many for shape (3, 4)")
  assert_refused(function() return t[{ { 0, 1, 2, 3 } }] end, "a slice is {start, end, step}", "usage")
  assert_refused(function() return t[{ { 0, 1, 0 } }] end, "step", "usage")
  assert_refused(function() return t[true] end, "whole number", "usage")
  assert_refused(function() t[0] = "x" end, "expected a tensor, got a string", "usage")
  assert_refused(function() t[0] = orrery.zeros(5) end, "assigning to a part failed")
end

TestAten = {}

function TestAten:test_methods_reach_all_of_libtorch()
  local t = orrery.tensor { { 1, 5 }, { 7, 3 } }
  lu.assertEquals(t:max():item(), 7)
  local values, indices = t:max(1)
  lu.assertEquals({ values:tolist(), indices:tolist() }, { { 5, 7 }, { 1, 0 } })
  lu.assertEquals(t:min { dim = 0, keepdim = true }:tolist(), { { 1, 3 } })
  lu.assertEquals(t:clamp(2, 5):tolist(), { { 2, 5 }, { 5, 3 } })
  lu.assertEquals(t:clamp { max = 4 }:tolist(), { { 1, 4 }, { 4, 3 } })
  lu.assertEquals(t:t():tolist(), { { 1, 7 }, { 5, 3 } })
  lu.assertAlmostEquals(t:std():item(), 2.5820, 1e-4)
  lu.assertEquals(select("#", t:chunk(2)), 2)
  lu.assertEquals(t:expand(3, 2, 2).shape, { 3, 2, 2 })
  lu.assertEquals(t:any():item(), true)
  lu.assertEquals(t:topk(1):tolist(), { { 5 }, { 7 } })
  lu.assertEquals(t:cumsum(1):tolist(), { { 1, 6 }, { 7, 10 } })
  lu.assertEquals(t:new_zeros({ 2 }, { dtype = "int64" }).dtype, "int64")
end

function TestAten:test_functions_reach_all_of_libtorch()
  local aten = orrery.aten
  local t = orrery.tensor { 1, -2 }
  lu.assertEquals(aten.where(t:gt(0), t, 0):tolist(), { 1, 0 })
  lu.assertEquals(aten.einsum("i,i->", { t, t }):item(), 5)
  local classes = orrery.tensor({ 1, 0 }, { dtype = "int64" })
  lu.assertEquals(aten.one_hot(classes, 3):tolist(), { { 0, 1, 0 }, { 1, 0, 0 } })
end

function TestAten:test_are_recorded_by_autograd()
  local t = orrery.tensor({ 1, 2 }, { requires_grad = true })
  t:sin():sum():backward()
  lu.assertAlmostEquals(t.grad[0]:item(), math.cos(1), 1e-6)
end

function TestAten:test_say_what_does_not_fit()
  local t = orrery.zeros(2)
  assert_refused(function() t:topk "x" end, "k must be an integer", "usage")
  assert_refused(function() orrery.aten.topk(t, "x") end, "topk(Tensor self, SymInt k", "usage")
  assert_refused(function() orrery.aten.clamp(t, { mim = 0 }) end, "fit none of LibTorch's forms", "usage")
  assert_refused(function() orrery.aten.topk(t, 5) end, "topk failed: selected index k out of range")
  assert_refused(function() t:clamp { mim = 0 } end, "did you mean 'min'?", "usage")
  assert_refused(function() local _ = t:topk(5) end, "topk expects at least 5 elements")
  assert_refused(function() return orrery.aten.whre end, "LibTorch has no operator 'whre'", "usage")
end

os.exit(lu.LuaUnit.run())
