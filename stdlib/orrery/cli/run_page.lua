--- What `orrery history show` prints: one run on a page.

local actions = require "orrery.cli.history_actions"
local cost_tree = require "orrery.cli.cost_tree"
local numbers = require "orrery.cli.numbers"
local run_costs = require "orrery.cli.run_costs"
local run_metrics = require "orrery.cli.run_metrics"
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

local objects = cost_tree.objects

local function heading(words) stream.out:write("\n", stream.out:paint("bold", words), "\n") end

local shown_events = 8

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

-- A run without a manager need not have loaded LibTorch.
local function versions_of(detail)
  local torch = detail.libtorch_version or ""
  return "Orrery " .. detail.orrery_version .. (torch ~= "" and ", LibTorch " .. torch or "")
end

local function facts_of(run, detail)
  local duration = ("%s, took %s, %s"):format(M.time(run.started), numbers.seconds(run.seconds or 0),
    numbers.count(run.epochs or 0, "epoch"))
  local machine = {}
  if run.device then machine[1] = run.device end
  if run.thread_count then machine[#machine + 1] = thread_words(run) end
  if run.seed then
    machine[#machine + 1] = "seed " .. (type(run.seed) == "number" and numbers.plain(run.seed) or run.seed)
  end
  if run.host then machine[#machine + 1] = "host " .. run.host end
  return {
    { "script", (run.script_path or "") ~= "" and run.script_path .. git_words(run) or "" },
    { "started", duration },
    { "machine", table.concat(machine, ", ") },
    { "graph", graph_words(run) },
    { "versions", versions_of(detail) },
    { "command", table.concat(detail.command, " ") },
    { "folder", detail.working_folder },
    { "project", run.project or "" },
    { "resumed", run.resumed_from and "from " .. run.resumed_from or "" },
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

local function print_events(events)
  if #events == 0 then return end
  heading(#events > shown_events and ("Events (the last %d)"):format(shown_events) or "Events")
  local rows = {}
  for at = math.max(#events - shown_events, 0) + 1, #events do
    local event = events[at]
    local where = event.epoch and "epoch " .. numbers.plain(event.epoch) or ""
    if event.step then where = ("%s step %s"):format(where, numbers.plain(event.step)) end
    rows[#rows + 1] = { M.time(event.happened), event.kind, (where:gsub("^ ", "")), event.text }
  end
  tables.print(rows, { { title = "when" }, { title = "what" }, { title = "where", optional = true },
    { title = "", wraps = true } })
end

-- How it is run again: by the history, which knows its script and config; else by its own command.
local function print_again(run, detail)
  if #detail.command == 0 then return end
  heading "Again"
  local name = run.run:find "^[%w_.-]+$" and run.run or numbers.plain(run.run_id)
  local command = text.plain(table.concat(detail.command, " "))
  stream.out:write(actions.has "rerun" and "orrery history rerun " .. name or command, "\n")
end

--- Prints a run.
---@param detail table as history:show gives it
---@param limit integer epochs that are shown
function M.print(detail, limit)
  local run, metrics = objects(detail.summary)[1], objects(detail.metrics)
  print_head(run, detail)
  print_config(objects(detail.config))
  run_metrics.print(metrics, objects(detail.ranges), detail.rising, limit)
  parameter_statistics.print(metrics)
  run_costs.parts(objects(detail.parts))
  run_costs.blocks(detail.blocks, run.run, detail.roof)
  print_artifacts(objects(detail.artifacts))
  print_events(objects(detail.events))
  print_notes(objects(detail.notes))
  print_again(run, detail)
end

return M
