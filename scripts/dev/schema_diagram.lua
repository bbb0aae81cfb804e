--- Draws the tables of a history, and how they refer to each other, into docs/schema.svg.
---
---     build/orrery run scripts/dev/schema_diagram.lua docs/schema.svg
---
--- What is drawn is read from a new history, and stands in the file as a comment, too. Loaded by other code
--- it returns a function that gives this comment for the schema of now, which the test
--- tests/stdlib/schema_diagram_spec.lua compares with the file's.

local core = require "orrery.core"
local sql_rows = require "orrery.sql_rows"

-- Frames of the drawing; a table that none of them names stands alone.
local groups = {
  { title = "what was run", tables = { "graphs", "blocks", "nodes" } },
  { title = "costs", tables = { "block_profiles", "block_sizes", "block_totals", "node_profiles",
    "node_sizes", "node_totals", "part_profiles", "kernel_profiles", "step_profiles", "quantities", "parts",
    "kernels" } },
  { title = "how it went", tables = { "epochs", "metrics", "rising_metrics", "step_metrics", "logs", "events",
    "artifacts" } },
  { title = "what people add", tables = { "tags", "notes" } },
}

local columns_of = [[
SELECT m.name AS name, c.name AS column, c.pk AS key
FROM sqlite_schema m, pragma_table_xinfo(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid]]

local references_of = [[
SELECT m.name AS name, f."from" AS column, f."table" AS target
FROM sqlite_schema m, pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' ORDER BY m.name, f.id DESC]]

-- A history that no run has been written to, as rows of columns and of references.
local function read_schema()
  local path = os.tmpname()
  os.remove(path)
  core.keep_history(path, true):release()
  local history = core.history(path)
  local columns, references = sql_rows.of(history, columns_of), sql_rows.of(history, references_of)
  history:release()
  for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(path .. ending) end
  return columns, references
end

local function group_of(name)
  for at, group in ipairs(groups) do
    for _, each in ipairs(group.tables) do
      if each == name then return at end
    end
  end
  return 0
end

-- The tables by name, with their columns sorted by what they are.
local function read_tables()
  local columns, references = read_schema()
  local tables, places, refers = {}, {}, {}
  for _, each in ipairs(references) do refers[each.name .. "." .. each.column] = true end
  for _, each in ipairs(columns) do
    if not places[each.name] then
      tables[#tables + 1] = { name = each.name, group = group_of(each.name), keys = {}, references = {},
        others = {} }
      places[each.name] = #tables
    end
    local is_reference = refers[each.name .. "." .. each.column]
    local into = tables[places[each.name]]
    into = each.key > 0 and into.keys or not is_reference and into.others
    if into then into[#into + 1] = each.column end
  end
  for _, each in ipairs(references) do
    local own = tables[places[each.name]].references
    own[#own + 1] = { column = each.column, table = places[each.target] }
  end
  return tables
end

-- `runs(run_id; project_id → projects; name, uid, …)`, one a line.
local function words_of(tables)
  local lines = {}
  for at, each in ipairs(tables) do
    local references = {}
    for place, reference in ipairs(each.references) do
      references[place] = reference.column .. " → " .. tables[reference.table].name
    end
    lines[at] = ("%s(%s; %s; %s)"):format(each.name, table.concat(each.keys, ", "),
      table.concat(references, ", "), table.concat(each.others, ", "))
  end
  return ("<!-- The tables of a history:\n%s\n-->\n"):format(table.concat(lines, "\n"))
end

-- What cairo says though it is so anyway.
local needless = { "fill%-rule:nonzero;", "fill%-opacity:1;", "stroke%-linecap:butt;",
  "stroke%-linejoin:miter;", "stroke%-opacity:1;", "stroke%-miterlimit:10;" }

local function hexadecimal(red, green, blue)
  local function of(percent) return math.floor(tonumber(percent) * 2.55 + 0.5) end
  return ("#%02x%02x%02x"):format(of(red), of(green), of(blue))
end

local function rounded(svg, pattern, form)
  return (svg:gsub(pattern, function(number) return (form:format(number):gsub("%.?0+$", "")) end))
end

-- The same picture in half the bytes: no more than hundredths of a point, tenths for the places of letters.
local function shortened(svg)
  for _, words in ipairs(needless) do svg = svg:gsub(words, "") end
  svg = svg:gsub("rgb%(([%d.]+)%%,([%d.]+)%%,([%d.]+)%%%)", hexadecimal)
  svg = rounded(svg, "%-?%d+%.%d%d%d+", "%.2f")
  svg = svg:gsub("<use[^>]*>", function(letter) return rounded(letter, "%d+%.%d%d+", "%.1f") end)
  svg = svg:gsub("Z M [%d.-]+ [%d.-]+ \"", "Z\""):gsub("\n +<", "\n<"):gsub("\n<use", "<use")
  svg = svg:gsub(' style="stroke:none;"', "")
  return (svg:gsub("glyph(%d+%-%d+)", "g%1"):gsub("xlink:href", "href"))
end

local function draw(path)
  local tables, titles = read_tables(), {}
  for at, group in ipairs(groups) do titles[at] = group.title end
  local svg = require("orrery.drawing").tables { format = "svg", groups = titles, tables = tables }
  core.write_file(path, shortened(svg) .. words_of(tables))
end

local path = ...
if path then draw(path) end

return function() return words_of(read_tables()) end
