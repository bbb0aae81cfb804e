---@meta

--- A tensor that is trained, or kept beside: known here by name and shape, computed with by the engine.
---@class orrery.Parameter
---@field name string
---@field shape integer[]
---@field dtype orrery.DType
---@field requires_grad boolean
---@field site string
local Parameter = {}

---@class orrery.ParameterGroup
---@field params orrery.Parameter[]

--- The owner of parameters: applied to values it adds a node, applied to tensors it computes.
---@class orrery.Layer
---@field kind string
---@field name string
---@field label string
---@field site string
---@field training boolean
---@field weight? orrery.Parameter can be set to another layer's, which ties the two
---@field bias? orrery.Parameter
---@overload fun(...: orrery.Value): orrery.Value
local Layer = {}

---@return orrery.Parameter[]
function Layer:parameters() end

--- Its parameters are not trained.
---@return orrery.Layer
function Layer:freeze() end

---@return orrery.Layer
function Layer:unfreeze() end

--- Names it before its first application, as the option `{ name = … }` does.
---@param name string
---@return orrery.Layer
function Layer:named(name) end

--- Parameters and buffers under PyTorch's names.
---@return { key: string, parameter: orrery.Parameter }[]
function Layer:state() end

--- Applied to tensors it behaves as while training: dropout draws, batch normalisation follows the batch.
---@param mode? boolean false: as after training
---@return orrery.Layer
function Layer:train(mode) end

--- Applied to tensors it behaves as after training.
---@return orrery.Layer
function Layer:eval() end

--- Forgets the gradients of its parameters.
function Layer:zero_grad() end

--- Moves its parameters and buffers to a device: "cpu", "cuda", "cuda:1".
--- A dtype ("float64", "float32", "bfloat16", "float16") is what floating parameters and buffers get instead.
---@param word string
---@return orrery.Layer
function Layer:to(word) end

--- `to "float64"`.
---@return orrery.Layer
function Layer:double() end

--- `to "float32"`.
---@return orrery.Layer
function Layer:float() end

--- `to "float16"`.
---@return orrery.Layer
function Layer:half() end

--- `to "bfloat16"`.
---@return orrery.Layer
function Layer:bfloat16() end

--- Layers and what they do together: called with values it is a block of their graph, called with tensors it
--- computes at once; its calls share its layers. Its children are its sequence and its members by name.
---@class orrery.Module
---@field name string
---@field kind string
---@field training boolean
---@field forward fun(self: orrery.Module, ...): ...
---@field [integer] orrery.Layer|orrery.Module
---@field [string] any children by name, methods, and whatever else was set
---@overload fun(...): ...
local Module = {}

--- Adds a child under a name; `module.name = child` does, too.
---@param name string
---@param child orrery.Child
function Module:add(name, child) end

--- Calls `visit(part)` for each layer and module inside, children first, and for the module itself.
---@param visit fun(part: orrery.Layer|orrery.Module)
---@return orrery.Module
function Module:apply(visit) end

--- Forgets the gradients of all parameters.
function Module:zero_grad() end

--- Moves all parameters and buffers to a device: "cpu", "cuda", "cuda:1".
--- A dtype ("float64", "float32", "bfloat16", "float16") is what floating parameters and buffers get instead.
---@param word string
---@return orrery.Module
function Module:to(word) end

--- `to "float64"`.
---@return orrery.Module
function Module:double() end

--- `to "float32"`.
---@return orrery.Module
function Module:float() end

--- `to "float16"`.
---@return orrery.Module
function Module:half() end

--- `to "bfloat16"`.
---@return orrery.Module
function Module:bfloat16() end

--- Names its block.
---@param name string
---@return orrery.Module
function Module:named(name) end

---@return orrery.Parameter[]
function Module:parameters() end

--- Parameters and buffers under PyTorch's names.
---@return { key: string, parameter: orrery.Parameter }[]
function Module:state() end

--- What `state()` lists, by key: tensors that share the module's memory, as in PyTorch.
---@return table<string, orrery.Tensor>
function Module:state_dict() end

--- Copies what `state_dict()` of such a module, or `orrery.load_tensors`, gave. Keys that are missing or
--- unexpected are refused, unless `{ strict = false }`, and returned.
---@param dict table<string, orrery.Tensor>
---@param options? { strict?: boolean }
---@return { missing: string[], unexpected: string[] }
function Module:load_state_dict(dict, options) end

--- A tensor that belongs to the state but is not trained, as a running mean. Later `module.name = tensor`
--- gives it other numbers.
---@param name string
---@param tensor orrery.Tensor
function Module:register_buffer(name, tensor) end

---@return orrery.Module
function Module:freeze() end

---@return orrery.Module
function Module:unfreeze() end

--- Its blocks, made and to be made, are computed again in the backward pass, as `block:recompute()`.
---@param recomputes? boolean false: no longer
---@return orrery.Module
function Module:recompute(recomputes) end

--- Applied to tensors its layers behave as while training.
---@param mode? boolean false: as after training
---@return orrery.Module
function Module:train(mode) end

--- Applied to tensors its layers behave as after training.
---@return orrery.Module
function Module:eval() end

--- The blocks that its calls made.
---@return orrery.Block[]
function Module:blocks() end
