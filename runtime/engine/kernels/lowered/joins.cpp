#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

// Values of one rank; LibTorch lets empty ones of any rank be among them.
bool joins_alike(const LoweringQuestion& q) {
  for (const auto& sizes : q.sizes)
    if (sizes.size() != q.sizes[0].size() || sizes.empty() || count_of(sizes) == 0) return false;
  return true;
}

// Where each input lies in the result.
std::vector<cpu::StridedLoops> parts_of_join(const Lowering& l) {
  const std::int64_t given = l.node().attributes().integer("dim");
  const auto rank = static_cast<std::int64_t>(l.output_sizes().size());
  const auto dim = static_cast<size_t>(given < 0 ? given + rank : given);
  cpu::Layout part = cpu::dense_layout(l.output_sizes());
  std::vector<cpu::StridedLoops> parts;
  for (size_t input = 0; input < l.node().inputs().size(); ++input) {
    part.sizes[dim] = l.sizes(input)[dim];
    parts.emplace_back(part);
    part.offset += part.sizes[dim] * part.strides[dim];
  }
  return parts;
}

void lower_cat(Lowering& l) {
  const std::vector<cpu::StridedLoops> parts = parts_of_join(l);
  const int y = l.output();
  for (size_t input = 0; input < parts.size(); ++input) {
    const int x = l.input(input);
    in_its_dtype(l, [&]<class T>(T) {
      l.add([=, loops = parts[input]](Memory m) {
        in_shares(loops.turns, turns_alone(loops), [&](std::int64_t begin, std::int64_t end) {
          cpu::scatter<T>(loops, begin, end, at_place<T>(m, x), false, at_place<T>(m, y));
        });
      });
    });
  }
}

void differentiate_cat(Lowering& l) {
  const std::vector<cpu::StridedLoops> parts = parts_of_join(l);
  const int arrived = l.output_gradient();
  for (size_t input = 0; input < parts.size(); ++input) {
    const GradientPlace to = l.input_gradient(input);
    if (!to) continue;
    const std::int64_t count = count_of(l.sizes(input));
    const int result = to.adds ? l.scratch(count) : to.place;
    in_its_dtype(l, [&]<class T>(T) {
      l.add([=, loops = parts[input]](Memory m) {
        in_shares(loops.turns, turns_alone(loops), [&](std::int64_t begin, std::int64_t end) {
          cpu::gather<T>(loops, begin, end, at_place<T>(m, arrived), at_place<T>(m, result));
        });
        if (to.adds) cpu::add_scaled<T>(count, 1, at_place<T>(m, result), at_place<T>(m, to.place));
      });
    });
  }
}

constexpr LoweringEntry kJoinLowerings[] = {{"cat", joins_alike, lower_cat, differentiate_cat}};

}  // namespace

std::span<const LoweringEntry> join_lowerings() { return kJoinLowerings; }

}  // namespace orrery
