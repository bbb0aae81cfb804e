--- The rows that `orrery diff` prints of two graphs: blocks and nodes as one tree, marked, with what each
--- costs on both sides.

local layer_tree = require "orrery.cli.layer_tree"

local M = {}

-- Costs are those of one sample, where the batch alone is not known.
local function facts_of(graph)
  local facts = graph:describe()
  local symbol = layer_tree.factor(facts)
  if symbol then facts = graph:describe { [symbol] = 1 } end
  for _, node in ipairs(facts.nodes) do
    node.flops = type(node.flops) == "number" and node.flops or nil
    if node.shared then node.parameters = 0 end
  end
  return facts
end

local function parent_of(path) return path:match "^(.*)/[^/]*$" or "" end
local function name_of(path) return path:match "[^/]*$" end

-- The block of a path in the tree, with those around it; each stands where its first node does.
local function block_at(blocks, kinds, path)
  if blocks[path] then return blocks[path] end
  local entry = kinds[path] or { kind = "same", changes = {} }
  local block = { is_block = true, path = path, name = name_of(path), kind = entry.kind,
    old_path = entry.old_path, changes = entry.changes, children = {}, nodes = 0, differ = 0 }
  blocks[path] = block
  local parent = block_at(blocks, kinds, parent_of(path))
  parent.children[#parent.children + 1] = block
  block.parent = parent
  return block
end

local function count(block, row)
  while block do
    block.nodes = block.nodes + 1
    if row.kind ~= "same" then block.differ = block.differ + 1 end
    block = block.parent
  end
end

local function row_of(entry, before, after)
  local old, new = before.nodes[entry.before or 0], after.nodes[entry.after or 0]
  local node = new or old
  return {
    path = entry.path, name = name_of(entry.path), kind = entry.kind, changes = entry.changes,
    old_path = entry.old_path, operation = node.operation, options = node.options,
    parameters = { before = old and old.parameters, after = new and new.parameters },
    flops = { before = old and old.flops, after = new and new.flops },
  }
end

local function sum_of(nodes, what)
  local sum = 0
  for _, node in ipairs(nodes) do
    if not node[what] then return nil end
    sum = sum + node[what]
  end
  return sum
end

--- What two graphs have and cost. `root` is the tree: blocks with `children`, nodes as rows, each with `kind`
--- (same, added, removed, changed); `counts` are of nodes by kind; `flops` are nil where sizes are not known.
---@param differences table of core.diff
---@param before orrery.Graph
---@param after orrery.Graph
function M.of(differences, before, after)
  local old, new = facts_of(before), facts_of(after)
  local kinds, rows, counts = {}, {}, { same = 0, added = 0, removed = 0, changed = 0 }
  for _, entry in ipairs(differences.blocks) do kinds[entry.path] = entry end
  local root = { is_block = true, path = "", name = "", kind = "same", changes = {}, children = {}, nodes = 0,
    differ = 0 }
  local blocks = { [""] = root }
  for at, entry in ipairs(differences.nodes) do
    local row = row_of(entry, old, new)
    local block = block_at(blocks, kinds, parent_of(entry.path))
    block.children[#block.children + 1] = row
    rows[at] = row
    counts[row.kind] = counts[row.kind] + 1
    count(block, row)
  end
  return {
    root = root, rows = rows, counts = counts, outputs = differences.outputs, blocks = differences.blocks,
    parameters = { before = old.parameters, after = new.parameters },
    flops = { before = sum_of(old.nodes, "flops"), after = sum_of(new.nodes, "flops") },
  }
end

--- Do the graphs differ at all?
function M.differ(compared)
  local counts = compared.counts
  if counts.added + counts.removed + counts.changed > 0 then return true end
  for _, list in ipairs { compared.blocks, compared.outputs } do
    for _, entry in ipairs(list) do
      if entry.kind ~= "same" then return true end
    end
  end
  return false
end

return M
