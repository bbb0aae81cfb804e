--- The rows of a summary: blocks and nodes as a tree, with what each has and costs.

local M = {}

local function number_or(dim, symbols)
  if type(dim) == "number" then return dim end
  local number = symbols.sizes and dim:at(symbols.sizes)
  if number then return number end
  symbols.found = true
  return 0
end

-- Operations are counted for matrix products and convolutions alone: a multiplication and an addition each.
local function mult_adds(node, symbols) return number_or(node.flops, symbols) / 2 end

-- Bytes that a node's outputs take by themselves: a view takes none, and single numbers do not matter.
local function output_bytes(node, symbols)
  if node.view or node.kind == "constant" or node.kind == "state" then return 0 end
  local bytes = 0
  for _, output in ipairs(node.outputs) do
    if #output.shape > 0 then bytes = bytes + number_or(output.bytes, symbols) end
  end
  return bytes
end

local function parent_of(path) return path:match "^(.*)/[^/]*$" or "" end

--- Blocks and nodes under the block that holds them, each block where its first node stands: the root, with
--- `children`.
---@param facts table of graph:describe()
function M.arrange(facts)
  local blocks = {}
  for _, block in ipairs(facts.blocks) do
    blocks[block.path] = { kind = "block", name = block.name, path = block.path, title = block.title,
      children = {} }
  end
  local function place(block)
    if block.placed or block.path == "" then return end
    block.placed = true
    local parent = blocks[parent_of(block.path)]
    place(parent)
    table.insert(parent.children, block)
  end
  for _, node in ipairs(facts.nodes) do
    local block = blocks[node.block]
    place(block)
    table.insert(block.children, { kind = "node", node = node, name = node.name, path = node.path })
  end
  return blocks[""]
end

local function add(into, from)
  for _, key in ipairs { "parameters", "trainable", "mult_adds", "nodes" } do
    into[key] = into[key] + from[key]
  end
end

-- Fills in what a row has; a layer's parameters count where it stands first.
local function measure(row, symbols)
  row.parameters, row.trainable, row.mult_adds, row.nodes = 0, 0, 0, 0
  if row.kind == "block" then
    for _, child in ipairs(row.children) do
      measure(child, symbols)
      add(row, child)
      row.output = child.output or row.output
    end
    return
  end
  local node = row.node
  row.nodes = 1
  row.shared = node.shared
  row.output = node.outputs[1] and node.outputs[1].text
  row.mult_adds = mult_adds(node, symbols)
  if not node.shared then row.parameters, row.trainable = node.parameters, node.trainable end
end

local function flatten(row, depth, limit, prefix, rows)
  for at, child in ipairs(row.children) do
    local last = at == #row.children
    child.depth = depth
    child.tree = prefix .. (last and "└─ " or "├─ ")
    rows[#rows + 1] = child
    if child.kind == "block" and (not limit or depth < limit) then
      flatten(child, depth + 1, limit, prefix .. (last and "   " or "│  "), rows)
    end
  end
end

-- What all nodes cost together.
local function costs(facts, symbols)
  local sum = { mult_adds = 0, input_bytes = 0, pass_bytes = 0 }
  for _, node in ipairs(facts.nodes) do
    local bytes = output_bytes(node, symbols)
    sum.mult_adds = sum.mult_adds + mult_adds(node, symbols)
    if node.kind == "input" then
      sum.input_bytes = sum.input_bytes + bytes
    else
      sum.pass_bytes = sum.pass_bytes + 2 * bytes
    end
  end
  return sum
end

local function symbols_of(facts)
  local names, known = {}, {}
  for _, node in ipairs(facts.nodes) do
    for _, output in ipairs(node.outputs) do
      for _, dim in ipairs(output.shape) do
        local name = type(dim) ~= "number" and tostring(dim):match "^[%a_][%w_]*$"
        if name and not known[name] then
          known[name] = true
          names[#names + 1] = name
        end
      end
    end
  end
  return names
end

--- The one symbol of which all costs are a multiple, or nil, and the costs where it is 1: those of one
--- sample, then, say all.
---@param facts table of graph:describe()
---@return string? symbol
---@return table? costs
function M.factor(facts)
  local names = symbols_of(facts)
  if #names ~= 1 then return nil end
  local one = costs(facts, { sizes = { [names[1]] = 1 } })
  local two = costs(facts, { sizes = { [names[1]] = 2 } })
  for key, cost in pairs(one) do
    if two[key] ~= 2 * cost then return nil end
  end
  return names[1], one
end

--- The rows and the totals of a graph. Where one symbol is a factor of all costs (`symbol` of the answer),
--- they are those of one sample; else `symbolic` tells that numbers lack what symbols would add.
---@param graph orrery.Graph
---@param sizes table<string, number> sizes of symbols
---@param depth? integer blocks inside so many others stay closed
function M.of(graph, sizes, depth)
  local facts, rows = graph:describe(sizes), {}
  local symbol, totals = M.factor(facts)
  local symbols = { sizes = symbol and { [symbol] = 1 } }
  local root = M.arrange(facts)
  measure(root, symbols)
  flatten(root, 1, depth, "", rows)
  totals = totals or costs(facts, symbols)
  totals.nodes, totals.parameters, totals.trainable = #facts.nodes, facts.parameters, facts.trainable
  totals.state_bytes = facts.state_bytes
  return { rows = rows, totals = totals, symbol = symbol, symbolic = symbols.found or false }
end

return M
