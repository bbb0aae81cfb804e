--- What a file of weights holds, as rows for `orrery inspect`.

local numbers = require "orrery.cli.numbers"

local M = {}

--- `96 bytes`, `1.20 kB`, `46.80 MB`
---@param bytes number
---@return string
function M.size_text(bytes)
  return bytes < 1000 and numbers.count(bytes, "byte") or numbers.megabytes(bytes)
end

--- `(2, 3)`, `(2,)`, `()`: as PyTorch writes a shape.
---@param shape integer[]
---@return string
function M.shape_text(shape)
  local sizes = {}
  for at, size in ipairs(shape) do sizes[at] = ("%.0f"):format(size) end
  return "(" .. table.concat(sizes, ", ") .. (#sizes == 1 and ",)" or ")")
end

--- How many elements a shape has.
---@param shape integer[]
---@return number
function M.count(shape)
  local product = 1
  for _, size in ipairs(shape) do product = product * size end
  return product
end

local function remark(tensor)
  if tensor.alias_of then return "the same as " .. tensor.alias_of end
  if tensor.storage then return "shares storage " .. tensor.storage end
  return tensor.parameter and "parameter" or nil
end

--- One row for each tensor: name, dtype, shape, elements, bytes, remark, file, checksum. Those that are not
--- read follow, with what they are.
---@param listing table what `core.read_weights` gives
---@param checksums? string[]
---@return any[][]
function M.rows(listing, checksums)
  local rows = {}
  for at, tensor in ipairs(listing.tensors) do
    rows[at] = { tensor.name, tensor.dtype, M.shape_text(tensor.shape), M.count(tensor.shape), tensor.bytes,
      remark(tensor), tensor.file, checksums and checksums[at] }
  end
  local names = {}
  for name in pairs(listing.refused) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do rows[#rows + 1] = { name, [6] = listing.refused[name] .. ", not read" } end
  return rows
end

--- Tensors, elements and bytes of a listing; what is stored once is counted once.
---@param listing table
---@return { tensors: integer, elements: number, bytes: number }
function M.totals(listing)
  local totals = { tensors = #listing.tensors, elements = 0, bytes = 0 }
  for _, tensor in ipairs(listing.tensors) do
    if not tensor.alias_of then
      totals.elements = totals.elements + M.count(tensor.shape)
      totals.bytes = totals.bytes + tensor.bytes
    end
  end
  return totals
end

--- What a file holds beside tensors, as rows of name and text: metadata by name, then PyTorch's plain values
--- in the order of the file.
---@param listing table
---@return string[][]
function M.notes(listing)
  local rows = {}
  for name, text in pairs(listing.metadata) do rows[#rows + 1] = { name, text } end
  table.sort(rows, function(a, b) return a[1] < b[1] end)
  for _, value in ipairs(listing.values) do rows[#rows + 1] = { value.name, value.text } end
  return rows
end

return M
