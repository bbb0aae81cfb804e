local lu = require "luaunit"
local child = require "cli_child"
local orrery, script, run = child.orrery, child.script, child.run

TestBadInput = {}

-- One clear message, with the line of the script where there is one, the exit code, and no traceback.
local function assert_refused(expected, code, out, err)
  lu.assertEquals({ code, out }, { expected.code, "" })
  lu.assertStrContains(err, expected.says)
  lu.assertNotStrContains(err, "traceback")
  lu.assertNotStrContains(err, "[C]")
  lu.assertNotStrContains(err, "orrery/cli/")
end

function TestBadInput:test_missing_script()
  assert_refused({ code = 4, says = "orrery: cannot read 'none.lua': there is no such file" },
    orrery "run none.lua")
  for _, verb in ipairs { "check", "summary", "render" } do
    assert_refused({ code = 4, says = "cannot read './none.lua'" }, orrery(verb .. " ./none.lua"))
  end
end

function TestBadInput:test_folder_as_script()
  for _, verb in ipairs { "run", "check", "summary", "render" } do
    assert_refused({ code = 4, says = "cannot read '.': it is a folder, not a file" }, orrery(verb .. " ."))
  end
end

function TestBadInput:test_syntax_error()
  child.write("script.lua", "local x = (\nprint(1")
  for _, verb in ipairs { "run", "check", "summary", "render" } do
    assert_refused({ code = 1, says = "script.lua:2: ')' expected near '<eof>'" }, orrery(verb
      .. " script.lua"))
  end
end

function TestBadInput:test_error_in_a_callback()
  local text = script { CALLBACKS = "{ batch_end = function()\nerror 'my own mistake' end }" }
  local code, _, err = run(text)
  lu.assertEquals(code, 1)
  lu.assertEquals(child.lines(err), { "script.lua:13: my own mistake (in callback batch_end)" })
end

function TestBadInput:test_wrong_types()
  assert_refused({ code = 2, says = 'script.lua:6: nn.Linear: in_features must be an integer ≥ 1, got "64"' },
    run(script { ["Linear(64"] = 'Linear("64"' }))
  assert_refused({ code = 2, says = "script.lua:6:" }, run(script { ["image:flatten(1)"] = "nil" }))
  assert_refused({ code = 2, says = "script.lua:8: manager: optimizer must be Optimizer, got a number" },
    run((script():gsub("orrery%.optim%.SGD%b()", "5"))))
end

function TestBadInput:test_shape_mismatch()
  assert_refused({ code = 3, says = "script.lua:6: fc (Linear) expects 65 input features, got 64" },
    run(script { ["Linear(64"] = "Linear(65" }))
end

function TestBadInput:test_unknown_options()
  assert_refused({ code = 2, says = "script.lua:6: nn.Linear: unknown option 'bais' (did you mean 'bias'?)" },
    run(script { ['name = "fc"'] = "bais = false" }))
  assert_refused({ code = 2, says = "orrery: there is no option --epohcs (did you mean '--epochs'?)" },
    run(script(), "--epohcs 3"))
end

function TestBadInput:test_damaged_data()
  child.write("bad.csv.gz", "\31\139\8\0garbage")
  child.write("empty.csv", "")
  for file in pairs { ["bad.csv.gz"] = true, ["empty.csv"] = true, ["none.csv"] = true } do
    local text = "local data = require('orrery').data\nlocal s = data.csv { path = '%s' }"
    child.write("script.lua", text:format(file))
    assert_refused({ code = 4, says = file }, orrery "run script.lua")
    lu.assertStrContains(child.read ".stderr", "script.lua:2: ")
  end
end

function TestBadInput:test_damaged_models()
  child.write("bad.safetensors", "\255\255\255\255\255\255\255\127{}")
  child.write("lfs.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
  for _, verb in ipairs { "summary", "render" } do
    assert_refused({ code = 4, says = "bad.safetensors" }, orrery(verb .. " bad.safetensors"))
    assert_refused({ code = 4, says = "Git LFS" }, orrery(verb .. " lfs.safetensors"))
  end
end

function TestBadInput:test_histories_that_are_none()
  child.write("text.db", "this is no database, though long enough to be looked at by someone")
  assert_refused({ code = 4, says = "there is no history 'none.db'" }, orrery "history list --db none.db")
  assert_refused({ code = 4, says = "file is not a database" }, orrery "history list --db text.db")
end

local is_root = io.popen("id -u"):read "*n" == 0

function TestBadInput:test_folder_of_somebody_else()
  if not is_root then return lu.skip "needs root to become another user" end
  child.shell "mkdir -p locked; chmod 755 . locked"
  local as_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups " .. child.program
  local code, out, err = child.shell(as_nobody .. " render lenet5 -o locked/lenet5.pdf")
  lu.assertEquals({ code, out }, { 7, "" })
  lu.assertEquals(err, "orrery: cannot write 'locked/lenet5.pdf': no permission to write there\n")
  lu.assertEquals(child.shell "test -z \"$(ls -A locked)\"", 0)
end

local function on_disk(options, script_text)
  if not is_root or child.shell("mkdir -p disk && mount -t tmpfs -o " .. options .. " tmpfs disk") ~= 0 then
    return lu.skip "needs to mount a small disk"
  end
  child.write("script.lua", script_text)
  local code, out, err = orrery "run script.lua --no-progress --history false"
  local left = select(2, child.shell "ls -A disk")
  child.shell "umount disk"
  lu.assertEquals({ code, out, left }, { 7, "", "" })
  lu.assertStrMatches(err, ".*script%.lua:%d+: cannot write 'disk/tiny%.safetensors'.*")
  return err
end

function TestBadInput:test_read_only_folder()
  local err = on_disk("ro", script() .. 'orrery.save(g, "disk/tiny.safetensors")')
  lu.assertStrContains(err, "read-only file system")
end

function TestBadInput:test_full_disk()
  local large = script { ["Linear(64, 10"] = "Linear(64, 1000" }
  local err = on_disk("size=16k", large .. 'orrery.save(g, "disk/tiny.safetensors")')
  lu.assertStrContains(err, "no space left on device")
end

child.finish(lu.LuaUnit.run())
