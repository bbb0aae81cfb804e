local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local run_page = require "orrery.cli.run_page"

local function print_object(detail)
  for _, name in ipairs { "config", "metrics", "ranges", "blocks", "artifacts", "notes" } do
    detail[name] = json.objects(detail[name])
  end
  detail.summary = json.object(detail.summary.rows[1], detail.summary.columns)
  detail.command = json.array(detail.command)
  json.line("orrery.history.show/1", detail)
end

return {
  group = "ask",
  summary = "Shows one run on a page.",
  usage = "orrery history show [RUN] [--limit EPOCHS] [--json]",
  operands = {
    { name = "RUN", optional = true, doc = "number or name of a run, last, last~2 (default: last)" },
  },
  options = {
    history_file.option,
    { name = "limit", value = "N", type = "integer", min = 1, doc = "at most so many epochs", default = "12" },
    { name = "json", doc = "one JSON object" },
  },
  examples = { "orrery history show", "orrery history show brave-otter-12" },
  main = function(given)
    local detail = history_file.open(given):show(given[1] or "last")
    if given.options.json then return print_object(detail) end
    run_page.print(detail, given.options.limit or 12)
  end,
}
