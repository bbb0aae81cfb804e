--- The calls of LibTorch and the kernels of a run (`--profile kernel`), the dearest first.

local core = require "orrery.core"
local forms = require "orrery.cli.forms"
local numbers = require "orrery.cli.numbers"
local sparkline = require "orrery.cli.sparkline"
local sql_rows = require "orrery.sql_rows"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local M = {}

local shown = 30
local bar_width = 12

local calls_of = [[
SELECT node, part, kernel, device, calls, seconds, shortest_seconds, longest_seconds FROM kernel_cost
WHERE run_id = %d ORDER BY seconds DESC, node, part, kernel, device]]

local steps_of = "SELECT count, seconds FROM part_cost WHERE run_id = %d AND part = 'step'"

local function with_shares(calls, step)
  for _, call in ipairs(calls) do
    call.share = step and step.seconds > 0 and call.seconds / step.seconds or nil
  end
  return calls
end

local names = { "node", "part", "kernel", "device", "calls", "seconds", "shortest_seconds", "longest_seconds",
  "share" }

local function print_rows(options, calls)
  local rows, columns = {}, {}
  for place, name in ipairs(names) do columns[place] = { name = name } end
  for at, call in ipairs(calls) do
    rows[at] = {}
    for place, name in ipairs(names) do rows[at][place] = call[name] end
  end
  forms.print(options, { schema = "orrery.history.kernels/1", columns = columns, rows = rows })
end

local function several_devices(calls)
  for _, call in ipairs(calls) do
    if call.device ~= calls[1].device then return true end
  end
  return false
end

local function percent(share) return share and ("%.1f %%"):format(share * 100) or "" end

local function dim(words)
  for _, line in ipairs(text.wrap(words, stream.out:width() or 110)) do
    stream.out:write(stream.out:paint("dim", line), "\n")
  end
end

local function row_of(call, steps, with_device)
  return { call.kernel, call.node or "(outside)", (call.part:gsub("_", " ")),
    with_device and call.device or nil, ("%.3g"):format(call.calls / steps),
    ("%.4f"):format(call.seconds / steps * 1e3), percent(call.share),
    call.share and sparkline.bar(call.share, bar_width), colours = { [8] = "cyan" } }
end

local function more_words(calls)
  local share = 0
  for at = shown + 1, #calls do share = share + (calls[at].share or 0) end
  return ("%s more with %s of a step: --csv, --json and --plain have all"):format(
    numbers.thousands(#calls - shown), percent(share))
end

local table_columns = {
  { title = "call", shrinks = true, least = 16 },
  { title = "node", shrinks = true, least = 12 },
  { title = "part" },
  { title = "device", drops = true },
  { title = "calls", right = true },
  { title = "ms", right = true },
  { title = "share", right = true },
  { title = "", optional = true },
}

local function print_table(calls, steps)
  local with_device, rows = several_devices(calls), {}
  for at = 1, math.min(#calls, shown) do rows[at] = row_of(calls[at], steps, with_device) end
  forms.table(table_columns, rows)
  dim(("calls and time of one step, the mean of %s; orrery: own kernels, and what lies between calls; "
    .. "(outside): of no node"):format(numbers.thousands(steps)))
  if #calls > shown then dim(more_words(calls)) end
end

--- Prints them in the form that the options ask for; a run without them is refused.
---@param history orrery.History
---@param run integer
---@param name string of the run
---@param options table
function M.print(history, run, name, options)
  local step = sql_rows.of(history, steps_of:format(run))[1]
  local calls = with_shares(sql_rows.of(history, calls_of:format(run)), step)
  if not calls[1] then
    core.fail("usage", ("the calls of run '%s' were not profiled"):format(name),
      "Train with --profile kernel to have them.")
  end
  if forms.of(options) ~= "table" then return print_rows(options, calls) end
  print_table(calls, step and math.max(step.count, 1) or 1)
end

return M
