---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.Value
local Value = {}

--- Keeps what is positive and makes the rest 0.
---@param options? { name?: string }
---@return orrery.Value
function Value:relu(options) end

--- Hyperbolic tangent of each element, between -1 and 1.
---@param options? { name?: string }
---@return orrery.Value
function Value:tanh(options) end

--- 1 / (1 + exp(-x)) of each element, between 0 and 1.
---@param options? { name?: string }
---@return orrery.Value
function Value:sigmoid(options) end

--- Makes the elements along a dimension positive with sum 1.
---@param dim integer the dimension that sums to 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { dim?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:softmax(dim, dtype, options) end

--- Logarithm of softmax, computed without overflow.
---@param dim integer the dimension that sums to 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { dim?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:log_softmax(dim, dtype, options) end

--- Adds other, times alpha.
---@param other orrery.Value|number a value or a number
---@param alpha? number multiplies the second operand
---@param options? { other?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:add(other, alpha, options) end

--- Subtracts other, times alpha.
---@param other orrery.Value|number a value or a number
---@param alpha? number multiplies the second operand
---@param options? { other?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:sub(other, alpha, options) end

--- Subtracts the input, times alpha, from other: other - input.
---@param other orrery.Value|number a value or a number
---@param alpha? number multiplies the second operand
---@param options? { other?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:rsub(other, alpha, options) end

--- Multiplies by other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:mul(other, options) end

--- Divides by other; integers give a floating-point quotient unless it is rounded.
---@param other orrery.Value|number a value or a number
---@param rounding_mode? "trunc"|"floor" rounds the quotient towards 0 (trunc) or down (floor); none: not at all
---@param options? { other?: number, rounding_mode?: "trunc"|"floor", name?: string }
---@return orrery.Value
function Value:div(other, rounding_mode, options) end

--- The negative of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:neg(options) end

--- The absolute value of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:abs(options) end

--- 1 / x of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:reciprocal(options) end

--- e to the power of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:exp(options) end

--- Natural logarithm of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:log(options) end

--- Square root of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:sqrt(options) end

--- Each element to the power of a number.
---@param exponent number the power
---@param options? { exponent?: number, name?: string }
---@return orrery.Value
function Value:pow(exponent, options) end

--- Matrix product over the last two dimensions; the others are batches and broadcast.
---@param other orrery.Value (…, k, m) or (k)
---@param options? { name?: string }
---@return orrery.Value
function Value:matmul(other, options) end

--- The same elements in another shape.
---@param shape integer[] sizes of the result; one may be -1, to be told from the others
---@param options? { shape?: integer[], name?: string }
---@return orrery.Value
function Value:reshape(shape, options) end

--- The same elements in another shape; copies them where the memory layout allows no view.
---@param shape integer[] sizes of the result; one may be -1, to be told from the others
---@param options? { shape?: integer[], name?: string }
---@return orrery.Value
function Value:view(shape, options) end

--- Merges dimensions into one.
---@param start_dim? integer first dimension to merge
---@param end_dim? integer last dimension to merge
---@param options? { start_dim?: integer, end_dim?: integer, name?: string }
---@return orrery.Value
function Value:flatten(start_dim, end_dim, options) end

--- Splits one dimension into several.
---@param dim integer the dimension to split
---@param sizes integer[] what it becomes; one may be -1
---@param options? { dim?: integer, sizes?: integer[], name?: string }
---@return orrery.Value
function Value:unflatten(dim, sizes, options) end

--- Reorders the dimensions.
---@param dims integer|integer[] the input's dimensions in their new order
---@param options? { dims?: integer|integer[], name?: string }
---@return orrery.Value
function Value:permute(dims, options) end

--- Swaps two dimensions.
---@param dim0 integer one of the two
---@param dim1 integer the other
---@param options? { dim0?: integer, dim1?: integer, name?: string }
---@return orrery.Value
function Value:transpose(dim0, dim1, options) end

--- Drops dimensions of size 1.
---@param dim? integer|integer[] which to drop if they are 1; none: all
---@param options? { dim?: integer|integer[], name?: string }
---@return orrery.Value
function Value:squeeze(dim, options) end

--- Adds a dimension of size 1.
---@param dim integer its place in the result
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:unsqueeze(dim, options) end

--- Joins values along a dimension.
---@param tensors orrery.Value[] one or more
---@param dim? integer the dimension that grows
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:cat(tensors, dim, options) end

--- Joins values along a new dimension.
---@param tensors orrery.Value[] one or more
---@param dim? integer the new dimension's place
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:stack(tensors, dim, options) end

--- The same elements, which carry no gradient.
---@param options? { name?: string }
---@return orrery.Value
function Value:detach(options) end

--- The elements in another dtype.
---@param dtype orrery.DType element type of the result
---@param options? { dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:to(dtype, options) end

--- One element along a dimension, which vanishes.
---@param dim integer the dimension
---@param index integer the element, from 0; from -1 backwards
---@param options? { dim?: integer, index?: integer, name?: string }
---@return orrery.Value
function Value:select(dim, index, options) end

--- A run of elements along a dimension.
---@param dim integer the dimension
---@param start integer the first element, from 0; from -1 backwards
---@param length integer how many elements
---@param options? { dim?: integer, start?: integer, length?: integer, name?: string }
---@return orrery.Value
function Value:narrow(dim, start, length, options) end

--- The elements from start to before end along a dimension: x[start:end:step].
---@param dim? integer the dimension
---@param start? integer the first element; none: from the beginning
---@param last? integer the element behind the last; none: to the end
---@param step? integer takes each step-th element
---@param options? { dim?: integer, start?: integer, end?: integer, step?: integer, name?: string }
---@return orrery.Value
function Value:slice(dim, start, last, step, options) end

--- The sum over dimensions; integers give int64.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? orrery.DType element type to compute in and to give; none: the input's
---@param options? { dim?: integer|integer[], keepdim?: boolean, dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:sum(dim, keepdim, dtype, options) end

--- The mean over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { dim?: integer|integer[], keepdim?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:mean(dim, keepdim, dtype, options) end

--- The index of the largest element, along a dimension or in the flattened input.
---@param dim? integer the dimension; none: the flattened input
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:argmax(dim, keepdim, options) end

return Value
