---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.nn
local nn = {}

--- Multiplies the last dimension by a weight matrix and adds a bias.
---@param in_features? integer size of the input's last dimension; none: the first input tells
---@param out_features integer size of the output's last dimension
---@param bias? boolean adds a learned bias
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_features?: integer, out_features?: integer, bias?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Linear(in_features, out_features, bias, dtype, options) end

--- Multiplies the last dimensions of two inputs through a weight cube and adds a bias.
---@param in1_features integer size of the first input's last dimension
---@param in2_features integer size of the second input's last dimension
---@param out_features integer size of the output's last dimension
---@param bias? boolean adds a learned bias
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in1_features?: integer, in2_features?: integer, out_features?: integer, bias?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Bilinear(in1_features, in2_features, out_features, bias, dtype, options) end

--- Passes its input on as it is.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Identity(options) end

--- Looks up a learned row for each index.
---@param num_embeddings integer rows of the table
---@param embedding_dim integer size of a row
---@param padding_idx? integer row that stays 0 and is not trained
---@param max_norm? number longer rows are shortened to this norm in the table whenever they are looked up
---@param norm_type? number exponent of that norm
---@param scale_grad_by_freq? boolean divides a row's gradient by how often it was looked up
---@param sparse? boolean accepted for PyTorch's sake: the gradient has the same values but is dense
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_embeddings?: integer, embedding_dim?: integer, padding_idx?: integer, max_norm?: number, norm_type?: number, scale_grad_by_freq?: boolean, sparse?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Embedding(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, dtype, options) end

--- Looks up learned rows and joins them to one for each bag.
---@param num_embeddings integer rows of the table
---@param embedding_dim integer size of a row
---@param max_norm? number longer rows are shortened to this norm in the table whenever they are looked up
---@param norm_type? number exponent of that norm
---@param scale_grad_by_freq? boolean divides a row's gradient by how often it was looked up
---@param mode? "sum"|"mean"|"max" how the rows of a bag are joined
---@param sparse? boolean accepted for PyTorch's sake: the gradient has the same values but is dense
---@param include_last_offset? boolean the last offset is where the last bag ends
---@param padding_idx? integer row that stays 0 and is not trained
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_embeddings?: integer, embedding_dim?: integer, max_norm?: number, norm_type?: number, scale_grad_by_freq?: boolean, mode?: "sum"|"mean"|"max", sparse?: boolean, include_last_offset?: boolean, padding_idx?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.EmbeddingBag(num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset, padding_idx, dtype, options) end

--- Slides learned kernels over sequences.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[]|"same"|"valid" added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param padding_mode? "zeros"|"reflect"|"replicate"|"circular" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[]|"same"|"valid", dilation?: integer|integer[], groups?: integer, bias?: boolean, padding_mode?: "zeros"|"reflect"|"replicate"|"circular", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Conv1d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, options) end

--- Slides learned kernels over images.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[]|"same"|"valid" added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param padding_mode? "zeros"|"reflect"|"replicate"|"circular" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[]|"same"|"valid", dilation?: integer|integer[], groups?: integer, bias?: boolean, padding_mode?: "zeros"|"reflect"|"replicate"|"circular", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, options) end

--- Slides learned kernels over volumes.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[]|"same"|"valid" added at each end; "same" keeps the input's sizes, "valid" adds none
---@param dilation? integer|integer[] distance of the kernel's elements
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param padding_mode? "zeros"|"reflect"|"replicate"|"circular" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[]|"same"|"valid", dilation?: integer|integer[], groups?: integer, bias?: boolean, padding_mode?: "zeros"|"reflect"|"replicate"|"circular", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Conv3d(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, dtype, options) end

--- Spreads each element of sequences with learned kernels.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param dilation? integer|integer[] distance of the kernel's elements
---@param padding_mode? "zeros" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param output_size? integer[] sizes of the output, in place of output_padding
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, bias?: boolean, dilation?: integer|integer[], padding_mode?: "zeros", dtype?: "float16"|"bfloat16"|"float32"|"float64", output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConvTranspose1d(in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype, output_size, options) end

--- Spreads each element of images with learned kernels.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param dilation? integer|integer[] distance of the kernel's elements
---@param padding_mode? "zeros" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param output_size? integer[] sizes of the output, in place of output_padding
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, bias?: boolean, dilation?: integer|integer[], padding_mode?: "zeros", dtype?: "float16"|"bfloat16"|"float32"|"float64", output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConvTranspose2d(in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype, output_size, options) end

--- Spreads each element of volumes with learned kernels.
---@param in_channels? integer channels of the input; none: the first input tells
---@param out_channels integer channels of the output
---@param kernel_size integer|integer[] sizes of the kernel
---@param stride? integer|integer[] step of the kernel
---@param padding? integer|integer[] how much less than all is put out, at each end
---@param output_padding? integer|integer[] how much more is put out, behind the end
---@param groups? integer channels are split into so many groups that do not mix
---@param bias? boolean adds a learned bias to each channel
---@param dilation? integer|integer[] distance of the kernel's elements
---@param padding_mode? "zeros" what the padding holds
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param output_size? integer[] sizes of the output, in place of output_padding
---@param options? { in_channels?: integer, out_channels?: integer, kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_padding?: integer|integer[], groups?: integer, bias?: boolean, dilation?: integer|integer[], padding_mode?: "zeros", dtype?: "float16"|"bfloat16"|"float32"|"float64", output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConvTranspose3d(in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, dtype, output_size, options) end

--- Lays the blocks that a window slides over side by side, each as a column.
---@param kernel_size integer|integer[] height and width of a block
---@param dilation? integer|integer[] distance of a block's elements
---@param padding? integer|integer[] border around the image
---@param stride? integer|integer[] step from block to block
---@param options? { kernel_size?: integer|integer[], dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Unfold(kernel_size, dilation, padding, stride, options) end

--- Adds blocks back into an image, the reverse of Unfold.
---@param output_size integer|integer[] height and width of the output
---@param kernel_size integer|integer[] height and width of a block
---@param dilation? integer|integer[] distance of a block's elements
---@param padding? integer|integer[] border around the image
---@param stride? integer|integer[] step from block to block
---@param options? { output_size?: integer|integer[], kernel_size?: integer|integer[], dilation?: integer|integer[], padding?: integer|integer[], stride?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Fold(output_size, kernel_size, dilation, padding, stride, options) end

--- Elman's recurrent layers over a sequence.
---@param input_size? integer features of the input; none: the first input tells
---@param hidden_size integer features of the hidden state
---@param num_layers? integer layers, each reading the one before
---@param nonlinearity? "tanh"|"relu" function of each step
---@param bias? boolean adds learned biases
---@param batch_first? boolean the batch comes before the sequence
---@param dropout? number probability of an element between two layers to become 0 while training
---@param bidirectional? boolean reads the sequence backwards, too
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { input_size?: integer, hidden_size?: integer, num_layers?: integer, nonlinearity?: "tanh"|"relu", bias?: boolean, batch_first?: boolean, dropout?: number, bidirectional?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.RNN(input_size, hidden_size, num_layers, nonlinearity, bias, batch_first, dropout, bidirectional, dtype, options) end

--- Long short-term memory: recurrent layers with a gated cell state.
---@param input_size? integer features of the input; none: the first input tells
---@param hidden_size integer features of the hidden state
---@param num_layers? integer layers, each reading the one before
---@param bias? boolean adds learned biases
---@param batch_first? boolean the batch comes before the sequence
---@param dropout? number probability of an element between two layers to become 0 while training
---@param bidirectional? boolean reads the sequence backwards, too
---@param proj_size? integer features that the hidden state is projected to; 0: none
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { input_size?: integer, hidden_size?: integer, num_layers?: integer, bias?: boolean, batch_first?: boolean, dropout?: number, bidirectional?: boolean, proj_size?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LSTM(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, dtype, options) end

--- Gated recurrent units over a sequence.
---@param input_size? integer features of the input; none: the first input tells
---@param hidden_size integer features of the hidden state
---@param num_layers? integer layers, each reading the one before
---@param bias? boolean adds learned biases
---@param batch_first? boolean the batch comes before the sequence
---@param dropout? number probability of an element between two layers to become 0 while training
---@param bidirectional? boolean reads the sequence backwards, too
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { input_size?: integer, hidden_size?: integer, num_layers?: integer, bias?: boolean, batch_first?: boolean, dropout?: number, bidirectional?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GRU(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype, options) end

--- One step of Elman's recurrent layer.
---@param input_size? integer features of the input; none: the first input tells
---@param hidden_size integer features of the hidden state
---@param bias? boolean adds learned biases
---@param nonlinearity? "tanh"|"relu" function of each step
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { input_size?: integer, hidden_size?: integer, bias?: boolean, nonlinearity?: "tanh"|"relu", dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.RNNCell(input_size, hidden_size, bias, nonlinearity, dtype, options) end

--- One step of a long short-term memory.
---@param input_size? integer features of the input; none: the first input tells
---@param hidden_size integer features of the hidden state
---@param bias? boolean adds learned biases
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { input_size?: integer, hidden_size?: integer, bias?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LSTMCell(input_size, hidden_size, bias, dtype, options) end

--- One step of a gated recurrent unit.
---@param input_size? integer features of the input; none: the first input tells
---@param hidden_size integer features of the hidden state
---@param bias? boolean adds learned biases
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { input_size?: integer, hidden_size?: integer, bias?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GRUCell(input_size, hidden_size, bias, dtype, options) end

--- Means of the values, weighted by the softmax of the scaled products of query and keys.
---@param dropout_p? number probability of a weight to become 0 while training
---@param is_causal? boolean no query sees a later key
---@param scale? number factor of the scores; none: 1 / sqrt(E)
---@param enable_gqa? boolean groups of query heads share one head of keys and values
---@param options? { dropout_p?: number, is_causal?: boolean, scale?: number, enable_gqa?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ScaledDotProductAttention(dropout_p, is_causal, scale, enable_gqa, options) end

--- Attention of several heads, each with its own projections of query, keys and values.
---@param embed_dim integer features of the query and of the output
---@param num_heads integer heads, which share the features evenly
---@param dropout? number probability of a weight to become 0 while training
---@param bias? boolean adds learned biases in the projections
---@param add_bias_kv? boolean adds a learned key and value
---@param add_zero_attn? boolean adds a key and value of 0
---@param kdim? integer features of the keys; none: embed_dim
---@param vdim? integer features of the values; none: embed_dim
---@param batch_first? boolean the batch comes before the sequence
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param need_weights? boolean gives the weights, too
---@param average_attn_weights? boolean gives the mean of the heads' weights
---@param is_causal? boolean no query sees a later key; a given attn_mask must say so, too
---@param options? { embed_dim?: integer, num_heads?: integer, dropout?: number, bias?: boolean, add_bias_kv?: boolean, add_zero_attn?: boolean, kdim?: integer, vdim?: integer, batch_first?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", need_weights?: boolean, average_attn_weights?: boolean, is_causal?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MultiheadAttention(embed_dim, num_heads, dropout, bias, add_bias_kv, add_zero_attn, kdim, vdim, batch_first, dtype, need_weights, average_attn_weights, is_causal, options) end

--- Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.
---@param num_features? integer channels of the input; none: the first input tells
---@param eps? number added to the variance
---@param momentum? number|"cumulative" weight of the newest batch in the running statistics; "cumulative" (PyTorch's None): all batches count the same
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number|"cumulative", affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.BatchNorm1d(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.
---@param num_features? integer channels of the input; none: the first input tells
---@param eps? number added to the variance
---@param momentum? number|"cumulative" weight of the newest batch in the running statistics; "cumulative" (PyTorch's None): all batches count the same
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number|"cumulative", affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.BatchNorm2d(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.
---@param num_features? integer channels of the input; none: the first input tells
---@param eps? number added to the variance
---@param momentum? number|"cumulative" weight of the newest batch in the running statistics; "cumulative" (PyTorch's None): all batches count the same
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number|"cumulative", affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.BatchNorm3d(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.
---@param num_features? integer channels of the input; none: the first input tells
---@param eps? number added to the variance
---@param momentum? number|"cumulative" weight of the newest batch in the running statistics; "cumulative" (PyTorch's None): all batches count the same
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number|"cumulative", affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.SyncBatchNorm(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Brings each channel of each sample to mean 0 and variance 1 over its places.
---@param num_features? integer channels of the input; none: the first input tells
---@param eps? number added to the variance
---@param momentum? number|"cumulative" weight of the newest batch in the running statistics; "cumulative" (PyTorch's None): all batches count the same
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number|"cumulative", affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.InstanceNorm1d(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Brings each channel of each sample to mean 0 and variance 1 over its places.
---@param num_features? integer channels of the input; none: the first input tells
---@param eps? number added to the variance
---@param momentum? number|"cumulative" weight of the newest batch in the running statistics; "cumulative" (PyTorch's None): all batches count the same
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number|"cumulative", affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.InstanceNorm2d(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Brings each channel of each sample to mean 0 and variance 1 over its places.
---@param num_features? integer channels of the input; none: the first input tells
---@param eps? number added to the variance
---@param momentum? number|"cumulative" weight of the newest batch in the running statistics; "cumulative" (PyTorch's None): all batches count the same
---@param affine? boolean learns scale and shift of each channel
---@param track_running_stats? boolean keeps running statistics for evaluation
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_features?: integer, eps?: number, momentum?: number|"cumulative", affine?: boolean, track_running_stats?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.InstanceNorm3d(num_features, eps, momentum, affine, track_running_stats, dtype, options) end

--- Brings the last dimensions to mean 0 and variance 1.
---@param normalized_shape integer|integer[] the input's last dimensions, which are normalised together
---@param eps? number added to the variance
---@param elementwise_affine? boolean learns a scale of each element, and a shift with bias
---@param bias? boolean learns a shift of each element
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { normalized_shape?: integer|integer[], eps?: number, elementwise_affine?: boolean, bias?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LayerNorm(normalized_shape, eps, elementwise_affine, bias, dtype, options) end

--- Divides the last dimensions by their root mean square.
---@param normalized_shape integer|integer[] the input's last dimensions, which are normalised together
---@param eps? number added to the mean square; none: the least difference from 1 in the input's dtype
---@param elementwise_affine? boolean learns a scale of each element
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { normalized_shape?: integer|integer[], eps?: number, elementwise_affine?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.RMSNorm(normalized_shape, eps, elementwise_affine, dtype, options) end

--- Brings groups of channels of each sample to mean 0 and variance 1.
---@param num_groups integer groups of channels
---@param num_channels integer channels of the input
---@param eps? number added to the variance
---@param affine? boolean learns scale and shift of each channel
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_groups?: integer, num_channels?: integer, eps?: number, affine?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GroupNorm(num_groups, num_channels, eps, affine, dtype, options) end

--- Divides each element by what its neighbouring channels add up to.
---@param size integer channels that count as neighbours
---@param alpha? number weight of their mean square
---@param beta? number exponent of the divisor
---@param k? number added to the divisor
---@param options? { size?: integer, alpha?: number, beta?: number, k?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LocalResponseNorm(size, alpha, beta, k, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param return_indices? boolean a second output tells where in its plane each element was
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], return_indices?: boolean, ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxPool1d(kernel_size, stride, padding, dilation, return_indices, ceil_mode, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AvgPool1d(kernel_size, stride, padding, ceil_mode, count_include_pad, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LPPool1d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveAvgPool1d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveMaxPool1d(output_size, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxUnpool1d(kernel_size, stride, padding, output_size, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param return_indices? boolean a second output tells where in its plane each element was
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], return_indices?: boolean, ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxPool2d(kernel_size, stride, padding, dilation, return_indices, ceil_mode, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param divisor_override? integer divides by this instead of by the window's size; none: the size
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AvgPool2d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LPPool2d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveAvgPool2d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveMaxPool2d(output_size, return_indices, options) end

--- Keeps the largest of windows laid at random so that the output has the wanted size.
---@param kernel_size integer|integer[] sizes of the window
---@param output_size? integer|integer[] sizes of the output
---@param output_ratio? number|number[] sizes of the output as parts of the input's, each or all between 0 and 1
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], output_size?: integer|integer[], output_ratio?: number|number[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.FractionalMaxPool2d(kernel_size, output_size, output_ratio, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxUnpool2d(kernel_size, stride, padding, output_size, options) end

--- Keeps the largest element of each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param dilation? integer|integer[] distance of the window's elements
---@param return_indices? boolean a second output tells where in its plane each element was
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], dilation?: integer|integer[], return_indices?: boolean, ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxPool3d(kernel_size, stride, padding, dilation, return_indices, ceil_mode, options) end

--- Averages each window.
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param padding? integer|integer[] border added at each side, at most half of the window
---@param ceil_mode? boolean a last window may reach over the border
---@param count_include_pad? boolean the padding's zeros count in the average
---@param divisor_override? integer divides by this instead of by the window's size; none: the size
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], ceil_mode?: boolean, count_include_pad?: boolean, divisor_override?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AvgPool3d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, options) end

--- Takes the p-norm of each window.
---@param norm_type number the power p: 1 sums, a large one comes near the largest element
---@param kernel_size integer|integer[] sizes of the window
---@param stride? integer|integer[] step of the window; none: kernel_size
---@param ceil_mode? boolean a last window may reach over the border
---@param options? { norm_type?: number, kernel_size?: integer|integer[], stride?: integer|integer[], ceil_mode?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LPPool3d(norm_type, kernel_size, stride, ceil_mode, options) end

--- Averages windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param options? { output_size?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveAvgPool3d(output_size, options) end

--- Keeps the largest of windows chosen so that the output has the wanted size.
---@param output_size integer|integer[] sizes of the output; -1: the input's own
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { output_size?: integer|integer[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveMaxPool3d(output_size, return_indices, options) end

--- Keeps the largest of windows laid at random so that the output has the wanted size.
---@param kernel_size integer|integer[] sizes of the window
---@param output_size? integer|integer[] sizes of the output
---@param output_ratio? number|number[] sizes of the output as parts of the input's, each or all between 0 and 1
---@param return_indices? boolean a second output tells where in its plane each element was
---@param options? { kernel_size?: integer|integer[], output_size?: integer|integer[], output_ratio?: number|number[], return_indices?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.FractionalMaxPool3d(kernel_size, output_size, output_ratio, return_indices, options) end

--- Puts elements back where a max pool found them; the others are 0.
---@param kernel_size integer|integer[] sizes of the pool's window
---@param stride? integer|integer[] step of the pool's window; none: kernel_size
---@param padding? integer|integer[] border that the pool added
---@param output_size? integer[] sizes of the output, where the pool's input was larger than its windows
---@param options? { kernel_size?: integer|integer[], stride?: integer|integer[], padding?: integer|integer[], output_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MaxUnpool3d(kernel_size, stride, padding, output_size, options) end

--- Adds a border of one value.
---@param padding integer|integer[] left and right; negative numbers take away
---@param value number what the border holds
---@param options? { padding?: integer|integer[], value?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConstantPad1d(padding, value, options) end

--- Adds a border of one value.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param value number what the border holds
---@param options? { padding?: integer|integer[], value?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConstantPad2d(padding, value, options) end

--- Adds a border of one value.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param value number what the border holds
---@param options? { padding?: integer|integer[], value?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ConstantPad3d(padding, value, options) end

--- Adds a border of zeros.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ZeroPad1d(padding, options) end

--- Adds a border of zeros.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ZeroPad2d(padding, options) end

--- Adds a border of zeros.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ZeroPad3d(padding, options) end

--- Adds a border that mirrors the input at its edge.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReflectionPad1d(padding, options) end

--- Adds a border that mirrors the input at its edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReflectionPad2d(padding, options) end

--- Adds a border that mirrors the input at its edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReflectionPad3d(padding, options) end

--- Adds a border that repeats the input's edge.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReplicationPad1d(padding, options) end

--- Adds a border that repeats the input's edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReplicationPad2d(padding, options) end

--- Adds a border that repeats the input's edge.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReplicationPad3d(padding, options) end

--- Adds a border taken from the input's other end.
---@param padding integer|integer[] left and right; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CircularPad1d(padding, options) end

--- Adds a border taken from the input's other end.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CircularPad2d(padding, options) end

--- Adds a border taken from the input's other end.
---@param padding integer|integer[] left, right, top, bottom and so on; negative numbers take away
---@param options? { padding?: integer|integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CircularPad3d(padding, options) end

--- Turns groups of channels into larger images.
---@param upscale_factor integer how many times as high and wide
---@param options? { upscale_factor?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.PixelShuffle(upscale_factor, options) end

--- Turns squares of pixels into channels.
---@param downscale_factor integer how many times less high and wide
---@param options? { downscale_factor?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.PixelUnshuffle(downscale_factor, options) end

--- Deals the channels out among groups.
---@param groups integer so many groups
---@param options? { groups?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ChannelShuffle(groups, options) end

--- Resizes sequences, images or volumes.
---@param size? integer[] size of the output along each axis, or one for all
---@param scale_factor? number|number[] how many times as large the output is along each axis, or one for all
---@param mode? "nearest"|"linear"|"bilinear"|"bicubic"|"trilinear"|"area"|"nearest-exact" how new elements are told from old ones
---@param align_corners? boolean corners keep their values, in the linear and cubic modes; none: false
---@param recompute_scale_factor? boolean works with the factor that the whole sizes have; none: false
---@param options? { size?: integer[], scale_factor?: number|number[], mode?: "nearest"|"linear"|"bilinear"|"bicubic"|"trilinear"|"area"|"nearest-exact", align_corners?: boolean, recompute_scale_factor?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Upsample(size, scale_factor, mode, align_corners, recompute_scale_factor, options) end

--- Resizes images by repeating pixels.
---@param size? integer[] size of the output along each axis, or one for all
---@param scale_factor? number|number[] how many times as large the output is along each axis, or one for all
---@param options? { size?: integer[], scale_factor?: number|number[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.UpsamplingNearest2d(size, scale_factor, options) end

--- Resizes images by mixing neighbours; corners keep their values.
---@param size? integer[] size of the output along each axis, or one for all
---@param scale_factor? number|number[] how many times as large the output is along each axis, or one for all
---@param options? { size?: integer[], scale_factor?: number|number[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.UpsamplingBilinear2d(size, scale_factor, options) end

--- Subtracts each channel's mean and divides by its standard deviation.
---@param mean? number|number[] one for each channel; ImageNet's
---@param std? number|number[] one for each channel; ImageNet's
---@param options? { mean?: number|number[], std?: number|number[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Normalize(mean, std, options) end

--- Brings each element between two bounds, such as the colours of an image.
---@param min? number the least element of the output
---@param max? number the largest element of the output
---@param options? { min?: number, max?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ClampData(min, max, options) end

--- How channels go together: their inner products, divided by the number of elements.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GetGramMatrix(options) end

--- Adds its inputs, such as several losses.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Adder(options) end

--- Keeps what is positive and makes the rest 0.
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReLU(inplace, options) end

--- Keeps what lies between 0 and 6 and brings the rest there.
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ReLU6(inplace, options) end

--- Keeps what is positive and multiplies the rest by a small slope.
---@param negative_slope? number slope of the negative side
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { negative_slope?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LeakyReLU(negative_slope, inplace, options) end

--- Brings each element between min_val and max_val.
---@param min_val? number the lowest value
---@param max_val? number the highest value
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { min_val?: number, max_val?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Hardtanh(min_val, max_val, inplace, options) end

--- x * relu6(x + 3) / 6 of each element.
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Hardswish(inplace, options) end

--- relu6(x + 3) / 6 of each element.
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Hardsigmoid(inplace, options) end

--- Makes 0 what lies between -lambd and lambd.
---@param lambd? number half the width of what becomes 0
---@param options? { lambd?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Hardshrink(lambd, options) end

--- Brings each element nearer to 0 by lambd, and to 0 what is within.
---@param lambd? number half the width of what becomes 0
---@param options? { lambd?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Softshrink(lambd, options) end

--- Keeps what is above the threshold and puts a value in the place of the rest.
---@param threshold number what is above is kept
---@param value number replaces the rest
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { threshold?: number, value?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Threshold(threshold, value, inplace, options) end

--- Hyperbolic tangent of each element, between -1 and 1.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Tanh(options) end

--- 1 / (1 + exp(-x)) of each element, between 0 and 1.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Sigmoid(options) end

--- Keeps what is positive; alpha * (exp(x) - 1) of the rest.
---@param alpha? number size of the negative side
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { alpha?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.ELU(alpha, inplace, options) end

--- ELU with the scales that keep mean 0 and variance 1 from layer to layer.
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.SELU(inplace, options) end

--- Keeps what is positive; alpha * (exp(x / alpha) - 1) of the rest.
---@param alpha? number size of the negative side
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { alpha?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CELU(alpha, inplace, options) end

--- x times the probability that a standard normal number is below x.
---@param approximate? "none"|"tanh" computes the probability by a hyperbolic tangent
---@param options? { approximate?: "none"|"tanh", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GELU(approximate, options) end

--- x * sigmoid(x) of each element.
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.SiLU(inplace, options) end

--- x * tanh(softplus(x)) of each element.
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Mish(inplace, options) end

--- log(1 + exp(beta * x)) / beta of each element: a smooth ReLU.
---@param beta? number sharpness of the bend
---@param threshold? number above this, beta * x is passed on as it is
---@param options? { beta?: number, threshold?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Softplus(beta, threshold, options) end

--- x / (1 + |x|) of each element, between -1 and 1.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Softsign(options) end

--- x - tanh(x) of each element.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Tanhshrink(options) end

--- Logarithm of sigmoid, computed without overflow.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LogSigmoid(options) end

--- Makes the elements along a dimension positive with sum 1.
---@param dim integer the dimension that sums to 1
---@param options? { dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Softmax(dim, options) end

--- Logarithm of softmax, computed without overflow.
---@param dim integer the dimension that sums to 1
---@param options? { dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.LogSoftmax(dim, options) end

--- Softmax of the negative: the smallest element gets the largest share.
---@param dim integer the dimension that sums to 1
---@param options? { dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Softmin(dim, options) end

--- Softmax over the channels of each place of an image.
---@param options? { name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Softmax2d(options) end

--- The first half of a dimension times the sigmoid of its second half.
---@param dim? integer the dimension that is halved
---@param options? { dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GLU(dim, options) end

--- Keeps what is positive and multiplies the rest by slopes, random while training.
---@param lower? number the least slope
---@param upper? number the largest slope; the mean of both is taken in evaluation
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { lower?: number, upper?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.RReLU(lower, upper, inplace, options) end

--- Keeps what is positive and multiplies the rest by learned slopes.
---@param num_parameters? integer 1, or the channels of the input
---@param init? number the slopes at first
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { num_parameters?: integer, init?: number, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.PReLU(num_parameters, init, dtype, options) end

--- While training, makes random elements 0 and scales the others up; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { p?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Dropout(p, inplace, options) end

--- While training, makes random channels of sequences 0; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { p?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Dropout1d(p, inplace, options) end

--- While training, makes random channels of images 0; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { p?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Dropout2d(p, inplace, options) end

--- While training, makes random channels of volumes 0; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { p?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Dropout3d(p, inplace, options) end

--- While training, drops random elements so that mean and variance stay as SELU wants them; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { p?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AlphaDropout(p, inplace, options) end

--- While training, drops random channels so that mean and variance stay as SELU wants them; else passes its input on.
---@param p? number probability of an element or channel to be dropped
---@param inplace? boolean for PyTorch's scripts: computed out of place; a graph whose numbers would differ is refused
---@param options? { p?: number, inplace?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.FeatureAlphaDropout(p, inplace, options) end

--- Cosine of the angle between vectors along a dimension.
---@param dim? integer the dimension of the vectors
---@param eps? number the least norm
---@param options? { dim?: integer, eps?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CosineSimilarity(dim, eps, options) end

--- Norm of the difference of vectors in the last dimension.
---@param p? number exponent of the norm
---@param eps? number added to the difference
---@param keepdim? boolean keeps the last dimension, of size 1
---@param options? { p?: number, eps?: number, keepdim?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.PairwiseDistance(p, eps, keepdim, options) end

--- Softmax and negative log likelihood in one: scores against class labels or probabilities.
---@param weight? orrery.Tensor|number[] importance of each class
---@param ignore_index? integer labels of this value count for nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param label_smoothing? number share of each target that is spread over all classes
---@param options? { weight?: orrery.Tensor|number[], ignore_index?: integer, reduction?: "none"|"mean"|"sum", label_smoothing?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CrossEntropyLoss(weight, ignore_index, reduction, label_smoothing, options) end

--- Negative log likelihood: log probabilities against class labels.
---@param weight? orrery.Tensor|number[] importance of each class
---@param ignore_index? integer labels of this value count for nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { weight?: orrery.Tensor|number[], ignore_index?: integer, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.NLLLoss(weight, ignore_index, reduction, options) end

--- Wants the score of the right class above the others by a margin.
---@param p? integer exponent of the margin: 1 or 2
---@param margin? number by how much
---@param weight? orrery.Tensor|number[] importance of each class
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { p?: integer, margin?: number, weight?: orrery.Tensor|number[], reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MultiMarginLoss(p, margin, weight, reduction, options) end

--- Wants the scores of several right classes above the others by 1.
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MultiLabelMarginLoss(reduction, options) end

--- Binary cross entropy of each class's score, averaged over the classes.
---@param weight? orrery.Tensor|number[] importance of each class
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { weight?: orrery.Tensor|number[], reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MultiLabelSoftMarginLoss(weight, reduction, options) end

--- Sums the probabilities of all ways in which a sequence may hold its labels.
---@param blank? integer the class of no label
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param zero_infinity? boolean losses of targets that do not fit become 0
---@param options? { blank?: integer, reduction?: "none"|"mean"|"sum", zero_infinity?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CTCLoss(blank, reduction, zero_infinity, options) end

--- Mean squared error; both sides must have one shape, where PyTorch would broadcast with a warning.
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MSELoss(reduction, options) end

--- Mean absolute error.
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.L1Loss(reduction, options) end

--- Squared error near 0, divided by beta, and absolute error beyond.
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param beta? number where the square becomes a line
---@param options? { reduction?: "none"|"mean"|"sum", beta?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.SmoothL1Loss(reduction, beta, options) end

--- Half the squared error near 0, and delta times the absolute error beyond.
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param delta? number where the square becomes a line
---@param options? { reduction?: "none"|"mean"|"sum", delta?: number, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.HuberLoss(reduction, delta, options) end

--- Kullback-Leibler divergence of the target from the input's log probabilities.
---@param reduction? "none"|"batchmean"|"mean"|"sum" what becomes of the single losses
---@param log_target? boolean the target holds log probabilities
---@param options? { reduction?: "none"|"batchmean"|"mean"|"sum", log_target?: boolean, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.KLDivLoss(reduction, log_target, options) end

--- Binary cross entropy of probabilities.
---@param weight? orrery.Tensor|number[] importance of each element; broadcasts
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { weight?: orrery.Tensor|number[], reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.BCELoss(weight, reduction, options) end

--- Sigmoid and binary cross entropy in one, without overflow.
---@param weight? orrery.Tensor|number[] importance of each element; broadcasts
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param pos_weight? orrery.Tensor|number[] importance of each positive target; broadcasts
---@param options? { weight?: orrery.Tensor|number[], reduction?: "none"|"mean"|"sum", pos_weight?: orrery.Tensor|number[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.BCEWithLogitsLoss(weight, reduction, pos_weight, options) end

--- Negative log likelihood of counts with a Poisson distribution.
---@param log_input? boolean the input holds logarithms
---@param full? boolean adds Stirling's term for the factorial
---@param eps? number added before the logarithm of an expectation
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { log_input?: boolean, full?: boolean, eps?: number, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.PoissonNLLLoss(log_input, full, eps, reduction, options) end

--- Negative log likelihood with a normal distribution.
---@param full? boolean adds the constant term
---@param eps? number the least variance
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { full?: boolean, eps?: number, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.GaussianNLLLoss(full, eps, reduction, options) end

--- log(1 + exp(-target * input)).
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.SoftMarginLoss(reduction, options) end

--- Distances that should be small where the target is 1, and beyond a margin where it is -1.
---@param margin? number beyond it nothing is lost
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.HingeEmbeddingLoss(margin, reduction, options) end

--- Wants one input above the other by a margin: the first where the target is 1, the second where it is -1.
---@param margin? number by how much
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.MarginRankingLoss(margin, reduction, options) end

--- Wants vectors alike where the target is 1, and no cosine above a margin where it is -1.
---@param margin? number the cosine that costs nothing
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.CosineEmbeddingLoss(margin, reduction, options) end

--- Wants each anchor nearer to its positive than to its negative by a margin.
---@param margin? number by how much
---@param p? number exponent of the norm
---@param eps? number added to the differences
---@param swap? boolean takes the distance from positive to negative where it is smaller
---@param reduction? "none"|"mean"|"sum" what becomes of the single losses
---@param options? { margin?: number, p?: number, eps?: number, swap?: boolean, reduction?: "none"|"mean"|"sum", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.TripletMarginLoss(margin, p, eps, swap, reduction, options) end

--- Softmax over very many classes: frequent ones at once, rarer ones in clusters, each over fewer features.
---@param in_features integer size of the input's last dimension
---@param n_classes integer how many classes there are
---@param cutoffs integer|integer[] the first class of each cluster, increasing
---@param div_value? number each cluster has so many times fewer features
---@param head_bias? boolean adds a learned bias to the frequent classes
---@param dtype? "float16"|"bfloat16"|"float32"|"float64" element type of the parameters
---@param options? { in_features?: integer, n_classes?: integer, cutoffs?: integer|integer[], div_value?: number, head_bias?: boolean, dtype?: "float16"|"bfloat16"|"float32"|"float64", name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.AdaptiveLogSoftmaxWithLoss(in_features, n_classes, cutoffs, div_value, head_bias, dtype, options) end

--- Merges dimensions into one; by default all but the batch.
---@param start_dim? integer first dimension to merge
---@param end_dim? integer last dimension to merge
---@param options? { start_dim?: integer, end_dim?: integer, name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Flatten(start_dim, end_dim, options) end

--- Splits one dimension into several.
---@param dim integer the dimension to split
---@param unflattened_size integer[] what it becomes; one may be -1
---@param options? { dim?: integer, unflattened_size?: integer[], name?: string, weight?: orrery.Parameter }
---@return orrery.Layer
function nn.Unflatten(dim, unflattened_size, options) end

return nn
