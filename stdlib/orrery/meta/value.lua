---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.Value
local Value = {}

--- Slides the kernels of another value over the input.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[]|"same"|"valid" added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param options? { stride?: integer|integer[], padding?: integer|integer[]|"same"|"valid", dilation?: integer|integer[], groups?: integer, name?: string }
---@return orrery.Value
function Value:conv1d(weight, bias, stride, padding, dilation, groups, options) end

--- Slides the kernels of another value over the input.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[]|"same"|"valid" added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param options? { stride?: integer|integer[], padding?: integer|integer[]|"same"|"valid", dilation?: integer|integer[], groups?: integer, name?: string }
---@return orrery.Value
function Value:conv2d(weight, bias, stride, padding, dilation, groups, options) end

--- Slides the kernels of another value over the input.
---@param weight orrery.Value the kernels, as of the layer
---@param bias? orrery.Value one for each channel of the output
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[]|"same"|"valid" added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param options? { stride?: integer|integer[], padding?: integer|integer[]|"same"|"valid", dilation?: integer|integer[], groups?: integer, name?: string }
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

--- Means of the values, weighted by the softmax of the scaled products of query and keys.
---@param key orrery.Value (…, S, E)
---@param value orrery.Value (…, S, Ev)
---@param attn_mask? orrery.Value broadcasts to (…, L, S): true where a key may be seen, or added to the scores
---@param dropout_p? number probability of a weight to become 0, also while evaluating
---@param is_causal? boolean no query sees a later key
---@param scale? number factor of the scores; none: 1 / sqrt(E)
---@param enable_gqa? boolean groups of query heads share one head of keys and values
---@param options? { dropout_p?: number, is_causal?: boolean, scale?: number, enable_gqa?: boolean, name?: string }
---@return orrery.Value
function Value:scaled_dot_product_attention(key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa, options) end

--- Divides each vector along a dimension by its norm.
---@param p? number exponent of the norm
---@param dim? integer the dimension
---@param eps? number the least divisor
---@param options? { p?: number, dim?: integer, eps?: number, name?: string }
---@return orrery.Value
function Value:normalize(p, dim, eps, options) end

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

--- Keeps what lies between 0 and 6 and brings the rest there.
---@param options? { name?: string }
---@return orrery.Value
function Value:relu6(options) end

--- Keeps what is positive and multiplies the rest by a small slope.
---@param negative_slope? number slope of the negative side
---@param options? { negative_slope?: number, name?: string }
---@return orrery.Value
function Value:leaky_relu(negative_slope, options) end

--- Brings each element between min_val and max_val.
---@param min_val? number the lowest value
---@param max_val? number the highest value
---@param options? { min_val?: number, max_val?: number, name?: string }
---@return orrery.Value
function Value:hardtanh(min_val, max_val, options) end

--- x * relu6(x + 3) / 6 of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:hardswish(options) end

--- relu6(x + 3) / 6 of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:hardsigmoid(options) end

--- Makes 0 what lies between -lambd and lambd.
---@param lambd? number half the width of what becomes 0
---@param options? { lambd?: number, name?: string }
---@return orrery.Value
function Value:hardshrink(lambd, options) end

--- Brings each element nearer to 0 by lambd, and to 0 what is within.
---@param lambd? number half the width of what becomes 0
---@param options? { lambd?: number, name?: string }
---@return orrery.Value
function Value:softshrink(lambd, options) end

--- Keeps what is above the threshold and puts a value in the place of the rest.
---@param threshold number what is above is kept
---@param value number replaces the rest
---@param options? { threshold?: number, value?: number, name?: string }
---@return orrery.Value
function Value:threshold(threshold, value, options) end

--- Hyperbolic tangent of each element, between -1 and 1.
---@param options? { name?: string }
---@return orrery.Value
function Value:tanh(options) end

--- 1 / (1 + exp(-x)) of each element, between 0 and 1.
---@param options? { name?: string }
---@return orrery.Value
function Value:sigmoid(options) end

--- Keeps what is positive; alpha * (exp(x) - 1) of the rest.
---@param alpha? number size of the negative side
---@param options? { alpha?: number, name?: string }
---@return orrery.Value
function Value:elu(alpha, options) end

--- ELU with the scales that keep mean 0 and variance 1 from layer to layer.
---@param options? { name?: string }
---@return orrery.Value
function Value:selu(options) end

--- Keeps what is positive; alpha * (exp(x / alpha) - 1) of the rest.
---@param alpha? number size of the negative side
---@param options? { alpha?: number, name?: string }
---@return orrery.Value
function Value:celu(alpha, options) end

--- x times the probability that a standard normal number is below x.
---@param approximate? "none"|"tanh" computes the probability by a hyperbolic tangent
---@param options? { approximate?: "none"|"tanh", name?: string }
---@return orrery.Value
function Value:gelu(approximate, options) end

--- x * sigmoid(x) of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:silu(options) end

--- x * tanh(softplus(x)) of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:mish(options) end

--- log(1 + exp(beta * x)) / beta of each element: a smooth ReLU.
---@param beta? number sharpness of the bend
---@param threshold? number above this, beta * x is passed on as it is
---@param options? { beta?: number, threshold?: number, name?: string }
---@return orrery.Value
function Value:softplus(beta, threshold, options) end

--- x / (1 + |x|) of each element, between -1 and 1.
---@param options? { name?: string }
---@return orrery.Value
function Value:softsign(options) end

--- x - tanh(x) of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:tanhshrink(options) end

--- Logarithm of sigmoid, computed without overflow.
---@param options? { name?: string }
---@return orrery.Value
function Value:logsigmoid(options) end

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

--- Softmax of the negative: the smallest element gets the largest share.
---@param dim integer the dimension that sums to 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { dim?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:softmin(dim, dtype, options) end

--- The first half of a dimension times the sigmoid of its second half.
---@param dim? integer the dimension that is halved
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:glu(dim, options) end

--- Keeps what is positive and multiplies the rest by slopes, random while training.
---@param lower? number the least slope
---@param upper? number the largest slope; the mean of both is taken in evaluation
---@param training? boolean draws the slopes
---@param options? { lower?: number, upper?: number, training?: boolean, name?: string }
---@return orrery.Value
function Value:rrelu(lower, upper, training, options) end

--- Keeps what is positive and multiplies the rest by learned slopes.
---@param weight orrery.Value the slopes: 1, or one for each channel
---@param options? { name?: string }
---@return orrery.Value
function Value:prelu(weight, options) end

--- While training, makes random elements 0 and scales the others up; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param training? boolean drops, whatever the mode of the run; false: passes its input on
---@param options? { p?: number, training?: boolean, name?: string }
---@return orrery.Value
function Value:dropout(p, training, options) end

--- While training, makes random channels of sequences 0; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param training? boolean drops, whatever the mode of the run; false: passes its input on
---@param options? { p?: number, training?: boolean, name?: string }
---@return orrery.Value
function Value:dropout1d(p, training, options) end

--- While training, makes random channels of images 0; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param training? boolean drops, whatever the mode of the run; false: passes its input on
---@param options? { p?: number, training?: boolean, name?: string }
---@return orrery.Value
function Value:dropout2d(p, training, options) end

--- While training, makes random channels of volumes 0; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param training? boolean drops, whatever the mode of the run; false: passes its input on
---@param options? { p?: number, training?: boolean, name?: string }
---@return orrery.Value
function Value:dropout3d(p, training, options) end

--- While training, drops random elements so that mean and variance stay as SELU wants them; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param training? boolean drops, whatever the mode of the run; false: passes its input on
---@param options? { p?: number, training?: boolean, name?: string }
---@return orrery.Value
function Value:alpha_dropout(p, training, options) end

--- While training, drops random channels so that mean and variance stay as SELU wants them; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param training? boolean drops, whatever the mode of the run; false: passes its input on
---@param options? { p?: number, training?: boolean, name?: string }
---@return orrery.Value
function Value:feature_alpha_dropout(p, training, options) end

--- Cosine of the angle between vectors along a dimension.
---@param x2 orrery.Value the other; both broadcast
---@param dim? integer the dimension of the vectors
---@param eps? number the least norm
---@param options? { dim?: integer, eps?: number, name?: string }
---@return orrery.Value
function Value:cosine_similarity(x2, dim, eps, options) end

--- Norm of the difference of vectors in the last dimension.
---@param x2 orrery.Value the other; both broadcast
---@param p? number exponent of the norm
---@param eps? number added to the difference
---@param keepdim? boolean keeps the last dimension, of size 1
---@param options? { p?: number, eps?: number, keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:pairwise_distance(x2, p, eps, keepdim, options) end

--- Distances between all rows of two matrices.
---@param x2 orrery.Value the other; both broadcast
---@param p? number exponent of the norm
---@param compute_mode? "use_mm_for_euclid_dist_if_necessary"|"use_mm_for_euclid_dist"|"donot_use_mm_for_euclid_dist" whether Euclidean distances are computed by a matrix product
---@param options? { p?: number, compute_mode?: "use_mm_for_euclid_dist_if_necessary"|"use_mm_for_euclid_dist"|"donot_use_mm_for_euclid_dist", name?: string }
---@return orrery.Value
function Value:cdist(x2, p, compute_mode, options) end

--- Distances between all pairs of rows: (0, 1), (0, 2), …, (1, 2), ….
---@param p? number exponent of the norm
---@param options? { p?: number, name?: string }
---@return orrery.Value
function Value:pdist(p, options) end

--- Softmax and negative log likelihood in one: scores against class labels or probabilities.
---@param target orrery.Value class labels (N) or (N, …), int64; or probabilities shaped like the scores
---@param weight? orrery.Value importance of each class
---@param ignore_index? integer labels of this value count for nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param label_smoothing? number share of each target that is spread over all classes
---@param options? { ignore_index?: integer, reduction?: "none"|"mean"|"sum", label_smoothing?: number, name?: string }
---@return orrery.Value
function Value:cross_entropy(target, weight, ignore_index, reduction, label_smoothing, options) end

--- Negative log likelihood: log probabilities against class labels.
---@param target orrery.Value class labels (N) or (N, …), int64
---@param weight? orrery.Value importance of each class
---@param ignore_index? integer labels of this value count for nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { ignore_index?: integer, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:nll_loss(target, weight, ignore_index, reduction, options) end

--- Wants the score of the right class above the others by a margin.
---@param target orrery.Value class labels (N) or (), int64
---@param weight? orrery.Value importance of each class
---@param p? integer exponent of the margin: 1 or 2
---@param margin? number by how much
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { p?: integer, margin?: number, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:multi_margin_loss(target, weight, p, margin, reduction, options) end

--- Wants the scores of several right classes above the others by 1.
---@param target orrery.Value shaped like the scores: the right classes, then -1
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:multilabel_margin_loss(target, reduction, options) end

--- Binary cross entropy of each class's score, averaged over the classes.
---@param target orrery.Value 0 or 1 for each class, shaped like the scores
---@param weight? orrery.Value importance of each class
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:multilabel_soft_margin_loss(target, weight, reduction, options) end

--- Sums the probabilities of all ways in which a sequence may hold its labels.
---@param targets orrery.Value labels (N, length), or all of them one behind the other
---@param input_lengths orrery.Value how many of the T steps count, (N)
---@param target_lengths orrery.Value how many labels each target has, (N)
---@param blank? integer the class of no label
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param zero_infinity? boolean losses of targets that do not fit become 0
---@param options? { blank?: integer, reduction?: "none"|"mean"|"sum", zero_infinity?: boolean, name?: string }
---@return orrery.Value
function Value:ctc_loss(targets, input_lengths, target_lengths, blank, reduction, zero_infinity, options) end

--- Mean squared error; both sides must have one shape, where PyTorch would broadcast with a warning.
---@param target orrery.Value as the input
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:mse_loss(target, reduction, options) end

--- Mean absolute error.
---@param target orrery.Value as the input
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:l1_loss(target, reduction, options) end

--- Squared error near 0, divided by beta, and absolute error beyond.
---@param target orrery.Value as the input
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param beta? number where the square becomes a line
---@param options? { reduction?: "none"|"mean"|"sum", beta?: number, name?: string }
---@return orrery.Value
function Value:smooth_l1_loss(target, reduction, beta, options) end

--- Half the squared error near 0, and delta times the absolute error beyond.
---@param target orrery.Value as the input
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param delta? number where the square becomes a line
---@param options? { reduction?: "none"|"mean"|"sum", delta?: number, name?: string }
---@return orrery.Value
function Value:huber_loss(target, reduction, delta, options) end

--- Kullback-Leibler divergence of the target from the input's log probabilities.
---@param target orrery.Value probabilities, as the input
---@param reduction? "none"|"batchmean"|"mean"|"sum" what becomes of the single losses
---@param log_target? boolean the target holds log probabilities
---@param options? { reduction?: "none"|"batchmean"|"mean"|"sum", log_target?: boolean, name?: string }
---@return orrery.Value
function Value:kl_div(target, reduction, log_target, options) end

--- Binary cross entropy of probabilities.
---@param target orrery.Value probabilities, as the input
---@param weight? orrery.Value importance of each element; broadcasts
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:binary_cross_entropy(target, weight, reduction, options) end

--- Sigmoid and binary cross entropy in one, without overflow.
---@param target orrery.Value probabilities, as the input
---@param weight? orrery.Value importance of each element; broadcasts
---@param pos_weight? orrery.Value importance of each positive target; broadcasts
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:binary_cross_entropy_with_logits(target, weight, pos_weight, reduction, options) end

--- Negative log likelihood of counts with a Poisson distribution.
---@param target orrery.Value counts, as the input
---@param log_input? boolean the input holds logarithms
---@param full? boolean adds Stirling's term for the factorial
---@param eps? number added before the logarithm of an expectation
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { log_input?: boolean, full?: boolean, eps?: number, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:poisson_nll_loss(target, log_input, full, eps, reduction, options) end

--- Negative log likelihood with a normal distribution.
---@param target orrery.Value as the input
---@param var orrery.Value the variances: as the input, or one for each last dimension
---@param full? boolean adds the constant term
---@param eps? number the least variance
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { full?: boolean, eps?: number, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:gaussian_nll_loss(target, var, full, eps, reduction, options) end

--- log(1 + exp(-target * input)).
---@param target orrery.Value 1 or -1, as the input
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:soft_margin_loss(target, reduction, options) end

--- Distances that should be small where the target is 1, and beyond a margin where it is -1.
---@param target orrery.Value 1 or -1, as the input
---@param margin? number beyond it nothing is lost
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:hinge_embedding_loss(target, margin, reduction, options) end

--- Wants one input above the other by a margin: the first where the target is 1, the second where it is -1.
---@param input2 orrery.Value as input1
---@param target orrery.Value 1 or -1, as input1
---@param margin? number by how much
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:margin_ranking_loss(input2, target, margin, reduction, options) end

--- Wants vectors alike where the target is 1, and no cosine above a margin where it is -1.
---@param input2 orrery.Value as input1
---@param target orrery.Value 1 or -1, (N) or ()
---@param margin? number the cosine that costs nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:cosine_embedding_loss(input2, target, margin, reduction, options) end

--- Wants each anchor nearer to its positive than to its negative by a margin.
---@param positive orrery.Value what should be near, as anchor
---@param negative orrery.Value what should be far, as anchor
---@param margin? number by how much
---@param p? number exponent of the norm
---@param eps? number added to the differences
---@param swap? boolean takes the distance from positive to negative where it is smaller
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, p?: number, eps?: number, swap?: boolean, reduction?: "none"|"mean"|"sum", name?: string }
---@return orrery.Value
function Value:triplet_margin_loss(positive, negative, margin, p, eps, swap, reduction, options) end

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
Value.subtract = Value.sub

--- Subtracts the input, times alpha, from other: other - input.
---@param other orrery.Value|number a value or a number
---@param alpha? number multiplies the second operand
---@param options? { other?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:rsub(other, alpha, options) end

--- Adds tensor1 * tensor2, times value.
---@param tensor1 orrery.Value the second operand
---@param tensor2 orrery.Value the third operand
---@param value? number multiplies what is added
---@param options? { value?: number, name?: string }
---@return orrery.Value
function Value:addcmul(tensor1, tensor2, value, options) end

--- Adds tensor1 / tensor2, times value.
---@param tensor1 orrery.Value the second operand
---@param tensor2 orrery.Value the third operand
---@param value? number multiplies what is added
---@param options? { value?: number, name?: string }
---@return orrery.Value
function Value:addcdiv(tensor1, tensor2, value, options) end

--- The point between the input and end: input + weight * (end - input).
---@param last orrery.Value the second operand
---@param weight orrery.Value|number 0 for the input, 1 for end: a value or a number
---@param options? { weight?: number, name?: string }
---@return orrery.Value
function Value:lerp(last, weight, options) end

--- Multiplies by other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:mul(other, options) end
Value.multiply = Value.mul

--- Divides by other; integers give a floating-point quotient unless it is rounded.
---@param other orrery.Value|number a value or a number
---@param rounding_mode? "trunc"|"floor" rounds the quotient towards 0 (trunc) or down (floor); none: not at all
---@param options? { other?: number, rounding_mode?: "trunc"|"floor", name?: string }
---@return orrery.Value
function Value:div(other, rounding_mode, options) end
Value.divide = Value.div

--- Divides by other; integers give a floating-point quotient.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:true_divide(other, options) end

--- Divides by other and rounds down.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:floor_divide(other, options) end

--- The remainder of a division, with the sign of the input.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:fmod(other, options) end

--- The remainder of a division, with the sign of other.
---@param other orrery.Value|number a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:remainder(other, options) end

--- The input to the power of the exponent; one of them may be a number.
---@param exponent orrery.Value|number a value or a number
---@param options? { input?: number, exponent?: number, name?: string }
---@return orrery.Value
function Value:pow(exponent, options) end

--- input * log(other), and 0 where the input is 0.
---@param other orrery.Value|number a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:xlogy(other, options) end

--- The angle of the point (other, input) in radians.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:atan2(other, options) end
Value.arctan2 = Value.atan2

--- The length of the vector (input, other).
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:hypot(other, options) end

--- The larger of two elements; NaN when one of them is.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:maximum(other, options) end

--- The smaller of two elements; NaN when one of them is.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:minimum(other, options) end

--- The larger of two elements; the other when one is NaN.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:fmax(other, options) end

--- The smaller of two elements; the other when one is NaN.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:fmin(other, options) end

--- log(exp(input) + exp(other)) without overflow.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:logaddexp(other, options) end

--- The input's magnitude with other's sign.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:copysign(other, options) end

--- And of the bits; logical for booleans.
---@param other orrery.Value|number a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:bitwise_and(other, options) end

--- Or of the bits; logical for booleans.
---@param other orrery.Value|number a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:bitwise_or(other, options) end

--- Exclusive or of the bits; logical for booleans.
---@param other orrery.Value|number a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:bitwise_xor(other, options) end

--- Shifts the bits left by other.
---@param other orrery.Value|number a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:bitwise_left_shift(other, options) end

--- Shifts the bits right by other.
---@param other orrery.Value|number a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:bitwise_right_shift(other, options) end

--- 0 below 0, 1 above 0, and the value of other at 0.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:heaviside(other, options) end

--- The negative of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:neg(options) end
Value.negative = Value.neg

--- The input itself, which must be of numbers.
---@param options? { name?: string }
---@return orrery.Value
function Value:positive(options) end

--- The absolute value of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:abs(options) end

--- The absolute value of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:absolute(options) end

--- -1, 0 or 1 for the sign of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:sign(options) end

--- The sign of each element; x / abs(x) of a complex one.
---@param options? { name?: string }
---@return orrery.Value
function Value:sgn(options) end

--- 1 / x of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:reciprocal(options) end

--- The largest whole number that is not above each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:floor(options) end

--- The smallest whole number that is not below each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:ceil(options) end

--- Each element without its fraction.
---@param options? { name?: string }
---@return orrery.Value
function Value:trunc(options) end
Value.fix = Value.trunc

--- The fraction of each element, with its sign.
---@param options? { name?: string }
---@return orrery.Value
function Value:frac(options) end

--- Square root of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:sqrt(options) end

--- 1 / sqrt(x) of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:rsqrt(options) end

--- e to the power of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:exp(options) end

--- 2 to the power of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:exp2(options) end

--- exp(x) - 1 of each element, exact for small ones.
---@param options? { name?: string }
---@return orrery.Value
function Value:expm1(options) end

--- Natural logarithm of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:log(options) end

--- Logarithm to base 2 of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:log2(options) end

--- Logarithm to base 10 of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:log10(options) end

--- log(1 + x) of each element, exact for small ones.
---@param options? { name?: string }
---@return orrery.Value
function Value:log1p(options) end

--- Sine of each element in radians.
---@param options? { name?: string }
---@return orrery.Value
function Value:sin(options) end

--- Cosine of each element in radians.
---@param options? { name?: string }
---@return orrery.Value
function Value:cos(options) end

--- Tangent of each element in radians.
---@param options? { name?: string }
---@return orrery.Value
function Value:tan(options) end

--- Angle whose sine is each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:asin(options) end
Value.arcsin = Value.asin

--- Angle whose cosine is each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:acos(options) end
Value.arccos = Value.acos

--- Angle whose tangent is each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:atan(options) end
Value.arctan = Value.atan

--- Hyperbolic sine of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:sinh(options) end

--- Hyperbolic cosine of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:cosh(options) end

--- Inverse hyperbolic sine of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:asinh(options) end
Value.arcsinh = Value.asinh

--- Inverse hyperbolic cosine of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:acosh(options) end
Value.arccosh = Value.acosh

--- Inverse hyperbolic tangent of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:atanh(options) end
Value.arctanh = Value.atanh

--- sin(pi x) / (pi x) of each element, 1 at 0.
---@param options? { name?: string }
---@return orrery.Value
function Value:sinc(options) end

--- Degrees as radians.
---@param options? { name?: string }
---@return orrery.Value
function Value:deg2rad(options) end

--- Radians as degrees.
---@param options? { name?: string }
---@return orrery.Value
function Value:rad2deg(options) end

--- Error function of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:erf(options) end

--- 1 - erf(x) of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:erfc(options) end

--- Inverse error function of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:erfinv(options) end

--- Logarithm of the gamma function's magnitude.
---@param options? { name?: string }
---@return orrery.Value
function Value:lgamma(options) end

--- Derivative of the gamma function's logarithm.
---@param options? { name?: string }
---@return orrery.Value
function Value:digamma(options) end

--- The square of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:square(options) end

--- The nearest number of some decimals; halves to the even one.
---@param decimals? integer digits behind the point that stay; negative: zeros before it
---@param options? { decimals?: integer, name?: string }
---@return orrery.Value
function Value:round(decimals, options) end

--- log(x / (1 - x)) of each element.
---@param eps? number keeps the input between eps and 1 - eps; none: as it is
---@param options? { eps?: number, name?: string }
---@return orrery.Value
function Value:logit(eps, options) end

--- Replaces NaN and infinities.
---@param nan? number instead of NaN
---@param posinf? number instead of infinity; none: the largest number
---@param neginf? number instead of -infinity; none: the least number
---@param options? { nan?: number, posinf?: number, neginf?: number, name?: string }
---@return orrery.Value
function Value:nan_to_num(nan, posinf, neginf, options) end

--- Inverts the bits; logical for booleans.
---@param options? { name?: string }
---@return orrery.Value
function Value:bitwise_not(options) end

--- The input where the condition holds, else other.
---@param condition orrery.Value booleans
---@param other orrery.Value|number taken elsewhere: a value or a number
---@param options? { input?: number, other?: number, name?: string }
---@return orrery.Value
function Value:where(condition, other, options) end

--- Puts a number where the mask holds.
---@param mask orrery.Value booleans, which broadcast with the input
---@param value orrery.Value|number the number, or a value without dimensions
---@param options? { value?: number, name?: string }
---@return orrery.Value
function Value:masked_fill(mask, value, options) end

--- Keeps each element between bounds.
---@param min? orrery.Value|number the lower bound: a value or a number; none: no bound
---@param max? orrery.Value|number the upper bound: a value or a number; none: no bound
---@param options? { min?: number, max?: number, name?: string }
---@return orrery.Value
function Value:clamp(min, max, options) end
Value.clip = Value.clamp

--- Raises each element to a lower bound.
---@param min orrery.Value|number a value or a number
---@param options? { min?: number, name?: string }
---@return orrery.Value
function Value:clamp_min(min, options) end

--- Lowers each element to an upper bound.
---@param max orrery.Value|number a value or a number
---@param options? { max?: number, name?: string }
---@return orrery.Value
function Value:clamp_max(max, options) end

--- The real part of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:real(options) end

--- The imaginary part of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:imag(options) end

--- The conjugate of each element.
---@param options? { name?: string }
---@return orrery.Value
function Value:conj(options) end

--- The angle of each element in radians: 0 or pi for real ones.
---@param options? { name?: string }
---@return orrery.Value
function Value:angle(options) end

--- Complex numbers as pairs of reals.
---@param options? { name?: string }
---@return orrery.Value
function Value:view_as_real(options) end

--- Pairs of reals as complex numbers.
---@param options? { name?: string }
---@return orrery.Value
function Value:view_as_complex(options) end

--- Complex numbers of their real and imaginary parts.
---@param imag orrery.Value the imaginary part
---@param options? { name?: string }
---@return orrery.Value
function Value:complex(imag, options) end

--- Complex numbers of their magnitudes and angles.
---@param angle orrery.Value in radians
---@param options? { name?: string }
---@return orrery.Value
function Value:polar(angle, options) end

--- Where the input equals other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:eq(other, options) end

--- Where the input differs from other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:ne(other, options) end
Value.not_equal = Value.ne

--- Where the input is less than other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:lt(other, options) end
Value.less = Value.lt

--- Where the input is at most other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:le(other, options) end
Value.less_equal = Value.le

--- Where the input is greater than other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:gt(other, options) end
Value.greater = Value.gt

--- Where the input is at least other.
---@param other orrery.Value|number a value or a number
---@param options? { other?: number, name?: string }
---@return orrery.Value
function Value:ge(other, options) end
Value.greater_equal = Value.ge

--- Where both are not 0.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:logical_and(other, options) end

--- Where at least one is not 0.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:logical_or(other, options) end

--- Where exactly one is not 0.
---@param other orrery.Value the second operand
---@param options? { name?: string }
---@return orrery.Value
function Value:logical_xor(other, options) end

--- Where the input is 0.
---@param options? { name?: string }
---@return orrery.Value
function Value:logical_not(options) end

--- Where the input is NaN.
---@param options? { name?: string }
---@return orrery.Value
function Value:isnan(options) end

--- Where the input is infinite.
---@param options? { name?: string }
---@return orrery.Value
function Value:isinf(options) end

--- Where the input is neither infinite nor NaN.
---@param options? { name?: string }
---@return orrery.Value
function Value:isfinite(options) end

--- Where two elements differ by little.
---@param other orrery.Value the second operand
---@param rtol? number allowed difference relative to other
---@param atol? number allowed difference at all
---@param equal_nan? boolean NaN is close to NaN
---@param options? { rtol?: number, atol?: number, equal_nan?: boolean, name?: string }
---@return orrery.Value
function Value:isclose(other, rtol, atol, equal_nan, options) end

--- Matrix product over the last two dimensions; the others are batches and broadcast.
---@param other orrery.Value (…, k, m) or (k)
---@param options? { name?: string }
---@return orrery.Value
function Value:matmul(other, options) end

--- Products summed over the letters that the result leaves out.
---@param equation string letters of the operands' dimensions: 'bij,bjk->bik'
---@param operands orrery.Value[] one or more
---@param options? { equation?: string, name?: string }
---@return orrery.Value
function Value:einsum(equation, operands, options) end

--- Product of two matrices.
---@param mat2 orrery.Value (k, m)
---@param options? { name?: string }
---@return orrery.Value
function Value:mm(mat2, options) end

--- A matrix times a vector.
---@param vec orrery.Value (k)
---@param options? { name?: string }
---@return orrery.Value
function Value:mv(vec, options) end

--- Products of the matrices of two batches.
---@param mat2 orrery.Value (b, k, m)
---@param options? { name?: string }
---@return orrery.Value
function Value:bmm(mat2, options) end

--- Sum of the products of two vectors' elements.
---@param tensor orrery.Value (n)
---@param options? { name?: string }
---@return orrery.Value
function Value:dot(tensor, options) end

--- The same with the first vector conjugated.
---@param other orrery.Value (n)
---@param options? { name?: string }
---@return orrery.Value
function Value:vdot(other, options) end

--- Products of all pairs of two vectors' elements.
---@param vec2 orrery.Value (m)
---@param options? { name?: string }
---@return orrery.Value
function Value:outer(vec2, options) end

--- Products of all pairs of two vectors' elements.
---@param vec2 orrery.Value (m)
---@param options? { name?: string }
---@return orrery.Value
function Value:ger(vec2, options) end

--- Sums of products over the last dimensions.
---@param other orrery.Value (…, k)
---@param options? { name?: string }
---@return orrery.Value
function Value:inner(other, options) end

--- The second input times each element of the first.
---@param other orrery.Value what fills them
---@param options? { name?: string }
---@return orrery.Value
function Value:kron(other, options) end

--- Vector product in three dimensions.
---@param other orrery.Value (…, 3, …)
---@param dim? integer the dimension of the 3 elements
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:cross(other, dim, options) end

--- Products summed over several dimensions of both inputs.
---@param other orrery.Value the second
---@param dims? integer how many: the last of the first input and the first of the second
---@param dims_self? integer|integer[] those of the first input instead
---@param dims_other? integer|integer[] those of the second, in the same order
---@param options? { dims?: integer, dims_self?: integer|integer[], dims_other?: integer|integer[], name?: string }
---@return orrery.Value
function Value:tensordot(other, dims, dims_self, dims_other, options) end

--- Product of many matrices, in the cheapest order.
---@param matrices orrery.Value[] two or more
---@param options? { name?: string }
---@return orrery.Value
function Value:chain_matmul(matrices, options) end

--- Sum of a matrix's diagonal.
---@param options? { name?: string }
---@return orrery.Value
function Value:trace(options) end

--- A square matrix multiplied with itself.
---@param n integer how often; below 0 its inverse
---@param options? { n?: integer, name?: string }
---@return orrery.Value
function Value:matrix_power(n, options) end

--- A matrix product and what is added to it.
---@param mat1 orrery.Value the first factor
---@param mat2 orrery.Value the second factor
---@param beta? number factor of the input
---@param alpha? number factor of the product
---@param options? { beta?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:addmm(mat1, mat2, beta, alpha, options) end

--- A matrix times a vector and what is added to it.
---@param mat orrery.Value the first factor
---@param vec orrery.Value the second factor
---@param beta? number factor of the input
---@param alpha? number factor of the product
---@param options? { beta?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:addmv(mat, vec, beta, alpha, options) end

--- Matrix products of a batch and what is added to them.
---@param batch1 orrery.Value the first factor
---@param batch2 orrery.Value the second factor
---@param beta? number factor of the input
---@param alpha? number factor of the product
---@param options? { beta?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:baddbmm(batch1, batch2, beta, alpha, options) end

--- The sum of a batch's matrix products and what is added to it.
---@param batch1 orrery.Value the first factor
---@param batch2 orrery.Value the second factor
---@param beta? number factor of the input
---@param alpha? number factor of the product
---@param options? { beta?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:addbmm(batch1, batch2, beta, alpha, options) end

--- The products of all pairs of two vectors' elements and what is added.
---@param vec1 orrery.Value the first factor
---@param vec2 orrery.Value the second factor
---@param beta? number factor of the input
---@param alpha? number factor of the product
---@param options? { beta?: number, alpha?: number, name?: string }
---@return orrery.Value
function Value:addr(vec1, vec2, beta, alpha, options) end

--- x W^T + b with a weight that is a value.
---@param weight orrery.Value (out, in)
---@param bias? orrery.Value (out)
---@param options? { name?: string }
---@return orrery.Value
function Value:linear(weight, bias, options) end

--- x1 W x2 + b with a weight that is a value.
---@param input2 orrery.Value (…, in2)
---@param weight orrery.Value (out, in1, in2)
---@param bias? orrery.Value (out)
---@param options? { name?: string }
---@return orrery.Value
function Value:bilinear(input2, weight, bias, options) end

--- Inverse of a square matrix.
---@param options? { name?: string }
---@return orrery.Value
function Value:linalg_inv(options) end
Value.inverse = Value.linalg_inv

--- Determinant.
---@param options? { name?: string }
---@return orrery.Value
function Value:linalg_det(options) end
Value.det = Value.linalg_det

--- Sign of the determinant and logarithm of its absolute value.
---@param options? { name?: string }
---@return orrery.Value, orrery.Value
function Value:linalg_slogdet(options) end
Value.slogdet = Value.linalg_slogdet

--- Exponential of a square matrix.
---@param options? { name?: string }
---@return orrery.Value
function Value:linalg_matrix_exp(options) end
Value.matrix_exp = Value.linalg_matrix_exp

--- The triangular factor of a positive definite matrix.
---@param upper? boolean the upper one instead
---@param options? { upper?: boolean, name?: string }
---@return orrery.Value
function Value:linalg_cholesky(upper, options) end
Value.cholesky = Value.linalg_cholesky

--- An orthogonal and a triangular factor.
---@param mode? "reduced"|"complete"|"r" 'complete': square Q; 'r': R alone, Q empty
---@param options? { mode?: "reduced"|"complete"|"r", name?: string }
---@return orrery.Value, orrery.Value
function Value:linalg_qr(mode, options) end

--- Singular value decomposition.
---@param full_matrices? boolean square U and Vh
---@param options? { full_matrices?: boolean, name?: string }
---@return orrery.Value, orrery.Value, orrery.Value
function Value:linalg_svd(full_matrices, options) end

--- Singular values, in falling order.
---@param options? { name?: string }
---@return orrery.Value
function Value:linalg_svdvals(options) end

--- Eigenvalues and eigenvectors of a symmetric (hermitian) matrix.
---@param UPLO? "L"|"U" which triangle is read
---@param options? { UPLO?: "L"|"U", name?: string }
---@return orrery.Value, orrery.Value
function Value:linalg_eigh(UPLO, options) end

--- Eigenvalues of a symmetric (hermitian) matrix.
---@param UPLO? "L"|"U" which triangle is read
---@param options? { UPLO?: "L"|"U", name?: string }
---@return orrery.Value
function Value:linalg_eigvalsh(UPLO, options) end

--- Eigenvalues, as complex numbers.
---@param options? { name?: string }
---@return orrery.Value
function Value:linalg_eigvals(options) end

--- Eigenvalues and eigenvectors, as complex numbers.
---@param options? { name?: string }
---@return orrery.Value, orrery.Value
function Value:linalg_eig(options) end

--- The factors of P L U: exchanged rows, a lower and an upper triangle.
---@param pivot? boolean exchanges rows; not to do so is for GPUs
---@param options? { pivot?: boolean, name?: string }
---@return orrery.Value, orrery.Value, orrery.Value
function Value:linalg_lu(pivot, options) end

--- Both triangles of P L U in one matrix, and which rows were exchanged.
---@param pivot? boolean exchanges rows; not to do so is for GPUs
---@param options? { pivot?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:linalg_lu_factor(pivot, options) end

--- Solves A X = B.
---@param B orrery.Value the right side
---@param left? boolean solves A X = B; else X A = B
---@param options? { left?: boolean, name?: string }
---@return orrery.Value
function Value:linalg_solve(B, left, options) end

--- Solves A X = B for a triangular A.
---@param B orrery.Value the right side
---@param upper boolean which triangle A is
---@param left? boolean solves A X = B; else X A = B
---@param unitriangular? boolean the diagonal counts as 1
---@param options? { upper?: boolean, left?: boolean, unitriangular?: boolean, name?: string }
---@return orrery.Value
function Value:linalg_solve_triangular(B, upper, left, unitriangular, options) end

--- Solves A X = B for an A that lu_factor has factored.
---@param pivots orrery.Value as of lu_factor
---@param B orrery.Value the right side
---@param left? boolean solves A X = B; else X A = B
---@param adjoint? boolean solves with the transposed (conjugated) A
---@param options? { left?: boolean, adjoint?: boolean, name?: string }
---@return orrery.Value
function Value:linalg_lu_solve(pivots, B, left, adjoint, options) end

--- The solution X of A X = B with the least squares (PyTorch's first result).
---@param B orrery.Value the right side
---@param rcond? number singular values up to this share of the largest count as 0
---@param options? { rcond?: number, name?: string }
---@return orrery.Value
function Value:linalg_lstsq(B, rcond, options) end

--- Pseudo-inverse.
---@param atol? number singular values up to here count as 0; none: 0
---@param rtol? number the same as a share of the largest; none: the precision
---@param hermitian? boolean the matrix is symmetric (hermitian), which is faster
---@param options? { atol?: number, rtol?: number, hermitian?: boolean, name?: string }
---@return orrery.Value
function Value:linalg_pinv(atol, rtol, hermitian, options) end

--- How many singular values are not 0.
---@param atol? number singular values up to here count as 0; none: 0
---@param rtol? number the same as a share of the largest; none: the precision
---@param hermitian? boolean the matrix is symmetric (hermitian), which is faster
---@param options? { atol?: number, rtol?: number, hermitian?: boolean, name?: string }
---@return orrery.Value
function Value:linalg_matrix_rank(atol, rtol, hermitian, options) end

--- Product of many matrices, in the cheapest order.
---@param tensors orrery.Value[] two or more; the ends may be vectors
---@param options? { name?: string }
---@return orrery.Value
function Value:linalg_multi_dot(tensors, options) end

--- Norm of a vector or matrix.
---@param ord? number|"fro"|"nuc" the order; math.huge for the largest
---@param dim? integer|integer[] the dimensions; none: all
---@param keepdim? boolean keep them as size 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { ord?: number|"fro"|"nuc", dim?: integer|integer[], keepdim?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:linalg_norm(ord, dim, keepdim, dtype, options) end

--- Norm of a vector.
---@param ord? number the order; math.huge for the largest
---@param dim? integer|integer[] the dimensions; none: all
---@param keepdim? boolean keep them as size 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { ord?: number, dim?: integer|integer[], keepdim?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:linalg_vector_norm(ord, dim, keepdim, dtype, options) end

--- Norm of a matrix.
---@param ord? number|"fro"|"nuc" the order; math.huge for the largest
---@param dim? integer|integer[] the dimensions; none: all
---@param keepdim? boolean keep them as size 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { ord?: number|"fro"|"nuc", dim?: integer|integer[], keepdim?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:linalg_matrix_norm(ord, dim, keepdim, dtype, options) end

--- Discrete Fourier transform.
---@param n? integer points; the input is cut or filled with 0; none: as many as there are
---@param dim? integer the dimension
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { n?: integer, dim?: integer, norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_fft(n, dim, norm, options) end

--- Inverse of fft.
---@param n? integer points; the input is cut or filled with 0; none: as many as there are
---@param dim? integer the dimension
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { n?: integer, dim?: integer, norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_ifft(n, dim, norm, options) end

--- Fourier transform of real numbers: the half that tells the other.
---@param n? integer points; the input is cut or filled with 0; none: as many as there are
---@param dim? integer the dimension
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { n?: integer, dim?: integer, norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_rfft(n, dim, norm, options) end

--- Inverse of rfft.
---@param n? integer points; the input is cut or filled with 0; none: as many as there are
---@param dim? integer the dimension
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { n?: integer, dim?: integer, norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_irfft(n, dim, norm, options) end

--- Fourier transform of a hermitian signal, which is real.
---@param n? integer points; the input is cut or filled with 0; none: as many as there are
---@param dim? integer the dimension
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { n?: integer, dim?: integer, norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_hfft(n, dim, norm, options) end

--- Inverse of hfft.
---@param n? integer points; the input is cut or filled with 0; none: as many as there are
---@param dim? integer the dimension
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { n?: integer, dim?: integer, norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_ihfft(n, dim, norm, options) end

--- Fourier transform of two dimensions.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_fft2(s, dim, norm, options) end

--- Inverse of fft2.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_ifft2(s, dim, norm, options) end

--- Fourier transform of two dimensions of real numbers.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_rfft2(s, dim, norm, options) end

--- Inverse of rfft2.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_irfft2(s, dim, norm, options) end

--- Fourier transform of several dimensions.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_fftn(s, dim, norm, options) end

--- Inverse of fftn.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_ifftn(s, dim, norm, options) end

--- Fourier transform of several dimensions of real numbers.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_rfftn(s, dim, norm, options) end

--- Inverse of rfftn.
---@param s? integer|integer[] points in each dimension; -1 or none: as many as there are
---@param dim? integer|integer[] the dimensions; none: the last, one per size, or all
---@param norm? "forward"|"backward"|"ortho" which direction is divided by the number of points; 'ortho': both by its root
---@param options? { s?: integer|integer[], dim?: integer|integer[], norm?: "forward"|"backward"|"ortho", name?: string }
---@return orrery.Value
function Value:fft_irfftn(s, dim, norm, options) end

--- Moves the zero frequency into the middle.
---@param dim? integer|integer[] the dimensions; none: all
---@param options? { dim?: integer|integer[], name?: string }
---@return orrery.Value
function Value:fft_fftshift(dim, options) end

--- Inverse of fftshift.
---@param dim? integer|integer[] the dimensions; none: all
---@param options? { dim?: integer|integer[], name?: string }
---@return orrery.Value
function Value:fft_ifftshift(dim, options) end

--- Fourier transforms of windows along a signal.
---@param n_fft integer points of a transform
---@param hop_length? integer samples from window to window; none: a quarter of n_fft
---@param win_length? integer samples of a window; none: n_fft
---@param window? orrery.Value (win_length); none: all 1
---@param center? boolean windows are centred; the ends are padded
---@param pad_mode? "reflect"|"constant"|"replicate"|"circular" how the ends are padded
---@param normalized? boolean divided by the root of n_fft
---@param onesided? boolean half of the frequencies, of real signals; none: where that is possible
---@param return_complex? boolean else real and imaginary part stand in a last dimension
---@param options? { n_fft?: integer, hop_length?: integer, win_length?: integer, center?: boolean, pad_mode?: "reflect"|"constant"|"replicate"|"circular", normalized?: boolean, onesided?: boolean, return_complex?: boolean, name?: string }
---@return orrery.Value
function Value:stft(n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex, options) end

--- The signal of which stft gave the transforms.
---@param n_fft integer points of a transform
---@param hop_length? integer samples from window to window; none: a quarter of n_fft
---@param win_length? integer samples of a window; none: n_fft
---@param window? orrery.Value (win_length); none: all 1
---@param center? boolean windows are centred; the ends are padded
---@param normalized? boolean divided by the root of n_fft
---@param onesided? boolean half of the frequencies, of real signals; none: where that is possible
---@param length? integer samples of the signal; none: what the windows cover
---@param return_complex? boolean the signal is complex
---@param options? { n_fft?: integer, hop_length?: integer, win_length?: integer, center?: boolean, normalized?: boolean, onesided?: boolean, length?: integer, return_complex?: boolean, name?: string }
---@return orrery.Value
function Value:istft(n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex, options) end

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

--- The same elements, which carry no gradient.
---@param options? { name?: string }
---@return orrery.Value
function Value:detach(options) end

--- The elements in another dtype, on another device, or both.
---@param device? string where it and what is computed from it lie: cpu, cuda, cuda:1; a dtype may stand here, too
---@param dtype? orrery.DType element type of the result; none: the input's
---@param options? { device?: string, dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:to(device, dtype, options) end

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

--- Joins values side by side: along dimension 1, vectors along 0.
---@param tensors orrery.Value[] one or more
---@param options? { name?: string }
---@return orrery.Value
function Value:hstack(tensors, options) end

--- Joins values below each other; vectors are rows.
---@param tensors orrery.Value[] one or more
---@param options? { name?: string }
---@return orrery.Value
function Value:vstack(tensors, options) end

--- Joins values along the third dimension.
---@param tensors orrery.Value[] one or more
---@param options? { name?: string }
---@return orrery.Value
function Value:dstack(tensors, options) end

--- A scalar becomes a vector of one element.
---@param options? { name?: string }
---@return orrery.Value
function Value:atleast_1d(options) end

--- Dimensions of size 1 in front until there are 2.
---@param options? { name?: string }
---@return orrery.Value
function Value:atleast_2d(options) end

--- Dimensions of size 1 around until there are 3.
---@param options? { name?: string }
---@return orrery.Value
function Value:atleast_3d(options) end

--- Coordinates of the grid that vectors span, one value each.
---@param tensors orrery.Value[] one or more
---@param indexing? "ij"|"xy" matrix order ('ij') or rows and columns swapped ('xy')
---@param options? { indexing?: "ij"|"xy", name?: string }
---@return orrery.Value ...
function Value:meshgrid(tensors, indexing, options) end

--- Every combination of an element of each vector, as rows.
---@param tensors orrery.Value[] one or more
---@param options? { name?: string }
---@return orrery.Value
function Value:cartesian_prod(tensors, options) end

--- Every choice of r elements of a vector, as rows.
---@param r? integer how many elements are in one combination
---@param with_replacement? boolean an element may be chosen again
---@param options? { r?: integer, with_replacement?: boolean, name?: string }
---@return orrery.Value
function Value:combinations(r, with_replacement, options) end

--- The matrices along the diagonal of one, which is 0 elsewhere.
---@param tensors orrery.Value[] one or more
---@param options? { name?: string }
---@return orrery.Value
function Value:block_diag(tensors, options) end

--- Parts of a dimension: of one size, the last perhaps smaller, or of the listed sizes.
---@param split_size_or_sections integer[] size of each part, or a list of sizes
---@param dim? integer the dimension to cut
---@param options? { split_size_or_sections?: integer[], dim?: integer, name?: string }
---@return orrery.Value ...
function Value:split(split_size_or_sections, dim, options) end

--- A number of equal parts of a dimension, the last perhaps smaller.
---@param chunks integer how many parts, at most
---@param dim? integer the dimension to cut
---@param options? { chunks?: integer, dim?: integer, name?: string }
---@return orrery.Value ...
function Value:chunk(chunks, dim, options) end

--- Parts of a dimension, as equal as can be, or cut at the listed places.
---@param indices_or_sections integer|integer[] how many parts, or a list of the places to cut at
---@param dim? integer the dimension to cut
---@param options? { indices_or_sections?: integer|integer[], dim?: integer, name?: string }
---@return orrery.Value ...
function Value:tensor_split(indices_or_sections, dim, options) end

--- The elements along a dimension, which vanishes.
---@param dim? integer the dimension to cut
---@param options? { dim?: integer, name?: string }
---@return orrery.Value ...
function Value:unbind(dim, options) end

--- Dimensions of size 1 spread to other sizes, without a copy.
---@param size integer[] sizes of the result; -1 keeps a dimension's
---@param options? { size?: integer[], name?: string }
---@return orrery.Value
function Value:expand(size, options) end

--- Dimensions of size 1 spread to other sizes.
---@param size integer[] sizes of the result; -1 keeps a dimension's
---@param options? { size?: integer[], name?: string }
---@return orrery.Value
function Value:broadcast_to(size, options) end

--- Expanded to the shape of another value.
---@param other orrery.Value whose shape is taken
---@param options? { name?: string }
---@return orrery.Value
function Value:expand_as(other, options) end

--- Repeats the whole along each dimension; `repeat` is a word of Lua, which writes tile.
---@param repeats integer[] how often along each dimension
---@param options? { repeats?: integer[], name?: string }
---@return orrery.Value
Value["repeat"] = function(self, repeats, options) end

--- Repeats the whole along the last dimensions.
---@param dims integer[] how often along each of the last dimensions
---@param options? { dims?: integer[], name?: string }
---@return orrery.Value
function Value:tile(dims, options) end

--- Each element several times in a row.
---@param repeats orrery.Value|number counts, one or one per element
---@param dim? integer the dimension; none: of all elements
---@param output_size? integer length of the result, where counts are a value; none: the data tell
---@param options? { repeats?: integer, dim?: integer, output_size?: integer, name?: string }
---@return orrery.Value
function Value:repeat_interleave(repeats, dim, output_size, options) end

--- Turns the order of elements round.
---@param dims integer|integer[] the dimensions
---@param options? { dims?: integer|integer[], name?: string }
---@return orrery.Value
function Value:flip(dims, options) end

--- Turns the order of columns round.
---@param options? { name?: string }
---@return orrery.Value
function Value:fliplr(options) end

--- Turns the order of rows round.
---@param options? { name?: string }
---@return orrery.Value
function Value:flipud(options) end

--- Moves elements along dimensions; what leaves at the end enters at the beginning.
---@param shifts integer|integer[] how far
---@param dims? integer|integer[] along which; none: all elements in one row
---@param options? { shifts?: integer|integer[], dims?: integer|integer[], name?: string }
---@return orrery.Value
function Value:roll(shifts, dims, options) end

--- Turns a plane by quarters.
---@param k? integer how many quarters, from the first dimension to the second
---@param dims? integer|integer[] the two dimensions of the plane
---@param options? { k?: integer, dims?: integer|integer[], name?: string }
---@return orrery.Value
function Value:rot90(k, dims, options) end

--- Swaps two dimensions.
---@param axis0 integer one of the two
---@param axis1 integer the other
---@param options? { axis0?: integer, axis1?: integer, name?: string }
---@return orrery.Value
function Value:swapaxes(axis0, axis1, options) end

--- Swaps two dimensions.
---@param dim0 integer one of the two
---@param dim1 integer the other
---@param options? { dim0?: integer, dim1?: integer, name?: string }
---@return orrery.Value
function Value:swapdims(dim0, dim1, options) end

--- Swaps rows and columns.
---@param options? { name?: string }
---@return orrery.Value
function Value:t(options) end

--- Swaps the last two dimensions, of complex numbers conjugated.
---@param options? { name?: string }
---@return orrery.Value
function Value:adjoint(options) end

--- Moves dimensions to other places.
---@param source integer|integer[] the dimensions to move
---@param destination integer|integer[] where each of them goes
---@param options? { source?: integer|integer[], destination?: integer|integer[], name?: string }
---@return orrery.Value
function Value:movedim(source, destination, options) end

--- Moves dimensions to other places.
---@param source integer|integer[] the dimensions to move
---@param destination integer|integer[] where each of them goes
---@param options? { source?: integer|integer[], destination?: integer|integer[], name?: string }
---@return orrery.Value
function Value:moveaxis(source, destination, options) end

--- All elements in one row.
---@param options? { name?: string }
---@return orrery.Value
function Value:ravel(options) end

--- The same, its elements in one row in memory.
---@param options? { name?: string }
---@return orrery.Value
function Value:contiguous(options) end

--- A copy.
---@param options? { name?: string }
---@return orrery.Value
function Value:clone(options) end

--- In the shape of another value.
---@param other orrery.Value the value to take after
---@param options? { name?: string }
---@return orrery.Value
function Value:view_as(other, options) end

--- In the shape of another value.
---@param other orrery.Value the value to take after
---@param options? { name?: string }
---@return orrery.Value
function Value:reshape_as(other, options) end

--- In the dtype of another value.
---@param other orrery.Value the value to take after
---@param options? { name?: string }
---@return orrery.Value
function Value:type_as(other, options) end

--- The elements as float32.
---@param options? { name?: string }
---@return orrery.Value
function Value:float(options) end

--- The elements as float64.
---@param options? { name?: string }
---@return orrery.Value
function Value:double(options) end

--- The elements as float16.
---@param options? { name?: string }
---@return orrery.Value
function Value:half(options) end

--- The elements as bfloat16.
---@param options? { name?: string }
---@return orrery.Value
function Value:bfloat16(options) end

--- The elements as int64.
---@param options? { name?: string }
---@return orrery.Value
function Value:long(options) end

--- The elements as int32.
---@param options? { name?: string }
---@return orrery.Value
function Value:int(options) end

--- Which elements are not 0.
---@param options? { name?: string }
---@return orrery.Value
function Value:bool(options) end

--- Keeps what is on and below a diagonal; 0 elsewhere.
---@param diagonal? integer 0 is the main diagonal, above 0 to the right of it
---@param options? { diagonal?: integer, name?: string }
---@return orrery.Value
function Value:tril(diagonal, options) end

--- Keeps what is on and above a diagonal; 0 elsewhere.
---@param diagonal? integer 0 is the main diagonal, above 0 to the right of it
---@param options? { diagonal?: integer, name?: string }
---@return orrery.Value
function Value:triu(diagonal, options) end

--- A matrix's diagonal, or the matrix with a vector as its diagonal.
---@param diagonal? integer 0 is the main diagonal, above 0 to the right of it
---@param options? { diagonal?: integer, name?: string }
---@return orrery.Value
function Value:diag(diagonal, options) end

--- The diagonal of two dimensions, as the last dimension.
---@param offset? integer 0 is the main diagonal, above 0 to the right of it
---@param dim1? integer the dimension of rows
---@param dim2? integer the dimension of columns
---@param options? { offset?: integer, dim1?: integer, dim2?: integer, name?: string }
---@return orrery.Value
function Value:diagonal(offset, dim1, dim2, options) end

--- Matrices with the last dimension as their diagonal.
---@param offset? integer 0 is the main diagonal, above 0 to the right of it
---@param dim1? integer the dimension of rows
---@param dim2? integer the dimension of columns
---@param options? { offset?: integer, dim1?: integer, dim2?: integer, name?: string }
---@return orrery.Value
function Value:diag_embed(offset, dim1, dim2, options) end

--- The matrix with all elements as its diagonal.
---@param offset? integer 0 is the main diagonal, above 0 to the right of it
---@param options? { offset?: integer, name?: string }
---@return orrery.Value
function Value:diagflat(offset, options) end

--- The same, which must be as told: asked for when the graph is made as far as it is known then, and whenever it runs.
---@param shape? integer[] its sizes: numbers, names of symbols, nil or -1 for any; none: any shape
---@param dtype? orrery.DType its element type; none: any
---@param range? number|number[] the least and the largest number that it may hold; none: any, NaN too
---@param options? { shape?: integer[], dtype?: orrery.DType, range?: number|number[], name?: string }
---@return orrery.Value
function Value:expect(shape, dtype, range, options) end

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

--- The elements that index values and masks choose: x[{i, j}].
---@param indices orrery.Value[] indices, or masks
---@param dims? integer|integer[] the dimension that each index stands for; none: the first ones
---@param options? { dims?: integer|integer[], name?: string }
---@return orrery.Value
function Value:index(indices, dims, options) end

--- Puts values where index values and masks say.
---@param indices orrery.Value[] indices, or masks
---@param values orrery.Value what is put; broadcasts
---@param accumulate? boolean add to what is there
---@param dims? integer|integer[] the dimension that each index stands for; none: the first ones
---@param options? { accumulate?: boolean, dims?: integer|integer[], name?: string }
---@return orrery.Value
function Value:index_put(indices, values, accumulate, dims, options) end

--- The elements under a mask, in one row.
---@param mask orrery.Value bool, broadcasts
---@param options? { name?: string }
---@return orrery.Value
function Value:masked_select(mask, options) end

--- Puts the elements of a source, in their order, under a mask.
---@param mask orrery.Value bool, broadcasts
---@param source orrery.Value at least as many elements as the mask has
---@param options? { name?: string }
---@return orrery.Value
function Value:masked_scatter(mask, source, options) end

--- The places of elements that are not 0, as rows of indices.
---@param as_tuple? boolean one value per dimension instead
---@param options? { as_tuple?: boolean, name?: string }
---@return orrery.Value ...
function Value:nonzero(as_tuple, options) end

--- The places of elements that are not 0, as rows of indices.
---@param options? { name?: string }
---@return orrery.Value
function Value:argwhere(options) end

--- The distinct elements.
---@param sorted? boolean in rising order
---@param return_inverse? boolean also where each element stands in the result
---@param return_counts? boolean also how often each appears
---@param dim? integer slices of this dimension; none: single elements
---@param options? { sorted?: boolean, return_inverse?: boolean, return_counts?: boolean, dim?: integer, name?: string }
---@return orrery.Value, orrery.Value, orrery.Value
function Value:unique(sorted, return_inverse, return_counts, dim, options) end

--- The elements without repetitions in a row.
---@param return_inverse? boolean also where each element stands in the result
---@param return_counts? boolean also how often each appears
---@param dim? integer slices of this dimension; none: single elements
---@param options? { return_inverse?: boolean, return_counts?: boolean, dim?: integer, name?: string }
---@return orrery.Value, orrery.Value, orrery.Value
function Value:unique_consecutive(return_inverse, return_counts, dim, options) end

--- A row of 0 with a 1 at the class, for each element.
---@param num_classes? integer how many classes; -1: one more than the largest
---@param options? { num_classes?: integer, name?: string }
---@return orrery.Value
function Value:one_hot(num_classes, options) end

--- Takes elements along a dimension where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:gather(dim, index, options) end

--- Takes slices along a dimension where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:index_select(dim, index, options) end

--- Puts elements where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param src orrery.Value|number the elements to put
---@param reduce? "add"|"multiply" how to join with what is there; none: replace it
---@param options? { dim?: integer, reduce?: "add"|"multiply", src?: number, name?: string }
---@return orrery.Value
function Value:scatter(dim, index, src, reduce, options) end

--- Adds elements where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param src orrery.Value the elements to put
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:scatter_add(dim, index, src, options) end

--- Joins elements where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param src orrery.Value the elements to put
---@param reduce "sum"|"prod"|"mean"|"amax"|"amin" how
---@param include_self? boolean the input's own elements are joined too
---@param options? { dim?: integer, reduce?: "sum"|"prod"|"mean"|"amax"|"amin", include_self?: boolean, name?: string }
---@return orrery.Value
function Value:scatter_reduce(dim, index, src, reduce, include_self, options) end

--- Adds slices along a dimension where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param source orrery.Value the slices
---@param alpha? number factor of the slices
---@param options? { dim?: integer, alpha?: number, name?: string }
---@return orrery.Value
function Value:index_add(dim, index, source, alpha, options) end

--- Puts slices along a dimension where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param source orrery.Value the slices
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:index_copy(dim, index, source, options) end

--- Fills slices along a dimension where the indices say.
---@param dim integer the dimension that is indexed
---@param index orrery.Value the indices along the dimension
---@param value orrery.Value|number what to fill with
---@param options? { dim?: integer, value?: number, name?: string }
---@return orrery.Value
function Value:index_fill(dim, index, value, options) end

--- Takes elements as if all stood in one row.
---@param index orrery.Value int64 indices into all elements in one row
---@param options? { name?: string }
---@return orrery.Value
function Value:take(index, options) end

--- Takes elements along a dimension, indices broadcast.
---@param indices orrery.Value int64, of as many dimensions as the input
---@param dim? integer the dimension; none: all elements in one row
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:take_along_dim(indices, dim, options) end

--- The input with one element along a dimension written over.
---@param src orrery.Value what is written over the part
---@param dim integer the dimension
---@param index integer the element, from 0; from -1 backwards
---@param options? { dim?: integer, index?: integer, name?: string }
---@return orrery.Value
function Value:select_scatter(src, dim, index, options) end

--- The input with a slice along a dimension written over.
---@param src orrery.Value what is written over the part
---@param dim? integer the dimension
---@param start? integer the first element; none: from the beginning
---@param last? integer the element behind the last; none: to the end
---@param step? integer takes each step-th element
---@param options? { dim?: integer, start?: integer, end?: integer, step?: integer, name?: string }
---@return orrery.Value
function Value:slice_scatter(src, dim, start, last, step, options) end

--- The sum over dimensions; integers give int64.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? orrery.DType element type to compute in and to give; none: the input's
---@param options? { dim?: integer|integer[], keepdim?: boolean, dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:sum(dim, keepdim, dtype, options) end

--- The sum over dimensions, NaN counted as 0.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? orrery.DType element type to compute in and to give; none: the input's
---@param options? { dim?: integer|integer[], keepdim?: boolean, dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:nansum(dim, keepdim, dtype, options) end

--- The product over a dimension or of all; integers give int64.
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? orrery.DType element type to compute in and to give; none: the input's
---@param options? { dim?: integer, keepdim?: boolean, dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:prod(dim, keepdim, dtype, options) end

--- log(sum(exp(x))) over dimensions, without overflow.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer|integer[], keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:logsumexp(dim, keepdim, options) end

--- The mean over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type to compute in and to give; none: the input's
---@param options? { dim?: integer|integer[], keepdim?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Value:mean(dim, keepdim, dtype, options) end

--- The mean over dimensions of what is not NaN.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type to compute in and to give; none: the input's
---@param options? { dim?: integer|integer[], keepdim?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Value:nanmean(dim, keepdim, dtype, options) end

--- The variance over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param unbiased? boolean divides by the number less 1 (true, as when not given) or by the number
---@param keepdim? boolean reduced dimensions stay with size 1
---@param correction? number taken from the number that the sum is divided by; none: 1
---@param options? { dim?: integer|integer[], unbiased?: boolean, keepdim?: boolean, correction?: number, name?: string }
---@return orrery.Value
function Value:var(dim, unbiased, keepdim, correction, options) end

--- The standard deviation over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param unbiased? boolean divides by the number less 1 (true, as when not given) or by the number
---@param keepdim? boolean reduced dimensions stay with size 1
---@param correction? number taken from the number that the sum is divided by; none: 1
---@param options? { dim?: integer|integer[], unbiased?: boolean, keepdim?: boolean, correction?: number, name?: string }
---@return orrery.Value
function Value:std(dim, unbiased, keepdim, correction, options) end

--- Variance and mean over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param unbiased? boolean divides by the number less 1 (true, as when not given) or by the number
---@param keepdim? boolean reduced dimensions stay with size 1
---@param correction? number taken from the number that the sum is divided by; none: 1
---@param options? { dim?: integer|integer[], unbiased?: boolean, keepdim?: boolean, correction?: number, name?: string }
---@return orrery.Value, orrery.Value
function Value:var_mean(dim, unbiased, keepdim, correction, options) end

--- Standard deviation and mean over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param unbiased? boolean divides by the number less 1 (true, as when not given) or by the number
---@param keepdim? boolean reduced dimensions stay with size 1
---@param correction? number taken from the number that the sum is divided by; none: 1
---@param options? { dim?: integer|integer[], unbiased?: boolean, keepdim?: boolean, correction?: number, name?: string }
---@return orrery.Value, orrery.Value
function Value:std_mean(dim, unbiased, keepdim, correction, options) end

--- The p-norm of the elements over dimensions.
---@param p? number|"fro" the exponent; 'fro' is 2, math.huge the largest magnitude
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param dtype? "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type to compute in and to give; none: the input's
---@param options? { p?: number|"fro", dim?: integer|integer[], keepdim?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Value:norm(p, dim, keepdim, dtype, options) end

--- Whether any element over dimensions is not 0.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer|integer[], keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:any(dim, keepdim, options) end

--- Whether all elements over dimensions are not 0.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer|integer[], keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:all(dim, keepdim, options) end

--- How many elements over dimensions are not 0.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param options? { dim?: integer|integer[], name?: string }
---@return orrery.Value
function Value:count_nonzero(dim, options) end

--- The largest element, with its place along a dimension, or of two inputs.
---@param other? orrery.Value compared element by element instead
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:max(other, dim, keepdim, options) end

--- The smallest element, with its place along a dimension, or of two inputs.
---@param other? orrery.Value compared element by element instead
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:min(other, dim, keepdim, options) end

--- The largest element over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer|integer[], keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:amax(dim, keepdim, options) end

--- The smallest element over dimensions.
---@param dim? integer|integer[] the dimensions to reduce; none: all
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer|integer[], keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:amin(dim, keepdim, options) end

--- The smallest and the largest element over a dimension or of all.
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:aminmax(dim, keepdim, options) end

--- The index of the largest element, along a dimension or in the flattened input.
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:argmax(dim, keepdim, options) end

--- The index of the smallest element, along a dimension or in the flattened input.
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value
function Value:argmin(dim, keepdim, options) end

--- The lower median, with its place along a dimension.
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:median(dim, keepdim, options) end

--- The lower median of what is not NaN, with its place along a dimension.
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:nanmedian(dim, keepdim, options) end

--- The most frequent element along a dimension, and its place.
---@param dim? integer the dimension to reduce
---@param keepdim? boolean reduced dimensions stay with size 1
---@param options? { dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:mode(dim, keepdim, options) end

--- The q-quantile along a dimension or of all elements.
---@param q orrery.Value|number between 0 and 1: a number, or a value with several of them
---@param dim? integer the dimension to reduce; none: all of them
---@param keepdim? boolean reduced dimensions stay with size 1
---@param interpolation? "linear"|"lower"|"higher"|"midpoint"|"nearest" what lies between two elements
---@param options? { q?: number, dim?: integer, keepdim?: boolean, interpolation?: "linear"|"lower"|"higher"|"midpoint"|"nearest", name?: string }
---@return orrery.Value
function Value:quantile(q, dim, keepdim, interpolation, options) end

--- The running sum along a dimension; integers give int64.
---@param dim integer the dimension to run along
---@param dtype? "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type to compute in and to give; none: the input's
---@param options? { dim?: integer, dtype?: "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Value:cumsum(dim, dtype, options) end

--- The running product along a dimension; integers give int64.
---@param dim integer the dimension to run along
---@param dtype? "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type to compute in and to give; none: the input's
---@param options? { dim?: integer, dtype?: "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Value:cumprod(dim, dtype, options) end

--- log of the running sum of exp(x), without overflow.
---@param dim integer the dimension to run along
---@param options? { dim?: integer, name?: string }
---@return orrery.Value
function Value:logcumsumexp(dim, options) end

--- The largest element so far along a dimension, and its place.
---@param dim integer the dimension to run along
---@param options? { dim?: integer, name?: string }
---@return orrery.Value, orrery.Value
function Value:cummax(dim, options) end

--- The smallest element so far along a dimension, and its place.
---@param dim integer the dimension to run along
---@param options? { dim?: integer, name?: string }
---@return orrery.Value, orrery.Value
function Value:cummin(dim, options) end

--- Differences of neighbours along a dimension.
---@param prepend? orrery.Value put before the input
---@param append? orrery.Value put behind the input
---@param n? integer how often
---@param dim? integer the dimension to run along
---@param options? { n?: integer, dim?: integer, name?: string }
---@return orrery.Value
function Value:diff(prepend, append, n, dim, options) end

--- The elements in order, and where they stood.
---@param dim? integer the dimension
---@param descending? boolean in falling order
---@param stable? boolean equal elements keep their order
---@param options? { dim?: integer, descending?: boolean, stable?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:sort(dim, descending, stable, options) end

--- Where the elements in order stand.
---@param dim? integer the dimension
---@param descending? boolean in falling order
---@param stable? boolean equal elements keep their order
---@param options? { dim?: integer, descending?: boolean, stable?: boolean, name?: string }
---@return orrery.Value
function Value:argsort(dim, descending, stable, options) end

--- The elements in order along the first dimension.
---@param options? { name?: string }
---@return orrery.Value
function Value:msort(options) end

--- The k largest elements, and where they stand.
---@param k integer how many
---@param dim? integer the dimension
---@param largest? boolean else the smallest
---@param sorted? boolean in order
---@param options? { k?: integer, dim?: integer, largest?: boolean, sorted?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:topk(k, dim, largest, sorted, options) end

--- The k-th smallest element, and where it stands.
---@param k integer the k-th smallest, from 1
---@param dim? integer the dimension
---@param keepdim? boolean keep the dimension as size 1
---@param options? { k?: integer, dim?: integer, keepdim?: boolean, name?: string }
---@return orrery.Value, orrery.Value
function Value:kthvalue(k, dim, keepdim, options) end

--- Between which boundaries each element lies.
---@param boundaries orrery.Value rising, of 1 dimension
---@param out_int32? boolean int32 instead of int64
---@param right? boolean behind equal elements instead of before
---@param options? { out_int32?: boolean, right?: boolean, name?: string }
---@return orrery.Value
function Value:bucketize(boundaries, out_int32, right, options) end

--- Where each element would stand in a sorted sequence.
---@param input orrery.Value|number what is looked for
---@param out_int32? boolean int32 instead of int64
---@param right? boolean behind equal elements instead of before
---@param side? "left"|"right" the same in a word
---@param options? { input?: number, out_int32?: boolean, right?: boolean, side?: "left"|"right", name?: string }
---@return orrery.Value
function Value:searchsorted(input, out_int32, right, side, options) end

--- Zeros, as many as the input has.
---@param dtype? orrery.DType element type to compute in and to give; none: the input's
---@param options? { dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:zeros_like(dtype, options) end

--- Ones, as many as the input has.
---@param dtype? orrery.DType element type to compute in and to give; none: the input's
---@param options? { dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:ones_like(dtype, options) end

--- One number, as often as the input has elements.
---@param fill_value number every element
---@param dtype? orrery.DType element type to compute in and to give; none: the input's
---@param options? { fill_value?: number, dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Value:full_like(fill_value, dtype, options) end

--- Normally distributed numbers.
---@param std orrery.Value|number the standard deviation: a value or a number
---@param size? integer[] the sizes, where mean and std are numbers
---@param options? { mean?: number, std?: number, size?: integer[], name?: string }
---@return orrery.Value
function Value:normal(std, size, options) end

--- Uniform numbers between 0 and 1, as many as the input has.
---@param dtype? "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type to compute in and to give; none: the input's
---@param options? { dtype?: "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Value:rand_like(dtype, options) end

--- Normally distributed numbers, as many as the input has.
---@param dtype? "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type to compute in and to give; none: the input's
---@param options? { dtype?: "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Value:randn_like(dtype, options) end

--- 1 with a probability, the input's elements or p, else 0.
---@param p? number the probability of each; none: the input's elements are
---@param options? { p?: number, name?: string }
---@return orrery.Value
function Value:bernoulli(p, options) end

--- Indices drawn by the weights of the last dimension.
---@param num_samples integer how many to draw
---@param replacement? boolean one may be drawn again
---@param options? { num_samples?: integer, replacement?: boolean, name?: string }
---@return orrery.Value
function Value:multinomial(num_samples, replacement, options) end

--- Poisson-distributed numbers, the input's elements being the rates.
---@param options? { name?: string }
---@return orrery.Value
function Value:poisson(options) end

--- Exponentially distributed numbers, as many as the input has.
---@param lambd? number the rate
---@param options? { lambd?: number, name?: string }
---@return orrery.Value
function Value:exponential(lambd, options) end

return Value
