--- The help of a verb and of the program, made from their tables.

local options = require "orrery.cli.options"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local M = {}

-- Two columns: words, and what they mean, wrapped.
local function glossary(entries)
  local left, lines = 0, {}
  for _, entry in ipairs(entries) do left = math.max(left, math.min(text.width(entry[1]), 26)) end
  local room = math.max(math.min(stream.out:width() or 100, 110) - left - 4, 20)
  for _, entry in ipairs(entries) do
    local meaning = text.wrap(entry[2], room)
    local words = "  " .. stream.out:paint("cyan", entry[1])
    if text.width(entry[1]) > left then
      lines[#lines + 1] = words
      words = (" "):rep(left + 2)
    else
      words = words .. (" "):rep(left - text.width(entry[1]))
    end
    for at, line in ipairs(meaning) do
      lines[#lines + 1] = (at == 1 and words or (" "):rep(left + 2)) .. "  " .. line
    end
  end
  return lines
end

local function add(lines, title, more)
  if #more == 0 then return end
  lines[#lines + 1] = ""
  if title then lines[#lines + 1] = stream.out:paint("bold", title) end
  for _, line in ipairs(more) do lines[#lines + 1] = line end
end

local function option_words(option)
  local words = (option.short and "-" .. option.short .. ", " or "") .. "--"
  if option.switchable then return words .. option.name .. ", --no-" .. option.name end
  words = words .. option.name .. (option.also and ", --" .. option.also or "")
  return words .. (option.value and (option.alone and " [%s]" or " %s"):format(option.value) or "")
end

local function meaning_of(option)
  local meaning = option.doc
  local choices = options.choices(option)
  if choices then meaning = meaning .. ": " .. table.concat(choices, ", ") end
  if option.alone then meaning = meaning .. (" (alone: %s)"):format(option.alone) end
  if option.default then meaning = meaning .. (" (default: %s)"):format(option.default) end
  return meaning
end

local function option_entries(verb)
  local entries = {}
  for _, option in ipairs(options.of(verb)) do
    if not option.hidden then entries[#entries + 1] = { option_words(option), meaning_of(option) } end
  end
  return entries
end

--- The lines that `orrery VERB --help` prints.
function M.of_verb(verb)
  local lines = { verb.summary, "", stream.out:paint("bold", "Usage:") .. " " .. verb.usage }
  local operands = {}
  for _, operand in ipairs(verb.operands or {}) do operands[#operands + 1] = { operand.name, operand.doc } end
  add(lines, nil, glossary(operands))
  for _, section in ipairs(verb.parts and verb.parts() or {}) do
    local entries = {}
    for at, part in ipairs(section) do entries[at] = { part.name, part.summary } end
    add(lines, section.title, glossary(entries))
  end
  add(lines, "Options", glossary(option_entries(verb)))
  if verb.notes then
    add(lines, nil, text.wrap(verb.notes, math.min(stream.out:width() or 100, 110)))
  end
  local examples = {}
  for _, example in ipairs(verb.examples or {}) do examples[#examples + 1] = "  " .. example end
  add(lines, "Examples", examples)
  return lines
end

--- The lines that `orrery --help` prints.
---@param verbs table[] name and summary each
function M.of_program(verbs)
  local entries = {}
  for _, verb in ipairs(verbs) do entries[#entries + 1] = { verb.name, verb.summary } end
  local lines = {
    "Orrery scripts, checks, trains, profiles and draws neural networks in Lua.", "",
    stream.out:paint("bold", "Usage:") .. " orrery COMMAND [ARGUMENTS…]",
  }
  add(lines, "Commands", glossary(entries))
  add(lines, "Examples", { "  orrery check digits.lua", "  orrery run digits.lua lr=0.01 --epochs 5",
    "  orrery history show last" })
  add(lines, nil, { "'orrery COMMAND --help' tells more about one of them.", "",
    "Exit codes: 0 ok · 1 script or run failed · 2 usage · 3 check failed · 4 bad input file ·",
    "5 out of memory · 6 diverged · 7 cannot write · 130 Ctrl-C · 143 SIGTERM" })
  return lines
end

return M
