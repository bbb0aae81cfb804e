#include "runtime/engine/kernels/cpu/softmax.h"

#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

bool is_along_the_last(const LoweringQuestion& q) {
  const auto rank = static_cast<std::int64_t>(q.sizes[0].size());
  const std::int64_t dim = q.node.attributes().integer("dim");
  return rank > 0 && count_of(q.sizes[0]) > 0 && (dim == -1 || dim == rank - 1);
}

cpu::Rows rows_of_shares(const Lowering& l) {
  const std::int64_t columns = l.sizes().back();
  return {0, count_of(l.sizes()) / columns, columns};
}

template <bool logarithm>
void lower_softmax(Lowering& l) {
  const cpu::Rows all = rows_of_shares(l);
  const int x = l.input(), y = l.output();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, things_alone(kExponentialsAlone, all.columns),
                [=](std::int64_t begin, std::int64_t end) {
                  constexpr auto function = logarithm ? cpu::log_softmax<T> : cpu::softmax<T>;
                  function({begin, end, all.columns}, at_place<T>(m, x), at_place<T>(m, y));
                });
    });
  });
}

template <bool logarithm>
void differentiate_softmax(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  const cpu::Rows all = rows_of_shares(l);
  const int y = l.output(), arrived = l.output_gradient();
  const std::int64_t count = count_of(l.sizes());
  const int result = to.adds ? l.scratch(count) : to.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(
          all.end, things_alone(kExponentialsAlone, all.columns), [=](std::int64_t begin, std::int64_t end) {
            constexpr auto function = logarithm ? cpu::log_softmax_backward<T> : cpu::softmax_backward<T>;
            function({begin, end, all.columns}, at_place<T>(m, arrived), at_place<T>(m, y),
                     at_place<T>(m, result));
          });
      if (to.adds) cpu::add_scaled<T>(count, 1, at_place<T>(m, result), at_place<T>(m, to.place));
    });
  });
}

// An option `dtype` that changes nothing is as good as none: the result's dtype is the input's here.
template <bool logarithm>
constexpr LoweringEntry softmax_entry(const char* operation) {
  return {.operation = operation,
          .covers = is_along_the_last,
          .forward = lower_softmax<logarithm>,
          .backward = differentiate_softmax<logarithm>};
}

constexpr LoweringEntry kSoftmaxLowerings[] = {
    softmax_entry<false>("Softmax"), softmax_entry<false>("softmax"), softmax_entry<true>("LogSoftmax"),
    softmax_entry<true>("log_softmax")};

}  // namespace

std::span<const LoweringEntry> softmax_lowerings() { return kSoftmaxLowerings; }

}  // namespace orrery
