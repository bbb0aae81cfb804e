--- What a file is, in words and rows, for `orrery inspect`: weights, a saved model, a checkpoint, a table, an
--- array, a picture.

local core = require "orrery.core"
local numbers = require "orrery.cli.numbers"
local weight_list = require "orrery.cli.weight_list"

local M = {}

local function words_of(fields)
  local words = {}
  for at, field in ipairs(fields or {}) do
    local sizes = {}
    for place, size in ipairs(field.shape) do
      sizes[place] = type(size) == "number" and ("%.0f"):format(size) or size
    end
    words[at] = ("%s: %s (%s)"):format(field.name, field.dtype, table.concat(sizes, ", "))
  end
  return table.concat(words, "; ")
end

-- What `orrery.save(graph, …)` keeps beside the weights.
local function notes_of_model(metadata, path)
  local graph = core.parse_json(metadata["orrery.graph"], path)
  local notes = {
    { "graph", graph.name },
    { "operations", numbers.thousands(#graph.nodes) },
  }
  if metadata["orrery.signature"] then
    local signature = core.parse_json(metadata["orrery.signature"], path)
    notes[#notes + 1] = { "inputs", words_of(signature.inputs) }
    notes[#notes + 1] = { "outputs", words_of(signature.outputs) }
    local classes = table.concat(signature.classes, ", ")
    if classes ~= "" then notes[#notes + 1] = { "classes", classes } end
    local source = signature.source ~= "" and core.parse_json(signature.source, path)
    if source and source.kind then notes[#notes + 1] = { "trained with", "data." .. source.kind } end
  end
  return notes
end

-- Numbers of a checkpoint that people ask for, under the names that they know.
local told = {
  { "run.epochs_done", "epochs done" }, { "run.steps", "steps" }, { "run.train.loss", "training loss" },
  { "run.validation.loss", "validation loss" }, { "run.threads", "threads" },
}

local function notes_of_checkpoint(metadata, path)
  local content = core.parse_json(metadata["orrery.checkpoint"], path)
  local notes = { { "format", ("%.0f"):format(content.version) }, { "script", content.texts["run.script"] } }
  if content.texts["run.name"] ~= "" then notes[#notes + 1] = { "run", content.texts["run.name"] } end
  for _, entry in ipairs(told) do
    local number = content.numbers[entry[1]]
    if number then
      notes[#notes + 1] = { entry[2], type(number) == "number" and numbers.plain(number) or number }
    end
  end
  local optimizer = content.texts["optimizer.0.kind"]
  if optimizer then notes[#notes + 1] = { "optimizer", optimizer } end
  return notes
end

-- Keys of the metadata that these notes stand for.
local summarised = { ["orrery.graph"] = true, ["orrery.signature"] = true, ["orrery.checkpoint"] = true }

local function facts_of_weights(path, part, listing)
  local totals = weight_list.totals(listing)
  local kind, notes = listing.kind, {}
  if not part and listing.metadata["orrery.graph"] then
    kind, notes = kind .. ", a saved model", notes_of_model(listing.metadata, path)
  elseif not part and listing.metadata["orrery.checkpoint"] then
    kind, notes = kind .. ", a checkpoint of Orrery", notes_of_checkpoint(listing.metadata, path)
  end
  return {
    kind = kind, notes = notes, listing = listing,
    size = { numbers.count(totals.tensors, "tensor"), numbers.count(totals.elements, "element"),
      weight_list.size_text(totals.bytes) },
  }
end

local function rows_of_data(data)
  local rows = {}
  for at, entry in ipairs(data.parts) do
    rows[at] = { entry.name, entry.dtype, weight_list.shape_text(entry.shape), weight_list.count(entry.shape),
      entry.bytes, entry.remark }
  end
  return rows
end

local function facts_of_data(data)
  local notes = {}
  for at, note in ipairs(data.notes) do notes[at] = { note.name, note.text } end
  return { kind = data.kind, notes = notes, rows = rows_of_data(data),
    size = { weight_list.size_text(data.bytes) } }
end

--- Looks into a file.
---@param path string
---@param part? string of weights: only what lies below that name
---@return table facts kind; size = words for it; notes = rows of name and text; of weights `listing`, of data
---their `rows`
function M.of(path, part)
  local data = core.read_data_file(path)
  if not data then return facts_of_weights(path, part, core.read_weights(path, part)) end
  if part then
    core.fail("usage", ("'%s' is a %s, which has no parts"):format(path, data.kind))
  end
  return facts_of_data(data)
end

local function stored_notes(facts) return facts.listing and weight_list.notes(facts.listing) or {} end

--- All that a file tells beside its rows, whole: what it is, its notes, the metadata and plain values of
--- weights.
---@param facts table
---@return string[][]
function M.notes(facts)
  local rows = { { "kind", facts.kind } }
  for _, note in ipairs(facts.notes) do rows[#rows + 1] = note end
  for _, note in ipairs(stored_notes(facts)) do rows[#rows + 1] = note end
  return rows
end

-- Longer texts, such as a graph, are told by their length.
local longest = 400

--- The same for people: what other notes sum up is left out, and long texts are told by their length.
---@param facts table
---@return string[][]
function M.short_notes(facts)
  local short = {}
  for _, note in ipairs(facts.notes) do short[#short + 1] = note end
  for _, note in ipairs(stored_notes(facts)) do
    local text = note[2]
    if #text > longest then text = ("%s bytes"):format(numbers.thousands(#text)) end
    if #facts.notes == 0 or not summarised[note[1]] then short[#short + 1] = { note[1], text } end
  end
  return short
end

return M
