#include <cctype>
#include <map>

#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

// Shapes of the inputs in letters, each letter one size: "ij", "jk". Now and then one is wrong.
std::function<void(RandomCase&, Dice&)> shaped(std::vector<std::string> letters) {
  return [letters](RandomCase& one, Dice& dice) {
    std::map<char, Dim> sizes;
    for (size_t i = 0; i < one.inputs.size() && i < letters.size(); ++i) {
      if (!one.inputs[i]) continue;
      if (!dice.one_in(8)) one.inputs[i]->dtype = one.inputs[0]->dtype;
      if (dice.one_in(8)) continue;
      one.inputs[i]->shape.clear();
      for (char letter : letters[i])
        one.inputs[i]->shape.push_back(sizes.try_emplace(letter, dice.between(1, 5)).first->second);
    }
  };
}

// The sum of an input, smaller here and there, and a product.
std::function<void(RandomCase&, Dice&)> added(std::vector<std::string> letters) {
  return [fit = shaped(std::move(letters))](RandomCase& one, Dice& dice) {
    fit(one, dice);
    if (dice.one_in(10)) one.inputs[0]->dtype = random_dtype(dice);
    if (!one.inputs[0]->shape.empty() && dice.one_in(3)) one.inputs[0]->shape[0] = 1;
    if (!one.inputs[0]->shape.empty() && dice.one_in(4))
      one.inputs[0]->shape.erase(one.inputs[0]->shape.begin());
  };
}

void draw_equation(Entries& entries, Dice& dice) {
  *drawn(entries, "equation") =
      dice.pick<std::string>({"ij,jk->ik", "ij,jk", "...i,...i->...", "i,j->ij", "ij->ji", "ii->i", "ij,ij->",
                              "bij, bjk, bk -> bi", "ij,jk,", "i->ij", "...ij,...jk->...ik", "ij,i->j"});
}

std::vector<std::string> operands_of(const std::string& equation) {
  std::vector<std::string> operands(1);
  for (char letter : equation.substr(0, equation.find("->"))) {
    if (letter == ',') operands.emplace_back();
    if (letter == '.' && operands.back().find('y') == std::string::npos) operands.back() += "y";
    if (std::isalpha(static_cast<unsigned char>(letter))) operands.back() += letter;
  }
  return operands;
}

void fit_einsum(RandomCase& one, Dice& dice) {
  const std::vector<std::string> operands = operands_of(one.attributes.text("equation"));
  if (!dice.one_in(8)) one.inputs.resize(operands.size(), one.inputs[0]);
  for (auto& input : one.inputs) input->dtype = dice.one_in(12) ? DType::float64 : DType::float32;
  shaped(operands)(one, dice);
}

void fit_cross(RandomCase& one, Dice& dice) {
  for (auto& input : one.inputs)
    if (!dice.one_in(8)) input->shape = {3, 3};
  if (dice.one_in(3)) one.inputs[0]->shape = {1, 3};
}

void fit_tensordot(RandomCase& one, Dice& dice) {
  one.attributes.set("dims_self", std::monostate{});
  one.attributes.set("dims_other", std::monostate{});
  shaped({"ijk", dice.one_in(2) ? "jkl" : "kij"})(one, dice);
  if (dice.one_in(2)) return;
  one.attributes.set("dims_self", std::vector<std::int64_t>{1, -1});
  one.attributes.set("dims_other", std::vector<std::int64_t>{0, 1});
}

void fit_linear_values(RandomCase& one, Dice& dice) {
  shaped({dice.one_in(3)   ? "i"
          : dice.one_in(2) ? "bi"
                           : "bci",
          dice.one_in(5) ? "i" : "oi", dice.one_in(6) ? "" : "o"})(one, dice);
}

void fit_bilinear_values(RandomCase& one, Dice& dice) {
  if (dice.one_in(2)) return shaped({"bi", "bj", "oij", "o"})(one, dice);
  shaped({"i", "j", "oij", "o"})(one, dice);
}

// They can be inverted.
at::Tensor unit_planes(const RandomCase& one, int) {
  const std::vector<std::int64_t> sizes = values(one.inputs[0]->shape);
  const at::ScalarType type = scalar_type(one.inputs[0]->dtype);
  if (sizes.size() < 2) return at::ones(sizes, type);
  return at::eye(sizes[sizes.size() - 2], sizes.back(), type).expand(sizes);
}

void fit_chain_of_products(RandomCase& one, Dice& dice) {
  one.inputs.resize(static_cast<size_t>(dice.between(1, 3)), one.inputs[0]);
  for (auto& input : one.inputs) input->dtype = dice.one_in(8) ? random_dtype(dice) : DType::float32;
  shaped({"ij", "jk", "kl"})(one, dice);
}

}  // namespace

void add_matrix_cases(CaseMakers& makers) {
  makers["einsum"] = {.options = draw_equation,
                      .inputs = fit_einsum,
                      .stricter = "mixed dtypes pass where no matrix product is taken"};
  makers["mm"] = {.inputs = shaped({"ij", "jk"})};
  makers["mv"] = {.inputs = shaped({"ij", "j"})};
  makers["bmm"] = {.inputs = shaped({"bij", "bjk"})};
  makers["dot"] = makers["vdot"] = {.inputs = shaped({"i", "i"})};
  makers["outer"] = makers["ger"] = {.inputs = shaped({"i", "j"})};
  makers["inner"] = {.inputs = shaped({"ij", "kj"})};
  makers["addmm"] = {.inputs = added({"ik", "ij", "jk"})};
  makers["addmv"] = {.inputs = added({"i", "ij", "j"}),
                     .stricter = "an input of another dtype is taken for the factors' dtype"};
  makers["addr"] = {.inputs = added({"ij", "i", "j"})};
  makers["baddbmm"] = {.inputs = added({"bik", "bij", "bjk"})};
  makers["addbmm"] = {.inputs = added({"ik", "bij", "bjk"})};
  makers["cross"] = {.inputs = fit_cross};
  makers["tensordot"] = {.inputs = fit_tensordot};
  makers["chain_matmul"] = {.inputs = fit_chain_of_products};
  makers["linear"] = {.inputs = fit_linear_values, .stricter = "PyTorch spreads a bias that is not (out)"};
  makers["bilinear"] = {.inputs = fit_bilinear_values,
                        .stricter = "PyTorch spreads a bias that is not (out)"};
  makers["trace"] = {.inputs = shaped({"ij"})};
  makers["matrix_power"] = {.inputs = shaped({"ii"}), .values = unit_planes};
}

}  // namespace orrery
