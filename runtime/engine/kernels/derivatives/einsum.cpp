#include "runtime/engine/kernels/derivatives/einsum.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

namespace orrery {
namespace {

std::vector<std::string> terms_between_commas(const std::string& list) {
  std::vector<std::string> terms(1);
  for (char letter : list) {
    if (letter == ',')
      terms.emplace_back();
    else
      terms.back() += letter;
  }
  return terms;
}

// Those that occur once, in alphabetical order.
std::string implied_output(const std::string& list) {
  std::string letters;
  for (char letter : list)
    if (letter != ',' && std::ranges::count(list, letter) == 1) letters += letter;
  std::ranges::sort(letters);
  return letters;
}

bool elsewhere(const EinsumTerms& terms, size_t input, char letter) {
  if (terms.output.find(letter) != std::string::npos) return true;
  for (size_t i = 0; i < terms.inputs.size(); ++i)
    if (i != input && terms.inputs[i].find(letter) != std::string::npos) return true;
  return false;
}

bool covers_term(const EinsumTerms& terms, size_t input, at::IntArrayRef of,
                 std::map<char, std::int64_t>& sizes) {
  const std::string& term = terms.inputs[input];
  if (of.size() != term.size()) return false;
  for (size_t i = 0; i < term.size(); ++i) {
    if (std::ranges::count(term, term[i]) > 1 || !elsewhere(terms, input, term[i])) return false;
    if (sizes.try_emplace(term[i], of[i]).first->second != of[i]) return false;
  }
  return true;
}

// The output's gradient in the input's place.
at::Tensor term_gradient(const DerivativeContext& d, const EinsumTerms& terms, size_t input) {
  std::string equation = terms.output;
  std::vector<at::Tensor> factors = {d.gradient()};
  for (size_t i = 0; i < terms.inputs.size(); ++i) {
    if (i == input) continue;
    equation += "," + terms.inputs[i];
    factors.push_back(d.call.input(i));
  }
  return at::einsum(equation + "->" + terms.inputs[input], factors);
}

}  // namespace

EinsumTerms terms_of_equation(const std::string& equation) {
  std::string packed = equation;
  std::erase(packed, ' ');
  const size_t arrow = packed.find("->");
  const std::string list = packed.substr(0, arrow);
  return {terms_between_commas(list),
          arrow == std::string::npos ? implied_output(list) : packed.substr(arrow + 2)};
}

bool covers_terms(const EinsumTerms& terms, std::span<const at::Tensor> inputs) {
  if (terms.inputs.size() != inputs.size() || terms.output.find('.') != std::string::npos) return false;
  std::map<char, std::int64_t> sizes;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!covers_term(terms, i, inputs[i].sizes(), sizes)) return false;
  return true;
}

std::vector<at::Tensor> terms_gradients(const DerivativeContext& d, const EinsumTerms& terms) {
  std::vector<at::Tensor> gradients(d.wanted.size());
  for (size_t i = 0; i < terms.inputs.size(); ++i)
    if (d.wants(i)) gradients[i] = term_gradient(d, terms, i);
  return gradients;
}

}  // namespace orrery
