#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void fit_range(Entries& entries, Dice& dice) {
  if (dice.one_in(8)) return;
  Shape range = {dice.between(0, 6)};
  if (dice.one_in(2)) range = {dice.between(-3, 3), dice.between(0, 6)};
  if (dice.one_in(3)) range = {dice.between(-3, 6), dice.between(-3, 6), dice.between(-2, 2)};
  put(entries, "range", range);
}

void fit_matrix(Entries& entries, Dice& dice) {
  for (const char* name : {"n", "m"})
    if (drawn(entries, name) && !dice.one_in(6)) put(entries, name, dice.between(0, 4));
}

}  // namespace

void add_creation_cases(CaseMakers& makers) {
  for (const char* name : {"zeros_like", "ones_like", "full_like"}) makers[name] = {.inputs = with_complex};
  makers["arange"] = {.options = fit_range};
  makers["eye"] = {
      .options = fit_matrix,
      .stricter = "a list of several sizes is refused, of which the kernel would read the first"};
}

}  // namespace orrery
