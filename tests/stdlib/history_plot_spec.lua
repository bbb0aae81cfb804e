-- What `orrery history plot` draws and says.

local lu = require "luaunit"
local child = require "cli_child"
local core = require "orrery.core"
local orrery = child.orrery

-- Runs without a manager: nothing here needs the engine.
child.write("runs.lua", [[
local orrery = require "orrery"
local function record(name, config, losses, extra)
  local run = orrery.run { name = name, config = config }
  for step, loss in ipairs(losses) do
    run:log({ loss = loss, accuracy = 1 - loss }, { step = step })
    run:log({ loss = loss * 1.5 }, { step = step, split = "validation" })
    if extra then run:log({ reward = step }, { step = step }) end
  end
  run:finish()
end
record("seed-one", { lr = 0.1, seed = 1 }, { 0.9, 0.5, 0.4 })
record("seed-two", { lr = 0.1, seed = 2 }, { 0.7, 0.5, 0.2 })
record("other", { lr = 0.2, seed = 1 }, { 0.8, 0.6, 0.5, 0.3 }, true)
record("gaps", { lr = 0.2, seed = 2 }, { 1, 0 / 0, 0, 0.5 })
record('evil "name" שלום', { lr = 0.3 }, { 1, 0.5 })
orrery.run { name = "empty", config = {} }:finish()
]])

local recorded = false
local function record()
  if recorded then return end
  lu.assertEquals((orrery "run runs.lua"), 0)
  recorded = true
end

TestPlotRuns = {}

function TestPlotRuns:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
  record()
end

local function plotted(words)
  local code, out, err = orrery("history plot " .. words)
  lu.assertEquals({ code, err }, { 0, "" }, words)
  return out
end

local function refusal(words, expected_code)
  local code, out, err = orrery("history plot " .. words)
  lu.assertEquals({ code, out }, { expected_code or 2, "" }, words)
  return err
end

local function curves(words)
  local list = {}
  for line in plotted(words .. " --json"):gmatch "[^\n]+" do
    list[#list + 1] = core.parse_json(line, "a line")
  end
  return list
end

function TestPlotRuns:test_names_the_file_after_the_run_and_says_what_it_shows()
  lu.assertEquals(plotted "seed-one",
    "seed-one.pdf: loss and accuracy of seed-one over 3 steps\n")
  lu.assertStrContains(child.read "seed-one.pdf", "%PDF-1.5")
  lu.assertEquals(plotted "seed-one seed-two loss", "seed-one-and-1-more.pdf: loss of 2 runs over 3 steps\n")
end

function TestPlotRuns:test_takes_the_format_from_the_name()
  for ending, beginning in pairs { pdf = "%PDF", svg = "<?xml", png = "\137PNG" } do
    plotted("seed-one loss -o a." .. ending)
    lu.assertEquals(child.read("a." .. ending):sub(1, #beginning), beginning)
  end
  lu.assertStrContains(refusal "seed-one -o a.dpf", "did you mean 'pdf'?")
end

function TestPlotRuns:test_writes_to_stdout()
  lu.assertEquals(plotted("seed-one loss -o -"):sub(1, 4), "%PDF")
  lu.assertEquals(plotted("seed-one loss -o - --format png"):sub(1, 4), "\137PNG")
  lu.assertEquals(plotted("seed-one loss --format svg"):match "^%S+", "seed-one.svg:")
  lu.assertStrContains(refusal "seed-one -o - --json", "cannot both go to stdout")
end

function TestPlotRuns:test_gives_the_same_bytes_again()
  plotted "seed-one -o a.pdf"
  plotted "seed-one -o b.pdf"
  lu.assertTrue(child.read "a.pdf" == child.read "b.pdf")
end

function TestPlotRuns:test_tells_metrics_from_runs()
  local found = curves "loss seed-two"
  lu.assertEquals(#found, 2)
  lu.assertEquals({ found[1].run, found[1].metric, found[1].split, found[2].split },
    { "seed-two", "loss", "train", "validation" })
  lu.assertEquals(found[1].y, { 0.7, 0.5, 0.2 })
  lu.assertEquals(found[1].x, { 1, 2, 3 })
end

function TestPlotRuns:test_takes_one_split_of_a_metric()
  local found = curves "seed-two val_loss accuracy"
  lu.assertEquals({ #found, found[1].split, found[2].metric }, { 2, "validation", "accuracy" })
  lu.assertEquals(#curves "seed-two val_loss train_loss", 2)
end

function TestPlotRuns:test_shows_the_newest_run_unless_told_otherwise()
  lu.assertEquals(curves("loss last~1")[1].run, 'evil "name" שלום')
end

function TestPlotRuns:test_says_what_metrics_there_are()
  local err = refusal "seed-one lss"
  lu.assertStrContains(err, "'lss' names neither a run nor a metric (did you mean 'loss'?)")
  err = refusal "seed-one reward"
  lu.assertStrContains(err, "run 'seed-one' has no metric 'reward'")
  lu.assertStrContains(err, "Metrics: loss, accuracy.")
  lu.assertStrContains(refusal "seed- loss", "fits several runs: seed-")
end

function TestPlotRuns:test_says_why_there_is_nothing_to_plot()
  lu.assertStrContains(refusal "empty", "run 'empty' has no metrics")
  local err = refusal "seed-one --memory"
  lu.assertStrContains(err, "the blocks of run 'seed-one' were not profiled")
  lu.assertStrContains(err, "Train with --profile block")
end

function TestPlotRuns:test_takes_runs_together_that_differ_in_their_seed()
  local found = curves "seed-one seed-two other loss --band"
  lu.assertEquals(#found, 4)
  lu.assertEquals({ found[1].run, found[2].run }, { "lr=0.1", "lr=0.2" })
  lu.assertAlmostEquals(found[1].y[1], 0.8, 1e-12)
  lu.assertEquals({ found[1].lower[1], found[1].upper[1] }, { 0.7, 0.9 })
  lu.assertEquals(found[2].lower, found[2].upper)
end

function TestPlotRuns:test_shows_the_deviation_when_asked()
  local found = curves "seed-one seed-two train_loss --band sd"
  lu.assertEquals(found[1].run, "2 runs")
  -- The deviation of 0.9 and 0.7: 0.2 / √2.
  lu.assertAlmostEquals(found[1].upper[1], 0.8 + 0.2 / math.sqrt(2), 1e-12)
  lu.assertStrContains(refusal "seed-one --band=se", "--band is one of range, sd, got 'se'")
end

function TestPlotRuns:test_says_that_no_runs_belong_together()
  local _, _, err = orrery "history plot seed-one other loss --band -o a.pdf"
  lu.assertStrContains(err, "no band: no two of these runs have the same settings but for their seed")
end

function TestPlotRuns:test_keeps_runs_of_other_graphs_and_scripts_apart()
  local bands = require "orrery.cli.run_bands"
  local function run(name, config, script, graph)
    return { name = name, config_json = config, script_path = script, structural_hash = graph }
  end
  local groups = bands.groups {
    run("a", '{"lr":1,"seed":1}', "s.lua", "5eed"), run("b", '{"lr":1}', "s.lua", "5eed"),
    run("c", '{"lr":1,"seed":1}', "s.lua", "0dd"), run("d", '{"lr":1,"seed":1}', "t.lua", "5eed"),
    run("e", '{"lr":2,"seed":1}', "s.lua", "5eed"), run("f", '{"seed":1}', "s.lua", "5eed") }
  local told = {}
  for at, group in ipairs(groups) do told[at] = ("%s: %d"):format(group.name, #group.runs) end
  lu.assertEquals(told, { "lr=1: 2", "lr=1 (2): 1", "lr=1 (3): 1", "lr=2: 1", "without lr: 1" })
end

function TestPlotRuns:test_says_which_runs_lack_the_metric()
  local code, _, err = orrery "history plot other seed-one reward -o a.pdf"
  lu.assertEquals({ code, err }, { 0, "orrery: without these metrics over steps, so not shown: seed-one\n" })
end

function TestPlotRuns:test_tells_in_the_plot_what_bands_and_faint_lines_are()
  local plot_runs = require "orrery.cli.plot_runs"
  local function caption(how) return plot_runs.figure({}, how).caption end
  lu.assertNil(caption { x = "epoch" })
  lu.assertEquals(caption { x = "epoch", smooth = 10 },
    "Strong lines: moving average over 10. Faint: the numbers themselves.")
  lu.assertEquals(caption { x = "epoch", band = "sd" },
    "Means of runs that differ in their seed; bands: their standard deviation.")
end

function TestPlotRuns:test_smooths()
  local found = curves "seed-one train_loss --smooth 3"
  lu.assertEquals(found[1].y, { 0.9, 0.5, 0.4 })
  lu.assertAlmostEquals(found[1].smoothed[2], (0.5 * 0.5 + 0.25 * 0.9) / 0.75, 1e-12)
  lu.assertStrContains(refusal "seed-one --smooth 0", "--smooth is at least 1")
end

function TestPlotRuns:test_takes_runs_that_fit_a_condition()
  lu.assertEquals(#curves "--where run=seed-one train_loss", #curves "seed-one train_loss")
  lu.assertStrContains(refusal "--where run=nobody", "no run fits the condition")
end

function TestPlotRuns:test_a_panel_of_one_split_says_so()
  local plot_runs = require "orrery.cli.plot_runs"
  lu.assertEquals(plot_runs.panel_name { metric = "loss", only = "validation" }, "validation loss")
  lu.assertEquals(plot_runs.panel_name { metric = "loss" }, "loss")
end

function TestPlotRuns:test_tells_of_gaps()
  local code, out, err = orrery "history plot gaps train_loss --log -o gaps.svg"
  lu.assertEquals({ code, out }, { 0, "gaps.svg: train loss of gaps over 4 steps\n" })
  lu.assertStrContains(err, "1 number NaN or infinite: gaps")
  lu.assertStrContains(err, "1 number not above 0")
  lu.assertEquals(curves("gaps train_loss")[1].y[2], "NaN")
end

function TestPlotRuns:test_makes_a_files_name_of_any_runs_name()
  local out = plotted "5 loss"
  lu.assertEquals(out:match "^%S+", "evil__name__________.pdf:")
  lu.assertNotNil(child.read "evil__name__________.pdf")
end

function TestPlotRuns:test_plots_over_time()
  local found = curves "seed-one loss --x time"
  lu.assertEquals(found[1].over, "time")
  lu.assertTrue(found[1].x[3] >= found[1].x[1])
  plotted "seed-one loss --x time -o time.pdf"
end

function TestPlotRuns:test_leaves_nothing_where_it_cannot_write()
  lu.assertStrContains(refusal("seed-one -o /no/such/folder/a.pdf", 7), "/no/such/folder")
end

function TestPlotRuns:test_refuses_what_does_not_fit()
  lu.assertStrContains(refusal "seed-one --memory loss", "no metrics")
  lu.assertStrContains(refusal "seed-one other --memory", "--memory plots one run")
  lu.assertStrContains(refusal "seed-one --memory --log", "--memory goes without --log")
  lu.assertStrContains(refusal "seed-one --block a", "--block is about the memory of blocks")
  lu.assertStrContains(refusal "seed-one --width-mm 20", "--width-mm is at least 30")
  lu.assertStrContains(refusal("seed-one --db none.db", 4), "there is no history 'none.db'")
end

function TestPlotRuns:test_finds_all_numbers_through_an_index()
  local history = core.history(child.folder .. "/orrery.db")
  for _, name in ipairs { "run_curves", "run_memory" } do
    for _, statement in ipairs(require("orrery.cli." .. name).statements) do
      history:sql("EXPLAIN QUERY PLAN " .. statement, function(row)
        local step = row[#row]
        local short = step:find "CONSTANT ROW" or step == "SCAN q" or step:find "^SCAN block_epochs"
          or step:find "^SCAN %(subquery"
        lu.assertTrue(short ~= nil or not step:find "^SCAN ", step .. "\n" .. statement)
      end)
    end
  end
  history:release()
end

TestMemory = {}

function TestMemory:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
end

local memory = require "orrery.cli.run_memory"
local plot_memory = require "orrery.cli.plot_memory"

-- A history that gives these rows to every question.
local function history_of(rows)
  return {
    sql = function(_, _, on_row)
      for _, row in ipairs(rows) do
        on_row(row, { "path", "quantity", "epoch", "min", "max", "mean" })
      end
    end,
  }
end

local rows = {
  { "", "tmu_bytes", 1, 1024, 2048, 2048 },
  { "encoder", "tmu_bytes", 1, 1024, 1024, 1024 }, { "encoder", "tmu_bytes", 2, 1024, 1024, 1024 },
  { "encoder/attn", "tmu_bytes", 1, 512, 2048, 1024 }, { "encoder/attn", "lmu_bytes", 1, 4096, 4096, 4096 },
  { "head", "lmu_bytes", 1, 1024, 1024, 1024 },
}

function TestMemory:test_counts_the_blocks_inside()
  local blocks = memory.of(history_of(rows), 1)
  local by_path = {}
  for _, block in ipairs(blocks) do by_path[block.path] = block end
  lu.assertEquals(by_path.encoder.tmu_bytes,
    { x = { 1, 2 }, y = { 2, 1 }, lower = { 1.5, 1 }, upper = { 3, 1 } })
  lu.assertEquals(by_path[""].tmu_bytes.y, { 4, 1 })
  lu.assertEquals(by_path[""].lmu_bytes.y, { 5 })
  lu.assertNil(by_path.head.tmu_bytes)
end

function TestMemory:test_shows_the_outermost_blocks_first_that_take_most()
  local blocks, more = plot_memory.outermost(memory.of(history_of(rows), 1))
  lu.assertEquals({ blocks[1].path, blocks[2].path, more }, { "encoder", "head", 0 })
  local many = {}
  for at = 1, 9 do many[at] = { "block" .. at, "lmu_bytes", 1, at, at, at } end
  blocks, more = plot_memory.outermost(memory.of(history_of(many), 1))
  lu.assertEquals({ #blocks, blocks[1].path, more }, { 7, "block9", 2 })
end

function TestMemory:test_says_which_blocks_there_are()
  local blocks = memory.of(history_of(rows), 1)
  local text = require("refusal").text(plot_memory.chosen, blocks, { "encodr" }, { name = "r" })
  lu.assertStrContains(text, "run 'r' has no profiled block 'encodr' (did you mean 'encoder'?)")
end

function TestMemory:test_says_that_kib_are_vizmls_kb()
  local figure = plot_memory.figure(memory.of(history_of(rows), 1), true)
  lu.assertStrContains(figure.caption, "1 KiB is 1,024 bytes: what VizML calls KB")
  lu.assertEquals(figure.panels[1].y.unit, "KiB")
  require("orrery.drawing").plot(child.folder .. "/memory.pdf", figure)
  lu.assertStrContains(child.read "memory.pdf", "%%EOF")
end

TestTrained = {}

-- A run of a manager, with epochs and profiles of its blocks.
function TestTrained:setUp()
  lu.skipIf(not pcall(require, "orrery.render_core"), "this build has no renderers")
  lu.skipIf(not pcall(core.engine), "this build has no engine")
  if child.read "trained.db" then return end
  child.write("train.lua", (child.training:gsub("CALLBACKS", "nil")))
  lu.assertEquals((orrery "run train.lua epochs=3 --history trained.db --quiet"), 0)
end

function TestTrained:test_is_plotted_over_its_epochs()
  lu.assertStrMatches(plotted "--db trained.db -o a.pdf", "a%.pdf: loss and accuracy of .* over 3 epochs\n")
  local found = curves "--db trained.db"
  lu.assertEquals(#found, 4)
  lu.assertEquals(found[1].x, { 1, 2, 3 })
end

function TestTrained:test_is_plotted_over_its_steps_and_its_time()
  local found = curves "--db trained.db val_loss --x step"
  lu.assertEquals(#found[1].x, 3)
  lu.assertEquals(found[1].x[3], 3 * found[1].x[1])
  found = curves "--db trained.db val_loss --x time"
  lu.assertEquals(#found[1].x, 3)
  -- To the millisecond, which epochs as short as these may share.
  lu.assertTrue(found[1].x[3] >= found[1].x[2] and found[1].x[2] >= found[1].x[1] and found[1].x[1] >= 0)
end

function TestTrained:test_shows_what_its_blocks_take()
  lu.assertStrContains(plotted "--db trained.db --memory -o m.svg", "m.svg: memory of the whole graph in ")
  local quantities = {}
  for _, curve in ipairs(curves "--db trained.db --memory") do
    quantities[#quantities + 1] = curve.quantity
    lu.assertEquals({ curve.unit, #curve.mean }, { "KiB", 3 })
    for at, mean in ipairs(curve.mean) do
      lu.assertTrue(curve.min[at] <= mean and mean <= curve.max[at])
    end
  end
  table.sort(quantities)
  lu.assertEquals(quantities, { "lgu_bytes", "lmu_bytes", "tgu_bytes", "tmu_bytes" })
end

child.finish(lu.LuaUnit.run())
