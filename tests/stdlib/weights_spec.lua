-- `orrery inspect`, `orrery convert` and the comparison behind `orrery diff`, over files of PyTorch.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"
local weight_diff = require "orrery.cli.weight_diff"
local weight_list = require "orrery.cli.weight_list"
local orrery = child.orrery

local files = debug.getinfo(1, "S").source:match "^@(.*)/stdlib/[^/]*$" .. "/formats/fixtures/pt/"

local function rows(words)
  local code, out, err = orrery(words)
  lu.assertEquals({ code, err }, { 0, "" })
  local found = {}
  for line in out:gmatch "[^\n]+" do found[#found + 1] = core.parse_json(line, "line") end
  return found
end

TestInspect = {}

function TestInspect:test_lists_tensors_with_what_they_take()
  local code, out, err = orrery("inspect " .. files .. "state.pt")
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "state.pt  PyTorch, 7 tensors, 17 elements, 72 bytes\n")
  lu.assertStrContains(out, "0.weight")
  lu.assertStrContains(out, "(2, 3)")
end

function TestInspect:test_gives_rows_to_programs()
  local found = rows("inspect " .. files .. "shared.pt --json")
  lu.assertEquals({ found[1].schema, found[1].name, found[1].dtype, found[1].shape, found[1].elements,
    found[1].bytes }, { "orrery.inspect/1", "whole", "float32", "(4, 6)", 24, 96 })
  lu.assertEquals(found[2].remark, "the same as whole")
  lu.assertStrContains(found[3].remark, "shares storage ")
  local _, csv = orrery("inspect " .. files .. "tensor.pt --csv")
  lu.assertEquals(csv, "name,dtype,shape,elements,bytes,remark,file,checksum\n"
    .. 'tensor,float32,"(2, 3)",6,24,,,\n')
end

function TestInspect:test_takes_a_part_and_lists_the_notes()
  lu.assertEquals(rows("inspect " .. files .. "checkpoint.pt --part model --json")[1].name, "0.weight")
  local notes = {}
  for _, row in ipairs(rows("inspect " .. files .. "checkpoint.pt --notes --json")) do
    notes[row.name] = row.text
  end
  lu.assertEquals({ notes.epoch, notes.name, notes["optimizer.param_groups.0.lr"] },
    { "3", "'a net'", "0.01" })
end

function TestInspect:test_checksums_do_not_depend_on_the_format()
  local sums = rows("inspect " .. files .. "state.pt --checksums --json")
  lu.assertEquals(#sums[1].checksum, 32)
  local again = rows("inspect " .. files .. "state_legacy.pt --checksums --json")
  for at, row in ipairs(sums) do lu.assertEquals(again[at].checksum, row.checksum) end
end

function TestInspect:test_names_what_is_not_read()
  local found = rows("inspect " .. files .. "sparse.pt --json")
  lu.assertEquals({ found[2].name, found[2].remark }, { "edges", "a sparse tensor, not read" })
end

function TestInspect:test_refuses_what_would_run_something()
  local code, out, err = orrery("inspect " .. files .. "module.pt")
  lu.assertEquals({ code, out }, { 4, "" })
  lu.assertStrContains(err, "asks for the Python object 'torch.nn.modules.container.Sequential'")
  lu.assertStrContains(err, "\n  In PyTorch, save model.state_dict() instead of the whole model.\n")
end

function TestInspect:test_says_what_a_file_really_is()
  child.write("pointer.pt", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")
  local code, _, err = orrery "inspect pointer.pt"
  lu.assertEquals(code, 4)
  lu.assertEquals(err, "orrery: 'pointer.pt' is not a file of weights but a Git LFS pointer\n"
    .. "  Fetch the real file with `git lfs pull`.\n")
end

TestInspectData = {}

local fixtures = files:match "^(.*)/formats/fixtures/pt/$"

function TestInspectData:test_tells_the_columns_of_a_table()
  child.write("flowers.csv", "width;kind;petals\n1.5;rose;5\n2;lily;6\n;rose;5\n")
  local code, out, err = orrery "inspect flowers.csv"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "flowers.csv  CSV table, 46 bytes\n")
  lu.assertStrMatches(out:match "rows[^\n]*", "rows +3")
  lu.assertStrMatches(out:match "delimiter[^\n]*", "delimiter +semicolon")
  lu.assertStrMatches(out:match "\nwidth[^\n]*", "\nwidth +float32 +%(3,%) +3 +1.5 to 2; 1 empty")
  local found = rows "inspect flowers.csv --json"
  lu.assertEquals({ found[2].name, found[2].dtype, found[2].remark },
    { "kind", "category", "2 texts: 'rose', 'lily'" })
  lu.assertEquals({ found[3].dtype, found[3].shape, found[3].elements }, { "int64", "(3,)", 3 })
end

function TestInspectData:test_tells_dims_and_dtype_of_arrays_and_how_pictures_are_stored()
  child.write("labels", "\0\0\8\1\0\0\0\3\7\2\1")
  local idx = rows("inspect labels --json")[1]
  lu.assertEquals({ idx.name, idx.dtype, idx.shape, idx.bytes }, { "values", "uint8", "(3,)", 3 })
  local data = fixtures .. "/formats/fixtures/data/"
  local png = rows("inspect " .. data .. "deep.png --json")[1]
  lu.assertEquals({ png.dtype, png.remark }, { "uint16", "grey of 16 bits" })
  lu.assertEquals(rows("inspect " .. data .. "progressive.jpg --json")[1].remark, "colour, progressive")
  lu.assertEquals(rows("inspect " .. data .. "float32.npy --json")[1].dtype, "float32")
  local notes = rows("inspect " .. data .. "cmyk.jpg --notes --json")
  lu.assertEquals({ notes[1].name, notes[1].text }, { "kind", "JPEG image" })
end

function TestInspectData:test_says_what_a_checkpoint_is()
  local code, out = orrery("inspect " .. fixtures .. "/fixtures/checkpoints/older.safetensors")
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "older.safetensors  safetensors, a checkpoint of Orrery, ")
  lu.assertStrMatches(out:match "steps[^\n]*", "steps +7")
  lu.assertStrMatches(out:match "optimizer[^\n]*", "optimizer +AdamW")
  lu.assertNotStrContains(out, '{"numbers"')
end

function TestInspectData:test_says_what_a_saved_model_is()
  child.write("save.lua", [[
    local orrery = require "orrery"
    local g = orrery.graph "net"
    g:output(orrery.nn.Linear(2, 3)(g:input { x = { shape = { 2 } } }))
    orrery.save(g, "net.safetensors")
  ]])
  lu.assertEquals(orrery "run save.lua", 0)
  local code, out = orrery "inspect net.safetensors"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "net.safetensors  safetensors, a saved model, 2 tensors, 9 elements, 36 bytes\n")
  lu.assertStrMatches(out:match "graph[^\n]*", "graph +net")
  lu.assertStrMatches(out:match "inputs[^\n]*", "inputs +x: float32 %(N, 2%)")
  lu.assertStrMatches(out:match "outputs[^\n]*", "outputs +%w+: float32 %(N, 3%)")
  lu.assertNotStrContains(out, "orrery.graph")
end

function TestInspectData:test_refuses_what_has_no_meaning_for_data()
  child.write("t.csv", "1,2\n")
  local code, out, err = orrery "inspect t.csv --part model"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "'t.csv' is a CSV table, which has no parts")
  code, out, err = orrery "inspect t.csv --checksums"
  lu.assertEquals({ code, out }, { 2, "" })
  lu.assertStrContains(err, "--checksums is for tensors")
  child.write("bad.csv", "1,2\n3\n")
  code, out, err = orrery "inspect bad.csv"
  lu.assertEquals({ code, out, err },
    { 4, "", "orrery: 'bad.csv' line 2: 1 cells, but the first row has 2\n" })
end

TestConvert = {}

function TestConvert:test_writes_what_is_read_again()
  local code, out, err = orrery("convert " .. files .. "shared.pt shared.safetensors")
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "shared.safetensors: 8 tensors, ")
  lu.assertStrContains(out, "other names of tensors stored once: tied\n")
  lu.assertEquals(core.read_weights(child.folder .. "/shared.safetensors").kind, "safetensors")
end

function TestConvert:test_says_what_is_left_out()
  local code, _, err = orrery("convert " .. files .. "checkpoint.pt all.safetensors")
  lu.assertEquals(code, 0)
  lu.assertStrContains(err, "orrery: left out, since the format holds tensors alone: ")
  local row = rows("convert " .. files .. "checkpoint.pt model.npz --part model --json")[1]
  lu.assertEquals({ row.schema, row.tensors, row.files, row.left_out },
    { "orrery.convert/1", 7, { "model.npz" }, {} })
end

function TestConvert:test_splits_into_a_set()
  local row = rows("convert " .. files .. "state.pt net.safetensors --split 0.03KB --json")[1]
  lu.assertEquals(row.files[#row.files], "net.safetensors.index.json")
  lu.assertEquals(#rows "inspect net.safetensors.index.json --json", 7)
  local code, _, err = orrery("convert " .. files .. "state.pt net.safetensors --split large")
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "--split takes a size such as 500MB or 5GB, got 'large'")
end

function TestConvert:test_leaves_what_was_there_when_it_fails()
  child.write("kept.pt", "as it was")
  local code = orrery("convert " .. files .. "sparse.pt kept.pt")
  lu.assertEquals({ code, child.read "kept.pt" }, { 4, "as it was" })
  code = orrery("convert " .. files .. "state.pt kept.gguf")
  lu.assertEquals({ code, child.read "kept.gguf" }, { 2, nil })
end

-- What PyTorch's restricted loader makes of files that Orrery wrote, compared with where they came from.
local comparison = [[
import sys, torch
first, second = (torch.load(path, weights_only=True) for path in sys.argv[1:])
for name, tensor in first.items():
    other = second[name]
    same = tensor.dtype == other.dtype and tensor.shape == other.shape
    bytes_of = lambda t: bytes(t.detach().contiguous().view(-1).untyped_storage()) if t.numel() else b""
    assert same and bytes_of(tensor.clone()) == bytes_of(other.clone()), name
assert set(first) == set(second)
tied = first.get("tied")
assert tied is None or second["tied"].data_ptr() == second["whole"].data_ptr()
print("the same")
]]

function TestConvert:test_pytorch_reads_what_was_written()
  local python = os.getenv "ORRERY_PYTHON"
  if not python then lu.skip "ORRERY_PYTHON names no Python with PyTorch" end
  child.write("compare.py", comparison)
  for _, name in ipairs { "state.pt", "shared.pt", "dtypes.pt", "parameter.pt" } do
    local code, _, err = orrery("convert " .. files .. name .. " written.pt")
    lu.assertEquals({ code, err }, { 0, "" })
    local _, out, trouble = child.shell(python .. " compare.py " .. files .. name .. " written.pt")
    lu.assertEquals({ out, trouble }, { "the same\n", "" }, name)
  end
end

TestWeightDiff = {}

function TestWeightDiff:test_takes_files_by_their_endings()
  for _, name in ipairs { "a.safetensors", "model.safetensors.index.json", "b.pt", "c.pth", "d.npz" } do
    lu.assertTrue(weight_diff.takes(name), name)
  end
  for _, name in ipairs { "net.lua", "net.onnx", "graph.json" } do
    lu.assertFalse(weight_diff.takes(name), name)
  end
end

function TestWeightDiff:test_counts_and_rows_tell_what_differs()
  local function tensor(shape) return { dtype = "float32", shape = shape } end
  local differences = {
    { name = "a", how = "same", first = tensor { 1 }, second = tensor { 1 }, largest = 0, mean = 0,
      differing = 0 },
    { name = "b", how = "values", first = tensor { 2 }, second = tensor { 2 }, largest = 0.5, mean = 0.25,
      differing = 1 },
    { name = "c", how = "shape", first = tensor { 2, 3 }, second = tensor {}, differing = 0 },
    { name = "d", how = "first only", first = tensor { 1 }, differing = 0 },
  }
  local found = weight_diff.rows(differences)
  lu.assertEquals({ #found, found[1][1], found[1][5], found[1][7] }, { 3, "b", 0.5, 1 })
  lu.assertEquals({ found[2][3], found[2][4], found[2][7] }, { "float32 (2, 3)", "float32 ()", nil })
  lu.assertEquals(#weight_diff.rows(differences, true), 4)
  lu.assertEquals(weight_diff.counts(differences),
    { same = 1, values = 1, shape = 1, first = 1, second = 0, largest = 0.5 })
end

function TestWeightDiff:test_compares_files_of_two_formats()
  local first, second = files .. "state.pt", files .. "state_legacy.pt"
  for _, found in ipairs(core.compare_weights(first, second)) do
    lu.assertEquals(found.how, "same", found.name)
  end
  local checkpoint = files .. "checkpoint.pt"
  local counts = weight_diff.counts(core.compare_weights(checkpoint, first, "model"))
  lu.assertEquals(counts.first + counts.second + counts.shape, 0)
end

local function diff(words)
  local code, out, err = orrery("diff " .. words)
  return out, code, err
end

function TestWeightDiff:test_the_verb_compares_files_of_weights()
  local out, code, err = diff(files .. "state.pt " .. files .. "state_legacy.pt --exit-code")
  lu.assertEquals({ out, code, err }, { "7 tensors the same\n", 0, "" })
  out = diff(files .. "state.pt " .. files .. "state_legacy.pt --all")
  lu.assertStrMatches(out:match "0.weight[^\n]*",
    "0.weight +same +float32 %(2, 3%) +float32 %(2, 3%) +0 +0 +0")
  out = diff(files .. "checkpoint.pt " .. files .. "state.pt --part model --second-part ''")
  lu.assertEquals(out, "7 tensors the same\n")
end

local function two_files()
  local save = require("orrery").save
  local tensor = require("orrery").tensor
  save({ moved = tensor { 1, 2, 3, 4 }, kept = tensor { 1 }, wide = tensor { 1, 2 }, old = tensor { 1 } },
    child.folder .. "/first.safetensors")
  save({ moved = tensor { 1, 2, 3.5, 2 }, kept = tensor { 1 }, wide = tensor { { 1, 2 } },
    new = tensor { 1 } }, child.folder .. "/second.safetensors")
end

function TestWeightDiff:test_the_verb_tells_what_differs()
  two_files()
  local out, code = diff "first.safetensors second.safetensors"
  lu.assertEquals(code, 0)
  lu.assertStrMatches(out:match "moved[^\n]*",
    "moved +values +float32 %(4,%) +float32 %(4,%) +2 +0.625 +2")
  lu.assertStrMatches(out:match "wide[^\n]*", "wide +shape +float32 %(2,%) +float32 %(1, 2%)")
  lu.assertStrMatches(out:match "old[^\n]*", "old +first only +float32 %(1,%)")
  lu.assertStrContains(out, "\n1 tensor the same, 1 tensor with other values, 1 tensor of another shape, "
    .. "1 tensor in the first file only, 1 tensor in the second file only; largest difference 2\n")
  lu.assertNotStrContains(out, "kept")
  out, code = diff "first.safetensors second.safetensors --exit-code"
  lu.assertEquals(code, 1, out)
end

function TestWeightDiff:test_the_verb_gives_objects_and_their_totals()
  two_files()
  local found = rows "diff first.safetensors second.safetensors --json"
  local by_name, totals = {}, found[#found]
  for _, row in ipairs(found) do by_name[row.name or row.kind] = row end
  local moved = by_name.moved
  lu.assertEquals({ moved.schema, moved.kind, moved.how, moved.largest, moved.mean, moved.differing },
    { "orrery.diff.weights/1", "tensor", "values", 2, 0.625, 2 })
  lu.assertEquals({ totals.kind, totals.before, totals.same, totals.values, totals.shape, totals.first_only,
    totals.second_only, totals.largest }, { "totals", "first.safetensors", 1, 1, 1, 1, 1, 2 })
end

function TestWeightDiff:test_the_verb_says_where_a_checkpoint_keeps_the_names()
  local out = diff(files .. "state.pt " .. files .. "checkpoint.pt")
  lu.assertStrContains(out, "\nThe second file keeps such names below 'model': --second-part model\n")
  out = diff(files .. "checkpoint.pt " .. files .. "state.pt")
  lu.assertStrContains(out,
    "\nThe first file keeps such names below 'model': --part model --second-part ''\n")
end

function TestWeightDiff:test_the_verb_names_what_it_cannot_compare()
  local _, code, err = diff(files .. "sparse.pt " .. files .. "sparse.pt")
  lu.assertEquals(code, 0)
  lu.assertStrContains(err, "edges of '" .. files .. "sparse.pt' is not compared: it is a sparse tensor\n")
end

local saved = [[
local orrery = require "orrery"
local g = orrery.graph "net"
g:output(orrery.nn.Linear(2, 2)(g:input { x = { shape = { 2 } } }))
orrery.save(g, arg[1])
]]

function TestWeightDiff:test_of_saved_models_the_graphs_are_compared_unless_weights_are_asked_for()
  child.write("save.lua", saved)
  lu.assertEquals(orrery "run save.lua one.safetensors", 0)
  lu.assertEquals(orrery "run save.lua other.safetensors", 0)
  local out, code = diff "one.safetensors other.safetensors --exit-code"
  lu.assertEquals(code, 0)
  lu.assertStrContains(out, "are the same: 2 operations")
  lu.assertStrContains(diff "one.safetensors other.safetensors --weights", "2 tensors ")
  two_files()
  lu.assertStrContains(diff "one.safetensors first.safetensors", "4 tensors in the second file only")
end

function TestWeightDiff:test_the_verb_refuses_what_is_meant_for_graphs()
  local function refused(words)
    local out, code, err = diff(words)
    lu.assertEquals({ code, out }, { 2, "" }, words)
    return err
  end
  local both = files .. "state.pt " .. files .. "tensor.pt "
  lu.assertStrContains(refused(both .. "-o d.pdf"), "weights are not drawn")
  lu.assertStrContains(refused(both .. "width=3"), "'width=3' is for scripts")
  lu.assertStrContains(refused(files .. "state.pt resnet18 --part model"),
    "--part compares files of weights; 'resnet18' is none")
end

function TestWeightDiff:test_shapes_are_told_as_pytorch_does_and_sizes_of_few_bytes_as_such()
  local text = weight_list.shape_text
  lu.assertEquals({ weight_list.size_text(1), weight_list.size_text(999), weight_list.size_text(1000) },
    { "1 byte", "999 bytes", "1.00 kB" })
  lu.assertEquals({ text {}, text { 3 }, text { 3, 4 } }, { "()", "(3,)", "(3, 4)" })
end

child.finish(lu.LuaUnit.run())
