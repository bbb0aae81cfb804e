--- Several values for one setting on the command line: `lr=0.1,0.01`, `sizes=[32,64],[128]`, `name='a,b',c`.

local M = {}

--- Called by orrery.config with `{ { key =, values = { text, … } }, … }` when settings have several values;
--- nil where nobody takes them, and they are an error.
---@type fun(axes: { key: string, values: string[] }[])?
M.taken = nil

local closing = { ["["] = "]", ["{"] = "}", ["'"] = "'", ['"'] = '"' }

-- The parts between commas that stand in no brackets and no quotes.
local function split(text)
  local parts, part, closes = {}, "", nil
  for letter in text:gmatch "." do
    if letter == "," and not closes then
      parts[#parts + 1], part = part, ""
    else
      if closes == letter then closes = nil elseif not closes then closes = closing[letter] end
      part = part .. letter
    end
  end
  parts[#parts + 1] = part
  return parts
end

--- A text without the quotes around it.
---@param text string
---@return string
function M.unquoted(text)
  return text:match "^'(.*)'$" or text:match '^"(.*)"$' or text
end

--- The values that a text of the command line stands for, given the setting's default: a list without
--- brackets (`32,64`) is one value of a setting that is a list.
---@param text string
---@param default any
---@return string[]
function M.of(text, default)
  if type(default) == "table" and not text:find "^%s*[%[{]" then return { text } end
  return split(text)
end

return M
