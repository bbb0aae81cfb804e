// What frames the body of orrery.scan.
#include <fmt/format.h>

#include "runtime/ops/families.h"

namespace orrery {
namespace {

int carry_count(const ShapeContext& context, int most) {
  const auto count = context.attributes().integer("carries");
  if (count > most)
    ShapeContext::expects_option(fmt::format("at most {} carries", most), std::to_string(count));
  return static_cast<int>(count);
}

// `its carry 'cell.h'`; a carry that is a single value has no name.
std::string name_of(const ShapeContext& context, int carry) {
  std::string rest = context.attributes().text("names");
  for (int i = 0; i < carry && !rest.empty(); ++i) {
    const size_t comma = rest.find(',');
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  const std::string name = rest.substr(0, rest.find(','));
  return name.empty() ? "its carry" : fmt::format("its carry '{}'", name);
}

std::string text(const TensorType& type) { return fmt::format("{} {}", str(type.shape), name(type.dtype)); }

// The numbers of the steps, the carries, and a slice of each value that is looped over.
std::vector<TensorType> begin_rule(ShapeContext& context) {
  const int carries = carry_count(context, context.input_count() - 1);
  std::vector<TensorType> outputs = {{{}, DType::int64}};
  for (int i = 0; i < carries; ++i) outputs.push_back(context.input(i));
  for (int i = carries; i < context.input_count(); ++i) {
    const Shape& shape = context.shape(i);
    if (shape.empty()) ShapeContext::expects(i, "values with a first dimension to loop over", "a scalar");
    const Dim& length = context.shape(carries)[0];
    context.expect_equal(i, shape[0], length,
                         fmt::format("values of {} steps, as the first has", length.str()),
                         fmt::format("shape {}", str(shape)));
    outputs.push_back({Shape(shape.begin() + 1, shape.end()), context.input(i).dtype});
  }
  outputs[0].shape = {context.shape(carries)[0]};
  return outputs;
}

// A step must hand on what it got.
void expect_same(ShapeContext& context, int carry, int now, int next) {
  const TensorType& wanted = context.input(now);
  const TensorType& given = context.input(next);
  const std::string expected = fmt::format("{} to stay {}", name_of(context, carry), text(wanted));
  if (given.dtype != wanted.dtype)
    throw RuleBroken{"dtype-mismatch", next, expected, text(given),
                     "Convert what the function returns, or begin with that dtype."};
  const std::string remedy = "Begin with the shape that the function returns.";
  if (given.shape.size() != wanted.shape.size()) ShapeContext::expects(next, expected, text(given), remedy);
  for (size_t d = 0; d < wanted.shape.size(); ++d)
    context.expect_equal(next, given.shape[d], wanted.shape[d], expected, text(given), remedy);
}

// The last carries, and a stack of everything else.
std::vector<TensorType> end_rule(ShapeContext& context) {
  const int carries = carry_count(context, (context.input_count() - 1) / 2);
  if (context.rank(0) != 1) ShapeContext::expects(0, "the steps of a loop", str(context.shape(0)));
  const Dim length = context.shape(0)[0];
  std::vector<TensorType> outputs;
  for (int i = 0; i < carries; ++i) {
    expect_same(context, i, 1 + i, 1 + carries + i);
    outputs.push_back(context.input(1 + i));
  }
  for (int i = 1 + 2 * carries; i < context.input_count(); ++i) {
    Shape shape = {length};
    shape.insert(shape.end(), context.shape(i).begin(), context.shape(i).end());
    outputs.push_back({shape, context.input(i).dtype});
  }
  return outputs;
}

Attribute carries() {
  return {.name = "carries",
          .type = AttributeType::integer,
          .doc = "how many values a step hands to the next",
          .required = true,
          .min = 0};
}

}  // namespace

void add_loops(Registry& registry) {
  registry.add({.name = "scan_begin",
                .category = Category::recurrent,
                .doc = "hands the body of orrery.scan its carry and a slice of what is looped over",
                .inputs = {{.name = "values",
                            .kind = Port::Kind::variadic,
                            .doc = "the first carries, then what is looped over along dimension 0"}},
                .attributes = {carries()},
                .outputs = {"steps", "value"},
                .outputs_vary = true,
                .shape = begin_rule,
                .loop = Descriptor::LoopEnd::begin,
                .node_name = "begin",
                .torch = "torch._higher_order_ops.scan"});
  registry.add({.name = "scan_end",
                .category = Category::recurrent,
                .doc = "takes from the body of orrery.scan the carry of the next step and what is stacked",
                .inputs = {{.name = "steps", .doc = "of the begin"},
                           {.name = "values",
                            .kind = Port::Kind::variadic,
                            .doc = "the carries of a step, those of the next one, then what is stacked"}},
                .attributes = {carries(),
                               {.name = "reverse",
                                .type = AttributeType::boolean,
                                .doc = "begins with the last slice",
                                .value = false},
                               {.name = "names",
                                .type = AttributeType::text,
                                .doc = "the carries' names in messages, separated by commas",
                                .value = "",
                                .hint = true}},
                .outputs = {"value"},
                .outputs_vary = true,
                .shape = end_rule,
                .loop = Descriptor::LoopEnd::end,
                .node_name = "end",
                .torch = "torch._higher_order_ops.scan"});
}

}  // namespace orrery
