#include "runtime/ops/operations.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

// Booleans mostly, and sometimes bytes, which PyTorch took once.
DType condition(Dice& dice) {
  if (dice.one_in(8)) return DType::uint8;
  return dice.one_in(8) ? random_dtype(dice) : DType::boolean;
}

void fit_where(RandomCase& one, Dice& dice) {
  fit_operands(one, dice);
  one.inputs[0]->dtype = condition(dice);
}

void fit_masked_fill(RandomCase& one, Dice& dice) {
  fit_operands(one, dice);
  one.inputs[1]->dtype = condition(dice);
  if (one.inputs[2] && !dice.one_in(6)) one.inputs[2]->shape = {};
}

void fit_pairs(RandomCase& one, Dice& dice) {
  fit_real_parts(one, dice);
  if (!dice.one_in(6)) one.inputs[0]->shape.emplace_back(2);
}

void fit_complex(RandomCase& one, Dice& dice) {
  with_complex(one, dice);
  if (dice.one_in(2)) one.inputs[0]->dtype = DType::complex64;
}

}  // namespace

void add_elementwise_cases(CaseMakers& makers) {
  for (const auto& descriptor : operations().all())
    if (descriptor->category == Category::elementwise) makers[descriptor->name] = {.inputs = fit_operands};
  makers["acosh"].low = 1.1;
  makers["acosh"].high = 2;
  makers["clamp"].stricter = "LibTorch clamps booleans between tensors, not between numbers";
  makers["where"] = {
      .inputs = fit_where,
      .stricter = "bytes as a condition are deprecated in PyTorch: they are taken for indices"};
  makers["masked_fill"] = {
      .inputs = fit_masked_fill,
      .stricter = "a complex value fits into a real input only if its imaginary part is 0"};
  const std::string complex32 = "complex32 is none of Orrery's dtypes";
  makers["imag"] = makers["view_as_real"] = {.inputs = fit_complex};
  makers["view_as_complex"] = {.inputs = fit_pairs, .stricter = complex32};
  makers["complex"] = {.inputs = fit_real_parts, .stricter = complex32};
  makers["polar"] = {.inputs = fit_real_parts};
}

}  // namespace orrery
