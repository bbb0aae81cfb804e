#include <limits>

#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"
#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

// Matrices with 1 on the diagonal can be inverted, factored and so on.
at::Tensor units(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[static_cast<size_t>(port)];
  const std::vector<std::int64_t> sizes = values(type.shape);
  if (sizes.size() < 2) return at::ones(sizes, scalar_type(type.dtype));
  return at::eye(sizes[sizes.size() - 2], sizes.back(), scalar_type(type.dtype)).expand(sizes).clone();
}

void fit_precise_dtype(RandomCase& one, Dice& dice) {
  const DType dtype = dice.pick<DType>({DType::float32, DType::float64, DType::complex64, DType::float32});
  for (auto& input : one.inputs)
    if (!dice.one_in(8)) input->dtype = dtype;
}

void fit_matrices(RandomCase& one, Dice& dice) {
  fit_precise_dtype(one, dice);
  if (!dice.one_in(8)) one.inputs[0]->shape = random_shape(dice, 2, 4);
}

void fit_square(RandomCase& one, Dice& dice) {
  fit_matrices(one, dice);
  Shape& shape = one.inputs[0]->shape;
  if (shape.size() >= 2 && !dice.one_in(8)) shape[shape.size() - 2] = shape.back();
}

void fit_right_side(RandomCase& one, Dice& dice, bool square) {
  square ? fit_square(one, dice) : fit_matrices(one, dice);
  const Shape& a = one.inputs[0]->shape;
  if (a.size() < 2 || dice.one_in(8)) return;
  Shape& b = one.inputs[1]->shape;
  b = a;
  b.back() = dice.between(1, 3);
  if (dice.one_in(3)) b.pop_back();
  if (dice.one_in(4) && b.size() > 2) b[0] = 1;
}

void fit_solve(RandomCase& one, Dice& dice) {
  fit_right_side(one, dice, true);
  if (dice.one_in(6))
    one.inputs[1]->shape = {one.inputs[0]->shape.empty() ? Dim(2) : one.inputs[0]->shape.back()};
}

// A processor knows no other way.
void with_pivots(Entries& entries, Dice&) {
  if (AttributeValue* pivot = drawn(entries, "pivot")) *pivot = true;
}

void fit_lu_solve(RandomCase& one, Dice& dice) {
  fit_square(one, dice);
  const TensorType lu = *one.inputs[0];
  Shape rows = lu.shape;
  if (!rows.empty()) rows.pop_back();
  one.inputs[1] = TensorType{rows, dice.one_in(8) ? DType::int64 : DType::int32};
  if (dice.one_in(8)) one.inputs[1]->shape = random_shape(dice, 0, 2);
  Shape& b = one.inputs[2]->shape;
  b = lu.shape;
  if (b.size() >= 2) b[b.size() - (one.attributes.boolean("left") ? 1 : 2)] = dice.between(0, 3);
  if (b.size() > 2 && dice.one_in(4)) b[0] = 1;
  if (dice.one_in(8)) b = random_shape(dice, 0, 3);
}

// Pivots are rows, counted from 1.
at::Tensor factors(const RandomCase& one, int port) {
  if (port != 1) return units(one, port);
  return at::ones(values(one.inputs[1]->shape), scalar_type(one.inputs[1]->dtype));
}

void fit_lstsq(RandomCase& one, Dice& dice) {
  fit_right_side(one, dice, false);
  if (!dice.one_in(8)) return;
  one.inputs[0]->shape = {1, 3, 2};
  one.inputs[1]->shape = {3, 2};
}

void fit_chain(RandomCase& one, Dice& dice) {
  const Dim first = dice.between(1, 4), middle = dice.between(1, 4), last = dice.between(1, 4);
  one.inputs = {TensorType{{first, middle}}, TensorType{{middle, last}}};
  if (dice.one_in(3)) one.inputs.push_back(TensorType{{last}});
  if (dice.one_in(3)) one.inputs[0]->shape.erase(one.inputs[0]->shape.begin());
  if (dice.one_in(6)) one.inputs.pop_back();
  if (dice.one_in(6)) one.inputs[0]->shape.push_back(2);
  if (dice.one_in(6)) one.inputs[0]->dtype = random_dtype(dice);
}

void draw_norm(Entries& entries, Dice& dice) {
  if (AttributeValue* order = drawn(entries, "ord"))
    if (!std::holds_alternative<std::string>(*order))
      *order = dice.pick<AttributeValue>({std::int64_t{1}, std::int64_t{2}, std::int64_t{-1}, std::int64_t{0},
                                          std::numeric_limits<double>::infinity(), 0.5});
  if (AttributeValue* dim = drawn(entries, "dim"))
    *dim = dice.one_in(2) ? std::vector<std::int64_t>{-1} : std::vector<std::int64_t>{0, -1};
}

void fit_norm(RandomCase& one, Dice& dice) {
  if (!dice.one_in(3)) fit_precise_dtype(one, dice);
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 3);
}

// The first matrices far from singular ones, with eigenvalues and singular values that differ.
at::Tensor raise_diagonal(const at::Tensor& drawn, int port) {
  if (port != 0 || drawn.dim() < 2) return drawn;
  const std::int64_t rows = drawn.size(-2), columns = drawn.size(-1);
  return drawn + at::eye(rows, columns, at::kDouble) * (at::arange(columns, at::kDouble) + 1) * 2;
}

// Half of such a matrix is read, for both.
at::Tensor symmetric(const at::Tensor& drawn, int port) {
  return drawn.dim() < 2 ? drawn : raise_diagonal((drawn + drawn.mH()) / 2, port);
}

bool is_tall(const RandomCase& one) {
  const Shape& shape = one.inputs[0]->shape;
  return shape[shape.size() - 2].value() >= shape.back().value();
}
bool is_square(const RandomCase& one) {
  const Shape& shape = one.inputs[0]->shape;
  return shape[shape.size() - 2] == shape.back();
}
bool is_real(const RandomCase& one) { return !is_complex(one.inputs[0]->dtype); }

// LibTorch has no derivative of the others.
bool has_all_of_q(const RandomCase& one) {
  const std::string& mode = one.attributes.text("mode");
  return mode == "reduced" || (mode == "complete" && (is_square(one) || !is_tall(one)));
}
// Nor of what the spare vectors are; the phase of complex ones is open.
bool has_own_vectors(const RandomCase& one) {
  return is_real(one) && (is_square(one) || !one.attributes.boolean("full_matrices"));
}
// No singular value falls away, and no half is left unread.
bool reads_all(const RandomCase& one) {
  const Attributes& a = one.attributes;
  return !a.boolean("hermitian") && !a.has("atol") && !a.has("rtol");
}
bool keeps_the_rank(const RandomCase& one) { return !one.attributes.has("rcond"); }

}  // namespace

void add_linalg_cases(CaseMakers& makers) {
  for (const char* name :
       {"inv", "det", "slogdet", "matrix_exp", "cholesky", "eigh", "eigvalsh", "eigvals", "eig"})
    makers[std::string("linalg_") + name] = {.inputs = fit_square, .values = units};
  for (const char* name : {"qr", "svd", "svdvals"})
    makers[std::string("linalg_") + name] = {.inputs = fit_matrices, .values = units};
  for (const char* name : {"pinv", "matrix_rank"})
    makers[std::string("linalg_") + name] = {.inputs = fit_square, .values = units};
  for (const char* name : {"lu", "lu_factor"})
    makers[std::string("linalg_") + name] = {.options = with_pivots, .inputs = fit_matrices, .values = units};
  makers["linalg_lu_solve"] = {.inputs = fit_lu_solve, .values = factors};
  makers["linalg_solve"] = {.inputs = fit_solve, .values = units};
  makers["linalg_solve_triangular"] = {
      .inputs = fit_solve, .values = units, .stricter = "LibTorch does not compare the dtypes"};
  makers["linalg_lstsq"] = {.inputs = fit_lstsq,
                            .values = units,
                            .stricter =
                                "right sides with fewer dimensions than the matrices count in ways "
                                "that PyTorch does not tell"};
  makers["linalg_multi_dot"] = {.inputs = fit_chain};
  for (const char* name : {"qr", "svd", "svdvals", "eigvals", "lu", "lu_factor", "lu_solve", "lstsq", "pinv",
                           "solve", "solve_triangular", "inv"})
    makers[std::string("linalg_") + name].conditioned = raise_diagonal;
  for (const char* name : {"cholesky", "eigh", "eigvalsh"})
    makers[std::string("linalg_") + name].conditioned = symmetric;
  makers["linalg_qr"].smooth = has_all_of_q;
  makers["linalg_svd"].smooth = has_own_vectors;
  makers["linalg_eigh"].smooth = is_real;
  makers["linalg_lstsq"].smooth = keeps_the_rank;
  makers["linalg_pinv"].smooth = reads_all;
  makers["linalg_eig"].no_differences = "the phase of an eigenvector is open, and so are numbers made of it";
  for (const char* name : {"norm", "vector_norm", "matrix_norm"})
    makers[std::string("linalg_") + name] = {.options = draw_norm, .inputs = fit_norm};
}

}  // namespace orrery
