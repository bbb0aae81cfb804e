---@meta

---@alias orrery.DType "uint8"|"int8"|"int16"|"int32"|"int64"|"float16"|"bfloat16"|"float32"|"float64"|"bool"

--- A dimension with symbols, such as the batch `N`; known dimensions are numbers.
---@class orrery.Dim
---@operator add(orrery.Dim|integer): orrery.Dim|integer
---@operator sub(orrery.Dim|integer): orrery.Dim|integer
---@operator mul(orrery.Dim|integer): orrery.Dim|integer
---@operator div(orrery.Dim|integer): orrery.Dim|integer
---@operator mod(orrery.Dim|integer): orrery.Dim|integer
---@operator unm: orrery.Dim|integer
local Dim = {}

--- The largest whole number not above self / divisor.
---@param divisor orrery.Dim|integer
---@return orrery.Dim|integer
function Dim:floor_div(divisor) end

--- True or false when that holds for every size; an error when it depends on the sizes. Lua itself has `<` between two
--- Dims only.
---
---@param other orrery.Dim|integer
---@return boolean
function Dim:lt(other) end

---@param other orrery.Dim|integer
---@return boolean
function Dim:le(other) end

---@param other orrery.Dim|integer
---@return boolean
function Dim:gt(other) end

---@param other orrery.Dim|integer
---@return boolean
function Dim:ge(other) end

--- The symbolic output of a node. `x[0]` takes an element, `x[{ {0, 2}, {}, -1 }]` slices, `x[{ "...",
--- orrery.newaxis }]` adds a dimension, `x[mask]` and `x[{ rows, columns }]` choose.
---@class orrery.Value
---@field shape (integer|orrery.Dim)[]
---@field dtype orrery.DType
---@field requires_grad boolean
---@field name string
---@field path string
---@field label string
---@field site string
---@field operation string
---@field graph orrery.Graph
---@field ndim integer
---@field T orrery.Value rows and columns swapped
---@field mT orrery.Value the last two dimensions swapped
---@field mH orrery.Value the same, conjugated
---@operator add(orrery.Value|number): orrery.Value
---@operator sub(orrery.Value|number): orrery.Value
---@operator mul(orrery.Value|number): orrery.Value
---@operator div(orrery.Value|number): orrery.Value
---@operator pow(number): orrery.Value
---@operator unm: orrery.Value
local Value = {}

--- One size, or all of them.
---@param dim? integer from 0, or from -1 backwards
---@return integer|orrery.Dim|(integer|orrery.Dim)[]
function Value:size(dim) end

--- The number of dimensions.
---@return integer
function Value:dim() end

--- The number of elements.
---@return integer|orrery.Dim
function Value:numel() end

--- Gives the node another name.
---@param name string
---@return orrery.Value
function Value:named(name) end

--- A tensor that is trained, or kept beside: known here by name and shape, computed with by the engine.
---@class orrery.Parameter
---@field name string
---@field shape integer[]
---@field dtype orrery.DType
---@field requires_grad boolean
---@field site string
local Parameter = {}

---@class orrery.ParameterGroup
---@field params orrery.Parameter[]

--- The owner of parameters: applied to values it adds a node, applied to tensors it computes.
---@class orrery.Layer
---@field kind string
---@field name string
---@field label string
---@field site string
---@field training boolean
---@field weight? orrery.Parameter can be set to another layer's, which ties the two
---@field bias? orrery.Parameter
---@overload fun(...: orrery.Value): orrery.Value
local Layer = {}

---@return orrery.Parameter[]
function Layer:parameters() end

--- Its parameters are not trained.
---@return orrery.Layer
function Layer:freeze() end

---@return orrery.Layer
function Layer:unfreeze() end

--- Names it before its first application, as the option `{ name = … }` does.
---@param name string
---@return orrery.Layer
function Layer:named(name) end

--- Parameters and buffers under PyTorch's names.
---@return { key: string, parameter: orrery.Parameter }[]
function Layer:state() end

--- Applied to tensors it behaves as while training: dropout draws, batch normalisation follows the batch.
---@param mode? boolean false: as after training
---@return orrery.Layer
function Layer:train(mode) end

--- Applied to tensors it behaves as after training.
---@return orrery.Layer
function Layer:eval() end

--- Forgets the gradients of its parameters.
function Layer:zero_grad() end

--- Moves its parameters and buffers to a device: "cpu", "cuda", "cuda:1".
---@param device string
---@return orrery.Layer
function Layer:to(device) end

--- A named group of nodes.
---@class orrery.Block
---@field name string
---@field path string
---@field title string
---@field label string
---@field site string
---@field graph orrery.Graph
local Block = {}

---@return orrery.Parameter[]
function Block:parameters() end

---@return orrery.Block
function Block:freeze() end

---@return orrery.Block
function Block:unfreeze() end

--- Its nodes compute on a device of their own when a manager runs the graph: "cpu", "cuda", "cuda:1". Values
--- that cross its border are copied. Blocks inside follow, unless they are placed themselves.
---@param device string
---@return orrery.Block
function Block:to(device) end

--- Made by `g:block`: each call on values makes a new block with new layers.
---@class orrery.BlockFunction
---@field name string
---@field label string
---@overload fun(...): ...
local BlockFunction = {}

--- The same function with the layers of its first call.
---@return fun(...): ...
function BlockFunction:shared() end

--- The blocks that its calls made.
---@return orrery.Block[]
function BlockFunction:blocks() end

---@return orrery.Parameter[]
function BlockFunction:parameters() end

--- Parameters and buffers under PyTorch's names.
---@return { key: string, parameter: orrery.Parameter }[]
function BlockFunction:state() end

--- Applied to tensors its layers behave as while training.
---@param mode? boolean false: as after training
---@return orrery.BlockFunction
function BlockFunction:train(mode) end

--- Applied to tensors its layers behave as after training.
---@return orrery.BlockFunction
function BlockFunction:eval() end

--- Forgets the gradients of its parameters.
function BlockFunction:zero_grad() end

---@return orrery.BlockFunction
function BlockFunction:freeze() end

---@return orrery.BlockFunction
function BlockFunction:unfreeze() end

--- The blocks that its calls made and will make compute there when a manager runs the graph.
---@param device string "cpu", "cuda", "cuda:1"
---@return orrery.BlockFunction
function BlockFunction:to(device) end

--- Layers and what they do together: called with values it is a block of their graph, called with tensors it
--- computes at once; its calls share its layers. Its children are its sequence and its members by name.
---@class orrery.Module
---@field name string
---@field kind string
---@field training boolean
---@field forward fun(self: orrery.Module, ...): ...
---@field [integer] orrery.Layer|orrery.Module
---@field [string] any children by name, methods, and whatever else was set
---@overload fun(...): ...
local Module = {}

--- Adds a child under a name; `module.name = child` does, too.
---@param name string
---@param child orrery.Child
function Module:add(name, child) end

--- Calls `visit(part)` for each layer and module inside, children first, and for the module itself.
---@param visit fun(part: orrery.Layer|orrery.Module)
---@return orrery.Module
function Module:apply(visit) end

--- Forgets the gradients of all parameters.
function Module:zero_grad() end

--- Moves all parameters and buffers to a device: "cpu", "cuda", "cuda:1".
---@param device string
---@return orrery.Module
function Module:to(device) end

--- Names its block.
---@param name string
---@return orrery.Module
function Module:named(name) end

---@return orrery.Parameter[]
function Module:parameters() end

--- Parameters and buffers under PyTorch's names.
---@return { key: string, parameter: orrery.Parameter }[]
function Module:state() end

--- What `state()` lists, by key: tensors that share the module's memory, as in PyTorch.
---@return table<string, orrery.Tensor>
function Module:state_dict() end

--- Copies what `state_dict()` of such a module, or `orrery.load_tensors`, gave. Keys that are missing or
--- unexpected are refused, unless `{ strict = false }`, and returned.
---@param dict table<string, orrery.Tensor>
---@param options? { strict?: boolean }
---@return { missing: string[], unexpected: string[] }
function Module:load_state_dict(dict, options) end

--- A tensor that belongs to the state but is not trained, as a running mean. Later `module.name = tensor`
--- gives it other numbers.
---@param name string
---@param tensor orrery.Tensor
function Module:register_buffer(name, tensor) end

---@return orrery.Module
function Module:freeze() end

---@return orrery.Module
function Module:unfreeze() end

--- Applied to tensors its layers behave as while training.
---@param mode? boolean false: as after training
---@return orrery.Module
function Module:train(mode) end

--- Applied to tensors its layers behave as after training.
---@return orrery.Module
function Module:eval() end

--- The blocks that its calls made.
---@return orrery.Block[]
function Module:blocks() end

---@class orrery.Cue
---@field title? string
---@field direction? "south"|"east"|"north"|"west"
---@field collapse? boolean

---@class orrery.Leaf
---@field init? "zeros"|"ones"|"constant"|"uniform"|"normal"
---@field a? number
---@field b? number
---@field dtype? orrery.DType

---@class orrery.State: orrery.Leaf
---@field reset? "pass"|"never" when it gets its first values again

---@class orrery.Finding
---@field code string
---@field severity "error"|"warning"
---@field file? string
---@field line? integer
---@field path? string
---@field message string
---@field expected? string
---@field got? string
---@field remedy? string
---@field text string

---@class orrery.Graph
---@field name string
---@field site string
---@field finalized boolean
local Graph = {}

--- Adds the input node; one value per field.
---@param source orrery.DataSource|table<string, { shape: integer[], dtype?: orrery.DType, label?: boolean }>
---@return orrery.Value ...
function Graph:input(source) end

--- Makes a block of a function that builds its nodes.
---@param name string
---@param build fun(...): ...
---@param cue? orrery.Cue
---@return orrery.BlockFunction
function Graph:block(name, build, cue) end

--- Names existing nodes, which need not be neighbours.
---@param name string
---@param values orrery.Value[]
---@return orrery.Block
function Graph:group(name, values) end

--- The block of a path such as `encoder/attn`.
---@param path string
---@return orrery.Block
function Graph:find(path) end

--- Steers the drawing of a block.
---@param block orrery.Block|orrery.BlockFunction|string
---@param cue orrery.Cue
function Graph:cue(block, cue) end

--- A tensor that is trained and belongs to no layer.
---@param name string
---@param shape integer[]
---@param options? orrery.Leaf
---@return orrery.Value
function Graph:parameter(name, shape, options) end

--- A tensor that is not trained.
---@param shape_or_tensor integer[]|orrery.Parameter|orrery.Tensor
---@param options? orrery.Leaf
---@return orrery.Value
function Graph:constant(shape_or_tensor, options) end

--- Says what a state is after each step. Once a state; shape and dtype are the state's.
---@param state orrery.Value
---@param value orrery.Value
function Graph:carry(state, value) end

--- Marks results.
---@param ... orrery.Value
function Graph:output(...) end

--- States sizes of symbols: `g:assume { H = 32 }`.
---@param facts table<string, integer>
function Graph:assume(facts) end

--- Checks every rule and makes the graph immutable.
---@return orrery.Finding[] warnings
function Graph:finalize() end

--- All findings, without raising or changing anything.
---@return orrery.Finding[]
function Graph:check() end

--- What becomes of this graph's warnings: `g:rules { O601 = "off", ["label-as-data"] = "error" }`. The rules are
--- listed by `orrery help invariants`; an error stays one.
---@param levels table<string, "off"|"warning"|"error"> by number or code
---@return orrery.Graph
function Graph:rules(levels) end

--- Blocks and nodes as plain tables: types, parameters, bytes, FLOPs; `{ N = 32 }` gives sizes to symbols.
---@param sizes? table<string, integer>
---@return table
function Graph:describe(sizes) end

--- What `describe` tells of the whole graph, at little cost: how many nodes, parameters and trainable ones there are,
--- and the bytes of parameters and buffers.
---@return { count: integer, parameters: integer, trainable: integer, state_bytes: integer }
function Graph:totals() end

---@param block? orrery.Block|orrery.BlockFunction|string all of it unless given
---@return orrery.Graph
function Graph:freeze(block) end

---@param block? orrery.Block|orrery.BlockFunction|string all of it unless given
---@return orrery.Graph
function Graph:unfreeze(block) end

---@return orrery.Parameter[]
function Graph:parameters() end

--- Parameters and buffers under PyTorch's names. With a shape: a state, a value that is carried from step to
--- step without its gradient; `g:carry` says what it becomes. It begins with the values that `init` gives, at
--- each pass over the data (an epoch, a validation), or once where `reset` is `"never"`. Training, validation
--- and each prediction have their own, so that none disturbs another. It is no part of the state dict. Its
--- sizes are numbers: a batch of another size is refused.
---
---     local h = g:state("h", { 1, 20, 200 })
---     local output, last = gru(x, h)
---     g:carry(h, last)
---
---@overload fun(self: orrery.Graph, name: string, shape: integer[], options?: orrery.State): orrery.Value
---@param block? orrery.Block|orrery.BlockFunction|string
---@return { key: string, parameter: orrery.Parameter }[]
function Graph:state(block) end

--- The first value of each node, in the order of construction.
---@return orrery.Value[]
function Graph:nodes() end

--- Canonical JSON.
---@return string
function Graph:json() end

--- The structural hash: 32 hexadecimal digits.
---@return string
function Graph:hash() end

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

---@class orrery.Metric
local Metric = {}

--- Writes what = a block, layer, leaf, path or list of them (none: the whole graph) as the run ends, or with
--- `when = "best"` whenever the manager's monitored number is among the `save_top_k` best, and after `every` so
--- many epochs. The path may hold numbers, `best/{epoch}-{val_loss:.3f}.safetensors`; one tensor may go into a
--- `.npy`. `process` gets each tensor and gives what is written.
---@class orrery.Saver
local Saver = {}

---@class orrery.DataSource
---@field kind string
---@field length integer
---@field batches? integer nil where only the samples tell
---@field batch integer
---@field fields { name: string, shape: (integer|orrery.Dim)[], dtype: orrery.DType, label: boolean }[]
---@field classes string[]
local DataSource = {}

--- The batches of one epoch, for loops on tensors: `for image, label in source:epoch() do … end` gives a tensor
--- per field, in the order of `g:input`. Each call takes the next epoch, which shuffles anew; a number asks for
--- one.
---@param number? integer from 1
---@return fun(): orrery.Tensor ...
function DataSource:epoch(number) end

---@class orrery.DataTransform
---@field kind string
local DataTransform = {}

---@class orrery.StepPlace
---@field epoch integer from 1
---@field step integer within the epoch, from 1
---@field steps integer in the epoch

---@class orrery.EpochPlace
---@field epoch integer from 1
---@field epochs integer of the run
---@field steps integer batches to come

---@class orrery.StepReport : orrery.StepPlace
---@field train? table<string, number> of a training step: the epoch's means so far
---@field validation? table<string, number> of a validation step: the validation's means so far

---@class orrery.EpochReport : orrery.EpochPlace
---@field samples integer
---@field seconds number
---@field train table<string, number>
---@field validation table<string, number> empty without a validation
---@field statistics? table<string, number> of gradients and weights: `gradients/features/norm`
---@field improved boolean the monitored number is the best so far

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
---@field train_start? fun(facts: table): boolean?
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

--- Trains as told. Again it trains as many epochs more, and the optimizers go on with their momenta.
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

---@class orrery.RenderOptions
---@field format? "pdf"|"svg"|"png"
---@field style? string
---@field depth? integer
---@field shapes? boolean
---@field all_shapes? boolean
---@field parameters? boolean
---@field direction? "south"|"east"|"north"|"west"
---@field width_mm? number
---@field dpi? number
---@field findings? boolean

--- An SQLite history of runs.
---@class orrery.History
local History = {}

---@param filter? { status?: string, tag?: string, name?: string, hash?: string, limit?: integer }
---@return { columns: string[], rows: any[][] }
function History:list(filter) end

---@param run? string|integer a name, an id, `last`, `last~2`
---@return table
function History:show(run) end

---@param run? string|integer
---@return { columns: string[], rows: any[][] }
function History:block_epochs(run) end

--- Runs one SELECT; `false` from `on_row` ends it.
---@param statement string
---@param on_row fun(row: any[], columns: string[]): boolean?
---@return string[] columns
function History:sql(statement, on_row) end

--- Writes runs for other tools, as `orrery history export` does: into a CSV file or a folder of them, a folder
--- of TensorBoard's event files, or an SQLite file of MLflow's.
---@param format "csv"|"tensorboard"|"mlflow"
---@param path string
---@param runs? string|integer|(string|integer)[] none: the last
---@return { files: string[], left_out: string[] } what was written, and artifacts that cannot be read any more
function History:export(format, path, runs) end

---@class orrery.RunOptions
---@field name? string of the run in the history; none: made up
---@field config? table kept with it; none: that of `orrery.config`
---@field tags? string[]
---@field history? string|false the SQLite file that keeps the run, "orrery.db" unless told; false: none
---@field device? string what computes, in words: "cpu" unless told
---@field seed? integer for the history

--- A run that no manager trains.
---@class orrery.Run
---@field name string
local Run = {}

--- Logs a number, or several by name. A name's steps count from 1 unless given.
---@param name string|table<string, number|orrery.Tensor>
---@param value? number|orrery.Tensor|table
---@param options? { step?: integer, split?: "train"|"validation"|"test" } "train" unless told
function Run:log(name, value, options) end

--- Lists a file that lies on the disk among its artifacts.
---@param path string
---@param options? { name?: string, kind?: string, step?: integer }
function Run:artifact(path, options) end

---@param text string
function Run:note(text) end

---@param tag string
function Run:tag(tag) end

--- Ends it; again does nothing. A run that is left open ends as its script does.
---@param options? { status?: "done"|"failed"|"interrupted", reason?: string }
function Run:finish(options) end

--- What a decoder has seen, so that each new token is computed alone.
---@class orrery.Cache
---@field length integer how many tokens were seen

---@class orrery.GenerateOptions
---@field max_new_tokens? integer 20 unless told
---@field do_sample? boolean draws; else the most likely token follows
---@field temperature? number divides the scores
---@field top_k? integer draws from so many; 0: from all
---@field top_p? number draws from the most likely ones that have this probability together
---@field eos_token? integer ends a row
---@field use_cache? boolean computes each new token alone

--- A network of the zoo: called with values a block of their graph, called with tensors it computes.
---@class orrery.Model
---@field name string
---@overload fun(...): ...
local Model = {}

--- The same model, whose calls in one graph share their layers.
---@return fun(...): ...
function Model:shared() end

---@return orrery.Parameter[]
function Model:parameters() end

--- Parameters and buffers under PyTorch's names.
---@return { key: string, parameter: orrery.Parameter }[]
function Model:state() end

--- What `state()` lists, by key: tensors that share the model's memory, as in PyTorch.
---@return table<string, orrery.Tensor>
function Model:state_dict() end

--- Copies what `state_dict()` of such a model gave. Keys that are missing or unexpected are refused, unless
--- `{ strict = false }`, and returned.
---@param dict table<string, orrery.Tensor>
---@param options? { strict?: boolean }
---@return { missing: string[], unexpected: string[] }
function Model:load_state_dict(dict, options) end

---@return orrery.Model
function Model:freeze() end

---@return orrery.Model
function Model:unfreeze() end

--- Applied to tensors it behaves as while training.
---@param mode? boolean false: as after training
---@return orrery.Model
function Model:train(mode) end

--- Applied to tensors it behaves as after training.
---@return orrery.Model
function Model:eval() end

--- Forgets the gradients of all parameters.
function Model:zero_grad() end

--- Moves all parameters and buffers to a device.
---@param device string
---@return orrery.Model
function Model:to(device) end

--- The blocks that its calls in graphs made.
---@return orrery.Block[]
function Model:blocks() end

--- Fills the weights from a file of them, whose keys are relative to the model.
---@param path string
---@param options? { strict?: boolean }
---@return { missing: string[], unexpected: string[] }
function Model:load_weights(path, options) end

--- Writes the weights, under the keys that other programs know them by.
---@param path string
function Model:save_weights(path) end

--- torch.nn.functional: `F.relu(x)` is `x:relu()`.
---@class orrery.nn.functional
---@field [string] fun(...): any

--- Networks by name: `orrery.models.resnet18 { classes = 10 }`.
---@class orrery.models
---@field [string] fun(options?: table): orrery.Model
---@field names fun(): string[]
---@field graph fun(name: string, options?: table): orrery.Graph
---@field defaults fun(name: string): table<string, any>
---@field generate fun(model: orrery.Model|fun(tokens: orrery.Tensor): orrery.Tensor, tokens: orrery.Tensor, options?: orrery.GenerateOptions): orrery.Tensor
---@field cache fun(): orrery.Cache

--- A shape as a function's `shape` gets and gives it: sizes, and a dtype that is the first input's unless told.
---@class orrery.DeclaredShape
---@field [integer] integer|orrery.Dim
---@field dtype? orrery.DType

--- What a function with an own backward keeps from one call for its gradients.
---@class orrery.TransformContext
---@field saved_tensors orrery.Tensor[] in `backward`: what was saved
---@field needs_input_grad boolean[]
---@field save_for_backward fun(ctx: orrery.TransformContext, ...: orrery.Tensor)
---@field mark_non_differentiable fun(ctx: orrery.TransformContext, ...: orrery.Tensor)

--- `backward` gives a gradient per tensor, nil for none; the function then gets the context first.
---@class orrery.TransformOptions
---@field outputs? integer|string[] how many, or their names
---@field shape? fun(...): orrery.DeclaredShape ... of the inputs' shapes and the extra arguments; unless given, dry runs tell
---@field backward? fun(ctx: orrery.TransformContext, ...: orrery.Tensor): orrery.Tensor?, ...

--- A saved model, or a part of it, to be built in graphs.
---@class orrery.Loaded
---@overload fun(...: orrery.Value): orrery.Value, ...
---@field inputs string[] what it is called with

---@class orrery.LoadOptions
---@field from? string the first block or node; none: from the model's input on
---@field to? string|string[] the last ones, which give the results; none: the model's outputs
---@field trainable? boolean false: frozen; none: as saved
---@field name? string of the block that each call makes; none: the graph's
---@field transforms? table<string, function> the script's own functions that the model has

--- How a tensor is written as an image; names and defaults as torchvision.utils.save_image.
---@class orrery.ImageOptions
---@field nrow? integer 8: images beside each other in the grid of a batch
---@field padding? integer 2: pixels between the images of a grid
---@field normalize? boolean false: brings the least value to black and the largest to white
---@field value_range? number[] least and largest value for `normalize`
---@field scale_each? boolean false: `normalize` looks at each image by itself
---@field pad_value? number 0: between the images of a grid
---@field mean? number|number[] what had been subtracted, of each channel
---@field std? number|number[] what it had been divided by
---@field quality? integer 75: of a JPEG, 1 … 100

--- As torch.autograd.grad's.
---@class orrery.GradOptions
---@field grad_outputs? orrery.Tensor|orrery.Tensor[] what each output's gradient begins with; numbers need none
---@field retain_graph? boolean the recorded graph stays for another backward; as create_graph unless told
---@field create_graph? boolean the gradients can be differentiated again
---@field allow_unused? boolean nil for an input that the outputs do not depend on, else an error; true unless told

---@class orrery
---@field grad fun(outputs: orrery.Tensor|orrery.Tensor[], inputs: orrery.Tensor|orrery.Tensor[], options?: orrery.GradOptions): orrery.Tensor? ... a gradient per input
---@field no_grad fun(fn: (fun(...): ...), ...): ... calls it without recording
---@field load fun(path: string, options?: orrery.LoadOptions): orrery.Graph|orrery.Loaded
---@field save_image fun(tensor: orrery.Tensor, path: string, options?: orrery.ImageOptions) .png, .jpg or .jpeg
---@field load_image fun(path: string, options?: { mode?: "rgb"|"grey", dtype?: "float32"|"uint8" }): orrery.Tensor (C, H, W) in 0 … 1
---@field make_grid fun(tensor: orrery.Tensor, options?: orrery.ImageOptions): orrery.Tensor
---@field nn orrery.nn
---@field optim orrery.optim
---@field data orrery.data
---@field metrics orrery.metrics
---@field models orrery.models
---@field load_weights fun(what: orrery.Graph|orrery.Block|orrery.BlockFunction|orrery.Layer|orrery.Module|table, path: string, options?: { strict?: boolean }): { missing: string[], unexpected: string[] }
---@field linalg table<string, fun(...): orrery.Value, ...> operations `linalg_…`, as torch.linalg names them
---@field fft table<string, fun(...): orrery.Value> operations `fft_…`, as torch.fft names them
---@field newaxis string an entry of a key: x[{orrery.newaxis, {}}]
---@field transform fun(name: string, fn: fun(...): ..., options?: orrery.TransformOptions): fun(...): ...
---@field ops table<string, table<string, fun(...): ...>> operators of LibTorch's registry: orrery.ops.vision.nms
---@field load_library fun(path: string) loads an extension of LibTorch, whose operators `ops` then has
---@field load_plugin fun(path: string): string[] loads a plug-in; the names of its operations
---@field config fun(defaults: table): table
---@field scan fun(fn: (fun(carry: any, x: any): any, any), carry: any, xs: any, options?: { name?: string, reverse?: boolean }): any, any
---@field graph fun(name?: string): orrery.Graph
---@field manager fun(graph: orrery.Graph, options: orrery.ManagerOptions): orrery.Manager
---@field saver fun(path: string, options?: { what?: any, when?: "end"|"best", every?: integer, save_top_k?: integer, process?: fun(tensor: orrery.Tensor): orrery.Tensor }|orrery.ImageOptions): orrery.Saver
---@field history fun(path: string): orrery.History
---@field run fun(options?: orrery.RunOptions): orrery.Run
---@field operations fun(name?: string): table
---@field seed fun(seed: integer)
---@field manual_seed fun(seed: integer)
---@field version string
local orrery = {}

return orrery
