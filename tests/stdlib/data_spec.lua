-- Data sources as scripts see them: files, joined sets, transforms, data of one's own, and what is refused.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local refusal = require("refusal").here
local data = orrery.data
local T = data.transforms
local write = child.write

local fixtures = debug.getinfo(1, "S").source:match "^@(.*)stdlib/data_spec%.lua$" .. "formats/fixtures/data/"

-- Every value of one field of an epoch, in one list.
local function values(set, place)
  local list = {}
  for x, y in set:epoch(1) do
    for _, each in ipairs((place == 2 and y or x):flatten():tolist()) do list[#list + 1] = each end
  end
  return list
end

local function numbers(length, options)
  options = options or {}
  options.x = orrery.arange(length):float():view(length, 1)
  options.label = orrery.arange(length):remainder(2)
  return data.tensors(options)
end

-- A folder with a copy of an image for each name.
local function image_folder(folder, files)
  for name, image in pairs(files) do
    local file = assert(io.open(fixtures .. image, "rb"))
    child.shell("mkdir -p " .. folder .. "/" .. name:match "^(.*)/")
    write(folder .. "/" .. name, file:read "*a")
    file:close()
  end
  return child.folder .. "/" .. folder
end

TestFiles = {}

function TestFiles:test_csv_columns_have_names_and_types()
  local path = write("iris.tsv", "id\tlength\tkind\n1\t0.5\tsetosa\n2\t1.5\tvirginica\n3\t2.5\tsetosa\n")
  local set = data.csv { path = path, label = "kind", columns = { "length", "id", "kind" },
    types = { "float32", "int64", "category" } }
  lu.assertEquals(set.classes, { "setosa", "virginica" })
  local names = {}
  for i, field in ipairs(set.fields) do names[i] = field.name end
  lu.assertEquals(names, { "features", "id", "label" })
  local label
  for _, _, l in set:epoch() do label = l:tolist() end
  lu.assertEquals(label, { 0, 1, 0 })
end

function TestFiles:test_arrays_of_numpy()
  local set = data.npz { path = fixtures .. "deflated.npz", class_names = { "cat", "dog" } }
  lu.assertEquals({ #set, set.classes[2], set.fields[1].shape[3] }, { 2, "dog", 4 })
  lu.assertEquals(values(set, 2), { 1, 0 })
  lu.assertEquals(values(data.npy { path = fixtures .. "version3.npy" })[24], 23)
end

function TestFiles:test_tensors_of_safetensors()
  local path = child.folder .. "/set.safetensors"
  orrery.save({ image = orrery.arange(6):float():view(3, 2), label = orrery.arange(3) }, path)
  local set = data.safetensors { path = path, fields = { "label", "image" } }
  lu.assertEquals(values(set), { 0, 1, 2 })
  lu.assertEquals(set.fields[1].label, true)
  local read = data.safetensors { path = path, in_memory = false, workers = 2 }
  lu.assertEquals(values(read), { 0, 1, 2, 3, 4, 5 })
end

function TestFiles:test_text_windows_and_lines()
  local path = write("a.txt", "abcab")
  local set = data.text { path = path, length = 2 }
  lu.assertEquals(set.classes, { "a", "b", "c" })
  lu.assertEquals({ values(set), values(set, 2) }, { { 0, 1, 2, 0 }, { 1, 2, 0, 1 } })
  local lines = data.text { path = write("lines.txt", "ab\na\n"), pad = -1, vocabulary = { "b", "a" } }
  lu.assertEquals(values(lines), { 1, 0, 1, -1 })
  lu.assertEquals(lines.fields[2].name, "tokens_mask")
end

function TestFiles:test_images_in_folders_of_classes()
  local root = image_folder("pets",
    { ["cat/1.png"] = "rgb.png", ["dog/1.jpg"] = "rgb.jpg", ["dog/2.png"] = "grey.png" })
  local set = data.image_folder { root = root, batch = 2, workers = 2,
    transforms = { T.Resize { size = { 8, 8 } } } }
  lu.assertEquals({ #set, set.classes }, { 3, { "cat", "dog" } })
  lu.assertEquals(values(set, 2), { 0, 1, 1 })
  for image in set:epoch() do lu.assertEquals({ image.shape[2], image.shape[3] }, { 3, 8 }) end
end

function TestFiles:test_a_graph_is_built_from_headers_and_trains_on_images()
  local root = image_folder("train",
    { ["a/1.png"] = "rgb.png", ["a/2.png"] = "palette.png", ["b/1.png"] = "grey.png" })
  local g = orrery.graph "g"
  local image, label = g:input(data.image_folder { root = root, batch = 2, shuffle = true,
    transforms = { T.RandomHorizontalFlip(), T.Normalize(0.5, 0.25) } })
  local loss = orrery.nn.CrossEntropyLoss()(orrery.nn.Linear(162, 2)(image:flatten(1)), label)
  local manager = orrery.manager(g, { optimizer = orrery.optim.SGD(g:parameters(), { lr = 0.1, loss = loss }),
    epochs = 2, history = false, progress = false, device = "cpu" })
  lu.assertEquals(manager:run().steps, 4)
end

TestJoined = {}

function TestJoined:test_parts_are_apart_and_whole()
  local train, test = data.split(numbers(10, { batch = 4, shuffle = true }), { 0.75, 0.25 }, { seed = 3 })
  lu.assertEquals({ #train, #test, train.batch, train.shuffle }, { 8, 2, 4, true })
  local all = values(train)
  for _, each in ipairs(values(test)) do all[#all + 1] = each end
  table.sort(all)
  lu.assertEquals(all, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })
  local again = data.split(numbers(10), { 0.75, 0.25 }, { seed = 3 })
  lu.assertItemsEquals(values(again), values(train))
  local other = data.split(numbers(10), { 0.75, 0.25 }, { seed = 4 })
  lu.assertNotEquals(values(other), values(again))
end

function TestJoined:test_stratified_parts_have_the_classes_in_proportion()
  local a, b = data.split(numbers(20), { 0.5, 0.5 }, { stratify = true })
  for _, part in ipairs { a, b } do
    local sum = 0
    for _, label in ipairs(values(part, 2)) do sum = sum + label end
    lu.assertEquals(sum, 5)
  end
end

function TestJoined:test_folds_test_each_sample_once()
  local tested, count = {}, 0
  for train, test in data.kfold(numbers(7), 3) do
    count = count + 1
    lu.assertEquals(#train + #test, 7)
    for _, each in ipairs(values(test)) do tested[#tested + 1] = each end
  end
  table.sort(tested)
  lu.assertEquals({ count, tested }, { 3, { 0, 1, 2, 3, 4, 5, 6 } })
end

function TestJoined:test_concatenation_and_subset()
  local both = data.concat({ numbers(3, { batch = 2 }), numbers(2) }, { batch = 9 })
  lu.assertEquals({ #both, both.batch, values(both) }, { 5, 9, { 0, 1, 2, 0, 1 } })
  lu.assertEquals(data.concat({ numbers(3, { batch = 2 }) }).batch, 2)
  lu.assertEquals(values(data.subset(numbers(9), { 8, 0 })), { 8, 0 })
  local changed = data.subset(numbers(3), { transforms = { T.Normalize(1, 2) } })
  lu.assertEquals(values(changed), { -0.5, 0, 0.5 })
end

function TestJoined:test_what_cannot_be_is_refused()
  local set = numbers(4)
  lu.assertStrContains(refusal(function() data.split(set, { 0.5, 0.4 }) end), "sum to 1, got a sum of 0.9")
  lu.assertStrContains(refusal(function() data.split(set, { 1.5, -0.5 }) end),
    "part 1 must be a number above 0")
  lu.assertStrContains(refusal(function() data.split(set, { 0.5, 0.5 }, { stratified = true }) end),
    "unknown option 'stratified' (known: seed, stratify)")
  lu.assertStrContains(refusal(function() data.kfold(set, 5) end),
    "from 2 to the number of samples (4), got 5")
  lu.assertStrContains(refusal(function() data.concat { set, 5 } end),
    "entry 2 must be a data source, got a number")
  lu.assertStrContains(refusal(function() data.subset(set, { 4 }) end), "there is no sample 4")
  for _, empty in ipairs { { {} }, { {}, { batch = 2 } } } do
    lu.assertStrContains(refusal(function() data.subset(set, unpack(empty)) end),
      "data.subset: the list of samples is empty")
  end
  lu.assertEquals(#data.subset(set), 4)
  local plain = data.random { shape = { 2 } }
  lu.assertStrContains(refusal(function() data.split(plain, { 0.5, 0.5 }, { stratify = true }) end),
    "the data have no label")
end

TestTransforms = {}

function TestTransforms:test_are_printed_and_have_members()
  local resize = T.Resize { 8, 9 }
  lu.assertEquals({ resize.kind, resize.size, resize.antialias }, { "Resize", { 8, 9 }, true })
  lu.assertStrContains(tostring(T.RandomHorizontalFlip(0.25)), "RandomHorizontalFlip(p=0.25)")
  lu.assertEquals(T.Resize(224).size, 224)
end

function TestTransforms:test_what_cannot_be_is_refused()
  lu.assertStrContains(refusal(function() return T.Rezise end), "did you mean 'Resize'?")
  lu.assertStrContains(refusal(function() T.RandomCrop { size = 4, paddding = 2 } end),
    "did you mean 'padding'?")
  lu.assertStrContains(refusal(function() numbers(3, { transforms = { T.Resize(4) } }) end),
    "it needs images (C, H, W)")
  lu.assertStrContains(refusal(function() numbers(3, { transforms = { "Resize" } }) end),
    "entry 1 of transforms must be one of data.transforms, got a string")
end

TestOwnData = {}

local pairs_of = { fields = { x = { shape = { 2 } }, y = { shape = {}, dtype = "int64", label = true } } }

local function defined(get, options)
  options = options or {}
  options.length, options.fields, options.get = 5, pairs_of.fields, get
  return data.define(options)
end

function TestOwnData:test_functions_give_tensors_or_numbers()
  local set = defined(function(i)
    return { x = i == 0 and orrery.zeros(2) or { i, i * i }, y = i % 2 }
  end, { batch = 2 })
  lu.assertEquals({ #set, set.fields[2].name }, { 5, "y" })
  lu.assertEquals(values(set), { 0, 0, 1, 1, 2, 4, 3, 9, 4, 16 })
  lu.assertEquals(values(set, 2), { 0, 1, 0, 1, 0 })
end

function TestOwnData:test_shuffle_and_split_like_any_other()
  local train, test = data.split(defined(function(i) return { x = { i, i }, y = 0 } end), { 0.6, 0.4 })
  lu.assertEquals({ #values(train), #values(test) }, { 6, 4 })
end

function TestOwnData:test_errors_name_the_sample_and_the_line()
  local function failure(get)
    local done, text = pcall(function() for _ in defined(get):epoch() do end end)
    lu.assertFalse(done)
    return tostring(text)
  end
  lu.assertStrMatches(failure(function(i)
    if i == 3 then error "no such sample" end
    return { x = { 1, 2 }, y = 0 }
  end), ".*sample 3 %(counted from 0%): .*data_spec%.lua:%d+: no such sample.*")
  lu.assertStrContains(failure(function() return 5 end), "get gave a number where it gives a table")
  lu.assertStrContains(failure(function() return { x = { 1, 2 } } end), "get gave no field 'y'")
  lu.assertStrContains(failure(function() return { x = { 1, 2, 3 }, y = 0 } end),
    "field 'x' is float32 (3), expected float32 (2)")
  lu.assertStrContains(failure(function() return { x = { 1, "two" }, y = 0 } end),
    "expected a number, got a string")
end

function TestOwnData:test_a_generator_makes_samples_in_turn()
  local begun = 0
  local set = data.generator { length = 4, batch = 3, fields = pairs_of.fields, generate = function(epoch)
    begun = begun + 1
    local i = -1
    return function() i = i + 1; return { x = { i, epoch }, y = 0 } end
  end }
  lu.assertEquals(values(set), { 0, 1, 1, 1, 2, 1, 3, 1 })
  lu.assertEquals(begun, 1)
  local short = data.generator { length = 4, fields = pairs_of.fields,
    generate = function() return function() end end }
  local done, text = pcall(values, short)
  lu.assertEquals({ done, text:match "generate gave 0 samples, and length says 4" ~= nil }, { false, true })
  lu.assertStrContains(refusal(function()
    data.generator { length = 4, shuffle = true, fields = pairs_of.fields, generate = print }
  end), "neither shuffled nor sampled")
end

function TestOwnData:test_a_module_runs_on_worker_threads()
  write("squares.lua", [[
    local y = { shape = {}, dtype = "int64", label = true }
    local M = { length = 20, fields = { x = { shape = { 2 } }, y = y } }
    function M.get(i)
      if i == M.bad then error "bad sample" end
      return { x = { i, i * i }, y = i % 3 }
    end
    return M]])
  package.path = child.folder .. "/?.lua;" .. package.path
  local set = data.define { module = "squares", batch = 3, workers = 3, shuffle = true, seed = 1 }
  local alone = data.define { module = "squares", batch = 3, workers = 0, shuffle = true, seed = 1 }
  lu.assertEquals(values(set), values(alone))
  lu.assertEquals(#values(set), 40)
  write("bad_squares.lua", 'local M = require "squares"; M.bad = 4; return M')
  local done, text = pcall(values, data.define { module = "bad_squares", workers = 2 })
  lu.assertFalse(done)
  lu.assertStrMatches(tostring(text), ".*sample 4 %(counted from 0%): .*squares%.lua:4: bad sample.*")
end

function TestOwnData:test_what_cannot_be_is_refused()
  lu.assertStrContains(refusal(function() data.define { length = 3, get = print } end),
    "data.define needs fields")
  lu.assertStrContains(refusal(function() data.define { length = 3, fields = pairs_of.fields } end),
    "data.define needs get")
  lu.assertStrContains(refusal(function() defined(print, { workers = 2 }) end),
    "functions of the script run on its own thread")
  lu.assertStrContains(refusal(function() data.define { fields = pairs_of.fields, get = print } end),
    "length is required")
  lu.assertStrContains(refusal(function() data.define { module = "no_such_module" } end),
    "data.define: module 'no_such_module' not found")
end

child.finish(lu.LuaUnit.run())
