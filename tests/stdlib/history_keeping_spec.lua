-- What changes a history: tags, notes, names, the trash, what is pruned, and runs from other files.
local lu = require "luaunit"
local child = require "cli_child"
local shell = child.shell

-- Nobody sits at a terminal and answers.
local function orrery(words) return child.orrery(words .. " </dev/null") end

child.write("runs.lua", [[
local orrery = require "orrery"
for at, name in ipairs(arg) do
  local run = orrery.run { name = name, config = { lr = at / 10 } }
  for step = 1, 3 do run:log("loss", at + 1 / step, { split = "validation" }) end
  local file = io.open(name .. ".txt", "w")
  file:write "12345"
  file:close()
  run:artifact(name .. ".txt")
  run:finish(name:find "^bad" and { status = "failed", reason = "no luck" } or nil)
end
]])

local function begin(words)
  shell "rm -f *.db* *.txt"
  lu.assertEquals(orrery("run runs.lua -- " .. words), 0)
end

local function listed(words)
  local _, out = orrery("history list --plain --columns run " .. (words or ""))
  return (out:gsub("\n", " "):gsub(" $", ""))
end

local function refused(code, says, words)
  local got, out, err = orrery("history " .. words)
  lu.assertEquals({ got, out }, { code, "" }, words)
  lu.assertStrContains(err, says)
end

local function says(words, text)
  local code, _, err = orrery("history " .. words)
  lu.assertEquals(code, 0, err)
  lu.assertStrContains(err, text)
end

TestTag = {}

function TestTag:test_words_with_signs_are_tags_of_all_runs_before_them()
  begin "one two three"
  says("tag one two +good +paper",
    "orrery: one is now tagged good, paper\norrery: two is now tagged good, paper\n")
  says("tag last~1 last~2 +seen -paper", "one is now tagged good, seen")
  lu.assertEquals(listed "--tag good", "two one")
  lu.assertEquals(listed "--tag paper", "")
end

function TestTag:test_without_signs_the_first_word_is_the_run()
  begin "one"
  says("tag last baseline draft", "one is now tagged baseline, draft")
  says("tag last draft --remove", "one is now tagged baseline")
  says("tag last -draft", "one had no tag 'draft'")
  lu.assertEquals(select(2, orrery "history tag one -baseline --json"),
    '{"run":"one","run_id":1,"schema":"orrery.history.tag/1","tags":[]}\n')
end

function TestTag:test_refuses_what_is_none()
  begin "one"
  refused(2, "there is no tag\n", "tag one")
  refused(2, "there is no run to tag", "tag +good")
  refused(2, "there is no run 'on e'", "tag 'on e' +good")
  refused(2, "the tag 'a,b' holds a comma", "tag one +a,b")
  refused(2, "--remove is for tags without a sign", "tag one +a --remove")
  refused(4, "there is no history 'none.db'", "tag one +a --db none.db")
end

TestNote = {}

function TestNote:test_comes_from_the_command_line_stdin_or_an_editor()
  begin "one"
  says("note one 'half of the data'", "noted to one")
  shell(("printf 'from a pipe\\n\\n' | %s history note one"):format(child.program))
  shell(("printf 'asked for' | %s history note one -"):format(child.program))
  local _, out = orrery "history sql 'SELECT text FROM notes' --plain"
  lu.assertEquals(out, "half of the data\nfrom a pipe\nasked for\n")
  lu.assertStrContains(select(2, orrery "history show one"), "half of the data")
end

function TestNote:test_is_not_empty()
  begin "one"
  refused(2, "the note is empty", "note one ' '")
  refused(2, "the note is empty", "note one")
end

TestRename = {}

function TestRename:test_gives_another_name()
  begin "one two"
  says("rename one best-so-far", "one is now called best-so-far")
  lu.assertEquals(listed(), "two best-so-far")
  refused(2, "the name 'two' is taken: run 2 has it", "rename best two")
  refused(2, "the run name 'a/b' holds one of / ~ :", "rename best a/b")
  refused(2, "NAME is missing", "rename best")
end

TestTrash = {}

function TestTrash:test_holds_what_was_removed_until_it_is_restored()
  begin "one two three"
  says("rm two one",
    "moved 2 runs to the trash: two and one\norrery: 'orrery history restore RUN' brings one back")
  lu.assertEquals(listed(), "three")
  refused(2, "run 2, 'two', is in the trash", "show two")
  local _, out = orrery "history trash --json"
  lu.assertStrContains(out, '"run":"two"')
  lu.assertStrMatches(select(2, orrery "history trash"), "id +run +status +started +in the trash since\n.*")
  says("restore two", "brought back two")
  lu.assertEquals(listed(), "three two")
  refused(2, "there is no run 'two' in the trash", "restore two")
  says("restore one", "brought back one")
  says("trash", "the trash is empty")
end

function TestTrash:test_is_emptied_for_good_when_told_twice()
  begin "one two"
  orrery "history rm one"
  refused(2, "this cannot be undone, and there is no terminal to ask", "trash --empty")
  says("trash --empty --yes", "removed one for good")
  says("trash", "the trash is empty")
  lu.assertEquals(select(2, orrery "history sql 'SELECT count(*) FROM runs' --plain"), "1\n")
end

TestPurge = {}

function TestPurge:test_removes_all_rows_and_leaves_the_files()
  begin "one two"
  refused(2, "this cannot be undone, and there is no terminal to ask", "rm one --purge")
  local _, _, err = orrery "history rm one --purge --yes"
  lu.assertStrMatches(err, "orrery: removed one for good\norrery: [%d.]+ [kM]B of orrery.db are given back\n"
    .. "orrery: 1 file stays: .*/one.txt\n")
  lu.assertEquals(child.read "one.txt", "12345")
  lu.assertEquals(select(2, orrery "history sql 'SELECT count(*) FROM step_metrics' --plain"), "3\n")
end

function TestPurge:test_takes_files_along_that_are_as_the_run_left_them_and_nobody_elses()
  begin "one two"
  refused(2, "--files goes with --purge", "rm one --files")
  child.write("two.txt", "changed since")
  says("rm one two --purge --files --yes", "removed 1 file\n")
  lu.assertNil(child.read "one.txt")
  lu.assertEquals(child.read "two.txt", "changed since")
end

function TestPurge:test_reaches_into_the_trash()
  begin "one two"
  orrery "history rm one"
  says("rm one --purge --yes", "removed one for good")
end

TestPrune = {}

function TestPrune:test_shows_what_would_go()
  begin "one two three"
  local code, out, err = orrery "history prune --keep 1 --dry-run"
  lu.assertEquals(code, 0)
  lu.assertStrMatches(out, "id +run +status +started\n 2 +two .*\n 1 +one .*\n")
  lu.assertEquals(err, "orrery: would move 2 runs to the trash\n")
  says("prune --keep 2 --dry-run --purge", "would remove 1 run for good")
  lu.assertEquals(listed(), "three two one")
end

function TestPrune:test_keeps_the_newest_and_the_best()
  begin "one two three four"
  says("prune --keep 1 --keep-best 2:val_loss", "moved three to the trash")
  lu.assertEquals(listed(), "four two one")
end

function TestPrune:test_takes_those_that_ended_so_or_are_so_old()
  begin "one bad-1 two bad-2"
  says("prune --status failed", "moved 2 runs to the trash: bad-2 and bad-1")
  says("prune --older-than 1d", "there is no run to remove")
  shell [[sqlite3 orrery.db "UPDATE runs SET started_unix_ms = started_unix_ms - 86400000 WHERE run_id = 1"]]
  says("prune --older-than 23h", "moved one to the trash")
end

function TestPrune:test_refuses_what_it_cannot_mean()
  begin "one"
  refused(2, "nothing says which runs shall go", "prune")
  refused(2, "--older-than takes a duration such as 30d, got '30 days'", "prune --older-than '30 days'")
  refused(2, "--keep-best takes a number and a metric, got 'val_loss'", "prune --keep-best val_loss")
  refused(2, "no run has the metric 'val_lost'", "prune --keep-best 2:val_lost")
  refused(2, "--status is one of done, failed, interrupted, got 'running'", "prune --status running")
end

TestMoving = {}

function TestMoving:test_runs_go_into_a_history_of_their_own_and_come_back()
  begin "one two three"
  says("export one three --history some.db", "orrery.db to some.db: 2 runs added")
  lu.assertEquals(listed "--db some.db", "three one")
  says("export one --history some.db", "orrery.db to some.db: 1 run was there already")
  shell "rm orrery.db*"
  says("import some.db", "some.db to orrery.db: 2 runs added")
  lu.assertEquals(listed(), "three one")
  says("merge some.db", "2 runs were there already")
end

function TestMoving:test_a_name_that_is_taken_gets_a_number()
  begin "one"
  shell "mv orrery.db other.db; rm -f orrery.db-*"
  orrery "run runs.lua -- one"
  says("import other.db", "one is called one-2 in orrery.db, where another run has its name")
  local _, out = orrery "history import other.db --json"
  lu.assertStrContains(out, '"how":"known"')
end

function TestMoving:test_refuses_what_is_no_other_history()
  begin "one"
  child.write("text.db", "no database at all, but long enough to be looked at")
  refused(4, "there is no file 'none.db'", "import none.db")
  refused(4, "file is not a database", "import text.db")
  refused(2, "'./orrery.db' cannot be imported into itself", "import ./orrery.db")
  refused(2, "'orrery.db' has these runs already", "export one --history orrery.db")
end

child.finish(lu.LuaUnit.run())
