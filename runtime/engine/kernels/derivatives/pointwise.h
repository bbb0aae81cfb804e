#pragma once

#include <type_traits>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// The gradient of an operation's output, or the input or output that the derivative is computed from.
using Given = const at::Tensor&;

/// The gradient by a function of the output's gradient, of a tensor and, if it takes them, of the options.
template <auto Derivative>
std::vector<at::Tensor> backward_from(const DerivativeContext& d, Given tensor) {
  if constexpr (std::is_invocable_v<decltype(Derivative), Given, Given>)
    return d.result({d.for_input(0, Derivative(d.gradient(), tensor))});
  else
    return d.result({d.for_input(0, Derivative(d.gradient(), tensor, d.call.attributes))});
}

template <auto Derivative>
std::vector<at::Tensor> backward_from_input(const DerivativeContext& d) {
  return backward_from<Derivative>(d, d.call.input());
}

template <auto Derivative>
std::vector<at::Tensor> backward_from_output(const DerivativeContext& d) {
  return backward_from<Derivative>(d, d.outputs[0]);
}

/// The rule of an operation of one input, which its derivative is computed from.
template <auto Derivative>
constexpr DerivativeEntry from_input(const char* operation) {
  return {operation, backward_from_input<Derivative>, {.inputs = 1}};
}

/// The same where the derivative is computed from the output alone.
template <auto Derivative>
constexpr DerivativeEntry from_output(const char* operation) {
  return {operation, backward_from_output<Derivative>, {.outputs = true}};
}

}  // namespace orrery
