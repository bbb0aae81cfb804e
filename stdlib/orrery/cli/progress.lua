--- The progress of a training run on stderr: on a terminal one line, drawn again and again, in tqdm's shape;
--- elsewhere one line an epoch.

local core = require "orrery.core"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local text = require "orrery.cli.text"

local eighths = { "▏", "▎", "▍", "▌", "▋", "▊", "▉" }

local function bar(share, width)
  local filled = share * width
  local whole = math.floor(filled)
  local part = whole < width and eighths[math.floor((filled - whole) * 8)] or ""
  return text.pad(("█"):rep(whole) .. part, width)
end

-- Loss first, then the others by name, as `loss=0.312`. Those of classes, `f1[3]`, would fill the line.
local function listed(values, prefix)
  local names, parts = {}, {}
  for name in pairs(values or {}) do
    if not name:find("[", 1, true) then names[#names + 1] = name end
  end
  table.sort(names, function(a, b)
    if (a == "loss") ~= (b == "loss") then return a == "loss" end
    return a < b
  end)
  for at, name in ipairs(names) do parts[at] = ("%s%s=%.4g"):format(prefix or "", name, values[name]) end
  return parts
end

local function joined(first, second)
  for _, part in ipairs(second) do first[#first + 1] = part end
  return first
end

local function rate(steps, seconds)
  local each = steps / math.max(seconds, 1e-9)
  if each >= 1 or steps == 0 then return ("%.1fit/s"):format(each) end
  return ("%.2fs/it"):format(1 / each)
end

-- `Epoch 3/10  45%|████▌     | 90/200 [00:12<00:15, 7.4it/s, loss=0.312]`, shortened to the terminal's width;
-- `more` notes where there is room for them.
local function line(head, step, steps, clock, notes, more)
  local share = steps > 0 and step / steps or 1
  local left = ("%s %3d%%|"):format(head, math.floor(share * 100))
  local right = ("| %d/%d [%s"):format(step, steps, clock)
  local width = (stream.err:width() or 80) - 1
  local function room_beside(words) return width - text.width(left .. right .. words) - 3 end
  local short = table.concat(notes, ", ")
  local tail = table.concat(joined(notes, more), ", ")
  if room_beside(tail) < 4 then tail = short end
  local room = room_beside(tail)
  if room < 4 then
    local percent = math.floor(share * 100)
    return text.cut(("%s %3d%% %d/%d [%s, %s]"):format(head, percent, step, steps, clock, tail), width)
  end
  return left .. bar(share, math.min(room, 20)) .. right .. (tail == "" and "" or ", " .. tail) .. "]"
end

local function draw(words, ends)
  io.stderr:write("\r", (words:gsub("\n", "\27[K\n")), "\27[K", ends and "\n" or "")
  io.stderr:flush()
  stream.err.line_open = not ends
end

local function best_of(summary)
  local best = summary.best
  local parts = {}
  if best then parts[1] = ("best %s %.4g in epoch %d"):format(best.name, best.value, best.epoch) end
  parts[#parts + 1] = ("%s in %s"):format(numbers.count(summary.epochs, "epoch"),
    numbers.seconds(summary.seconds))
  if summary.run and summary.run ~= "" then parts[#parts + 1] = "run " .. summary.run end
  for _, file in ipairs(summary.files or {}) do parts[#parts + 1] = "wrote " .. file end
  if summary.checkpoint then parts[#parts + 1] = "checkpoint " .. summary.checkpoint end
  return table.concat(parts, " · ")
end

-- The line that stays when an epoch is over.
local function epoch_line(report)
  local parts = joined(listed(report.train), listed(report.validation, "val_"))
  local digits = #tostring(report.epochs)
  local mark = report.improved and next(report.validation or {}) and " *" or ""
  local head = ("Epoch %" .. digits .. "d/%d"):format(report.epoch, report.epochs)
  if parts[1] then parts[#parts] = parts[#parts] .. mark end
  table.insert(parts, 1, head .. "  " .. numbers.seconds(report.seconds))
  return text.join(parts, stream.err:redraws() and stream.err:width(), #head + 2)
end

local function test_line(report)
  local parts = table.concat(listed(report.test, "test_"), "  ")
  return ("Test  %s of %s  %s"):format(numbers.seconds(report.seconds),
    numbers.count(report.samples, "sample"), parts)
end

-- Where a run that was stopped goes on.
local function with_checkpoints(callbacks)
  local saved
  function callbacks.checkpoint_loaded(report)
    stream.say(("goes on after step %d, from %s"):format(report.steps, report.path))
  end
  function callbacks.checkpoint_saved(report) saved = report.steps end
  function callbacks.exception(report)
    if report.stopped and saved then stream.say(("--resume last goes on after step %d"):format(saved)) end
  end
  return callbacks
end

-- The line of a validation within an epoch; nothing for one at its end, which the epoch's own line tells.
local function validation_line(report, facts)
  if report.trained == facts.steps_per_epoch then return nil end
  local head = ("Epoch %d/%d  %d/%d  "):format(report.epoch, facts.epochs, report.trained,
    facts.steps_per_epoch)
  return head .. table.concat(listed(report.validation, "val_"), "  ")
end

local function on_terminal()
  local epochs, began, validated = 0, 0, nil
  local before = 0  -- steps of the epoch that were done before `began`; nil: not known yet
  local function begin() before, began = 0, core.clock() end
  local function step(head, report, notes, more)
    before = before or report.step - 1
    local spent, done = core.clock() - began, report.step - before
    local left = done > 0 and spent / done * (report.steps - report.step) or 0
    local clock = ("%s<%s, %s"):format(numbers.clock(spent), numbers.clock(left), rate(done, spent))
    draw(line(head, report.step, report.steps, clock, notes, more))
  end
  return {
    train_start = function(facts)
      begin()
      epochs, before = facts.epochs, not facts.resumed_from and 0 or nil
    end,
    batch_end = function(report)
      step(("Epoch %d/%d"):format(report.epoch, epochs), report, listed(report.train),
        listed(validated, "val_"))
    end,
    validation_start = begin,
    validation_batch_end = function(report)
      step(("Epoch %d/%d validation"):format(report.epoch, epochs), report, {}, {})
    end,
    validation_end = function(report) validated, before, began = report.validation, nil, core.clock() end,
    epoch_end = function(report)
      draw(epoch_line(report), true)
      begin()
      validated = next(report.validation) and report.validation or validated
    end,
    train_end = function(summary) draw(stream.err:paint("green", best_of(summary)), true) end,
    test_end = function(report) draw(test_line(report), true) end,
  }
end

local function in_lines()
  local function write(words)
    io.stderr:write(words, "\n")
    io.stderr:flush()
  end
  local facts
  return {
    train_start = function(begun) facts = begun end,
    validation_end = function(report)
      local words = validation_line(report, facts)
      if words then write(words) end
    end,
    epoch_end = function(report) write(epoch_line(report)) end,
    train_end = function(summary) write(best_of(summary)) end,
    test_end = function(report) write(test_line(report)) end,
  }
end

--- A table of callbacks for one run.
return function()
  if stream.json then return require("orrery.cli.run_lines").callbacks() end
  if stream.quiet then return {} end
  return with_checkpoints(stream.err:redraws() and on_terminal() or in_lines())
end
