#include <algorithm>

#include "runtime/engine/kernels/lowered/pairs.h"

namespace orrery {
namespace {

constexpr std::int64_t kSumsAlone = 32768;

bool adds_alike(const Lowering& l) { return l.node().inputs()[1] && l.sizes(0) == l.sizes(1); }

void lower_add(Lowering& l) {
  if (!adds_alike(l)) return lower_spread_sum(l);
  const int a = l.input(0), b = l.input(1), y = l.output();
  const std::int64_t count = count_of(l.sizes());
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T *const left = at_place<T>(m, a), *const right = at_place<T>(m, b);
      T* const sum = at_place<T>(m, y);
      in_shares(count, kSumsAlone, [=](std::int64_t begin, std::int64_t end) {
        std::transform(left + begin, left + end, right + begin, sum + begin, std::plus<T>());
      });
    });
  });
}

void differentiate_add(Lowering& l) {
  if (!adds_alike(l)) return differentiate_spread_sum(l);
  const std::int64_t count = count_of(l.sizes());
  const int arrived = l.output_gradient();
  for (const size_t operand : {size_t{0}, size_t{1}}) {
    const GradientPlace to = l.input_gradient(operand);
    if (!to) continue;
    in_its_dtype(l, [&]<class T>(T) {
      l.add([=](Memory m) {
        const T* const gradient = at_place<T>(m, arrived);
        T* const sum = at_place<T>(m, to.place);
        to.adds ? cpu::add_scaled<T>(count, 1, gradient, sum) : (void)std::copy_n(gradient, count, sum);
      });
    });
  }
}

constexpr LoweringEntry kArithmeticLowerings[] = {{"add", sums_up, lower_add, differentiate_add}};

}  // namespace

std::span<const LoweringEntry> arithmetic_lowerings() { return kArithmeticLowerings; }

}  // namespace orrery
