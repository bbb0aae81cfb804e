---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.data
local data = {}

--- 1,797 handwritten digits of 8×8 pixels, scaled to 0…1, which come with Orrery.
---@param options? { split?: "train"|"test"|"all", batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[] }
---@return orrery.DataSource
function data.digits(options) end

--- Fashion-MNIST: 28×28 pictures of clothes in ten classes, scaled to 0…1.
---@param options? { split?: "train"|"test", root?: string, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[] }
---@return orrery.DataSource
function data.fashion_mnist(options) end

--- IDX files as of MNIST, gzip or plain.
---@param options? { images?: string, labels?: string, scale?: boolean, classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], class_names?: string[] }
---@return orrery.DataSource
function data.idx(options) end

--- A table, one sample a row, gzip or plain; cells between commas, tabs, semicolons or bars.
---@param options? { path?: string, delimiter?: ","|";"|"	"|"|", header?: boolean, label?: string, label_dtype?: "int64"|"float32", classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], columns?: string[], types?: string[], class_names?: string[] }
---@return orrery.DataSource
function data.csv(options) end

--- A NumPy array, the samples along its first dimension.
---@param options? { path?: string, labels?: string, in_memory?: boolean, classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], class_names?: string[] }
---@return orrery.DataSource
function data.npy(options) end

--- NumPy arrays of one .npz file, a field each.
---@param options? { path?: string, label?: string, classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], fields?: string[], class_names?: string[] }
---@return orrery.DataSource
function data.npz(options) end

--- Tensors of one .safetensors file, a field each, the samples along their first dimension.
---@param options? { path?: string, label?: string, in_memory?: boolean, classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], fields?: string[], class_names?: string[] }
---@return orrery.DataSource
function data.safetensors(options) end

--- PNG and JPEG images in a folder per class.
---@param options? { root?: string, mode?: "rgb"|"grey", scale?: boolean, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[] }
---@return orrery.DataSource
function data.image_folder(options) end

--- PNG and JPEG images of a list of files.
---@param options? { labels?: integer|integer[], root?: string, mode?: "rgb"|"grey", scale?: boolean, classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], files?: string[], class_names?: string[] }
---@return orrery.DataSource
function data.images(options) end

--- The samples of several sources, one after the other.
---@param sources orrery.DataSource[]
---@param options? { batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[] }
---@return orrery.DataSource
function data.concat(sources, options) end

--- Chosen samples of another source, or all of them with other transforms and batches.
---@param source orrery.DataSource
---@param options? { indices?: integer|integer[], batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[] }
---@return orrery.DataSource
function data.subset(source, options) end

--- A share of another source, drawn at random: what data.split and data.kfold give.
---@param source orrery.DataSource
---@param options? { from?: integer, count?: integer, complement?: boolean, split_seed?: integer, stratify?: string, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[] }
---@return orrery.DataSource
function data.part(source, options) end

--- Tensors that are in memory already.
---@param options? { batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[] }
---@return orrery.DataSource
function data.tensors(options) end

--- Samples that a function of the script makes one after the other.
---@param options? { length?: integer, classes?: integer, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], class_names?: string[], generate?: (fun(epoch: integer): fun(): table<string, any>?), fields?: table }
---@return orrery.DataSource
function data.generator(options) end

--- A text as numbered tokens: windows of one length with the tokens that follow, or lines.
---@param options? { path?: string, unit?: "characters"|"bytes", length?: integer, stride?: integer, target?: boolean, unknown?: string, batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], vocabulary?: string[] }
---@return orrery.DataSource
function data.text(options) end

--- Random numbers of a normal distribution, in the place of data.
---@param options? { shape?: integer[], classes?: integer, length?: integer, dtype?: "float16"|"bfloat16"|"float32"|"float64", batch?: integer, shuffle?: boolean, seed?: integer, drop_last?: boolean, sampler?: "weighted"|"stratified"|"group", weights?: number|number[], num_samples?: integer, by?: string, pad?: number, bucket?: boolean, max_tokens?: integer, workers?: integer, prefetch?: integer, rank?: integer, world?: integer, transforms?: orrery.DataTransform[], class_names?: string[] }
---@return orrery.DataSource
function data.random(options) end

return data
