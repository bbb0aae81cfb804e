--- What a run has measured, as an overlay of drawings: amounts by the paths of nodes and blocks.

local core = require "orrery.core"

local M = {}

-- Columns of `block_cost` and `node_cost` that are added up; `adds = false`: of several the largest counts.
-- What is a sum over all steps is told for one.
local quantities = {
  forward = { title = "Forward time of one step", unit = "s", per_step = true, "forward_seconds" },
  backward = { title = "Backward time of one step", unit = "s", per_step = true, "backward_seconds" },
  time = { title = "Time of one step", unit = "s", per_step = true, "forward_seconds", "backward_seconds" },
  device = { title = "Time on the device of one step", unit = "s", per_step = true, "device_seconds" },
  tmu = { title = "Output tensors", unit = "B", "tmu_bytes" },
  tgu = { title = "Gradients of output tensors", unit = "B", "tgu_bytes" },
  lmu = { title = "Parameters and buffers", unit = "B", "lmu_bytes" },
  lgu = { title = "Gradients of parameters", unit = "B", "lgu_bytes" },
  memory = { title = "Tensors, parameters and their gradients", unit = "B", "tmu_bytes", "tgu_bytes",
    "lmu_bytes", "lgu_bytes" },
  peak = { title = "The allocator's highest reading", unit = "B", adds = false, "peak_bytes" },
  flops = { title = "Operations of one step", unit = "FLOP", per_step = true, "flops" },
  gradient_norm = { title = "Norm of the parameters' gradients", unit = "1", adds = false, "grad_norm" },
}

--- The quantities that there are, `parameters` among them, which the graph alone tells.
M.names = { "forward", "backward", "time", "device", "tmu", "tgu", "lmu", "lgu", "memory", "peak", "flops",
  "parameters", "gradient_norm" }

--- Those that need no run.
M.of_graph = { flops = true, parameters = true }

-- The sum of a row's columns; nil where none is known.
local function amount(row, quantity, prefix)
  local sum
  for _, column in ipairs(quantity) do
    local value = row[prefix .. column]
    if value then sum = (sum or 0) + value end
  end
  if sum and quantity.per_step then
    return row.steps and row.steps > 0 and sum / row.steps or nil
  end
  return sum
end

local function by_path(rows, quantity, prefix)
  local amounts, found = {}, false
  for _, row in ipairs(rows) do
    local value = amount(row, quantity, prefix)
    if value then amounts[row.path], found = value, true end
  end
  return amounts, found
end

-- Without blocks inside, a block's own peak is the only one that is known.
local function own_prefix(rows, column)
  return rows[1] and (rows[1]["own_" .. column] ~= nil or column ~= "peak_bytes") and "own_" or ""
end

-- Blocks without nodes of their own have no steps; those of the whole run are theirs.
local function fill_steps(rows)
  local most = 0
  for _, row in ipairs(rows) do most = math.max(most, row.steps or 0) end
  for _, row in ipairs(rows) do row.steps = row.steps or most end
end

local function refuse_word(word)
  core.fail("usage", ("overlay must be one of %s, got '%s'%s"):format(table.concat(M.names, ", "),
    tostring(word), core.nearest(tostring(word), M.names)))
end

local function refuse_run(word, run)
  core.fail("usage", ("overlay: run %s has nothing recorded of '%s'"):format(run.name, word),
    word == "gradient_norm" and 'Train with log_gradients = { by = "block" }.'
    or "Train with --profile block, or node for the amounts of single nodes.")
end

--- Reads the amounts of a quantity of a run (as `history:run` takes it) in a history's file; second, the
--- run's name.
function M.of_run(word, run_word, file)
  local quantity = quantities[word] or refuse_word(word)
  local history = require("orrery.history").open(file or "orrery.db")
  local run = history:run(run_word)
  local blocks = run:blocks()
  local nodes = history:rows(("SELECT * FROM node_cost WHERE run_id = %d ORDER BY path"):format(run.id))
  history:close()
  fill_steps(blocks)
  local overlay = { title = ("%s, run %s"):format(quantity.title, run.name), unit = quantity.unit,
    adds = quantity.adds ~= false }
  local any_block, any_own, any_node
  overlay.total, any_block = by_path(blocks, quantity, quantity[1] == "grad_norm" and "own_" or "")
  overlay.blocks, any_own = by_path(blocks, quantity, own_prefix(blocks, quantity[1]))
  overlay.nodes, any_node = by_path(nodes, quantity, "")
  if not (any_block or any_own or any_node) then refuse_run(word, run) end
  return overlay, run.name
end

-- Amounts of another model would colour what happens to have the same path.
local function check_blocks(overlay, graph, run_name)
  for path in pairs(overlay.total) do
    if path ~= "" and not pcall(graph.find, graph, path) then
      core.fail("usage", ("overlay: run %s measured a block '%s', and '%s' has none"):format(run_name, path,
        graph.name), "Draw the model that this run trained, or name a run of this model.")
    end
  end
end

-- The same of single nodes, which a model without blocks has alone.
local function check_nodes(overlay, graph, run_name)
  local known = {}
  for _, node in ipairs(graph:describe().nodes) do known[node.path] = true end
  for path in pairs(overlay.nodes) do
    if not known[path] then
      core.fail("usage", ("overlay: run %s measured a node '%s', and '%s' has none"):format(run_name, path,
        graph.name), "Draw the model that this run trained, or name a run of this model.")
    end
  end
end

local function check_level(overlay, per, run_name)
  if per == "node" and not next(overlay.nodes) then
    core.fail("usage", ("overlay: run %s measured blocks, and no single nodes"):format(run_name),
      "Train with --profile node, or leave per out.")
  end
end

-- What tells how an overlay looks does nothing without one.
local function check_company(options)
  if options.overlay then
    if options.color and options.color ~= "kind" then
      core.fail("usage", "give either overlay or color: a box has one colour")
    end
    return
  end
  for _, name in ipairs { "run", "scale", "own", "numbers", "per" } do
    if options[name] then
      core.fail("usage", name .. " is about an overlay, and none is asked for",
        'Give overlay = "flops" (--overlay flops), or another quantity.')
    end
  end
end

--- What `overlay`, `run` and `history` among the options of a drawing of `graph` mean to the renderer: the
--- same options with amounts in place of the words.
function M.resolve(options, graph)
  if type(options) ~= "table" then return options end
  check_company(options)
  if type(options.overlay) ~= "string" then return options end
  if not options.run and not M.of_graph[options.overlay] then
    if not quantities[options.overlay] then refuse_word(options.overlay) end
    core.fail("usage", ("overlay: '%s' was measured in a run: say in which"):format(options.overlay),
      'Give run = "last" (--run last); flops and parameters need none.')
  end
  local resolved = {}
  for name, value in pairs(options) do resolved[name] = value end
  resolved.run, resolved.history = nil, nil
  if options.run and options.overlay ~= "parameters" then
    local run_name
    resolved.overlay, run_name = M.of_run(options.overlay, options.run, options.history)
    check_blocks(resolved.overlay, graph, run_name)
    check_nodes(resolved.overlay, graph, run_name)
    check_level(resolved.overlay, options.per, run_name)
  end
  return resolved
end

return M
