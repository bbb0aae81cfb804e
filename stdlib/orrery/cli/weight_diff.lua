--- How two files of weights differ: names, shapes, dtypes and values, for `orrery diff A B`.
---
---     local weight_diff = require "orrery.cli.weight_diff"
---     if weight_diff.means(a, b, options) then return weight_diff.main(a, b, options) end
---
--- Prints a row for each tensor that differs, and the sums below; with `--json` one object a line, the last
--- of them the totals.

local core = require "orrery.core"
local forms = require "orrery.cli.forms"
local json = require "orrery.cli.json"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local weight_list = require "orrery.cli.weight_list"

local M = {}

local endings = { "%.safetensors$", "%.safetensors%.index%.json$", "%.pt$", "%.pth$", "%.bin$", "%.npz$",
  "%.npy$" }

--- Is that the name of a file of weights?
---@param path string
---@return boolean
function M.takes(path)
  for _, ending in ipairs(endings) do
    if path:find(ending) then return true end
  end
  return false
end

local function has_graph(path)
  return path:find "%.safetensors$" and core.read_safetensors(path).metadata["orrery.graph"] ~= nil
end

-- The option that asks for weights, if one does.
local function asks(options)
  for _, name in ipairs { "weights", "part", "second-part" } do
    if options[name] then return name end
  end
end

--- Do two words ask for a comparison of weights? They do where an option says so, and where both are files of
--- weights of which one keeps no graph.
---@param first string
---@param second string
---@param options table
---@return boolean
function M.means(first, second, options)
  local both, asked = M.takes(first) and M.takes(second), asks(options)
  if asked and not both then
    core.fail("usage", ("--%s compares files of weights; '%s' is none"):format(asked,
      M.takes(first) and second or first),
      "They end in .safetensors, .safetensors.index.json, .pt, .pth, .bin, .npz or .npy.")
  end
  return both and (asked ~= nil or not (has_graph(first) and has_graph(second)))
end

local schema = "orrery.diff.weights/1"

local columns = {
  { name = "name", title = "tensor", shrinks = true },
  { name = "how", title = "differs in", colours = { ["first only"] = "red", ["second only"] = "green" } },
  { name = "first", title = "first", drops = true },
  { name = "second", title = "second", drops = true },
  { name = "largest", title = "largest", right = true, drops = true },
  { name = "mean", title = "mean", right = true, drops = true },
  { name = "differing", title = "elements", right = true, drops = true, show = numbers.thousands },
}

local function described(tensor)
  return tensor and tensor.dtype .. " " .. weight_list.shape_text(tensor.shape)
end

--- The rows of a comparison: name, how, first, second, largest and mean difference, differing elements.
---@param differences table[] what `core.compare_weights` gives
---@param all? boolean also those that are the same
---@return any[][]
function M.rows(differences, all)
  local rows = {}
  for _, found in ipairs(differences) do
    if all or found.how ~= "same" then
      rows[#rows + 1] = { found.name, found.how, described(found.first), described(found.second),
        found.largest, found.mean, found.largest and found.differing or nil }
    end
  end
  return rows
end

--- How many tensors are the same, differ in values or shapes, are in one file; the largest.
---@param differences table[]
---@return table<string, number> counts same, values, shape, first, second, and largest
function M.counts(differences)
  local words = { ["first only"] = "first", ["second only"] = "second" }
  local counts = { same = 0, values = 0, shape = 0, first = 0, second = 0 }
  for _, found in ipairs(differences) do
    local word = words[found.how] or found.how
    counts[word] = counts[word] + 1
    if found.largest then counts.largest = math.max(counts.largest or 0, found.largest) end
  end
  return counts
end

local function summary_of(counts)
  local parts = {}
  local function add(count, words)
    if count > 0 then parts[#parts + 1] = numbers.count(count, "tensor") .. " " .. words end
  end
  add(counts.same, "the same")
  add(counts.values, "with other values")
  add(counts.shape, "of another shape")
  add(counts.first, "in the first file only")
  add(counts.second, "in the second file only")
  local text = #parts > 0 and table.concat(parts, ", ") or "no tensors"
  if counts.largest and counts.largest > 0 then
    text = text .. "; largest difference " .. numbers.plain(counts.largest)
  end
  return text
end

-- What neither side's reader reads (sparse tensors, quantised ones), so that its name is not taken for equal.
local function tell_refused(path, part)
  local refused = core.read_weights(path, part).refused
  local names = {}
  for name in pairs(refused) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    stream.say(("%s of '%s' is not compared: it is %s"):format(name, path, refused[name]))
  end
end

-- What stands before all names of one side that end as those of the other: `model` of a checkpoint.
local function part_between(shorter, longer)
  local name = shorter[1]
  for _, other in ipairs(name and longer or {}) do
    if other:sub(-#name - 1) == "." .. name then return other:sub(1, -#name - 2) end
  end
end

-- Two files without one name in common may hold the same weights under other names.
local function hint_of(differences, counts)
  if counts.same + counts.values + counts.shape > 0 then return end
  local first, second = {}, {}
  for _, found in ipairs(differences) do
    local names = found.first and first or second
    names[#names + 1] = found.name
  end
  local part = part_between(first, second)
  if part then return ("The second file keeps such names below '%s': --second-part %s"):format(part, part) end
  part = part_between(second, first)
  if part then
    return ("The first file keeps such names below '%s': --part %s --second-part ''"):format(part, part)
  end
end

local function print_table(rows, differences, counts)
  if #rows > 0 then
    forms.table(columns, rows)
    stream.out:write "\n"
  end
  stream.out:write(summary_of(counts), "\n")
  local hint = hint_of(differences, counts)
  if hint then stream.out:write(hint, "\n") end
end

local function print_objects(rows, counts, names)
  local fields = {}
  for at, column in ipairs(columns) do fields[at] = column.name end
  for _, row in ipairs(rows) do
    local object = json.object(row, fields)
    object.kind = "tensor"
    json.line(schema, object)
  end
  json.line(schema, { kind = "totals", before = names[1], after = names[2], same = counts.same,
    values = counts.values, shape = counts.shape, first_only = counts.first, second_only = counts.second,
    largest = json.cell(counts.largest) })
end

--- Compares two files and prints how they differ.
---@param first string
---@param second string
---@param options table part, second-part, all, json
---@return boolean same
function M.main(first, second, options)
  local part = options.part
  local second_part = options["second-part"] or part
  local differences = core.compare_weights(first, second, part, second_part)
  local rows, counts = M.rows(differences, options.all), M.counts(differences)
  tell_refused(first, part)
  tell_refused(second, second_part)
  if options.json then
    print_objects(rows, counts, { first, second })
  else
    print_table(rows, differences, counts)
  end
  return counts.same == #differences
end

return M
