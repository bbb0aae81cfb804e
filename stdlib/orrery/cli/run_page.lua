--- What `orrery history show` prints: one run on a page.

local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"
local parameter_statistics = require "orrery.cli.parameter_statistics"
local text = require "orrery.cli.text"
local thread_reasons = require "orrery.cli.thread_reasons"

local M = {}

--- `2026-11-21T09:21:18.650Z` as the local time `2026-11-21 09:21`.
function M.time(moment)
  local year, month, day, hour, minute, second = moment:match "^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
  if not year then return moment end
  local as_local = os.time { year = year, month = month, day = day, hour = hour, min = minute, sec = second,
    isdst = false }
  local in_utc = os.date("!*t", as_local)
  in_utc.isdst = false
  return os.date("%Y-%m-%d %H:%M", as_local + os.difftime(as_local, os.time(in_utc)))
end

local function objects(found)
  local list = {}
  for at, row in ipairs(found.rows) do
    list[at] = {}
    for place, name in ipairs(found.columns) do list[at][name] = row[place] end
  end
  return list
end

local function heading(words) stream.out:write("\n", stream.out:paint("bold", words), "\n") end

local status_colours = { done = "green", failed = "red", interrupted = "yellow", running = "cyan" }

local function git_words(run)
  if not run.git_commit then return "" end
  return (" (git %s%s)"):format(run.git_commit:sub(1, 8), run.git_dirty == 1 and ", with changes" or "")
end

local function graph_words(run)
  if not run.parameter_count then return "" end
  return ("%s parameters, hash %s"):format(numbers.thousands(run.parameter_count), run.structural_hash or "")
end

-- When and how: the reason that the history has, or none for what came to its end by itself.
local function end_words(run)
  if run.status == "running" then return "" end
  local reason = run.exit_reason or ""
  if reason == "" then reason = run.status == "done" and "finished" or run.status end
  return run.ended and ("%s, %s"):format(M.time(run.ended), reason) or reason
end

-- Runs of older versions do not say why.
local function thread_words(run)
  local words = numbers.count(run.thread_count, "thread")
  local why = run.thread_reason and (thread_reasons[run.thread_reason] or run.thread_reason)
  return why and ("%s (%s)"):format(words, why) or words
end

local function facts_of(run, detail)
  local duration = ("%s, took %s, %s"):format(M.time(run.started), numbers.seconds(run.seconds or 0),
    numbers.count(run.epochs or 0, "epoch"))
  local machine = {}
  if run.device then machine[1] = run.device end
  if run.thread_count then machine[#machine + 1] = thread_words(run) end
  if run.seed then machine[#machine + 1] = "seed " .. numbers.plain(run.seed) end
  if run.host then machine[#machine + 1] = "host " .. run.host end
  return {
    { "script", (run.script_path or "") ~= "" and run.script_path .. git_words(run) or "" },
    { "started", duration },
    { "machine", table.concat(machine, ", ") },
    { "graph", graph_words(run) },
    { "versions", ("Orrery %s, LibTorch %s"):format(detail.orrery_version, detail.libtorch_version) },
    { "command", table.concat(detail.command, " ") },
    { "folder", detail.working_folder },
    { "tags", run.tags or "" },
    { "ended", end_words(run) },
  }
end

local function print_head(run, detail)
  stream.out:write(stream.out:paint("bold", text.plain(run.run)), "  ",
    stream.out:paint(status_colours[run.status] or "bold", run.status), "\n")
  for _, fact in ipairs(facts_of(run, detail)) do
    local line = ("%-10s"):format(fact[1]) .. text.plain(fact[2])
    local width = stream.out:width()
    if fact[2] ~= "" then stream.out:write(width and text.cut(line, width) or line, "\n") end
  end
end

local function print_config(config)
  if #config == 0 then return end
  heading "Config"
  local parts = {}
  for at, setting in ipairs(config) do
    local value = type(setting.value) == "number" and numbers.plain(setting.value) or tostring(setting.value)
    parts[at] = setting.key .. "=" .. text.plain(value)
  end
  stream.out:lines(text.wrap(table.concat(parts, "  "), stream.out:width() or 110))
end

local function loss_first(columns)
  local sorted = {}
  for _, is_loss in ipairs { true, false } do
    for _, column in ipairs(columns) do
      if (column.metric == "loss") == is_loss then sorted[#sorted + 1] = column end
    end
  end
  return sorted
end

-- Epochs as rows, metric and split as columns.
local function curves(metrics)
  local columns, known, epochs, order = {}, {}, {}, {}
  for _, row in ipairs(metrics) do
    for _, split in ipairs { "train", "validation", "test" } do
      local name = split .. " " .. row.metric
      if row[split] and not known[name] then
        known[name] = true
        columns[#columns + 1] = { split = split, metric = row.metric }
      end
    end
    if not epochs[row.epoch] then
      epochs[row.epoch] = { epoch = row.epoch, seconds = row.seconds }
      order[#order + 1] = epochs[row.epoch]
    end
    epochs[row.epoch][row.metric] = row
  end
  return loss_first(columns), order
end

-- At most `limit` epochs, evenly, the last always among them.
local function thinned(epochs, limit)
  if #epochs <= limit then return epochs, false end
  local kept, last = {}, 0
  for i = 1, limit do
    local at = limit == 1 and #epochs or math.floor(1 + (i - 1) * (#epochs - 1) / (limit - 1) + 0.5)
    if at ~= last then kept[#kept + 1] = epochs[at] end
    last = at
  end
  return kept, true
end

-- Metrics, or their ranges, without the statistics, which have tables of their own.
local function of_the_run(rows)
  local kept = {}
  for _, row in ipairs(rows) do
    if not parameter_statistics.has(row.metric) then kept[#kept + 1] = row end
  end
  return kept
end

local short_split = { train = "train", validation = "val", test = "test" }

local function print_metrics(metrics, limit)
  if #metrics == 0 then return end
  local columns, all = curves(metrics)
  local epochs, fewer = thinned(all, limit)
  heading(fewer and ("Metrics (%d of %d epochs)"):format(#epochs, #all) or "Metrics")
  local shown, rows = { { title = "epoch", right = true } }, {}
  for at, column in ipairs(columns) do
    shown[at + 1] = { title = short_split[column.split] .. " " .. column.metric, right = true,
      optional = at > 2 }
  end
  shown[#shown + 1] = { title = "took", right = true, optional = true }
  for at, epoch in ipairs(epochs) do
    rows[at] = { numbers.plain(epoch.epoch) }
    for place, column in ipairs(columns) do
      local value = epoch[column.metric] and epoch[column.metric][column.split]
      rows[at][place + 1] = value and ("%.4g"):format(value) or ""
    end
    rows[at][#columns + 2] = epoch.seconds and numbers.seconds(epoch.seconds) or ""
  end
  tables.print(rows, shown)
end

-- What is better larger; of all else less is better. A history does not tell: names do.
local rising = { "accuracy", "precision", "recall", "f1", "auroc", "r2", "psnr", "ssim" }

local function rises(metric)
  for _, word in ipairs(rising) do
    if metric:find(word, 1, true) then return true end
  end
  return false
end

-- Without the numbers of single classes, `f1[3]`; and how many those are.
local function of_all_classes(rows)
  local kept, names, count = {}, {}, 0
  for _, row in ipairs(rows) do
    if not row.metric:find("[", 1, true) then
      kept[#kept + 1] = row
    elseif not names[row.metric] then
      names[row.metric], count = true, count + 1
    end
  end
  return kept, count
end

local function print_best(ranges)
  if #ranges == 0 then return end
  heading "Best"
  local rows, nans = {}, false
  for at, range in ipairs(ranges) do
    nans = nans or (range.nans or 0) > 0
    local value, epoch = range.lowest, range.lowest_epoch
    if rises(range.metric) then value, epoch = range.highest, range.highest_epoch end
    rows[at] = { short_split[range.split] .. " " .. range.metric, value and ("%.4g"):format(value) or "NaN",
      epoch and numbers.plain(epoch) or "", range.last and ("%.4g"):format(range.last) or "NaN",
      (range.nans or 0) > 0 and numbers.plain(range.nans) or "" }
  end
  tables.print(rows, { { title = "metric", shrinks = true }, { title = "best", right = true },
    { title = "epoch", right = true },
    { title = "last", right = true }, nans and { title = "NaN", right = true } or nil })
end

local function time_of(block) return (block.forward_seconds or 0) + (block.backward_seconds or 0) end

local function milliseconds(seconds, steps)
  if not seconds or not steps or steps == 0 then return "" end
  return ("%.3f"):format(seconds / steps * 1000)
end

local function kibibytes(bytes) return bytes and ("%.1f"):format(bytes / 1024) or "" end

local function bar(share)
  local filled = share * 12
  local whole = math.floor(filled)
  local parts = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" }
  return ("█"):rep(whole) .. parts[math.floor((filled - whole) * 8) + 1]
end

local time_columns = {
  { title = "block", shrinks = true }, { title = "forward ms", right = true },
  { title = "backward ms", right = true }, { title = "share", right = true }, { title = "", optional = true },
}

local memory_columns = { { title = "block", shrinks = true } }
for _, name in ipairs { "TMU", "TGU", "LMU", "LGU", "optimizer", "peak" } do
  memory_columns[#memory_columns + 1] = { title = name, right = true }
end

local function name_of(block)
  local _, depth = block.path:gsub("/", "")
  return block.path == "" and "(whole graph)" or ("  "):rep(depth + 1) .. block.path:match "[^/]*$"
end

local function time_row(block, all, steps)
  local share = all > 0 and time_of(block) / all or 0
  local forward, backward = block.forward_seconds, block.backward_seconds
  return { name_of(block), milliseconds(forward, steps), milliseconds(backward, steps),
    ("%.1f %%"):format(share * 100), bar(share), colours = { [5] = "cyan" } }
end

local function memory_row(block)
  return { name_of(block), kibibytes(block.tmu_bytes), kibibytes(block.tgu_bytes), kibibytes(block.lmu_bytes),
    kibibytes(block.lgu_bytes), kibibytes(block.optimizer_bytes), kibibytes(block.peak_bytes) }
end

local function print_blocks(blocks)
  local all, steps, times, memory = 0, 0, {}, {}
  for _, block in ipairs(blocks) do
    if block.path == "" then all = time_of(block) end
    steps = math.max(steps, block.steps or 0)
  end
  if steps == 0 then return end
  for at, block in ipairs(blocks) do
    times[at], memory[at] = time_row(block, all, steps), memory_row(block)
  end
  heading "Time of a step, blocks with those inside"
  tables.print(times, time_columns)
  heading "Memory in KiB, at most"
  tables.print(memory, memory_columns)
end

local function print_artifacts(artifacts)
  if #artifacts == 0 then return end
  heading "Artifacts"
  local rows = {}
  for at, artifact in ipairs(artifacts) do
    rows[at] = { artifact.path, artifact.kind, artifact.bytes and numbers.megabytes(artifact.bytes) or "" }
  end
  tables.print(rows, { { title = "file", shrinks = true }, { title = "kind" },
    { title = "size", right = true } })
end

local function print_notes(notes)
  if #notes == 0 then return end
  heading "Notes"
  for _, note in ipairs(notes) do
    stream.out:lines(text.wrap(text.plain(note.text), stream.out:width() or 110))
  end
end

--- Prints a run.
---@param detail table as history:show gives it
---@param limit integer epochs that are shown
function M.print(detail, limit)
  print_head(objects(detail.summary)[1], detail)
  print_config(objects(detail.config))
  local all = objects(detail.metrics)
  local metrics, hidden = of_all_classes(of_the_run(all))
  print_metrics(metrics, limit)
  print_best((of_all_classes(of_the_run(objects(detail.ranges)))))
  if hidden > 0 then
    stream.out:write(("%d numbers of single classes are in the view metric_curve\n"):format(hidden))
  end
  parameter_statistics.print(all)
  print_blocks(objects(detail.blocks))
  print_artifacts(objects(detail.artifacts))
  print_notes(objects(detail.notes))
end

return M
