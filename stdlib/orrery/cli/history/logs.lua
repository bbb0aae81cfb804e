local core = require "orrery.core"
local following = require "orrery.cli.history_following"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local statement = [[
SELECT line, stream, written, text FROM run_log WHERE run_id = %d AND line > %d %s ORDER BY line]]

local function print_line(line, options)
  if options.json then return json.line("orrery.history.logs/1", line) end
  local words = stream.out.columns and text.plain(line.text) or line.text
  local colour = stream.out.columns and line.stream == "stderr" and "yellow"
  stream.out:write(colour and stream.out:paint(colour, words) or words, "\n")
end

-- Where the newest of `limit` lines begin.
local function first_of(history, id, condition, limit)
  if not limit then return 0 end
  local newest = "SELECT line FROM run_log WHERE run_id = %d %s ORDER BY line DESC LIMIT 1 OFFSET %d"
  local found = sql_rows.of(history, newest:format(id, condition, limit))[1]
  return found and found.line or 0
end

-- Prints what is new since line `last`; gives the newest line.
local function print_new(history, id, last, condition, options)
  for _, line in ipairs(sql_rows.of(history, statement:format(id, last, condition))) do
    print_line(line, options)
    last = line.line
  end
  stream.out:flush()
  return last
end

return {
  group = "run",
  summary = "Shows what a run printed.",
  usage = "orrery history logs [RUN] [--follow] [--stderr | --stdout] [--limit N] [--json]",
  operands = {
    { name = "RUN", optional = true, doc = "number or name of a run, last, last~2 (default: last)" },
  },
  options = {
    history_file.option,
    { name = "follow", short = "f", doc = "new lines, too, until the run has ended; Ctrl-C leaves it alone" },
    { name = "stderr", doc = "only what it printed on stderr: progress, messages, errors" },
    { name = "stdout", doc = "only what it printed on stdout" },
    { name = "limit", value = "N", type = "integer", min = 1, doc = "only the newest N lines" },
    { name = "json", doc = "one JSON object a line" },
  },
  notes = "Kept are the newest 10,000 lines, at most 4 MiB: what the script and Orrery print while the run "
    .. "goes on; of a run in the background (orrery run --detach) all, also what other programs print.",
  examples = { "orrery history logs last", "orrery history logs brave-otter-12 --follow --stderr" },
  main = function(given)
    local options, last = given.options, nil
    if options.stderr and options.stdout then core.fail("usage", "both --stderr and --stdout are given") end
    local only = options.stderr and "stderr" or options.stdout and "stdout"
    local condition = only and ("AND stream = '%s'"):format(only) or ""
    local run = following.find(given, given[1] or "last")
    if run.dropped > 0 and not options.json then
      stream.say(("%s of the beginning are no longer kept"):format(numbers.count(run.dropped, "line")))
    end
    local printed = false
    following.follow(given, run.run_id, function(history)
      last = last or first_of(history, run.run_id, condition, options.limit)
      local newest = print_new(history, run.run_id, last, condition, options)
      printed = printed or newest > last
      last = newest
      return not options.follow
    end)
    if not printed and not options.json then
      stream.say(("nothing of what %s printed%s is kept"):format(run.name, only and " on " .. only or ""))
    end
  end,
}
