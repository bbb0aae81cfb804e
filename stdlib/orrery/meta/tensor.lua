---@meta

--- Concrete numbers. A value's methods are its methods, too, and compute at once; `t[0] = 5` sets a part.
---@class orrery.Tensor: orrery.Value
---@field shape integer[]
---@field device string "cpu", "cuda:0"
---@field requires_grad boolean can be set
---@field grad? orrery.Tensor what `backward` gave, of a leaf; can be set, nil forgets it
---@field grad_fn? string the operation that made it, where gradients are recorded
---@field is_leaf boolean no operation made it
---@field is_cuda boolean
---@field data orrery.Tensor the same storage, without its gradients
local Tensor = {}

--- One size, or all of them.
---@param dim? integer from 0, or from -1 backwards
---@return integer|integer[]
function Tensor:size(dim) end

--- The number of dimensions.
---@return integer
function Tensor:dim() end

--- The number of elements.
---@return integer
function Tensor:numel() end

--- Its only element.
---@return number|boolean
function Tensor:item() end

--- Its elements in nested tables; of a tensor without dimensions the element.
---@return table|number|boolean
function Tensor:tolist() end

---@return orrery.Tensor
function Tensor:clone() end

---@return orrery.Tensor
function Tensor:contiguous() end

---@return orrery.Tensor
function Tensor:cpu() end

---@param index? integer which of the devices, from 0
---@return orrery.Tensor
function Tensor:cuda(index) end

--- With another element type, on another device, or both as another tensor's.
---@param target orrery.DType|string|orrery.Tensor|{ device?: string, dtype?: orrery.DType } "float64"; "cpu", "cuda", "cuda:1"
---@param dtype? orrery.DType beside a device
---@return orrery.Tensor
function Tensor:to(target, dtype) end

--- The same shape and numbers.
---@param other orrery.Tensor
---@return boolean
function Tensor:equal(other) end

---@param other orrery.Tensor
---@param rtol? number 1e-5: of the other's size
---@param atol? number 1e-8
---@return boolean
function Tensor:allclose(other, rtol, atol) end

---@return orrery.Tensor of float32
function Tensor:float() end

---@return orrery.Tensor of float64
function Tensor:double() end

---@return orrery.Tensor of float16
function Tensor:half() end

---@return orrery.Tensor of int64
function Tensor:long() end

---@return orrery.Tensor of int32
function Tensor:int() end

---@return orrery.Tensor
function Tensor:bool() end

---@param other orrery.Tensor|number
---@return orrery.Tensor itself
function Tensor:copy_(other) end

---@return orrery.Tensor itself
function Tensor:zero_() end

---@param number number|orrery.Tensor one element
---@return orrery.Tensor itself
function Tensor:fill_(number) end

--- Draws its numbers anew.
---@param low? number 0
---@param high? number 1
---@return orrery.Tensor itself
function Tensor:uniform_(low, high) end

--- Draws its numbers anew.
---@param mean? number 0
---@param std? number 1
---@return orrery.Tensor itself
function Tensor:normal_(mean, std) end

--- Adds the gradients of a loss, one number, to the leaves that it depends on.
---@overload fun(self: orrery.Tensor, options?: { retain_graph?: boolean, create_graph?: boolean })
---@param gradient? orrery.Tensor what it begins with; needed unless the tensor is one number
---@param options? { retain_graph?: boolean, create_graph?: boolean }
function Tensor:backward(gradient, options) end

---@param wanted? boolean true
---@return orrery.Tensor itself
function Tensor:requires_grad_(wanted) end

--- What every function that makes a tensor can be told.
---@class orrery.TensorOptions
---@field dtype? orrery.DType float32 unless told; `randint`, `randperm` and `arange` of whole numbers: int64
---@field device? string "cpu" unless told
---@field requires_grad? boolean records what is computed from it

---@class orrery
---@field tensor fun(numbers: number|boolean|table|orrery.Tensor, options?: orrery.TensorOptions): orrery.Tensor nested tables of numbers or booleans
---@field zeros fun(...): orrery.Tensor of sizes: `zeros(2, 3)` or `zeros({ 2, 3 }, { dtype = "int64" })`
---@field ones fun(...): orrery.Tensor of sizes
---@field full fun(size: integer[], fill_value: number, options?: orrery.TensorOptions): orrery.Tensor
---@field empty fun(...): orrery.Tensor of sizes: whatever stands in memory
---@field rand fun(...): orrery.Tensor of sizes: uniform between 0 and 1
---@field randn fun(...): orrery.Tensor of sizes: normal, with mean 0 and deviation 1
---@field randint fun(...): orrery.Tensor whole numbers: `randint([low, ]high, size)`; high is not reached
---@field randperm fun(n: integer, options?: orrery.TensorOptions): orrery.Tensor 0 … n - 1 in random order
---@field arange fun(...): orrery.Tensor `arange([start, ]end[, step])`: end is not reached
---@field linspace fun(start: number, last: number, steps: integer, options?: orrery.TensorOptions): orrery.Tensor both ends included
---@field eye fun(n: integer, m?: integer, options?: orrery.TensorOptions): orrery.Tensor
---@field fft_fftfreq fun(n: integer, d?: number, options?: orrery.TensorOptions): orrery.Tensor
---@field fft_rfftfreq fun(n: integer, d?: number, options?: orrery.TensorOptions): orrery.Tensor
---@field load_tensors fun(path: string, part?: string): table<string, orrery.Tensor> of a file of weights, by their names
---@field aten table<string, fun(...): any> LibTorch's own operators: `orrery.aten.sinc(t)`
---@field cuda_is_available fun(): boolean
---@field device_count fun(): integer of CUDA's devices
---@field set_threads fun(threads: integer) that compute on the CPU: tensors, and managers that name no number; none are tried then
