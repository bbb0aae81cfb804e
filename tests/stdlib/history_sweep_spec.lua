-- `orrery history sweep`: which runs it takes, what it says of their settings, and its picture.
local lu = require "luaunit"
local child = require "cli_child"
local forest = require "orrery.forest"
local shares_of = require("orrery.variance_shares").of
local sweeps = require "orrery.sweeps"

local function orrery(words) return child.orrery(words .. " </dev/null") end

-- Every combination of levels, `again` times, and what `told` makes of them.
local function grid(counts, told, again)
  local rows, targets = { {} }, {}
  for _, count in ipairs(counts) do
    local longer = {}
    for _, row in ipairs(rows) do
      for level = 1, count do
        local one = { unpack(row) }
        one[#one + 1] = level
        longer[#longer + 1] = one
      end
    end
    rows = longer
  end
  local all = {}
  for _ = 1, again or 1 do
    for _, row in ipairs(rows) do
      all[#all + 1], targets[#targets + 1] = row, told(row)
    end
  end
  return all, targets
end

TestShares = {}

-- Two and three levels: the variances of 3a and b are 9/4 and 2/3.
function TestShares:test_of_a_full_grid_are_those_of_an_analysis_of_variance()
  local rows, targets = grid({ 2, 3, 2 }, function(row) return 3 * row[1] + row[2] end, 3)
  local shares, explained = shares_of({ { count = 2 }, { count = 3 }, { count = 2 } }, rows, targets)
  local whole = 9 / 4 + 2 / 3
  lu.assertAlmostEquals(shares[1], 9 / 4 / whole, 0.02)
  lu.assertAlmostEquals(shares[2], 2 / 3 / whole, 0.02)
  lu.assertTrue(shares[3] < 0.001, shares[3])
  lu.assertTrue(explained > 0.95, explained)
end

function TestShares:test_what_settings_do_together_is_nobodys_own()
  local rows, targets = grid({ 2, 2 }, function(row) return row[1] == row[2] and 1 or 0 end, 8)
  local shares = shares_of({ { count = 2 }, { count = 2 } }, rows, targets)
  lu.assertTrue(shares[1] + shares[2] < 0.1, shares[1] + shares[2])
end

-- Only the middle one differs: no threshold parts it from both others at once.
function TestShares:test_categories_have_no_order()
  local rows, targets = grid({ 3, 4 }, function(row) return row[1] == 2 and 5 or 1 end, 2)
  local shares = shares_of({ { count = 3, categories = true }, { count = 4 } }, rows, targets)
  lu.assertTrue(shares[1] > 0.99, shares[1])
  local trees = forest.grow({ { count = 3, categories = true }, { count = 4 } }, rows, targets)
  lu.assertEquals(forest.told_by(trees[1], { 2, 1 }), 5)
  lu.assertEquals(trees[1].left.feature == nil and trees[1].right.feature == nil, true)
end

function TestShares:test_of_what_is_all_the_same_there_are_none()
  local rows, targets = grid({ 2, 2 }, function() return 7 end)
  lu.assertNil(shares_of({ { count = 2 }, { count = 2 } }, rows, targets))
end

function TestShares:test_of_chance_the_forest_explains_nothing()
  local noise = { 0.3, 0.9, 0.1, 0.7, 0.5, 0.2, 0.8, 0.4, 0.6, 0.35, 0.05, 0.95 }
  local at = 0
  local rows, targets = grid({ 3, 4 }, function()
    at = at + 1
    return noise[at]
  end)
  local _, explained = shares_of({ { count = 3 }, { count = 4 } }, rows, targets)
  lu.assertTrue(explained < 0.25, explained)
end

function TestShares:test_are_the_same_each_time()
  local rows, targets = grid({ 4, 3 }, function(row) return math.sin(row[1] * row[2]) end, 2)
  local features = { { count = 4 }, { count = 3, categories = true } }
  local before = shares_of(features, rows, targets)
  math.randomseed(99)
  lu.assertEquals(shares_of(features, rows, targets), before)
end

function TestShares:test_ranks_correlate()
  lu.assertAlmostEquals(sweeps.rank_correlation({ 1, 2, 3, 4 }, { 1, 10, 100, 1e9 }), 1, 1e-12)
  lu.assertAlmostEquals(sweeps.rank_correlation({ 1, 2, 3, 4 }, { 9, 8, 3, -1 }), -1, 1e-12)
  lu.assertAlmostEquals(sweeps.rank_correlation({ 1, 1, 2, 2 }, { 1, 2, 1, 2 }), 0, 1e-12)
  lu.assertNil(sweeps.rank_correlation({ 1, 1, 1 }, { 1, 2, 3 }))
end

-- Runs without a manager: nothing here needs the engine.
child.write("train.lua", [[
local orrery = require "orrery"
local config = orrery.config { lr = 0.1, model = { width = 8 }, act = "relu", note = "-" }
local run = orrery.run { config = config }
local loss = math.abs(math.log10(config.lr) + 2) + (config.act == "tanh" and 0.2 or 0)
if config.lr >= 10 then loss = 0 / 0 end
run:log("loss", loss + 1, { split = "validation", step = 1 })
run:log("accuracy", 1 / (1 + loss), { split = "validation", step = 1 })
if config.note == "break" then error "out of luck" end
if config.note == "kill" then os.execute "kill -9 $PPID" end
run:log("loss", loss, { split = "validation", step = 2 })
run:finish()
]])

local begun, said = false, nil
local function begin()
  if begun then return end
  begun = true
  orrery "run train.lua lr=5 --name alone"
  orrery "run train.lua lr=0.5,0.05 --name older"
  child.write("runs.txt", "lr=0.1 act=tanh\nlr=0.01 act=relu\nlr=0.001\nlr=0.0001 act=tanh\n"
    .. "lr=0.03 act=tanh\nlr=0.02 note=break\nlr=0.3 note=kill\nlr=20\n")
  said = select(3, orrery "run train.lua --sweep-file runs.txt --name s")
end

local function answer(words)
  begin()
  local code, out, err = orrery("history sweep " .. words)
  lu.assertEquals({ code, err }, { 0, "" }, words)
  return out
end

local function refusal(words)
  begin()
  local code, out, err = orrery("history sweep " .. words)
  lu.assertEquals({ code, out }, { 2, "" }, words)
  return err
end

local function names(words)
  local found = {}
  for name in answer(words .. " --plain"):gmatch "[^\n\t]*\t([^\t]+)[^\n]*\n" do found[#found + 1] = name end
  return table.concat(found, " ")
end

TestSweep = {}

function TestSweep:test_takes_the_last_sweep_the_best_run_first()
  lu.assertEquals(names "", "s-2 s-5 s-3 s-1 s-6 s-4 s-7 s-8")
  local told = answer ""
  lu.assertStrContains(told, "8 runs of train.lua by best:val_loss, the lower the better\n")
  lu.assertStrMatches(told, ".*\n +0 +5 +s%-2 +done .*")
  lu.assertStrContains(told, "Not counted: 2 runs not done, 1 run with no finite best:val_loss.\n")
end

function TestSweep:test_takes_the_sweep_of_a_run_or_the_runs_that_are_named()
  lu.assertEquals(names "older-1", "older-2 older-1")
  lu.assertEquals(names "alone older-2 s-1", "older-2 s-1 alone")
  lu.assertEquals(names "--where 'lr>0.04 and lr<1'", "older-2 s-1 older-1 s-7")
  lu.assertStrContains(refusal "alone", "the run 'alone' is of no sweep\n  Name several runs, or")
  lu.assertStrContains(refusal "alone --where 'lr<1'", "runs are named, and a condition is given")
  lu.assertStrContains(refusal "--where 'lr>99'", "no run fits the condition")
end

function TestSweep:test_is_judged_by_any_metric()
  lu.assertStrContains(answer "--metric best:val_accuracy", "by best:val_accuracy, the higher the better\n")
  lu.assertEquals(names "older-1 --metric val_accuracy", "older-2 older-1")
  lu.assertEquals(names "older-1 --metric max:val_loss", "older-2 older-1")
  lu.assertStrContains(refusal "--metric val_los", "(did you mean 'val_loss'?)")
  lu.assertStrContains(refusal "--metric status", "'status' is no number that runs could be judged by")
end

function TestSweep:test_says_how_much_a_setting_explains()
  local told = answer "--importance"
  lu.assertStrMatches(told, "Settings\nsetting .*importance .*\nlr .*\nact .*")
  lu.assertStrContains(told, "over 5 runs")
  lu.assertStrContains(told, "functional ANOVA")
  local csv = answer "--importance --csv"
  lu.assertStrContains(csv, "setting,importance,correlation,least,largest,values,best\n")
  lu.assertStrMatches(csv, ".*\nlr,0%.%d+,%-?[%d.]+,0%.0001,20,8,0%.01\n.*")
  lu.assertStrContains(answer "--importance --json", '"schema":"orrery.history.importance/1","setting":"lr"')
end

function TestSweep:test_says_when_runs_are_too_few()
  lu.assertStrContains(answer "older-1", "2 runs are too few to tell what the settings do: 4 are the least")
  lu.assertNotStrContains(answer "older-1", "importance: the share")
  lu.assertStrContains(answer "s-1 s-2 s-3 s-4 s-5", "These runs are too few")
end

function TestSweep:test_a_setting_that_only_broken_runs_changed_has_no_importance()
  child.write("broken.txt", "lr=0.1\nlr=0.01\nlr=0.001\nlr=0.03\nlr=0.3 act=tanh note=break\n")
  orrery "run train.lua --sweep-file broken.txt --history broken.db"
  local told = answer "--db broken.db --importance --csv"
  lu.assertStrMatches(told, ".*\nlr,1,.*")
  lu.assertStrMatches(told, ".*\nact,,,,,2,relu\n.*")
end

function TestSweep:test_settings_within_others_have_their_path()
  orrery "run train.lua model.width=4,8,16,32 --history nested.db"
  local names_of_columns = "run_id,run,status,model.width,best:val_loss,seconds\n"
  lu.assertStrContains(answer "--db nested.db --csv", names_of_columns)
  lu.assertStrContains(answer "--db nested.db", "No importance: best:val_loss is the same in all runs")
end

function TestSweep:test_is_told_of_where_a_sweep_ends()
  begin()
  lu.assertStrContains(said, "orrery: orrery history sweep tells which settings mattered\n")
  local _, _, err = orrery "run train.lua lr=1,2,3,4 --history elsewhere.db"
  lu.assertStrMatches(err, ".*orrery history sweep %-%-db '/.*/elsewhere.db' tells which settings mattered\n")
  lu.assertNotStrContains(select(3, orrery "run train.lua lr=1,2,3 --history elsewhere.db"), "mattered")
end

function TestSweep:test_without_a_sweep_says_how_one_is_made()
  begin()
  child.shell(child.program .. " history export alone --history one.db")
  local code, _, err = orrery "history sweep --db one.db"
  lu.assertEquals(code, 2)
  lu.assertStrContains(err, "the history has no sweep\n  'orrery run SCRIPT lr=0.1,0.01' makes one.")
end

function TestSweep:test_is_a_table_for_scripts()
  begin()
  child.write("asks.lua", [[
local history = require("orrery").history.open "orrery.db"
local sweep = history:sweep()
print(sweep.metric, sweep.rising, #sweep.runs, sweep.counted)
print(sweep.settings[1].key, sweep.runs[1].settings.lr)
print(history:more_is_better "val_accuracy", history:more_is_better "lr")
]])
  lu.assertEquals(select(2, orrery "run asks.lua"), "best:val_loss\tfalse\t8\t5\nlr\t0.01\ntrue\tfalse\n")
end

TestPicture = {}

function TestPicture:test_is_drawn_in_every_format()
  for format, beginning in pairs { pdf = "%PDF-", svg = "<?xml", png = "\137PNG" } do
    lu.assertEquals(answer("-o sweep." .. format), ("sweep.%s\n"):format(format))
    lu.assertEquals(child.read("sweep." .. format):sub(1, #beginning), beginning)
  end
  local svg = child.read "sweep.svg"
  answer "-o sweep.svg"
  lu.assertEquals(child.read "sweep.svg", svg)
end

function TestPicture:test_is_refused_where_there_is_nothing_to_draw()
  lu.assertStrContains(refusal "-o sweep.gif", "'sweep.gif' does not tell a format")
  lu.assertStrContains(refusal "alone older-2 --where 'lr<1' -o a.svg", "a condition is given")
  lu.assertStrContains(refusal "alone alone -o a.svg", "there is nothing to draw: no setting differs")
  lu.assertStrContains(refusal "-o sweep.svg --width-mm 41", "a width of 41 mm is too small for")
end

child.finish(lu.LuaUnit.run())
