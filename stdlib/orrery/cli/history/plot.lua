local core = require "orrery.core"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local plot_memory = require "orrery.cli.plot_memory"
local plot_runs = require "orrery.cli.plot_runs"
local run_curves = require "orrery.cli.run_curves"
local run_memory = require "orrery.cli.run_memory"
local stream = require "orrery.cli.stream"

local function fail_word(history, word, failure)
  -- That a word fits several runs is the answer to a run's name; all else may have been meant as a metric.
  if failure:find("fits several runs", 1, true) then error(failure, 0) end
  local names = plot_runs.metric_names(history)
  local known = { "last", unpack(names) }
  core.fail("usage", ("'%s' names neither a run nor a metric%s"):format(word, core.nearest(word, known)),
    ("Metrics here: %s. A run is given by its number, its name or the beginning of it, or as last, "
      .. "last~2, best:val_loss."):format(names[1] and table.concat(names, ", ") or "none"))
end

local function fitting(history, where)
  local ids = {}
  if not where then return ids end
  for at, row in ipairs(history:list { where = where, columns = "id", sort = "id" }.rows) do
    ids[at] = row[1]
  end
  if not ids[1] then core.fail("usage", "no run fits the condition") end
  return ids
end

-- Words that name a metric are metrics, all others runs, besides those that fit the condition; without any
-- the newest.
local function sorted_words(history, words, where)
  local ids, metrics, known = fitting(history, where), {}, {}
  for _, id in ipairs(ids) do known[id] = true end
  for _, word in ipairs(words) do
    local metric = plot_runs.metric_of(history, word)
    if metric then
      metrics[#metrics + 1] = metric
    else
      local found, id = pcall(history.resolve, history, word)
      if not found then fail_word(history, word, core.error_text(id)) end
      if not known[id] then ids[#ids + 1] = id end
      known[id] = true
    end
  end
  if not ids[1] then ids[1] = history:resolve "last" end
  return ids, metrics
end

local function band_of(options)
  local word = options.band
  if not word then return nil end
  local kind = word == "true" and "range" or word
  if kind ~= "range" and kind ~= "sd" then
    core.fail("usage", ("--band is one of range, sd, got '%s'%s"):format(word,
      core.nearest(word, { "range", "sd" })), "See 'orrery history plot --help'.")
  end
  return kind
end

-- A name that every file system takes.
local function file_for(runs, what, format)
  local name = runs[1].name:gsub("[^%w_.-]", "_"):sub(1, 80)
  if #runs > 1 then name = ("%s-and-%d-more"):format(name, #runs - 1) end
  return ("%s%s.%s"):format(name, what, format or "pdf")
end

local function sizes_of(figure, options)
  figure.width_mm, figure.height_mm, figure.dpi = options["width-mm"], options["height-mm"], options.dpi
  figure.title, figure.format = options.title, options.format
  return figure
end

local function listed(words) return table.concat(words, ", ", 1, #words - 1) .. " and " .. words[#words] end

local function joined(words) return #words < 2 and words[1] or listed(words) end

-- `loss and accuracy of 3 runs over 30 epochs, with bands`
local function words_of(panels, runs, how)
  local names, longest, points = {}, 0, 0
  for at, panel in ipairs(panels) do
    names[at] = plot_runs.panel_name(panel)
    for _, series in ipairs(panel.series) do
      longest, points = math.max(longest, series.x[#series.x] or 0), math.max(points, #series.x)
    end
  end
  local over = how.x == "time" and numbers.seconds(longest) or numbers.count(longest, how.x)
  local behind = how.band and (", mean and " .. (how.band == "sd" and "standard deviation" or "range")) or ""
  if how.smooth then behind = ("%s, smoothed over %s"):format(behind, numbers.plain(how.smooth)) end
  local whose = #runs == 1 and runs[1].name or numbers.count(#runs, "run")
  return ("%s of %s over %s%s"):format(joined(names), whose, over, behind)
end

local function warn_of_runs(left_out, count, over)
  if not left_out[1] or #left_out == count then return end
  stream.say(("without these metrics over %ss, so not shown: %s"):format(over == "time" and "step" or over,
    joined(left_out)))
end

local function warn_of_groups(groups)
  for _, group in ipairs(groups or {}) do
    if #group.runs > 1 then return end
  end
  if groups then stream.say "no band: no two of these runs have the same settings but for their seed" end
end

-- Numbers that a plot has no place for are told of, not hidden.
local function warn_of_gaps(panels, log)
  local gaps, low = 0, 0
  for _, panel in ipairs(panels) do
    for _, series in ipairs(panel.series) do
      for _, value in ipairs(series.y) do
        if value ~= value or math.abs(value) == math.huge then
          gaps = gaps + 1
        elseif log and value <= 0 then
          low = low + 1
        end
      end
    end
  end
  if gaps > 0 then stream.say(("%s NaN or infinite: gaps"):format(numbers.count(gaps, "number"))) end
  if low > 0 then
    stream.say(("%s not above 0, for which a logarithmic axis has no place"):format(
      numbers.count(low, "number")))
  end
end

local function array_of(values)
  if not values then return nil end
  local list = {}
  for at, value in ipairs(values) do list[at] = json.cell(value) end
  return json.array(list)
end

-- With bands the runs were smoothed before they were taken together.
local function smoothed_of(series, how)
  if not how.smooth or how.band then return nil end
  return array_of(require("orrery.drawing").smoothed(series.y, how.smooth))
end

local function print_curves(panels, how)
  for _, panel in ipairs(panels) do
    for _, series in ipairs(panel.series) do
      json.line("orrery.history.plot/1", { metric = panel.metric, split = series.split, run = series.who,
        over = how.x, x = array_of(series.x), y = array_of(series.y), lower = array_of(series.lower),
        upper = array_of(series.upper), band = how.band,
        smoothed = smoothed_of(series, how) })
    end
  end
end

local function print_memory(blocks, run)
  for _, block in ipairs(blocks) do
    for _, quantity in ipairs(run_memory.quantities) do
      local curve = block[quantity.name]
      if curve then
        json.line("orrery.history.plot_memory/1", { run = run.name, block = block.path,
          quantity = quantity.name, unit = "KiB", epoch = array_of(curve.x), mean = array_of(curve.y),
          min = array_of(curve.lower), max = array_of(curve.upper) })
      end
    end
  end
end

local function write(file, figure, words)
  local drawing = require "orrery.drawing"
  if file == "-" then return stream.out:write(drawing.plotted(figure)) end
  drawing.plot(file, figure)
  stream.out:write(file, ": ", words, "\n")
end

local function plot_curves(history, ids, metrics, options)
  local how = { smooth = options.smooth, log = options.log, band = band_of(options) }
  local runs
  runs, how.x = plot_runs.read(history, ids, options.x)
  local chosen, rest = plot_runs.metrics(runs, metrics)
  local panels, groups = plot_runs.panels(runs, chosen, how)
  if options.json then print_curves(panels, how) end
  if options.json and not options.output then return end
  warn_of_runs(plot_runs.left_out(runs, chosen), #runs, how.x)
  warn_of_groups(groups)
  warn_of_gaps(panels, options.log)
  if rest[1] then stream.say(("more metrics, which can be named: %s"):format(table.concat(rest, ", "))) end
  local figure = sizes_of(plot_runs.figure(panels, how), options)
  write(options.output or file_for(runs, "", options.format), figure, words_of(panels, runs, how))
end

local function refuse_with_memory(ids, metrics, options)
  if metrics[1] then
    core.fail("usage", "--memory plots what blocks take, and no metrics", "Leave one of the two away.")
  end
  if ids[2] then core.fail("usage", "--memory plots one run", "Name one.") end
  for _, name in ipairs { "smooth", "band", "x", "log" } do
    if options[name] then core.fail("usage", ("--memory goes without --%s"):format(name)) end
  end
end

local function plot_blocks(history, ids, metrics, options)
  refuse_with_memory(ids, metrics, options)
  local run = run_curves.run(history, ids[1])
  local all = plot_memory.read(history, run)
  local outermost, more = plot_memory.outermost(all)
  local blocks = options.block and plot_memory.chosen(all, options.block, run) or outermost
  if options.json then print_memory(options.block and blocks or all, run) end
  if options.json and not options.output then return end
  if more > 0 and not options.block then
    stream.say(("%s taking less left out: --block names them"):format(numbers.count(more, "block")))
  end
  local names = {}
  for at, block in ipairs(blocks) do names[at] = block.path == "" and "the whole graph" or block.path end
  write(options.output or file_for({ run }, "-memory", options.format),
    sizes_of(plot_memory.figure(blocks, options.block ~= nil), options),
    ("memory of %s in %s"):format(joined(names), run.name))
end

return {
  group = "ask",
  summary = "Plots metrics of runs, or the memory of blocks, as PDF, SVG or PNG.",
  usage = "orrery history plot [RUN… | --where CONDITION] [METRIC…] [--smooth N] [--band] "
    .. "[--x epoch|step|time] [--log] [--memory] [-o FILE]",
  operands = {
    { name = "RUN", optional = true,
      doc = "a run's number, its name or the beginning of it, last, last~2, best:val_loss (default: last)" },
    { name = "METRIC", optional = true, repeated = true,
      doc = "loss, accuracy, …; val_loss: in validation only (default: the loss and three more)" },
  },
  options = {
    history_file.option,
    { name = "where", value = "CONDITION", doc = "runs that it holds for, as of 'orrery history list'" },
    { name = "output", short = "o", value = "FILE",
      doc = "the file to write, .pdf, .svg or .png, '-' for stdout; none: the run's name" },
    { name = "format", value = "FORMAT", choices = { "pdf", "svg", "png" },
      doc = "of the file; none: by its name's ending, else pdf" },
    { name = "smooth", value = "N", type = "number", min = 1,
      doc = "a moving average, in which a number weighs 2/(N+1), over the numbers themselves" },
    { name = "band", value = "range|sd", switchable = true, words = { "range", "sd" },
      doc = "runs that differ in their seed alone as their mean with their range; --band sd: deviation" },
    { name = "x", value = "WHAT", choices = { "epoch", "step", "time" }, doc = "over what",
      default = "epoch" },
    { name = "log", doc = "a logarithmic axis for the metrics" },
    { name = "memory", doc = "memory of the blocks over the epochs instead of metrics" },
    { name = "block", value = "PATH", repeated = true, doc = "with --memory: this block, again for more" },
    { name = "title", value = "TEXT", doc = "above the plot" },
    { name = "width-mm", value = "MM", type = "number", min = 30, doc = "width of the page", default = "84" },
    { name = "height-mm", value = "MM", type = "number", min = 25, doc = "height; none: as the panels need" },
    { name = "dpi", value = "N", type = "number", min = 1, doc = "dots per inch of a PNG", default = "150" },
    { name = "json", doc = "the numbers, an object a curve; a file only with -o" },
  },
  examples = { "orrery history plot", "orrery history plot last last~1 loss --smooth 10 --log",
    "orrery history plot 3 4 5 val_loss accuracy --band -o seeds.png", "orrery history plot last --memory",
    "orrery history plot --where 'lr<0.01 and status=done' val_loss --band" },
  main = function(given)
    local options, words = given.options, {}
    for at, word in ipairs(given) do words[at] = word end
    local history = history_file.open(given)
    local ids, metrics = sorted_words(history, words, options.where)
    if options.block and not options.memory then
      core.fail("usage", "--block is about the memory of blocks", "Say --memory, too.")
    end
    if options.json and options.output == "-" then
      core.fail("usage", "a plot and objects cannot both go to stdout", "Name a file: -o curves.pdf.")
    end
    if options.memory then return plot_blocks(history, ids, metrics, options) end
    plot_curves(history, ids, metrics, options)
  end,
}
