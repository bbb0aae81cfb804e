--- Prints how two graphs differ: a tree of what was added (+), removed (−) and changed (~), and the totals.

local numbers = require "orrery.cli.numbers"
local rows_of = require "orrery.cli.diff.rows"
local stream = require "orrery.cli.stream"
local tables = require "orrery.cli.table"

local M = {}

local marks = { added = "+", removed = "−", changed = "~", same = " " }
local colours = { added = "green", removed = "red", changed = "yellow", same = "dim" }

local columns = {
  { title = "" },
  { title = "node", shrinks = true, least = 16 },
  { title = "operation", optional = true },
  { title = "difference", wraps = true },
  { title = "parameters", right = true, optional = true },
  { title = "FLOPs", right = true, optional = true },
}

-- `[3,3]` is written 3, as one would.
local function value_words(value)
  if value == "" then return "none" end
  local first = value:match "^%[([%w.-]+)"
  if first and (value:sub(2, -2) .. ","):gsub(first:gsub("%p", "%%%0") .. ",", "") == "" then return first end
  return value
end

local function words_in(list)
  local words = {}
  for word in (list .. ", "):gmatch "(.-), " do words[#words + 1] = word end
  return words
end

-- Of many inputs those that differ, or how many there are.
local function inputs_words(change)
  local before, after, parts = words_in(change.before), words_in(change.after), {}
  if #before ~= #after then return ("inputs %d → %d"):format(#before, #after) end
  for at, word in ipairs(after) do
    if before[at] ~= word then parts[#parts + 1] = ("%s → %s"):format(before[at], word) end
  end
  return #parts <= 3 and "input " .. table.concat(parts, ", ") or ("%d other inputs"):format(#parts)
end

--- `kernel_size 3 → 5`
function M.change_words(change)
  if change.what == "inputs" then return inputs_words(change) end
  if change.what:find "^shape of " then
    local function sizes(text) return (text:gsub('[%[%]"]', ""):gsub(",", "×")) end
    return ("%s %s → %s"):format(change.what, sizes(change.before), sizes(change.after))
  end
  if change.what == "name" then return ("name %s → %s"):format(change.before, change.after) end
  return ("%s %s → %s"):format(change.what, value_words(change.before), value_words(change.after))
end

local function words_of(changes)
  local words = {}
  for at, change in ipairs(changes) do words[at] = M.change_words(change) end
  return table.concat(words, ", ")
end

local function signed(number, write)
  if number == 0 then return "" end
  return (number > 0 and "+" or "−") .. write(math.abs(number))
end

local function growth(cost, write)
  if not cost.before and not cost.after then return "" end
  return signed((cost.after or 0) - (cost.before or 0), write)
end

local function line_of(row, depth)
  local words = row.kind == "changed" and words_of(row.changes) or ""
  return { marks[row.kind], ("  "):rep(depth) .. row.name, row.operation, words,
    growth(row.parameters, numbers.thousands), growth(row.flops, numbers.short),
    colours = { colours[row.kind], colours[row.kind] } }
end

local function block_line(block, depth)
  return { marks[block.kind], ("  "):rep(depth) .. block.name .. "/",
    block.kind == "same" and "" or "block", words_of(block.changes),
    colours = block.kind == "same" and { "cyan", "cyan" } or { colours[block.kind], colours[block.kind] } }
end

-- A block that is wholly new, or wholly gone, is one line.
local function is_of_one_kind(block)
  if block.kind ~= "added" and block.kind ~= "removed" then return false end
  for _, row in ipairs(block.children) do
    if row.kind ~= block.kind or (row.is_block and not is_of_one_kind(row)) then return false end
  end
  return true
end

local function sum_up(block, what, sum)
  for _, row in ipairs(block.children) do
    if row.is_block then
      sum_up(row, what, sum)
    else
      for _, side in ipairs { "before", "after" } do
        if row[what][side] then sum[side] = (sum[side] or 0) + row[what][side] end
      end
    end
  end
  return sum
end

local function whole_block_line(block, depth)
  local line = block_line(block, depth)
  line[4] = numbers.count(block.nodes, "operation")
  line[5] = growth(sum_up(block, "parameters", {}), numbers.thousands)
  line[6] = growth(sum_up(block, "flops", {}), numbers.short)
  return line
end

-- What is the same stands as a number, each time where it is left out.
local function same_line(count, depth)
  return { "", ("  "):rep(depth) .. ("… %d the same"):format(count), colour = "dim" }
end

local function is_quiet(row)
  return row.kind == "same" and (not row.is_block or row.differ == 0)
end

local function add_lines(block, depth, all, lines)
  local same = 0
  local function tell_same()
    if same > 0 then lines[#lines + 1] = same_line(same, depth) end
    same = 0
  end
  for _, row in ipairs(block.children) do
    if is_quiet(row) and not all then
      same = same + (row.nodes or 1)
    else
      tell_same()
      local whole = row.is_block and not all and is_of_one_kind(row)
      lines[#lines + 1] = whole and whole_block_line(row, depth) or row.is_block and block_line(row, depth)
        or line_of(row, depth)
      if row.is_block and not whole then add_lines(row, depth + 1, all, lines) end
    end
  end
  tell_same()
end

local function headline(compared, names)
  local counts, parts = compared.counts, {}
  for _, kind in ipairs { "added", "removed", "changed" } do
    if counts[kind] > 0 then
      local words = ("%s %d %s"):format(marks[kind], counts[kind], kind)
      parts[#parts + 1] = stream.out:paint(colours[kind], words)
    end
  end
  parts[#parts + 1] = ("%d the same"):format(counts.same)
  return ("%s → %s: %s\n"):format(stream.out:paint("bold", names[1]), stream.out:paint("bold", names[2]),
    table.concat(parts, ", "))
end

local function print_outputs(outputs)
  for _, entry in ipairs(outputs) do
    if entry.kind ~= "same" then
      stream.out:write(("%s output %s%s\n"):format(stream.out:paint(colours[entry.kind], marks[entry.kind]),
        entry.path, entry.changes[1] and (": %s → %s"):format(entry.changes[1].before, entry.changes[1].after)
        or ""))
    end
  end
end

local function percent(cost)
  if not cost.before or cost.before == 0 or cost.before == cost.after then return "" end
  return ("%+.1f %%"):format((cost.after - cost.before) / cost.before * 100):gsub("-", "−")
end

local function print_totals(compared)
  local rows = {}
  for _, total in ipairs { { "parameters", compared.parameters, numbers.thousands },
      { "FLOPs of one sample", compared.flops, numbers.short } } do
    local title, cost, write = total[1], total[2], total[3]
    if cost.before and cost.after then
      rows[#rows + 1] = { title, write(cost.before), write(cost.after),
        signed(cost.after - cost.before, write), (percent(cost)) }
    end
  end
  tables.print(rows, { { title = "" }, { title = "before", right = true }, { title = "after", right = true },
    { title = "difference", right = true }, { title = "", right = true } })
end

--- Prints the differences; `names` tell the two graphs apart.
function M.print(compared, names, all)
  if not rows_of.differ(compared) then
    stream.out:write(("%s and %s are the same: %s\n"):format(names[1], names[2],
      numbers.count(compared.counts.same, "operation")))
    if not all then return end
  else
    stream.out:write(headline(compared, names), "\n")
  end
  local lines = {}
  add_lines(compared.root, 0, all, lines)
  tables.print(lines, columns)
  print_outputs(compared.outputs)
  stream.out:write "\n"
  print_totals(compared)
end

return M
