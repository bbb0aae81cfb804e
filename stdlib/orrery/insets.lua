--- Small plots inside the boxes of a drawing, of what a run or a file tells: the words of `inside`.

local core = require "orrery.core"
local weight_histograms = require "orrery.weight_histograms"

local M = {}

--- The words that there are.
M.names = { "activations", "curves", "gradients", "weights" }

local bins = 40

local function number(value) return value == value and ("%.3g"):format(value):gsub("-", "−") or "NaN" end

-- A metric over the epochs: of training, and of validation where there is one.

local function rows_by_metric(run)
  local metrics, last = {}, 0
  for _, row in ipairs(run:metrics()) do
    local splits = metrics[row.metric] or {}
    metrics[row.metric] = splits
    splits[row.split] = splits[row.split] or {}
    splits[row.split][row.epoch] = row.value or 0 / 0
    last = math.max(last, row.epoch)
  end
  return metrics, last
end

local function line_of(by_epoch, last)
  local line = {}
  for epoch = 1, last do line[epoch] = by_epoch[epoch] or 0 / 0 end
  return line
end

local function newest(line)
  for at = #line, 1, -1 do
    if line[at] == line[at] then return number(line[at]) end
  end
  return "NaN"
end

local function curve_of(splits, title, last)
  local lines, words = {}, {}
  for _, split in ipairs { "train", "validation" } do
    if splits[split] then
      lines[#lines + 1] = line_of(splits[split], last)
      words[#words + 1] = (split == "train" and "" or "val ") .. newest(lines[#lines])
    end
  end
  return lines[1] and { kind = "lines", title = title .. " " .. table.concat(words, ", "), values = lines,
    left = "epoch 1", right = last > 1 and tostring(last) or nil }
end

local function put(found, path, inset)
  if not inset then return end
  found[path] = found[path] or {}
  table.insert(found[path], inset)
end

-- Losses and metrics stand in the box that makes the value that they are taken of.
local function curves(run, graph)
  local metrics, last = rows_by_metric(run)
  local found, seen = {}, {}
  for _, use in ipairs(graph:describe().uses) do
    local name = use.kind == "loss" and (metrics[use.name] and use.name or "loss") or use.name
    if (use.kind == "loss" or use.kind == "metric") and metrics[name] and not seen[name] then
      put(found, use.path, curve_of(metrics[name], name, last))
      seen[name] = true
    end
  end
  return found
end

-- `gradients/features/norm` is a block's, `gradients/features.fc.weight/norm` a parameter's.
local function gradients(run, graph)
  local metrics, last = rows_by_metric(run)
  local found, names, blocks = {}, {}, {}
  for _, block in ipairs(graph:describe().blocks) do blocks[block.path] = true end
  for name in pairs(metrics) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local path = name:match "^gradients/(.+)/norm$"
    local layer, parameter = (path or ""):match "^(.-)%.?([^.]*)$"
    if path and blocks[path] then
      put(found, path, curve_of(metrics[name], "‖gradient‖", last))
    elseif path then
      put(found, (layer:gsub("%.", "/")), curve_of(metrics[name], "‖" .. parameter .. " gradient‖", last))
    end
  end
  return found
end

local function is_weights(name) return name:find "weight[^.]*$" ~= nil end

local function histogram_of(name, found)
  local inside = found.least < 0 and found.most > 0
  return { kind = "bars", title = name, values = { found.counts }, left = number(found.least),
    right = number(found.most), mark = inside and -found.least / (found.most - found.least) or nil }
end

-- In the box of the layer that owns them; a checkpoint's names begin with `model.`.
local function weights(file)
  local found, names = {}, {}
  local histograms = weight_histograms.read(file, is_weights, bins)
  for name in pairs(histograms) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local layer, weight = name:gsub("^model%.", ""):match "^(.-)%.?([^.]*)$"
    put(found, (layer:gsub("%.", "/")), histogram_of(weight, histograms[name]))
  end
  return found
end

-- What a saver wrote of the values that the graph computed for a batch. In a list they are called by the path
-- of the node that makes them, and `:output` where it makes several.
local function activations(file, graph)
  local found, names, known = {}, {}, {}
  for _, node in ipairs(graph:describe().nodes) do known[node.path] = true end
  local function maker(name) return known[name] and name or name:match "^(.*):[^:]*$" end
  local histograms = weight_histograms.read(file, function(name) return known[maker(name) or ""] end, bins)
  for name in pairs(histograms) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local output = name:sub(#maker(name) + 2)
    put(found, maker(name), histogram_of(output == "" and "activation" or output, histograms[name]))
  end
  if next(found) then return found end
  core.fail("usage", ("inside: %s holds no values of what is drawn"):format(file),
    "A saver calls them by their paths where they are a list: { values = { hidden, logits } }.")
end

local function file_of_run(run, what)
  local found
  for _, artifact in ipairs(run:artifacts()) do
    local fits = (artifact.kind == "values") == (what == "values")
    if fits and artifact.path:find "%.safetensors$" and core.exists(artifact.path) then
      if not found or artifact.path:find "/last%.safetensors$" then found = artifact.path end
    end
  end
  if found then return found end
  core.fail("usage", ("inside: run %s left no file of %s"):format(run.name, what),
    ("Name one: %s = FILE (--%s FILE)%s."):format(what, what, what == "values"
      and ', or train with saver = orrery.saver("values.safetensors", { values = { … } })' or ""))
end

local function with_run(options, use)
  local history = require("orrery.history").open(options.history or "orrery.db")
  local done, found = pcall(use, history:run(options.run))
  history:close()
  if not done then error(found, 0) end
  return found
end

local needs = {
  activations = 'Give values = "values.safetensors" (--values FILE), or a run whose saver wrote values.',
  weights = 'Give weights = "net.safetensors" (--weights FILE), or a run that left such a file.',
  curves = 'Give run = "last" (--run last).',
}

--- The plots that a word means, by the path of their box.
---@param word string
---@param graph orrery.Graph
---@param options table run, history, weights
---@return table<string, table[]>
function M.of_word(word, graph, options)
  local known = false
  for _, name in ipairs(M.names) do known = known or name == word end
  if not known then
    core.fail("usage", ("inside must be one of %s, got '%s'%s"):format(table.concat(M.names, ", "), word,
      core.nearest(word, M.names)))
  end
  if word == "weights" and options.weights then return weights(options.weights) end
  if word == "activations" and options.values then return activations(options.values, graph) end
  if not options.run then
    core.fail("usage", ("inside: where do the %s come from?"):format(word), needs[word] or needs.curves)
  end
  local found = with_run(options, function(run)
    if word == "weights" then return weights(file_of_run(run, "weights")) end
    if word == "activations" then return activations(file_of_run(run, "values"), graph) end
    return (word == "curves" and curves or gradients)(run, graph)
  end)
  if next(found) then return found end
  core.fail("usage", ("inside: the run has recorded no %s of what is drawn"):format(word),
    word == "gradients" and "Train with log_gradients = { by = 'block' }, or 'parameter'." or nil)
end

return M
