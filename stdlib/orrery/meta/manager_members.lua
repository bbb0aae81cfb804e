---@meta

---@class orrery.Metric
local Metric = {}

--- Writes what = a block, layer, leaf, path or list of them (none: the whole graph) as the run ends, or with
--- `when = "best"` whenever the manager's monitored number is among the `save_top_k` best, and after `every` so
--- many epochs. With `values`, a Value, a list or `{ name = value }`, it writes in their place what the graph
--- computes for the batch that the run worked on last (of validation, if one has just been), as
--- `manager:evaluate` does. The path may hold numbers, `best/{epoch}-{val_loss:.3f}.safetensors`; one tensor may
--- go into a `.npy` or an image. `process` gets each tensor and gives what is written.
---@class orrery.Saver
local Saver = {}

---@class orrery.LrFindOptions
---@field min_lr? number the first rate; 1e-8
---@field max_lr? number the last rate; 1
---@field num_training? integer updates, each with its own rate; 100
---@field mode? "exponential"|"linear" how the rate rises; "exponential"
---@field early_stop_threshold? number ends when the loss is so many times the least; 4; 0: never
---@field skip_begin? integer first rates that are not suggested; 10
---@field skip_end? integer last rates that are not suggested; 1

---@class orrery.Manager
---@field graph orrery.Graph
local Manager = {}

--- Trains as told. Again it trains as many epochs more, and the optimizers go on with their momenta. On a GPU the
--- summary's `captured_steps` says how many steps were replayed as CUDA graphs, `uncaptured` why the others were not.
function Manager:run(...) end

--- Batches of the training data, for loops by hand. A loop that is left with `break` is over when the script
--- goes on to another loop or ends: the history has it as `done`, with its last step; no saver writes.
--- `manager:finish()` ends it as its own end does.
function Manager:batches(...) end

--- Runs the graph on a batch, whose tensors must fit the graph's input.
function Manager:forward(...) end

--- Gives all states of the run that is going on their first values before its next step.
function Manager:reset_states() end

--- Asks the run that is going on to end after its step; its epoch is validated and reported. The reason stands
--- in the summary's `stopped_early`.
---@param reason? string
function Manager:stop(reason) end

--- Trains with rising learning rates, an update each, and puts everything back to its bits. Suggests the rate
--- at which the loss, smoothed over the updates, falls fastest; none where there are too few to tell.
---@param options? orrery.LrFindOptions
---@return { lr: number[], loss: number[], suggestion?: number }
function Manager:lr_find(options) end

--- Ends a loop by hand that was left with `break`: savers and history, as at its end.
function Manager:finish(...) end

---@class orrery.LogOptions
---@field step? integer kept at this step; none: at the batch's, when it is one of every `log_every_n_steps`
---@field on_step? boolean kept at its step; none: while a batch is trained on
---@field on_epoch? boolean goes into the mean of the epoch; none: when `on_step` does not hold
---@field batch_size? integer weight in the mean; none: the samples of the batch
---@field split? "train"|"validation"|"test" none: validation's in a validation, else train's

--- Logs a number, or several by name, of the run that is going on: in callbacks and in loops over
--- `manager:batches()`, as Lightning's `self.log`. A tensor of a device is read when the epoch ends.
---@param name string|table<string, number|orrery.Tensor>
---@param value? number|orrery.Tensor|orrery.LogOptions one number; the options when names and numbers stand in a table
---@param options? orrery.LogOptions
function Manager:log(name, value, options) end

--- Lists a file that lies on the disk among the artifacts of the run that is going on, else of the last.
---@param path string
---@param options? { name?: string, kind?: string, step?: integer } what it shows, a word for filters ("file"), when
function Manager:artifact(path, options) end

--- Writes a text to `runs/NAME/samples/name-STEP.txt` beside the history, as an artifact of the run.
---@param name string may have folders
---@param text string
---@param options? { step?: integer } none: the run's step
function Manager:log_text(name, text, options) end

--- Writes a tensor, (C, H, W) or (H, W), or the grid of a batch, as `runs/NAME/samples/name-STEP.png`.
---@param name string may have folders
---@param tensor orrery.Tensor
---@param options? table `step`, and the options of `orrery.save_image`
function Manager:log_image(name, tensor, options) end

--- Loss and metrics over a source, in evaluation mode; the validation data where nothing is given. With values
--- and a batch (a table of tensors by field) it gives those values of it: under their keys, or under the paths
--- of their nodes; only what they are made of is computed, and fields that are not needed may be missing.
---@overload fun(self: orrery.Manager, values: orrery.Value|orrery.Value[]|table<string, orrery.Value>, batch: table<string, orrery.Tensor>): table<string, orrery.Tensor>
---@param source? orrery.DataSource
---@return table<string, number> numbers loss, metrics, samples, seconds
function Manager:evaluate(source) end

--- As `evaluate`; besides, the numbers stand in the history of the graph's last run (split `test`), are reported
--- as the progress is, and reach the callback `test_end`.
---@param source? orrery.DataSource
---@return table<string, number>
function Manager:test(source) end

--- The graph's outputs for every sample of a source, in its order, batch by batch; labels are not needed. Gives a
--- tensor per output, or with `to` writes a file and gives nothing. The first form names the values.
---@overload fun(self: orrery.Manager, values: orrery.Value|orrery.Value[], source?: orrery.DataSource): orrery.Tensor, ...
---@param source orrery.DataSource
---@param options? orrery.PredictOptions
---@return orrery.Tensor ...
function Manager:predict(source, options) end

---@class orrery.PredictOptions
---@field to? string .npy (one output), .csv, .json or .jsonl
---@field outputs? orrery.Value|orrery.Value[] none: those marked with `g:output`, else what only losses read
---@field batch_size? integer samples a batch; none: the source's own
