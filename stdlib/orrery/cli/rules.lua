--- What `orrery help invariants` tells about the rules of a graph.

local core = require "orrery.core"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local M = {}

local function room(indent)
  return math.max(math.min(stream.out:width() or 100, 110) - indent, 30)
end

local function list()
  local lines = { "The rules that a graph must keep; 'orrery help invariants CODE' tells more of one." }
  local group
  for _, rule in ipairs(core.rules()) do
    if rule.group ~= group then
      group = rule.group
      lines[#lines + 1] = ""
      lines[#lines + 1] = stream.out:paint("bold", group)
    end
    local mark = rule.severity == "warning" and " (warning)" or ""
    lines[#lines + 1] = ("  %s  %s%s"):format(stream.out:paint("cyan", rule.number), rule.code, mark)
  end
  return lines
end

local function add_wrapped(lines, words, indent)
  for _, line in ipairs(text.wrap(words, room(#indent))) do lines[#lines + 1] = indent .. line end
end

local function tell(rule)
  local head = ("%s  %s (%s)"):format(rule.number, rule.code, rule.severity)
  local lines = { stream.out:paint("bold", head), "" }
  add_wrapped(lines, rule.what, "")
  lines[#lines + 1] = ""
  add_wrapped(lines, rule.example, "    ")
  lines[#lines + 1] = ""
  add_wrapped(lines, rule.remedy, "")
  if rule.severity == "warning" then
    lines[#lines + 1] = ""
    local levels = ('In a script: g:rules { %s = "off" }, or "error" to be strict.'):format(rule.number)
    add_wrapped(lines, levels, "")
  end
  return lines
end

--- The lines about all rules, or about one by its number or code.
---@param name? string
---@return string[]
function M.lines(name)
  if not name then return list() end
  local code = core.rule(name)
  for _, rule in ipairs(core.rules()) do
    if rule.code == code then return tell(rule) end
  end
end

return M
