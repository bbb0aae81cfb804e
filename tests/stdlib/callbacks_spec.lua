-- Callbacks are told of everything, and end the run when they fail.
local lu = require "luaunit"
local orrery = require "orrery"
local child = require "cli_child"
local line_model = require "line_model"
local data = orrery.data
local program, shell, write = child.program, child.shell, child.write
local model, line, last_status = line_model.script, line_model.manager, line_model.last_status

TestCallbacks = {}

function TestCallbacks:test_are_told_of_everything()
  local told = {}
  local callbacks = {}
  for _, name in ipairs { "train_start", "batch_end", "validation_end", "epoch_end", "train_end" } do
    callbacks[name] = function(report)
      lu.assertIsTable(report)
      told[name] = (told[name] or 0) + 1
    end
  end
  local x = orrery.zeros(4, 1)
  line({ epochs = 2, callbacks = callbacks, validate = data.tensors { x = x, target = x, batch = 2 } }):run()
  lu.assertEquals(told, { train_start = 1, batch_end = 8, validation_end = 4, epoch_end = 2, train_end = 1 })
end

function TestCallbacks:test_that_fail_end_the_run_with_their_own_line()
  shell("rm -f orrery.db*")
  local script = write("callback.lua", model .. [[
    local manager = orrery.manager(g, { optimizer = optimizer, epochs = 2, callbacks = {
      epoch_end = function() local nothing; nothing() end } })
    manager:run()]])
  local code, out, err = shell(program .. " run " .. script)
  lu.assertEquals({ code, out }, { 1, "" })
  lu.assertStrContains(err, "callback.lua:11: attempt to call local 'nothing' (a nil value)")
  lu.assertNotStrContains(err, "traceback")
  lu.assertStrContains(last_status(), "failed")
  lu.assertStrContains(last_status(), "attempt to call")
end

function TestCallbacks:test_errors_that_are_no_text_end_the_run()
  local speaking = "setmetatable({}, { __tostring = function() return 'a table' end })"
  for _, what in ipairs { "{}", "nil", speaking } do
    local script = write("callback.lua", model .. ([[
      local manager = orrery.manager(g, { optimizer = optimizer, epochs = 1, history = false, callbacks = {
        batch_end = function() error(%s) end } })
      manager:run()]]):format(what))
    local code, _, err = shell(program .. " run " .. script)
    lu.assertEquals(code, 1, what)
    lu.assertNotStrContains(err, "table: 0x")
  end
end

function TestCallbacks:test_say_what_is_in_an_error_that_is_no_text()
  local said = {
    ["{ code = 3, reason = 'out of ink' }"] = 'error value: { code = 3, reason = "out of ink" }',
    ["setmetatable({}, { __tostring = function() return 'no ink' end })"] = "no ink",
    ["nil"] = "error value: nil",
  }
  for what, expected in pairs(said) do
    local manager = line { callbacks = { batch_end = function() error(loadstring("return " .. what)()) end } }
    local done, text = pcall(manager.run, manager)
    lu.assertFalse(done)
    lu.assertStrContains(text, expected)
  end
end

child.finish(lu.LuaUnit.run())
