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

function TestWeightDiff:test_shapes_are_told_as_pytorch_does_and_sizes_of_few_bytes_as_such()
  local text = weight_list.shape_text
  lu.assertEquals({ weight_list.size_text(1), weight_list.size_text(999), weight_list.size_text(1000) },
    { "1 byte", "999 bytes", "1.00 kB" })
  lu.assertEquals({ text {}, text { 3 }, text { 3, 4 } }, { "()", "(3,)", "(3, 4)" })
end

child.finish(lu.LuaUnit.run())
