#include "runtime/ops/operations.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void draw_limit(Entries& entries, Dice& dice, const std::string& name) {
  if (AttributeValue* limit = drawn(entries, name)) *limit = dice.pick<double>({-1.0, 0.2, 1.5});
}

void draw_min_val(Entries& entries, Dice& dice) { draw_limit(entries, dice, "min_val"); }
void draw_lower(Entries& entries, Dice& dice) { draw_limit(entries, dice, "lower"); }

void fit_slopes(RandomCase& one, Dice& dice) {
  Shape& shape = one.inputs[0]->shape;
  if (shape.size() > 1 && !dice.one_in(6)) shape[1] = one.attributes.integer("num_parameters");
  if (!dice.one_in(6)) one.inputs[0]->dtype = one.attributes.dtype("dtype");
}

void fit_weight(RandomCase& one, Dice& dice) {
  const Shape& shape = one.inputs[0]->shape;
  if (dice.one_in(6)) return;
  one.inputs[1]->shape =
      dice.one_in(3) ? Shape{} : Shape{shape.size() > 1 && dice.one_in(2) ? shape[1] : Dim(1)};
}

}  // namespace

void add_activation_cases(CaseMakers& makers) {
  makers["Hardtanh"] = makers["hardtanh"] = {
      .options = draw_min_val,
      .stricter = "LibTorch takes limits in the wrong order; PyTorch's functions do not"};
  makers["RReLU"] = makers["rrelu"] = {.options = draw_lower};
  makers["Softmax2d"] = {.inputs = ranked(3, 5),
                         .stricter = "LibTorch takes more dimensions; PyTorch's module takes 3 or 4"};
  makers["PReLU"] = {.inputs = fit_slopes};
  makers["prelu"] = {.inputs = fit_weight};
  // Both sides of 0 and of the usual limits.
  for (const auto& descriptor : operations().all()) {
    if (descriptor->category != Category::activation) continue;
    makers[descriptor->name].low = -2;
    makers[descriptor->name].high = 2;
  }
}

}  // namespace orrery
