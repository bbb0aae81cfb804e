---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.lr_scheduler
local lr_scheduler = {}

--- The first learning rate times a function of the steps.
---@param optimizer orrery.Optimizer
---@param options? { last_epoch?: integer, lr_lambda?: (fun(step: integer): number)|(fun(step: integer): number)[] }
---@return orrery.Scheduler
function lr_scheduler.LambdaLR(optimizer, options) end

--- The learning rate times a function of the steps, at each step.
---@param optimizer orrery.Optimizer
---@param options? { last_epoch?: integer, lr_lambda?: (fun(step: integer): number)|(fun(step: integer): number)[] }
---@return orrery.Scheduler
function lr_scheduler.MultiplicativeLR(optimizer, options) end

--- Falls by a factor every so many steps.
---@param optimizer orrery.Optimizer
---@param options? { step_size?: integer, gamma?: number, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.StepLR(optimizer, options) end

--- Falls by a factor at given steps.
---@param optimizer orrery.Optimizer
---@param options? { milestones?: integer|integer[], gamma?: number, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.MultiStepLR(optimizer, options) end

--- A share of the learning rate for so many steps.
---@param optimizer orrery.Optimizer
---@param options? { factor?: number, total_iters?: integer, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.ConstantLR(optimizer, options) end

--- Goes from one share of the learning rate to another along a line: a warm-up.
---@param optimizer orrery.Optimizer
---@param options? { start_factor?: number, end_factor?: number, total_iters?: integer, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.LinearLR(optimizer, options) end

--- Falls by a factor at each step.
---@param optimizer orrery.Optimizer
---@param options? { gamma?: number, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.ExponentialLR(optimizer, options) end

--- Falls to 0 along a power of the steps that are left.
---@param optimizer orrery.Optimizer
---@param options? { total_iters?: integer, power?: number, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.PolynomialLR(optimizer, options) end

--- Falls along half a cosine; after T_max steps it rises again.
---@param optimizer orrery.Optimizer
---@param options? { T_max?: integer, eta_min?: number, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.CosineAnnealingLR(optimizer, options) end

--- Falls along half a cosine, then begins anew.
---@param optimizer orrery.Optimizer
---@param options? { T_0?: integer, T_mult?: integer, eta_min?: number, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.CosineAnnealingWarmRestarts(optimizer, options) end

--- Rises to the highest learning rate, then falls far below the first.
---@param optimizer orrery.Optimizer
---@param options? { max_lr?: number|number[], total_steps?: integer, epochs?: integer, steps_per_epoch?: integer, pct_start?: number, anneal_strategy?: "cos"|"linear", cycle_momentum?: boolean, base_momentum?: number|number[], max_momentum?: number|number[], div_factor?: number, final_div_factor?: number, three_phase?: boolean, last_epoch?: integer }
---@return orrery.Scheduler
function lr_scheduler.OneCycleLR(optimizer, options) end

--- Goes up and down between two learning rates; for steps, not epochs.
---@param optimizer orrery.Optimizer
---@param options? { base_lr?: number|number[], max_lr?: number|number[], step_size_up?: integer, step_size_down?: integer, mode?: "triangular"|"triangular2"|"exp_range", gamma?: number, scale_mode?: "cycle"|"iterations", cycle_momentum?: boolean, base_momentum?: number|number[], max_momentum?: number|number[], last_epoch?: integer, scale_fn?: fun(x: number): number }
---@return orrery.Scheduler
function lr_scheduler.CyclicLR(optimizer, options) end

--- Falls by a factor when a number that it watches no longer gets better.
---@param optimizer orrery.Optimizer
---@param options? { mode?: "min"|"max", factor?: number, patience?: integer, threshold?: number, threshold_mode?: "rel"|"abs", cooldown?: integer, min_lr?: number|number[], eps?: number }
---@return orrery.Scheduler
function lr_scheduler.ReduceLROnPlateau(optimizer, options) end

--- Several schedules at once, one after the other at each step.
---@param schedulers orrery.Scheduler[]
---@return orrery.Scheduler
function lr_scheduler.ChainedScheduler(schedulers) end

--- Several schedules in turn, each from its milestone on: a warm-up and what follows it.
---@param optimizer orrery.Optimizer
---@param schedulers orrery.Scheduler[]
---@param options? { milestones?: integer|integer[] }
---@return orrery.Scheduler
function lr_scheduler.SequentialLR(optimizer, schedulers, options) end

return lr_scheduler
