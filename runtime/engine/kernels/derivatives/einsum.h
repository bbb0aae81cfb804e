#pragma once

#include <string>
#include <vector>

#include "runtime/engine/kernels/derivative.h"

namespace orrery {

/// A sum of products, one letter per axis.
struct EinsumTerms {
  std::vector<std::string> inputs;
  std::string output;
};

EinsumTerms terms_of_equation(const std::string& equation);
/// Whether each gradient is such a sum again: no letter twice in a term, none that only one input has, no
/// broadcast, no ellipsis.
bool covers_terms(const EinsumTerms& terms, std::span<const at::Tensor> inputs);
/// REQUIRES: `covers_terms`; the inputs.
std::vector<at::Tensor> terms_gradients(const DerivativeContext& d, const EinsumTerms& terms);

}  // namespace orrery
