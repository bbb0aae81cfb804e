---@meta

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
--- A dtype ("float64", "float32", "bfloat16", "float16") is what floating parameters and buffers get instead.
---@param word string
---@return orrery.Model
function Model:to(word) end

--- `to "float64"`.
---@return orrery.Model
function Model:double() end

--- `to "float32"`.
---@return orrery.Model
function Model:float() end

--- `to "float16"`.
---@return orrery.Model
function Model:half() end

--- `to "bfloat16"`.
---@return orrery.Model
function Model:bfloat16() end

--- The blocks that its calls in graphs made.
---@return orrery.Block[]
function Model:blocks() end

--- Fills the weights from a file of them, whose keys are relative to the model.
---@param path string
---@param options? orrery.WeightOptions
---@return { missing: string[], unexpected: string[] }
function Model:load_weights(path, options) end

--- Writes the weights, under the keys that other programs know them by.
---@param path string
function Model:save_weights(path) end

--- Networks by name: `orrery.models.resnet18 { classes = 10 }`.
---@class orrery.models
---@field [string] fun(options?: table): orrery.Model
---@field names fun(): string[]
---@field graph fun(name: string, options?: table): orrery.Graph
---@field defaults fun(name: string): table<string, any>
---@field generate fun(model: orrery.Model|fun(tokens: orrery.Tensor): orrery.Tensor, tokens: orrery.Tensor, options?: orrery.GenerateOptions): orrery.Tensor
---@field cache fun(): orrery.Cache

--- A saved model, or a part of it, to be built in graphs.
---@class orrery.Loaded
---@overload fun(...: orrery.Value): orrery.Value, ...
---@field inputs string[] what it is called with

--- Which tensors of a file are loaded, and into what.
---@class orrery.WeightOptions
---@field strict? boolean true: missing and unexpected keys are errors
---@field match? string|string[] only keys of the graph that fit one of these patterns
---@field map? table<string, string>|"keras" what the file's keys begin with → what the graph's begin with
---@field prefix? string the part of the file that is loaded: `model` of a checkpoint
---@field transpose? string|string[] keys of the graph whose matrices the file keeps turned over

---@class orrery.LoadOptions
---@field from? string the first block or node; none: from the model's input on
---@field to? string|string[] the last ones, which give the results; none: the model's outputs
---@field trainable? boolean false: frozen; none: as saved
---@field name? string of the block that each call makes; none: the graph's
---@field transforms? table<string, function> the script's own functions that the model has
