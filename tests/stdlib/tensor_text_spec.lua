-- Tensors print as PyTorch prints them: the texts are PyTorch's own.
local lu = require "luaunit"
local orrery = require "orrery"

local folder = arg[0]:match "^(.*)/tests/stdlib/[^/]*$" or "."
local fixture = dofile(folder .. "/tests/fixtures/tensor_text.lua")

TestTensorText = {}

function TestTensorText:test_is_pytorchs()
  for _, case in ipairs(fixture) do
    local make = assert(load("local o = ... return " .. case.tensor))
    lu.assertEquals(tostring(make(orrery)), case.text, case.tensor)
  end
end

function TestTensorText:test_says_that_a_tensor_was_released()
  local tensor = orrery.zeros(2)
  tensor:release()
  lu.assertEquals(tostring(tensor), "Tensor (released)")
end

os.exit(lu.LuaUnit.run())
