---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.data
local data = {}

--- 1,797 handwritten digits of 8×8 pixels, scaled to 0…1, which come with Orrery.
---@param options? { split?: "train"|"test"|"all", batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean }
---@return orrery.DataSource
function data.digits(options) end

--- Fashion-MNIST: 28×28 pictures of clothes in ten classes, scaled to 0…1.
---@param options? { split?: "train"|"test", root?: string, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean }
---@return orrery.DataSource
function data.fashion_mnist(options) end

--- IDX files as of MNIST, gzip or plain.
---@param options? { images?: string, labels?: string, scale?: boolean, classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean }
---@return orrery.DataSource
function data.idx(options) end

--- A table of numbers, one sample a row, gzip or plain.
---@param options? { path?: string, delimiter?: ","|";"|"	"|"|", header?: boolean, label?: string, label_dtype?: "int64"|"float32", classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean }
---@return orrery.DataSource
function data.csv(options) end

--- Random numbers of a normal distribution, in the place of data.
---@param options? { shape?: integer[], classes?: integer, length?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64", batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean }
---@return orrery.DataSource
function data.random(options) end

--- Tensors that are in memory already.
---@param options? { batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean }
---@return orrery.DataSource
function data.tensors(options) end

return data
