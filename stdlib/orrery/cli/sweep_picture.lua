--- The picture of `orrery history sweep -o FILE`: a sweep as parallel coordinates.

local core = require "orrery.core"
local numbers = require "orrery.cli.numbers"
local stream = require "orrery.cli.stream"
local sweep_page = require "orrery.cli.sweep_page"
local sweeps = require "orrery.sweeps"

local M = {}

local formats = { "pdf", "svg", "png" }

-- More axes than these nobody reads at once.
local most_axes = 10

-- Numbers that span so much stand on a logarithmic axis.
local wide = 30

local function format_of(file)
  local ending = file:match "%.(%w+)$"
  for _, format in ipairs(formats) do
    if format == ending then return format end
  end
  core.fail("usage", ("'%s' does not tell a format%s"):format(file, core.nearest(ending or "", formats)),
    "End the name in .pdf, .svg or .png.")
end

-- The most important setting stands next to the metric.
local function shown_settings(sweep)
  local shown = {}
  for at = math.min(#sweep.settings, most_axes), 1, -1 do shown[#shown + 1] = sweep.settings[at] end
  return shown
end

local function spans(least, largest) return least > 0 and largest / least >= wide end

local function axis_of(setting)
  local values = setting.values
  if setting.is_number then return { label = setting.key, log = spans(values[1], values[#values]) } end
  local categories, place_of = {}, {}
  for at, value in ipairs(values) do
    categories[at], place_of[value] = type(value) == "number" and numbers.plain(value) or value, at - 1
  end
  return { label = setting.key, categories = categories }, place_of
end

local function metric_axis(sweep)
  local least, largest = math.huge, -math.huge
  for _, run in ipairs(sweep.runs) do
    if sweeps.is_finite(run.value) then
      least, largest = math.min(least, run.value), math.max(largest, run.value)
    end
  end
  return { label = sweep.metric, log = spans(least, largest) }
end

local none = 0 / 0

local function course_of(run, settings, places)
  local values = {}
  for at, setting in ipairs(settings) do
    local value = run.settings[setting.key]
    if places[at] then value = places[at][value] end
    values[at] = value or none
  end
  values[#settings + 1] = run.value or none
  return { name = run.name, done = run.status == "done", values = values }
end

local function best_of(sweep)
  for at, run in ipairs(sweep.runs) do
    if run.status == "done" and sweeps.is_finite(run.value) then return at end
  end
  return 0
end

local function caption_of(sweep)
  local words = { "Each line is a run, coloured by " .. sweep.metric .. "; dark is better." }
  if sweep.settings[1] and sweep.settings[1].importance then
    local shares = {}
    for at = 1, math.min(3, #sweep.settings) do
      local setting = sweep.settings[at]
      if setting.importance then
        shares[at] = ("%s %.0f %%"):format(setting.key, setting.importance * 100)
      end
    end
    words[2] = "Of its variance each setting explains by itself: " .. table.concat(shares, ", ") .. "."
  end
  if sweep_page.is_doubtful(sweep) then words[#words + 1] = "These runs are too few to tell for sure." end
  if #sweep.settings > most_axes then
    words[#words + 1] = ("%d settings that explain less are left out."):format(#sweep.settings - most_axes)
  end
  return table.concat(words, " ")
end

--- Draws a sweep into `options.output`.
---@param sweep table as `sweeps.of` gives it
---@param options table
function M.draw(sweep, options)
  local format = format_of(options.output)
  if not sweep.settings[1] then
    core.fail("usage", "there is nothing to draw: " .. sweep.reason)
  end
  local settings, axes, places, courses = shown_settings(sweep), {}, {}, {}
  for at, setting in ipairs(settings) do axes[at], places[at] = axis_of(setting) end
  axes[#axes + 1] = metric_axis(sweep)
  for at, run in ipairs(sweep.runs) do courses[at] = course_of(run, settings, places) end
  local best = best_of(sweep)
  if best > 0 then
    courses[best].name = ("%s (%s)"):format(courses[best].name, numbers.plain(sweep.runs[best].value))
  end
  require("orrery.drawing").parallel(options.output, { format = format, title = sweep_page.title(sweep),
    caption = caption_of(sweep), axes = axes, courses = courses, best = best, rising = sweep.rising,
    width_mm = options["width-mm"], dpi = options.dpi })
  stream.out:write(options.output, "\n")
end

return M
