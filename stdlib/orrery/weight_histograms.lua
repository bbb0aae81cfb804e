--- Histograms of the tensors in a safetensors file, read as they lie there: nothing of the engine is opened.

local core = require "orrery.core"
local ffi = require "ffi"

local M = {}

-- How many values are looked at together.
local chunk = 2 ^ 20

local bits = ffi.new "union { uint32_t whole; float number; }"

local function bfloat16(half)
  bits.whole = half * 65536
  return bits.number
end

-- IEEE 754, binary16: a sign, 5 bits of exponent, 10 of fraction.
local function float16(half)
  local sign = half >= 32768 and -1 or 1
  local exponent, fraction = math.floor(half / 1024) % 32, half % 1024
  if exponent == 0 then return sign * fraction * 2 ^ -24 end
  if exponent == 31 then return fraction == 0 and sign * math.huge or 0 / 0 end
  return sign * (1 + fraction / 1024) * 2 ^ (exponent - 15)
end

local function plain(number) return number end

local dtypes = {
  F64 = { size = 8, type = "const double*", of = plain },
  F32 = { size = 4, type = "const float*", of = plain },
  F16 = { size = 2, type = "const uint16_t*", of = float16 },
  BF16 = { size = 2, type = "const uint16_t*", of = bfloat16 },
}

-- Where the tensors lie, by name; the file was checked when its header was read.
local function entries_of(file, stream)
  core.read_safetensors(file)
  local length, size = stream:read(8), 0
  for at = 8, 1, -1 do size = size * 256 + length:byte(at) end
  local header = core.parse_json(stream:read(size), "the header of " .. file)
  header.__metadata__ = nil
  return header, 8 + size
end

-- Calls `see` with each finite value of a tensor.
local function each_value(stream, start, entry, see)
  local dtype = dtypes[entry.dtype]
  local from, to = start + entry.data_offsets[1], start + entry.data_offsets[2]
  stream:seek("set", from)
  while from < to do
    local text = stream:read(math.min(chunk * dtype.size, to - from))
    local values, of = ffi.cast(dtype.type, text), dtype.of
    for at = 0, #text / dtype.size - 1 do
      local value = of(values[at])
      if value - value == 0 then see(tonumber(value)) end
    end
    from = from + #text
  end
end

local function histogram(stream, start, entry, bins)
  local least, most = math.huge, -math.huge
  each_value(stream, start, entry, function(value)
    if value < least then least = value end
    if value > most then most = value end
  end)
  if least > most then return nil end
  local counts, width = {}, most > least and most - least or 1
  for at = 1, bins do counts[at] = 0 end
  each_value(stream, start, entry, function(value)
    local at = math.min(math.floor((value - least) / width * bins), bins - 1) + 1
    counts[at] = counts[at] + 1
  end)
  return { least = least, most = most, counts = counts }
end

--- Of each tensor that `wanted(name)` asks for, and that has finite numbers: how many lie in each of so many
--- equal parts between the least and the most.
---@param file string
---@param wanted fun(name: string): boolean
---@param bins integer
---@return table<string, { least: number, most: number, counts: integer[] }>
function M.read(file, wanted, bins)
  local stream, problem = io.open(file, "rb")
  if not stream then core.fail("input_file", problem) end
  local entries, start = entries_of(file, stream)
  local found = {}
  for name, entry in pairs(entries) do
    if dtypes[entry.dtype] and wanted(name) then found[name] = histogram(stream, start, entry, bins) end
  end
  stream:close()
  return found
end

return M
