#include <algorithm>
#include <cmath>

#include "runtime/ops/operations.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void fit_quantile_share(Entries& entries, Dice& dice) {
  if (drawn(entries, "q") && !dice.one_in(6)) put(entries, "q", dice.one_in(2) ? 0.5 : 1.0);
}

void fit_quantile(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->dtype = dice.one_in(3) ? DType::float64 : DType::float32;
  if (!one.inputs[1] || dice.one_in(6)) return;
  one.inputs[1] = {random_shape(dice, 0, 1), one.inputs[0]->dtype};
}

void fit_exponent(Entries& entries, Dice& dice) {
  if (drawn(entries, "p"))
    put(entries, "p", dice.pick<AttributeValue>({0.0, 1.0, 2.0, 3.5, -1.0, HUGE_VAL, -HUGE_VAL, "fro"}));
}

// LibTorch takes the one element of a complex scalar for the most frequent, and the largest.
void fit_dims(RandomCase& one, Dice& dice) {
  with_complex(one, dice);
  if (one.inputs[0]->shape.empty() && is_complex(one.inputs[0]->dtype)) one.inputs[0]->shape = {2};
}

void fit_correction(Entries& entries, Dice&) {
  if (drawn(entries, "correction"))
    std::erase_if(entries, [](const auto& entry) { return entry.name == "unbiased"; });
}

// A variance of few numbers bends too much for a difference.
bool has_many_numbers(const RandomCase& one) {
  const Shape& shape = one.inputs[0]->shape;
  const Attributes& a = one.attributes;
  std::int64_t count = 1, rank = static_cast<std::int64_t>(shape.size());
  const bool all = !a.has("dim") || a.integers("dim").empty();
  for (std::int64_t d = 0; d < rank; ++d) {
    const auto is_it = [&](std::int64_t dim) { return dim == d || dim + rank == d; };
    if (all || std::ranges::any_of(a.integers("dim"), is_it)) count *= shape[d].value();
  }
  return count >= 3 + (a.has("correction") ? static_cast<std::int64_t>(a.real("correction")) : 1);
}

// LibTorch has no derivative of what turns complex numbers into real ones, or these into complex ones.
bool stays_complex(const RandomCase& one) {
  const Attributes& a = one.attributes;
  return !a.has("dtype") || is_complex(one.inputs[0]->dtype) == is_complex(a.dtype("dtype"));
}

}  // namespace

void add_reduction_cases(CaseMakers& makers) {
  for (const auto& descriptor : operations().all())
    if (descriptor->category == Category::reduction) makers[descriptor->name] = {.inputs = with_complex};
  const std::string keepdim_alone = "keepdim without a dim is no call of PyTorch's";
  makers["max"] = makers["min"] = {.inputs = fit_operands, .stricter = keepdim_alone};
  for (const char* name : {"prod", "median", "nanmedian"}) makers[name].stricter = keepdim_alone;
  makers["quantile"] = {.options = fit_quantile_share, .inputs = fit_quantile};
  for (const char* name : {"mode", "cummax", "cummin"}) makers[name] = {.inputs = fit_dims};
  for (const char* name : {"var", "std", "var_mean", "std_mean"}) {
    makers[name].options = fit_correction;
    makers[name].smooth = has_many_numbers;
  }
  makers["norm"].options = fit_exponent;
  makers["mean"].smooth = stays_complex;
}

}  // namespace orrery
