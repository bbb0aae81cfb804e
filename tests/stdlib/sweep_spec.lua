local lu = require "luaunit"
local child = require "cli_child"
local choices = require "orrery.choices"
local orrery = child.orrery
local sweep = require "orrery.cli.sweep"

child.write("shown.lua", [[
local orrery = require "orrery"
local config = orrery.config { lr = 0.1, depth = 2, name = "a", sizes = { 32, 64 } }
print(config.lr, config.depth, config.name, table.concat(config.sizes, "+"), ...)
if config.depth == 9 then error "too deep" end
]])
child.write("tiny.lua", child.training)

local function shown(words)
  local code, out, err = orrery("run shown.lua " .. words)
  local list = {}
  for line in out:gmatch "[^\n]+" do list[#list + 1] = line:gsub("\t", " ") end
  return list, code, err
end

local function sql(statement)
  return (select(2, orrery(("history sql %q"):format(statement))))
end

TestChoices = {}

function TestChoices:test_stand_between_commas_outside_brackets_and_quotes()
  lu.assertEquals(choices.of("0.1,0.01", 1), { "0.1", "0.01" })
  lu.assertEquals(choices.of("'a,b',c", "x"), { "'a,b'", "c" })
  lu.assertEquals(choices.of("[1,2],[3]", { 1 }), { "[1,2]", "[3]" })
  lu.assertEquals(choices.of("it's,b", "x"), { "it's,b" })
  lu.assertEquals(choices.of("", "x"), { "" })
end

function TestChoices:test_a_list_without_brackets_is_one_value_of_a_list()
  lu.assertEquals(choices.of("32,64", { 1 }), { "32,64" })
end

TestSweep = {}

function TestSweep:test_runs_every_combination_the_last_setting_changing_fastest()
  local lines, code, err = shown "lr=0.1,1 name=b depth=2,3"
  lu.assertEquals(code, 0)
  lu.assertEquals(lines, { "0.1 2 b 32+64", "0.1 3 b 32+64", "1 2 b 32+64", "1 3 b 32+64" })
  lu.assertStrContains(err, "4 runs of shown.lua")
  lu.assertStrContains(err, "3/4: lr=1 depth=2")
end

function TestSweep:test_takes_lists_in_brackets_and_texts_in_quotes()
  lu.assertEquals(shown "'sizes=[1,2],[3]'", { "0.1 2 a 1+2", "0.1 2 a 3" })
  lu.assertEquals(shown [["name='a,b',c"]], { "0.1 2 a,b 32+64", "0.1 2 c 32+64" })
  lu.assertEquals(shown "sizes=1,2", { "0.1 2 a 1+2" })
end

function TestSweep:test_gives_each_run_the_scripts_own_words()
  lu.assertEquals(shown "lr=1,2 -- x --y", { "1 2 a 32+64 x --y", "2 2 a 32+64 x --y" })
end

function TestSweep:test_draws_some_of_the_combinations_without_repetition()
  local lines = shown "lr=1,2,3 depth=1,2,3 --samples 5"
  local found, different = {}, 0
  for _, line in ipairs(lines) do
    if not found[line] then different = different + 1 end
    found[line] = true
  end
  lu.assertEquals({ #lines, different }, { 5, 5 })
  lu.assertEquals(shown "lr=1,2,3 depth=1,2,3 --samples 5", lines)
  lu.assertEquals(#shown "lr=1,2 --samples 99", 2)
  lu.assertNotEquals(sweep.drawn(sweep.grid { { key = "a", values = { 1, 2, 3, 4, 5, 6, 7, 8 } } }, 4, 1),
    sweep.drawn(sweep.grid { { key = "a", values = { 1, 2, 3, 4, 5, 6, 7, 8 } } }, 4, 2))
end

function TestSweep:test_runs_the_lines_of_a_file()
  child.write("lines.txt", "lr=5 depth=1  # the first\n\n# none\nlr=6\r\n")
  lu.assertEquals(shown "name=z --sweep-file lines.txt", { "5 1 z 32+64", "6 2 z 32+64" })
  child.write("lines.txt", "lr=5\ndepth\n")
  local _, code, err = shown "--sweep-file lines.txt"
  lu.assertEquals(code, 4)
  lu.assertStrContains(err, "lines.txt:2: expected settings such as lr=0.1, got 'depth'")
  child.write("lines.txt", "# none\n")
  lu.assertStrContains(select(3, shown "--sweep-file lines.txt"), "lines.txt lists no settings")
end

function TestSweep:test_goes_on_after_a_run_that_failed_and_ends_with_its_code()
  local lines, code, err = shown "depth=9,3"
  lu.assertEquals(lines, { "0.1 9 a 32+64", "0.1 3 a 32+64" })
  lu.assertEquals(code, 1)
  lu.assertStrContains(err, "shown.lua:4: too deep")
  lu.assertStrContains(err, "1/2: ended with exit code 1 in")
end

function TestSweep:test_refuses_a_value_as_a_single_run_does()
  local lines, code, err = shown "lr=0.1,fast"
  lu.assertEquals({ lines, code }, { { "0.1 2 a 32+64" }, 2 })
  lu.assertStrContains(err, "lr must be a number, got 'fast'")
end

function TestSweep:test_its_options_are_refused_without_a_sweep()
  for _, words in ipairs { "--jobs 2", "--samples 3 lr=1", "--sweep-seed 1" } do
    local lines, code, err = shown(words)
    lu.assertEquals({ lines, code }, { {}, 2 })
    lu.assertStrContains(err, words:match "%S+" .. " sets nothing: no setting has several values")
  end
end

function TestSweep:test_is_for_run_alone()
  local code, _, err = orrery "check shown.lua lr=0.1,0.01"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "lr must be a number, got '0.1,0.01'")
end

function TestSweep:test_compares_its_runs_by_what_the_history_has()
  os.remove(child.folder .. "/orrery.db")
  orrery "run tiny.lua"
  local code, out = orrery "run tiny.lua lr=0.1,1 --epochs 1 --name try"
  lu.assertStrContains(sql "SELECT command_json FROM runs ORDER BY run_id DESC LIMIT 1", '"--name=try-2"]\n')
  lu.assertEquals(code, 0)
  local rows = {}
  for line in out:gmatch "[^\n]+" do rows[#rows + 1] = line end
  lu.assertEquals(#rows, 3)
  lu.assertStrMatches(rows[1], " *lr +id +run +status +epochs.*val_accuracy.*")
  lu.assertStrMatches(rows[2], "0.1 +2 +try%-1 +done +1 .*")
  lu.assertStrMatches(rows[3], " +1 +3 +try%-2 +done +1 .*")
end

function TestSweep:test_says_which_files_its_runs_wrote_over()
  os.remove(child.folder .. "/orrery.db")
  child.write("saving.lua", child.read "tiny.lua" .. '\norrery.save(g, "tiny.safetensors")\n')
  local code, _, err = orrery "run saving.lua lr=0.1,1 --epochs 1"
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(err, "several runs wrote tiny.safetensors: the last one's is there.")
  child.write("saving.lua", child.read "tiny.lua" .. '\norrery.save(g, config.lr .. ".safetensors")\n')
  code, _, err = orrery "run saving.lua lr=0.1,1 --epochs 1"
  lu.assertEquals(code, 0, err)
  lu.assertNotStrContains(err, "several runs wrote")
end

function TestSweep:test_runs_at_the_same_time_each_with_its_log()
  os.remove(child.folder .. "/orrery.db")
  local code, out, err = orrery "run tiny.lua lr=0.1,0.2,0.3 --jobs 2"
  lu.assertEquals(code, 0)
  lu.assertEquals(select(2, out:gsub("done", "")), 3)
  local logs = {}
  for at, log in err:gmatch "(%d)/3: lr=%S+ · (%S+)" do logs[tonumber(at)] = child.read(log) end
  for at = 1, 3 do lu.assertStrContains(logs[at], "Epoch 2/2") end
  lu.assertStrMatches(sql "SELECT DISTINCT thread_count FROM runs", ".*\n *%d+\n?")
end

function TestSweep:test_ends_with_its_runs_when_it_is_terminated()
  os.remove(child.folder .. "/orrery.db")
  local code, _, err = child.shell(("%s run tiny.lua lr=0.1,0.2 epochs=100000 & "
    .. "until %s history list 2>/dev/null | grep -q running; do sleep 0.05; done; "
    .. "kill -TERM $!; wait $!"):format(child.program, child.program))
  lu.assertEquals(code, 143)
  lu.assertNotStrContains(err, "2/2")
  lu.assertStrContains(sql "SELECT status, count(*) FROM runs GROUP BY status", "interrupted")
end

child.finish(lu.LuaUnit.run())
