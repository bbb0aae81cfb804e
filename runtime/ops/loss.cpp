#include "runtime/ops/loss.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {

std::vector<Port> loss_ports(std::string input, std::string target) {
  return {input_port(std::move(input)), {.name = "target", .doc = std::move(target), .label = true}};
}

Attribute weights(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::tensor, .doc = std::move(doc)};
}

std::optional<Shape> weights_shape(const ShapeContext& context, const std::string& name, int port) {
  const auto& entries = context.attributes().entries();
  if (std::ranges::find(entries, name, &Attributes::Entry::name) == entries.end())
    return context.linked(port) ? std::optional(context.shape(port)) : std::nullopt;
  return context.attributes().has(name) ? std::optional(context.attributes().shape(name)) : std::nullopt;
}

void expect_class_weights(ShapeContext& context, const Dim& classes) {
  const auto shape = weights_shape(context, "weight", 2);
  if (!shape) return;
  const std::string expected = fmt::format("a weight of shape ({}), one for each class", classes.str());
  if (shape->size() != 1) context.expects_option(expected, str(*shape));
  if (equal(shape->front(), classes) == Known::no) context.expects_option(expected, str(*shape));
  context.expect_equal(0, shape->front(), classes, expected, str(*shape));
}

void expect_spreadable(ShapeContext& context, const std::string& name, int port, const Shape& shape) {
  const auto weights = weights_shape(context, name, port);
  if (!weights) return;
  const std::string expected = fmt::format("a {} that broadcasts to {}", name, str(shape));
  if (weights->size() > shape.size()) context.expects_option(expected, str(*weights));
  for (size_t back = 1; back <= weights->size(); ++back) {
    const Dim &own = (*weights)[weights->size() - back], &wanted = shape[shape.size() - back];
    if (own == Dim(1)) continue;
    if (equal(own, wanted) == Known::no) context.expects_option(expected, str(*weights));
    context.expect_equal(0, own, wanted, expected, str(*weights));
  }
}

std::vector<TensorType> reduced(const ShapeContext& context, Shape each, DType dtype) {
  if (context.attributes().text("reduction") != "none") each.clear();
  return {{each, dtype}};
}

namespace {

// Labels in a column (N, 1) are the commonest mistake here.
std::string remedy_for(const Shape& given, const Shape& wanted) {
  const bool column = given.size() == wanted.size() + 1 && given.back() == Dim(1);
  return column ? fmt::format("Drop the last dimension: label:squeeze({}).", given.size() - 1) : "";
}

}  // namespace

void expect_shape_of(ShapeContext& context, int port, const Shape& wanted, const std::string& what) {
  const Shape& given = context.shape(port);
  const std::string expected = fmt::format("{} of shape {}", what, str(wanted));
  if (given.size() != wanted.size()) context.expects(port, expected, str(given), remedy_for(given, wanted));
  for (size_t i = 0; i < wanted.size(); ++i)
    context.expect_equal(port, given[i], wanted[i], expected, str(given));
}

void expect_like_input(ShapeContext& context, int port) {
  const Shape &input = context.shape(), &given = context.shape(port);
  const bool target = port == 1;
  const std::string expected =
      fmt::format("{} of shape {}, like its input", target ? "a target" : "an input", str(input));
  if (input.size() != given.size())
    context.expects(port, expected, str(given),
                    "Bring both to one shape, for example with unsqueeze, squeeze or view.");
  for (size_t i = 0; i < input.size(); ++i)
    context.expect_equal(port, given[i], input[i], expected, str(given));
}

void expect_no_boolean(const ShapeContext& context, int port) {
  if (context.input(port).dtype == DType::boolean)
    context.expects_dtype(port, "an input of numbers", "Convert it first: x:to(\"float32\").");
}

void expect_input_dtype(const ShapeContext& context, int port) {
  const DType wanted = context.input(0).dtype;
  if (context.input(port).dtype == wanted) return;
  context.expects_dtype(port, fmt::format("dtype {}, as its input", name(wanted)),
                        fmt::format("Convert it first: x:to(\"{}\").", name(wanted)));
}

namespace {

bool is_weights(const Attribute& attribute) { return attribute.type == AttributeType::tensor; }

Descriptor described(const Loss& loss) {
  Descriptor d{.category = Category::loss, .doc = loss.doc};
  d.inputs = loss.ports;
  d.attributes = loss.options;
  d.shape = loss.shape;
  d.onnx = loss.onnx;
  return d;
}

// The weights that were given, as buffers.
std::vector<ParameterSpec> buffers(const Attributes& attributes) {
  std::vector<ParameterSpec> specs;
  for (const char* name : {"weight", "pos_weight"}) {
    const auto& entries = attributes.entries();
    const bool known = std::ranges::find(entries, name, &Attributes::Entry::name) != entries.end();
    if (known && attributes.has(name))
      specs.push_back({name, values(attributes.shape(name)), Init::ones(), true, DType::float32});
  }
  return specs;
}

Descriptor layer_of(const Loss& loss) {
  Descriptor d = described(loss);
  d.name = loss.layer;
  d.kind = OperationKind::layer;
  d.parameters = buffers;
  d.torch = "torch.nn." + d.name;
  return d;
}

Descriptor method_of(const Loss& loss) {
  Descriptor d = described(loss);
  d.name = loss.method;
  for (const Attribute& option : loss.options)
    if (is_weights(option))
      d.inputs.push_back(
          {.name = option.name, .kind = Port::Kind::optional, .doc = option.doc, .label = true});
  std::erase_if(d.attributes, is_weights);
  d.torch = "torch.nn.functional." + d.name;
  return d;
}

}  // namespace

void add_losses(Registry& registry, const std::vector<Loss>& losses) {
  for (const Loss& loss : losses) {
    registry.add(layer_of(loss));
    registry.add(method_of(loss));
  }
}

void add_loss(Registry& registry) {
  add_losses(registry, class_losses());
  add_losses(registry, element_losses());
  add_losses(registry, vector_losses());
  registry.add(adaptive_log_softmax());
}

}  // namespace orrery
