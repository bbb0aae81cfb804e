---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.Value
local Value = {}

--- Slides the kernels of another value over the input.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param options? { stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], groups?: integer, name?: string }
---@return orrery.Value
function Value:conv1d(weight, bias, stride, padding, dilation, groups, options) end

--- Slides the kernels of another value over the input.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param options? { stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], groups?: integer, name?: string }
---@return orrery.Value
function Value:conv2d(weight, bias, stride, padding, dilation, groups, options) end

--- Slides the kernels of another value over the input.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param options? { stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], groups?: integer, name?: string }
---@return orrery.Value
function Value:conv3d(weight, bias, stride, padding, dilation, groups, options) end

--- Spreads each element with the kernels of another value.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param dilation? integer|integer[] distance of the kernel's elements
---@param options? { stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], name?: string }
---@return orrery.Value
function Value:conv_transpose1d(weight, bias, stride, padding, output_padding, groups, dilation, options) end

--- Spreads each element with the kernels of another value.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param dilation? integer|integer[] distance of the kernel's elements
---@param options? { stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], name?: string }
---@return orrery.Value
function Value:conv_transpose2d(weight, bias, stride, padding, output_padding, groups, dilation, options) end

--- Spreads each element with the kernels of another value.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param dilation? integer|integer[] distance of the kernel's elements
---@param options? { stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, dilation?: integer|integer[], name?: string }
---@return orrery.Value
function Value:conv_transpose3d(weight, bias, stride, padding, output_padding, groups, dilation, options) end

--- Adds blocks back into an image, the reverse of Unfold.
---@param output_size integer|integer[] height and width of the output
---@param kernel_size integer|integer[] height and width of a block
---@param dilation? integer|integer[] distance of a block's elements
---@param padding? integer|integer[] border around the image
---@param stride? integer|integer[] step from block to block
---@param options? { output_size?: integer|integer[], kernel_size?: integer|integer[], dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], name?: string }
---@return orrery.Value
function Value:fold(output_size, kernel_size, dilation, padding, stride, options) end

--- Windows along one dimension, each a row of a new last dimension.
---@param dimension integer the dimension to slide along
---@param size integer elements in a window
---@param step integer step from window to window
---@param options? { dimension?: integer, size?: integer, step?: integer, name?: string }
---@return orrery.Value
function Value:unfold(dimension, size, step, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param ceil_mode? boolean a last window may reach over the border
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:max_pool1d(kernel_size, stride, padding, dilation, ceil_mode, return_indices, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, name?: string }
---@return orrery.Value
function Value:avg_pool1d(kernel_size, stride, padding, ceil_mode, count_include_pad, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string }
---@return orrery.Value
function Value:lp_pool1d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string }
---@return orrery.Value
function Value:adaptive_avg_pool1d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:adaptive_max_pool1d(output_size, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param indices orrery.Value where, as the pool told
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string }
---@return orrery.Value
function Value:max_unpool1d(indices, kernel_size, stride, padding, output_size, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param ceil_mode? boolean a last window may reach over the border
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:max_pool2d(kernel_size, stride, padding, dilation, ceil_mode, return_indices, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param divisor_override? integer divides by this instead of by the window's size; none: the size
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, name?: string }
---@return orrery.Value
function Value:avg_pool2d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string }
---@return orrery.Value
function Value:lp_pool2d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string }
---@return orrery.Value
function Value:adaptive_avg_pool2d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:adaptive_max_pool2d(output_size, return_indices, options) end

--- Keeps the largest of windows laid at random so that the output has the wanted size.
---@param kernel_size integer|integer[] sizes of the window
---@param output_size? integer|integer[] sizes of the output
---@param output_ratio? number|number[] sizes of the output as parts of the input's, each or all between 0 and 1
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], output_size?: integer|integer[], output_ratio?: number|number[], return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:fractional_max_pool2d(kernel_size, output_size, output_ratio, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param indices orrery.Value where, as the pool told
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string }
---@return orrery.Value
function Value:max_unpool2d(indices, kernel_size, stride, padding, output_size, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param ceil_mode? boolean a last window may reach over the border
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], ceil_mode?: boolean, return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:max_pool3d(kernel_size, stride, padding, dilation, ceil_mode, return_indices, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param divisor_override? integer divides by this instead of by the window's size; none: the size
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, name?: string }
---@return orrery.Value
function Value:avg_pool3d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string }
---@return orrery.Value
function Value:lp_pool3d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string }
---@return orrery.Value
function Value:adaptive_avg_pool3d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:adaptive_max_pool3d(output_size, return_indices, options) end

--- Keeps the largest of windows laid at random so that the output has the wanted size.
---@param kernel_size integer|integer[] sizes of the window
---@param output_size? integer|integer[] sizes of the output
---@param output_ratio? number|number[] sizes of the output as parts of the input's, each or all between 0 and 1
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], output_size?: integer|integer[], output_ratio?: number|number[], return_indices?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:fractional_max_pool3d(kernel_size, output_size, output_ratio, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param indices orrery.Value where, as the pool told
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string }
---@return orrery.Value
function Value:max_unpool3d(indices, kernel_size, stride, padding, output_size, options) end

--- Adds a border around the last dimensions.
---@param pad integer|integer[] two numbers for each dimension, from the last one on; negative ones take away
---@param mode? "constant"|"reflect"|"replicate"|"circular" what the border holds
---@param value? number what a constant border holds; none: 0
---@param options? { pad?: integer|integer[], mode?: "constant"|"reflect"|"replicate"|"circular", value?: number, name?: string }
---@return orrery.Value
function Value:pad(pad, mode, value, options) end

--- Turns groups of channels into larger images.
---@param upscale_factor integer how many times as high and wide
---@param options? { upscale_factor?: integer, name?: string }
---@return orrery.Value
function Value:pixel_shuffle(upscale_factor, options) end

--- Turns squares of pixels into channels.
---@param downscale_factor integer how many times less high and wide
---@param options? { downscale_factor?: integer, name?: string }
---@return orrery.Value
function Value:pixel_unshuffle(downscale_factor, options) end

--- Deals the channels out among groups.
---@param groups integer so many groups
---@param options? { groups?: integer, name?: string }
---@return orrery.Value
function Value:channel_shuffle(groups, options) end

--- Resizes sequences, images or volumes.
---@param size? integer[] size of the output along each axis, or one for all
---@param scale_factor? number|number[] how many times as large the output is along each axis, or one for all
---@param mode? "nearest"|"linear"|"bilinear"|"bicubic"|"trilinear"|"area"|"nearest-exact" how new elements are told from old ones
---@param align_corners? boolean corners keep their values, in the linear and cubic modes; none: false
---@param recompute_scale_factor? boolean works with the factor that the whole sizes have; none: false
---@param antialias? boolean averages while shrinking, in modes bilinear and bicubic
---@param options? { size?: integer[], scale_factor?: number|number[], mode?: "nearest"|"linear"|"bilinear"|"bicubic"|"trilinear"|"area"|"nearest-exact", align_corners?: boolean, recompute_scale_factor?: boolean, antialias?: boolean, name?: string }
---@return orrery.Value
function Value:interpolate(size, scale_factor, mode, align_corners, recompute_scale_factor, antialias, options) end

--- Reads an input at places given by a grid.
---@param grid orrery.Value places (x, y) or (x, y, z) between -1 and 1: (N, H, W, 2) or (N, D, H, W, 3)
---@param mode? "bilinear"|"nearest"|"bicubic" how elements between the input's are told
---@param padding_mode? "zeros"|"border"|"reflection" what lies outside the input
---@param align_corners? boolean -1 and 1 are the centres of the outermost elements, not their edges; none: false
---@param options? { mode?: "bilinear"|"nearest"|"bicubic", padding_mode?: "zeros"|"border"|"reflection", align_corners?: boolean, name?: string }
---@return orrery.Value
function Value:grid_sample(grid, mode, padding_mode, align_corners, options) end

--- The grid that moves an image by a matrix, for grid_sample.
---@param size integer[] shape of the output: (N, C, H, W) or (N, C, D, H, W)
---@param align_corners? boolean -1 and 1 are the centres of the outermost elements, not their edges; none: false
---@param options? { size?: integer[], align_corners?: boolean, name?: string }
---@return orrery.Value
function Value:affine_grid(size, align_corners, options) end

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
