#include "runtime/ops/elementwise.h"

#include <set>

#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/pointwise.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

struct Function {
  const char* name;
  const char* doc;
  Takes takes = Takes::all;
  Gives gives = Gives::floating;
  const char* onnx = "";
};

constexpr Function kSigns[] = {
    {"neg", "The negative of each element.", Takes::numbers, Gives::same, "Neg"},
    {"positive", "The input itself, which must be of numbers.", Takes::numbers, Gives::same, "Identity"},
    {"abs", "The absolute value of each element.", Takes::numbers, Gives::real, "Abs"},
    {"absolute", "The absolute value of each element.", Takes::numbers, Gives::real, "Abs"},
    {"sign", "-1, 0 or 1 for the sign of each element.", Takes::no_complex, Gives::same, "Sign"},
    {"sgn", "The sign of each element; x / abs(x) of a complex one.", Takes::all, Gives::same},
    {"reciprocal", "1 / x of each element.", Takes::all, Gives::floating, "Reciprocal"},
};

constexpr Function kRoundings[] = {
    {"floor", "The largest whole number that is not above each element.", Takes::real_numbers, Gives::same,
     "Floor"},
    {"ceil", "The smallest whole number that is not below each element.", Takes::real_numbers, Gives::same,
     "Ceil"},
    {"trunc", "Each element without its fraction.", Takes::real_numbers, Gives::same},
    {"frac", "The fraction of each element, with its sign.", Takes::floating, Gives::same},
};

constexpr Function kPowers[] = {
    {"sqrt", "Square root of each element.", Takes::all, Gives::floating, "Sqrt"},
    {"rsqrt", "1 / sqrt(x) of each element."},
    {"exp", "e to the power of each element.", Takes::all, Gives::floating, "Exp"},
    {"exp2", "2 to the power of each element."},
    {"expm1", "exp(x) - 1 of each element, exact for small ones."},
    {"log", "Natural logarithm of each element.", Takes::all, Gives::floating, "Log"},
    {"log2", "Logarithm to base 2 of each element."},
    {"log10", "Logarithm to base 10 of each element."},
    {"log1p", "log(1 + x) of each element, exact for small ones."},
};

constexpr Function kAngles[] = {
    {"sin", "Sine of each element in radians.", Takes::all, Gives::floating, "Sin"},
    {"cos", "Cosine of each element in radians.", Takes::all, Gives::floating, "Cos"},
    {"tan", "Tangent of each element in radians.", Takes::all, Gives::floating, "Tan"},
    {"asin", "Angle whose sine is each element.", Takes::all, Gives::floating, "Asin"},
    {"acos", "Angle whose cosine is each element.", Takes::all, Gives::floating, "Acos"},
    {"atan", "Angle whose tangent is each element.", Takes::all, Gives::floating, "Atan"},
    {"sinh", "Hyperbolic sine of each element.", Takes::all, Gives::floating, "Sinh"},
    {"cosh", "Hyperbolic cosine of each element.", Takes::all, Gives::floating, "Cosh"},
    {"asinh", "Inverse hyperbolic sine of each element.", Takes::all, Gives::floating, "Asinh"},
    {"acosh", "Inverse hyperbolic cosine of each element.", Takes::all, Gives::floating, "Acosh"},
    {"atanh", "Inverse hyperbolic tangent of each element.", Takes::all, Gives::floating, "Atanh"},
    {"sinc", "sin(pi x) / (pi x) of each element, 1 at 0."},
    {"deg2rad", "Degrees as radians.", Takes::no_complex},
    {"rad2deg", "Radians as degrees.", Takes::no_complex},
};

constexpr Function kSpecial[] = {
    {"erf", "Error function of each element.", Takes::no_complex, Gives::floating, "Erf"},
    {"erfc", "1 - erf(x) of each element.", Takes::no_complex},
    {"erfinv", "Inverse error function of each element.", Takes::no_complex},
    {"lgamma", "Logarithm of the gamma function's magnitude.", Takes::no_complex},
    {"digamma", "Derivative of the gamma function's logarithm.", Takes::no_complex},
};

bool keeps_its_output(const std::string& function) {
  static const std::set<std::string> kFunctions = {"sgn", "reciprocal", "sqrt",  "rsqrt",
                                                   "exp", "exp2",       "expm1", "tan"};
  return kFunctions.contains(function);
}

template <size_t Count>
void add_all(Registry& registry, const Function (&functions)[Count]) {
  for (const Function& f : functions) {
    Descriptor d = unary(Category::elementwise, f.name, f.doc, {f.takes, f.gives}, f.onnx);
    registry.add(keeps_its_output(f.name) ? keeping(std::move(d)) : std::move(d));
  }
}

Attribute optional_real(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc)};
}

Descriptor with(Descriptor d, std::vector<Attribute> attributes) {
  d.attributes = std::move(attributes);
  return d;
}

std::vector<TensorType> round_rule(ShapeContext& context) {
  const bool whole = context.attributes().integer("decimals") == 0;
  return UnaryRule{whole ? Takes::real_numbers : Takes::floating, Gives::same}(context);
}

// Booleans become integers, as in every power.
std::vector<TensorType> square_rule(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  return {{context.shape(), dtype == DType::boolean ? DType::int64 : dtype}};
}

void add_with_options(Registry& registry) {
  Descriptor square = unary(Category::elementwise, "square", "The square of each element.", {});
  square.shape = square_rule;
  registry.add(std::move(square));
  Descriptor round =
      with(unary(Category::elementwise, "round",
                 "The nearest number of some decimals; halves to the even one.", {}, "Round"),
           {integer_or("decimals", 0, "digits behind the point that stay; negative: zeros before it")});
  round.shape = round_rule;
  registry.add(std::move(round));
  registry.add(with(unary(Category::elementwise, "logit", "log(x / (1 - x)) of each element.",
                          {Takes::no_complex, Gives::floating}),
                    {optional_real("eps", "keeps the input between eps and 1 - eps; none: as it is")}));
  registry.add(with(unary(Category::elementwise, "nan_to_num", "Replaces NaN and infinities.", {}),
                    {{.name = "nan", .type = AttributeType::real, .doc = "instead of NaN", .value = 0.0},
                     optional_real("posinf", "instead of infinity; none: the largest number"),
                     optional_real("neginf", "instead of -infinity; none: the least number")}));
  registry.add(
      undifferentiable(unary(Category::elementwise, "bitwise_not", "Inverts the bits; logical for booleans.",
                             {Takes::integral, Gives::same}, "BitwiseNot")));
}

}  // namespace

void add_elementwise(Registry& registry) {
  add_all(registry, kSigns);
  add_all(registry, kRoundings);
  add_all(registry, kPowers);
  add_all(registry, kAngles);
  add_all(registry, kSpecial);
  add_with_options(registry);
  add_choosing(registry);
  add_complex_numbers(registry);
}

}  // namespace orrery
