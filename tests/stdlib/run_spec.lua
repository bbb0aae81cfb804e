local lu = require "luaunit"
local child = require "cli_child"
local program, folder, shell, write = child.program, child.folder, child.shell, child.write

local function run(text, rest)
  return shell(("%s run %s %s"):format(program, write("script.lua", text), rest or ""))
end

TestRun = {}

function TestRun:test_ends_with_0()
  local code, out = run "print('hello')"
  lu.assertEquals({ code, out }, { 0, "hello\n" })
end

function TestRun:test_ends_with_1_for_a_script_that_fails()
  local code, _, err = run "local x = nil\nprint(x.y)"
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "script.lua:2: attempt to index")
end

function TestRun:test_ends_with_1_for_a_syntax_error()
  local code, _, err = run "x = = 3"
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "script.lua:1: unexpected symbol")
end

function TestRun:test_shows_errors_that_are_no_text()
  lu.assertEquals(run "error({})", 1)
  lu.assertEquals(run "error(nil)", 1)
  local code, _, err = run "error(setmetatable({}, { __tostring = function() return 'made of a table' end }))"
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "made of a table")
  lu.assertEquals(run "error(setmetatable({}, { __tostring = function() error 'again' end }))", 1)
end

function TestRun:test_shows_what_is_in_an_error_that_is_no_text()
  local said = {
    ["{ code = 3, 'first', reason = 'ink' }"] = 'error value: { "first", code = 3, reason = "ink" }',
    ["{ a = 1, b = true, c = {}, d = print, e = 2.5, f = '', g = 0 }"] =
      'error value: { a = 1, b = true, c = {…}, d = (function), e = 2.5, f = "", … }',
    ["{}"] = "error value: {}",
    ["nil"] = "error value: nil",
    ["true"] = "error value: true",
    ["print"] = "error value: (function)",
    ["{ ('x'):rep(100) }"] = 'error value: { "' .. ("x"):rep(60) .. '…" }',
  }
  for what, expected in pairs(said) do
    local code, out, err = run("error(" .. what .. ")")
    lu.assertEquals({ code, out, err }, { 1, "", "orrery: " .. expected .. "\n" }, what)
  end
end

function TestRun:test_ends_with_1_for_a_recursion_without_end()
  local code, _, err = run "local function f() return 1 + f() end f()"
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "stack overflow")
end

function TestRun:test_ends_with_2_for_misuse()
  for _, words in ipairs {
    "rum x.lua", "run", "run x.lua --epochs", "run x.lua --epohcs 3", "run x.lua --epohcs=3", "../main",
  } do
    lu.assertEquals(shell(program .. " " .. words), 2, words)
  end
  local _, _, err = shell(program .. " rum x.lua")
  lu.assertStrContains(err, "did you mean 'run'?")
end

function TestRun:test_ends_with_2_for_settings_that_nothing_reads()
  local code, _, err = run("local x = 1", "lr=3")
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "lr=3")
  lu.assertEquals(run("local x = 1", "--epochs 3"), 2)
  lu.assertEquals(run("require('orrery').config { lr = 1 }", "rl=3"), 2)
end

function TestRun:test_ends_with_3_for_a_graph_that_breaks_a_rule()
  local code, _, err = run [[
local orrery = require "orrery"
local x = orrery.graph():input { x = { shape = { 8 } } }
local y = orrery.nn.Linear(9, 2)(x)]]
  lu.assertEquals(code, 3)
  lu.assertStrContains(err, "script.lua:3: linear (Linear) expects")
end

function TestRun:test_ends_with_4_for_a_script_that_cannot_be_read()
  lu.assertEquals(shell(program .. " run " .. folder .. "/none.lua"), 4)
  lu.assertEquals(shell(program .. " run " .. folder), 4)
  write("bytecode.lua", string.dump(function() return 1 end))
  local code, _, err = shell(program .. " run " .. folder .. "/bytecode.lua")
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "bytecode")
end

function TestRun:test_ends_with_the_scripts_own_code()
  lu.assertEquals(run "os.exit(7)", 7)
end

function TestRun:test_ends_with_130_after_ctrl_c_also_in_a_loop_that_calls_nothing()
  for _, text in ipairs {
    "while true do end",
    "while true do pcall(function() while true do end end) end",
    "local x = require('orrery').graph():input { x = { shape = { 8 } } }\nwhile true do pcall(x.size, x) end",
    "local co = coroutine.wrap(function() while true do end end) co()",
  } do
    local script = write("script.lua", text)
    local command = ("timeout --preserve-status -s INT 0.3 %s run %s"):format(program, script)
    lu.assertEquals(shell(command), 130, text)
  end
end

function TestRun:test_ends_with_143_after_sigterm()
  local script = write("script.lua", "while true do end")
  lu.assertEquals(shell(("timeout --preserve-status -s TERM 0.3 %s run %s"):format(program, script)), 143)
end

function TestRun:test_ends_at_once_at_the_second_signal()
  local script = write("script.lua", "print(('a'):rep(1e6):find(('.-'):rep(30) .. 'b'))")
  local command = "%s run %s & pid=$!; sleep 0.3; kill -TERM $pid; sleep 0.1; kill -TERM $pid; wait $pid"
  lu.assertEquals(shell(command:format(program, script)), 143)
end

function TestRun:test_gives_the_script_its_arguments()
  local _, out = run("print(arg[1], arg[2], #arg, ...)", "one -- two --three")
  lu.assertEquals(out, "one\ttwo\t3\tone\ttwo\t--three\n")
end

function TestRun:test_finds_modules_beside_the_script()
  write("beside.lua", "return 'found'")
  local _, out = run "print(require 'beside')"
  lu.assertEquals(out, "found\n")
end

function TestRun:test_sets_config_and_keeps_types()
  local _, out = run("print(require('orrery').config { lr = 0.1, name = 'a' }.lr)", "lr=1e-3 name=5")
  lu.assertEquals(out, "0.001\n")
end

function TestRun:test_takes_a_script_from_a_pipe()
  local code, out = shell(("echo 'print(1 + 1)' | %s run /dev/stdin"):format(program))
  lu.assertEquals({ code, out }, { 0, "2\n" })
end

function TestRun:test_prints_its_version()
  local code, out = shell(program .. " --version")
  lu.assertEquals(code, 0)
  lu.assertStrMatches(out, "orrery %d+%.%d+%.%d+.*")
end

TestModule = {}

function TestModule:test_works_in_a_stock_luajit()
  local lua = package.searchpath("orrery", package.path):match "^(.*)/orrery/init%.lua$"
  local modules = package.searchpath("orrery", package.cpath):match "^(.*)/orrery%.so$"
  write("stock.lua", [[
    local orrery = require "orrery"
    local x = orrery.graph("g"):input { x = { shape = { 8 } } }
    print(tostring(orrery.nn.Linear(8, 2)(x)))
    local done, text = pcall(function() orrery.nn.Linear(9, 2)(x) end)
    print(done, text)
  ]])
  local environment = ("LUA_PATH='%s/?.lua;%s/?/init.lua' LUA_CPATH='%s/?.so'"):format(lua, lua, modules)
  local code, out, err = shell(("cd %s && %s luajit stock.lua"):format(folder, environment))
  lu.assertEquals({ code, err }, { 0, "" })
  lu.assertStrContains(out, "Value linear (N, 2) float32 (Linear, stock.lua:3)")
  lu.assertStrContains(out, "stock.lua:4: linear_2 (Linear) expects")
end

function TestModule:test_leaves_no_globals()
  local before = {}
  for name in pairs(_G) do before[name] = true end
  require("orrery").graph()
  for name in pairs(_G) do lu.assertTrue(before[name] or name == "TestRun" or name == "TestModule", name) end
end

child.finish(lu.LuaUnit.run())
