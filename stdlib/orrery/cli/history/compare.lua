local core = require "orrery.core"
local differences = require "orrery.cli.run_differences"
local forms = require "orrery.cli.forms"
local history_file = require "orrery.cli.history_file"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"

local shown_blocks = 12

local function shown_value(value)
  if value == nil then return "" end
  return type(value) == "number" and numbers.plain(value) or tostring(value)
end

local function shown_cost(digits)
  return function(value) return value and ("%%.%df"):format(digits):format(value) or "" end
end

local sections = {
  { name = "config", title = "Settings", item = "setting", same = "all settings are the same" },
  { name = "environment", title = "Environment", item = "", same = "the environment is the same" },
  { name = "metric", title = "Metrics", item = "metric", numbers = true, all = true, delta = true },
  { name = "graph", title = "Graph", item = "path", same = "the graphs are the same" },
  { name = "time", title = "Time of a step in ms: the whole graph, then blocks by themselves", item = "block",
    numbers = true, delta = true, all = true, blocks = true, show = shown_cost(3) },
  { name = "memory", title = "Memory in KiB, at most: the whole graph, then blocks by themselves",
    item = "block", numbers = true, delta = true, all = true, blocks = true, show = shown_cost(1) },
}

-- `-12.5 %`, against the first of two runs.
local function delta_words(values)
  local before, after = values[1], values[2]
  if type(before) ~= "number" or type(after) ~= "number" then return "" end
  local delta = after - before
  if delta ~= delta or math.abs(delta) == math.huge then return "" end
  if delta == 0 then return "=" end
  local sign = delta > 0 and "+" or ""
  if before == 0 then return sign .. numbers.plain(delta) end
  return ("%s%.1f %%"):format(sign, delta / math.abs(before) * 100)
end

local function change_of(difference)
  local values = difference.values
  return math.abs((tonumber(values[2]) or 0) - (tonumber(values[1]) or 0))
end

-- The whole graph, then the blocks that changed most; how many are left out.
local function most_changed(list, all)
  for place, each in ipairs(list) do each.place, each.change = place, change_of(each) end
  table.sort(list, function(a, b)
    if (a.item == "") ~= (b.item == "") then return a.item == "" end
    if a.change == b.change then return a.place < b.place end
    return a.change > b.change
  end)
  if all then return list, 0 end
  local kept = {}
  for at = 1, math.min(#list, shown_blocks + 1) do kept[at] = list[at] end
  return kept, #list - #kept
end

local function name_of(difference, section)
  local item = section.blocks and difference.item == "" and "(whole graph)" or difference.item
  return difference.measure and ("%s %s"):format(item, difference.measure) or item
end

local function print_section(section, list, names, all)
  local columns = { { title = section.item, shrinks = true, least = 12 } }
  for at, name in ipairs(names) do
    columns[at + 1] = section.numbers and { title = name, right = true, shrinks = true, least = 8 }
      or { title = name, wraps = true }
  end
  local delta = section.delta and #names == 2
  if delta then columns[#columns + 1] = { title = "Δ", right = true } end
  local rows, more = {}, 0
  if section.blocks then list, more = most_changed(list, all) end
  for at, difference in ipairs(list) do
    local values = difference.values
    rows[at] = { name_of(difference, section) }
    for place = 1, #names do rows[at][place + 1] = (section.show or shown_value)(values[place]) end
    if delta then rows[at][#names + 2] = delta_words(difference.values) end
  end
  forms.table(columns, rows)
  if more > 0 then
    stream.out:write(stream.out:paint("dim", ("%s more changed less: --all shows them"):format(
      numbers.count(more, "block"))), "\n")
  end
end

local function of_section(found, section, all)
  local list = {}
  for _, difference in ipairs(found) do
    if difference.section == section.name and (all or section.all or not difference.same) then
      list[#list + 1] = difference
    end
  end
  return list
end

local function print_all(found, names, all)
  local began, same = false, {}
  for _, section in ipairs(sections) do
    local list = of_section(found, section, all)
    if list[1] then
      stream.out:write(began and "\n" or "", stream.out:paint("bold", section.title), "\n")
      print_section(section, list, names, all)
      began = true
    elseif section.same then
      same[#same + 1] = section.same
    end
  end
  if same[1] then stream.out:write(began and "\n" or "", table.concat(same, "; "), "\n") end
end

-- One row a value, so that any number of runs has the same columns.
local function long_rows(found, names, all)
  local rows = {}
  for _, section in ipairs(sections) do
    for _, difference in ipairs(of_section(found, section, all)) do
      for at, name in ipairs(names) do
        rows[#rows + 1] = { section.name, difference.item, difference.measure, name, difference.values[at] }
      end
    end
  end
  return rows
end

return {
  group = "ask",
  summary = "Shows how runs differ: settings, environment, metrics, graphs, cost of each block.",
  usage = "orrery history compare RUN RUN… [--all]",
  operands = {
    { name = "RUN", repeated = true, doc = "two runs or more, the others compared with the first: a number, "
      .. "a name or the beginning of it, last, last~2, best:val_loss" },
  },
  options = forms.behind {
    history_file.option,
    { name = "all", doc = "also what is the same, and all blocks" },
  },
  notes = "Times are of one step in milliseconds, memory in KiB. As --json, --csv and --plain each value "
    .. "is a row of its own: section, item, measure, run, value.",
  examples = { "orrery history compare last~1 last", "orrery history compare best:val_loss last --csv" },
  main = function(given)
    if #given < 2 then
      core.fail("usage", "compare needs two runs or more", "As in: orrery history compare last~1 last")
    end
    local options, runs = given.options, {}
    local form = forms.of(options)
    for at, run in ipairs(given) do runs[at] = run end
    local found, names, again = differences.of(history_file.open(given), runs)
    if not names[2] then
      core.fail("usage", ("'%s' and '%s' are one run: %s"):format(runs[1], again[1], names[1]),
        "Name another one.")
    end
    if again[1] then
      stream.say(("named already, and so left out: %s"):format(table.concat(again, ", ")))
    end
    if form == "table" then return print_all(found, names, options.all) end
    forms.print(options, { schema = "orrery.history.compare/1", rows = long_rows(found, names, options.all),
      columns = { { name = "section" }, { name = "item" }, { name = "measure" }, { name = "run" },
        { name = "value" } } })
  end,
}
