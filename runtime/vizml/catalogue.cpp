#include "runtime/vizml/catalogue.h"

#include <algorithm>

#include "runtime/governors/optimizer.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

using namespace vizml_port;

Attribute text_option(std::string name, std::string doc, AttributeValue value = {}, bool required = false) {
  return {.name = std::move(name),
          .type = AttributeType::text,
          .doc = std::move(doc),
          .value = std::move(value),
          .required = required};
}

Attribute sizes_of_tensor() {
  return {.name = "size",
          .type = AttributeType::integers,
          .doc = "of the whole tensor; of an input the batch in front",
          .required = true,
          .min = 1};
}

Attribute file_option() { return text_option("path", "the file, from the folder of the graph's", {}, true); }

// VizML lists them as its users see them in PyTorch; where the numbers are kept it does not say.
std::vector<Attribute> without_dtype(std::vector<Attribute> options) {
  std::erase_if(options, [](const Attribute& option) {
    return option.name == "dtype" || option.type == AttributeType::tensor;
  });
  return options;
}

VizmlKind layer_kind(std::string node, std::string operation, std::vector<std::string> none_only = {}) {
  VizmlKind kind{.type = VizmlType::layer,
                 .node = std::move(node),
                 .api = operation,
                 .ports = {kInput, kSelf, kOutput},
                 .options = without_dtype(operations().get(operation).attributes),
                 .none_only = std::move(none_only)};
  kind.options.push_back(text_option(
      "import_layer", "the name of its tensors in a file of weights; layers of one name are one layer"));
  kind.operation = std::move(operation);
  return kind;
}

VizmlKind loss_kind(std::string node, std::vector<std::string> none_only) {
  VizmlKind kind = layer_kind(node, node, std::move(none_only));
  kind.ports = {kInput, kSecond, kSelf, kOutput};
  return kind;
}

std::vector<VizmlKind> layer_kinds() {
  return {layer_kind("ReLU", "ReLU"),
          layer_kind("Linear", "Linear"),
          layer_kind("Conv2D", "Conv2d"),
          layer_kind("MaxPool2D", "MaxPool2d"),
          layer_kind("BatchNorm2D", "BatchNorm2d"),
          layer_kind("LogSoftMax", "LogSoftmax"),
          loss_kind("MSELoss", {"size_average", "reduce"}),
          loss_kind("NLLLoss", {"size_average", "reduce", "weight"})};
}

VizmlKind transform_kind(std::string node, std::vector<Attribute> options = {}, std::string operation = {}) {
  return {.type = VizmlType::transform,
          .node = std::move(node),
          .api = operation,
          .ports = {kInput, kOutput},
          .options = std::move(options),
          .operation = operation};
}

Attribute flatten_dim(std::string name, std::int64_t value) {
  return {.name = std::move(name), .doc = "counts from 0", .value = value};
}

Attribute channel_list(std::string name, std::vector<double> value) {
  return {.name = std::move(name),
          .type = AttributeType::reals,
          .doc = "one number a channel",
          .value = std::move(value),
          .count = 0};
}

Attribute clamp_bound(std::string name, double value) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = "a bound", .value = value};
}

std::vector<VizmlKind> transform_kinds() {
  VizmlKind adder = transform_kind("Adder");
  adder.ports = {kInput, kSecond, kOutput};
  return {transform_kind("Flatten", {flatten_dim("start_dim", 1), flatten_dim("end_dim", -1)}, "flatten"),
          transform_kind("Normalize", {channel_list("mean", {0.485, 0.456, 0.406}),
                                       channel_list("std", {0.229, 0.224, 0.225})}),
          transform_kind("ClampData", {clamp_bound("min", 0), clamp_bound("max", 1)}, "clamp"),
          transform_kind("Detach", {}, "detach"),
          std::move(adder),
          transform_kind("GetGramMatrix")};
}

// As an input and as a constant.
std::vector<VizmlKind> tensor_kinds(VizmlType type) {
  const std::vector<int> ports{kSelf, kOutput};
  return {{type,
           "ImageTensor",
           "",
           ports,
           {file_option(),
            {.name = "imsize",
             .type = AttributeType::sizes,
             .doc = "height and width that the image is brought to; none: its own",
             .min = 1,
             .count = 2}}},
          {type, "RandomTensor", "", ports, {sizes_of_tensor()}},
          {type,
           "ConstantTensor",
           "",
           ports,
           {sizes_of_tensor(),
            {.name = "value", .type = AttributeType::real, .doc = "of each element", .value = 0.0}}},
          {type, "SavedTensor", "", ports, {file_option()}}};
}

VizmlKind mnist_kind() {
  return {VizmlType::input,
          "MNIST",
          "",
          {kSelf, kOutput, kLabel},
          {text_option("path", "the folder of the four IDX files; none: that of Fashion-MNIST"),
           {.name = "max_batch_size",
            .doc = "batches have the largest number up to it that divides the number of samples",
            .value = std::int64_t{64},
            .min = 1},
           {.name = "train",
            .type = AttributeType::boolean,
            .doc = "the samples for training, else those for tests",
            .value = true}}};
}

VizmlKind updating_kind(const std::string& kind, std::vector<std::string> none_only = {}) {
  return {VizmlType::optimizer, kind, kind, {kInput, kSecond}, optimizer_kind(kind).attributes,
          std::move(none_only)};
}

std::vector<VizmlKind> governor_kinds() {
  VizmlKind manager{
      VizmlType::monitor,
      "MonitorFinal",
      "",
      {},
      {{.name = "epochs", .doc = "how often all of the data is seen", .required = true, .min = 1},
       text_option("model_save_path", "the file or folder of the layers' weights; none: not saved"),
       text_option("device_name", "'cpu', 'cuda' or 'cuda:N'", "cpu")}};
  manager.also = "Manager";
  VizmlKind saver{VizmlType::monitor,
                  "MonitorSaver",
                  "",
                  {kInput},
                  {text_option("path", "the file: .png, .jpg, .npy or .safetensors", {}, true)}};
  saver.also = "Saver";
  return {updating_kind("SGD"), updating_kind("LBFGS"), std::move(manager), std::move(saver)};
}

std::vector<VizmlKind> make_kinds() {
  std::vector<VizmlKind> kinds = layer_kinds();
  const auto add = [&](std::vector<VizmlKind> more) { std::ranges::move(more, std::back_inserter(kinds)); };
  add(transform_kinds());
  add(tensor_kinds(VizmlType::input));
  kinds.push_back(mnist_kind());
  add(tensor_kinds(VizmlType::constant));
  add(governor_kinds());
  return kinds;
}

}  // namespace

std::string_view name(VizmlType type) {
  static constexpr std::string_view kNames[] = {"input",     "constant",  "layer",
                                                "transform", "optimizer", "monitor"};
  return kNames[static_cast<int>(type)];
}

bool VizmlKind::has_port(int port) const { return std::ranges::find(ports, port) != ports.end(); }

const std::vector<VizmlKind>& vizml_kinds() {
  static const std::vector<VizmlKind> kKinds = make_kinds();
  return kKinds;
}

const VizmlKind* vizml_kind(std::string_view type, std::string_view node) {
  const auto found = std::ranges::find_if(vizml_kinds(), [&](const VizmlKind& kind) {
    return name(kind.type) == type && (kind.node == node || (!kind.also.empty() && kind.also == node));
  });
  return found == vizml_kinds().end() ? nullptr : &*found;
}

}  // namespace orrery
