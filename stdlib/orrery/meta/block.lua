---@meta

--- A named group of nodes.
---@class orrery.Block
---@field name string
---@field path string
---@field title string
---@field label string
---@field site string
---@field recomputes boolean whether `recompute` marked it
---@field graph orrery.Graph
local Block = {}

---@return orrery.Parameter[]
function Block:parameters() end

---@return orrery.Block
function Block:freeze() end

---@return orrery.Block
function Block:unfreeze() end

--- In training what it computes is dropped after the forward pass and computed again, from what it reads,
--- when the backward pass comes to it: less memory for more time, and the same numbers. In nested blocks the
--- outermost mark counts.
---@param recomputes? boolean false: no longer
---@return orrery.Block
function Block:recompute(recomputes) end

--- Its nodes compute on a device of their own when a manager runs the graph: "cpu", "cuda", "cuda:1". Values
--- that cross its border are copied. Blocks inside follow, unless they are placed themselves.
--- A dtype ("float64", "float32", "bfloat16", "float16") is what floating parameters and buffers get instead.
---@param word string
---@return orrery.Block
function Block:to(word) end

--- `to "float64"`.
---@return orrery.Block
function Block:double() end

--- `to "float32"`.
---@return orrery.Block
function Block:float() end

--- `to "float16"`.
---@return orrery.Block
function Block:half() end

--- `to "bfloat16"`.
---@return orrery.Block
function Block:bfloat16() end

--- Made by `g:block`: each call on values makes a new block with new layers.
---@class orrery.BlockFunction
---@field name string
---@field label string
---@overload fun(...): ...
local BlockFunction = {}

--- The same function with the layers of its first call.
---@return fun(...): ...
function BlockFunction:shared() end

--- The blocks that its calls made.
---@return orrery.Block[]
function BlockFunction:blocks() end

---@return orrery.Parameter[]
function BlockFunction:parameters() end

--- Parameters and buffers under PyTorch's names.
---@return { key: string, parameter: orrery.Parameter }[]
function BlockFunction:state() end

--- Applied to tensors its layers behave as while training.
---@param mode? boolean false: as after training
---@return orrery.BlockFunction
function BlockFunction:train(mode) end

--- Applied to tensors its layers behave as after training.
---@return orrery.BlockFunction
function BlockFunction:eval() end

--- Forgets the gradients of its parameters.
function BlockFunction:zero_grad() end

---@return orrery.BlockFunction
function BlockFunction:freeze() end

---@return orrery.BlockFunction
function BlockFunction:unfreeze() end

--- `block:recompute()` of each block that its calls made and will make.
---@param recomputes? boolean false: no longer
---@return orrery.BlockFunction
function BlockFunction:recompute(recomputes) end

--- The blocks that its calls made and will make compute there when a manager runs the graph.
--- A dtype ("float64", "float32", "bfloat16", "float16") is what floating parameters and buffers get instead.
---@param word string
---@return orrery.BlockFunction
function BlockFunction:to(word) end

--- `to "float64"`.
---@return orrery.BlockFunction
function BlockFunction:double() end

--- `to "float32"`.
---@return orrery.BlockFunction
function BlockFunction:float() end

--- `to "float16"`.
---@return orrery.BlockFunction
function BlockFunction:half() end

--- `to "bfloat16"`.
---@return orrery.BlockFunction
function BlockFunction:bfloat16() end
