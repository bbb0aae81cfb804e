#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

using Entries = std::vector<Attributes::Entry>;
using Fit = std::function<void(RandomCase&, Dice&)>;

// The ranks of a layer, and its channels at a dimension that may count from the end.
Fit channels(int low, int high, int dim, std::string option = "num_features") {
  return [=](RandomCase& one, Dice& dice) {
    if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, low, high);
    Shape& shape = one.inputs[0]->shape;
    const int rank = static_cast<int>(shape.size()), at = dim < 0 ? dim + rank : dim;
    if (at >= 0 && at < rank && !dice.one_in(6)) shape[at] = one.attributes.integer(option);
    fit_layer_dtype(one, dice);
  };
}

void draw_normalized_shape(Entries& entries, Dice& dice) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t i = dice.between(1, 2); i > 0; --i) sizes.push_back(dice.between(1, 3));
  *drawn(entries, "normalized_shape") = sizes;
}

void fit_normalized_shape(RandomCase& one, Dice& dice) {
  fit_layer_dtype(one, dice);
  if (dice.one_in(6)) return;
  Shape shape = random_shape(dice, 0, 2);
  for (std::int64_t size : one.attributes.integers("normalized_shape")) shape.emplace_back(size);
  one.inputs[0]->shape = shape;
}

void draw_groups(Entries& entries, Dice& dice) {
  if (dice.one_in(6)) return;
  *drawn(entries, "num_channels") =
      std::get<std::int64_t>(*drawn(entries, "num_groups")) * dice.between(1, 2);
}

}  // namespace

void add_normalization_cases(CaseMakers& makers) {
  const std::string unchecked =
      "the rank and, without parameters, the channels are checked by PyTorch's module at most";
  makers["BatchNorm1d"] = {.inputs = channels(2, 3, 1), .stricter = unchecked};
  makers["BatchNorm2d"] = {.inputs = channels(4, 4, 1), .stricter = unchecked};
  makers["BatchNorm3d"] = {.inputs = channels(5, 5, 1), .stricter = unchecked};
  makers["SyncBatchNorm"] = {.inputs = channels(2, 5, 1), .stricter = unchecked};
  makers["InstanceNorm1d"] = {.inputs = channels(2, 3, -2), .stricter = unchecked};
  makers["InstanceNorm2d"] = {.inputs = channels(3, 4, -3), .stricter = unchecked};
  makers["InstanceNorm3d"] = {.inputs = channels(4, 5, -4), .stricter = unchecked};
  makers["GroupNorm"] = {.options = draw_groups,
                         .inputs = channels(2, 4, 1, "num_channels"),
                         .stricter = "without parameters LibTorch takes any channels that can be grouped"};
  makers["LayerNorm"] =
      makers["RMSNorm"] = {.options = draw_normalized_shape, .inputs = fit_normalized_shape};
  makers["LocalResponseNorm"] = {
      .inputs = ranked(3, 5), .stricter = "PyTorch's function refuses fewer dimensions, not the operators"};
}

}  // namespace orrery
