---@meta
-- Written by scripts/dev/lua_stubs.lua; do not edit.

---@class orrery.metrics
local metrics = {}

--- Share of the labels that have the largest score.
---@param scores orrery.Value
---@param labels orrery.Value
---@param options? { threshold?: number, num_classes?: integer, average?: "micro"|"macro"|"weighted"|"none", top_k?: integer, ignore_index?: integer }
---@return orrery.Metric
function metrics.accuracy(scores, labels, options) end

--- Share of a class's predictions that are right.
---@param scores orrery.Value
---@param labels orrery.Value
---@param options? { threshold?: number, num_classes?: integer, average?: "micro"|"macro"|"weighted"|"none", top_k?: integer, ignore_index?: integer }
---@return orrery.Metric
function metrics.precision(scores, labels, options) end

--- Share of a class's samples that are found.
---@param scores orrery.Value
---@param labels orrery.Value
---@param options? { threshold?: number, num_classes?: integer, average?: "micro"|"macro"|"weighted"|"none", top_k?: integer, ignore_index?: integer }
---@return orrery.Metric
function metrics.recall(scores, labels, options) end

--- Harmonic mean of precision and recall.
---@param scores orrery.Value
---@param labels orrery.Value
---@param options? { threshold?: number, num_classes?: integer, average?: "micro"|"macro"|"weighted"|"none", top_k?: integer, ignore_index?: integer }
---@return orrery.Metric
function metrics.f1_score(scores, labels, options) end

--- How many samples of each label were taken for each class: name[label,class].
---@param scores orrery.Value
---@param labels orrery.Value
---@param options? { threshold?: number, num_classes?: integer, normalize?: "none"|"true"|"pred"|"all", ignore_index?: integer }
---@return orrery.Metric
function metrics.confusion_matrix(scores, labels, options) end

--- Area under the ROC curve, of each class against all others.
---@param scores orrery.Value
---@param labels orrery.Value
---@param options? { num_classes?: integer, average?: "macro"|"weighted"|"none", ignore_index?: integer }
---@return orrery.Metric
function metrics.auroc(scores, labels, options) end

--- Mean of a value over samples.
---@param value orrery.Value
---@return orrery.Metric
function metrics.mean(value) end

--- Mean of the squared differences, or its root.
---@param predictions orrery.Value
---@param targets orrery.Value
---@param options? { squared?: boolean }
---@return orrery.Metric
function metrics.mean_squared_error(predictions, targets, options) end

--- Mean of the absolute differences.
---@param predictions orrery.Value
---@param targets orrery.Value
---@return orrery.Metric
function metrics.mean_absolute_error(predictions, targets) end

--- Coefficient of determination: the share of the targets' variance that is explained.
---@param predictions orrery.Value
---@param targets orrery.Value
---@param options? { multioutput?: "uniform_average"|"variance_weighted" }
---@return orrery.Metric
function metrics.r2_score(predictions, targets, options) end

--- e to the mean negative log-likelihood of the labels; scores are logits.
---@param scores orrery.Value
---@param labels orrery.Value
---@param options? { ignore_index?: integer }
---@return orrery.Metric
function metrics.perplexity(scores, labels, options) end

--- PSNR in decibels: of all numbers at once, or the mean over samples with dim.
---@param images orrery.Value
---@param targets orrery.Value
---@param options? { data_range?: number, base?: number, dim?: integer|integer[] }
---@return orrery.Metric
function metrics.peak_signal_noise_ratio(images, targets, options) end

--- SSIM: the mean over samples, 1 for equal images.
---@param images orrery.Value
---@param targets orrery.Value
---@param options? { gaussian_kernel?: boolean, sigma?: number, kernel_size?: integer, data_range?: number, k1?: number, k2?: number }
---@return orrery.Metric
function metrics.structural_similarity_index_measure(images, targets, options) end

return metrics
