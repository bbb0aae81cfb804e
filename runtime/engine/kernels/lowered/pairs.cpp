#include "runtime/engine/kernels/lowered/pairs.h"

#include <algorithm>
#include <utility>

#include "runtime/engine/kernels/cpu/pairs.h"

namespace orrery {
namespace {

using cpu::PairOperation;

// Numbers that are added one by one to the gradient of one that is spread; LibTorch adds more of them in
// parts, so that its error stays small.
constexpr std::int64_t kMostAdded = 4096;

// The operands' places or, of a number, its value; the second comes first where the operation says so.
struct Operands {
  Operands(const Lowering& l, bool turned) : ports{turned ? 1UL : 0UL, turned ? 0UL : 1UL} {
    const bool number = !l.node().inputs()[1];
    for (const int side : {0, 1}) {
      is_number[side] = number && ports[side] == 1;
      if (!is_number[side]) sizes[side] = l.sizes(ports[side]);
    }
    if (number) value = l.node().attributes().real("other");
  }
  size_t ports[2];
  bool is_number[2];
  std::vector<std::int64_t> sizes[2];
  double value = 0;
};

template <PairOperation operation, bool turned = false>
void lower_pairs(Lowering& l) {
  const Operands of(l, turned);
  const cpu::Pairs pairs(of.sizes[0], of.sizes[1], l.output_sizes());
  const int a = of.is_number[0] ? -1 : l.input(of.ports[0]), b = of.is_number[1] ? -1 : l.input(of.ports[1]);
  const int y = l.output();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=, number = static_cast<T>(of.value)](Memory m) {
      const T *const left = a < 0 ? &number : at_place<T>(m, a), *const right =
                                                                     b < 0 ? &number : at_place<T>(m, b);
      in_shares(pairs.total, kNumbersAlone, [&](std::int64_t begin, std::int64_t end) {
        cpu::combine<T>(operation, pairs, begin, end, left, right, at_place<T>(m, y));
      });
    });
  });
}

// Sums and differences read no operand.
bool reads_operand(PairOperation operation, int side, int of) {
  if (operation == PairOperation::multiply) return side != of;
  return operation == PairOperation::divide && (side == 1 || of == 1);
}

template <PairOperation operation, bool turned = false>
void differentiate_pairs(Lowering& l) {
  const Operands of(l, turned);
  const cpu::Pairs pairs(of.sizes[0], of.sizes[1], l.output_sizes());
  const int arrived = l.output_gradient();
  for (const int side : {0, 1}) {
    if (of.is_number[side]) continue;
    const GradientPlace to = l.input_gradient(of.ports[side]);
    if (!to) continue;
    int read[2] = {-1, -1};
    for (const int other : {0, 1})
      if (!of.is_number[other] && reads_operand(operation, side, other))
        read[other] = l.input(of.ports[other]);
    const int a = read[0], b = read[1];
    const bool spreads = pairs.spreads[side], overwrites = !to.adds && !spreads;
    const std::int64_t alone = spreads ? pairs.total : kNumbersAlone;
    in_its_dtype(l, [&]<class T>(T) {
      l.add([=, number = static_cast<T>(of.value), numbers = of.is_number[1 - side]](Memory m) {
        const T *left = at_place<T>(m, a), *right = at_place<T>(m, b);
        if (numbers) (side == 0 ? right : left) = &number;
        T* const result = at_place<T>(m, to.place);
        if (!to.adds && spreads) std::fill_n(result, pairs.count[side], T(0));
        in_shares(pairs.total, alone, [&](std::int64_t begin, std::int64_t end) {
          cpu::combine_backward<T>(operation, side, pairs, begin, end, at_place<T>(m, arrived), left, right,
                                   overwrites, result);
        });
      });
    });
  }
}

std::int64_t pairs_of(std::vector<std::int64_t> a, std::vector<std::int64_t> b) {
  if (a.size() < b.size()) std::swap(a, b);
  for (size_t back = 1; back <= b.size(); ++back)
    a[a.size() - back] = std::max(a[a.size() - back], b[b.size() - back]);
  return count_of(a);
}

bool pairs_up(const LoweringQuestion& q) {
  if (!q.node.inputs()[1]) return q.node.attributes().has("other");
  const std::int64_t pairs = pairs_of(q.sizes[0], q.sizes[1]);
  return pairs > 0 && pairs <= kMostAdded * std::min(count_of(q.sizes[0]), count_of(q.sizes[1]));
}

bool divides_plainly(const LoweringQuestion& q) {
  return pairs_up(q) && !q.node.attributes().has("rounding_mode");
}

template <PairOperation operation, bool turned = false>
constexpr LoweringEntry pair_entry(const char* name, bool (*covers)(const LoweringQuestion&) = pairs_up) {
  return {.operation = name,
          .covers = covers,
          .forward = lower_pairs<operation, turned>,
          .backward = differentiate_pairs<operation, turned>,
          .order = ResultOrder::of_inputs};
}

// -1 x, as a pair with a number.
void lower_negative(Lowering& l) {
  const cpu::Pairs pairs(l.sizes(), {}, l.output_sizes());
  const int x = l.input(), y = l.output();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T negative = -1;
      in_shares(pairs.total, kNumbersAlone, [&](std::int64_t begin, std::int64_t end) {
        cpu::combine<T>(PairOperation::multiply, pairs, begin, end, at_place<T>(m, x), &negative,
                        at_place<T>(m, y));
      });
    });
  });
}

void differentiate_negative(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  const cpu::Pairs pairs(l.sizes(), {}, l.output_sizes());
  const int arrived = l.output_gradient();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T negative = -1;
      in_shares(pairs.total, kNumbersAlone, [&](std::int64_t begin, std::int64_t end) {
        cpu::combine_backward<T>(PairOperation::multiply, 0, pairs, begin, end, at_place<T>(m, arrived),
                                 nullptr, &negative, !to.adds, at_place<T>(m, to.place));
      });
    });
  });
}

bool is_second_power(const LoweringQuestion& q) {
  const Attributes& a = q.node.attributes();
  return !q.node.inputs()[1] && a.has("exponent") && a.real("exponent") == 2;
}

// x x, whose derivative comes from either side.
void lower_square(Lowering& l) {
  const cpu::Pairs pairs(l.sizes(), l.sizes(), l.output_sizes());
  const int x = l.input(), y = l.output();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T* const values = at_place<T>(m, x);
      in_shares(pairs.total, kNumbersAlone, [&](std::int64_t begin, std::int64_t end) {
        cpu::combine<T>(PairOperation::multiply, pairs, begin, end, values, values, at_place<T>(m, y));
      });
    });
  });
}

void differentiate_square(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  const cpu::Pairs pairs(l.sizes(), l.sizes(), l.output_sizes());
  const int x = l.input(), arrived = l.output_gradient();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T* const values = at_place<T>(m, x);
      in_shares(pairs.total, kNumbersAlone, [&](std::int64_t begin, std::int64_t end) {
        for (const int side : {0, 1})
          cpu::combine_backward<T>(PairOperation::multiply, side, pairs, begin, end, at_place<T>(m, arrived),
                                   values, values, side == 0 && !to.adds, at_place<T>(m, to.place));
      });
    });
  });
}

constexpr LoweringEntry kPairLowerings[] = {pair_entry<PairOperation::subtract>("sub", sums_up),
                                            pair_entry<PairOperation::subtract, true>("rsub", sums_up),
                                            pair_entry<PairOperation::multiply>("mul"),
                                            pair_entry<PairOperation::divide>("div", divides_plainly),
                                            pair_entry<PairOperation::divide>("true_divide"),
                                            {"neg", nullptr, lower_negative, differentiate_negative},
                                            {"square", nullptr, lower_square, differentiate_square},
                                            {"pow", is_second_power, lower_square, differentiate_square}};

}  // namespace

bool sums_up(const LoweringQuestion& q) { return pairs_up(q) && q.node.attributes().real("alpha") == 1; }

void lower_spread_sum(Lowering& l) { lower_pairs<PairOperation::add>(l); }
void differentiate_spread_sum(Lowering& l) { differentiate_pairs<PairOperation::add>(l); }

std::span<const LoweringEntry> pair_lowerings() { return kPairLowerings; }

}  // namespace orrery
