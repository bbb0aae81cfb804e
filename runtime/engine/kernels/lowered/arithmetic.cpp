#include <algorithm>

#include "runtime/engine/kernels/lowered/pairs.h"

namespace orrery {
namespace {

bool adds_alike(const Lowering& l) { return l.node().inputs()[1] && l.sizes(0) == l.sizes(1); }

bool takes_relu_of_likes(const Node& node, cpu::Activation activation) {
  const auto& inputs = node.inputs();
  return cpu::is_relu(activation) && inputs[1] && inputs[0].shape() == inputs[1].shape();
}

void lower_add(Lowering& l) {
  if (!adds_alike(l)) return lower_spread_sum(l);
  const int a = l.input(0), b = l.input(1), y = l.output();
  const std::int64_t count = count_of(l.sizes());
  const bool relu = cpu::is_relu(l.activation());
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T *const left = at_place<T>(m, a), *const right = at_place<T>(m, b);
      T* const sum = at_place<T>(m, y);
      in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
        relu ? cpu::add_relu<T>(end - begin, left + begin, right + begin, sum + begin)
             : (void)std::transform(left + begin, left + end, right + begin, sum + begin, std::plus<T>());
      });
    });
  });
}

template <class T>
Instruction masked_by(int y, int gradient, int result, std::int64_t count) {
  return [=](Memory m) {
    in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
      cpu::activation_backward<T>(cpu::Activation::relu, end - begin, at_place<T>(m, gradient) + begin,
                                  at_place<T>(m, y) + begin, at_place<T>(m, result) + begin);
    });
  };
}

template <class T>
Instruction handed_to(const GradientPlace& to, int gradient, std::int64_t count) {
  return [=](Memory m) {
    in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
      const T* const all = at_place<T>(m, gradient) + begin;
      T* const sum = at_place<T>(m, to.place) + begin;
      to.adds ? cpu::add_scaled<T>(end - begin, 1, all, sum) : (void)std::copy_n(all, end - begin, sum);
    });
  };
}

// The gradient of both inputs is what relu lets through. Where they can share its memory, nothing is left to
// do; else one of them takes it over where it can, or it is masked into the first place that is written, from
// where the other has it.
void differentiate_add(Lowering& l) {
  if (!adds_alike(l)) return differentiate_spread_sum(l);
  const std::int64_t count = count_of(l.sizes());
  const bool relu = cpu::is_relu(l.activation()), own = l.may_overwrite_gradient();
  const int arrived = l.output_gradient(), y = relu ? l.output() : -1;
  if (own && (l.share_gradient(0, 1) || l.share_gradient(1, 0))) {
    in_its_dtype(l, [&]<class T>(T) {
      if (relu) l.add(masked_by<T>(y, arrived, arrived, count));
    });
    return;
  }
  const int taken = !own ? -1 : l.pass_gradient_on(0) ? 0 : l.pass_gradient_on(1) ? 1 : -1;
  const GradientPlace to[] = {taken == 0 ? GradientPlace() : l.input_gradient(0),
                              taken == 1 ? GradientPlace() : l.input_gradient(1)};
  if (taken < 0 && !to[0] && !to[1]) return;
  const bool elsewhere = relu && !own;
  const GradientPlace* masked = elsewhere ? std::ranges::find_if(to, &GradientPlace::is_new) : std::end(to);
  const int gradient = !elsewhere ? arrived : masked != std::end(to) ? masked->place : l.scratch(count);
  in_its_dtype(l, [&]<class T>(T) {
    if (relu) l.add(masked_by<T>(y, arrived, gradient, count));
    for (const GradientPlace& each : to)
      if (each && &each != masked) l.add(handed_to<T>(each, gradient, count));
  });
}

constexpr LoweringEntry kArithmeticLowerings[] = {{.operation = "add",
                                                   .covers = sums_up,
                                                   .forward = lower_add,
                                                   .backward = differentiate_add,
                                                   .takes_activation = takes_relu_of_likes,
                                                   .order = ResultOrder::of_inputs}};

}  // namespace

std::span<const LoweringEntry> arithmetic_lowerings() { return kArithmeticLowerings; }

}  // namespace orrery
