---@meta

---@alias orrery.Overlay "forward"|"backward"|"time"|"device"|"tmu"|"tgu"|"lmu"|"lgu"|"memory"|"peak"
---|"flops"|"parameters"|"gradient_norm"

---@class orrery.RenderOptions
---@field format? "pdf"|"svg"|"png"|"tikz"|"json"|"dot"|"mermaid"|"text"
---@field style? string
---@field depth? integer
---@field expand? string|string[] paths or patterns of blocks that are shown open
---@field collapse? string|string[] and of those that are one box
---@field fold? boolean
---@field hide? string|string[]
---@field fuse? boolean
---@field names? boolean
---@field shapes? boolean
---@field all_shapes? boolean
---@field dtypes? boolean
---@field parameters? boolean
---@field direction? "south"|"east"|"north"|"west"
---@field color? "kind"|"structure"|"device"|"dtype"
---@field theme? "light"|"dark"|"paper"|"colour-blind"|table<string, string|number|boolean>
---@field overlay? orrery.Overlay
---@field run? string|integer of the overlay
---@field history? string the file that holds it
---@field scale? "linear"|"log"|"rank"
---@field own? boolean
---@field numbers? boolean
---@field legend? boolean
---@field caption? string
---@field fit? "a4"|"ieee-column"|"neurips-column"|"slide"
---@field width_mm? number
---@field height_mm? number
---@field min_font? number
---@field wrap? boolean
---@field dpi? number
---@field columns? integer
---@field ascii? boolean
---@field findings? boolean

---@alias orrery.Operand orrery.Tensor|orrery.Value|orrery.Parameter

--- torch.nn.functional: `F.relu(x)` is `x:relu()`. Weights are tensors, values or parameters; arguments go by
--- PyTorch's order or by name in a last table. In a graph `batch_norm` and `instance_norm` with running
--- statistics follow the mode of the run, and want them to be buffers of a module.
---@class orrery.nn.functional
---@field batch_norm fun(x: orrery.Operand, running_mean?: orrery.Operand, running_var?: orrery.Operand, weight?: orrery.Operand, bias?: orrery.Operand, training?: boolean, momentum?: number, eps?: number): any
---@field instance_norm fun(x: orrery.Operand, running_mean?: orrery.Operand, running_var?: orrery.Operand, weight?: orrery.Operand, bias?: orrery.Operand, use_input_stats?: boolean, momentum?: number, eps?: number): any
---@field embedding_bag fun(input: orrery.Operand, weight: orrery.Operand, offsets?: orrery.Operand, max_norm?: number, norm_type?: number, scale_grad_by_freq?: boolean, mode?: "sum"|"mean"|"max", sparse?: boolean, per_sample_weights?: orrery.Operand, include_last_offset?: boolean, padding_idx?: integer): any
---@field [string] fun(...): any

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
---@field save_image fun(tensor: orrery.Tensor, path: string, options?: orrery.ImageOptions) .png, .jpg or .jpeg
---@field load_image fun(path: string, options?: { mode?: "rgb"|"grey", dtype?: "float32"|"uint8" }): orrery.Tensor (C, H, W) in 0 … 1
---@field make_grid fun(tensor: orrery.Tensor, options?: orrery.ImageOptions): orrery.Tensor
---@field nn orrery.nn
---@field optim orrery.optim
---@field data orrery.data
---@field metrics orrery.metrics
---@field models orrery.models
---@field linalg table<string, fun(...): orrery.Value, ...> operations `linalg_…`, as torch.linalg names them
---@field fft table<string, fun(...): orrery.Value> operations `fft_…`, as torch.fft names them
---@field newaxis string an entry of a key: x[{orrery.newaxis, {}}]
---@field transform fun(name: string, fn: fun(...): ..., options?: orrery.TransformOptions): fun(...): ...
---@field ops table<string, table<string, fun(...): ...>> operators of LibTorch's registry: orrery.ops.vision.nms
---@field load_library fun(path: string) loads an extension of LibTorch, whose operators `ops` then has
---@field load_plugin fun(path: string): string[] loads a plug-in; the names of its operations
---@field config fun(defaults: table): table
---@field graph fun(name?: string): orrery.Graph
---@field manager fun(graph: orrery.Graph, options: orrery.ManagerOptions): orrery.Manager
---@field saver fun(path: string, options?: { what?: any, values?: orrery.Value|orrery.Value[]|table<string, orrery.Value>, when?: "end"|"best", every?: integer, save_top_k?: integer, process?: fun(tensor: orrery.Tensor): orrery.Tensor }|orrery.ImageOptions): orrery.Saver
---@field history orrery.HistoryModule
---@field operations fun(name?: string): table
---@field seed fun(seed: integer)
---@field manual_seed fun(seed: integer)
---@field version string
local orrery = {}

return orrery
