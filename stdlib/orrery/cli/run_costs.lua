--- What a run cost, on its page: the parts of a step, and the dearest blocks by time and by memory.

local cost_rates = require "orrery.cli.cost_rates"
local cost_tree = require "orrery.cli.cost_tree"
local forms = require "orrery.cli.forms"
local numbers = require "orrery.cli.numbers"
local sparkline = require "orrery.cli.sparkline"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"
local text = require "orrery.cli.text"

local M = {}

--- What the four kinds of memory are.
M.memory_kinds = "TMU (output tensors), TGU (their gradients), LMU (parameters and buffers), LGU (the "
  .. "parameters' gradients)"

local shown_blocks = 8
local bar_width = 12

local function heading(words) stream.out:write("\n", stream.out:paint("bold", words), "\n") end

local function milliseconds(seconds, steps)
  if not seconds or not steps or steps == 0 then return "" end
  return ("%.3f"):format(seconds / steps * 1000)
end

local function kibibytes(bytes) return bytes and ("%.1f"):format(bytes / 1024) or "" end
local function percent(share) return ("%.1f %%"):format(share * 100) end

local time_columns = {
  { title = "block", shrinks = true }, { title = "forward ms", right = true },
  { title = "backward ms", right = true }, { title = "share", right = true }, { title = "", optional = true },
}
for _, column in ipairs(cost_rates.columns()) do time_columns[#time_columns + 1] = column end

local memory_columns = { { title = "block", shrinks = true } }
for _, name in ipairs { "TMU", "TGU", "LMU", "LGU", "optimizer", "peak" } do
  memory_columns[#memory_columns + 1] = { title = name, right = true }
end

-- The whole graph, then the blocks that cost most by themselves; how many more cost something.
local function dearest(blocks, by)
  local entries, costly = cost_tree.entries(blocks, by), {}
  for at = 2, #entries do
    if (entries[at].own or 0) > 0 then costly[#costly + 1] = entries[at] end
  end
  for place, entry in ipairs(costly) do entry.place = place end
  table.sort(costly, function(a, b)
    if a.own == b.own then return a.place < b.place end
    return a.own > b.own
  end)
  local kept = { entries[1] }
  for at = 1, math.min(#costly, shown_blocks) do kept[at + 1] = costly[at] end
  return kept, math.max(#costly - shown_blocks, 0), cost_tree.steps(entries)
end

local function more_words(more, run)
  if more == 0 then return end
  local words = ("%s more: orrery history blocks %s"):format(numbers.count(more, "block"), run)
  stream.out:write(stream.out:paint("dim", words), "\n")
end

local function time_row(entry, whole, steps, roof)
  local row, is_root = entry.row, entry.path == ""
  local cost = is_root and entry.whole or entry.own
  local forward = is_root and row.forward_seconds or row.own_forward_seconds
  local backward = is_root and row.backward_seconds or row.own_backward_seconds
  local share = whole > 0 and (cost or 0) / whole or 0
  local flop_rate, byte_rate, of_roof = cost_rates.of(row, is_root and "" or "own_", steps, roof)
  return { is_root and "(whole graph)" or entry.path, milliseconds(forward, steps),
    milliseconds(backward, steps), percent(share), sparkline.bar(share, bar_width), flop_rate, byte_rate,
    of_roof, colours = { [5] = "cyan" } }
end

local function explain(words)
  for _, line in ipairs(text.wrap(words, stream.out:width() or 110)) do
    stream.out:write(stream.out:paint("dim", line), "\n")
  end
end

local function rate_words(rows, roof)
  for _, row in ipairs(rows) do
    if row[6] or row[7] then return explain(cost_rates.words(roof)) end
  end
end

local function memory_row(entry)
  local row, own = entry.row, entry.path == "" and "" or "own_"
  return { entry.path == "" and "(whole graph)" or entry.path, kibibytes(row[own .. "tmu_bytes"]),
    kibibytes(row[own .. "tgu_bytes"]), kibibytes(row[own .. "lmu_bytes"]),
    kibibytes(row[own .. "lgu_bytes"]), kibibytes(row[own .. "optimizer_bytes"]), kibibytes(row.peak_bytes) }
end

--- Prints the blocks that cost most by themselves.
---@param blocks { columns: string[], rows: any[][] } as `history:blocks` gives them
---@param run string its name, for the verb that shows all
---@param roof? table of cli/cost_rates
function M.blocks(blocks, run, roof)
  local entries, more, steps = dearest(blocks, "time")
  if steps == 0 then return end
  local rows = {}
  for at, entry in ipairs(entries) do rows[at] = time_row(entry, entries[1].whole or 0, steps, roof) end
  heading "Time of a step: the whole graph, then blocks by themselves"
  forms.table(time_columns, rows)
  rate_words(rows, roof)
  more_words(more, run)
  entries, more = dearest(blocks, "memory")
  if not entries[1].whole then return end
  rows = {}
  for at, entry in ipairs(entries) do rows[at] = memory_row(entry) end
  heading "Memory in KiB, at most: the whole graph, then blocks by themselves"
  tables.print(rows, memory_columns)
  explain(M.memory_kinds .. "; peak: of the allocator, inside the block")
  more_words(more, run)
end

--- Prints where the time of the steps went.
---@param parts table[] rows of `part_cost`
function M.parts(parts)
  local step
  for _, part in ipairs(parts) do step = part.part == "step" and part or step end
  if not step then return end
  heading "Parts of a step"
  local rows = {}
  for _, part in ipairs(parts) do
    local share = step.seconds > 0 and part.seconds / step.seconds or 0
    local row = { (part.part:gsub("_", " ")), milliseconds(part.seconds, step.count), percent(share),
      sparkline.bar(share, bar_width), colours = { [4] = "cyan" } }
    table.insert(rows, part == step and 1 or #rows + 1, row)
  end
  tables.print(rows, { { title = "part" }, { title = "ms", right = true }, { title = "share", right = true },
    { title = "", optional = true } })
end

return M
