--- Numbers as people read them.

local M = {}

--- 11,689,512
function M.thousands(number)
  local digits = ("%.0f"):format(number)
  local sign, whole = digits:match "^(%-?)(%d+)$"
  if not whole then return digits end
  whole = whole:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return sign .. whole
end

--- A number with all its digits, as programs read it: 0.1, 1e-05, NaN, inf.
function M.exact(number)
  if number ~= number then return "NaN" end
  if number == math.floor(number) and math.abs(number) < 2 ^ 53 then return ("%.0f"):format(number) end
  local short = ("%.15g"):format(number)
  return tonumber(short) == number and short or ("%.17g"):format(number)
end

local prefixes = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } }

--- 1.81 G; below a thousand as it is.
function M.short(number)
  for _, prefix in ipairs(prefixes) do
    if math.abs(number) >= prefix[1] * 0.9995 then
      return ("%.2f %s"):format(number / prefix[1], prefix[2])
    end
  end
  return M.plain(number)
end

--- Megabytes (10^6 bytes), as torchinfo counts them; kilobytes where megabytes would say nothing.
function M.megabytes(bytes)
  if bytes == 0 or bytes >= 1e5 then return ("%.2f MB"):format(bytes / 1e6) end
  return ("%.2f kB"):format(bytes / 1e3)
end

--- A number with as many digits as matter: 12, 0.3125, 1.2e-05, NaN, -inf.
function M.plain(number)
  if number ~= number then return "NaN" end
  if number == math.floor(number) and math.abs(number) < 2 ^ 53 then return ("%.0f"):format(number) end
  return ("%.4g"):format(number)
end

--- 0.42 s, 12.3 s, 4 min 05 s, 2 h 03 min
function M.seconds(seconds)
  if seconds < 10 then return ("%.2f s"):format(seconds) end
  if seconds < 59.95 then return ("%.1f s"):format(seconds) end
  local whole = math.floor(seconds + 0.5)
  if whole < 3600 then return ("%d min %02d s"):format(whole / 60, whole % 60) end
  return ("%d h %02d min"):format(whole / 3600, whole % 3600 / 60)
end

--- 380 µs, 5.21 ms, 0.42 s
function M.moment(seconds)
  if seconds < 0.9995e-3 then return ("%.0f µs"):format(seconds * 1e6) end
  if seconds < 0.09995 then return ("%.2f ms"):format(seconds * 1e3) end
  return M.seconds(seconds)
end

--- 00:12, 1:02:03
function M.clock(seconds)
  local whole = math.floor(seconds)
  if whole < 3600 then return ("%02d:%02d"):format(whole / 60, whole % 60) end
  return ("%d:%02d:%02d"):format(whole / 3600, whole % 3600 / 60, whole % 60)
end

--- `1 node`, `7 nodes`
function M.count(number, noun)
  return ("%s %s%s"):format(M.thousands(number), noun, number == 1 and "" or "s")
end

return M
