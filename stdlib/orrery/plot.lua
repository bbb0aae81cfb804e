--- Plots: curves with axes, bands and a legend, as PDF, SVG or PNG. See docs/plots.md.

---@class orrery.PlotAxis
---@field label? string what the numbers are
---@field unit? string written behind the label, in brackets
---@field log? boolean a logarithmic axis; what is not above 0 makes a gap
---@field from? number where it begins; none: where the data need it
---@field to? number where it ends
---@field zero? boolean shows 0, whatever the data
---@field whole? boolean ticks at whole numbers only, as of epochs
---@field numbers? "plain"|"si" how numbers are written: 150000 or 150k; none: plain where that is short

---@class orrery.PlotSeries
---@field name? string in the legend; series of one name look alike in all panels
---@field x? number[] none: 1, 2, 3, …
---@field y number[] NaN and infinity make gaps
---@field lower? number[] with `upper` a band around the curve
---@field upper? number[]
---@field smooth? number the span of an exponential moving average, drawn over the numbers themselves
---@field points? boolean a mark at each number, no line
---@field color? integer which of the seven colours, from 1
---@field dashes? integer which of the five kinds of dashes, from 1, a whole line
---@field mark? integer which of the seven marks, from 1; along a line they stand apart

---@class orrery.PlotPanel
---@field y? string|orrery.PlotAxis
---@field series orrery.PlotSeries[]

---@class orrery.PlotEntry a line of the legend in place of those of the series' names
---@field name string
---@field color? integer none: grey, for what dashes mean in any colour
---@field dashes? integer
---@field mark? integer
---@field band? boolean

---@class orrery.PlotOptions
---@field x? string|orrery.PlotAxis a text is the label
---@field y? string|orrery.PlotAxis
---@field series? orrery.PlotSeries[]
---@field panels? orrery.PlotPanel[] under each other with one x, in place of `y` and `series`
---@field title? string
---@field caption? string small, under the plot
---@field legend? "automatic"|"above"|"none" automatic: in a corner where it covers nothing, else above
---@field entries? orrery.PlotEntry[]
---@field width_mm? number 84: a column of a paper
---@field height_mm? number 0: as the panels need
---@field dpi? number 150: dots per inch of a PNG
---@field format? "pdf"|"svg"|"png" none: by the ending of the file's name

--- Plots into a file; its ending tells the format: pdf, svg or png.
---@param path string
---@param options orrery.PlotOptions
return function(path, options) return require("orrery.drawing").plot(path, options) end
