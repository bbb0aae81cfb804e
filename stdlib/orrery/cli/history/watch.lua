local core = require "orrery.core"
local following = require "orrery.cli.history_following"
local history_file = require "orrery.cli.history_file"
local json = require "orrery.cli.json"
local keeping = require "orrery.cli.history_keeping"
local numbers = require "orrery.cli.numbers"
local run_list = require "orrery.cli.run_list"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

-- One run.

local epochs_of = "SELECT epoch, seconds FROM epochs WHERE run_id = %d AND epoch > %d ORDER BY epoch"
local metrics_of = "SELECT split, name, value FROM metrics WHERE run_id = %d AND epoch = %d"
local short_split = { train = "", validation = "val_", test = "test_" }
local order = { train = 1, validation = 2, test = 3 }

-- Loss first, then the others by name; not the numbers of single classes and the statistics of parameters.
local function parts_of(metrics)
  table.sort(metrics, function(a, b)
    if a.split ~= b.split then return order[a.split] < order[b.split] end
    if (a.name == "loss") ~= (b.name == "loss") then return a.name == "loss" end
    return a.name < b.name
  end)
  local parts = {}
  for _, metric in ipairs(metrics) do
    if not metric.name:find "[%[/]" then
      parts[#parts + 1] = ("%s%s=%.4g"):format(short_split[metric.split], metric.name, metric.value or 0 / 0)
    end
  end
  return parts
end

local function print_epoch(run, epoch, metrics, options)
  if options.json then
    local values = {}
    for _, metric in ipairs(metrics) do values[metric.split .. "_" .. metric.name] = metric.value end
    return json.line("orrery.history.watch/1", { run = run.name, epoch = epoch.epoch, seconds = epoch.seconds,
      metrics = values })
  end
  local head, parts = ("%s  epoch %d"):format(run.name, epoch.epoch), parts_of(metrics)
  table.insert(parts, 1, head .. "  " .. numbers.seconds(epoch.seconds))
  stream.out:write(text.join(parts, stream.out:width(), #head + 2), "\n")
end

-- Prints the epochs that ended since `last`; gives the newest.
local function print_epochs(history, run, last, options)
  for _, epoch in ipairs(sql_rows.of(history, epochs_of:format(run.run_id, last))) do
    local metrics = sql_rows.of(history, metrics_of:format(run.run_id, epoch.epoch))
    print_epoch(run, epoch, metrics, options)
    last = epoch.epoch
  end
  stream.out:flush()
  return last
end

local function erase_line(live)
  if live then stream.out:write "\r\27[K" end
end

-- The newest values at steps, which runs without epochs have alone.
local newest_steps = "SELECT split, name, max(step) AS step, value FROM step_metrics WHERE run_id = %d "
  .. "GROUP BY split, name"

-- On a terminal the last line says that the run lives.
local function draw_state(history, run, last)
  local steps = sql_rows.of(history, newest_steps:format(run.run_id))
  local parts = { run.name, "after " .. numbers.seconds(math.max(os.time() - run.started, 0)) }
  if last > 0 then parts[3] = ("epoch %d goes on"):format(last + 1) end
  if steps[1] then
    parts[#parts + 1] = ("step %d  %s"):format(steps[1].step, table.concat(parts_of(steps), "  "))
  end
  parts[#parts + 1] = "Ctrl-C leaves it alone"
  local line = text.cut(table.concat(parts, " · "), stream.out:width() - 1)
  stream.out:write(stream.out:paint("dim", line))
  stream.out:flush()
end

local function watch_one(given, run)
  local options, last = given.options, 0
  local live = stream.out:redraws() and not options.json
  if run.status == "running" and not live then
    stream.say(("%s is going on; Ctrl-C leaves it alone"):format(run.name))
  end
  local ended, left = following.follow(given, run.run_id, function(history, now)
    erase_line(live)
    last = print_epochs(history, now, last, options)
    if live and now.status == "running" then draw_state(history, now, last) end
  end)
  erase_line(live)
  if left then
    stream.say(("%s goes on without you; 'orrery history watch %s' comes back"):format(run.name, run.name))
    return 130
  end
  if options.json then
    json.line("orrery.history.watch/1",
      { run = ended.name, status = ended.status, reason = ended.exit_reason })
  else
    stream.say(("%s: %s"):format(ended.name, following.end_words(ended)))
  end
  return following.exit_codes[ended.status]
end

-- All that are going on.

local function running(given)
  return following.ask(given, function(history) return history:list { status = "running" } end)
end

-- The screen anew each second.
local function draw_table(given)
  repeat
    local found = running(given)
    stream.out:write "\27[H\27[J"
    if not found.rows[1] then return end
    run_list.print(found)
    stream.out:flush()
    core.sleep(1)
  until core.stopped()
end

-- Without a terminal: each run's epochs as they end, until none is going on.
local function follow_all(given)
  local last, known = {}, {}
  repeat
    local ids = {}
    for at, row in ipairs(running(given).rows) do
      ids[at], known[row[1]] = row[1], true
    end
    local every = {}
    for id in pairs(known) do every[#every + 1] = id end
    table.sort(every)
    following.ask(given, function(history)
      for _, run in ipairs(keeping.facts(given, every)) do
        last[run.run_id] = print_epochs(history, run, last[run.run_id] or 0, given.options)
      end
    end)
    if not ids[1] then return end
    core.sleep(0.5)
  until core.stopped()
end

local function watch_all(given)
  if not running(given).rows[1] then return stream.say "no run is going on" end
  local drawn = stream.out:redraws() and not given.options.json
  local done, failure = pcall(drawn and draw_table or follow_all, given)
  if core.stopped() then
    if drawn then stream.out:write "\n" end
    return 130
  end
  if not done then error(failure, 0) end
  stream.say "no run is going on any more"
end

return {
  group = "run",
  summary = "Shows how runs go that are going on.",
  usage = "orrery history watch [RUN] [--json]",
  operands = {
    { name = "RUN", optional = true,
      doc = "number or name of a run, last, last~2; none: all that are going on" },
  },
  options = {
    history_file.option,
    { name = "json", doc = "one JSON object an epoch" },
  },
  notes = "Ctrl-C leaves the run alone. When it ends by itself, so does watch: with exit code 0 if it is "
    .. "done, 1 if it failed, 130 if it was interrupted. Without a terminal it prints a line an epoch.",
  examples = { "orrery history watch", "orrery history watch brave-otter-12" },
  main = function(given)
    if not given[1] then return watch_all(given) end
    return watch_one(given, following.find(given, given[1]))
  end,
}
