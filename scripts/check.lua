local core = require "orrery.core"
local json = require "orrery.cli.json"
local junit = require "orrery.cli.junit"
local numbers = require "orrery.cli.numbers"
local script = require "orrery.cli.script"
local stream = require "orrery.cli.stream"

local schema = "orrery.check/1"

local function print_finding(finding)
  local text = finding.text
  if finding.severity == "warning" and not text:find "^%S+: warning:" then
    local site = finding.file and ("%s:%d: "):format(finding.file, finding.line) or ""
    text = site .. "warning: " .. text:sub(#site + 1)
  end
  local colour = finding.severity == "error" and "red" or "yellow"
  local site, rest = text:match "^([^:\n]+:%d+:)(.*)$"
  local number = finding.number and stream.out:paint("dim", (" [%s]"):format(finding.number)) or ""
  if not site then site, rest = "", text end
  local first, more = rest:match "^([^\n]*)(.*)$"
  stream.out:write(stream.out:paint(colour, site), first, number, more, "\n")
end

-- `form`: the schema of the lines for programs, here as below; without it people read.
local function report_finding(finding, graph, form)
  if not form then return print_finding(finding) end
  json.line(form, {
    kind = "finding", graph = graph, number = finding.number, code = finding.code,
    severity = finding.severity, file = finding.file, line = finding.line, path = finding.path,
    message = finding.message, expected = finding.expected,
    got = finding.got, remedy = finding.remedy,
  })
end

local function count(findings)
  local errors, warnings = 0, 0
  for _, finding in ipairs(findings) do
    if finding.severity == "error" then errors = errors + 1 else warnings = warnings + 1 end
  end
  return errors, warnings
end

local function verdict(name, facts, errors, warnings)
  local found = warnings > 0 and ", " .. numbers.count(warnings, "warning") or ""
  if errors > 0 then
    local broken = numbers.count(errors, "error")
    return stream.out:paint("red", "failed") .. (": graph %s, %s%s"):format(name, broken, found)
  end
  local nodes, parameters = numbers.count(facts.count, "node"), numbers.count(facts.parameters, "parameter")
  return stream.out:paint("green", "ok") .. (": graph %s, %s, %s%s"):format(name, nodes, parameters, found)
end

-- The errors of a graph, after printing all that is known about it.
local function check_graph(graph, form)
  local findings, facts = graph:check(), graph:totals()
  for _, finding in ipairs(findings) do report_finding(finding, graph.name, form) end
  local errors, warnings = count(findings)
  if form then
    json.line(form, { kind = "graph", graph = graph.name, ok = errors == 0, errors = errors,
      warnings = warnings, nodes = facts.count, parameters = facts.parameters, trainable = facts.trainable })
  else
    stream.out:write(verdict(graph.name, facts, errors, warnings), "\n")
  end
  return errors
end

-- What could not be built, of a `broken` script, is drawn as it stood when it failed.
local function draw(graphs, file, broken)
  local drawing = require "orrery.drawing"
  for at, graph in ipairs(graphs) do
    local path = at == 1 and file or file:gsub("(%.%w+)$", "_" .. graph.name .. "%1")
    local drawn = broken and drawing.render_failure(graph, path)
    if not drawn then drawing.render(graph, path, { findings = true }) end
    stream.say("drew " .. path)
  end
end

-- Layers on tensors know no line: that of the error is the one.
local function place(finding, text)
  local file, line = text:match "^([^:\n]+):(%d+): "
  if finding.file or not file then return end
  finding.file, finding.line = file, tonumber(line)
  finding.text = ("%s:%s: %s"):format(file, line, finding.text)
end

-- A script that broke a rule while it built its graph: the rule's findings are what there is to report.
local function report_broken(failure, given, form)
  local info = core.error_info(core.error_text(failure))
  if #info.findings == 0 then
    if form == schema and not stream.is_closed(failure) then
      json.line(schema, { kind = "error", fault = info.fault, message = core.error_text(failure) })
    end
    error(failure, 0)
  end
  for _, finding in ipairs(info.findings) do
    place(finding, core.error_text(failure))
    report_finding(finding, nil, form)
  end
  local graphs = core.graphs()
  if given.options.render and #graphs > 0 then draw(graphs, given.options.render, true) end
  return info.exit_code
end

-- Without a graph there is no rule to break: that the script came so far is what was checked.
local function pass_without_graph(call, form)
  if form == schema then return json.line(schema, { kind = "script", ok = true, ended = call }) end
  if form then return end
  stream.out:write(stream.out:paint("green", "ok"), (": no graph, run up to %s\n"):format(call))
end

-- `given.manager`, `given.arguments`: what a dry run also has. Its `form` is its own, and how the script
-- ended it tells itself.
local function check_one(given, words, form)
  if given.options.render then require("orrery.drawing").watch_failures(given.options.render) end
  local done, graphs, ended = pcall(script.check, given[1], words, given.config, given.manager,
    given.arguments)
  if not done then return report_broken(graphs, given, form) end
  if #graphs == 0 and (not ended or given.options.render) then script.pick(graphs, given[1], nil, ended) end
  if #graphs == 0 then pass_without_graph(ended, form) end
  local errors = 0
  for _, graph in ipairs(graphs) do errors = errors + check_graph(graph, form) end
  if given.options.render then draw(graphs, given.options.render) end
  return errors > 0 and 3 or 0, graphs, ended
end

local function check_many(given, words)
  if given.options.json or given.options.render then
    core.fail("usage", "--json and --render check one script", "Use --junit FILE for many.")
  end
  local scripts = { given[1] }
  for _, path in ipairs(given.rest) do scripts[#scripts + 1] = path end
  return junit.check(words[0], scripts, given)
end

return {
  check_one = check_one,
  check_graph = check_graph,
  summary = "Checks the graphs of scripts; trains nothing.",
  usage = "orrery check SCRIPT… [key=value…] [--json] [--render FILE] [--junit FILE]",
  operands = { { name = "SCRIPT", doc = "a Lua file; key=value behind it changes its orrery.config" } },
  options = {
    { name = "json", doc = "one JSON object a line: findings, then the graph" },
    { name = "render", value = "FILE", doc = "draws the graph with the findings marked: .pdf, .svg or .png" },
    { name = "junit", value = "FILE", doc = "writes what CI systems read, a test case for each script" },
  },
  takes_config = true,
  takes_rest = true,
  notes = "The script runs up to the first call that would train, evaluate or write weights; what it "
    .. "computes on tensors until then is computed. Exit code 3 when a check failed; warnings alone are no "
    .. "failure. What the script prints goes to stderr. The number behind a finding is its rule's: "
    .. "'orrery help invariants O101' tells about it.",
  examples = { "orrery check digits.lua", "orrery check digits.lua --render digits.pdf",
    "orrery check --junit report.xml examples/*.lua" },
  main = function(given, words)
    words.verb = "check"
    if given.options.junit or given.rest[1] then return check_many(given, words) end
    return (check_one(given, words, given.options.json and schema))
  end,
}
