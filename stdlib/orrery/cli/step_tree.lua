--- The rows of an explanation: blocks and steps as a tree, in the order of the forward pass; what comes again
--- and again is folded.

local layer_tree = require "orrery.cli.layer_tree"

local M = {}

-- So many siblings at most are told as what repeats.
local longest_period = 8

-- Of the first output; "…" for more.
local function shape_of(step)
  local first = step.outputs[1]
  if not first then return "" end
  return step.outputs[2] and first.shape .. " …" or first.shape
end

local function measure_step(row)
  local step = row.step
  row.first, row.last, row.bytes, row.output = step.number, step.number, step.bytes, shape_of(step)
  row.like = table.concat({ step.operation, step.forward, step.backward, row.output, step.bytes,
    step.why or "" }, "|")
end

-- Leaves what takes steps, in their order. False for a block that takes none.
local function measure(row, steps)
  if row.kind == "node" then
    row.step = steps[row.path]
    if row.step then measure_step(row) end
    return row.step ~= nil
  end
  local kept, likes = {}, {}
  row.first, row.last, row.bytes = math.huge, 0, 0
  for _, child in ipairs(row.children) do
    if measure(child, steps) then
      kept[#kept + 1] = child
      row.first, row.last = math.min(row.first, child.first), math.max(row.last, child.last)
      row.bytes = row.bytes + child.bytes
    end
  end
  table.sort(kept, function(a, b) return a.first < b.first end)
  for at, child in ipairs(kept) do likes[at] = child.like end
  row.children, row.like = kept, "{" .. table.concat(likes, ";") .. "}"
  return kept[1] ~= nil
end

-- How often the `period` siblings from a place stand there one after the other.
local function times_of(rows, from, period)
  local at = from + period
  while rows[at] and rows[at].like == rows[at - period].like do at = at + 1 end
  return math.floor((at - from) / period)
end

local function has_block(rows, from, period)
  for at = from, from + period - 1 do
    if rows[at].kind == "block" then return true end
  end
  return false
end

-- What repeats at a place, so that most is folded: how many siblings, and how often; 1, 1 for nothing.
local function repeated(rows, from)
  local best, times = 1, 1
  for period = 1, math.min(longest_period, #rows - from + 1) do
    local found = times_of(rows, from, period)
    local enough = found >= (has_block(rows, from, period) and 2 or 3)
    if enough and period * (found - 1) > best * (times - 1) then best, times = period, found end
  end
  return best, times
end

local function fold_of(rows, from, period, times)
  local last = from + period * times - 1
  local fold = { kind = "fold", period = period, times = times - 1, bytes = 0,
    first = rows[from + period].first, last = rows[last].last }
  for at = from + period, last do fold.bytes = fold.bytes + rows[at].bytes end
  return fold
end

local function folded(rows)
  local kept, at = {}, 1
  while rows[at] do
    local period, times = repeated(rows, at)
    for place = at, at + period - 1 do kept[#kept + 1] = rows[place] end
    if times > 1 then kept[#kept + 1] = fold_of(rows, at, period, times) end
    at = at + period * times
  end
  return kept
end

local function flatten(row, all, prefix, rows)
  local children = all and row.children or folded(row.children)
  for at, child in ipairs(children) do
    local last = at == #children
    child.tree = prefix .. (last and "└─ " or "├─ ")
    rows[#rows + 1] = child
    if child.kind == "block" then flatten(child, all, prefix .. (last and "   " or "│  "), rows) end
  end
end

--- The rows, of kind `block`, `node` (with its `step`) or `fold` (`times` more of the `period` rows before
--- it); each with first, last (numbers of steps), bytes.
---@param facts table of graph:describe()
---@param steps table[] of the engine's explain, in their order
---@param all? boolean nothing is folded
function M.of(facts, steps, all)
  local by_path, rows = {}, {}
  for number, step in ipairs(steps) do
    step.number = number
    by_path[step.path] = step
  end
  local root = layer_tree.arrange(facts)
  measure(root, by_path)
  flatten(root, all, "", rows)
  return rows
end

return M
