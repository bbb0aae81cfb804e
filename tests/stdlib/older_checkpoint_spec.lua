-- A checkpoint that an earlier program wrote is gone on from.
local lu = require "luaunit"
local child = require "cli_child"

local fixtures = debug.getinfo(1, "S").source:match "^@(.*)stdlib/older_checkpoint_spec%.lua$"
  .. "fixtures/checkpoints/"

TestOlderCheckpoint = {}

local function numbers_of(words)
  local status, out, messages = child.orrery("run net.lua " .. words)
  lu.assertEquals(status, 0, messages)
  local numbers = {}
  for number in out:gmatch "%S+" do numbers[#numbers + 1] = tonumber(number) end
  return numbers, messages
end

function TestOlderCheckpoint:test_the_run_ends_as_one_that_was_never_stopped()
  for _, name in ipairs { "net.lua", "older.safetensors" } do
    child.shell(("cp '%s%s' ."):format(fixtures, name))
  end
  -- The earlier program's engine: where a layer lies before a norm, Adam makes steps of rounding.
  local whole = numbers_of "--engine autograd --ckpt-dir whole"
  local resumed, messages = numbers_of "--engine autograd --ckpt-dir resumed --resume older.safetensors"
  lu.assertStrContains(messages, "is resumed with another config: stop = 7 then, 0 now")
  lu.assertEquals(#whole, 8)
  lu.assertEquals(whole[1], 16)
  for at, number in ipairs(whole) do lu.assertAlmostEquals(resumed[at], number, 2e-6) end
end

child.finish(lu.LuaUnit.run())
