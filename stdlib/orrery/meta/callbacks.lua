---@meta

---@class orrery.StepPlace
---@field epoch integer from 1
---@field step integer within the epoch, from 1
---@field steps integer in the epoch

---@class orrery.TrainingFacts
---@field run string its name in the history; empty without one
---@field device string 'cpu', 'cuda:0'
---@field threads integer that compute on the CPU
---@field thread_reason "asked"|"resumed"|"deterministic"|"by_hand"|"device"|"single"|"script"|"brief"|"failed"|"cached"|"probed" why so many: asked for, the checkpoint's, why none were tried, or the fastest in an earlier run or this one
---@field side_by_side boolean whether small branches that do not depend on each other are computed so
---@field seed integer
---@field epochs integer
---@field steps_per_epoch integer
---@field samples_per_epoch integer
---@field validation_samples integer 0 without a validation
---@field parameters integer elements, buffers not counted
---@field trainable integer elements
---@field resumed_from? string the checkpoint's path

---@class orrery.EpochPlace
---@field epoch integer from 1
---@field epochs integer of the run
---@field steps integer batches to come

---@class orrery.StepReport : orrery.StepPlace
---@field batch? table<string, number> of a training step: the losses of this batch alone, `batch.loss`
---@field train? table<string, number> of a training step: the epoch's means so far
---@field validation? table<string, number> of a validation step: the validation's means so far
---@field trained? integer of a validation step: batches of its epoch that were trained on before

---@class orrery.EpochReport : orrery.EpochPlace
---@field samples integer
---@field seconds number
---@field train table<string, number>
---@field validation table<string, number> empty without a validation
---@field statistics? table<string, number> of gradients and weights: `gradients/features/norm`
---@field improved boolean the monitored number's best so far is of this epoch

---@class orrery.BackwardReport : orrery.StepPlace
---@field losses orrery.Tensor[] one per optimizer that has a loss, and its turn

---@class orrery.OptimizerStepReport : orrery.StepPlace
---@field optimizer integer which of the manager's, from 1
---@field gradients table<string, orrery.Tensor> by the parameters' keys, before clipping; may be changed

---@class orrery.ExceptionReport : orrery.StepPlace
---@field message string
---@field stopped boolean by Ctrl-C or a signal

---@class orrery.CheckpointReport
---@field path string
---@field steps integer of the run

--- Functions that are told how a run goes. One that returns false ends the run after its step, with the epoch
--- validated and reported. What `state_dict` gives (plain tables, numbers, text) is kept in checkpoints, and
--- `load_state_dict` gets it when the run is resumed.
---@class orrery.Callbacks
---@field train_start? fun(facts: orrery.TrainingFacts): boolean?
---@field train_end? fun(summary: table)
---@field sanity_check_start? fun(place: orrery.EpochPlace): boolean?
---@field sanity_check_end? fun(place: orrery.EpochPlace): boolean?
---@field epoch_start? fun(place: orrery.EpochPlace): boolean?
---@field epoch_end? fun(report: orrery.EpochReport): boolean?
---@field batch_start? fun(place: orrery.StepPlace): boolean?
---@field batch_end? fun(report: orrery.StepReport): boolean?
---@field before_zero_grad? fun(place: orrery.StepPlace): boolean?
---@field before_backward? fun(report: orrery.BackwardReport): boolean?
---@field after_backward? fun(place: orrery.StepPlace): boolean?
---@field before_optimizer_step? fun(report: orrery.OptimizerStepReport): boolean?
---@field validation_start? fun(place: orrery.EpochPlace): boolean?
---@field validation_end? fun(report: orrery.StepReport): boolean? with the numbers of the whole validation
---@field validation_batch_start? fun(place: orrery.StepPlace): boolean?
---@field validation_batch_end? fun(report: orrery.StepReport): boolean?
---@field exception? fun(report: orrery.ExceptionReport)
---@field checkpoint_saved? fun(report: orrery.CheckpointReport): boolean?
---@field checkpoint_loaded? fun(report: orrery.CheckpointReport): boolean?
---@field test_end? fun(report: table) samples, seconds and the numbers, `test`
---@field state_dict? fun(): table
---@field load_state_dict? fun(state: table)
