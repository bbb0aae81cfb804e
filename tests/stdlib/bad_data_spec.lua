-- Damaged and contradictory data, and losses that are no numbers, are told with their exit code.
local lu = require "luaunit"
local child = require "cli_child"
local model = require("line_model").script
local program, shell, write = child.program, child.shell, child.write

TestBadData = {}

local function assert_fails(text, code, ...)
  local script = write("bad.lua", text)
  local got, out, err = shell(program .. " run " .. script)
  lu.assertEquals({ got, out }, { code, "" }, err)
  for _, words in ipairs { ... } do lu.assertStrContains(err, words) end
  lu.assertNotStrContains(err, "traceback")
end

local classify = [[
local orrery = require "orrery"
local g = orrery.graph "g"
local x, label = g:input(%s)
local loss = orrery.nn.CrossEntropyLoss()(orrery.nn.Linear(2, 3)(x), label)
local manager = orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 1, loss = loss }),
  epochs = 1, history = false, progress = false })
manager:run()
]]

function TestBadData:test_a_label_out_of_range_is_named()
  assert_fails(classify:format [[orrery.data.tensors { x = orrery.zeros(4, 2),
    label = orrery.tensor({ 0, 1, 2, 3 }, { dtype = "int64" }), batch = 4 }]], 1, "3")
end

function TestBadData:test_no_samples()
  assert_fails(classify:format [[orrery.data.tensors { x = orrery.zeros(0, 2),
    label = orrery.zeros(0, { dtype = "int64" }), batch = 4 }]], 4, "bad.lua:3: ", "the set is empty")
end

function TestBadData:test_fields_of_different_lengths()
  assert_fails(classify:format [[orrery.data.tensors { x = orrery.zeros(4, 2),
    label = orrery.zeros(3, { dtype = "int64" }), batch = 4 }]], 2, "bad.lua:3: ")
end

function TestBadData:test_damaged_csv()
  write("bad.csv", "a,b,label\n1,2,0\n1,x,1\n")
  assert_fails(classify:format [[orrery.data.csv { path = "bad.csv", batch = 2 }]], 4, "bad.csv", "3")
  write("empty.csv", "")
  assert_fails(classify:format [[orrery.data.csv { path = "empty.csv", batch = 2 }]], 4, "empty.csv")
  assert_fails(classify:format [[orrery.data.csv { path = "none.csv", batch = 2 }]], 4, "none.csv")
  assert_fails(classify:format [[orrery.data.csv { path = ".", batch = 2 }]], 4, "folder")
end

function TestBadData:test_damaged_gz()
  write("good.csv", "a,b,label\n" .. ("1,2,0\n"):rep(1000))
  shell "gzip -k good.csv; head -c 40 good.csv.gz > cut.csv.gz; echo nothing > no.csv.gz"
  assert_fails(classify:format [[orrery.data.csv { path = "cut.csv.gz", batch = 2 }]], 4, "cut.csv.gz")
  assert_fails(classify:format [[orrery.data.csv { path = "no.csv.gz", batch = 2 }]], 4, "no.csv.gz")
end

function TestBadData:test_damaged_idx()
  write("short-images", "\0\0\8\3\0\0\0\5\0\0\0\2\0\0\0\2abcd")
  write("labels", "\0\0\8\1\0\0\0\5\0\1\2\0\1")
  local source = [[orrery.data.idx { images = "short-images", labels = "labels", batch = 2 }]]
  assert_fails(classify:format(source), 4, "short-images")
end

function TestBadData:test_a_loss_that_is_not_finite_has_diverged()
  assert_fails(model:gsub("lr = 0.2", "lr = 1e30") .. [[
    orrery.manager(g, { optimizer = optimizer, epochs = 5, history = false,
      progress = false }):run()]], 6, "loss")
end

function TestBadData:test_nan_in_data_has_diverged()
  assert_fails(classify:format [[orrery.data.tensors { x = orrery.tensor { { 0 / 0, 1 }, { 1, 1 } },
    label = orrery.tensor({ 0, 1 }, { dtype = "int64" }), batch = 2 }]], 6, "loss")
end

function TestBadData:test_one_sample_and_one_class_are_data()
  local script = write("one.lua", classify:format [[orrery.data.tensors { x = orrery.zeros(1, 2),
    label = orrery.zeros(1, { dtype = "int64" }), batch = 8, sampler = "stratified" }]])
  local code, _, err = shell(program .. " run " .. script)
  lu.assertEquals(code, 0, err)
end

function TestBadData:test_damaged_arrays_and_images()
  write("a.npy", "\147NUMPY\1\0\11\0__import__()")
  assert_fails(classify:format [[orrery.data.npy { path = "a.npy" }]], 4, "bad.lua:3: ", "a.npy")
  write("a.npz", "PK\3\4")
  assert_fails(classify:format [[orrery.data.npz { path = "a.npz" }]], 4, "its zip directory is missing")
  shell "mkdir -p pets/cat; echo nothing > pets/cat/1.png"
  assert_fails(classify:format [[orrery.data.image_folder { root = "pets" }]], 4, "1.png",
    "no PNG or JPEG image")
end

child.finish(lu.LuaUnit.run())
