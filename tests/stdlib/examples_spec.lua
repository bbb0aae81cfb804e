-- Every example runs, in a folder of its own, and reaches what it promises.
local lu = require "luaunit"
local core = require "orrery.core"
local child = require "cli_child"

local root = debug.getinfo(1, "S").source:match "^@(.*)tests/stdlib/"

-- Settings that make an example short, and a number of its last lines that must lie between two others.
local examples = {
  ["01_digits.lua"] = { words = "epochs=6", number = "test accuracy ([%d.]+)", 0.9, 1 },
  ["02_fashion.lua"] = { words = "epochs=1 samples=2048 lr=0.02", number = "test accuracy ([%d.]+)", 0.4, 1,
    needs = "dataset-fashion-mnist" },
  ["03_rows.lua"] = { words = "", number = "accuracy (%S+)", 0.9, 1 },
  ["06_characters.lua"] = { words = "epochs=1", number = "loss ([%d.]+) after", 1, 3.3 },
  ["04_as_in_pytorch.lua"] = { words = "epochs=5", number = ".*accuracy ([%d.]+) %%", 90, 100 },
  ["05_recurrent.lua"] = { words = "epochs=12", number = ".*perplexity ([%d.]+)", 1, 9 },
}

local function example_files()
  local files = {}
  for _, file in ipairs(core.list_folder(root .. "examples")) do
    if file:find "%.lua$" then files[#files + 1] = file end
  end
  return files
end

TestExamples = {}

function TestExamples:test_are_all_listed_here_and_in_their_readme()
  local readme = core.read_file(root .. "examples/README.md")
  for _, file in ipairs(example_files()) do
    lu.assertNotNil(examples[file], file)
    lu.assertStrContains(readme, ("(%s)"):format(file))
  end
end

function TestExamples:test_are_short()
  for _, file in ipairs(example_files()) do
    local _, lines = core.read_file(root .. "examples/" .. file):gsub("\n", "")
    lu.assertTrue(lines < 100, file)
  end
end

function TestExamples:test_reach_what_they_promise()
  for file, wanted in pairs(examples) do
    local code, out, err = child.orrery(("run %sexamples/%s %s"):format(root, file, wanted.words))
    if wanted.needs and code ~= 0 then
      lu.assertStrContains(err, wanted.needs)
    else
      lu.assertEquals(code, 0, file .. ": " .. err)
      local number = tonumber(out:match(wanted.number))
      lu.assertTrue(number and number > wanted[1] and number <= wanted[2], ("%s: %s"):format(file, out))
    end
  end
end

child.finish(lu.LuaUnit.run())
