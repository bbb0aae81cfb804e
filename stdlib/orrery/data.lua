--- Data sources: `data.digits { batch = 64, shuffle = true }`, `data.csv { path = "train.csv.gz" }`.
---
--- Headers are read at once, so that a graph knows its shapes; the samples are loaded by the engine: tables
--- and arrays at once, images by worker threads, ahead of the model. Samples count from 0.

local core = require "orrery.core"

local function fail(text, ...) core.fail("usage", text:format(...)) end

---@class orrery.data
local M = {}

--- Changes to samples before they become batches, with torchvision's names:
--- `transforms = { data.transforms.Resize(224), data.transforms.RandomHorizontalFlip() }`.
M.transforms = setmetatable({}, {
  __index = function(transforms, kind)
    local transform = core.data_transform(kind)
    transforms[kind] = transform
    return transform
  end,
})

-- Samples in each part: what is left after rounding down goes to the first parts, one each, as
-- torch.utils.data.random_split does it.
local function counts_of(fractions, length)
  local counts, sum, given = {}, 0, 0
  for i, fraction in ipairs(fractions) do
    if type(fraction) ~= "number" or not (fraction > 0 and fraction <= 1) then
      fail("data.split: part %d must be a number above 0 and at most 1, got %s", i, tostring(fraction))
    end
    sum = sum + fraction
    counts[i] = math.floor(length * fraction)
    given = given + counts[i]
  end
  if #counts == 0 or math.abs(sum - 1) > 1e-6 then
    fail("data.split: the parts must be fractions that sum to 1, got a sum of %g", sum)
  end
  for i = 1, length - given do counts[i] = counts[i] + 1 end
  return counts
end

-- `stratify` may be true, which means the label.
local function stratified_by(source, stratify)
  if stratify ~= true then return stratify or nil end
  for _, field in ipairs(source.fields) do
    if field.label then return field.name end
  end
  fail "stratify: the data have no label; give the name of a field"
end

local function known_options(name, options)
  for key in pairs(options) do
    if key ~= "seed" and key ~= "stratify" then
      fail("%s: unknown option '%s' (known: seed, stratify)", name, tostring(key))
    end
  end
end

--- Cuts a set into parts at random: `local train, test = data.split(set, { 0.8, 0.2 })`. Every sample is in
--- one of them; the same seed gives the same parts. Batches are made as those of the set.
---@param source orrery.DataSource
---@param fractions number[] which sum to 1
---@param options? { seed?: integer, stratify?: boolean|string } `stratify`: each part has the classes of the
--- label (true) or of the field of that name in proportion
---@return orrery.DataSource ...
function M.split(source, fractions, options)
  options = options or {}
  known_options("data.split", options)
  local by = stratified_by(source, options.stratify)
  local part, parts, from = core.data "part", {}, 0
  for i, count in ipairs(counts_of(fractions, #source)) do
    parts[i] = part(source, { from = from, count = count, split_seed = options.seed, stratify = by })
    from = from + count
  end
  return unpack(parts)
end

--- The k pairs of a cross-validation: `for train, test in data.kfold(set, 5) do`. Each sample is in one test
--- part; the parts differ in size by at most one.
---@param source orrery.DataSource
---@param k integer at least 2
---@param options? { seed?: integer, stratify?: boolean|string }
---@return fun(): orrery.DataSource?, orrery.DataSource?
function M.kfold(source, k, options)
  options = options or {}
  known_options("data.kfold", options)
  local length = #source
  if type(k) ~= "number" or k ~= math.floor(k) or k < 2 or k > length then
    fail("data.kfold: k must be a whole number from 2 to the number of samples (%d), got %s", length,
      tostring(k))
  end
  local by = stratified_by(source, options.stratify)
  local fold, from = 0, 0
  local function part(count, complement)
    return core.data "part"(source,
      { from = from, count = count, complement = complement, split_seed = options.seed, stratify = by })
  end
  return function()
    if fold == k then return nil end
    local count = math.floor(length / k) + (fold < length % k and 1 or 0)
    local train, test = part(count, true), part(count, false)
    fold, from = fold + 1, from + count
    return train, test
  end
end

--- Data of one's own: `data.define { length = 9, fields = { x = { shape = { 3 } } }, get = load }`,
--- where `get(i)` gives a table with the fields of sample `i`, from 0, as tensors or lists of numbers. With
--- `module = "name"` the functions stand in a file of their own, which `require "name"` loads in a Lua state
--- per worker thread: it gives `{ length =, fields =, get = }`, and `get` gives lists of numbers.
---@param options table
---@return orrery.DataSource
function M.define(options)
  local define = core.data "define"
  if type(options) ~= "table" or type(options.module) ~= "string" then return define(options) end
  local found, module = pcall(require, options.module)
  if not found then fail("data.define: %s", (tostring(module):match "^[^\n]*")) end
  if type(module) ~= "table" or type(module.get) ~= "function" then
    fail("data.define: the module '%s' gives no table with a function `get`", options.module)
  end
  local all = { length = module.length, fields = module.fields }
  for key, value in pairs(options) do all[key] = value end
  return define(all)
end

return setmetatable(M, {
  __index = function(_, kind)
    local source = core.data(kind)
    M[kind] = source
    return source
  end,
})
