---@meta

---@class orrery.Cue
---@field title? string
---@field direction? "south"|"east"|"north"|"west"
---@field collapse? boolean
---@field note? string words beside it
---@field color? string `#ffd0a0`

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

---@class orrery.CompiledGraph
---@field inputs string[] the fields that it reads
---@field outputs string[] the names of what it gives
---@overload fun(...: orrery.Tensor|table<string, orrery.Tensor>): orrery.Tensor|table<string, orrery.Tensor>

---@class orrery.InputField
---@field shape (integer|string|orrery.Dim)[]
---@field dtype? orrery.DType
---@field label? boolean
---@field batch? boolean

---@class orrery.Graph
---@field name string
---@field site string
---@field finalized boolean
local Graph = {}

--- Adds the input node; one value per field. Shapes are without the batch, which stands in front of them as
--- `N`; with `batch = false` a shape is told whole: `state = { shape = { 2, "N", 128 }, batch = false }`.
---@param source orrery.DataSource|table<string, orrery.InputField>
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

--- Begins the next step of time: what is made from here on, in the block that is being built, belongs to it.
--- Drawings in the styles `unrolled` and `rolled` show the steps beside each other, or one with loops.
---
---     for t = 1, 5 do
---       h = cell(x[{ {}, t - 1 }], h)
---       g:tick()
---     end
---
function Graph:tick() end

--- Words beside the line of a value in drawings.
---@param value orrery.Value
---@param text string
function Graph:tag(value, text) end

--- Leaves nodes or blocks out of drawings; lines go on past them.
---@param ... orrery.Value|orrery.Block|orrery.BlockFunction|string
function Graph:hide(...) end

--- Leaves out of drawings what a function makes.
---@generic T
---@param fn fun(...): T...
---@param ... any what it is called with
---@return T... what it gives
function Graph:pause(fn, ...) end

--- A tensor that is trained and belongs to no layer.
---@param name string
---@param shape integer[]
---@param options? orrery.Leaf
---@return orrery.Value
function Graph:parameter(name, shape, options) end

--- A tensor that is not trained, unless an optimizer is given its value: then it is a parameter of the graph.
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

--- Makes values ready to be computed for one batch after another, in evaluation mode and without gradients;
--- without values the outputs. Called with a tensor per field that is read, in their order, or with a table of
--- fields, it gives a tensor for one value and tensors by name for several.
---@param values? orrery.Value|orrery.Value[]|table<string, orrery.Value>
---@param options? { device?: string, precision?: "32-true"|"bf16-mixed"|"16-mixed" }
---@return orrery.CompiledGraph
function Graph:compile(values, options) end

--- Canonical JSON.
---@return string
function Graph:json() end

--- The structural hash: 32 hexadecimal digits.
---@return string
function Graph:hash() end

--- Gives everything floating another dtype: parameters, buffers, constants and the input, whose data are
--- converted: "float64", "float32", "bfloat16", "float16". Before anything runs the graph.
---@param dtype string
---@return orrery.Graph
function Graph:to(dtype) end

--- `to "float64"`.
---@return orrery.Graph
function Graph:double() end

--- `to "float32"`.
---@return orrery.Graph
function Graph:float() end

--- `to "float16"`.
---@return orrery.Graph
function Graph:half() end

--- `to "bfloat16"`.
---@return orrery.Graph
function Graph:bfloat16() end
