#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

// What a node is: GELU has two formulas.
template <cpu::Activation activation>
cpu::Activation formula_of(const Node& node) {
  const bool by_tanh = activation == cpu::Activation::gelu && node.attributes().text("approximate") == "tanh";
  return by_tanh ? cpu::Activation::gelu_tanh : activation;
}

template <cpu::Activation named>
void lower_activation(Lowering& l) {
  const cpu::Activation activation = formula_of<named>(l.node());
  const int x = l.input(), y = l.output();
  const std::int64_t count = count_of(l.sizes());
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const T* const from = at_place<T>(m, x);
      T* const to = at_place<T>(m, y);
      in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
        // The kernel adds a bias in place; without one it only reads.
        cpu::add_bias<T>(activation, {0, 1, end - begin}, nullptr, const_cast<T*>(from) + begin, to + begin);
      });
    });
  });
}

template <cpu::Activation named>
void differentiate_activation(Lowering& l) {
  const cpu::Activation activation = formula_of<named>(l.node());
  const GradientPlace of_x = l.input_gradient();
  if (!of_x) return;
  const int arrived = l.output_gradient();
  const int known = cpu::derived_from_output(activation) ? l.output() : l.input();
  const std::int64_t count = count_of(l.sizes());
  const int result = of_x.adds ? l.scratch(count) : of_x.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(count, kNumbersAlone, [=](std::int64_t begin, std::int64_t end) {
        cpu::activation_backward<T>(activation, end - begin, at_place<T>(m, arrived) + begin,
                                    at_place<T>(m, known) + begin, at_place<T>(m, result) + begin);
        if (of_x.adds)
          cpu::add_scaled<T>(end - begin, 1, at_place<T>(m, result) + begin,
                             at_place<T>(m, of_x.place) + begin);
      });
    });
  });
}

template <cpu::Activation activation>
constexpr LoweringEntry activation_entry(const char* operation) {
  return {.operation = operation,
          .forward = lower_activation<activation>,
          .backward = differentiate_activation<activation>,
          .activation = formula_of<activation>,
          .order = ResultOrder::of_inputs};
}

constexpr LoweringEntry kActivationLowerings[] = {activation_entry<cpu::Activation::relu>("ReLU"),
                                                  activation_entry<cpu::Activation::relu>("relu"),
                                                  activation_entry<cpu::Activation::tanh>("Tanh"),
                                                  activation_entry<cpu::Activation::tanh>("tanh"),
                                                  activation_entry<cpu::Activation::sigmoid>("Sigmoid"),
                                                  activation_entry<cpu::Activation::sigmoid>("sigmoid"),
                                                  activation_entry<cpu::Activation::silu>("SiLU"),
                                                  activation_entry<cpu::Activation::silu>("silu"),
                                                  activation_entry<cpu::Activation::gelu>("GELU"),
                                                  activation_entry<cpu::Activation::gelu>("gelu")};

}  // namespace

std::span<const LoweringEntry> activation_lowerings() { return kActivationLowerings; }

}  // namespace orrery
