#include "runtime/engine/training/load.h"

#include <map>
#include <unordered_set>
#include <utility>

#include <ATen/ATen.h>

#include "runtime/core/names.h"
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
  Comparison(const SafetensorsReader& reader, Aliases aliases)
      : reader_(reader), aliases_(std::move(aliases)) {}

  void want(const Graph::Entry& entry, bool required) {
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
    for (const SafetensorsTensor& tensor : reader_.header().tensors) {
      if (!used_.contains(tensor.name)) report_.unexpected.push_back(tensor.name);
    }
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
  const SafetensorsTensor* find(const std::string& key) const {
    if (const SafetensorsTensor* found = reader_.header().find(key)) return found;
    const auto alias = aliases_.find(key);
    return alias == aliases_.end() ? nullptr : reader_.header().find(alias->second);
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

  const SafetensorsReader& reader_;
  Aliases aliases_;
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
                bool strict) {
  Comparison comparison(reader, aliases_of(reader));
  for (const Graph::Entry& entry : entries) {
    // Files of PyTorch have no constants of a graph.
    const bool fixed_constant = !entry.layer && !entry.parameter->trainable;
    comparison.want(entry, !fixed_constant);
  }
  comparison.finish();
  const std::string faults = comparison.faults(strict);
  check(faults.empty(), Fault::input_file, "the weights in {} do not fit:{}", quote_path(reader.path()),
        faults);
  const Engine::Turn turn(engine);
  std::vector<at::Tensor> values;
  for (const auto& match : comparison.matches()) values.push_back(tensor_from(reader, *match.tensor));
  for (size_t i = 0; i < values.size(); ++i) engine.assign(comparison.matches()[i].parameter, values[i]);
  return comparison.report();
}

}  // namespace

LoadReport load_weights(Engine& engine, const std::vector<Graph::Entry>& entries, const std::string& path,
                        bool strict, const FileSystem& files) {
  return load(engine, SafetensorsReader(path, files), entries, strict);
}

LoadReport load_weights(Engine& engine, const Graph& graph, const std::string& path, bool strict,
                        const FileSystem& files) {
  return load(engine, SafetensorsReader(path, files), graph.state(nullptr, true), strict);
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
