--- Draws curves into an SVG file: for each one colour and what it is, epochs to the right, numbers upwards
--- from 0.
---
---     draw("loss.svg", "loss", { { label = "training", 2.3, 1.9, 1.7 } })
---
---@param path string
---@param unit string what the numbers are, written at the upper end
---@param curves table[] numbers by epoch; `label`, and where wanted `colour` and `dashed`
return function(path, unit, curves)
  local epochs, highest = 0, 0
  for _, curve in ipairs(curves) do
    epochs, highest = math.max(epochs, #curve), math.max(highest, unpack(curve))
  end
  local svg = { '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300" font-family="sans-serif"',
    ' font-size="11"><rect width="480" height="300" fill="white"/>',
    '<path d="M60 20V260H460" fill="none" stroke="black"/>',
    ('<text x="420" y="280" text-anchor="end">epoch</text><text x="457" y="276">%d</text>'):format(epochs),
    ('<text x="8" y="16">%s</text><text x="8" y="44">%.4g</text><text x="44" y="264">0</text>'):format(unit,
      highest) }
  for at, curve in ipairs(curves) do
    local colour, points = curve.colour or "#377eb8", {}
    for epoch, number in ipairs(curve) do
      points[epoch] = ("%.1f,%.1f"):format(60 + 400 * epoch / epochs, 260 - 220 * number / highest)
    end
    svg[#svg + 1] = ('<polyline points="%s" fill="none" stroke="%s" stroke-width="2" %s/>'):format(
      table.concat(points, " "), colour, curve.dashed and 'stroke-dasharray="6 6"' or "")
    svg[#svg + 1] = ('<text x="300" y="%d" fill="%s">%s</text>'):format(90 + 16 * at, colour, curve.label)
  end
  local file = assert(io.open(path, "w"))
  file:write(table.concat(svg), "</svg>\n")
  file:close()
end
