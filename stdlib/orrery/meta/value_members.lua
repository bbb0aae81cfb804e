---@meta

--- The symbolic output of a node. `x[0]` takes an element, `x[{ {0, 2}, {}, -1 }]` slices, `x[{ "...",
--- orrery.newaxis }]` adds a dimension, `x[mask]` and `x[{ rows, columns }]` choose.
---@class orrery.Value
---@field shape (integer|orrery.Dim)[]
---@field dtype orrery.DType
---@field requires_grad boolean
---@field name string
---@field path string
---@field label string
---@field site string
---@field operation string
---@field graph orrery.Graph
---@field ndim integer
---@field T orrery.Value rows and columns swapped
---@field mT orrery.Value the last two dimensions swapped
---@field mH orrery.Value the same, conjugated
---@field logdet fun(self: orrery.Value): orrery.Value this and the following are LibTorch's, as on tensors
---@field pinverse fun(self: orrery.Value, rcond?: number): orrery.Value
---@field qr fun(self: orrery.Value, some?: boolean): orrery.Value, orrery.Value
---@field svd fun(self: orrery.Value, some?: boolean, compute_uv?: boolean): orrery.Value, orrery.Value, orrery.Value
---@field split_with_sizes fun(self: orrery.Value, split_sizes: integer[], dim?: integer): orrery.Value ...
---@operator add(orrery.Value|number): orrery.Value
---@operator sub(orrery.Value|number): orrery.Value
---@operator mul(orrery.Value|number): orrery.Value
---@operator div(orrery.Value|number): orrery.Value
---@operator pow(number): orrery.Value
---@operator unm: orrery.Value
local Value = {}

--- One size, or all of them.
---@param dim? integer from 0, or from -1 backwards
---@return integer|orrery.Dim|(integer|orrery.Dim)[]
function Value:size(dim) end

--- The number of dimensions.
---@return integer
function Value:dim() end

--- The number of elements.
---@return integer|orrery.Dim
function Value:numel() end

--- Gives the node another name.
---@param name string
---@return orrery.Value
function Value:named(name) end
