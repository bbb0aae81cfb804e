#include <memory>
#include <type_traits>
#include <utility>

#include "runtime/engine/kernels/cpu/matrix_product.h"
#include "runtime/engine/kernels/cpu/packed_weight.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

/// x [rows, in] · weightᵀ [in, out]
struct LinearSizes {
  explicit LinearSizes(const Lowering& l)
      : in(l.sizes().back()), out(l.output_sizes().back()), rows(count_of(l.output_sizes()) / out) {}
  std::int64_t in, out, rows;
};

bool has_rows(const LoweringQuestion& q) {
  return !q.sizes[0].empty() && count_of(q.sizes[0]) > 0 && q.node.outputs()[0].shape.size() > 1;
}

// x · weightᵀ, from a weight that stays as it is.
Instruction kept_product(Lowering& l, int x, int y, int weight) {
  const LinearSizes size(l);
  const std::uint64_t* const revision = l.revision("weight");
  const auto packed = std::make_shared<cpu::PackedWeight>(size.rows, size.out, size.in);
  return [=, packed_at = std::uint64_t{0}](Memory m) mutable {
    if (std::exchange(packed_at, *revision) != *revision) packed->pack(at_place<float>(m, weight));
    packed->multiply(at_place<float>(m, x), at_place<float>(m, y));
  };
}

template <class T>
Instruction forward_product(Lowering& l, int x, int y, int weight) {
  const LinearSizes size(l);
  if (l.keeps_weights() && std::is_same_v<T, float> && cpu::PackedWeight::gains(size.rows, size.out, size.in))
    return kept_product(l, x, y, weight);
  return [=](Memory m) {
    cpu::product<T>(size.rows, size.out, size.in, at_place<T>(m, x), size.in, false, at_place<T>(m, weight),
                    size.in, true, 1, 0, at_place<T>(m, y), size.out);
  };
}

// Where the derivative is found from the input, it is kept itself.
bool keeps_slope(const Lowering& l) { return l.differentiated() && !derived_from_output(l.activation()); }

void lower_linear(Lowering& l) {
  const LinearSizes size(l);
  const int x = l.input(), y = l.output(), weight = l.parameter("weight"), bias = l.parameter("bias");
  const cpu::Activation activation = l.activation();
  const bool sloped = keeps_slope(l);
  const int sums = sloped ? l.keep(size.rows * size.out) : y;
  in_its_dtype(l, [&]<class T>(T) {
    l.add(forward_product<T>(l, x, sums, weight));
    if (bias < 0 && activation == cpu::Activation::none) return;
    l.add([=](Memory m) {
      T* const result = at_place<T>(m, sums);
      const T* const added = at_place<T>(m, bias);
      in_shares(size.rows, things_alone(kNumbersAlone, size.out), [=](std::int64_t begin, std::int64_t end) {
        const auto function = sloped ? cpu::add_bias_keeping_slope<T> : cpu::add_bias<T>;
        function(activation, {begin, end, size.out}, added, result, at_place<T>(m, y));
      });
    });
  });
}

// weight = keeps weight + adds gradientᵀ x
template <class T>
Instruction updating_product(const LinearSizes& size, int gradient, int x, int weight, FoldedUpdate& update) {
  return [size, gradient, x, weight, now = &update](Memory m) {
    if (!now->begin()) return;
    cpu::product<T>(size.out, size.in, size.rows, at_place<T>(m, gradient), size.out, true, at_place<T>(m, x),
                    size.in, false, static_cast<T>(now->adds()), static_cast<T>(now->keeps()),
                    at_place<T>(m, weight), size.in);
  };
}

// The product for the weight, when its gradient is there.
template <class T>
void differentiate_weight(Lowering& l, const LinearSizes& size, int inner) {
  const GradientPlace of_weight = l.parameter_gradient("weight");
  if (!of_weight) return;
  const int x = l.input();
  l.add([=](Memory m) {
    cpu::product<T>(size.out, size.in, size.rows, at_place<T>(m, inner), size.out, true, at_place<T>(m, x),
                    size.in, false, 1, of_weight.adds ? 1 : 0, at_place<T>(m, of_weight.place), size.in);
  });
  l.release(x);
}

// The gradient in front of the activation, its columns' sums, and then two products: that for the weight
// first, whose input's memory the other may take, or last, where it changes the weight that the other reads.
// Each place is asked for behind the last reader of another whose memory it may take.
void differentiate_linear(Lowering& l) {
  const LinearSizes size(l);
  FoldedUpdate* const update = l.folded_update("weight");
  const GradientPlace of_bias = l.parameter_gradient("bias");
  const cpu::Activation activation = l.activation();
  const bool plain = activation == cpu::Activation::none;
  const int arrived = l.output_gradient();
  const bool sloped = keeps_slope(l);
  const int known = plain ? -1 : sloped ? l.kept(0) : l.output();
  const bool in_place = plain || l.may_overwrite_gradient();
  const int inner = in_place ? arrived : l.scratch(size.rows * size.out);
  in_its_dtype(l, [&]<class T>(T) {
    if (!plain || of_bias)
      l.add([=](Memory m) {
        const T* const gradient = at_place<T>(m, arrived);
        T* const result = at_place<T>(m, inner);
        T* const sums = at_place<T>(m, of_bias.place);
        const T beta = of_bias.adds ? 1 : 0;
        in_shares(
            size.out, things_alone(kNumbersAlone, size.rows), [=](std::int64_t begin, std::int64_t end) {
              const cpu::Columns columns{size.rows, size.out, begin, end};
              const T* const of_sums = at_place<T>(m, known);
              if (plain)
                cpu::sum_columns<T>(columns, gradient, beta, sums);
              else if (sums && sloped)
                cpu::multiply_sums<T>(columns, gradient, of_sums, result, beta, sums);
              else if (sums)
                cpu::activation_backward_sums<T>(activation, columns, gradient, of_sums, result, beta, sums);
            });
        if (plain || sums) return;
        if (sloped)
          cpu::multiply<T>(size.rows * size.out, gradient, at_place<T>(m, known), result);
        else
          cpu::activation_backward<T>(activation, size.rows * size.out, gradient, at_place<T>(m, known),
                                      result);
      });
    l.release(known);
    if (!update) differentiate_weight<T>(l, size, inner);
    const GradientPlace of_x = l.input_gradient();
    const int weight = of_x || update ? l.parameter("weight") : -1;
    if (of_x)
      l.add([=](Memory m) {
        cpu::product<T>(size.rows, size.in, size.out, at_place<T>(m, inner), size.out, false,
                        at_place<T>(m, weight), size.in, false, 1, of_x.adds ? 1 : 0,
                        at_place<T>(m, of_x.place), size.in);
      });
    if (update) l.add(updating_product<T>(size, inner, l.input(), weight, *update));
  });
}

bool takes_any(const Node&, cpu::Activation) { return true; }

constexpr LoweringEntry kLinearLowerings[] = {{.operation = "Linear",
                                               .covers = has_rows,
                                               .forward = lower_linear,
                                               .backward = differentiate_linear,
                                               .takes_activation = takes_any,
                                               .order = ResultOrder::in_order}};

}  // namespace

std::span<const LoweringEntry> linear_lowerings() { return kLinearLowerings; }

}  // namespace orrery
