---@meta

--- Its options are members: `optimizer.lr` reads the first group's, `optimizer.lr = 0.01` sets it for all
--- groups from the next step on. What it keeps (momenta) it keeps from run to run: a second `manager:run()`, a
--- loop by hand and `optimizer:step()` go on with it; a new optimizer begins anew. Several of a manager take
--- turns when each has a frequency: `optimizers = { { optimizer =, frequency = }, … }`.
---@class orrery.Optimizer
---@field kind string
---@field lr number
---@field param_groups orrery.OptimizerGroup[]
---@field state_bytes integer
local Optimizer = {}

--- Updates the parameters from their gradients. A function computes the loss anew and returns it, as often as
--- the optimizer asks: LBFGS several times, all others once. On tensors it calls `optimizer:zero_grad()` and
--- `loss:backward()` itself; in a loop over `manager:batches()` the optimizer takes the gradients of what it
--- returns, or of a loss that is given in its place.
---@param closure? orrery.Tensor|fun(): orrery.Tensor
---@return orrery.Tensor? loss the first one that the function returned
function Optimizer:step(closure) end

--- Forgets the gradients.
function Optimizer:zero_grad() end

--- Parameters that share options, which can be set as the optimizer's can:
--- `optimizer.param_groups[2].lr = 0.01`.
---@class orrery.OptimizerGroup
---@field params orrery.Parameter[]
---@field lr number
local OptimizerGroup = {}

--- Changes an optimizer's learning rates, step by step; its options are members. Given to a manager
--- (`schedules = { scheduler }`, or `{ scheduler =, interval = "step"|"epoch", frequency =, monitor = }` for one)
--- it is stepped by the run.
---@class orrery.Scheduler
---@field kind string
---@field optimizer orrery.Optimizer
---@field last_epoch integer steps since the beginning
local Scheduler = {}

--- Goes on to the next learning rates: after each epoch, or after each update, behind `optimizer:step()`.
---@param watched? number|orrery.Tensor of ReduceLROnPlateau, and of no other
function Scheduler:step(watched) end

--- The learning rate of each group, as it was set last.
---@return number[]
function Scheduler:get_last_lr() end

--- What it remembers; with the options of the optimizer's groups all that it needs to go on.
---@return table<string, number>
function Scheduler:state_dict() end

--- Goes on from another's state, and sets the learning rates to it.
---@param state table<string, number>
function Scheduler:load_state_dict(state) end
