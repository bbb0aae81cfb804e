--- Text as a terminal shows it: UTF-8 of any width, measured, cut and padded by columns.

local M = {}

-- Ranges of code points that take two columns: East Asian wide and full-width letters, emoji
-- (Unicode 15, EastAsianWidth.txt, the blocks that matter).
local wide = {
  { 0x1100, 0x115F }, { 0x231A, 0x231B }, { 0x23E9, 0x23EC }, { 0x25FD, 0x25FE }, { 0x2614, 0x2615 },
  { 0x2648, 0x2653 }, { 0x26A1, 0x26A1 }, { 0x26BD, 0x26BE }, { 0x2705, 0x2705 }, { 0x274C, 0x274C },
  { 0x2E80, 0x303E }, { 0x3041, 0x33FF }, { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF }, { 0xA000, 0xA4CF },
  { 0xA960, 0xA97F }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF }, { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 },
  { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F }, { 0x1F680, 0x1F6FF }, { 0x1F900, 0x1F9FF }, { 0x20000, 0x3FFFD },
}

-- Combining marks, joiners and variation selectors take none.
local narrow = {
  { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD }, { 0x064B, 0x065F }, { 0x1AB0, 0x1AFF },
  { 0x1DC0, 0x1DFF }, { 0x200B, 0x200F }, { 0x2066, 0x2069 }, { 0x20D0, 0x20FF },
  { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F },
}

local function inside(ranges, code)
  for _, range in ipairs(ranges) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function code_of(letter)
  local first, a, b, c = letter:byte(1, 4)
  if #letter == 1 then return first end
  if #letter == 2 then return (first - 0xC0) * 64 + a - 128 end
  if #letter == 3 then return ((first - 0xE0) * 64 + a - 128) * 64 + b - 128 end
  return (((first - 0xF0) * 64 + a - 128) * 64 + b - 128) * 64 + c - 128
end

local function width_of(letter)
  if #letter == 1 then return 1 end
  local code = code_of(letter)
  if inside(narrow, code) then return 0 end
  return inside(wide, code) and 2 or 1
end

local letters = "[%z\1-\127\194-\244][\128-\191]*"

-- The lines that trees are drawn with (U+2500 to U+253F), a column each. Most cells have plain letters beside
-- them, so that no letter need be looked at by itself.
local tree_line = "\226\148[\128-\191]"

--- The columns that a text takes.
function M.width(text)
  if not text:find "[\128-\255]" then return #text end
  local rest, lines = text:gsub(tree_line, "")
  if not rest:find "[\128-\255]" then return #rest + lines end
  local width = 0
  for letter in text:gmatch(letters) do width = width + width_of(letter) end
  return width
end

--- The text, with "…" for what is beyond `width` columns.
function M.cut(text, width)
  if M.width(text) <= width then return text end
  local taken, kept = 0, {}
  for letter in text:gmatch(letters) do
    taken = taken + width_of(letter)
    if taken > width - 1 then break end
    kept[#kept + 1] = letter
  end
  return width > 0 and table.concat(kept) .. "…" or ""
end

--- The text, with blanks to its right (or to its left) up to `width` columns.
function M.pad(text, width, to_the_right)
  local blanks = (" "):rep(width - M.width(text))
  return to_the_right and blanks .. text or text .. blanks
end

-- The bytes that a letter's first byte announces; nil where it begins none.
local function length_of(first)
  if first < 0x80 then return 1 end
  if first < 0xC2 or first > 0xF4 then return nil end
  return first < 0xE0 and 2 or first < 0xF0 and 3 or 4
end

-- Marks that would turn the rest of the line around: embeddings, overrides, isolates.
local function turns(letter)
  local code = #letter == 3 and code_of(letter) or #letter == 2 and code_of(letter) or 0
  return (code >= 0x202A and code <= 0x202E) or (code >= 0x2066 and code <= 0x2069) or code == 0x200E
    or code == 0x200F or code == 0x061C
end

-- Bytes that are no UTF-8 as `\xNN`, marks that turn a line as `\u202E`.
local function escaped(text)
  local parts, at = {}, 1
  while at <= #text do
    local length = length_of(text:byte(at))
    local letter = length and text:sub(at, at + length - 1)
    if letter and #letter == length and letter:find "^[%z\1-\127\194-\244][\128-\191]*$" then
      parts[#parts + 1] = turns(letter) and ("\\u%04X"):format(code_of(letter)) or letter
      at = at + length
    else
      parts[#parts + 1] = ("\\x%02X"):format(text:byte(at))
      at = at + 1
    end
  end
  return table.concat(parts)
end

--- The text without what would move a terminal's cursor, change its colours or turn its lines around.
function M.plain(text)
  if not text:find "[%z\1-\31\127-\255]" then return text end
  if not text:gsub(tree_line, ""):find "[%z\1-\31\127-\255]" then return text end
  if text:find "[\128-\255]" then text = escaped(text) end
  return (text:gsub("[%z\1-\31\127]", function(letter)
    if letter == "\n" then return "↵" end
    if letter == "\t" then return " " end
    return ("\\x%02X"):format(letter:byte())
  end))
end

--- Has the text letters that are written from right to left? Hebrew, Arabic and what lies between.
function M.right_to_left(text)
  if not text:find "[\214-\223\224\239]" then return false end
  for letter in text:gmatch(letters) do
    local code = #letter > 1 and #letter < 4 and code_of(letter) or 0
    if (code >= 0x0590 and code <= 0x08FF) or (code >= 0xFB1D and code <= 0xFDFF) then return true end
  end
  return false
end

--- The text in lines of at most `width` columns, broken at blanks.
function M.wrap(text, width)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if line ~= "" and M.width(line) + 1 + M.width(word) > width then
      lines[#lines + 1], line = line, word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return lines
end

--- The text in pieces of at most `width` columns (1 or more), broken anywhere between letters.
function M.broken(text, width)
  if M.width(text) <= width then return { text } end
  local pieces, piece, taken = {}, {}, 0
  for letter in text:gmatch(letters) do
    local columns = width_of(letter)
    if taken + columns > width and piece[1] then
      pieces[#pieces + 1], piece, taken = table.concat(piece), {}, 0
    end
    piece[#piece + 1], taken = letter, taken + columns
  end
  pieces[#pieces + 1] = table.concat(piece)
  return pieces
end

--- The parts, two blanks between them, in lines of at most `width` columns (nil: one line), broken between
--- parts; all but the first line are indented.
function M.join(parts, width, indent)
  local lines, line = {}, parts[1] or ""
  for at = 2, #parts do
    if width and M.width(line) + 2 + M.width(parts[at]) > width then
      lines[#lines + 1], line = line, (" "):rep(indent) .. parts[at]
    else
      line = line .. "  " .. parts[at]
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

return M
