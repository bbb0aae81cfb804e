---@meta

---@alias orrery.DType "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64"|"bool"

--- A dimension with symbols, such as the batch `N`; known dimensions are numbers.
---@class orrery.Dim
---@operator add(orrery.Dim|integer): orrery.Dim|integer
---@operator sub(orrery.Dim|integer): orrery.Dim|integer
---@operator mul(orrery.Dim|integer): orrery.Dim|integer
---@operator div(orrery.Dim|integer): orrery.Dim|integer
---@operator mod(orrery.Dim|integer): orrery.Dim|integer
---@operator unm: orrery.Dim|integer
local Dim = {}

--- The largest whole number not above self / divisor.
---@param divisor orrery.Dim|integer
---@return orrery.Dim|integer
function Dim:floor_div(divisor) end

--- The number that it is where symbols have these sizes, `dim:at { N = 32 }`; nil where one of its symbols has none.
---@param sizes table<string, integer>
---@return integer?
function Dim:at(sizes) end

--- True or false when that holds for every size; an error when it depends on the sizes. Lua itself has `<` between two
--- Dims only.
---
---@param other orrery.Dim|integer
---@return boolean
function Dim:lt(other) end

---@param other orrery.Dim|integer
---@return boolean
function Dim:le(other) end

---@param other orrery.Dim|integer
---@return boolean
function Dim:gt(other) end

---@param other orrery.Dim|integer
---@return boolean
function Dim:ge(other) end
