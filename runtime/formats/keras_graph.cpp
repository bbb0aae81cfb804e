#include "runtime/formats/keras_graph.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runtime/core/error.h"
#include "runtime/core/names.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/hdf5/keras_archive.h"
#include "runtime/formats/hdf5/keras_weights.h"
#include "runtime/formats/keras_blocks.h"
#include "runtime/formats/keras_net.h"
#include "runtime/formats/sniff.h"

namespace orrery {
namespace {

constexpr std::uint64_t kMostText = std::uint64_t{256} << 20;
// Models within models may be called so often that they have no end.
constexpr std::size_t kMostNodes = std::size_t{1} << 20;

[[noreturn]] void refuse_all(const std::vector<std::string>& faults, const std::string& remedy) {
  throw Error(Fault::check, fmt::format("Orrery cannot say:\n  {}", fmt::join(faults, "\n  ")), {}, remedy);
}

void gather_unknown(const KerasModel& model, std::map<std::string, std::vector<std::string>>& unknown) {
  for (const KerasLayer& layer : model.layers) {
    if (layer.model) gather_unknown(*layer.model, unknown);
    if (!layer.model && layer.kind != "InputLayer" && !keras_writer(layer.kind))
      unknown[layer.kind].push_back(layer.name);
  }
}

void require_known(const KerasModel& model) {
  std::map<std::string, std::vector<std::string>> unknown;
  gather_unknown(model, unknown);
  std::vector<std::string> faults;
  for (const auto& [kind, names] : unknown)
    faults.push_back(fmt::format("{}: {}", kind, fmt::join(names, ", ")));
  if (!faults.empty()) refuse_all(faults, "These are all that it has no operations for.");
}

// The layers that read a layer's output, through those that only look at elements.
const std::set<std::string> kElementwise = {"Activation", "Add",     "BatchNormalization", "Dropout",
                                            "Rescaling",  "ReLU",    "LeakyReLU",          "Multiply",
                                            "Subtract",   "Average", "Concatenate"};

bool slides(const std::string& kind) {
  for (const char* part : {"Conv", "Pooling", "ZeroPadding", "Cropping", "UpSampling", "SpatialDropout"})
    if (kind.find(part) != std::string::npos) return true;
  return false;
}

/// Whether something of the kind stands first behind a layer of a model.
class Readers {
 public:
  explicit Readers(std::function<bool(const KerasLayer&)> wanted) : wanted_(std::move(wanted)) {}

  bool of(const KerasModel& model, const std::string& name) {
    if (!seen_.emplace(&model, name).second) return false;
    return std::ranges::any_of(model.layers, [&](const KerasLayer& layer) {
      return reads(layer, name) && leads(model, layer, name);
    });
  }

 private:
  static bool reads(const KerasLayer& layer, const std::string& name) {
    return std::ranges::any_of(layer.calls, [&](const auto& call) {
      return std::ranges::find(call, name, &KerasSource::layer) != call.end();
    });
  }

  bool leads(const KerasModel& model, const KerasLayer& layer, const std::string& name) {
    if (wanted_(layer)) return true;
    if (layer.model) return leads_into(layer, name);
    return kElementwise.contains(layer.kind) && of(model, layer.name);
  }

  bool leads_into(const KerasLayer& layer, const std::string& name) {
    for (const auto& call : layer.calls)
      for (std::size_t at = 0; at < call.size() && at < layer.model->inputs.size(); ++at)
        if (call[at].layer == name && of(*layer.model, layer.model->inputs[at].layer)) return true;
    return false;
  }

  std::function<bool(const KerasLayer&)> wanted_;
  std::set<std::pair<const KerasModel*, std::string>> seen_;
};

class GraphOfKeras {
 public:
  GraphOfKeras(const KerasModel& model, const Registry& registry, Runtime& runtime, KerasWeights* weights)
      : model_(model),
        graph_(std::make_unique<Graph>(valid_name(model.name) ? model.name : "model")),
        net_(*graph_, registry, runtime, weights) {}

  std::unique_ptr<Graph> build() {
    require_known(model_);
    const Tensors results = apply(model_, inputs(), "");
    if (!faults_.empty()) refuse_all(faults_, "These are options that its operations do not have.");
    for (std::size_t at = 0; at < results.size(); ++at)
      graph_->use({Use::Kind::output, net_.plain(results[at]), name_of_output(at)});
    return std::move(graph_);
  }

 private:
  using Tensors = std::vector<KerasTensor>;
  using Key = std::pair<std::string, std::int64_t>;

  const KerasLayer& layer_named(const KerasModel& model, const std::string& name) const {
    const auto found = std::ranges::find(model.layers, name, &KerasLayer::name);
    check(found != model.layers.end(), Fault::input_file, "'{}' is read, and there is no such layer", name);
    return *found;
  }

  std::string name_of_output(std::size_t at) const {
    std::string name = model_.outputs[at].layer;
    for (char& c : name)
      if (c == '/' || c == '.') c = '_';
    return model_.outputs.size() == 1 ? "" : name;
  }

  // The one input node: a field for each input of the model, images with their channels behind the batch.
  Tensors inputs() {
    InputSpec spec;
    std::vector<bool> moved;
    for (const KerasSource& source : model_.inputs) {
      const KerasLayer& layer = layer_named(model_, source.layer);
      Field field{.name = source.layer, .type = {shape_of(layer), dtype_of(layer)}};
      std::ranges::replace(field.name, '/', '_');
      std::ranges::replace(field.name, '.', '_');
      moved.push_back(field.type.shape.size() > 3 && Readers([](const KerasLayer& each) {
                                                       return slides(each.kind) &&
                                                              KerasOptions(each.options).channels_last();
                                                     }).of(model_, source.layer));
      Shape& shape = field.type.shape;
      if (moved.back()) std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
      spec.fields.push_back(std::move(field));
    }
    Tensors tensors;
    const std::vector<Value> values = graph_->input(std::move(spec));
    for (std::size_t at = 0; at < values.size(); ++at) tensors.push_back({values[at], moved[at]});
    return tensors;
  }

  Shape shape_of(const KerasLayer& layer) {
    const char* key = layer.options.contains("batch_shape") ? "batch_shape" : "batch_input_shape";
    const nlohmann::json& sizes = layer.options.at(key);
    check(sizes.is_array() && !sizes.empty(), Fault::input_file, "the input '{}' has no shape", layer.name);
    static const char* const kAxes[] = {"N", "L", "H", "W", "D"};
    Shape shape{batch_};
    for (std::size_t at = 1; at < sizes.size(); ++at) {
      const bool image = sizes.size() > 3;
      if (sizes[at].is_null())
        shape.push_back(graph_->new_symbol(kAxes[std::min<std::size_t>(image ? at + 1 : at, 4)]));
      else
        shape.emplace_back(sizes[at].get<std::int64_t>());
    }
    return shape;
  }

  // What an Embedding reads are numbers of rows, whatever Keras converts.
  DType dtype_of(const KerasLayer& layer) const {
    if (Readers([](const KerasLayer& each) { return each.kind == "Embedding"; }).of(model_, layer.name))
      return DType::int64;
    const std::string name = layer.options.value("dtype", "float32");
    const auto dtype = dtype_from_name(name);
    check(dtype.has_value(), Fault::input_file, "the input '{}' has the dtype {}, which Orrery does not have",
          layer.name, name);
    return *dtype;
  }

  // Goes over the layers until all calls are made: each when what it reads is there.
  Tensors apply(const KerasModel& model, const Tensors& given, const std::string& path) {
    std::map<Key, Tensors> made;
    for (std::size_t at = 0; at < model.inputs.size(); ++at)
      made[{model.inputs[at].layer, 0}] = {given.at(at)};
    const auto places = keras_places(model);
    for (bool goes_on = true; goes_on;) {
      goes_on = false;
      for (const KerasLayer& layer : model.layers)
        for (std::size_t call = 0; call < layer.calls.size(); ++call)
          goes_on = apply_call(layer, call, made, places.at(layer.name), path) || goes_on;
      if (!faults_.empty()) return {};
    }
    Tensors results;
    for (const KerasSource& source : model.outputs) results.push_back(found(made, source));
    return results;
  }

  static const KerasTensor& found(const std::map<Key, Tensors>& made, const KerasSource& source) {
    const auto at = made.find({source.layer, source.call});
    check(
        at != made.end() && source.output >= 0 && static_cast<std::size_t>(source.output) < at->second.size(),
        Fault::input_file, "output {} of call {} of '{}' is read, and nothing gives it", source.output,
        source.call, source.layer);
    return at->second[static_cast<std::size_t>(source.output)];
  }

  bool apply_call(const KerasLayer& layer, std::size_t call, std::map<Key, Tensors>& made,
                  const KerasPlace& place, const std::string& path) {
    const Key key{layer.name, static_cast<std::int64_t>(call)};
    if (made.contains(key)) return false;
    Tensors inputs;
    for (const KerasSource& source : layer.calls[call]) {
      if (source.number) continue;
      if (!made.contains({source.layer, source.call})) return false;
      inputs.push_back(found(made, source));
    }
    if (inputs.empty()) return false;
    const std::size_t blocks = enter(place.blocks);
    if (layer.model)
      made[key] = apply_model(layer, place.name, inputs, path);
    else
      made[key] = apply_layer(layer, call, place.name, inputs, path);
    for (std::size_t at = 0; at < blocks; ++at) graph_->leave_block();
    return faults_.empty();
  }

  // Blocks that names tell of are entered again as often as need be.
  std::size_t enter(const std::vector<std::string>& blocks) {
    for (const std::string& name : blocks) {
      Block& around = graph_->current_block();
      Block*& known = blocks_[{&around, name}];
      if (known) {
        graph_->reenter_block(*known);
      } else {
        known = &graph_->begin_block(name);
        graph_->end_block();
        graph_->reenter_block(*known);
      }
    }
    return blocks.size();
  }

  Tensors apply_model(const KerasLayer& layer, const std::string& name, const Tensors& inputs,
                      const std::string& path) {
    check(inputs.size() == layer.model->inputs.size(), Fault::input_file, "'{}' takes {} inputs, got {}",
          layer.name, layer.model->inputs.size(), inputs.size());
    graph_->begin_block(name);
    Tensors results = apply(*layer.model, inputs, path + layer.name + "/");
    graph_->end_block();
    return results;
  }

  Tensors apply_layer(const KerasLayer& layer, std::size_t call, const std::string& name,
                      const Tensors& inputs, const std::string& path) {
    check(graph_->nodes().size() < kMostNodes, Fault::input_file, "more than {} nodes", kMostNodes);
    net_.begin(layer, path + layer.name, name, model_.first_generation);
    try {
      return keras_writer(layer.kind)(net_, KerasOptions(layer.options), inputs, layer.calls[call]);
    } catch (const KerasRefusal& refusal) {
      faults_.push_back(fmt::format("{}{} ({}): {}", path, layer.name, layer.kind, refusal.why));
      return {};
    }
  }

  const KerasModel& model_;
  std::unique_ptr<Graph> graph_;
  KerasNet net_;
  Dim batch_ = Dim::symbol("N");
  std::vector<std::string> faults_;
  std::map<std::pair<const Block*, std::string>, Block*> blocks_;
};

/// A file of Keras: the JSON of its model, and its weights where it has them.
struct KerasFile {
  std::string text;
  std::shared_ptr<const Hdf5File> weights = nullptr;
};

// A whole model of Keras 1 or 2, or of Keras 3 when it is asked to write one so.
KerasFile open_whole_hdf5(const std::string& path, const FileSystem& files) {
  const auto file = std::make_shared<const Hdf5File>(hdf5_file_source(path, files));
  const auto texts = file->texts("", "model_config");
  if (!texts || texts->size() != 1)
    throw Error(
        Fault::input_file,
        fmt::format("{} holds weights and no model: it has no attribute 'model_config'", quote_path(path)),
        {}, "Save the whole model with model.save('net.keras') in Keras.");
  return {texts->front(), file};
}

KerasFile open_keras_file(const std::string& path, const FileSystem& files) {
  Bytes start;
  {
    const InputFile file(path, files);
    start = Bytes(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kSniffBytes)));
    file.read(0, start.span());
  }
  const FileKind kind = sniff(start.span());
  if (kind == FileKind::hdf5) return open_whole_hdf5(path, files);
  if (kind != FileKind::zip && !path.ends_with(".keras"))
    return {std::string(read_file(path, kMostText, files).text())};
  const KerasArchive archive(path, files);
  return {archive.config(), archive.weights()};
}

std::unique_ptr<Graph> graph_of_keras(const KerasFile& file, const Registry& registry, Runtime& runtime,
                                      const std::string& what) {
  const KerasModel model = read_keras_model(file.text, what);
  try {
    std::optional<KerasWeights> weights;
    if (file.weights) weights.emplace(file.weights, model);
    auto graph = GraphOfKeras(model, registry, runtime, weights ? &*weights : nullptr).build();
    if (weights) weights->check_all_fit();
    return graph;
  } catch (const nlohmann::json::exception& error) {
    throw Error(Fault::input_file, fmt::format("{}: not as Keras writes a model: {}", what, error.what()));
  } catch (const CheckError&) {
    throw;
  } catch (const Error& error) {
    if (error.message().starts_with(what)) throw;
    // An option that cannot be is the file's fault, not a script's.
    const Fault fault = error.fault() == Fault::usage ? Fault::check : error.fault();
    throw Error(fault, fmt::format("{}: {}", what, error.message()), {}, error.remedy());
  }
}

}  // namespace

std::unique_ptr<Graph> keras_graph(std::string_view text, const Registry& registry, Runtime& runtime,
                                   const std::string& what) {
  return graph_of_keras({std::string(text)}, registry, runtime, what);
}

std::unique_ptr<Graph> read_keras_graph(const std::string& path, const Registry& registry, Runtime& runtime,
                                        const FileSystem& files) {
  return graph_of_keras(open_keras_file(path, files), registry, runtime, quote_path(path));
}

}  // namespace orrery
