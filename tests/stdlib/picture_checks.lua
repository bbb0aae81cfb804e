-- What must hold for every drawing of feature maps, found in its geometry (`orrery.drawing.layout`).
local touch = 0.15 -- what may be lost in rounding

local function corners_of(r)
  return { { r[1], r[2] }, { r[1] + r[3], r[2] }, { r[1] + r[3], r[2] + r[4] }, { r[1], r[2] + r[4] } }
end

local function polygon_of(shape)
  local c = shape.corners
  if shape.form == "polygon" then return c end
  if shape.form == "rounded" then
    return corners_of { c[1][1], c[1][2], c[2][1] - c[1][1], c[2][2] - c[1][2] }
  end
  local points, x, y = {}, (c[1][1] + c[2][1]) / 2, (c[1][2] + c[2][2]) / 2
  for i = 0, 31 do
    local angle = i * math.pi / 16
    points[#points + 1] = { x + (c[2][1] - x) * math.cos(angle), y + (c[2][2] - y) * math.sin(angle) }
  end
  return points
end

local function bounds_of(points)
  local low_x, low_y, high_x, high_y = math.huge, math.huge, -math.huge, -math.huge
  for _, p in ipairs(points) do
    low_x, low_y = math.min(low_x, p[1]), math.min(low_y, p[2])
    high_x, high_y = math.max(high_x, p[1]), math.max(high_y, p[2])
  end
  return { low_x, low_y, high_x, high_y }
end

local function extent_along(points, x, y)
  local low, high = math.huge, -math.huge
  for _, p in ipairs(points) do
    local at = p[1] * x + p[2] * y
    low, high = math.min(low, at), math.max(high, at)
  end
  return low, high
end

local function parted_by_a_side(a, b)
  for i = 1, #a do
    local from, to = a[i], a[i % #a + 1]
    local x, y = from[2] - to[2], to[1] - from[1]
    local length = math.sqrt(x * x + y * y)
    if length > 1e-6 then
      x, y = x / length, y / length
      local low_a, high_a = extent_along(a, x, y)
      local low_b, high_b = extent_along(b, x, y)
      if high_a <= low_b + touch or high_b <= low_a + touch then return true end
    end
  end
  return false
end

-- Share more than a border. Both are convex.
local function overlap(a, b)
  local one, other = a.bounds, b.bounds
  if one[1] >= other[3] - touch or other[1] >= one[3] - touch or one[2] >= other[4] - touch
    or other[2] >= one[4] - touch then
    return false
  end
  return not parted_by_a_side(a.points, b.points) and not parted_by_a_side(b.points, a.points)
end

local function thing(points, from) return { points = points, bounds = bounds_of(points), of = from } end

local function near(shapes, piece, at)
  local dot = thing(corners_of { at[1] - 0.5, at[2] - 0.5, 1, 1 })
  for _, shape in ipairs(shapes) do
    if shape.of.piece == piece and overlap(shape, dot) then return true end
  end
  return false
end

local function parts_of(line)
  local parts = {}
  for i = 2, #line.points do
    local a, b = line.points[i - 1], line.points[i]
    local w = 0.3
    local length = math.sqrt((b[1] - a[1]) ^ 2 + (b[2] - a[2]) ^ 2)
    if length > 0 then
      local x, y = (b[2] - a[2]) / length * w, (a[1] - b[1]) / length * w
      parts[#parts + 1] = thing { { a[1] + x, a[2] + y }, { b[1] + x, b[2] + y }, { b[1] - x, b[2] - y },
        { a[1] - x, a[2] - y } }
    end
  end
  return parts
end

local function text_faults(found, texts, shapes)
  for i, text in ipairs(texts) do
    local name = "'" .. text.of.text .. "'"
    if text.of.points < 6 then found[#found + 1] = name .. " is too small" end
    for k = 1, i - 1 do
      if overlap(text, texts[k]) then
        found[#found + 1] = name .. " lies over '" .. texts[k].of.text .. "'"
      end
    end
    local held = not text.of.inside
    for _, shape in ipairs(shapes) do
      if shape.of.piece ~= text.of.piece or not text.of.inside then
        if overlap(text, shape) then
          found[#found + 1] = name .. " lies over a shape of " .. shape.of.piece
        end
      elseif shape.bounds[1] <= text.bounds[1] + touch and shape.bounds[3] >= text.bounds[3] - touch then
        held = true
      end
    end
    if not held then found[#found + 1] = name .. " does not fit into its shape" end
  end
end

local function shape_faults(found, shapes)
  for i, shape in ipairs(shapes) do
    for k = 1, i - 1 do
      if shape.of.piece ~= shapes[k].of.piece and overlap(shape, shapes[k]) then
        found[#found + 1] = ("shapes of %d and %d overlap"):format(shape.of.piece, shapes[k].of.piece)
      end
    end
  end
end

local function line_faults(found, line, texts, shapes)
  local name = ("the %s from %d to %d"):format(line.kind, line.from, line.to)
  for _, part in ipairs(parts_of(line)) do
    for _, text in ipairs(texts) do
      local own = text.of.inside and (text.of.piece == line.from or text.of.piece == line.to)
      if not own and overlap(part, text) then
        found[#found + 1] = name .. " crosses '" .. text.of.text .. "'"
      end
    end
    for _, shape in ipairs(shapes) do
      if shape.of.piece ~= line.from and shape.of.piece ~= line.to and overlap(part, shape) then
        found[#found + 1] = name .. " crosses a shape of " .. shape.of.piece
      end
    end
  end
  if line.kind ~= "guide" and not near(shapes, line.to, line.points[#line.points]) then
    found[#found + 1] = name .. " does not end at its piece"
  end
end

local function page_faults(found, picture, things)
  for _, one in ipairs(things) do
    local b = one.bounds
    if b[1] < 0 or b[2] < 0 or b[3] > picture.size[1] + touch or b[4] > picture.size[2] + touch then
      found[#found + 1] = "something stands out of the page"
      return
    end
  end
end

--- What is wrong with a drawing, in words; an empty list when all is well.
local function faults(picture)
  local found, shapes, texts = {}, {}, {}
  for _, shape in ipairs(picture.shapes) do shapes[#shapes + 1] = thing(polygon_of(shape), shape) end
  for _, text in ipairs(picture.texts) do texts[#texts + 1] = thing(corners_of(text.at), text) end
  text_faults(found, texts, shapes)
  shape_faults(found, shapes)
  for _, line in ipairs(picture.lines) do line_faults(found, line, texts, shapes) end
  page_faults(found, picture, shapes)
  page_faults(found, picture, texts)
  return found
end

return { faults = faults }
