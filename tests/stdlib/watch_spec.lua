-- `orrery watch`: draws whenever the script, or what it requires, is saved.
local lu = require "luaunit"
local child = require "cli_child"
local shell, program = child.shell, child.program

local function script(units, more)
  return ([[
local orrery = require "orrery"
local g = orrery.graph "net"
local x = g:input(orrery.data.random { shape = { 8 } })
%s
g:output(orrery.nn.Linear(8, %d)(x))
]]):format(more or "", units)
end

-- Tries a question until its answer fits; a watch has its own pace.
local function eventually(what, fits)
  local give_up, last = os.time() + 60
  repeat
    last = what()
    if fits(last) then return last end
    os.execute "sleep 0.02"
  until os.time() > give_up
  lu.fail("waited in vain, the last answer was: " .. tostring(last))
end

local function has(text)
  return function(answer) return answer ~= nil and answer:find(text, 1, true) ~= nil end
end

local function file(name) return function() return child.read(name) end end

local watches = {}

-- Begins to watch, with what is said in the file `said`; gives the process.
local function watch(words)
  local _, process = shell(("%s watch %s >said 2>&1 </dev/null & echo $!"):format(program, words))
  watches[#watches + 1] = tonumber(process)
  return watches[#watches]
end

-- The shell of a spec starts programs in the background with Ctrl-C ignored, so SIGTERM stands for it.
local function stop(process)
  shell("kill -TERM " .. process)
  eventually(function() return (shell("kill -0 " .. process)) end, function(code) return code ~= 0 end)
end

TestWatch = {}

function TestWatch:setUp() shell "rm -rf *.lua net.* said parts" end
function TestWatch:tearDown()
  for _, process in ipairs(watches) do shell("kill -9 " .. process) end
  watches = {}
end

function TestWatch:test_draws_at_once_and_on_every_save_until_it_is_stopped()
  child.write("net.lua", script(3))
  local process = watch "net.lua -o net.svg -o net.dot"
  eventually(file "said", has "net.dot: ")
  lu.assertStrContains(child.read "said", "orrery: watching net.lua; Ctrl-C ends\n")
  lu.assertStrMatches(child.read "said", ".*\nok: graph net, 2 nodes, 27 parameters\n"
    .. "net%.svg: %d+ × %d+ mm, [%d.]+ kB, in [%d.]+ m?s\nnet%.dot: %d+ bytes, in [%d.]+ m?s\n")
  lu.assertStrContains(child.read "net.dot", "3")
  child.write("net.lua", script(5))
  eventually(file "net.dot", has "5")
  eventually(file "said", has "net.lua was saved\nok: graph net, 2 nodes, 45 parameters\nnet.svg: ")
  stop(process)
  lu.assertStrContains(child.read "said", "orrery: no longer watching\n")
end

function TestWatch:test_an_editor_may_rename_a_new_file_over_the_old_one()
  child.write("net.lua", script(3))
  watch "net.lua -o net.dot"
  for units = 5, 7 do
    eventually(file "said", has "net.dot: ")
    child.write("said", "")
    child.write(".net.lua.swp", script(units))
    shell "mv .net.lua.swp net.lua"
    eventually(file "net.dot", has(tostring(units)))
  end
end

function TestWatch:test_what_the_script_requires_counts_also_when_it_comes_later()
  child.write("net.lua", script(3, 'require "parts.middle"(x) dofile "last.lua"'))
  shell "mkdir parts"
  watch "net.lua -o net.dot"
  eventually(file "said", has "module 'parts.middle' not found")
  lu.assertNil(child.read "net.dot")
  child.write("parts/middle.lua", "return function(x) return x:relu() end")
  eventually(file "said", has "last.lua")
  child.write("last.lua", "")
  eventually(file "net.dot", has "relu")
  child.write("parts/middle.lua", "return function(x) return x:tanh() end")
  eventually(file "net.dot", has "tanh")
  child.write("last.lua", "error 'not yet'")
  eventually(file "said", has "last.lua:1: not yet")
end

function TestWatch:test_an_error_is_shown_and_the_last_good_picture_stays()
  child.write("net.lua", script(3))
  watch "net.lua -o net.dot"
  eventually(file "said", has "net.dot: ")
  local good = child.read "net.dot"
  child.write("net.lua", script(3, "x = orrery.nn.Linear(9, 8)(x)"))
  local said = eventually(file "said", has "net.dot stays as it was at ")
  lu.assertStrContains(said, "net.lua:4: linear (Linear)")
  lu.assertEquals(child.read "net.dot", good)
  child.write("net.lua", "local orrery = ")
  eventually(file "said", has "net.lua:1: unexpected symbol near '<eof>'")
  lu.assertEquals(child.read "net.dot", good)
  child.write("net.lua", script(4))
  eventually(file "net.dot", has "4")
end

function TestWatch:test_takes_the_options_of_render_and_redraws_for_a_theme()
  child.write("net.lua", script(3))
  child.write("own.lua", 'return { background = "#123456" }')
  watch "net.lua -o net.svg --theme own.lua --caption Small --parameters"
  eventually(file "said", has "net.svg: ")
  local first = child.read "net.svg"
  child.write("own.lua", 'return { background = "#654321" }')
  eventually(file "net.svg", function(text) return text ~= first end)
  watch "net.lua --format text"
  eventually(file "said", has "Linear")
end

function TestWatch:test_refuses_what_it_could_never_draw()
  local code, _, err = child.orrery "watch resnet18"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "there is no file 'resnet18' to watch")
  child.write("net.lua", script(3))
  code, _, err = child.orrery "watch net.lua -o net.doc"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "'net.doc' does not tell a format")
end

TestLivePage = {}

local live_page = require "orrery.cli.live_page"

local function page(revision)
  return child.write("a view#1.html", ('<html data-revision="%s"><head><!-- orrery:watch --></head></html>')
    :format(revision))
end

function TestLivePage:test_looks_for_the_revision_that_stands_beside_it()
  local path = page "r1"
  live_page.announce(path)
  lu.assertStrContains(child.read "a view#1.html", 'const FILE = "a view%231.version.js"')
  lu.assertNotStrContains(child.read "a view#1.html", "<!-- orrery:watch -->")
  lu.assertEquals(child.read "a view#1.version.js", 'orreryRevision("r1")\n')
  page "r2"
  live_page.announce(path)
  lu.assertEquals(child.read "a view#1.version.js", 'orreryRevision("r2")\n')
  live_page.forget(path)
  lu.assertNil(child.read "a view#1.version.js")
  lu.assertStrContains(child.read "a view#1.html", "r2")
end

function TestLivePage:test_leaves_other_files_as_they_are()
  for _, text in ipairs { "no page", '<html data-revision="1"></html>', "<!-- orrery:watch -->" } do
    local path = child.write("other.html", text)
    live_page.announce(path)
    lu.assertEquals(child.read "other.html", text)
    lu.assertNil(child.read "other.version.js")
    live_page.forget(path)
  end
end

child.finish(lu.LuaUnit.run())
