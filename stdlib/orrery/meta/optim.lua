---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.optim
local optim = {}

--- Stochastic gradient descent, with momentum if asked for.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, momentum?: number, dampening?: number, weight_decay?: number, nesterov?: boolean, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.SGD(params, options) end

--- Steps scaled by running means of the gradient and its square.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, betas?: number|number[], eps?: number, weight_decay?: number, amsgrad?: boolean, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.Adam(params, options) end

--- Adam whose weight decay shrinks the parameters themselves.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, betas?: number|number[], eps?: number, weight_decay?: number, amsgrad?: boolean, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.AdamW(params, options) end

return optim
