#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

// Padding that the window bears.
void fit_padding(Entries& options, Dice& dice) {
  AttributeValue* padding = drawn(options, "padding");
  if (!padding || dice.one_in(4)) return;
  auto widths = std::get<std::vector<std::int64_t>>(*drawn(options, "kernel_size"));
  for (std::int64_t& width : widths) width /= 2;
  *padding = widths;
}

void fit_norm_type(Entries& options, Dice& dice) {
  put(options, "norm_type",
      dice.pick<AttributeValue>({std::int64_t{1}, std::int64_t{2}, 1.5, std::int64_t{-1}}));
}

// -1 is the input's own size; a single place is common.
auto fit_sizes(int axes) {
  return [axes](Entries& options, Dice& dice) {
    std::vector<std::int64_t> sizes(axes, 1);
    if (!dice.one_in(3))
      for (std::int64_t& size : sizes) size = dice.pick<std::int64_t>({-1, 1, 2, 3});
    put(options, "output_size", sizes);
  };
}

// One of output_size and output_ratio.
auto fit_fraction(int axes) {
  return [axes](Entries& options, Dice& dice) {
    leave_out(options, "output_size");
    leave_out(options, "output_ratio");
    if (dice.one_in(2)) {
      put(options, "output_ratio",
          std::vector<double>(dice.one_in(2) ? 1 : axes, dice.one_in(2) ? 0.5 : 0.7));
    } else {
      put(options, "output_size", std::vector<std::int64_t>(axes, dice.between(1, 3)));
    }
    put(options, "kernel_size", std::vector<std::int64_t>(axes, dice.between(1, 2)));
  };
}

void no_output_size(Entries& options, Dice&) { leave_out(options, "output_size"); }

auto fit_unpool(int axes) {
  return [axes](RandomCase& one, Dice& dice) {
    ranked(axes + 1, axes + 2)(one, dice);
    if (dice.one_in(8)) return;
    one.inputs[1] = TensorType{one.inputs[0]->shape, DType::int64};
    if (dice.one_in(8)) one.inputs[1]->shape.emplace_back(1);
  };
}

// How many places a plane has, before and after it is unpooled.
std::pair<std::int64_t, std::int64_t> planes(const RandomCase& one) {
  const Attributes& a = one.attributes;
  const std::vector<std::int64_t>& kernel = a.integers("kernel_size");
  const Shape& shape = one.inputs[0]->shape;
  std::int64_t before = 1, after = 1;
  for (size_t axis = 0; axis < kernel.size() && kernel.size() <= shape.size(); ++axis) {
    const std::int64_t size = shape[shape.size() - kernel.size() + axis].value();
    const std::int64_t stride = a.has("stride") ? a.integers("stride")[axis] : kernel[axis];
    before *= size;
    after *= std::max<std::int64_t>((size - 1) * stride + kernel[axis] - 2 * a.integers("padding")[axis], 0);
  }
  return {before, after};
}

// Which of several elements at one place wins is open.
bool has_places_for_all(const RandomCase& one) { return planes(one).first <= planes(one).second; }

// Each element of a plane has a place of its own, as far as there are places.
at::Tensor at_own_places(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[port];
  const at::Tensor ones = at::ones(values(type.shape), at::kFloat);
  if (port != 1 || type.dtype != DType::int64) return ones.to(scalar_type(type.dtype));
  const auto [before, after] = planes(one);
  const at::Tensor places = at::arange(ones.numel()).remainder(std::max<std::int64_t>(before, 1));
  return places.remainder(std::max<std::int64_t>(after, 1)).view(ones.sizes());
}

}  // namespace

void add_pooling_cases(CaseMakers& makers) {
  for (int axes : {1, 2, 3}) {
    const std::string d = std::to_string(axes) + "d";
    makers["MaxPool" + d] =
        makers["max_pool" + d] = {.options = fit_padding, .inputs = ranked(axes + 1, axes + 2)};
    makers["AvgPool" + d] =
        makers["avg_pool" + d] = {.options = fit_padding, .inputs = ranked(axes + 1, axes + 2)};
    makers["LPPool" + d] = makers["lp_pool" + d] = {
        .options = fit_norm_type,
        .inputs = ranked(axes + 1, axes + 2),
        .stricter = "LibTorch takes powers of some integers, whose averages are cut off"};
    const std::string any_rank =
        axes == 1 ? "" : "to a single place LibTorch takes any rank; PyTorch documents a batch of channels";
    makers["AdaptiveMaxPool" + d] =
        makers["adaptive_max_pool" + d] = {.options = fit_sizes(axes), .inputs = ranked(axes + 1, axes + 2)};
    makers["AdaptiveAvgPool" + d] = makers["adaptive_avg_pool" + d] = {
        .options = fit_sizes(axes), .inputs = ranked(axes + 1, axes + 2), .stricter = any_rank};
    makers["FractionalMaxPool" + d] =
        makers["fractional_max_pool" + d] = {.options = fit_fraction(axes),
                                             .inputs = ranked(axes + 1, axes + 2),
                                             .stricter = "LibTorch gives an output without elements"};
    makers["MaxUnpool" + d] = makers["max_unpool" + d] = {.options = no_output_size,
                                                          .inputs = fit_unpool(axes),
                                                          .values = at_own_places,
                                                          .smooth = has_places_for_all};
  }
}

}  // namespace orrery
