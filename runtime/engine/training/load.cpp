#include "runtime/engine/training/load.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/core/names.h"
#include "runtime/core/pattern.h"
#include "runtime/engine/kernels/aten_operator.h"
#include "runtime/engine/training/model_metadata.h"
#include "runtime/files/paths.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/graph/json.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

at::Tensor tensor_from(const SafetensorsReader& reader, const SafetensorsTensor& entry) {
  check(entry.dtype.dtype.has_value(), Fault::input_file,
        "{}: tensor '{}' has the dtype {}, which Orrery does not have", quote_path(reader.path()), entry.name,
        entry.dtype.name);
  auto bytes = std::make_shared<Bytes>(reader.read(entry));
  void* data = bytes->data();
  return at::from_blob(
      data, entry.shape, [bytes](void*) {}, at::TensorOptions(scalar_type(*entry.dtype.dtype)));
}

// Compares what a graph wants with what a file has.
class Comparison {
 public:
  Comparison(const SafetensorsReader& reader, const Aliases& aliases, const LoadOptions& options)
      : options_(options) {
    for (const SafetensorsTensor& tensor : reader.header().tensors) add(mapped(tensor.name), tensor, reader);
    for (const auto& [alias, key] : aliases)
      if (const SafetensorsTensor* tensor = reader.header().find(key)) known_.emplace(mapped(alias), tensor);
  }

  void want(const Graph::Entry& entry, bool required) {
    if (!matches(entry.key)) return;
    const SafetensorsTensor* found = find(entry.key);
    wanted_.push_back(entry.key);
    if (!found && required) report_.missing.push_back(entry.key);
    if (!found) return;
    used_.insert(found->name);
    if (fits(*entry.parameter, *found))
      matches_.push_back({entry.parameter, found});
    else
      misfits_.push_back(misfit(entry, *found));
  }

  void finish() {
    for (const auto& [key, tensor] : stored_)
      if (matches(key) && !used_.contains(tensor->name)) report_.unexpected.push_back(key);
  }

  struct Match {
    ParameterPtr parameter;
    const SafetensorsTensor* tensor;
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

  void add(const std::string& key, const SafetensorsTensor& tensor, const SafetensorsReader& reader) {
    const auto [known, fresh] = known_.emplace(key, &tensor);
    check(fresh, Fault::usage, "{}: '{}' and '{}' both become '{}'", quote_path(reader.path()),
          known->second->name, tensor.name, key);
    stored_.emplace_back(key, &tensor);
  }

  const SafetensorsTensor* find(const std::string& key) const {
    const auto found = known_.find(key);
    return found == known_.end() ? nullptr : found->second;
  }

  static bool fits(const Parameter& parameter, const SafetensorsTensor& tensor) {
    if (!tensor.dtype.dtype || shape_of(tensor.shape) != parameter.shape) return false;
    const bool both_floating = is_floating(*tensor.dtype.dtype) && is_floating(parameter.dtype);
    return both_floating || *tensor.dtype.dtype == parameter.dtype;
  }

  static std::string misfit(const Graph::Entry& entry, const SafetensorsTensor& tensor) {
    const auto& dtype = tensor.dtype.dtype;
    return fmt::format("{} is {} {} in the graph, {} {} in the file", entry.key, name(entry.parameter->dtype),
                       str(entry.parameter->shape), dtype ? name(*dtype) : tensor.dtype.name,
                       str(shape_of(tensor.shape)));
  }

  const LoadOptions& options_;
  std::vector<std::pair<std::string, const SafetensorsTensor*>> stored_;  ///< in the file's order
  std::map<std::string, const SafetensorsTensor*> known_;                 ///< aliases, too
  std::vector<std::string> wanted_;
  std::unordered_set<std::string> used_;
  std::vector<Match> matches_;
  std::vector<std::string> misfits_;
  LoadReport report_;
};

Aliases aliases_of(const SafetensorsReader& reader) {
  const auto& metadata = reader.header().metadata;
  const auto found = metadata.find(kAliasesKey);
  return found == metadata.end() ? Aliases{} : aliases_from_json(found->second, quote_path(reader.path()));
}

LoadReport load(Engine& engine, const SafetensorsReader& reader, const std::vector<Graph::Entry>& entries,
                const LoadOptions& options) {
  Comparison comparison(reader, aliases_of(reader), options);
  for (const Graph::Entry& entry : entries) {
    // Files of PyTorch have no constants of a graph.
    const bool fixed_constant = !entry.layer && !entry.parameter->trainable;
    comparison.want(entry, !fixed_constant);
  }
  comparison.finish();
  const std::string faults = comparison.faults(options.strict);
  check(faults.empty(), Fault::input_file, "the weights in {} do not fit:{}", quote_path(reader.path()),
        faults);
  const bool chosen = !options.match.empty() || !options.map.empty();
  check(!chosen || !comparison.matches().empty(), Fault::usage,
        "nothing of {} is loaded: no key of the graph that fits is in it", quote_path(reader.path()));
  const Engine::Turn turn(engine);
  std::vector<at::Tensor> values;
  for (const auto& match : comparison.matches()) values.push_back(tensor_from(reader, *match.tensor));
  for (size_t i = 0; i < values.size(); ++i) engine.assign(comparison.matches()[i].parameter, values[i]);
  return comparison.report();
}

}  // namespace

LoadReport load_weights(Engine& engine, const std::vector<Graph::Entry>& entries, const std::string& path,
                        const LoadOptions& options, const FileSystem& files) {
  return load(engine, SafetensorsReader(path, files), entries, options);
}

LoadReport load_weights(Engine& engine, const Graph& graph, const std::string& path,
                        const LoadOptions& options, const FileSystem& files) {
  return load(engine, SafetensorsReader(path, files), graph.state(nullptr, true), options);
}

std::unique_ptr<Graph> load_graph(Engine& engine, const std::string& path, const FileSystem& files,
                                  const Registry* known) {
  const SafetensorsReader reader(path, files);
  const auto text = reader.header().metadata.find(kGraphKey);
  if (text == reader.header().metadata.end()) {
    throw Error(Fault::input_file, fmt::format("{} holds weights without a graph", quote_path(path)), {},
                "Build the graph in a script and load the weights into it.");
  }
  Registry all;
  all.extend(known ? *known : operations(engine.runtime()));
  all.ask([&](const std::string& name) { return operator_of(engine, name); });
  auto graph = graph_from_json(text->second, all, engine.runtime(), quote_path(path));
  load(engine, reader, graph->state(nullptr, true), true);
  return graph;
}

std::vector<NamedTensor> read_tensors(Engine& engine, const std::string& path, const FileSystem& files) {
  const SafetensorsReader reader(path, files);
  const Engine::Turn turn(engine);
  std::vector<NamedTensor> tensors;
  for (const SafetensorsTensor& entry : reader.header().tensors) {
    tensors.push_back({entry.name, tensor_from(reader, entry)});
  }
  return tensors;
}

}  // namespace orrery
