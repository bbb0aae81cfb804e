---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.optim
---@field lr_scheduler orrery.lr_scheduler
---@field groups fun(owner: orrery.Graph|orrery.Block|orrery.Layer|orrery.Module, rules: table[]): orrery.ParameterGroup[]
---@field layerwise fun(patterns: string[], options: { lr: number, decay: number }): table[]
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

--- Adam that divides by the largest of recent gradients.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, betas?: number|number[], eps?: number, weight_decay?: number, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.Adamax(params, options) end

--- Adam with Nesterov's momentum.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, betas?: number|number[], eps?: number, weight_decay?: number, momentum_decay?: number, decoupled_weight_decay?: boolean, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.NAdam(params, options) end

--- Adam that waits until its mean of squared gradients can be trusted: no warm-up is needed.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, betas?: number|number[], eps?: number, weight_decay?: number, decoupled_weight_decay?: boolean, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.RAdam(params, options) end

--- Steps divided by the root of the sum of all squared gradients.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, lr_decay?: number, weight_decay?: number, initial_accumulator_value?: number, eps?: number, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.Adagrad(params, options) end

--- Steps as large as the recent ones, in the units of the parameter.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, rho?: number, eps?: number, weight_decay?: number, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.Adadelta(params, options) end

--- Adam with little memory: a matrix keeps the means of its rows and columns only.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, beta2_decay?: number, eps?: number|number[], d?: number, weight_decay?: number, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.Adafactor(params, options) end

--- Steps divided by a running mean of the gradient's size.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, alpha?: number, eps?: number, weight_decay?: number, momentum?: number, centered?: boolean, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.RMSprop(params, options) end

--- Steps whose sizes follow the signs of the gradient alone; for whole sets, not batches.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, etas?: number|number[], step_sizes?: number|number[], maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.Rprop(params, options) end

--- Stochastic gradient descent that also averages the weights, as its state ax.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, lambd?: number, alpha?: number, t0?: number, weight_decay?: number, maximize?: boolean, loss?: orrery.Value }
---@return orrery.Optimizer
function optim.ASGD(params, options) end

--- Quasi-Newton steps from a history of gradients; evaluates the loss several times a step.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, max_iter?: integer, max_eval?: integer, tolerance_grad?: number, tolerance_change?: number, history_size?: integer, line_search_fn?: "strong_wolfe", loss?: orrery.Value }
---@return orrery.Optimizer
function optim.LBFGS(params, options) end

--- Momentum made orthogonal by a Newton-Schulz iteration; for the matrices of hidden layers.
---@param params orrery.Parameter[]|orrery.ParameterGroup[]
---@param options? { lr?: number, weight_decay?: number, momentum?: number, nesterov?: boolean, ns_coefficients?: number|number[], eps?: number, ns_steps?: integer, adjust_lr_fn?: "original"|"match_rms_adamw", loss?: orrery.Value }
---@return orrery.Optimizer
function optim.Muon(params, options) end

return optim
