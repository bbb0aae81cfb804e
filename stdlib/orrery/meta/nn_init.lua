---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.nn.init
local init = {}

--- Draws from the uniform distribution over [a, b).
---@param target any
---@param a? number lower bound
---@param b? number upper bound
---@param options? { a?: number, b?: number }
---@return any
function init.uniform_(target, a, b, options) end

--- Draws from the normal distribution.
---@param target any
---@param mean? number mean
---@param std? number standard deviation
---@param options? { mean?: number, std?: number }
---@return any
function init.normal_(target, mean, std, options) end

--- Draws from the normal distribution, cut off outside [a, b].
---@param target any
---@param mean? number mean
---@param std? number standard deviation
---@param a? number least value
---@param b? number greatest value
---@param options? { mean?: number, std?: number, a?: number, b?: number }
---@return any
function init.trunc_normal_(target, mean, std, a, b, options) end

--- Fills with one value.
---@param target any
---@param val number the value
---@param options? { val?: number }
---@return any
function init.constant_(target, val, options) end

--- Fills with 1.
---@param target any
---@param options? {  }
---@return any
function init.ones_(target, options) end

--- Fills with 0.
---@param target any
---@param options? {  }
---@return any
function init.zeros_(target, options) end

--- Fills a matrix with the identity.
---@param target any
---@param options? {  }
---@return any
function init.eye_(target, options) end

--- Fills a convolution's weight so that its channels pass unchanged.
---@param target any
---@param groups? integer groups of the convolution
---@param options? { groups?: integer }
---@return any
function init.dirac_(target, groups, options) end

--- Glorot's uniform distribution: the variance stays the same forwards and backwards.
---@param target any
---@param gain? number factor, as nn.init.calculate_gain gives it
---@param options? { gain?: number }
---@return any
function init.xavier_uniform_(target, gain, options) end

--- Glorot's normal distribution: the variance stays the same forwards and backwards.
---@param target any
---@param gain? number factor, as nn.init.calculate_gain gives it
---@param options? { gain?: number }
---@return any
function init.xavier_normal_(target, gain, options) end

--- He's uniform distribution, for layers before a rectifier.
---@param target any
---@param a? number negative slope of the following leaky_relu
---@param mode? "fan_in"|"fan_out" keeps the variance of the forward pass (fan_in) or of the backward pass (fan_out)
---@param nonlinearity? "linear"|"conv1d"|"conv2d"|"conv3d"|"conv_transpose1d"|"conv_transpose2d"|"conv_transpose3d"|"sigmoid"|"tanh"|"relu"|"leaky_relu"|"selu" what follows the layer
---@param options? { a?: number, mode?: "fan_in"|"fan_out", nonlinearity?: "linear"|"conv1d"|"conv2d"|"conv3d"|"conv_transpose1d"|"conv_transpose2d"|"conv_transpose3d"|"sigmoid"|"tanh"|"relu"|"leaky_relu"|"selu" }
---@return any
function init.kaiming_uniform_(target, a, mode, nonlinearity, options) end

--- He's normal distribution, for layers before a rectifier.
---@param target any
---@param a? number negative slope of the following leaky_relu
---@param mode? "fan_in"|"fan_out" keeps the variance of the forward pass (fan_in) or of the backward pass (fan_out)
---@param nonlinearity? "linear"|"conv1d"|"conv2d"|"conv3d"|"conv_transpose1d"|"conv_transpose2d"|"conv_transpose3d"|"sigmoid"|"tanh"|"relu"|"leaky_relu"|"selu" what follows the layer
---@param options? { a?: number, mode?: "fan_in"|"fan_out", nonlinearity?: "linear"|"conv1d"|"conv2d"|"conv3d"|"conv_transpose1d"|"conv_transpose2d"|"conv_transpose3d"|"sigmoid"|"tanh"|"relu"|"leaky_relu"|"selu" }
---@return any
function init.kaiming_normal_(target, a, mode, nonlinearity, options) end

--- Fills with a random matrix whose rows, or columns, are orthogonal; further dimensions count as columns.
---@param target any
---@param gain? number factor, as nn.init.calculate_gain gives it
---@param options? { gain?: number }
---@return any
function init.orthogonal_(target, gain, options) end

--- Draws a matrix from the normal distribution and makes a share of each column 0.
---@param target any
---@param sparsity number share of each column that becomes 0
---@param std? number standard deviation
---@param options? { sparsity?: number, std?: number }
---@return any
function init.sparse_(target, sparsity, std, options) end

return init
