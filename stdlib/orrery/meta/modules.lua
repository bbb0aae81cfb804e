---@meta

---@alias orrery.Child orrery.Layer|orrery.Module|orrery.Model|orrery.Parameter|fun(...): ...

---@class orrery.Children
---@field [integer] orrery.Child|{ [1]: string, [2]: orrery.Child } in order; `{ "fc1", layer }` names one
---@field name? string of the block; none: the container's kind
---@field title? string for drawings

---@class orrery.nn
---@field functional orrery.nn.functional
local nn = {}

--- Applies its children in turn.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Sequential(...) end

--- n children in turn, each made by `make(i)`, i from 1.
---@param n integer
---@param make fun(i: integer): orrery.Child
---@param options? { name?: string, title?: string }
---@return orrery.Module
function nn.Repeat(n, make, options) end

--- Adds its input to what its children make of it in turn; the option `shortcut` changes the input before.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Residual(...) end

--- Applies its children side by side, to one input or to one each, and gives all their results.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Parallel(...) end

--- Joins the results of its children along the option `dim`: the channels unless told.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.Concat(...) end

--- Children for a loop; the option `forward(list, …)` says what they do together.
---@param ... orrery.Child|orrery.Children
---@return orrery.Module
function nn.ModuleList(...) end

--- PyTorch's class of nn.Module: children, methods and `forward(self, …)`, in a table or set one by one.
---@param ... orrery.Child|orrery.Children|table<string, any>
---@return orrery.Module
function nn.Module(...) end

--- A parameter that belongs to no layer, for a member of a module: with a tensor's values, or of a shape.
---@param data orrery.Tensor|integer[]
---@param options? orrery.Leaf
---@return orrery.Parameter
function nn.Parameter(data, options) end

---@class orrery.TransformerOptions
---@field dim_feedforward? integer width between the two linear layers, 2048 unless told
---@field dropout? number 0.1 unless told
---@field activation? "relu"|"gelu"|orrery.Layer|fun(x: any): any
---@field layer_norm_eps? number
---@field batch_first? boolean the batch comes before the sequence
---@field norm_first? boolean normalises what goes into a part, not its sum
---@field bias? boolean
---@field dtype? orrery.DType of the parameters
---@field name? string

--- Self-attention and two linear layers; called with the source and, in a table, src_mask and
--- src_key_padding_mask.
---@param d_model integer
---@param nhead integer
---@param options? orrery.TransformerOptions further ones may stand before it, in PyTorch's order
---@return orrery.Module
function nn.TransformerEncoderLayer(d_model, nhead, options) end

--- The same with a second attention; called with target, memory and, in a table, tgt_mask, memory_mask,
--- tgt_key_padding_mask and memory_key_padding_mask.
---@param d_model integer
---@param nhead integer
---@param options? orrery.TransformerOptions
---@return orrery.Module
function nn.TransformerDecoderLayer(d_model, nhead, options) end

--- Copies of an encoder layer in turn, and a normalisation.
---@param encoder_layer orrery.Module|fun(): orrery.Module
---@param num_layers integer
---@param norm? orrery.Layer
---@return orrery.Module
function nn.TransformerEncoder(encoder_layer, num_layers, norm) end

--- Copies of a decoder layer in turn, and a normalisation.
---@param decoder_layer orrery.Module|fun(): orrery.Module
---@param num_layers integer
---@param norm? orrery.Layer
---@return orrery.Module
function nn.TransformerDecoder(decoder_layer, num_layers, norm) end

--- Encoder and decoder; `nn.Transformer.generate_square_subsequent_mask(size)` keeps places from seeing later
--- ones.
---@param d_model? integer 512 unless told
---@param nhead? integer 8 unless told
---@param num_encoder_layers? integer 6 unless told
---@param num_decoder_layers? integer 6 unless told
---@param options? orrery.TransformerOptions
---@return orrery.Module
function nn.Transformer(d_model, nhead, num_encoder_layers, num_decoder_layers, options) end

return nn
