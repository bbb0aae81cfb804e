#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

Shape spatial(Dice& dice, int axes, std::int64_t high) {
  Shape shape;
  for (int i = 0; i < axes; ++i) shape.push_back(dice.between(1, high));
  return shape;
}

Shape joined(Shape left, const Shape& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

auto fit_layer(int axes) {
  return [axes](RandomCase& one, Dice& dice) {
    if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, axes + 1, axes + 2);
    Shape& shape = one.inputs[0]->shape;
    const auto channels = static_cast<std::int64_t>(shape.size()) - axes - 1;
    if (channels >= 0 && !dice.one_in(6)) shape[channels] = one.attributes.integer("in_channels");
    fit_layer_dtype(one, dice);
  };
}

// Channels that the groups divide.
void fit_channels(std::vector<Attributes::Entry>& options, Dice& dice) {
  AttributeValue* groups = drawn(options, "groups");
  if (!groups || dice.one_in(6)) return;
  for (const char* name : {"in_channels", "out_channels"})
    *drawn(options, name) = std::get<std::int64_t>(*groups) * dice.between(1, 2);
}

// Input, weight and bias that go together.
auto fit_call(int axes, bool transposed) {
  return [axes, transposed](RandomCase& one, Dice& dice) {
    const std::int64_t groups = one.attributes.integer("groups"), in = groups * dice.between(1, 2),
                       out = groups * dice.between(1, 2);
    const Shape batch = dice.one_in(3) ? Shape{} : Shape{dice.between(1, 3)};
    one.inputs[0]->shape = joined(joined(batch, {in}), spatial(dice, axes, 6));
    if (dice.one_in(8)) one.inputs[0]->shape = random_shape(dice, axes, axes + 2);
    const Shape kernel = spatial(dice, axes, 3);
    one.inputs[1] =
        TensorType{transposed ? joined({in, out / groups}, kernel) : joined({out, in / groups}, kernel),
                   one.inputs[0]->dtype};
    if (one.inputs[2]) one.inputs[2] = TensorType{{out}, one.inputs[0]->dtype};
    if (dice.one_in(6)) one.inputs[1]->shape[dice.between(0, 1)] = dice.between(1, 4);
    if (dice.one_in(8)) one.inputs[1]->dtype = random_dtype(dice);
    if (one.inputs[2] && dice.one_in(6)) one.inputs[2]->shape = random_shape(dice, 0, 2);
  };
}

// Blocks as many as the output holds, mostly.
void fit_fold(RandomCase& one, Dice& dice) {
  const auto& a = one.attributes;
  std::int64_t area = 1, blocks = 1;
  for (int axis : {0, 1}) {
    const auto at = [&](const char* name) { return a.integers(name)[axis]; };
    area *= at("kernel_size");
    const std::int64_t room =
        at("output_size") + 2 * at("padding") - at("dilation") * (at("kernel_size") - 1) - 1;
    blocks *= room < 0 ? 1 : room / at("stride") + 1;
  }
  if (dice.one_in(6)) return;
  const Shape batch = dice.one_in(3) ? Shape{} : Shape{dice.between(1, 3)};
  one.inputs[0]->shape = joined(batch, {area * dice.between(1, 2), blocks});
  if (dice.one_in(6)) one.inputs[0]->shape[dice.between(0, 1)] = dice.between(1, 12);
}

void fit_output_size(std::vector<Attributes::Entry>& options, Dice& dice) {
  *drawn(options, "output_size") = std::vector<std::int64_t>{dice.between(1, 6), dice.between(1, 6)};
}

}  // namespace

void add_convolution_cases(CaseMakers& makers) {
  for (int axes : {1, 2, 3}) {
    const std::string d = std::to_string(axes) + "d";
    makers["Conv" + d] = makers["ConvTranspose" + d] = {.options = fit_channels, .inputs = fit_layer(axes)};
    makers["ConvTranspose" + d].stricter = "LibTorch gives an output without elements";
    makers["conv" + d] = {.inputs = fit_call(axes, false),
                          .stricter = "LibTorch convolves integers on a processor only"};
    makers["conv_transpose" + d] = {
        .inputs = fit_call(axes, true),
        .stricter = "LibTorch spreads int64, on a processor only, and gives outputs without elements"};
  }
  makers["Unfold"] = {.inputs = ranked(3, 4)};
  makers["Fold"] = makers["fold"] = {.options = fit_output_size, .inputs = fit_fold};
}

}  // namespace orrery
