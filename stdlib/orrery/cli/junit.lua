--- Checks many scripts, each in a process of its own, and writes what CI systems read: JUnit's XML
--- (https://github.com/testmoapp/junitxml). A script is a test case; findings are its failure.

local core = require "orrery.core"
local stream = require "orrery.cli.stream"

local M = {}

local function quoted(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- XML 1.0 has no control characters but tab and newline.
local function escaped(text)
  text = text:gsub("[%z\1-\8\11\12\14-\31]", "?")
  return (text:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

-- The output of `orrery check SCRIPT` and its exit code.
local function check(program, script, given)
  local words = { quoted(program), "check", "--no-color", quoted(script) }
  if given.options.plugin then words[#words + 1] = quoted("--plugin=" .. given.options.plugin) end
  for _, setting in ipairs(given.config) do
    words[#words + 1] = quoted(setting.key .. "=" .. setting.value)
  end
  local pipe = assert(io.popen(table.concat(words, " ") .. " 2>&1; echo \"exit $?\""))
  local out = pipe:read "*a"
  pipe:close()
  local text, code = out:match "^(.-)exit (%d+)\n$"
  return text or out, tonumber(code) or 1
end

local function case_lines(result)
  local head = ('  <testcase classname="orrery.check" name="%s" file="%s"'):format(escaped(result.script),
    escaped(result.script))
  if result.code == 0 then return head .. "/>" end
  local kind = result.code == 3 and "failure" or "error"
  local first = result.text:match "[^\n]+" or ("exit code " .. result.code)
  return ('%s>\n    <%s message="%s">%s</%s>\n  </testcase>'):format(head, kind, escaped(first),
    escaped(result.text), kind)
end

--- The XML of what was found.
---@param results { script: string, text: string, code: integer }[]
---@return string
function M.xml(results)
  local failures, errors, cases = 0, 0, {}
  for at, result in ipairs(results) do
    if result.code == 3 then failures = failures + 1 elseif result.code ~= 0 then errors = errors + 1 end
    cases[at] = case_lines(result)
  end
  local counts = ('tests="%d" failures="%d" errors="%d"'):format(#results, failures, errors)
  return ('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites %s>\n <testsuite name="orrery check" %s>\n%s\n'
    .. ' </testsuite>\n</testsuites>\n'):format(counts, counts, table.concat(cases, "\n"))
end

--- Checks scripts; prints what each says, writes the file where one is named. Gives the exit code: that of
--- the worst, a broken script before a broken rule.
---@param program string
---@param scripts string[]
---@param given table the command line: `config` and the option `plugin` go to each, `junit` is the file
---@return integer
function M.check(program, scripts, given)
  local results, worst = {}, 0
  for at, script in ipairs(scripts) do
    local text, code = check(program, script, given)
    results[at] = { script = script, text = text, code = code }
    stream.out:write(stream.out:paint("bold", script), "\n", text)
    if code ~= 0 and (worst == 0 or worst == 3) then worst = code end
  end
  local file = given.options.junit
  if file then
    core.write_file(file, M.xml(results))
    stream.say("wrote " .. file)
  end
  return worst
end

return M
