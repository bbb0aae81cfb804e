local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local run_list = require "orrery.cli.run_list"
local stream = require "orrery.cli.stream"

local filters = { "where", "tag", "status", "name", "arch" }

local function is_filtered(options)
  for _, name in ipairs(filters) do
    if options[name] then return true end
  end
  return false
end

local function listed(history, options)
  return history:list { limit = options.limit or 0, status = options.status, name = options.name or "",
    tag = options.tag or "", like = options.arch or "", where = options.where or "",
    sort = options.sort or "", columns = options.columns or "", settings = true }
end

return {
  group = "ask",
  summary = "Lists the runs, the newest first: all, or those that fit.",
  usage = "orrery history [list] [--where CONDITION] [--sort NAME] [--columns NAMES] [--limit N]",
  options = forms.behind {
    history_file.option,
    { name = "where", value = "CONDITION", doc = "runs that it holds for: 'lr<0.01 and status=done'" },
    { name = "sort", value = "NAME", doc = "the smallest first; with - before the name the largest" },
    { name = "columns", value = "NAMES", doc = "these instead of the usual, separated by commas" },
    { name = "limit", value = "N", type = "integer", min = 1, doc = "at most so many runs" },
    { name = "status", value = "WORD", choices = { "running", "done", "failed", "interrupted" },
      doc = "runs in this state" },
    { name = "tag", value = "TAG", doc = "runs with this tag" },
    { name = "name", value = "TEXT", doc = "runs with this in their name" },
    { name = "arch", value = "RUN", doc = "runs of the same architecture as this one" },
  },
  notes = "A name in a condition, of --sort and of --columns is a column (id, run, status, started, took, "
    .. "epochs, device, threads, seed, host, parameters, commit, script, project, tags, tag, note, …), "
    .. "a metric (val_loss is its last value in validation, best:val_loss its best) or a setting (lr; "
    .. "config.epochs where a column has its name). Comparisons are = != < <= > >= ~ (contains) !~, joined "
    .. "by and, or, not and parentheses; none is what a run lacks.",
  examples = { "orrery history list --sort val_loss --limit 10",
    "orrery history list --where 'lr<0.01 and status=done' --sort -best:val_accuracy",
    "orrery history list --where 'tag=paper and not note ~ broken' --columns run,lr,val_loss",
    "orrery history list --arch last --csv" },
  main = function(given)
    local options = given.options
    local form = forms.of(options)
    local found = listed(history_file.open(given), options)
    if form == "table" and #found.rows == 0 then
      return stream.say(is_filtered(options) and "no run fits" or "no runs")
    end
    local columns = options.columns and run_list.chosen_columns(found) or run_list.columns(found)
    forms.print(options, { schema = "orrery.history.list/2", columns = columns, rows = found.rows })
  end,
}
