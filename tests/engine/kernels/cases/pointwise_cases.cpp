#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {

void with_complex(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) return;
  bool half = false;
  for (auto& input : one.inputs) {
    if (!input) continue;
    if (!dice.one_in(3)) input->dtype = dice.one_in(3) ? DType::complex128 : DType::complex64;
    half = half || input->dtype == DType::float16;
  }
  for (auto& input : one.inputs)
    if (input && half && input->dtype == DType::float16) input->dtype = DType::float32;
}

void fit_spread(RandomCase& one, Dice& dice) {
  for (size_t i = 1; i < one.inputs.size(); ++i) {
    if (!one.inputs[i]) continue;
    Shape& shape = one.inputs[i]->shape;
    if (!shape.empty() && dice.one_in(2)) shape.erase(shape.begin());
    if (!shape.empty() && dice.one_in(3)) shape.back() = 1;
  }
}

void fit_operands(RandomCase& one, Dice& dice) {
  fit_spread(one, dice);
  with_complex(one, dice);
}

void fit_same_dtype(RandomCase& one, Dice& dice) {
  fit_operands(one, dice);
  if (dice.one_in(6) || !one.inputs[0]) return;
  for (auto& input : one.inputs)
    if (input) input->dtype = one.inputs[0]->dtype;
}

void fit_real_parts(RandomCase& one, Dice& dice) {
  fit_spread(one, dice);
  if (dice.one_in(6)) return;
  const DType dtype = dice.one_in(2) ? DType::float32 : DType::float64;
  for (auto& input : one.inputs)
    if (input) input->dtype = dtype;
}

void one_number(Entries& entries, Dice&) {
  if (entries.size() == 2) entries.erase(entries.begin());
}

std::function<void(RandomCase&, Dice&)> ranked(std::int64_t low, std::int64_t high) {
  return [=](RandomCase& one, Dice& dice) {
    if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, low, high);
  };
}

void fit_layer_dtype(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->dtype = one.attributes.dtype("dtype");
}

void fit_dim(Entries& entries, Dice& dice) {
  if (AttributeValue* dim = drawn(entries, "dim"))
    if (!dice.one_in(6)) *dim = dice.between(-2, 1);
}

void leave_out(Entries& entries, const std::string& name) {
  std::erase_if(entries, [&](const auto& entry) { return entry.name == name; });
}

void put(Entries& entries, const std::string& name, AttributeValue value) {
  if (AttributeValue* found = drawn(entries, name)) {
    *found = std::move(value);
  } else {
    entries.push_back({name, std::move(value)});
  }
}

}  // namespace orrery
