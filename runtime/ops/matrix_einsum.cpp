// Products of many operands by an equation.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/broadcast.h"
#include "runtime/ops/dims.h"
#include "runtime/ops/einsum.h"
#include "runtime/ops/families.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// The size of each letter, and of what the ellipses stand for.
struct LetterSizes {
  std::map<char, Dim> letters;
  Shape ellipsis;
};

void add_letter(ShapeContext& context, int port, char letter, const Dim& size, LetterSizes& sizes) {
  const auto [found, added] = sizes.letters.emplace(letter, size);
  if (added) return;
  const Shape met = broadcast(context, port, {found->second}, {size});
  found->second = met[0];
}

void add_operand(ShapeContext& context, int port, const std::string& letters, LetterSizes& sizes) {
  const Shape& shape = context.shape(port);
  const bool open = letters.find('.') != std::string::npos;
  const size_t named = letters.size() - open;
  if (open ? shape.size() < named : shape.size() != named)
    context.expects(port, fmt::format("{}{} dimensions for '{}'", open ? "at least " : "", named, letters),
                    str(shape));
  size_t dim = 0;
  for (char letter : letters) {
    if (letter != '.') {
      add_letter(context, port, letter, shape[dim++], sizes);
      continue;
    }
    const size_t covered = shape.size() - named;
    const Shape part(shape.begin() + static_cast<std::ptrdiff_t>(dim),
                     shape.begin() + static_cast<std::ptrdiff_t>(dim + covered));
    sizes.ellipsis = broadcast(context, port, sizes.ellipsis, part);
    dim += covered;
  }
}

EinsumEquation equation_of(const ShapeContext& context) {
  try {
    return parse_einsum(context.attributes().text("equation"));
  } catch (const Error& error) {
    context.expects_option("an equation such as 'ij,jk->ik'", error.message());
  }
}

// A letter twice in an operand takes its diagonal: the sizes must be equal, a 1 does not spread.
void expect_diagonals(ShapeContext& context, int port, const std::string& letters) {
  const Shape& shape = context.shape(port);
  if (letters.find('.') != std::string::npos) return;
  for (size_t i = 0; i < letters.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (letters[i] == letters[j])
        context.expect_equal(port, shape[i], shape[j],
                             fmt::format("equal sizes where '{}' repeats a letter", letters), str(shape));
}

std::vector<TensorType> einsum_rule(ShapeContext& context) {
  const EinsumEquation equation = equation_of(context);
  if (static_cast<int>(equation.operands.size()) != context.input_count())
    context.expects(-1, fmt::format("{} operands", equation.operands.size()),
                    std::to_string(context.input_count()));
  LetterSizes sizes;
  const DType dtype = context.input(0).dtype;
  if (!is_differentiable(dtype) && dtype != DType::int64)
    context.expects_dtype(0, "operands of floating-point or complex numbers or int64");
  for (int i = 0; i < context.input_count(); ++i) {
    if (context.input(i).dtype != dtype)
      context.expects_dtype(i, fmt::format("operands of one dtype, {} like the first", name(dtype)));
    add_operand(context, i, equation.operands[i], sizes);
    expect_diagonals(context, i, equation.operands[i]);
  }
  Shape shape;
  for (char letter : equation.result) {
    if (letter == '.')
      shape.insert(shape.end(), sizes.ellipsis.begin(), sizes.ellipsis.end());
    else
      shape.push_back(sizes.letters.at(letter));
  }
  return {{shape, dtype}};
}

using SizedLetters = std::map<std::string, Dim>;

// Letters of an operand with their sizes, an ellipsis spelled out in digits from the right.
SizedLetters sized_letters(const std::string& letters, const Shape& shape) {
  SizedLetters sized;
  size_t dim = 0;
  for (char letter : letters) {
    if (letter != '.') {
      sized.emplace(std::string(1, letter), shape[dim++]);
      continue;
    }
    const size_t covered = shape.size() - (letters.size() - 1);
    for (size_t i = covered; i > 0; --i) sized.emplace(std::to_string(i), shape[dim++]);
  }
  return sized;
}

// LibTorch multiplies operand after operand: with a matrix product over all letters of both when a letter
// is summed that no later operand has, else element by element.
class EinsumCost {
 public:
  explicit EinsumCost(const CostContext& cost) : equation_(parse_einsum(cost.attributes.text("equation"))) {
    for (size_t i = 0; i < equation_.operands.size(); ++i) {
      operands_.push_back(sized_letters(equation_.operands[i], cost.inputs[i]->shape));
      for (const auto& [letter, size] : operands_.back()) counts_[letter] += size == Dim(1) ? 0 : 1;
    }
  }

  Dim total() {
    Dim total = 0;
    SizedLetters product = operands_[0];
    for (size_t i = 1; i < operands_.size(); ++i) total = total + multiply(product, operands_[i]);
    return total;
  }

 private:
  bool kept(const std::string& letter) const {
    return std::isdigit(static_cast<unsigned char>(letter[0])) != 0 ||
           equation_.result.find(letter) != std::string::npos;
  }

  // Whether both have the letter, neither as 1.
  static bool in_both(const std::string& letter, const SizedLetters& left, const SizedLetters& right) {
    const auto first = left.find(letter), second = right.find(letter);
    return first != left.end() && second != right.end() && !(first->second == Dim(1)) &&
           !(second->second == Dim(1));
  }

  Dim multiply(SizedLetters& product, const SizedLetters& right) {
    const SizedLetters left = std::move(product);
    SizedLetters all = left;
    for (const auto& [letter, size] : right)
      if (!all.contains(letter) || all.at(letter) == Dim(1)) all[letter] = size;
    product.clear();
    Dim operations = 2;
    bool summed = false;
    for (const auto& [letter, size] : all) {
      const bool both = in_both(letter, left, right);
      const bool last = !kept(letter) && (both ? --counts_[letter] == 1 : counts_[letter] <= 1);
      summed = summed || (last && both);
      if (!last || both) operations = operations * size;
      if (!last) product.emplace(letter, size);
    }
    return summed ? operations : Dim(0);
  }

  EinsumEquation equation_;
  std::vector<SizedLetters> operands_;
  std::map<std::string, int> counts_;
};

Dim einsum_flops(const CostContext& cost) { return EinsumCost(cost).total(); }

}  // namespace

void add_matrix_einsum(Registry& registry) {
  const Attribute equation = {.name = "equation",
                              .type = AttributeType::text,
                              .doc = "letters of the operands' dimensions: 'bij,bjk->bik'",
                              .required = true};
  registry.add(exported(
      counted(ordered(transform(Category::matrix, "einsum",
                                "Products summed over the letters that the result leaves out.",
                                {{.name = "operands", .kind = Port::Kind::variadic, .doc = "one or more"}},
                                {equation}, einsum_rule),
                      {"equation", "operands"}),
              einsum_flops),
      "Einsum"));
}

}  // namespace orrery
