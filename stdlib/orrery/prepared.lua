--- Data to predict from, prepared as those that a saved model was trained on: the model's file says how.

local core = require "orrery.core"
local data = require "orrery.data"

local M = {}

local function fail(text, ...) core.fail("usage", text:format(...)) end

--- What a saved model's file says of its use: inputs, outputs, classes, and `source`, the training data.
---@param path string
---@return table
function M.signature(path)
  local metadata = core.read_safetensors(path).metadata
  local text = metadata["orrery.signature"]
  if not text or not metadata["orrery.graph"] then
    core.fail("input_file", ("'%s' holds weights without a graph"):format(path),
      "Save the whole graph, orrery.save(g, path), or build it in a script and load the weights into it.")
  end
  local signature = core.parse_json(text, path)
  if (signature.version or 1) > 1 then
    core.fail("input_file", ("'%s' was written by a newer Orrery (signature version %s; this one reads 1)")
      :format(path, signature.version))
  end
  local source = signature.source or ""
  signature.source = source ~= "" and core.parse_json(source, path) or nil
  return signature
end

-- What is done to one sample at a time, always in the same way.
local kept = {
  ToDtype = true, Normalize = true, Resize = true, CenterCrop = true, Pad = true, Grayscale = true,
}

-- What training draws at random has its usual counterpart here, or none.
local replaced = {
  RandomCrop = function(options) return "CenterCrop", { size = options.size } end,
  RandomResizedCrop = function(options) return "Resize", { size = options.size } end,
}

local function steady(transform)
  local kind, options = transform.kind, transform.options or {}
  if replaced[kind] then kind, options = replaced[kind](options) end
  return kept[kind] and { kind = kind, options = options } or nil
end

-- The innermost source, and the transforms of all around it, the inner ones first.
local function unwrapped(source)
  local inner, chain = source, {}
  if source.sources then inner, chain = unwrapped(source.sources[1]) end
  for _, transform in ipairs(source.transforms or {}) do chain[#chain + 1] = steady(transform) end
  return inner, chain
end

local function changes_size(chain)
  for _, transform in ipairs(chain) do
    local kind = transform.kind
    if kind == "Resize" or kind == "CenterCrop" or kind == "Pad" then return true end
  end
  return false
end

local function made(chain)
  local transforms = {}
  for at, transform in ipairs(chain) do
    transforms[at] = data.transforms[transform.kind](transform.options)
  end
  return transforms
end

local function shape_text(shape)
  local sizes = {}
  for at, size in ipairs(shape) do sizes[at] = tostring(size) end
  return "(" .. table.concat(sizes, ", ") .. (#sizes == 1 and ",)" or ")")
end

-- What is known of the model's one input: its field, the sample before transforms, and those.
local function facts_of(signature)
  local inputs = signature.inputs or {}
  if #inputs ~= 1 then
    local names = {}
    for at, field in ipairs(inputs) do names[at] = field.name end
    core.fail("usage", #inputs == 0 and "the model has no input" or
      "the model takes several fields: " .. table.concat(names, ", "),
      "Predict in a script: manager:predict(source, { to = file }).")
  end
  local source, chain = unwrapped(signature.source or {})
  local sample = (signature.source and signature.source.sample or source.sample or {})[1]
  return { field = inputs[1], source = source, chain = chain, sample = sample }
end

local function named(facts, source) return core.name_field(source, facts.field.name) end

local function whole(size) return type(size) == "number" and size or nil end

--- Images in files, brought to the size, the channels and the values that the training data had.
---@param signature table as `signature` gives it
---@param files string[]
---@param batch? integer
---@return orrery.DataSource
function M.images(signature, files, batch)
  local facts = facts_of(signature)
  local shape = facts.field.shape
  local channels = facts.sample and facts.sample.shape[1] or shape[2]
  if #shape ~= 4 or (channels ~= 1 and channels ~= 3) then
    fail("the model takes '%s' %s, and no images: give a .npy or .csv file", facts.field.name,
      shape_text(shape))
  end
  local size = facts.sample and { unpack(facts.sample.shape, 2) }
  if not size and not changes_size(facts.chain) then size = { shape[3], shape[4] } end
  local chain = facts.chain
  if size and whole(size[1]) and whole(size[2]) then
    chain = { { kind = "Resize", options = { size = size } }, unpack(chain) }
  end
  local one_size = changes_size(chain)
  return named(facts, data.images {
    files = files, mode = channels == 1 and "grey" or "rgb",
    scale = (facts.source.options or {}).scale ~= false,
    transforms = made(chain), batch = one_size and (batch or 32) or 1,
  })
end

local floats = { float16 = true, bfloat16 = true, float32 = true, float64 = true }

-- NumPy's own floats are float64, and bytes stand for 0…1 where the training data had them so.
local function converted(facts, given)
  local wanted = facts.sample and facts.sample.dtype or facts.field.dtype
  if given == wanted or not floats[wanted] then return facts.chain end
  local scaled = (facts.source.options or {}).scale ~= false
  local scale = given == "uint8" and scaled and #facts.field.shape == 4
  return { { kind = "ToDtype", options = { dtype = wanted, scale = scale } }, unpack(facts.chain) }
end

local function without_ones(sizes)
  local left = {}
  for _, size in ipairs(sizes) do
    if size ~= 1 then left[#left + 1] = size end
  end
  return left
end

local function same(sizes, others) return table.concat(sizes, ",") == table.concat(others, ",") end

-- The sizes of a sample as the model's transforms want it; nil where they take several.
local function sizes_of_sample(facts)
  if not facts.sample and changes_size(facts.chain) then return nil end
  local sizes = facts.sample and facts.sample.shape or { unpack(facts.field.shape, 2) }
  for _, size in ipairs(sizes) do
    if not whole(size) then return nil end
  end
  return sizes
end

-- What NumPy does to bring an array of so many samples to the model's sizes; nil where nothing plain does.
local function in_numpy(path, count, given, wanted)
  local squeezed = without_ones(wanted)
  if same(without_ones(given), squeezed) or same(without_ones { count, unpack(given) }, squeezed) then
    return ("numpy.load('%s').reshape(-1, %s)"):format(path, table.concat(wanted, ", "))
  end
  local moved = { given[#given], unpack(given, 1, #given - 1) }
  return same(moved, wanted) and ("numpy.moveaxis(numpy.load('%s'), -1, 1)"):format(path) or nil
end

-- Sizes that a Resize or the like brings about may differ from the training data's.
local function check_sizes(facts, path, source)
  local given, wanted = { unpack(source.fields[1].shape, 2) }, sizes_of_sample(facts)
  if not wanted or same(given, wanted) then return end
  local remedy = in_numpy(path, #source, given, wanted)
  if not remedy and changes_size(facts.chain) then return end
  core.fail("usage", ("'%s' has samples of %s, and the model takes %s"):format(path, shape_text(given),
    shape_text(wanted)), remedy and ("Save %s."):format(remedy))
end

--- Samples along the first dimension of a NumPy array.
---@param signature table
---@param path string
---@param batch? integer
---@return orrery.DataSource
function M.array(signature, path, batch)
  local facts = facts_of(signature)
  local array = data.npy { path = path }
  check_sizes(facts, path, array)
  local chain = converted(facts, array.fields[1].dtype)
  return named(facts, data.npy { path = path, transforms = made(chain), batch = batch or 32 })
end

-- The columns that were read, without the label's.
local function columns_of(options)
  if not options.columns then return nil end
  local columns = {}
  for at, column in ipairs(options.columns) do
    if options.types and options.types[at] == "category" and column ~= options.label then
      local why = "the column '%s' holds texts, whose numbers only the training data tell"
      core.fail("usage", why:format(column), "Predict in a script: manager:predict(source, { to = file }).")
    end
    if column ~= options.label then columns[#columns + 1] = column end
  end
  return columns
end

--- A table, one sample a row. The label's column may be there or not.
---@param signature table
---@param path string
---@param batch? integer
---@return orrery.DataSource
function M.table(signature, path, batch)
  local facts = facts_of(signature)
  local options = facts.source.kind == "csv" and facts.source.options or {}
  local function open(label)
    return data.csv { path = path, delimiter = options.delimiter, columns = columns_of(options),
      label = label, transforms = made(facts.chain), batch = batch or 32 }
  end
  local source = open(nil)
  local features = #source.fields[1].shape == 2 and source.fields[1].shape[2]
  local wanted = facts.field.shape[2]
  if options.label and features and features - 1 == wanted then source = open(options.label) end
  return named(facts, source)
end

--- The source that files mean by their endings: one .npy or .csv (.tsv, .gz), else images.
---@param signature table
---@param files string[]
---@param batch? integer
---@return orrery.DataSource
function M.source(signature, files, batch)
  local first = files[1]:lower()
  local array = first:find "%.npy$"
  if not array and not first:find "%.[ct]sv$" and not first:find "%.[ct]sv%.gz$" then
    return M.images(signature, files, batch)
  end
  if files[2] then fail("'%s' is one word too many: a table or an array stands alone", files[2]) end
  return (array and M.array or M.table)(signature, files[1], batch)
end

return M
