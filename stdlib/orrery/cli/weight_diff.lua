--- How two files of weights differ: names, shapes, dtypes and values, for `orrery diff A B`.
---
---     local weight_diff = require "orrery.cli.weight_diff"
---     if weight_diff.takes(a) and weight_diff.takes(b) then return weight_diff.main(a, b, options) end
---
--- Prints a row for each tensor that differs, and the sums below; the exit code is 1 when anything differs.

local core = require "orrery.core"
local forms = require "orrery.cli.forms"
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

--- Compares two files and prints how they differ, in the form that the options ask for.
---@param first string
---@param second string
---@param options table part, second-part, all, and those of the forms
---@return integer exit_code 0 where all is the same, else 1
function M.main(first, second, options)
  local form = forms.of(options)
  local part = options.part
  local differences = core.compare_weights(first, second, part, options["second-part"] or part)
  local rows, counts = M.rows(differences, options.all), M.counts(differences)
  forms.print(options, { schema = schema, columns = columns, rows = rows })
  if form == "table" then stream.out:write(#rows > 0 and "\n" or "", summary_of(counts), "\n") end
  return counts.same == #differences and 0 or 1
end

return M
