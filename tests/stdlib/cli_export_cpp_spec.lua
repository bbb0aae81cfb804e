-- `orrery export --to cpp`: models as C++ for LibTorch.
local lu = require "luaunit"
local child = require "cli_child"
local orrery = child.orrery
local zoo_numbers = require "zoo_numbers"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/cli_export_cpp_spec%.lua$"

TestExportCpp = {}

function TestExportCpp:test_writes_a_file_beside_its_name()
  local code, out, err = orrery "export lenet5 --to cpp"
  lu.assertEquals({ code, out, err }, { 0, "lenet5.cpp\n", "" })
  local text = child.read "lenet5.cpp"
  lu.assertStrContains(text, "Tensor lenet5(const Weights& w, Tensor image) {\n")
  lu.assertStrContains(text, "class Model {\n")
end

function TestExportCpp:test_writes_what_builds_it_into_a_folder()
  local code, out, err = orrery "export lenet5 --to cpp -o net/"
  lu.assertEquals({ code, out, err }, { 0, "net/lenet5.cpp\nnet/CMakeLists.txt\n", "" })
  lu.assertStrContains(child.read "net/lenet5.cpp", "namespace lenet5 {\n")
  lu.assertStrContains(child.read "net/CMakeLists.txt", "add_executable(lenet5 lenet5.cpp)\n")
end

function TestExportCpp:test_equal_blocks_are_one_function()
  local code, out, err = orrery "export resnet18 --to cpp -o -"
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "Tensor building_block(const Weights& w, Tensor x) {\n")
  lu.assertStrContains(out, 'x = building_block(w / "layer1.0", x);\n')
end

function TestExportCpp:test_tells_what_cpp_cannot_say()
  child.write("own.lua", [[
local orrery = require "orrery"
local g = orrery.graph "own"
local x = g:input { x = { shape = { 4 } } }
g:output(orrery.transform("halved", function(t) return t * 0.5 end)(x))
]])
  local code, out, err = orrery "export own.lua --to cpp -o own/"
  lu.assertEquals({ code, out }, { 3, "" })
  lu.assertStrContains(err, "halved (halved, own.lua:4): ")
  lu.assertNil(child.read "own/own.cpp")
end

-- All in one file, with the first's includes and no `main`.
function TestExportCpp:test_the_zoo_compiles()
  lu.skipIf(os.getenv "ORRERY_TEST_FULL" == nil, "part of the full tests")
  local _, libtorch = child.shell(("cmake -P %scmake/LibTorchSearch.cmake 2>/dev/null"):format(root))
  libtorch = libtorch:match "[^\n]+"
  lu.skipIf(not libtorch, "there is no LibTorch")
  local core, models = require "orrery.core", require("orrery").models
  local texts = {}
  for _, name in ipairs(models.names()) do
    local done, code = pcall(core.cpp_code, models.graph(name, {}))
    if done then
      local begin, last = code:find "namespace ", code:find "// Inputs and the output are"
      texts[#texts + 1] = code:sub(#texts == 0 and 1 or begin, last - 1)
    else
      lu.assertStrContains(code, "C++ code cannot say:")
    end
  end
  lu.assertTrue(#texts >= 40, #texts .. " models")
  child.write("zoo.cpp", table.concat(texts, "\n"))
  local words = "g++ -std=c++17 -fsyntax-only -Wall -isystem %s/include "
    .. "-isystem %s/include/torch/csrc/api/include zoo.cpp"
  local code, _, err = child.shell(words:format(libtorch, libtorch))
  lu.assertEquals({ code, err }, { 0, "" })
end

-- As a user would: the folder is built with CMake. Each takes a minute.
local models = { resnet18 = "2x3x64x64", lstm_language_model = "2x12 tokens" }

function TestExportCpp:test_a_folder_that_cmake_builds_computes_what_the_model_does()
  lu.skipIf(os.getenv "ORRERY_TEST_FULL" == nil, "part of the full tests")
  local python = os.getenv "ORRERY_PYTHON"
  lu.skipIf(not python, "ORRERY_PYTHON names no Python with PyTorch")
  for name, given in pairs(models) do
    local own = zoo_numbers.of(name, given)
    local exported, _, fault = orrery(("export zoo.safetensors --to cpp -o %s/"):format(name))
    lu.assertEquals({ exported, fault }, { 0, "" }, name)
    local run = "%s %sscripts/dev/run_cpp_code.py %s zoo.safetensors %s"
    local ran, theirs, err = child.shell(run:format(python, root, name, given))
    lu.assertEquals(ran, 0, name .. ": " .. err)
    zoo_numbers.assert_near(theirs, own, 1e-5, name)
  end
end

child.finish(lu.LuaUnit.run())
