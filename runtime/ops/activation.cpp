#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/promotion.h"

namespace orrery {
namespace {

std::vector<TensorType> relu_shape(ShapeContext& context) {
  if (context.input(0).dtype == DType::boolean)
    context.expects_dtype(0, "an input of numbers", "Convert it first: x:to(\"float32\").");
  return {context.input(0)};
}

std::vector<TensorType> smooth_shape(ShapeContext& context) {
  return {{context.shape(), floating_result(context.input(0).dtype)}};
}

std::vector<TensorType> softmax_layer_shape(ShapeContext& context) {
  context.wrapped_dim(0, context.attributes().integer("dim"));
  return like_floating_input(context);
}

std::vector<TensorType> softmax_shape(ShapeContext& context) {
  if (!context.attributes().has("dtype")) return softmax_layer_shape(context);
  context.wrapped_dim(0, context.attributes().integer("dim"));
  return {{context.shape(), context.attributes().dtype("dtype")}};
}

Descriptor layer(std::string name, std::string doc,
                 std::function<std::vector<TensorType>(ShapeContext&)> shape, std::string onnx) {
  Descriptor d{
      .name = name, .kind = OperationKind::layer, .category = Category::activation, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.shape = std::move(shape);
  d.parameters = no_parameters;
  d.torch = "torch.nn." + name;
  d.onnx = std::move(onnx);
  return d;
}

Descriptor method(std::string name, std::string doc,
                  std::function<std::vector<TensorType>(ShapeContext&)> shape, std::string onnx) {
  Descriptor d{.name = name, .category = Category::activation, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.shape = std::move(shape);
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

Descriptor with(Descriptor d, std::vector<Attribute> attributes) {
  d.attributes = std::move(attributes);
  return d;
}

}  // namespace

void add_activation(Registry& registry) {
  const Attribute dim = required_integer("dim", "the dimension that sums to 1");
  const std::string relu = "Keeps what is positive and makes the rest 0.";
  const std::string tanh = "Hyperbolic tangent of each element, between -1 and 1.";
  const std::string sigmoid = "1 / (1 + exp(-x)) of each element, between 0 and 1.";
  const std::string softmax = "Makes the elements along a dimension positive with sum 1.";
  const std::string log_softmax = "Logarithm of softmax, computed without overflow.";
  registry.add(layer("ReLU", relu, relu_shape, "Relu"));
  registry.add(layer("Tanh", tanh, smooth_shape, "Tanh"));
  registry.add(layer("Sigmoid", sigmoid, smooth_shape, "Sigmoid"));
  registry.add(with(layer("Softmax", softmax, softmax_layer_shape, "Softmax"), {dim}));
  registry.add(with(layer("LogSoftmax", log_softmax, softmax_layer_shape, "LogSoftmax"), {dim}));
  registry.add(method("relu", relu, relu_shape, "Relu"));
  registry.add(method("tanh", tanh, smooth_shape, "Tanh"));
  registry.add(method("sigmoid", sigmoid, smooth_shape, "Sigmoid"));
  registry.add(
      with(method("softmax", softmax, softmax_shape, "Softmax"), {dim, result_dtype(floating_names())}));
  registry.add(with(method("log_softmax", log_softmax, softmax_shape, "LogSoftmax"),
                    {dim, result_dtype(floating_names())}));
}

}  // namespace orrery
