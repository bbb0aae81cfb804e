#include "runtime/ops/pointwise.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/options.h"

namespace orrery {

bool takes(Takes kinds, DType dtype) {
  const bool boolean = dtype == DType::boolean;
  switch (kinds) {
    case Takes::all: return true;
    case Takes::no_complex: return !is_complex(dtype);
    case Takes::numbers: return !boolean;
    case Takes::real_numbers: return !boolean && !is_complex(dtype);
    case Takes::floating: return is_floating(dtype);
    case Takes::differentiable: return is_differentiable(dtype);
    case Takes::complex: return is_complex(dtype);
    case Takes::integral: return is_integral(dtype);
    case Takes::integers: return is_integral(dtype) && !boolean;
  }
  return false;
}

DType given(Gives kind, DType dtype) {
  switch (kind) {
    case Gives::same: return dtype;
    case Gives::floating: return floating_result(dtype);
    case Gives::real: return real_of(dtype);
    case Gives::angle: return real_of(floating_result(dtype));
    case Gives::boolean: return DType::boolean;
  }
  return dtype;
}

namespace {

const char* words(Takes kinds) {
  switch (kinds) {
    case Takes::all: return "inputs of any dtype";
    case Takes::no_complex: return "inputs that are not complex";
    case Takes::numbers: return "inputs of numbers";
    case Takes::real_numbers: return "inputs of real numbers";
    case Takes::floating: return "floating-point inputs";
    case Takes::differentiable: return "floating-point or complex inputs";
    case Takes::complex: return "complex inputs";
    case Takes::integral: return "inputs of integers or booleans";
    case Takes::integers: return "inputs of integers";
  }
  return "";
}

std::string remedy(Takes kinds, DType dtype) {
  if (is_complex(dtype)) return "Take a part of it, x:real(), or x:abs().";
  if (kinds == Takes::integral || kinds == Takes::integers) return "Convert it first: x:to(\"int64\").";
  if (kinds == Takes::complex) return "Make it complex: orrery.complex(x, y).";
  return "Convert it first: x:to(\"float32\").";
}

[[noreturn]] void refuse_kind(const ShapeContext& context, Takes kinds, int port) {
  const std::string mend = remedy(kinds, context.input(port).dtype);
  if (kinds == Takes::floating || kinds == Takes::differentiable)
    context.expects_floats(port, words(kinds), mend);
  context.expects_dtype(port, words(kinds), mend);
}

// The input that is of no such dtype itself; -1 when only their meeting is.
int blamed_port(const ShapeContext& context, Takes kinds) {
  for (int i = 0; i < context.input_count(); ++i)
    if (context.linked(i) && !takes(kinds, context.input(i).dtype)) return i;
  return -1;
}

}  // namespace

void expect_kind(const ShapeContext& context, Takes kinds, DType dtype) {
  if (takes(kinds, dtype)) return;
  const int port = blamed_port(context, kinds);
  if (port >= 0) refuse_kind(context, kinds, port);
  context.expects_option(words(kinds), fmt::format("{}, in which they meet", name(dtype)),
                         remedy(kinds, dtype));
}

void expect_kind_of(const ShapeContext& context, Takes kinds, int port) {
  if (!takes(kinds, context.input(port).dtype)) refuse_kind(context, kinds, port);
}

void expect_same_dtype(const ShapeContext& context, int port, int other) {
  const DType wanted = context.input(other).dtype;
  if (context.input(port).dtype == wanted) return;
  context.expects_dtype(port, fmt::format("inputs of one dtype, {}", name(wanted)),
                        fmt::format("Convert it first: x:to(\"{}\").", name(wanted)));
}

Operand operand_at(const ShapeContext& context, int port, const std::string& name) {
  const Attributes& a = context.attributes();
  const std::string expected = fmt::format("a value or a number as {}", name);
  if (context.linked(port) && a.has(name)) context.expects_option(expected, "both");
  if (context.linked(port)) return operand(context.input(port));
  if (!a.has(name)) context.expects_option(expected, "neither");
  return operand(a.at(name));
}

DType meeting_dtype(const ShapeContext& context, const std::vector<Operand>& operands) {
  bool half = false, complex = false;
  for (const Operand& each : operands) {
    if (each.weight != Operand::Weight::tensor) continue;
    half = half || each.dtype == DType::float16;
    complex = complex || is_complex(each.dtype);
  }
  const DType dtype = result_type(operands);
  if (half && !complex && is_complex(dtype))
    context.expects_dtype(0, "an input that meets a complex scalar in complex64 or complex128",
                          "Convert it first: x:to(\"float32\").");
  return dtype;
}

Shape meeting_shape(ShapeContext& context) {
  Shape shape;
  for (int port = 0; port < context.input_count(); ++port)
    if (context.linked(port)) shape = broadcast(context, port, shape, context.shape(port));
  return shape;
}

std::vector<TensorType> UnaryRule::operator()(ShapeContext& context) const {
  const DType dtype = context.input(0).dtype;
  expect_kind_of(context, takes);
  return {{context.shape(), given(gives, dtype)}};
}

std::vector<TensorType> MeetingRule::operator()(ShapeContext& context) const {
  std::vector<Operand> operands;
  bool value = false;
  for (int port = 0; port < static_cast<int>(ports.size()); ++port) {
    const bool number = std::ranges::any_of(context.attributes().entries(),
                                            [&](const auto& entry) { return entry.name == ports[port]; });
    operands.push_back(number ? operand_at(context, port, ports[port]) : operand(context.input(port)));
    value = value || context.linked(port);
  }
  if (!value) context.expects_option("a value among its operands", "numbers alone");
  const DType dtype = meeting_dtype(context, operands);
  expect_kind(context, takes, dtype);
  return {{meeting_shape(context), given(gives, dtype)}};
}

Descriptor unary(Category category, std::string name, std::string doc, UnaryRule rule, std::string onnx) {
  Descriptor d{.name = name, .category = category, .doc = std::move(doc)};
  d.inputs = {input_port()};
  d.shape = rule;
  d.in_place = rule.gives != Gives::real && rule.gives != Gives::angle && rule.gives != Gives::boolean;
  d.differentiable = rule.gives != Gives::boolean;
  d.torch = "torch." + name;
  d.onnx = std::move(onnx);
  return d;
}

void add_number_port(Descriptor& descriptor, const std::string& name, std::string doc, Port::Kind kind) {
  descriptor.inputs.push_back({.name = name, .kind = kind, .doc = std::move(doc)});
  descriptor.attributes.push_back({.name = name,
                                   .type = AttributeType::number,
                                   .doc = fmt::format("the number, when {} is no value", name)});
}

Descriptor binary(Category category, std::string name, std::string doc, Takes takes, Gives gives,
                  Numbers numbers, std::string second) {
  Descriptor d = unary(category, std::move(name), std::move(doc), {takes, gives});
  d.shape = MeetingRule{{"input", second}, takes, gives};
  d.in_place = true;
  if (numbers == Numbers::any) {
    d.inputs.clear();
    add_number_port(d, "input", "a value or a number");
  }
  if (numbers == Numbers::none) {
    d.inputs.push_back({.name = second, .doc = "the second operand"});
  } else {
    add_number_port(d, second, "a value or a number");
  }
  return d;
}

}  // namespace orrery
