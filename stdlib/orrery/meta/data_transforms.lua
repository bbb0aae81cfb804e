---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.data.transforms
local transforms = {}

--- Another element type for what is no label; `scale` brings bytes 0…255 to 0…1.
---@param dtype? "uint8"|"int64"|"float16"|"bfloat16"|"float32"|"float64" element type
---@param scale? boolean between bytes and 0…1
---@param options? { dtype?: "uint8"|"int64"|"float16"|"bfloat16"|"float32"|"float64", scale?: boolean }
---@return orrery.DataTransform
function transforms.ToDtype(dtype, scale, options) end

--- Subtracts a mean and divides by a deviation, channel by channel.
---@param mean number|number[] one, or one per channel
---@param std number|number[] one, or one per channel
---@param options? { mean?: number|number[], std?: number|number[] }
---@return orrery.DataTransform
function transforms.Normalize(mean, std, options) end

--- Labels as vectors with a one at the class.
---@param num_classes? integer how many classes there are; none: as the data tell
---@param options? { num_classes?: integer }
---@return orrery.DataTransform
function transforms.OneHot(num_classes, options) end

--- A part of so many entries of each sequence, at a random place.
---@param length integer entries
---@param options? { length?: integer }
---@return orrery.DataTransform
function transforms.RandomWindow(length, options) end

--- Images of another size.
---@param size integer|integer[] height and width; a single number is the shorter side, and the aspect is kept
---@param interpolation? "nearest"|"bilinear"|"bicubic" how values between pixels are found
---@param antialias? boolean averages over all pixels when an image becomes smaller; not with 'nearest'
---@param options? { size?: integer|integer[], interpolation?: "nearest"|"bilinear"|"bicubic", antialias?: boolean }
---@return orrery.DataTransform
function transforms.Resize(size, interpolation, antialias, options) end

--- The middle of each image; smaller ones get a border of zeros.
---@param size integer|integer[] height and width in pixels; a single number makes a square
---@param options? { size?: integer|integer[] }
---@return orrery.DataTransform
function transforms.CenterCrop(size, options) end

--- A part of each image at a random place.
---@param size integer|integer[] height and width in pixels; a single number makes a square
---@param padding? integer|integer[] pixels at each side; or left and right, top and bottom; or left, top, right, bottom
---@param pad_if_needed? boolean smaller images get a border
---@param fill? number value of pixels without a source
---@param padding_mode? "constant"|"edge"|"reflect"|"symmetric" what the border is filled with
---@param options? { size?: integer|integer[], padding?: integer|integer[], pad_if_needed?: boolean, fill?: number, padding_mode?: "constant"|"edge"|"reflect"|"symmetric" }
---@return orrery.DataTransform
function transforms.RandomCrop(size, padding, pad_if_needed, fill, padding_mode, options) end

--- A random part of each image, of random area and aspect, brought to a size.
---@param size integer|integer[] height and width in pixels; a single number makes a square
---@param scale? number|number[] least and largest share of the area
---@param ratio? number|number[] least and largest width by height
---@param interpolation? "nearest"|"bilinear"|"bicubic" how values between pixels are found
---@param antialias? boolean averages over all pixels when an image becomes smaller; not with 'nearest'
---@param options? { size?: integer|integer[], scale?: number|number[], ratio?: number|number[], interpolation?: "nearest"|"bilinear"|"bicubic", antialias?: boolean }
---@return orrery.DataTransform
function transforms.RandomResizedCrop(size, scale, ratio, interpolation, antialias, options) end

--- Swaps left and right.
---@param p? number how likely it is
---@param options? { p?: number }
---@return orrery.DataTransform
function transforms.RandomHorizontalFlip(p, options) end

--- Swaps top and bottom.
---@param p? number how likely it is
---@param options? { p?: number }
---@return orrery.DataTransform
function transforms.RandomVerticalFlip(p, options) end

--- A border around each image.
---@param padding integer|integer[] pixels at each side; or left and right, top and bottom; or left, top, right, bottom
---@param fill? number value of pixels without a source
---@param padding_mode? "constant"|"edge"|"reflect"|"symmetric" what the border is filled with
---@param options? { padding?: integer|integer[], fill?: number, padding_mode?: "constant"|"edge"|"reflect"|"symmetric" }
---@return orrery.DataTransform
function transforms.Pad(padding, fill, padding_mode, options) end

--- Turns each image by a random angle.
---@param degrees number|number[] least and largest angle; a single x stands for -x … x
---@param interpolation? "nearest"|"bilinear" how values between pixels are found
---@param fill? number value of pixels without a source
---@param options? { degrees?: number|number[], interpolation?: "nearest"|"bilinear", fill?: number }
---@return orrery.DataTransform
function transforms.RandomRotation(degrees, interpolation, fill, options) end

--- Turns, moves, scales and shears each image at random.
---@param degrees number|number[] least and largest angle; a single x stands for -x … x
---@param translate? number|number[] largest move as a share of width and height; none: 0
---@param scale? number|number[] least and largest factor; none: 1
---@param shear? number|number[] degrees: x for -x … x along the width, or least and largest, or both axes; none: 0
---@param interpolation? "nearest"|"bilinear" how values between pixels are found
---@param fill? number value of pixels without a source
---@param options? { degrees?: number|number[], translate?: number|number[], scale?: number|number[], shear?: number|number[], interpolation?: "nearest"|"bilinear", fill?: number }
---@return orrery.DataTransform
function transforms.RandomAffine(degrees, translate, scale, shear, interpolation, fill, options) end

--- One channel of luminance for red, green and blue.
---@param num_output_channels? integer 1, or 3 equal ones
---@param options? { num_output_channels?: integer }
---@return orrery.DataTransform
function transforms.Grayscale(num_output_channels, options) end

--- Changes brightness, contrast, saturation and hue at random, in random order.
---@param brightness? number|number[] x for factors 1-x … 1+x, or least and largest
---@param contrast? number|number[] x for factors 1-x … 1+x, or least and largest
---@param saturation? number|number[] x for factors 1-x … 1+x, or least and largest
---@param hue? number|number[] x for turns -x … x, at most 0.5, or least and largest
---@param options? { brightness?: number|number[], contrast?: number|number[], saturation?: number|number[], hue?: number|number[] }
---@return orrery.DataTransform
function transforms.ColorJitter(brightness, contrast, saturation, hue, options) end

--- Puts a value over a random rectangle (cutout).
---@param p? number how likely it is
---@param scale? number|number[] least and largest share of the area
---@param ratio? number|number[] least and largest height by width
---@param value? number what is put there
---@param options? { p?: number, scale?: number|number[], ratio?: number|number[], value?: number }
---@return orrery.DataTransform
function transforms.RandomErasing(p, scale, ratio, value, options) end

--- Mixes each sample of a batch with another, and their labels, which become vectors.
---@param alpha? number of the beta distribution that the shares are drawn from
---@param num_classes? integer how many classes there are; none: as the data tell
---@param options? { alpha?: number, num_classes?: integer }
---@return orrery.DataTransform
function transforms.MixUp(alpha, num_classes, options) end

--- Puts a rectangle of another sample into each, and mixes the labels by its area.
---@param alpha? number of the beta distribution that the area is drawn from
---@param num_classes? integer how many classes there are; none: as the data tell
---@param options? { alpha?: number, num_classes?: integer }
---@return orrery.DataTransform
function transforms.CutMix(alpha, num_classes, options) end

return transforms
