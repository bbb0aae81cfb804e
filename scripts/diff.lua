local core = require "orrery.core"
local costs = require "orrery.cli.diff.costs"
local drawing_options = require "orrery.cli.drawing_options"
local json = require "orrery.cli.json"
local overlay = require "orrery.overlay"
local rows = require "orrery.cli.diff.rows"
local sides = require "orrery.cli.diff.sides"
local stream = require "orrery.cli.stream"
local tree = require "orrery.cli.diff.tree"
local weight_diff = require "orrery.cli.weight_diff"

local schema = "orrery.diff/1"

-- Options of drawings that mean the same here.
local shared = { "format", "depth", "expand", "collapse", "fold", "hide", "fuse", "direction", "shapes",
  "all-shapes", "names", "dtypes", "parameters", "theme", "overlay", "history", "scale", "own", "per",
  "numbers", "edge-width", "batch", "legend", "caption", "fit", "width-mm", "dpi", "columns", "ascii",
  "input", "graph" }

local function options()
  local all, known = {
    { name = "output", short = "o", value = "FILE", doc = "draws both graphs as one; '-' for stdout" },
    { name = "json", doc = "one JSON object a line: blocks, nodes, outputs, costs, or tensors; then totals" },
    { name = "all", doc = "also what is the same" },
    { name = "exit-code", doc = "ends with 1 where anything differs, for shells" },
    { name = "weights", doc = "compares tensors, also of saved models, whose graphs are compared else" },
    { name = "part", value = "NAME", doc = "only the tensors below this name: model of a checkpoint" },
    { name = "second-part", value = "NAME", doc = "the same in B, where it is called otherwise there" },
  }, {}
  for _, option in ipairs(drawing_options.list) do known[option.name] = option end
  for _, name in ipairs(shared) do all[#all + 1] = known[name] end
  return all
end

local function changes_of(entry)
  local list = {}
  for at, change in ipairs(entry.changes) do
    list[at] = { what = change.what, before = change.before, after = change.after }
  end
  return json.array(list)
end

local function print_entries(kind, entries, all)
  for _, entry in ipairs(entries) do
    if (all or entry.kind ~= "same") and not (kind == "block" and entry.path == "") then
      local parameters, flops = entry.parameters or {}, entry.flops or {}
      json.line(schema, { kind = kind, change = entry.kind, path = entry.path, old_path = entry.old_path,
        operation = entry.operation, changes = changes_of(entry),
        parameters_before = parameters.before, parameters_after = parameters.after,
        flops_before = flops.before, flops_after = flops.after })
    end
  end
end

local function print_json(compared, measured, names, all)
  print_entries("block", compared.blocks, all)
  print_entries("node", compared.rows, all)
  print_entries("output", compared.outputs, all)
  for _, each in ipairs(measured) do
    for _, row in ipairs(each.rows) do
      json.line(schema, { kind = "cost", measure = each.measure.word, path = row.path, before = row.before,
        after = row.after })
    end
  end
  local counts = compared.counts
  json.line(schema, { kind = "totals", before = names[1], after = names[2], added = counts.added,
    removed = counts.removed, changed = counts.changed, same = counts.same,
    parameters_before = compared.parameters.before, parameters_after = compared.parameters.after,
    flops_before = compared.flops.before, flops_after = compared.flops.after })
end

-- What both runs measured; of flops and parameters the graphs tell.
local function add_overlay(how, word, before, after)
  if overlay.of_graph[word] then
    how.overlay, how.before_overlay = word, word
    return
  end
  if not before.run or not after.run then
    core.fail("usage", ("overlay: '%s' was measured in runs: compare two of them"):format(word),
      "As in: orrery diff last~1 last -o diff.pdf --overlay time; flops and parameters need none.")
  end
  how.before_overlay = overlay.of_run(word, before.run.word, before.run.file)
  how.overlay = overlay.of_run(word, after.run.word, after.run.file)
  local title = how.overlay.title:gsub(", run .*$", "")
  how.overlay.title = ("%s: %s minus %s"):format(title, after.name, before.name)
end

local function draw(given, before, after)
  local file = given.options.output
  if file == "-" and given.options.json then
    core.fail("usage", "a drawing and objects cannot both go to stdout", "Name a file: -o diff.pdf.")
  end
  local how = drawing_options.read(given.options)
  how.overlay, how.history = nil, nil
  how.before, how.all = before.graph, given.options.all
  how.style = "box"
  if given.options.overlay then add_overlay(how, given.options.overlay, before, after) end
  local format = given.options.format
  how.format = file == "-" and (format or "pdf") or drawing_options.format_of(file, format)
  local drawing = require "orrery.drawing"
  if file == "-" then return stream.out:write(drawing.drawing(after.graph, how)) end
  drawing.render(after.graph, file, how)
  if not given.options.json then stream.out:write(file, "\n") end
end

local function compare_weights(given)
  if given.options.output then
    core.fail("usage", "weights are not drawn: -o takes two models with graphs",
      "orrery.save(graph, file) keeps the graph too.")
  end
  if #given.config > 0 then
    core.fail("usage", ("'%s=%s' is for scripts, and these are files of weights"):format(given.config[1].key,
      given.config[1].value))
  end
  return weight_diff.main(given[1], given[2], given.options)
end

-- Prints how the graphs differ; true where they do not.
local function compare_graphs(given, before, after)
  local found = core.diff(before.graph, after.graph)
  local compared = rows.of(found, before.graph, after.graph)
  local counts = compared.counts
  local same = counts.added + counts.removed + counts.changed == 0
  if given.options.output and not given.options.json then return same end
  local measured = before.run and after.run and costs.of(found, { before.run, after.run }) or {}
  local names = { before.name, after.name }
  if given.options.json then
    print_json(compared, measured, names, given.options.all)
  else
    tree.print(compared, names, given.options.all)
    costs.print(measured, given.options.all)
  end
  return same
end

local function compare(given, words)
  if weight_diff.means(given[1], given[2], given.options) then return compare_weights(given) end
  local before, after = sides.open(given[1], given, words), sides.open(given[2], given, words)
  if given.options.output then draw(given, before, after) end
  return compare_graphs(given, before, after)
end

return {
  summary = "Compares two models: what was added, removed and changed, and what that costs; or weights.",
  usage = "orrery diff A B [-o FILE] [--json] [--all] [--option value…]",
  operands = {
    { name = "A", doc = "a Lua file, a saved .safetensors file, a model of the zoo (resnet18, …), a run, "
      .. "or a file of weights: .safetensors, .pt, .pth, .npz" },
    { name = "B", doc = "the same; what it has and A has not was added" },
  },
  options = options,
  takes_config = true,
  notes = "Blocks and layers are matched by what they are and what is around them, so that a new name or a "
    .. "layer in between leaves the rest the same. Without -o the differences are printed, of two runs also "
    .. "time and memory by block; with -o both graphs are drawn as one. key=value sets the orrery.config of "
    .. "scripts. Of two files of weights, of which one keeps no graph, the tensors are compared: names, "
    .. "shapes, and the largest and mean difference of values.",
  examples = { "orrery diff resnet18 resnet34", "orrery diff model.lua better.lua -o diff.pdf",
    "orrery diff last~1 last -o cost.pdf --overlay time --numbers",
    "orrery diff before.pt after.safetensors" },
  main = function(given, words)
    words.verb = "diff"
    return not compare(given, words) and given.options["exit-code"] and 1 or 0
  end,
}
