--- How large a written picture is, as people say it.

local numbers = require "orrery.cli.numbers"

local M = {}

local mm_per_point = 25.4 / 72

local function mm(width, height)
  return ("%.0f × %.0f mm"):format(width * mm_per_point, height * mm_per_point)
end

local function number_at(text, at)
  local a, b, c, d = text:byte(at, at + 3)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

-- Of what cairo writes.
local function extent(text)
  if text:sub(1, 5) == "%PDF-" then
    local width, height = text:match "/MediaBox %[ *[%d.]+ +[%d.]+ +([%d.]+) +([%d.]+)"
    return width and mm(width, height)
  elseif text:sub(2, 4) == "PNG" and #text >= 24 then
    return ("%d × %d pixels"):format(number_at(text, 17), number_at(text, 21))
  end
  local width, height = text:sub(1, 1000):match '<svg[^>]* width="([%d.]+)p?t?" height="([%d.]+)p?t?"'
  return width and mm(width, height)
end

--- `140 × 97 mm, 23.1 kB`; without the extent where the format has none.
---@param file string
---@return string
function M.words(file)
  local stream = assert(io.open(file, "rb"))
  local text = stream:read "*a"
  stream:close()
  local bytes = #text < 1000 and numbers.count(#text, "byte") or ("%.1f kB"):format(#text / 1000)
  local found = extent(text)
  return found and found .. ", " .. bytes or bytes
end

return M
