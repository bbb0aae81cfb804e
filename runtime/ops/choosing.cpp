#include "runtime/ops/broadcast.h"
#include "runtime/ops/elementwise.h"
#include "runtime/ops/pointwise.h"

namespace orrery {
namespace {

void expect_condition(const ShapeContext& context, int port, const std::string& what) {
  if (context.input(port).dtype != DType::boolean)
    context.expects_dtype(port, "booleans as " + what, "Compare first, such as x:gt(0).");
}

std::vector<TensorType> where_rule(ShapeContext& context) {
  expect_condition(context, 0, "condition");
  const DType dtype =
      meeting_dtype(context, {operand_at(context, 1, "input"), operand_at(context, 2, "other")});
  return {{meeting_shape(context), dtype}};
}

// The value is a number, or a tensor of one element without dimensions; it becomes what the input is.
std::vector<TensorType> masked_fill_rule(ShapeContext& context) {
  expect_condition(context, 1, "mask");
  const DType dtype = context.input(0).dtype, value = operand_at(context, 2, "value").dtype;
  if (context.linked(2) && context.rank(2) > 0)
    context.expects(2, "a value without dimensions", str(context.shape(2)));
  if (context.linked(2) && is_complex(value) && !is_complex(dtype))
    context.expects_dtype(2, "a value that is not complex");
  return {{broadcast(context, 1, context.shape(0), context.shape(1)), dtype}};
}

// Between bounds, each of which may be missing.
std::vector<TensorType> clamp_rule(ShapeContext& context) {
  std::vector<Operand> operands = {operand(context.input(0))};
  const char* names[] = {"min", "max"};
  for (int port : {1, 2})
    if (context.linked(port) || context.attributes().has(names[port - 1]))
      operands.push_back(operand_at(context, port, names[port - 1]));
  if (operands.size() == 1) context.expects_option("a bound, min or max", "neither");
  const DType dtype = meeting_dtype(context, operands);
  expect_kind(context, Takes::real_numbers, dtype);
  return {{meeting_shape(context), dtype}};
}

Descriptor where() {
  Descriptor d =
      unary(Category::elementwise, "where", "The input where the condition holds, else other.", {}, "Where");
  d.inputs = {{.name = "condition", .doc = "booleans"}};
  add_number_port(d, "input", "taken where the condition holds: a value or a number");
  add_number_port(d, "other", "taken elsewhere: a value or a number");
  d.shape = where_rule;
  d.method_port = 1;
  d.in_place = false;
  return d;
}

Descriptor masked_fill() {
  Descriptor d = unary(Category::elementwise, "masked_fill", "Puts a number where the mask holds.", {}, "");
  d.inputs.push_back({.name = "mask", .doc = "booleans, which broadcast with the input"});
  add_number_port(d, "value", "the number, or a value without dimensions");
  d.shape = masked_fill_rule;
  return d;
}

Descriptor clamp() {
  Descriptor d = unary(Category::elementwise, "clamp", "Keeps each element between bounds.", {}, "Clip");
  add_number_port(d, "min", "the lower bound: a value or a number; none: no bound",
                  Port::Kind::optional_number);
  add_number_port(d, "max", "the upper bound: a value or a number; none: no bound",
                  Port::Kind::optional_number);
  d.shape = clamp_rule;
  return d;
}

}  // namespace

void add_choosing(Registry& registry) {
  registry.add(where());
  registry.add(masked_fill());
  registry.add(clamp());
  registry.add(binary(Category::elementwise, "clamp_min", "Raises each element to a lower bound.",
                      Takes::no_complex, Gives::same, Numbers::other, "min"));
  registry.add(binary(Category::elementwise, "clamp_max", "Lowers each element to an upper bound.",
                      Takes::no_complex, Gives::same, Numbers::other, "max"));
}

}  // namespace orrery
