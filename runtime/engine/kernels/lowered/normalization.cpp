#include <algorithm>

#include "runtime/engine/kernels/cpu/layer_norm.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

constexpr std::int64_t kNormalizedAlone = 16384;

bool has_numbers(const LoweringQuestion& q) { return count_of(q.sizes[0]) > 0; }

cpu::Rows rows_to_normalize(const Lowering& l) {
  const std::int64_t columns = count_of(l.node().attributes().integers("normalized_shape"));
  return {0, count_of(l.sizes()) / columns, columns};
}

void lower_layer_norm(Lowering& l) {
  const cpu::Rows all = rows_to_normalize(l);
  const int x = l.input(), y = l.output(), weight = l.parameter("weight"), bias = l.parameter("bias");
  const int mean = l.keep(all.end), rstd = l.keep(all.end);
  const double eps = l.node().attributes().real("eps");
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, kNormalizedAlone / all.columns + 1, [=](std::int64_t begin, std::int64_t end) {
        cpu::layer_norm<T>({begin, end, all.columns}, static_cast<T>(eps), at_place<T>(m, x),
                           at_place<T>(m, weight), at_place<T>(m, bias), at_place<T>(m, y),
                           at_place<T>(m, mean), at_place<T>(m, rstd));
      });
    });
  });
}

void differentiate_layer_norm(Lowering& l) {
  const cpu::Rows all = rows_to_normalize(l);
  const GradientPlace of_x = l.input_gradient(), of_weight = l.parameter_gradient("weight"),
                      of_bias = l.parameter_gradient("bias");
  const int arrived = l.output_gradient(), x = l.input(), weight = l.parameter("weight");
  const int mean = l.kept(0), rstd = l.kept(1);
  const std::int64_t count = all.end * all.columns;
  const int result = of_x.adds ? l.scratch(count) : of_x.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      for (const GradientPlace& sum : {of_weight, of_bias})
        if (sum && !sum.adds) std::fill_n(at_place<T>(m, sum.place), all.columns, T(0));
      cpu::layer_norm_backward<T>(
          all, at_place<T>(m, arrived), at_place<T>(m, x), at_place<T>(m, weight), at_place<T>(m, mean),
          at_place<T>(m, rstd),
          {at_place<T>(m, result), at_place<T>(m, of_weight.place), at_place<T>(m, of_bias.place)});
      if (of_x.adds) cpu::add_scaled<T>(count, 1, at_place<T>(m, result), at_place<T>(m, of_x.place));
    });
  });
}

constexpr LoweringEntry kNormalizationLowerings[] = {
    {"LayerNorm", has_numbers, lower_layer_norm, differentiate_layer_norm}};

}  // namespace

std::span<const LoweringEntry> normalization_lowerings() { return kNormalizationLowerings; }

}  // namespace orrery
