#include "tests/onnx/onnx_builder.h"

#include <fmt/format.h>

namespace orrery::testing {

OnnxBuilder& OnnxBuilder::input(const std::string& name, const std::vector<std::string>& sizes,
                                OnnxDType dtype) {
  OnnxType type{OnnxType::Kind::tensor, dtype, std::vector<OnnxDim>{}};
  for (const std::string& size : sizes) {
    const bool number = !size.empty() && std::isdigit(static_cast<unsigned char>(size[0]));
    type.shape->push_back(number ? OnnxDim{std::stoll(size), {}} : OnnxDim{-1, size});
  }
  model().graph.inputs.push_back({name, type});
  return *this;
}

OnnxBuilder& OnnxBuilder::output(const std::string& name) {
  model().graph.outputs.push_back({name, {}});
  return *this;
}

OnnxTensor OnnxBuilder::tensor(const std::string& name, OnnxDType dtype,
                               const std::vector<std::int64_t>& shape, const void* data, std::size_t size) {
  OnnxTensor tensor;
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.shape = shape;
  tensor.place = OnnxTensor::Place::typed;
  tensor.length = size;
  tensor.bytes = std::make_shared<std::string>(static_cast<const char*>(data), size);
  return tensor;
}

OnnxBuilder& OnnxBuilder::floats(const std::string& name, const std::vector<std::int64_t>& shape,
                                 const std::vector<float>& elements) {
  model().graph.initializers.push_back(
      tensor(name, OnnxDType::float32, shape, elements.data(), elements.size() * sizeof(float)));
  return *this;
}

OnnxBuilder& OnnxBuilder::integers(const std::string& name, const std::vector<std::int64_t>& shape,
                                   const std::vector<std::int64_t>& elements) {
  model().graph.initializers.push_back(
      tensor(name, OnnxDType::int64, shape, elements.data(), elements.size() * sizeof(std::int64_t)));
  return *this;
}

OnnxBuilder& OnnxBuilder::weight(const std::string& name, const std::vector<std::int64_t>& shape,
                                 float value) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return floats(name, shape, std::vector<float>(static_cast<std::size_t>(count), value));
}

OnnxBuilder& OnnxBuilder::node(const std::string& operation, std::vector<std::string> inputs,
                               std::vector<std::string> outputs, std::vector<OnnxAttribute> attributes,
                               const std::string& name) {
  model().graph.nodes.push_back(
      {name, operation, "", std::move(inputs), std::move(outputs), std::move(attributes)});
  return *this;
}

OnnxAttribute attribute(const std::string& name, std::int64_t value) {
  OnnxAttribute made{name, OnnxAttribute::Kind::integer};
  made.integer = value;
  return made;
}

OnnxAttribute attribute(const std::string& name, double value) {
  OnnxAttribute made{name, OnnxAttribute::Kind::real};
  made.real = value;
  return made;
}

OnnxAttribute attribute(const std::string& name, const char* value) {
  OnnxAttribute made{name, OnnxAttribute::Kind::text};
  made.text = value;
  return made;
}

OnnxAttribute attribute(const std::string& name, std::vector<std::int64_t> values) {
  OnnxAttribute made{name, OnnxAttribute::Kind::integers};
  made.integers = std::move(values);
  return made;
}

OnnxAttribute attribute(const std::string& name, std::vector<double> values) {
  OnnxAttribute made{name, OnnxAttribute::Kind::reals};
  made.reals = std::move(values);
  return made;
}

std::string described(const Graph& graph) {
  std::string text;
  for (const auto& node : graph.nodes()) {
    if (node->kind() == Node::Kind::input || node->kind() == Node::Kind::constant) continue;
    std::string inputs, outputs;
    for (const Value& input : node->inputs())
      if (input)
        inputs += fmt::format("{}{}", inputs.empty() ? "" : ", ",
                              input.node->kind() == Node::Kind::input ? input.node->output_name(input.output)
                                                                      : input.node->name());
    for (const TensorType& type : node->outputs()) outputs += " " + str(type.shape);
    text += fmt::format("{} = {}({}){}\n", node->path(), node->operation(), inputs, outputs);
  }
  return text;
}

}  // namespace orrery::testing
