// Layers of Keras that see elements, or the last dimension.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/formats/keras_net.h"

namespace orrery {
namespace {

using Tensors = std::vector<KerasTensor>;
using Links = std::vector<KerasSource>;

// Activations by Keras' names that are one operation here.
const std::map<std::string, std::string, std::less<>> kActivations = {{"relu", "relu"},
                                                                      {"relu6", "relu6"},
                                                                      {"sigmoid", "sigmoid"},
                                                                      {"tanh", "tanh"},
                                                                      {"softplus", "softplus"},
                                                                      {"softsign", "softsign"},
                                                                      {"elu", "elu"},
                                                                      {"selu", "selu"},
                                                                      {"swish", "silu"},
                                                                      {"silu", "silu"},
                                                                      {"mish", "mish"},
                                                                      {"hard_silu", "hardswish"},
                                                                      {"hard_swish", "hardswish"},
                                                                      {"hard_tanh", "hardtanh"},
                                                                      {"exponential", "exp"},
                                                                      {"log_sigmoid", "logsigmoid"},
                                                                      {"gelu", "gelu"}};

KerasTensor elementwise(KerasNet& net, const std::string& operation, const KerasTensor& tensor,
                        const KerasNet::Entries& options, const std::string& part) {
  return {net.apply(operation, {tensor.value}, options, part)[0], tensor.moved};
}

// Keras 2 has a line of slope 0.2, Keras 3 one of 1/6, as Orrery.
KerasTensor hard_sigmoid(KerasNet& net, KerasTensor tensor, const std::string& part) {
  if (!net.first_generation()) return elementwise(net, "hardsigmoid", tensor, {}, part);
  tensor = elementwise(net, "mul", tensor, {{"other", 0.2}}, part + "_slope");
  tensor = elementwise(net, "add", tensor, {{"other", 0.5}}, part + "_middle");
  return elementwise(net, "clamp", tensor, {{"min", 0.0}, {"max", 1.0}}, part);
}

KerasTensor along_axis(KerasNet& net, const char* operation, const KerasTensor& tensor, std::int64_t axis,
                       const std::string& part) {
  const auto rank = static_cast<std::int64_t>(tensor.rank());
  if (axis < 0) axis += rank;
  if (tensor.moved) axis = axis == rank - 1 ? 1 : axis == 0 ? 0 : axis + 1;
  return elementwise(net, operation, tensor, {{"dim", axis == rank - 1 ? -1 : axis}}, part);
}

Tensors activation_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  return {keras_activation(net, options.at("activation"), inputs.at(0), "")};
}

Tensors softmax_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  if (options.has("axis") && !options.at("axis").is_number()) throw KerasRefusal{"several axes"};
  return {along_axis(net, "softmax", inputs.at(0), options.integer("axis", -1), "")};
}

Tensors relu_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  const double slope = options.real("negative_slope", 0), threshold = options.real("threshold", 0);
  if (threshold != 0) throw KerasRefusal{"a threshold"};
  const KerasTensor& input = inputs.at(0);
  if (!options.has("max_value"))
    return {slope == 0 ? elementwise(net, "relu", input, {}, "")
                       : elementwise(net, "leaky_relu", input, {{"negative_slope", slope}}, "")};
  if (slope != 0) throw KerasRefusal{"max_value together with negative_slope"};
  const double most = options.real("max_value", 0);
  return {most == 6 ? elementwise(net, "relu6", input, {}, "")
                    : elementwise(net, "clamp", input, {{"min", 0.0}, {"max", most}}, "")};
}

Tensors leaky_relu_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  const double slope = options.real("negative_slope", options.real("alpha", 0.3));
  return {elementwise(net, "leaky_relu", inputs.at(0), {{"negative_slope", slope}}, "")};
}

Tensors elu_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  return {elementwise(net, "elu", inputs.at(0), {{"alpha", options.real("alpha", 1)}}, "")};
}

// Slopes for each channel, shared along all other axes.
Tensors prelu_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  const KerasTensor& input = inputs.at(0);
  const std::size_t shared = options.has("shared_axes") ? options.integers("shared_axes").size() : 0;
  if (shared + 2 != input.rank()) throw KerasRefusal{"slopes that are not one a channel"};
  const bool moves = input.rank() > 2;
  const Value value = moves ? net.moved(input) : input.value;
  return {
      {net.layer("PReLU", {{"num_parameters", value.shape()[1].value()}, {"init", 0.0}}, {value})[0], moves}};
}

std::int64_t features_of(const Value& value) {
  const Dim& dim = value.shape().back();
  if (!dim.known()) throw KerasRefusal{"the number of features is not known"};
  return dim.value();
}

Tensors dense(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  const Value value = net.plain(inputs.at(0));
  const auto made = net.layer("Linear",
                              {{"in_features", features_of(value)},
                               {"out_features", options.integer("units")},
                               {"bias", options.boolean("use_bias", true)}},
                              {value});
  return {keras_activated(net, options, {made[0], false})};
}

Tensors dropout(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const char* kind) {
  if (options.has("noise_shape")) throw KerasRefusal{"noise_shape"};
  const KerasTensor& input = inputs.at(0);
  return {{net.layer(kind, {{"p", options.real("rate", 0)}}, {input.value})[0], input.moved}};
}

Tensors dropout_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  return dropout(net, options, inputs, "Dropout");
}

Tensors alpha_dropout_layer(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  return dropout(net, options, inputs, "AlphaDropout");
}

Tensors layer_norm(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  const Value value = net.plain(inputs.at(0));
  const auto rank = static_cast<std::int64_t>(value.shape().size());
  std::vector<std::int64_t> axes =
      options.has("axis") ? options.integers("axis") : std::vector<std::int64_t>{-1};
  for (std::int64_t& axis : axes) axis += axis < 0 ? rank : 0;
  std::ranges::sort(axes);
  std::vector<std::int64_t> sizes;
  for (std::size_t at = 0; at < axes.size(); ++at) {
    if (axes[at] != rank - static_cast<std::int64_t>(axes.size() - at))
      throw KerasRefusal{"axes that are not the last"};
    const Dim& dim = value.shape()[static_cast<std::size_t>(axes[at])];
    if (!dim.known()) throw KerasRefusal{"sizes that are not known"};
    sizes.push_back(dim.value());
  }
  if (options.boolean("rms_scaling", false)) throw KerasRefusal{"rms_scaling"};
  const bool scale = options.boolean("scale", true), center = options.boolean("center", true);
  const auto made = net.layer("LayerNorm",
                              {{"normalized_shape", sizes},
                               {"eps", options.real("epsilon", 1e-3)},
                               {"elementwise_affine", scale || center},
                               {"bias", center}},
                              {value}, "", [&](Layer& layer) {
                                if (!scale && center) layer.parameter("weight")->trainable = false;
                              });
  return {{made[0], false}};
}

Tensors rescaling(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  KerasTensor tensor = inputs.at(0);
  if (!options.at("scale").is_number() || (options.has("offset") && !options.at("offset").is_number()))
    throw KerasRefusal{"several scales or offsets"};
  const double scale = options.real("scale", 1), offset = options.real("offset", 0);
  tensor = elementwise(net, "mul", tensor, {{"other", scale}}, "");
  return {offset == 0 ? tensor : elementwise(net, "add", tensor, {{"other", offset}}, "offset")};
}

Tensors identity(KerasNet&, const KerasOptions&, const Tensors& inputs, const Links&) {
  return {inputs.at(0)};
}

// All with their channels behind the batch where one has them there, and all are of one rank.
bool together(KerasNet& net, const Tensors& inputs, std::vector<Value>& values) {
  bool moved = false, equal = true;
  for (const KerasTensor& input : inputs) {
    moved = moved || input.moved;
    equal = equal && input.rank() == inputs[0].rank();
  }
  for (const KerasTensor& input : inputs)
    values.push_back(moved && equal ? net.moved(input) : net.plain(input));
  return moved && equal;
}

// Two operands, of which one may be a number; more of them one after the other.
Tensors combined(KerasNet& net, const Tensors& inputs, const Links& links, const char* operation) {
  std::vector<Value> values;
  const bool moved = together(net, inputs, values);
  if (values.size() == 1) {
    const auto number =
        std::ranges::find_if(links, [](const KerasSource& link) { return link.number.has_value(); });
    if (number == links.end()) throw KerasRefusal{"a single operand"};
    if (number == links.begin() && std::string_view(operation) != "add" &&
        std::string_view(operation) != "mul")
      throw KerasRefusal{"a number as the first operand"};
    return {{net.apply(operation, {values[0]}, {{"other", *number->number}})[0], moved}};
  }
  Value result = values[0];
  for (std::size_t at = 1; at < values.size(); ++at)
    result = net.apply(operation, {result, values[at]}, {}, at == 1 ? "" : std::to_string(at))[0];
  return {{result, moved}};
}

template <const char* operation>
Tensors merged(KerasNet& net, const KerasOptions&, const Tensors& inputs, const Links& links) {
  return combined(net, inputs, links, operation);
}

constexpr char kAdd[] = "add", kSub[] = "sub", kMul[] = "mul", kDiv[] = "div", kMaximum[] = "maximum",
               kMinimum[] = "minimum";

Tensors average(KerasNet& net, const KerasOptions&, const Tensors& inputs, const Links& links) {
  Tensors sum = combined(net, inputs, links, "add");
  return {elementwise(net, "mul", sum[0], {{"other", 1.0 / static_cast<double>(inputs.size())}}, "mean")};
}

Tensors concatenate(KerasNet& net, const KerasOptions& options, const Tensors& inputs, const Links&) {
  std::vector<Value> values;
  const bool moved = together(net, inputs, values);
  const auto rank = static_cast<std::int64_t>(values[0].shape().size());
  std::int64_t axis = options.integer("axis", -1);
  if (axis < 0) axis += rank;
  if (moved) axis = axis == rank - 1 ? 1 : axis == 0 ? 0 : axis + 1;
  return {{net.apply("cat", values, {{"dim", axis}})[0], moved}};
}

}  // namespace

KerasTensor keras_activation(KerasNet& net, const nlohmann::json& activation, KerasTensor tensor,
                             const std::string& part) {
  std::string name = activation.is_string() ? activation.get<std::string>() : "";
  if (activation.is_object() && activation.contains("config") && activation.at("config").is_string())
    name = activation.at("config").get<std::string>();
  const std::string called = part.empty() ? "" : name;
  if (name == "linear") return tensor;
  if (name == "softmax") return along_axis(net, "softmax", tensor, -1, called);
  if (name == "log_softmax") return along_axis(net, "log_softmax", tensor, -1, called);
  if (name == "hard_sigmoid") return hard_sigmoid(net, tensor, name);
  if (name == "leaky_relu") return elementwise(net, "leaky_relu", tensor, {{"negative_slope", 0.2}}, called);
  const auto known = kActivations.find(name);
  if (known == kActivations.end())
    throw KerasRefusal{name.empty() ? "an activation of its own" : fmt::format("the activation '{}'", name)};
  return elementwise(net, known->second, tensor, {}, called);
}

KerasTensor keras_activated(KerasNet& net, const KerasOptions& options, KerasTensor tensor) {
  if (!options.has("activation")) return tensor;
  return keras_activation(net, options.at("activation"), tensor, "activation");
}

const std::map<std::string, KerasWriter>& keras_plain_layers() {
  static const std::map<std::string, KerasWriter> table = {{"Activation", activation_layer},
                                                           {"Softmax", softmax_layer},
                                                           {"ReLU", relu_layer},
                                                           {"LeakyReLU", leaky_relu_layer},
                                                           {"ELU", elu_layer},
                                                           {"PReLU", prelu_layer},
                                                           {"Dense", dense},
                                                           {"Dropout", dropout_layer},
                                                           {"AlphaDropout", alpha_dropout_layer},
                                                           {"LayerNormalization", layer_norm},
                                                           {"Rescaling", rescaling},
                                                           {"Identity", identity},
                                                           {"ActivityRegularization", identity},
                                                           {"Add", merged<kAdd>},
                                                           {"Subtract", merged<kSub>},
                                                           {"Multiply", merged<kMul>},
                                                           {"TrueDivide", merged<kDiv>},
                                                           {"Maximum", merged<kMaximum>},
                                                           {"Minimum", merged<kMinimum>},
                                                           {"Average", average},
                                                           {"Concatenate", concatenate}};
  return table;
}

}  // namespace orrery
