--- What the blocks of a run cost, as a tree: rows with their own share and that of the blocks inside.

local M = {}

local function sum_of(...)
  local sum
  for at = 1, select("#", ...) do
    local part = select(at, ...)
    if part then sum = (sum or 0) + part end
  end
  return sum
end

--- What is asked for: the cost with what is inside, the own cost, and both as people read them.
M.measures = {
  time = {
    title = "time", unit = "ms",
    whole = function(row) return sum_of(row.forward_seconds, row.backward_seconds) end,
    own = function(row) return sum_of(row.own_forward_seconds, row.own_backward_seconds) end,
  },
  memory = {
    title = "memory", unit = "KiB",
    whole = function(row)
      return sum_of(row.tmu_bytes, row.tgu_bytes, row.lmu_bytes, row.lgu_bytes, row.optimizer_bytes)
    end,
    own = function(row)
      return sum_of(row.own_tmu_bytes, row.own_tgu_bytes, row.own_lmu_bytes, row.own_lgu_bytes,
        row.own_optimizer_bytes)
    end,
  },
  flops = {
    title = "FLOPs", unit = "MFLOP",
    whole = function(row) return row.flops end,
    own = function(row) return row.own_flops end,
  },
}

local function depth_of(path)
  if path == "" then return 0 end
  return select(2, path:gsub("/", "")) + 1
end

--- Rows of a table of the history by their columns' names.
---@param found { columns: string[], rows: any[][] }
---@return table[]
function M.objects(found)
  local list = {}
  for at, row in ipairs(found.rows) do
    list[at] = {}
    for place, name in ipairs(found.columns) do list[at][name] = row[place] end
  end
  return list
end

-- A node stands in the block that it lies in, behind the blocks of it.
local function node_of(row)
  return { path = row.path, parent = row.block, is_node = true, operation = row.operation, steps = row.steps,
    row = row, depth = depth_of(row.block) + 1 }
end

local function children_of(entries)
  local children = {}
  for _, entry in ipairs(entries) do
    if entry.path ~= "" or entry.is_node then
      children[entry.parent] = children[entry.parent] or {}
      table.insert(children[entry.parent], entry)
    end
  end
  return children
end

-- The dearest first; equal ones as they were. Lua's sort alone would leave those in any order.
local function sorted(list)
  for place, entry in ipairs(list) do entry.place = place end
  table.sort(list, function(a, b)
    local cost, other = a.whole or -1, b.whole or -1
    if cost == other then return a.place < b.place end
    return cost > other
  end)
  return list
end

--- The blocks of a run from the outermost, the dearest first among siblings; with `nodes` those below their
--- blocks. Each entry has path, depth, whole, own, share (of the whole graph) and steps.
---@param blocks { columns: string[], rows: any[][] } as `history:blocks` gives them
---@param by "time"|"memory"|"flops"
---@param nodes? { columns: string[], rows: any[][] } as `history:nodes` gives them
---@return table[] entries
function M.entries(blocks, by, nodes)
  local measure, entries, root = M.measures[by], {}, nil
  for _, row in ipairs(M.objects(blocks)) do
    local entry = { path = row.path, parent = row.path:match "^(.*)/[^/]*$" or "", steps = row.steps,
      row = row, depth = depth_of(row.path) }
    if row.path == "" then root = entry end
    entries[#entries + 1] = entry
  end
  for _, row in ipairs(nodes and M.objects(nodes) or {}) do entries[#entries + 1] = node_of(row) end
  for _, entry in ipairs(entries) do
    entry.whole = measure.whole(entry.row)
    entry.own = entry.is_node and entry.whole or measure.own(entry.row)
  end
  local all, children, ordered = root and root.whole or 0, children_of(entries), {}
  local function add(entry)
    entry.share = entry.whole and all > 0 and entry.whole / all or nil
    ordered[#ordered + 1] = entry
    if entry.is_node then return end
    for _, child in ipairs(sorted(children[entry.path] or {})) do add(child) end
  end
  if root then add(root) end
  return ordered
end

--- The steps that were measured: sums of times and FLOPs are of so many.
---@param entries table[]
---@return integer
function M.steps(entries)
  local steps = 0
  for _, entry in ipairs(entries) do steps = math.max(steps, entry.steps or 0) end
  return steps
end

--- A cost as a person reads it: milliseconds or megaflops of one step, KiB.
---@param cost? number
---@param by "time"|"memory"|"flops"
---@param steps integer
---@return number?
function M.in_units(cost, by, steps)
  if not cost then return nil end
  if by == "memory" then return cost / 1024 end
  if steps == 0 then return nil end
  return by == "time" and cost / steps * 1e3 or cost / steps / 1e6
end

return M
