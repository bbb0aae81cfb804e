local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local sweep_page = require "orrery.cli.sweep_page"
local sweep_picture = require "orrery.cli.sweep_picture"
local sweeps = require "orrery.sweeps"

local function asked_of(given)
  local runs = {}
  for at, run in ipairs(given) do runs[at] = run end
  return { runs = runs, where = given.options.where, metric = given.options.metric }
end

return {
  group = "ask",
  summary = "Shows a sweep's runs, the best first, and which settings mattered.",
  usage = "orrery history sweep [RUN… | --where CONDITION] [--metric NAME] [--importance] [-o FILE]",
  operands = {
    { name = "RUN", optional = true, repeated = true,
      doc = "a run of the sweep, or several runs: those alone (default: the last sweep)" },
  },
  options = forms.behind {
    history_file.option,
    { name = "where", value = "CONDITION", doc = "runs that it holds for, as of 'orrery history list'" },
    { name = "metric", value = "NAME",
      doc = "what runs are judged by: val_loss is the last value, best:val_loss the best, took the time; "
        .. "default: the best loss, of validation if there" },
    { name = "importance", doc = "the settings alone, and how much each explains" },
    { name = "limit", value = "N", type = "integer", min = 1, doc = "at most so many runs in the table" },
    { name = "output", short = "o", value = "FILE",
      doc = "draws the runs as parallel coordinates: a .pdf, .svg or .png" },
    { name = "width-mm", value = "MM", type = "number", min = 40, doc = "width of the drawing" },
    { name = "dpi", value = "N", type = "number", min = 1, doc = "of a PNG", default = "150" },
  },
  notes = "The importance of a setting is the share of the metric's variance that it explains by itself, "
    .. "over the values that were tried: functional ANOVA on a random forest (Hutter, Hoos, Leyton-Brown, "
    .. "ICML 2014). Runs that are not done, and those whose metric is NaN or infinite, do not count.",
  examples = { "orrery history sweep", "orrery history sweep --metric best:val_accuracy -o sweep.pdf",
    "orrery history sweep --where 'tag=paper' --importance --csv" },
  main = function(given)
    local options = given.options
    local form = forms.of(options)
    local history = history_file.open(given)
    local sweep = sweeps.of(history, asked_of(given))
    history:release()
    if options.output then return sweep_picture.draw(sweep, options) end
    if form == "table" then return sweep_page.print(sweep, options) end
    forms.print(options, options.importance and sweep_page.settings(sweep) or sweep_page.runs(sweep, options))
  end,
}
