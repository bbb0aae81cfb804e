---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.Graph
local Graph = {}

--- The frequencies of fft's result, in cycles per unit of d.
---@param n integer[] points of the transform
---@param d? number distance of the samples
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type
---@param options? { n?: integer[], d?: number, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Graph:fft_fftfreq(n, d, dtype, options) end

--- The frequencies of rfft's result, in cycles per unit of d.
---@param n integer[] points of the transform
---@param d? number distance of the samples
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type
---@param options? { n?: integer[], d?: number, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Graph:fft_rfftfreq(n, d, dtype, options) end

--- The same, which must be as told: asked for when the graph is made as far as it is known then, and whenever it runs.
---@param input orrery.Value the input
---@param shape? integer[] its sizes: numbers, names of symbols, nil or -1 for any; none: any shape
---@param dtype? orrery.DType its element type; none: any
---@param range? number|number[] the least and the largest number that it may hold; none: any, NaN too
---@param options? { shape?: integer[], dtype?: orrery.DType, range?: number|number[], name?: string }
---@return orrery.Value
function Graph:expect(input, shape, dtype, range, options) end

--- Zeros of a size.
---@param size integer[] the sizes, which may be symbolic
---@param dtype? orrery.DType element type
---@param options? { size?: integer[], dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Graph:zeros(size, dtype, options) end

--- Ones of a size.
---@param size integer[] the sizes, which may be symbolic
---@param dtype? orrery.DType element type
---@param options? { size?: integer[], dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Graph:ones(size, dtype, options) end

--- One number in every place.
---@param size integer[] the sizes, which may be symbolic
---@param fill_value number every element
---@param dtype? orrery.DType element type
---@param options? { size?: integer[], fill_value?: number, dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Graph:full(size, fill_value, dtype, options) end

--- Whole numbers in order.
---@param range integer[] end; start and end; start, end and step: end is not reached, and each may be symbolic
---@param dtype? "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64" element type
---@param options? { range?: integer[], dtype?: "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Graph:arange(range, dtype, options) end

--- Numbers at equal distances, both ends included.
---@param start number the first number
---@param last number the last number
---@param steps integer how many
---@param dtype? "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type
---@param options? { start?: number, end?: number, steps?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Graph:linspace(start, last, steps, dtype, options) end

--- Ones on the diagonal of a matrix.
---@param n integer[] how many rows
---@param m? integer[] how many columns; none: as many as rows
---@param dtype? orrery.DType element type
---@param options? { n?: integer[], m?: integer[], dtype?: orrery.DType, name?: string }
---@return orrery.Value
function Graph:eye(n, m, dtype, options) end

--- Uniform numbers between 0 and 1.
---@param size integer[] the sizes, which may be symbolic
---@param dtype? "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type
---@param options? { size?: integer[], dtype?: "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Graph:rand(size, dtype, options) end

--- Normally distributed numbers with mean 0 and deviation 1.
---@param size integer[] the sizes, which may be symbolic
---@param dtype? "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128" element type
---@param options? { size?: integer[], dtype?: "float16"|"bfloat16"|"float32"|"float64"|"complex64"|"complex128", name?: string }
---@return orrery.Value
function Graph:randn(size, dtype, options) end

--- Whole numbers from low up to high, which is not reached.
---@param low? integer the least number
---@param high integer one above the largest
---@param size integer[] the sizes, which may be symbolic
---@param dtype? "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64" element type
---@param options? { low?: integer, high?: integer, size?: integer[], dtype?: "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Graph:randint(low, high, size, dtype, options) end

--- The numbers from 0 to n - 1 in random order.
---@param n integer[] how many: a number or a symbolic size
---@param dtype? "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64" element type
---@param options? { n?: integer[], dtype?: "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64", name?: string }
---@return orrery.Value
function Graph:randperm(n, dtype, options) end

--- Normally distributed numbers.
---@param mean orrery.Value|number the mean: a value or a number
---@param std orrery.Value|number the standard deviation: a value or a number
---@param size? integer[] the sizes, where mean and std are numbers
---@param options? { mean?: number, std?: number, size?: integer[], name?: string }
---@return orrery.Value
function Graph:normal(mean, std, size, options) end

return Graph
