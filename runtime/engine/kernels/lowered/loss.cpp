#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/cpu/cross_entropy.h"
#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

bool is_linked(const Node& node, size_t input) {
  return input < node.inputs().size() && static_cast<bool>(node.inputs()[input]);
}

bool averages_classes(const LoweringQuestion& q) {
  const Attributes& a = q.node.attributes();
  return q.sizes[0].size() == 2 && count_of(q.sizes[0]) > 0 && !is_linked(q.node, 2) &&
         q.node.inputs()[1].dtype() == DType::int64 && a.text("reduction") != "none" &&
         a.real("label_smoothing") == 0;
}

// LibTorch's own words for a label that is no class.
template <class T>
[[noreturn]] void refuse_label(const Node& node, T* logits, std::int64_t* labels, std::int64_t rows,
                               std::int64_t classes) {
  const at::Tensor inputs[] = {at::from_blob(logits, {rows, classes}, at::CppTypeToScalarType<T>::value),
                               at::from_blob(labels, {rows}, at::kLong), at::Tensor()};
  kernel_of (*node.descriptor())({.attributes = node.attributes(),
                                  .descriptor = node.descriptor(),
                                  .inputs = std::span(inputs).first(node.inputs().size()),
                                  .training = true,
                                  .values = node.inputs(),
                                  .node = &node});
  throw InvariantFailure("a label that only one of two kernels refuses", std::source_location::current());
}

void lower_cross_entropy(Lowering& l) {
  const int logits = l.input(0), labels = l.input(1), loss = l.output();
  const std::int64_t rows = l.sizes()[0], classes = l.sizes()[1];
  // Two numbers a row, then how many rows count.
  const int kept = l.keep(2 * rows + 1);
  const bool mean = l.node().attributes().text("reduction") == "mean";
  const std::int64_t ignored = l.node().attributes().integer("ignore_index");
  const Node* node = &l.node();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      auto* const softmax = at_place<cpu::Softmax<T>>(m, kept);
      const cpu::CrossEntropy found = cpu::cross_entropy<T>(
          {0, rows, classes, at_place<std::int64_t>(m, labels), ignored}, at_place<T>(m, logits), softmax);
      if (found.bad_row >= 0)
        refuse_label(*node, at_place<T>(m, logits), at_place<std::int64_t>(m, labels), rows, classes);
      const auto counted = static_cast<double>(found.counted);
      *at_place<T>(m, loss) = static_cast<T>(mean ? found.loss / counted : found.loss);
      at_place<T>(m, kept)[2 * rows] = static_cast<T>(mean ? 1 / counted : 1);
    });
  });
}

void differentiate_cross_entropy(Lowering& l) {
  const GradientPlace to = l.input_gradient(0);
  if (!to) return;
  const int logits = l.input(0), labels = l.input(1), kept = l.kept(0), arrived = l.output_gradient();
  const std::int64_t rows = l.sizes()[0], classes = l.sizes()[1];
  const std::int64_t ignored = l.node().attributes().integer("ignore_index");
  const int result = to.adds ? l.scratch(rows * classes) : to.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T scale = *at_place<T>(m, arrived) * at_place<T>(m, kept)[2 * rows];
      cpu::cross_entropy_backward<T>({0, rows, classes, at_place<std::int64_t>(m, labels), ignored},
                                     at_place<T>(m, logits), at_place<cpu::Softmax<T>>(m, kept), scale,
                                     at_place<T>(m, result));
      if (to.adds) cpu::add_scaled<T>(rows * classes, 1, at_place<T>(m, result), at_place<T>(m, to.place));
    });
  });
}

bool averages_squares(const LoweringQuestion& q) {
  return q.sizes[0] == q.sizes[1] && count_of(q.sizes[0]) > 0 && !is_linked(q.node, 2) &&
         q.node.inputs()[0].dtype() == q.node.inputs()[1].dtype() &&
         q.node.attributes().text("reduction") != "none";
}

// Summed in parts, so that the error stays small over many numbers.
template <class T>
double sum_of_squares(const T* a, const T* b, std::int64_t count) {
  double sum = 0;
  constexpr std::int64_t kPart = 256;
  for (std::int64_t begin = 0; begin < count; begin += kPart) {
    T part = 0;
    for (std::int64_t i = begin; i < std::min(begin + kPart, count); ++i)
      part += (a[i] - b[i]) * (a[i] - b[i]);
    sum += static_cast<double>(part);
  }
  return sum;
}

double share_of(const Lowering& l, std::int64_t count) {
  return l.node().attributes().text("reduction") == "mean" ? 1 / static_cast<double>(count) : 1;
}

void lower_squares(Lowering& l) {
  const int a = l.input(0), b = l.input(1), loss = l.output();
  const std::int64_t count = count_of(l.sizes());
  const double share = share_of(l, count);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      *at_place<T>(m, loss) =
          static_cast<T>(share * sum_of_squares(at_place<T>(m, a), at_place<T>(m, b), count));
    });
  });
}

void differentiate_squares(Lowering& l) {
  const std::int64_t count = count_of(l.sizes());
  const double share = share_of(l, count);
  const int a = l.input(0), b = l.input(1), arrived = l.output_gradient();
  for (const size_t operand : {size_t{0}, size_t{1}}) {
    const GradientPlace to = l.input_gradient(operand);
    if (!to) continue;
    const double sign = operand == 0 ? 2 * share : -2 * share;
    in_its_dtype(l, [&]<class T>(T) {
      l.add([=](Memory m) {
        const T factor = static_cast<T>(sign) * *at_place<T>(m, arrived);
        const T *const left = at_place<T>(m, a), *const right = at_place<T>(m, b);
        T* const result = at_place<T>(m, to.place);
        for (std::int64_t i = 0; i < count; ++i)
          result[i] = (to.adds ? result[i] : T(0)) + factor * (left[i] - right[i]);
      });
    });
  }
}

constexpr LoweringEntry kLossLowerings[] = {
    {.operation = "CrossEntropyLoss",
     .covers = averages_classes,
     .forward = lower_cross_entropy,
     .backward = differentiate_cross_entropy,
     .reads_indices = true},
    {"MSELoss", averages_squares, lower_squares, differentiate_squares}};

}  // namespace

std::span<const LoweringEntry> loss_lowerings() { return kLossLowerings; }

}  // namespace orrery
