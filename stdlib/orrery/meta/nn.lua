---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.nn
local nn = {}

--- Multiplies the last dimension by a weight matrix and adds a bias.
---@param in_features? integer size of the input's last dimension; none: the first input tells
---@param out_features integer size of the output's last dimension
---@param bias? boolean adds a learned bias
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_features?: integer, out_features?: integer, bias?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Linear(in_features, out_features, bias, dtype, options) end

--- Passes its input on as it is.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Identity(options) end

--- Slides learned kernels over images.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] height and width of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] zeros added at each border; "same" keeps height and width, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param padding_mode? "zeros" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], groups?: integer, bias?: boolean, padding_mode?: "zeros", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, options) end

--- Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.
---@param num_features integer channels of the input
---@param eps? number added to the variance
---@param momentum? number weight of the newest batch in the running statistics
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number, affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.BatchNorm2d(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] height and width of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxPool2d(kernel_size, stride, padding, dilation, ceil_mode, options) end

--- Averages each window.
---@param kernel_size integer|integer[] height and width of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param divisor_override? integer divides by this instead of by the window's size; none: the size
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AvgPool2d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] height and width of the output
---@param options? { output_size?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveAvgPool2d(output_size, options) end

--- Keeps what is positive and makes the rest 0.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReLU(options) end

--- Hyperbolic tangent of each element, between -1 and 1.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Tanh(options) end

--- 1 / (1 + exp(-x)) of each element, between 0 and 1.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Sigmoid(options) end

--- Makes the elements along a dimension positive with sum 1.
---@param dim integer the dimension that sums to 1
---@param options? { dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Softmax(dim, options) end

--- Logarithm of softmax, computed without overflow.
---@param dim integer the dimension that sums to 1
---@param options? { dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LogSoftmax(dim, options) end

--- While training, makes random elements 0 and scales the others up; else passes its input on.
---@param p? number probability of an element to become 0
---@param options? { p?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Dropout(p, options) end

--- Softmax and negative log likelihood in one: scores against class labels or probabilities.
---@param ignore_index? integer labels of this value count for nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param label_smoothing? number share of each target that is spread over all classes
---@param options? { ignore_index?: integer, reduction?: "none"|"mean"|"sum", label_smoothing?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CrossEntropyLoss(ignore_index, reduction, label_smoothing, options) end

--- Negative log likelihood: log probabilities against class labels.
---@param ignore_index? integer labels of this value count for nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { ignore_index?: integer, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.NLLLoss(ignore_index, reduction, options) end

--- Mean squared error; both sides must have one shape, where PyTorch would broadcast with a warning.
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MSELoss(reduction, options) end

--- Merges dimensions into one; by default all but the batch.
---@param start_dim? integer first dimension to merge
---@param end_dim? integer last dimension to merge
---@param options? { start_dim?: integer, end_dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Flatten(start_dim, end_dim, options) end

return nn
