local core = require "orrery.core"
local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local keeping = require "orrery.cli.history_keeping"
local numbers = require "orrery.cli.numbers"
local removal = require "orrery.cli.history_removal"
local run_page = require "orrery.cli.run_page"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"

local units = { m = 60, h = 3600, d = 86400, w = 7 * 86400 }

-- 30d → seconds
local function duration(words)
  local number, unit = words:match "^(%d+%.?%d*)([mhdw])$"
  if number then return tonumber(number) * units[unit] end
  core.fail("usage", ("--older-than takes a duration such as 30d, got '%s'"):format(words),
    "Minutes, hours, days and weeks: 90m, 12h, 30d, 8w.")
end

local splits = { train = "train", val = "validation", validation = "validation", test = "test" }

-- Of a metric without a split validation's counts, where a run has it.
local function split_and_name(history, words)
  local split, name = words:match "^(%a+)_(.+)$"
  if splits[split] then return splits[split], name end
  local statement = "SELECT 1 FROM metrics WHERE name = %s AND split = 'validation' LIMIT 1"
  return sql_rows.of(history, statement:format(sql_rows.quoted(words)))[1] and "validation" or "train", words
end

local function best(history, words)
  local count, metric = words:match "^(%d+):(.+)$"
  if not count then
    core.fail("usage", ("--keep-best takes a number and a metric, got '%s'"):format(words),
      "Such as --keep-best 5:val_loss.")
  end
  local split, name = split_and_name(history, metric)
  local runs = sql_rows.of(history, ("SELECT run_id FROM best_runs WHERE metric = %s AND split = '%s' "
    .. "ORDER BY place LIMIT %d"):format(sql_rows.quoted(name), split, count))
  if not runs[1] then
    core.fail("usage", ("no run has the metric '%s'"):format(metric),
      "'orrery history list' shows the metrics that there are.")
  end
  return runs
end

local candidates = [[
SELECT r.run_id, r.name, r.status, r.working_folder AS folder, s.started, s.tags
FROM kept_runs r JOIN run_summary s USING (run_id) WHERE r.status <> 'running' %s ORDER BY r.run_id DESC]]

-- The runs that go: all that have ended, in that state and so old, but those to keep.
local function chosen(history, options)
  local conditions, keep = "", {}
  if options.status then conditions = conditions .. " AND r.status = " .. sql_rows.quoted(options.status) end
  if options["older-than"] then
    local limit = (os.time() - duration(options["older-than"])) * 1000
    conditions = conditions .. (" AND r.started_unix_ms < %.0f"):format(limit)
  end
  if options.keep then
    local newest = "SELECT run_id FROM kept_runs ORDER BY run_id DESC LIMIT %d"
    for _, run in ipairs(sql_rows.of(history, newest:format(options.keep))) do keep[run.run_id] = true end
  end
  for _, words in ipairs(options["keep-best"] or {}) do
    for _, run in ipairs(best(history, words)) do keep[run.run_id] = true end
  end
  local going = {}
  for _, run in ipairs(sql_rows.of(history, candidates:format(conditions))) do
    if not keep[run.run_id] then going[#going + 1] = run end
  end
  return going
end

local columns = {
  { name = "run_id", title = "id", right = true },
  { name = "run", title = "run", shrinks = true, least = 20 },
  { name = "status", title = "status" }, { name = "started", title = "started", show = run_page.time },
  { name = "tags", title = "tags", shrinks = true, optional = true, drops = true },
}

local function preview(runs, options)
  local rows = {}
  for at, run in ipairs(runs) do rows[at] = { run.run_id, run.name, run.status, run.started, run.tags } end
  forms.print(options, { schema = "orrery.history.prune/1", columns = columns, rows = rows })
end

local function would(count, for_good)
  local runs = numbers.count(count, "run")
  return for_good and ("would remove %s for good"):format(runs) or ("would move %s to the trash"):format(runs)
end

local function require_a_condition(options)
  if options.keep or options["keep-best"] or options["older-than"] or options.status then return end
  core.fail("usage", "nothing says which runs shall go",
    "Give --keep N, --keep-best N:METRIC, --older-than 30d or --status failed.")
end

return {
  group = "keep",
  summary = "Moves runs to the trash that are not worth keeping.",
  usage = "orrery history prune [--keep N] [--keep-best N:METRIC] [--older-than 30d] [--status WORD] "
    .. "[--dry-run] [--purge [--files]] [--yes]",
  options = forms.behind {
    history_file.option,
    { name = "keep", value = "N", type = "integer", min = 0, doc = "not the newest N" },
    { name = "keep-best", value = "N:METRIC", repeated = true,
      doc = "not the N best by a metric, such as 5:val_loss; may be given several times" },
    { name = "older-than", value = "TIME", doc = "only those that began so long ago: 90m, 12h, 30d, 8w" },
    { name = "status", value = "WORD", choices = { "done", "failed", "interrupted" },
      doc = "only those that ended so" },
    { name = "dry-run", short = "n", doc = "shows which runs would go, and leaves them" },
    unpack(removal.options),
  },
  notes = "A run goes when all conditions hold for it and nothing keeps it; one that is going on stays.",
  examples = { "orrery history prune --keep 100 --keep-best 10:val_loss --dry-run",
    "orrery history prune --status failed --older-than 30d --purge --yes" },
  main = function(given)
    local options = given.options
    require_a_condition(options)
    local form = forms.of(options)
    if form ~= "table" and not options["dry-run"] then
      core.fail("usage", ("--%s goes with --dry-run"):format(form))
    end
    local history = history_file.open(given)
    local runs = chosen(history, options)
    history:release()
    if runs[1] and (options["dry-run"] or core.terminal "stdin") then preview(runs, options) end
    if not runs[1] then return stream.say "there is no run to remove" end
    if options["dry-run"] then return stream.say(would(#runs, options.purge)) end
    removal.remove(given, keeping.open(given), runs)
  end,
}
