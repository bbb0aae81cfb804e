#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/pointwise.h"

namespace orrery {
namespace {

struct Comparison {
  const char* name;
  const char* doc;
  const char* symbol;
  Takes takes = Takes::all;
  const char* onnx = "";
};

constexpr Comparison kComparisons[] = {
    {"eq", "Where the input equals other.", "=", Takes::all, "Equal"},
    {"ne", "Where the input differs from other.", "≠"},
    {"lt", "Where the input is less than other.", "<", Takes::no_complex, "Less"},
    {"le", "Where the input is at most other.", "≤", Takes::no_complex, "LessOrEqual"},
    {"gt", "Where the input is greater than other.", ">", Takes::no_complex, "Greater"},
    {"ge", "Where the input is at least other.", "≥", Takes::no_complex, "GreaterOrEqual"},
};

constexpr Comparison kLogical[] = {
    {"logical_and", "Where both are not 0.", "", Takes::all, "And"},
    {"logical_or", "Where at least one is not 0.", "", Takes::all, "Or"},
    {"logical_xor", "Where exactly one is not 0.", "", Takes::all, "Xor"},
};

constexpr Comparison kQuestions[] = {
    {"logical_not", "Where the input is 0.", "", Takes::all, "Not"},
    {"isnan", "Where the input is NaN.", "", Takes::all, "IsNaN"},
    {"isinf", "Where the input is infinite.", "", Takes::all, "IsInf"},
    {"isfinite", "Where the input is neither infinite nor NaN.", ""},
};

Descriptor compared(const Comparison& c, Numbers numbers) {
  Descriptor d = binary(Category::comparison, c.name, c.doc, c.takes, Gives::boolean, numbers);
  d.symbol = c.symbol;
  d.onnx = c.onnx;
  return d;
}

std::vector<TensorType> isclose_rule(ShapeContext& context) {
  expect_same_dtype(context, 1, 0);
  return MeetingRule{{"input", "other"}, Takes::all, Gives::boolean}(context);
}

Attribute tolerance(std::string name, double value, std::string doc) {
  return {
      .name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .value = value, .min = 0};
}

Descriptor isclose() {
  Descriptor d = binary(Category::comparison, "isclose", "Where two elements differ by little.", Takes::all,
                        Gives::boolean, Numbers::none);
  d.attributes = {tolerance("rtol", 1e-5, "allowed difference relative to other"),
                  tolerance("atol", 1e-8, "allowed difference at all"),
                  flag("equal_nan", false, "NaN is close to NaN")};
  d.shape = isclose_rule;
  d.in_place = false;
  return d;
}

}  // namespace

void add_comparison(Registry& registry) {
  for (const Comparison& c : kComparisons) registry.add(compared(c, Numbers::other));
  for (const Comparison& c : kLogical) registry.add(compared(c, Numbers::none));
  for (const Comparison& c : kQuestions) {
    Descriptor d = unary(Category::comparison, c.name, c.doc, {c.takes, Gives::boolean}, c.onnx);
    d.in_place = std::string(c.name) == "logical_not";
    registry.add(std::move(d));
  }
  registry.add(isclose());
}

}  // namespace orrery
