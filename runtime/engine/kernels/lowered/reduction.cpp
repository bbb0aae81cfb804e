#include <algorithm>

#include "runtime/engine/kernels/cpu/pairs.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

using cpu::PairOperation;

// The sizes where those that are summed over are 1; none named: all.
std::vector<std::int64_t> sizes_of_sums(const Node& node, std::vector<std::int64_t> sizes) {
  const Attributes& a = node.attributes();
  const auto rank = static_cast<std::int64_t>(sizes.size());
  const bool all = !a.has("dim") || a.integers("dim").empty();
  if (all) return std::vector<std::int64_t>(sizes.size(), 1);
  for (const std::int64_t dim : a.integers("dim")) sizes[static_cast<size_t>(dim < 0 ? dim + rank : dim)] = 1;
  return sizes;
}

// Sums over the last dimensions are taken in parts, others number by number, of which LibTorch's have the
// smaller error when there are many.
bool sums_few(const LoweringQuestion& q) {
  constexpr std::int64_t kMostSummed = 4096;
  const std::int64_t count = count_of(q.sizes[0]);
  const std::vector<std::int64_t> sums = sizes_of_sums(q.node, q.sizes[0]);
  std::int64_t in_parts = 1;
  for (size_t d = sums.size(); d-- > 0 && sums[d] == 1;) in_parts *= q.sizes[0][d];
  return count > 0 && count / count_of(sums) <= kMostSummed * in_parts;
}

struct Summed {
  Summed(const Lowering& l, bool mean)
      : pairs(sizes_of_sums(l.node(), l.sizes()), {}, l.sizes()),
        share(mean ? static_cast<double>(pairs.count[0]) / static_cast<double>(pairs.total) : 1) {}
  cpu::Pairs pairs;  ///< of a sum and each number in it, the right being a factor
  double share;
};

// A sum over numbers is what the derivative of spreading one to them is, and the other way round.
template <bool mean>
void lower_sum(Lowering& l) {
  const Summed of(l, mean);
  const int x = l.input(), y = l.output();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T one = 1;
      T* const sums = at_place<T>(m, y);
      std::fill_n(sums, of.pairs.count[0], T(0));
      cpu::combine_backward<T>(PairOperation::multiply, 0, of.pairs, 0, of.pairs.total, at_place<T>(m, x),
                               nullptr, &one, false, sums);
      if (mean)
        for (std::int64_t i = 0; i < of.pairs.count[0]; ++i) sums[i] *= static_cast<T>(of.share);
    });
  });
}

template <bool mean>
void differentiate_sum(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  const Summed of(l, mean);
  const int arrived = l.output_gradient(), result = to.adds ? l.scratch(of.pairs.total) : to.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T share = static_cast<T>(of.share);
      T* const spread = at_place<T>(m, result);
      cpu::combine<T>(PairOperation::multiply, of.pairs, 0, of.pairs.total, at_place<T>(m, arrived), &share,
                      spread);
      if (to.adds) cpu::add_scaled<T>(of.pairs.total, 1, spread, at_place<T>(m, to.place));
    });
  });
}

constexpr LoweringEntry kReductionLowerings[] = {
    {"sum", sums_few, lower_sum<false>, differentiate_sum<false>},
    {"mean", sums_few, lower_sum<true>, differentiate_sum<true>}};

}  // namespace

std::span<const LoweringEntry> reduction_lowerings() { return kReductionLowerings; }

}  // namespace orrery
