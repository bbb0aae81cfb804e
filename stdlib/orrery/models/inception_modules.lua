--- The modules of Inception v3: figures 5, 6, 7 and 10 of the paper, and its reductions of the size.

local core = require "orrery.core"
local nn = require "orrery.nn"
local basic_conv = require "orrery.models.basic_conv"

local cat = core.transform "cat"

-- Convolutions one after the other: { suffix of the name, channels, kernel, stride }. They keep the size,
-- unless they have a stride.
local function chain(g, x, name, from, ...)
  for _, each in ipairs { ... } do
    local suffix, to, kernel, stride = unpack(each)
    local height, width = kernel, kernel
    if type(kernel) == "table" then height, width = unpack(kernel) end
    local padding = stride and 0 or { (height - 1) / 2, (width - 1) / 2 }
    x = basic_conv(g, x, name .. suffix, from, to, kernel, { stride = stride, padding = padding })
    from = to
  end
  return x
end

local function average(x) return nn.AvgPool2d(3, { stride = 1, padding = 1 })(x) end
local function largest(x) return nn.MaxPool2d(3, { stride = 2 })(x) end
local row, column = { 1, 7 }, { 7, 1 }

-- Each gives the branches of a module for its input, the input's channels and its own width.
local kinds = { chain = chain, largest = largest }

function kinds.A(g, x, from, pooled)
  return chain(g, x, "branch1x1", from, { "", 64, 1 }),
    chain(g, x, "branch5x5", from, { "_1", 48, 1 }, { "_2", 64, 5 }),
    chain(g, x, "branch3x3dbl", from, { "_1", 64, 1 }, { "_2", 96, 3 }, { "_3", 96, 3 }),
    chain(g, average(x), "branch_pool", from, { "", pooled, 1 })
end

function kinds.B(g, x, from)
  return chain(g, x, "branch3x3", from, { "", 384, 3, 2 }),
    chain(g, x, "branch3x3dbl", from, { "_1", 64, 1 }, { "_2", 96, 3 }, { "_3", 96, 3, 2 }), largest(x)
end

function kinds.C(g, x, from, width)
  return chain(g, x, "branch1x1", from, { "", 192, 1 }),
    chain(g, x, "branch7x7", from, { "_1", width, 1 }, { "_2", width, row }, { "_3", 192, column }),
    chain(g, x, "branch7x7dbl", from, { "_1", width, 1 }, { "_2", width, column }, { "_3", width, row },
      { "_4", width, column }, { "_5", 192, row }),
    chain(g, average(x), "branch_pool", from, { "", 192, 1 })
end

function kinds.D(g, x, from)
  return chain(g, x, "branch3x3", from, { "_1", 192, 1 }, { "_2", 320, 3, 2 }),
    chain(g, x, "branch7x7x3", from, { "_1", 192, 1 }, { "_2", 192, row }, { "_3", 192, column },
      { "_4", 192, 3, 2 }), largest(x)
end

function kinds.E(g, x, from)
  local narrow = chain(g, x, "branch1x1", from, { "", 320, 1 })
  local function split(h, name, a, b)
    return cat({ chain(g, h, name, 384, { a, 384, { 1, 3 } }), chain(g, h, name, 384, { b, 384, { 3, 1 } }) },
      { dim = 1 })
  end
  local once = split(chain(g, x, "branch3x3", from, { "_1", 384, 1 }), "branch3x3", "_2a", "_2b")
  local twice = chain(g, x, "branch3x3dbl", from, { "_1", 448, 1 }, { "_2", 384, 3 })
  twice = split(twice, "branch3x3dbl", "_3a", "_3b")
  return narrow, once, twice, chain(g, average(x), "branch_pool", from, { "", 192, 1 })
end

return kinds
