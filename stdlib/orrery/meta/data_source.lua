---@meta

---@class orrery.DataSource
---@field kind string
---@field length integer
---@field batches? integer nil where only the samples tell
---@field batch integer
---@field fields { name: string, shape: (integer|orrery.Dim)[], dtype: orrery.DType, label: boolean }[]
---@field classes string[]
local DataSource = {}

--- The batches of one epoch, for loops on tensors: `for image, label in source:epoch() do … end` gives a tensor
--- per field, in the order of `g:input`. Each call takes the next epoch, which shuffles anew; a number asks for
--- one.
---@param number? integer from 1
---@return fun(): orrery.Tensor ...
function DataSource:epoch(number) end

---@class orrery.DataTransform
---@field kind string
local DataTransform = {}
