#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void fit_bounds(Entries& entries, Dice& dice) {
  put(entries, "low", dice.between(-2, 2));
  put(entries, "high", dice.pick<std::int64_t>({1, 3, 7, 200, 300, 100000}));
}

void fit_count(Entries& entries, Dice& dice) {
  if (!dice.one_in(8)) put(entries, "n", dice.pick<std::int64_t>({0, 1, 4, 9, 200, 300, 70000}));
}

void fit_normal(Entries& entries, Dice& dice) {
  if (dice.one_in(4)) return;
  const bool numbers = drawn(entries, "mean") && drawn(entries, "std");
  std::erase_if(entries, [](const auto& entry) { return entry.name == "size"; });
  if (numbers) entries.push_back({"size", Shape{2, 3}});
}

void fit_weights(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 2);
}

}  // namespace

void add_random_cases(CaseMakers& makers) {
  for (const char* name : {"rand_like", "randn_like", "bernoulli", "poisson", "exponential"})
    makers[name] = {.inputs = with_complex};
  makers["randint"] = {.options = fit_bounds};
  makers["randperm"] = {
      .options = fit_count,
      .stricter = "a list of several sizes is refused, of which the kernel would read the first"};
  makers["normal"] = {.options = fit_normal,
                      .inputs = fit_operands,
                      .stricter = "numbers need the sizes beside them, and tensors none"};
  makers["multinomial"] = {.inputs = fit_weights};
}

}  // namespace orrery
