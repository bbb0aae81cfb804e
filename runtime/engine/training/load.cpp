#include "runtime/engine/training/load.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "runtime/core/names.h"
#include "runtime/core/pattern.h"
#include "runtime/engine/kernels/aten_operator.h"
#include "runtime/engine/training/model_metadata.h"
#include "runtime/files/paths.h"
#include "runtime/formats/safetensors_sax.h"
#include "runtime/formats/weights_file.h"
#include "runtime/graph/json.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

// Fresh memory for what is read: a file that fails half-way changes nothing.
at::Tensor room_for(const WeightsFile& file, const WeightTensor& entry) {
  check(entry.dtype.dtype.has_value(), Fault::input_file,
        "{}: tensor {} has the dtype {}, which Orrery does not have", quote_path(file.path()),
        safetensors_name_text(entry.name), torch_dtype_name(entry.dtype));
  return at::empty(entry.shape, at::TensorOptions(scalar_type(*entry.dtype.dtype)));
}

// Copying out of the system's memory takes the time, so several threads share it; for little it does not pay.
constexpr std::uint64_t kBytesForThreads = 8 << 20;

std::vector<at::Tensor> read_all(const WeightsFile& file, const std::vector<const WeightTensor*>& entries) {
  std::vector<at::Tensor> tensors;
  std::uint64_t bytes = 0;
  for (const WeightTensor* entry : entries) {
    tensors.push_back(room_for(file, *entry));
    bytes += entry->bytes;
  }
  const auto count = static_cast<std::int64_t>(entries.size());
  const std::int64_t grain = bytes < kBytesForThreads ? std::max<std::int64_t>(count, 1) : 1;
  at::parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
      file.read(*entries[i], {static_cast<std::byte*>(tensors[i].mutable_data_ptr()), tensors[i].nbytes()});
  });
  return tensors;
}

bool is_laid_out_alike(const at::Tensor& one, const at::Tensor& other) {
  return one.scalar_type() == other.scalar_type() && one.device() == other.device() &&
         one.sizes() == other.sizes() && one.strides() == other.strides();
}

// The memory itself becomes the parameter's where nobody else sees the one it had; else values are copied.
void hand_over(Engine& engine, const ParameterPtr& parameter, const at::Tensor& values) {
  if (!parameter->data && values.is_contiguous() && values.scalar_type() == scalar_type(parameter->dtype)) {
    parameter->data = boxed(values);
    return;
  }
  if (!parameter->data) return engine.assign(parameter, values);
  at::Tensor held = engine.tensor(parameter);
  const bool alone = held.storage().use_count() == 1;
  if (!alone || !is_laid_out_alike(held, values)) return engine.assign(parameter, values);
  const c10::NoGradGuard no_grad;
  held.set_data(values);
  held.unsafeGetTensorImpl()->bump_version();  // who has computed something from it asks for that
}

// Compares what a graph wants with what a file has.
class Comparison {
 public:
  Comparison(const WeightsFile& file, const LoadOptions& options) : options_(options) {
    for (const WeightTensor& tensor : file.listing().tensors) add(mapped(tensor.name), tensor, file);
    for (const auto& [name, what] : file.listing().refused) refused_.emplace(mapped(name), what);
  }

  void want(const Graph::Entry& entry, bool required) {
    if (!matches(entry.key)) return;
    const WeightTensor* found = find(entry.key);
    wanted_.push_back(entry.key);
    if (const auto refused = refused_.find(entry.key); refused != refused_.end())
      return misfits_.push_back(fmt::format("{} is {} in the file", entry.key, refused->second));
    if (!found && required) report_.missing.push_back(entry.key);
    if (!found) return;
    // Tied tensors count as one.
    used_.insert(found->name);
    if (!found->alias_of.empty()) used_.insert(found->alias_of);
    if (fits(*entry.parameter, *found, turned(entry.key)))
      matches_.push_back({entry.parameter, found, turned(entry.key)});
    else
      misfits_.push_back(misfit(entry, *found));
  }

  void finish() {
    for (const auto& [key, tensor] : stored_) {
      const bool used = used_.contains(tensor->name) || used_.contains(tensor->alias_of);
      if (matches(key) && !used) report_.unexpected.push_back(key);
    }
  }

  struct Match {
    ParameterPtr parameter;
    const WeightTensor* tensor;
    bool turned;  ///< rows and columns change places
  };
  const std::vector<Match>& matches() const { return matches_; }
  const LoadReport& report() const { return report_; }

  // Empty when all that counts fits.
  std::string faults(bool strict) const {
    std::string text;
    if (strict) {
      for (const std::string& key : report_.missing) {
        text += fmt::format("\n  missing in the file: {}{}", key, did_you_mean(key, report_.unexpected));
      }
      for (const std::string& key : report_.unexpected) {
        text += fmt::format("\n  not in the graph: {}{}", key, did_you_mean(key, wanted_));
      }
    }
    for (const std::string& line : misfits_) text += "\n  does not fit: " + line;
    return text;
  }

 private:
  std::string mapped(const std::string& key) const {
    const std::pair<const std::string, std::string>* longest = nullptr;
    for (const auto& prefix : options_.map)
      if (key.starts_with(prefix.first) && (!longest || prefix.first.size() > longest->first.size()))
        longest = &prefix;
    return longest ? longest->second + key.substr(longest->first.size()) : key;
  }

  bool matches(const std::string& key) const {
    return options_.match.empty() || std::ranges::any_of(options_.match, [&](const std::string& pattern) {
             return fits_pattern(key, pattern);
           });
  }

  bool turned(const std::string& key) const {
    return std::ranges::any_of(options_.transpose,
                               [&](const std::string& pattern) { return fits_pattern(key, pattern); });
  }

  void add(const std::string& key, const WeightTensor& tensor, const WeightsFile& file) {
    const auto [known, fresh] = known_.emplace(key, &tensor);
    check(fresh, Fault::usage, "{}: '{}' and '{}' both become '{}'", quote_path(file.path()),
          known->second->name, tensor.name, key);
    stored_.emplace_back(key, &tensor);
  }

  const WeightTensor* find(const std::string& key) const {
    const auto found = known_.find(key);
    return found == known_.end() ? nullptr : found->second;
  }

  static bool fits(const Parameter& parameter, const WeightTensor& tensor, bool turned) {
    std::vector<std::int64_t> shape = tensor.shape;
    if (turned && shape.size() != 2) return false;
    if (turned) std::swap(shape[0], shape[1]);
    if (!tensor.dtype.dtype || shape_of(shape) != parameter.shape) return false;
    const bool both_floating = is_floating(*tensor.dtype.dtype) && is_floating(parameter.dtype);
    return both_floating || *tensor.dtype.dtype == parameter.dtype;
  }

  // A matrix that would fit turned over is worth a hint.
  std::string misfit(const Graph::Entry& entry, const WeightTensor& tensor) const {
    const bool now = turned(entry.key), would = fits(*entry.parameter, tensor, !now);
    const char* hint = !would ? ""
                       : now  ? "; it fits without transpose"
                              : "; transpose names keys to turn over";
    return fmt::format("{} is {} {} in the graph, {} {} in the file{}{}", entry.key,
                       name(entry.parameter->dtype), str(entry.parameter->shape),
                       torch_dtype_name(tensor.dtype), str(shape_of(tensor.shape)),
                       now ? ", to be turned over" : "", hint);
  }

  const LoadOptions& options_;
  std::vector<std::pair<std::string, const WeightTensor*>> stored_;  ///< in the file's order
  std::map<std::string, const WeightTensor*> known_;
  std::map<std::string, std::string> refused_;  ///< what is in the file and not read
  std::vector<std::string> wanted_;
  std::unordered_set<std::string> used_;
  std::vector<Match> matches_;
  std::vector<std::string> misfits_;
  LoadReport report_;
};

// Checkpoints of PyTorch keep the model as one of several parts.
std::string parts_hint(const WeightsFile& file, const Comparison& comparison, const LoadOptions& options) {
  if (!options.prefix.empty() || !comparison.matches().empty()) return "";
  std::string parts;
  for (const char* part : {"model", "state_dict", "model_state_dict", "module", "net", "ema"})
    if (std::ranges::any_of(file.listing().tensors, [&](const WeightTensor& tensor) {
          return tensor.name.starts_with(std::string(part) + ".");
        }))
      parts += fmt::format("{}'{}'", parts.empty() ? "" : ", ", part);
  return parts.empty() ? "" : "The file keeps weights in parts: choose one with prefix = " + parts + ".";
}

LoadReport load(Engine& engine, const WeightsFile& file, const std::vector<Graph::Entry>& entries,
                const LoadOptions& options) {
  Comparison comparison(file, options);
  for (const Graph::Entry& entry : entries) {
    // Files of PyTorch have no constants of a graph.
    const bool fixed_constant = !entry.layer && !entry.parameter->trainable;
    comparison.want(entry, !fixed_constant);
  }
  comparison.finish();
  const std::string faults = comparison.faults(options.strict);
  if (!faults.empty()) {
    throw Error(Fault::input_file,
                fmt::format("the weights in {} do not fit:{}", quote_path(file.path()), faults), {},
                parts_hint(file, comparison, options));
  }
  const bool chosen = !options.match.empty() || !options.map.empty();
  check(!chosen || !comparison.matches().empty(), Fault::usage,
        "nothing of {} is loaded: no key of the graph that fits is in it", quote_path(file.path()));
  const Engine::Turn turn(engine);
  std::vector<const WeightTensor*> tensors;
  for (const auto& match : comparison.matches()) tensors.push_back(match.tensor);
  std::vector<at::Tensor> values = read_all(file, tensors);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& match = comparison.matches()[i];
    const at::Tensor value = std::exchange(values[i], {});
    hand_over(engine, match.parameter, match.turned ? value.t() : value);
  }
  return comparison.report();
}

}  // namespace

LoadReport load_weights(Engine& engine, const std::vector<Graph::Entry>& entries, const std::string& path,
                        const LoadOptions& options, const FileSystem& files) {
  return load(engine, *open_weights(path, options.prefix, files), entries, options);
}

LoadReport load_weights(Engine& engine, const Graph& graph, const std::string& path,
                        const LoadOptions& options, const FileSystem& files) {
  return load(engine, *open_weights(path, options.prefix, files), graph.state(nullptr, true), options);
}

std::unique_ptr<Graph> load_graph(Engine& engine, const std::string& path, const FileSystem& files,
                                  const Registry* known) {
  const auto file = open_weights(path, "", files);
  const auto text = file->listing().metadata.find(kGraphKey);
  if (text == file->listing().metadata.end()) {
    throw Error(Fault::input_file, fmt::format("{} holds weights without a graph", quote_path(path)), {},
                "Build the graph in a script and load the weights into it.");
  }
  Registry all;
  all.extend(known ? *known : operations(engine.runtime()));
  all.ask([&](const std::string& name) { return operator_of(engine, name); });
  auto graph = graph_from_json(text->second, all, engine.runtime(), quote_path(path));
  load(engine, *file, graph->state(nullptr, true), true);
  return graph;
}

std::vector<NamedTensor> read_tensors(Engine& engine, const std::string& path, const FileSystem& files,
                                      const std::string& part) {
  const auto file = open_weights(path, part, files);
  check_all_read(*file);
  const Engine::Turn turn(engine);
  std::vector<const WeightTensor*> stored;
  std::map<std::string, size_t> places;  // tied tensors are one
  for (const WeightTensor& entry : file->listing().tensors) {
    const auto first = places.find(entry.alias_of);
    places.emplace(entry.name, first == places.end() ? stored.size() : first->second);
    if (first == places.end()) stored.push_back(&entry);
  }
  const std::vector<at::Tensor> read = read_all(*file, stored);
  std::vector<NamedTensor> tensors;
  for (const WeightTensor& entry : file->listing().tensors)
    tensors.push_back({entry.name, read[places.at(entry.name)]});
  return tensors;
}

}  // namespace orrery
