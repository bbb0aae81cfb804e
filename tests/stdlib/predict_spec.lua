-- Managers test, predict into files and give any value; `orrery predict` uses what orrery.save wrote.
local lu = require "luaunit"
local orrery = require "orrery"
local core = require "orrery.core"
local child = require "cli_child"
local line = require("line_model").manager
local refusal = require("refusal").here
local nn, optim, data = orrery.nn, orrery.optim, orrery.data

local function path(name) return child.folder .. "/" .. name end

-- Three classes with names; the weights are the classes' own directions.
local function classifier(options)
  options = options or {}
  local g = orrery.graph "net"
  local x, label = g:input(data.define {
    length = 3, batch = 2, class_names = { "cat", "dog", "owl, snowy" },
    fields = { x = { shape = { 3 } }, label = { shape = {}, dtype = "int64", label = true } },
    get = function(i) return { x = orrery.eye(3)[i], label = i } end })
  local fc = nn.Linear(3, 3, { name = "fc" })
  local logits = fc(x)
  local loss = nn.CrossEntropyLoss()(logits, label)
  options.optimizer = optim.SGD(g:parameters(), { lr = 0.1, loss = loss })
  options.history, options.progress = options.history or false, options.progress or false
  local manager = orrery.manager(g, options)
  orrery.no_grad(function()
    fc.weight:copy_(orrery.eye(3) * 4)
    fc.bias:zero_()
  end)
  return manager, g, logits, x
end

local function rows(count) return data.tensors { x = orrery.eye(3):narrow(0, 0, count), batch = 2 } end

TestTest = {}

function TestTest:test_gives_what_evaluate_gives_and_tells_the_callback()
  local told
  local manager = line { callbacks = { test_end = function(report) told = report end } }
  local x = orrery.tensor { { 1 }, { 2 }, { -3 } }
  local source = data.tensors { x = x, target = x * 2, batch = 2 }
  local tested, evaluated = manager:test(source), manager:evaluate(source)
  lu.assertEquals(tested.loss, evaluated.loss)
  lu.assertEquals({ tested.samples, told.samples, told.test.loss }, { 3, 3, tested.loss })
end

function TestTest:test_is_said_and_stands_in_the_history_of_the_run()
  local script = child.training:gsub("manager:run%(%)", "%0 manager:test(data.digits { batch = 256 })")
  child.write("tested.lua", script)
  local code, _, err = child.orrery "run tested.lua epochs=1"
  lu.assertEquals(code, 0)
  lu.assertStrMatches(err, ".*\nTest  [^\n]+ of [%d,]+ samples  test_loss=[%d.]+  test_accuracy=[%d.]+\n.*")
  local query = "select count(*) || ' numbers' as found from metrics where split = 'test' and epoch = 0"
  local _, out = child.orrery(('history sql "%s" --json'):format(query))
  lu.assertStrContains(out, '"2 numbers"')
end

TestPredict = {}

function TestPredict:test_gives_a_tensor_per_output_for_every_sample()
  local manager, _, logits, x = classifier()
  local scores = manager:predict(rows(3))
  lu.assertEquals(scores.shape, { 3, 3 })
  lu.assertTrue(scores:equal(manager:predict(logits, rows(3))))
  local first, second = manager:predict(rows(3), { outputs = { x, logits }, batch_size = 1 })
  lu.assertTrue(first:equal(orrery.eye(3)))
  lu.assertTrue(second:allclose(scores))
end

function TestPredict:test_leaves_no_sample_out()
  local manager = classifier()
  local source = data.tensors { x = orrery.eye(3), batch = 2, drop_last = true, shuffle = true }
  lu.assertTrue(manager:predict(source):equal(manager:predict(rows(3))))
end

function TestPredict:test_writes_numpy_files()
  local manager = classifier()
  manager:predict(rows(3), { to = path "scores.npy" })
  local read = data.npy { path = path "scores.npy", batch = 3 }
  lu.assertEquals(#read, 3)
  for scores in read:epoch() do lu.assertTrue(scores:equal(manager:predict(rows(3)))) end
end

function TestPredict:test_writes_a_row_a_sample()
  local manager = classifier()
  manager:predict(rows(3), { to = path "all.csv" })
  lu.assertEquals(child.read "all.csv", "index,class,probability\n0,cat,0.964663\n1,dog,0.964663\n"
    .. '2,"owl, snowy",0.964663\n')
  manager:predict(rows(2), { to = path "all.json" })
  lu.assertEquals(child.read "all.json", '[\n{"index":0,"class":"cat","probability":0.964663},\n'
    .. '{"index":1,"class":"dog","probability":0.964663}\n]\n')
  manager:predict(rows(1), { to = path "all.jsonl" })
  lu.assertEquals(child.read "all.jsonl", '{"index":0,"class":"cat","probability":0.964663}\n')
end

function TestPredict:test_writes_numbers_of_what_is_no_classifier()
  local manager, _, logits, x = classifier()
  manager:predict(rows(2), { to = path "x.csv", outputs = { x } })
  lu.assertEquals(child.read "x.csv", "index,x_0,x_1,x_2\n0,1,0,0\n1,0,1,0\n")
  manager:predict(rows(1), { to = path "x.jsonl", outputs = { x, logits } })
  lu.assertEquals(child.read "x.jsonl",
    '{"index":0,"x":[1,0,0],"fc.class":"cat","fc.probability":0.964663}\n')
end

function TestPredict:test_says_what_cannot_be_written()
  local manager, g, logits, x = classifier()
  local mean = logits:mean()
  g:output(logits, mean)
  local function to(file, outputs)
    return refusal(function() manager:predict(rows(3), { to = file, outputs = outputs }) end)
  end
  local text, fault = to(path "scores.txt")
  lu.assertStrContains(text, "predictions are written as .npy, .csv, .json or .jsonl")
  lu.assertEquals(fault, "usage")
  lu.assertStrContains((to(path "two.npy", { x, logits })), "would get 2: x, fc\n  Choose one")
  lu.assertEquals(select(2, to "/nowhere/at/all.csv"), "write")
  lu.assertStrContains((to(path "mean.csv", { mean })), "only what has one entry a sample")
  lu.assertNil(child.read "mean.csv")
  lu.assertStrContains((refusal(function()
    local _ = manager:predict(rows(3), { outputs = { 3 } })
  end)), "outputs: entry 1 must be a Value, got a number")
  lu.assertStrContains((refusal(function()
    local _ = manager:predict(rows(3), { batchsize = 3 })
  end)), "did you mean 'batch_size'?")
end

TestSeeds = {}

-- 4 samples that are drawn after the script's seed, and the next number of the script's own.
local function drawn(seed, options, own_seed)
  local noise = data.random { shape = { 3 }, length = 4, batch = 2, seed = own_seed }
  local g = orrery.graph "noise"
  g:output(g:input(noise) * 1)
  options = options or {}
  options.history = false
  orrery.manual_seed(seed)
  return orrery.manager(g, options):predict(noise), orrery.rand(1):item()
end

function TestSeeds:test_of_data_without_one_are_the_scripts_which_goes_on_undisturbed()
  local first, after = drawn(1)
  lu.assertTrue(first:equal((drawn(1))))
  lu.assertFalse(first:equal((drawn(2))))
  orrery.manual_seed(1)
  lu.assertEquals(orrery.rand(1):item(), after)
end

function TestSeeds:test_of_the_manager_and_of_the_data_come_before_the_scripts()
  local of_manager = drawn(1, { seed = 5 })
  lu.assertTrue(of_manager:equal((drawn(2, { seed = 5 }))))
  lu.assertTrue(of_manager:equal((drawn(5))))
  lu.assertTrue(of_manager:equal((drawn(2, { seed = 7 }, 5))))
end

TestEvaluate = {}

function TestEvaluate:test_gives_values_of_a_batch()
  local manager, _, logits, x = classifier()
  local batch = { x = orrery.eye(3) }
  local out = manager:evaluate({ scores = logits, x = x }, batch)
  lu.assertTrue(out.x:equal(batch.x))
  lu.assertTrue(out.scores:allclose(orrery.eye(3) * 4))
  lu.assertTrue(manager:evaluate({ logits }, batch).fc:equal(out.scores))
end

function TestEvaluate:test_says_what_does_not_fit()
  local manager, _, logits = classifier()
  lu.assertStrContains((refusal(function() local _ = manager:evaluate({ logits }, 3) end)),
    "manager:evaluate: expected a batch, got a number")
  lu.assertStrContains((refusal(function() local _ = manager:evaluate({ 3 }, {}) end)), "expected Values")
  lu.assertStrContains((refusal(function() local _ = manager:evaluate({ logits }, {}) end)), "'x'")
end

-- The program: a classifier of grey images of 4×4 pixels, whose left half is bright or dark.
local function saved_images()
  local g = orrery.graph "sides"
  local image, label = g:input(data.images {
    files = { path "left.png", path "right.png" }, labels = { 0, 1 }, mode = "grey", batch = 2,
    class_names = { "left", "right" }, transforms = { data.transforms.Normalize({ 0.5 }, { 0.5 }),
      data.transforms.RandomHorizontalFlip() } })
  local fc = nn.Linear(16, 2, { name = "fc" })
  nn.CrossEntropyLoss()(fc(image:flatten(1)), label)
  local left = orrery.tensor { 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1 }
  orrery.no_grad(function()
    fc.weight:copy_(orrery.stack({ left, left * -1 }, { dim = 0 }))
    fc.bias:zero_()
  end)
  orrery.save(g, path "sides.safetensors")
end

local function half(bright_left, size)
  local left = orrery.full({ 1, size, size / 2 }, bright_left and 1 or 0)
  return orrery.cat({ left, 1 - left }, { dim = 2 })
end

TestProgram = {}

function TestProgram:setUp()
  orrery.save_image(half(true, 4), path "left.png")
  orrery.save_image(half(false, 4), path "right.png")
  orrery.save_image(half(false, 16), path "large.png")
  saved_images()
end

function TestProgram:test_names_the_class_of_images_of_any_size()
  local code, out, err = child.orrery "predict sides.safetensors left.png large.png"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertEquals(out, "left.png\tleft\t1\nlarge.png\tright\t1\n")
end

function TestProgram:test_lists_the_likely_classes_as_json()
  local code, out = child.orrery "predict sides.safetensors left.png --json"
  lu.assertEquals(code, 0)
  local row = core.parse_json(out, "out")
  lu.assertEquals({ row.schema, row.index, row.file }, { "orrery.predict/1", 0, "left.png" })
  lu.assertEquals(row.outputs[1].classes[2].class, "right")
end

function TestProgram:test_writes_a_file()
  local code, out, err = child.orrery "predict sides.safetensors left.png right.png --to all.csv"
  lu.assertEquals({ code, out }, { 0, "" })
  lu.assertStrContains(err, "wrote all.csv: predictions of 2 samples")
  lu.assertEquals(child.read "all.csv", "index,file,class,probability\n0,left.png,left,1\n"
    .. "1,right.png,right,1\n")
end

function TestProgram:test_reads_arrays_of_bytes_as_of_numbers()
  local images = orrery.stack({ half(false, 4), half(true, 4) }, { dim = 0 })
  local g = orrery.graph "copy"
  local x = g:input { image = { shape = { 1, 4, 4 } } }
  g:output((x * 255):to "uint8")
  local manager = orrery.manager(g, { history = false, progress = false })
  manager:predict(data.tensors { image = images, batch = 2 }, { to = path "bytes.npy" })
  local _, out = child.orrery "predict sides.safetensors bytes.npy"
  lu.assertEquals(out, "0\tright\t1\n1\tleft\t1\n")
end

function TestProgram:test_tells_how_an_array_of_other_sizes_is_brought_to_the_models()
  local function refused(...)
    local samples = orrery.zeros(...)
    local g = orrery.graph "copy"
    g:output(g:input { x = { shape = { unpack(samples.shape, 2) } } } * 1)
    local manager = orrery.manager(g, { history = false, progress = false })
    manager:predict(data.tensors { x = samples, batch = 8 }, { to = path "sizes.npy" })
    local code, _, err = child.orrery "predict sides.safetensors sizes.npy"
    lu.assertEquals(code, 2)
    return err
  end
  local reshaped = "\n  Save numpy.load('sizes.npy').reshape(-1, 1, 4, 4).\n"
  lu.assertStrContains(refused(3, 4, 4),
    "'sizes.npy' has samples of (4, 4), and the model takes (1, 4, 4)" .. reshaped)
  lu.assertStrContains(refused(3, 4, 4, 1), reshaped)
  lu.assertStrContains(refused(4, 4), reshaped)
  local err = refused(3, 4, 5)
  lu.assertStrContains(err, "has samples of (4, 5), and the model takes (1, 4, 4)")
  lu.assertNotStrContains(err, "numpy")
end

function TestProgram:test_tells_how_channels_are_brought_before_rows()
  local g = orrery.graph "colours"
  g:output(g:input { image = { shape = { 3, 4, 5 } } }:sum())
  orrery.save(g, path "colours.safetensors")
  g = orrery.graph "copy"
  g:output(g:input { x = { shape = { 4, 5, 3 } } } * 1)
  local manager = orrery.manager(g, { history = false, progress = false })
  manager:predict(data.tensors { x = orrery.zeros(2, 4, 5, 3) }, { to = path "last.npy" })
  lu.assertStrContains(select(3, child.orrery "predict colours.safetensors last.npy"),
    "\n  Save numpy.moveaxis(numpy.load('last.npy'), -1, 1).\n")
end

function TestProgram:test_says_what_cannot_be_predicted()
  orrery.save(nn.Linear(1, 1), path "weights.safetensors")
  local code, _, err = child.orrery "predict weights.safetensors left.png"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "'weights.safetensors' holds weights without a graph\n  Save the whole graph")
  code, _, err = child.orrery "predict sides.safetensors"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "IMAGE|FILE is missing")
  code = child.orrery "predict sides.safetensors none.png"
  lu.assertEquals(code, 4)
  for _, other in ipairs { "--json", "--top 2" } do
    code, _, err = child.orrery("predict sides.safetensors left.png --to all.csv " .. other)
    lu.assertEquals(code, 2)
    lu.assertStrContains(err, ("--to and %s exclude each other"):format(other:match "%S+"))
  end
  code, _, err = child.orrery "predict sides.safetensors left.png --to all.txt"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "predictions are written as")
end

function TestProgram:test_reads_tables_with_and_without_the_label()
  child.write("train.csv", "a,b,kind\n1,0,0\n0,1,1\n1,0,0\n0,1,1\n")
  child.write("new.csv", "a,b\n0,1\n1,0\n")
  local g = orrery.graph "table"
  local features, label = g:input(data.csv {
    path = path "train.csv", label = "kind", classes = 2, batch = 2 })
  local fc = nn.Linear(2, 2)
  nn.CrossEntropyLoss()(fc(features), label)
  orrery.no_grad(function()
    fc.weight:copy_(orrery.eye(2) * 50)
    fc.bias:zero_()
  end)
  orrery.save(g, path "table.safetensors")
  lu.assertEquals(select(2, child.orrery "predict table.safetensors new.csv"), "0\t1\t1\n1\t0\t1\n")
  lu.assertEquals(select(2, child.orrery "predict table.safetensors train.csv"),
    "0\t0\t1\n1\t1\t1\n2\t0\t1\n3\t1\t1\n")
end

child.finish(lu.LuaUnit.run())
