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

--- Slides learned kernels over sequences.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param padding_mode? "zeros"|"reflect"|"replicate"|"circular" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], groups?: integer, bias?: boolean, padding_mode?: "zeros"|"reflect"|"replicate"|"circular", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Conv1d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, options) end

--- Slides learned kernels over images.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param padding_mode? "zeros"|"reflect"|"replicate"|"circular" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], groups?: integer, bias?: boolean, padding_mode?: "zeros"|"reflect"|"replicate"|"circular", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, options) end

--- Slides learned kernels over volumes.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param padding_mode? "zeros"|"reflect"|"replicate"|"circular" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], groups?: integer, bias?: boolean, padding_mode?: "zeros"|"reflect"|"replicate"|"circular", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Conv3d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, options) end

--- Spreads each element of sequences with learned kernels.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param dilation? integer|integer[] distance of the kernel's elements
---@param padding_mode? "zeros" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, bias?: boolean, dilation?: integer|integer[], padding_mode?: "zeros", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConvTranspose1d(in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype, options) end

--- Spreads each element of images with learned kernels.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param dilation? integer|integer[] distance of the kernel's elements
---@param padding_mode? "zeros" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, bias?: boolean, dilation?: integer|integer[], padding_mode?: "zeros", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConvTranspose2d(in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype, options) end

--- Spreads each element of volumes with learned kernels.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param dilation? integer|integer[] distance of the kernel's elements
---@param padding_mode? "zeros" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, bias?: boolean, dilation?: integer|integer[], padding_mode?: "zeros", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConvTranspose3d(in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype, options) end

--- Lays the blocks that a window slides over side by side, each as a column.
---@param kernel_size integer|integer[] height and width of a block
---@param dilation? integer|integer[] distance of a block's elements
---@param padding? integer|integer[] border around the image
---@param stride? integer|integer[] step from block to block
---@param options? { kernel_size?: integer|integer[], dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Unfold(kernel_size, dilation, padding, stride, options) end

--- Adds blocks back into an image, the reverse of Unfold.
---@param output_size integer|integer[] height and width of the output
---@param kernel_size integer|integer[] height and width of a block
---@param dilation? integer|integer[] distance of a block's elements
---@param padding? integer|integer[] border around the image
---@param stride? integer|integer[] step from block to block
---@param options? { output_size?: integer|integer[], kernel_size?: integer|integer[], dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Fold(output_size, kernel_size, dilation, padding, stride, options) end

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
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param return_indices? boolean a second output tells where in its plane each element was
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], return_indices?: boolean, ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxPool1d(kernel_size, stride, padding, dilation, return_indices, ceil_mode, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AvgPool1d(kernel_size, stride, padding, ceil_mode, count_include_pad, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LPPool1d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveAvgPool1d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveMaxPool1d(output_size, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxUnpool1d(kernel_size, stride, padding, output_size, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param return_indices? boolean a second output tells where in its plane each element was
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], return_indices?: boolean, ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxPool2d(kernel_size, stride, padding, dilation, return_indices, ceil_mode, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param divisor_override? integer divides by this instead of by the window's size; none: the size
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AvgPool2d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LPPool2d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveAvgPool2d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveMaxPool2d(output_size, return_indices, options) end

--- Keeps the largest of windows laid at random so that the output has the wanted size.
---@param kernel_size integer|integer[] sizes of the window
---@param output_size? integer|integer[] sizes of the output
---@param output_ratio? number|number[] sizes of the output as parts of the input's, each or all between 0 and 1
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], output_size?: integer|integer[], output_ratio?: number|number[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.FractionalMaxPool2d(kernel_size, output_size, output_ratio, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxUnpool2d(kernel_size, stride, padding, output_size, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param return_indices? boolean a second output tells where in its plane each element was
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], return_indices?: boolean, ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxPool3d(kernel_size, stride, padding, dilation, return_indices, ceil_mode, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param divisor_override? integer divides by this instead of by the window's size; none: the size
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AvgPool3d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LPPool3d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveAvgPool3d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveMaxPool3d(output_size, return_indices, options) end

--- Keeps the largest of windows laid at random so that the output has the wanted size.
---@param kernel_size integer|integer[] sizes of the window
---@param output_size? integer|integer[] sizes of the output
---@param output_ratio? number|number[] sizes of the output as parts of the input's, each or all between 0 and 1
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], output_size?: integer|integer[], output_ratio?: number|number[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.FractionalMaxPool3d(kernel_size, output_size, output_ratio, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxUnpool3d(kernel_size, stride, padding, output_size, options) end

--- Adds a border of one value.
---@param padding integer|integer[] left and right; negative numbers take away
---@param value number what the border holds
---@param options? { padding?: integer|integer[], value?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConstantPad1d(padding, value, options) end

--- Adds a border of one value.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param value number what the border holds
---@param options? { padding?: integer|integer[], value?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConstantPad2d(padding, value, options) end

--- Adds a border of one value.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param value number what the border holds
---@param options? { padding?: integer|integer[], value?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConstantPad3d(padding, value, options) end

--- Adds a border of zeros.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ZeroPad1d(padding, options) end

--- Adds a border of zeros.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ZeroPad2d(padding, options) end

--- Adds a border of zeros.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ZeroPad3d(padding, options) end

--- Adds a border that mirrors the input at its edge.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReflectionPad1d(padding, options) end

--- Adds a border that mirrors the input at its edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReflectionPad2d(padding, options) end

--- Adds a border that mirrors the input at its edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReflectionPad3d(padding, options) end

--- Adds a border that repeats the input's edge.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReplicationPad1d(padding, options) end

--- Adds a border that repeats the input's edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReplicationPad2d(padding, options) end

--- Adds a border that repeats the input's edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReplicationPad3d(padding, options) end

--- Adds a border taken from the input's other end.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CircularPad1d(padding, options) end

--- Adds a border taken from the input's other end.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CircularPad2d(padding, options) end

--- Adds a border taken from the input's other end.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CircularPad3d(padding, options) end

--- Turns groups of channels into larger images.
---@param upscale_factor integer how many times as high and wide
---@param options? { upscale_factor?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.PixelShuffle(upscale_factor, options) end

--- Turns squares of pixels into channels.
---@param downscale_factor integer how many times less high and wide
---@param options? { downscale_factor?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.PixelUnshuffle(downscale_factor, options) end

--- Deals the channels out among groups.
---@param groups integer so many groups
---@param options? { groups?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ChannelShuffle(groups, options) end

--- Resizes sequences, images or volumes.
---@param size? integer[] size of the output along each axis, or one for all
---@param scale_factor? number|number[] how many times as large the output is along each axis, or one for all
---@param mode? "nearest"|"linear"|"bilinear"|"bicubic"|"trilinear"|"area"|"nearest-exact" how new elements are told from old ones
---@param align_corners? boolean corners keep their values, in the linear and cubic modes; none: false
---@param recompute_scale_factor? boolean works with the factor that the whole sizes have; none: false
---@param options? { size?: integer[], scale_factor?: number|number[], mode?: "nearest"|"linear"|"bilinear"|"bicubic"|"trilinear"|"area"|"nearest-exact", align_corners?: boolean, recompute_scale_factor?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Upsample(size, scale_factor, mode, align_corners, recompute_scale_factor, options) end

--- Resizes images by repeating pixels.
---@param size? integer[] size of the output along each axis, or one for all
---@param scale_factor? number|number[] how many times as large the output is along each axis, or one for all
---@param options? { size?: integer[], scale_factor?: number|number[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.UpsamplingNearest2d(size, scale_factor, options) end

--- Resizes images by mixing neighbours; corners keep their values.
---@param size? integer[] size of the output along each axis, or one for all
---@param scale_factor? number|number[] how many times as large the output is along each axis, or one for all
---@param options? { size?: integer[], scale_factor?: number|number[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.UpsamplingBilinear2d(size, scale_factor, options) end

--- Subtracts each channel's mean and divides by its standard deviation.
---@param mean? number|number[] one for each channel; ImageNet's
---@param std? number|number[] one for each channel; ImageNet's
---@param options? { mean?: number|number[], std?: number|number[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Normalize(mean, std, options) end

--- Brings each element between two bounds, such as the colours of an image.
---@param min? number the least element of the output
---@param max? number the largest element of the output
---@param options? { min?: number, max?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ClampData(min, max, options) end

--- How channels go together: their inner products, divided by the number of elements.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GetGramMatrix(options) end

--- Adds its inputs, such as several losses.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Adder(options) end

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
