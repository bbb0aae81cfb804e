--- Curves and bars in one line of text.

local M = {}

local blocks = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }

local function finite(value) return value == value and math.abs(value) ~= math.huge end

local function range_of(values, count)
  local low, high
  for at = 1, count do
    local value = values[at]
    if value and finite(value) then
      low = math.min(low or value, value)
      high = math.max(high or value, value)
    end
  end
  return low, high
end

-- The values between two places as one: their mean; what is not finite is not hidden by what is.
local function mean_between(values, first, last)
  local sum, count, odd = 0, 0, nil
  for at = first, last do
    local value = values[at]
    if value and finite(value) then
      sum, count = sum + value, count + 1
    elseif value then
      odd = value
    end
  end
  return odd or (count > 0 and sum / count or nil)
end

local function resampled(values, count, width)
  if count <= width then return values, count end
  local means = {}
  for at = 1, width do
    local first = math.floor((at - 1) * count / width) + 1
    means[at] = mean_between(values, first, math.floor(at * count / width))
  end
  return means, width
end

local function mark_of(value, low, high)
  if not value then return " " end
  if value ~= value then return "×" end
  if value == math.huge then return "↑" end
  if value == -math.huge then return "↓" end
  if high == low then return blocks[4] end
  return blocks[math.min(math.floor((value - low) / (high - low) * 8) + 1, 8)]
end

--- A curve, at most `width` columns wide: from the smallest value to the largest; `×` is NaN, an arrow
--- infinity, a blank none.
---@param values number[] by place, nil where there is none
---@param count integer places
---@param width integer
---@return string
function M.curve(values, count, width)
  values, count = resampled(values, count, width)
  local low, high = range_of(values, count)
  local marks = {}
  for at = 1, count do marks[at] = mark_of(values[at], low, high) end
  return table.concat(marks)
end

local eighths = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" }

--- A bar of a share of `width` columns.
---@param share number from 0 to 1
---@param width integer
---@return string
function M.bar(share, width)
  local filled = math.max(0, math.min(share, 1)) * width
  local whole = math.floor(filled)
  return ("█"):rep(whole) .. eighths[math.floor((filled - whole) * 8) + 1]
end

return M
