local lu = require "luaunit"
local child = require "cli_child"

local limit = 64 * 1024 -- kilobytes

-- The most memory that a process held which built the model and checked it, in kilobytes.
local function peak_of(name, options)
  child.write("build.lua", ([[
local orrery = require "orrery"
local graph = orrery.models.graph("%s", %s)
assert(#graph:check() == 0)
for line in io.lines "/proc/self/status" do
  if line:find "^VmHWM" then print(line:match "%%d+") end
end
]]):format(name, options))
  local code, out, err = child.orrery "run build.lua"
  lu.assertEquals(code, 0, err)
  return tonumber(out)
end

local function sanitized()
  for line in io.lines "/proc/self/maps" do
    if line:find "libasan" then return true end
  end
  return false
end

TestMemoryOfModels = {}

function TestMemoryOfModels:setUp()
  lu.skipIf(sanitized(), "AddressSanitizer keeps memory of its own")
end

function TestMemoryOfModels:test_stays_small_while_resnet152_is_built_and_checked()
  lu.assertTrue(peak_of("resnet152", "{}") < limit)
end

function TestMemoryOfModels:test_stays_small_while_gpt2_with_48_layers_is_built_and_checked()
  lu.assertTrue(peak_of("gpt2", '{ size = "xl" }') < limit)
end

child.finish(lu.LuaUnit.run())
