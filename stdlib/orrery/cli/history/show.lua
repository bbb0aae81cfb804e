local cost_rates = require "orrery.cli.cost_rates"
local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local run_page = require "orrery.cli.run_page"

local tables = { "config", "metrics", "ranges", "blocks", "parts", "artifacts", "notes", "events", "machine" }

local function print_object(detail)
  cost_rates.add(detail.blocks, detail.roof)
  for _, name in ipairs(tables) do detail[name] = json.objects(detail[name]) end
  detail.summary = json.object(detail.summary.rows[1], detail.summary.columns)
  detail.command, detail.rising = json.array(detail.command), json.array(detail.rising)
  detail.roof = detail.roof and detail.roof.threads and detail.roof or json.null
  json.line("orrery.history.show/2", detail)
end

-- A page has no rows: of a run, programs read the numbers of its epochs, or one object with all.
local function print_metrics(options, found)
  local columns = {}
  for place, name in ipairs(found.columns) do columns[place] = { name = name } end
  forms.print(options, { columns = columns, rows = found.rows })
end

return {
  group = "ask",
  summary = "Shows one run on a page: settings, metrics with curves, costs, files, events, notes.",
  usage = "orrery history show [RUN] [--limit EPOCHS] [--json | --csv | --plain]",
  operands = { history_file.run_operand },
  options = {
    history_file.option,
    { name = "limit", value = "N", type = "integer", min = 1, doc = "at most so many epochs",
      default = "12" },
    { name = "json", doc = "one JSON object with all" },
    { name = "csv", doc = "the metrics alone, a row an epoch and metric, comma-separated" },
    { name = "plain", doc = "the same, separated by tabs, without titles" },
  },
  examples = { "orrery history show", "orrery history show brave-otter-12",
    "orrery history show best:val_loss" },
  main = function(given)
    local form = forms.of(given.options)
    local history = history_file.open(given)
    local run = history:resolve(given[1] or "last")
    local detail = history:show(run)
    detail.roof = cost_rates.roof(history, run)
    if form == "json" then return print_object(detail) end
    if form ~= "table" then return print_metrics(given.options, detail.metrics) end
    run_page.print(detail, given.options.limit or 12)
  end,
}
