#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

auto fit_widths(int axes) {
  return [axes](Entries& options, Dice& dice) {
    std::vector<std::int64_t> widths;
    for (int i = 0; i < 2 * axes; ++i) widths.push_back(dice.between(-1, 2));
    *drawn(options, "padding") = widths;
  };
}

void fit_pad(Entries& options, Dice& dice) {
  std::vector<std::int64_t> widths;
  for (std::int64_t i = dice.between(1, 3) * 2; i > 0; --i) widths.push_back(dice.between(-1, 2));
  *drawn(options, "pad") = widths;
  if (drawn(options, "mode")) std::erase_if(options, [](const auto& entry) { return entry.name == "value"; });
}

void fit_pad_input(RandomCase& one, Dice& dice) {
  const auto axes = static_cast<std::int64_t>(one.attributes.integers("pad").size() / 2);
  if (!dice.one_in(4)) one.inputs[0]->shape = random_shape(dice, axes + 1, axes + 2);
}

}  // namespace

void add_padding_cases(CaseMakers& makers) {
  const std::string ranks = "PyTorch documents an input with channels, LibTorch takes any";
  const std::string crops = "LibTorch takes an input away altogether";
  for (int axes : {1, 2, 3}) {
    const std::string d = "Pad" + std::to_string(axes) + "d";
    for (const char* kind : {"Constant", "Zero"})
      makers[kind + d] = {
          .options = fit_widths(axes), .inputs = ranked(axes + 1, axes + 2), .stricter = ranks};
    for (const char* kind : {"Reflection", "Replication", "Circular"})
      makers[kind + d] = {
          .options = fit_widths(axes), .inputs = ranked(axes + 1, axes + 2), .stricter = crops};
  }
  makers["ReflectionPad1d"].stricter = "";
  makers["pad"] = {.options = fit_pad, .inputs = fit_pad_input, .stricter = crops};
}

}  // namespace orrery
