#include "runtime/engine/kernels/cpu/dropout.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

bool drops_nothing(const Node& node, bool training) {
  const Attributes& a = node.attributes();
  const bool drops = node.layer() ? training : a.boolean("training");
  return !drops || a.real("p") == 0;
}

// Nothing is drawn where nothing goes, or nothing stays.
bool draws_alike(const LoweringQuestion& q) {
  const double p = q.node.attributes().real("p");
  return p == 0 || (p < 1 && lies_in_order(q.node.inputs()[0]));
}

// LibTorch draws, so that the same numbers stay as without a plan; one byte for each is kept.
void lower_dropout(Lowering& l) {
  const std::int64_t count = count_of(l.sizes());
  const double stays = 1 - l.node().attributes().real("p");
  const int x = l.input(), y = l.output(), drawn = l.scratch(count);
  const int mask = l.keep(count / static_cast<std::int64_t>(sizeof(float)) + 1);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      at::from_blob(m[drawn], {count}, at::CppTypeToScalarType<T>::value).bernoulli_(stays);
      in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
        cpu::drop<T>(begin, end, T(1) / static_cast<T>(stays), at_place<T>(m, drawn), at_place<T>(m, x),
                     at_place<std::uint8_t>(m, mask), at_place<T>(m, y));
      });
    });
  });
}

void differentiate_dropout(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  const std::int64_t count = count_of(l.sizes());
  const double stays = 1 - l.node().attributes().real("p");
  const int arrived = l.output_gradient(), mask = l.kept(0);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
        cpu::drop_backward<T>(begin, end, T(1) / static_cast<T>(stays), at_place<T>(m, arrived),
                              at_place<std::uint8_t>(m, mask), to.adds, at_place<T>(m, to.place));
      });
    });
  });
}

constexpr LoweringEntry dropout_entry(const char* operation) {
  return {.operation = operation,
          .covers = draws_alike,
          .forward = lower_dropout,
          .backward = differentiate_dropout,
          .passes_on = drops_nothing,
          .by_training = true,
          .order = ResultOrder::of_inputs};
}

constexpr LoweringEntry kDropoutLowerings[] = {dropout_entry("Dropout"), dropout_entry("dropout")};

}  // namespace

std::span<const LoweringEntry> dropout_lowerings() { return kDropoutLowerings; }

}  // namespace orrery
