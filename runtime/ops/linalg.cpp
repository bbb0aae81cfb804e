#include <algorithm>

#include <fmt/format.h>

#include "runtime/ops/broadcast.h"
#include "runtime/ops/dims.h"
#include "runtime/ops/factors.h"
#include "runtime/ops/families.h"
#include "runtime/ops/promotion.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

// Decompositions are made for single and double precision.
void expect_precise(ShapeContext& context, int port) {
  const DType dtype = context.input(port).dtype;
  if (dtype == DType::float32 || dtype == DType::float64 || is_complex(dtype)) return;
  context.expects_floats(port, "float32, float64 or complex numbers",
                         "Convert them first: x:to(\"float32\").");
}

void expect_matrices(ShapeContext& context, int port = 0) {
  if (context.rank(port) < 2)
    context.expects(port, "matrices, at least 2 dimensions", str(context.shape(port)));
  expect_precise(context, port);
}

void expect_square(ShapeContext& context) {
  expect_matrices(context);
  const Shape& input = context.shape();
  context.expect_equal(0, input[input.size() - 2], input.back(), "square matrices", str(input));
}

Shape batch_of(const Shape& shape, size_t matrix = 2) {
  return {shape.begin(), shape.end() - static_cast<std::ptrdiff_t>(matrix)};
}

Shape with(Shape shape, std::initializer_list<Dim> dims) {
  shape.insert(shape.end(), dims);
  return shape;
}

std::vector<TensorType> square_matrix_rule(ShapeContext& context) {
  expect_square(context);
  return like_input(context);
}

std::vector<TensorType> matrix_exp_rule(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (dtype != DType::float16 && dtype != DType::bfloat16) return square_matrix_rule(context);
  if (context.rank() < 2) context.expects(0, "matrices, at least 2 dimensions", str(context.shape()));
  const Shape& input = context.shape();
  context.expect_equal(0, input[input.size() - 2], input.back(), "square matrices", str(input));
  return like_input(context);
}

std::vector<TensorType> det_rule(ShapeContext& context) {
  expect_square(context);
  return reshaped(context, batch_of(context.shape()));
}

std::vector<TensorType> slogdet_rule(ShapeContext& context) {
  const TensorType sign = det_rule(context)[0];
  return {sign, {sign.shape, real_of(sign.dtype)}};
}

std::vector<TensorType> eigh_rule(ShapeContext& context) {
  expect_square(context);
  const TensorType& input = context.input(0);
  return {{batch_of(input.shape, 1), real_of(input.dtype)}, input};
}
std::vector<TensorType> eigvalsh_rule(ShapeContext& context) { return {eigh_rule(context)[0]}; }

std::vector<TensorType> eigvals_rule(ShapeContext& context) {
  expect_square(context);
  return {{batch_of(context.shape(), 1), complex_of(context.input(0).dtype)}};
}

std::vector<TensorType> eig_rule(ShapeContext& context) {
  const TensorType values = eigvals_rule(context)[0];
  return {values, {context.shape(), values.dtype}};
}

// LibTorch exchanges rows everywhere but on a GPU that is told not to: P is empty then.
std::vector<TensorType> lu_rule(ShapeContext& context) {
  expect_matrices(context);
  const DType dtype = context.input(0).dtype;
  const Shape &input = context.shape(), batch = batch_of(input);
  const Dim m = input[input.size() - 2], n = input.back(), least = min(m, n);
  const bool pivot = context.attributes().boolean("pivot");
  return {{pivot ? with(batch, {m, m}) : Shape{0}, dtype},
          {with(batch, {m, least}), dtype},
          {with(batch, {least, n}), dtype}};
}

std::vector<TensorType> lu_factor_rule(ShapeContext& context) {
  expect_matrices(context);
  const Shape& input = context.shape();
  return {context.input(0),
          {with(batch_of(input), {min(input[input.size() - 2], input.back())}), DType::int32}};
}

std::vector<TensorType> qr_rule(ShapeContext& context) {
  expect_matrices(context);
  const DType dtype = context.input(0).dtype;
  const Shape &input = context.shape(), batch = batch_of(input);
  const Dim m = input[input.size() - 2], n = input.back(), least = min(m, n);
  const std::string& mode = context.attributes().text("mode");
  if (mode == "complete") return {{with(batch, {m, m}), dtype}, {input, dtype}};
  if (mode == "r") return {{{0}, dtype}, {with(batch, {least, n}), dtype}};
  return {{with(batch, {m, least}), dtype}, {with(batch, {least, n}), dtype}};
}

std::vector<TensorType> svd_rule(ShapeContext& context) {
  expect_matrices(context);
  const DType dtype = context.input(0).dtype;
  const Shape &input = context.shape(), batch = batch_of(input);
  const Dim m = input[input.size() - 2], n = input.back(), least = min(m, n);
  const bool full = context.attributes().boolean("full_matrices");
  return {{with(batch, {m, full ? m : least}), dtype},
          {with(batch, {least}), real_of(dtype)},
          {with(batch, {full ? n : least, n}), dtype}};
}

std::vector<TensorType> svdvals_rule(ShapeContext& context) {
  expect_matrices(context);
  const Shape& input = context.shape();
  return {
      {with(batch_of(input), {min(input[input.size() - 2], input.back())}), real_of(context.input(0).dtype)}};
}

void expect_hermitian_fits(ShapeContext& context) {
  expect_matrices(context);
  if (context.attributes().boolean("hermitian")) expect_square(context);
}

std::vector<TensorType> pinv_rule(ShapeContext& context) {
  expect_hermitian_fits(context);
  Shape shape = context.shape();
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return reshaped(context, shape);
}

std::vector<TensorType> matrix_rank_rule(ShapeContext& context) {
  expect_hermitian_fits(context);
  return {{batch_of(context.shape()), DType::int64}};
}

void expect_like_first(ShapeContext& context, int port) {
  const DType dtype = context.input(0).dtype;
  if (context.input(port).dtype != dtype)
    context.expects_dtype(port, fmt::format("{}, as the first input", name(dtype)));
}

// The right side is a vector when it is one, or one of each matrix of the batch.
bool is_vector(const ShapeContext& context) {
  const Shape &a = context.shape(0), &b = context.shape(1);
  return b.size() == 1 || (a.size() == b.size() + 1 && std::equal(b.begin(), b.end(), a.begin()));
}

std::vector<TensorType> solve_rule(ShapeContext& context) {
  expect_square(context);
  expect_like_first(context, 1);
  const Shape &a = context.shape(0), &b = context.shape(1);
  const bool left = context.attributes().boolean("left"), vector = is_vector(context);
  if (b.empty() || (vector && !left))
    context.expects(
        1,
        left ? "a vector or matrices on the right side" : "matrices on the right side, where left is false",
        str(b));
  const Shape sides = vector ? with(b, {1}) : b;
  const Dim rows = sides[sides.size() - (left ? 2 : 1)];
  context.expect_equal(1, rows, a.back(), fmt::format("a right side that fits {}", str(a)), str(b));
  Shape shape = broadcast(context, 1, batch_of(a), batch_of(sides));
  shape.push_back(sides[sides.size() - 2]);
  if (!vector) shape.push_back(sides.back());
  return reshaped(context, shape);
}

std::vector<TensorType> solve_triangular_rule(ShapeContext& context) {
  expect_square(context);
  expect_matrices(context, 1);
  expect_like_first(context, 1);
  const Shape &a = context.shape(0), &b = context.shape(1);
  const Dim rows = b[b.size() - (context.attributes().boolean("left") ? 2 : 1)];
  context.expect_equal(1, rows, a.back(), fmt::format("a right side that fits {}", str(a)), str(b));
  return reshaped(context,
                  with(broadcast(context, 1, batch_of(a), batch_of(b)), {b[b.size() - 2], b.back()}));
}

constexpr int kPivots = 1;
constexpr int kFactoredSide = 2;

std::vector<TensorType> lu_solve_rule(ShapeContext& context) {
  expect_square(context);
  expect_matrices(context, kFactoredSide);
  expect_like_first(context, kFactoredSide);
  if (context.input(kPivots).dtype != DType::int32)
    context.expects_dtype(kPivots, "int32 pivots, as of lu_factor");
  const Shape &lu = context.shape(0), &pivots = context.shape(kPivots), &b = context.shape(kFactoredSide);
  const Shape rows = batch_of(lu, 1);
  const std::string expected = fmt::format("pivots of shape {}", str(rows));
  if (pivots.size() != rows.size()) context.expects(kPivots, expected, str(pivots));
  for (size_t i = 0; i < rows.size(); ++i)
    context.expect_equal(kPivots, pivots[i], rows[i], expected, str(pivots));
  const Dim fitting = b[b.size() - (context.attributes().boolean("left") ? 2 : 1)];
  context.expect_equal(kFactoredSide, fitting, lu.back(), fmt::format("a right side that fits {}", str(lu)),
                       str(b));
  return reshaped(context, with(broadcast(context, kFactoredSide, batch_of(lu), batch_of(b)),
                                {b[b.size() - 2], b.back()}));
}

std::vector<TensorType> lstsq_rule(ShapeContext& context) {
  expect_matrices(context);
  expect_like_first(context, 1);
  const Shape &a = context.shape(0), &b = context.shape(1);
  const bool vector = a.size() == b.size() + 1 && std::equal(b.begin(), b.end(), a.begin());
  if (!vector && b.size() != a.size())
    context.expects(1, fmt::format("a right side of {} or {} dimensions", a.size() - 1, a.size()), str(b));
  const Shape sides = vector ? with(b, {1}) : b;
  context.expect_equal(1, sides[sides.size() - 2], a[a.size() - 2],
                       fmt::format("a right side that fits {}", str(a)), str(b));
  Shape shape = broadcast(context, 1, batch_of(a), batch_of(sides));
  shape.push_back(a.back());
  if (!vector) shape.push_back(sides.back());
  return reshaped(context, shape);
}

// A vector first or last counts as a row or column, which the result does not show.
std::vector<TensorType> multi_dot_rule(ShapeContext& context) {
  const int count = context.input_count();
  if (count < 2) context.expects(-1, "at least two inputs", std::to_string(count));
  for (int i = 0; i < count; ++i) {
    const bool end = i == 0 || i + 1 == count;
    if (context.rank(i) != 2 && !(end && context.rank(i) == 1))
      context.expects(i, end ? "a matrix or a vector" : "a matrix", str(context.shape(i)));
    expect_like_first(context, i);
    if (context.input(i).dtype == DType::boolean) context.expects_dtype(i, "inputs of numbers");
    if (i > 0)
      context.expect_equal(i, context.shape(i)[0], context.shape(i - 1).back(),
                           fmt::format("{} rows, to fit the one before", context.shape(i - 1).back().str()),
                           str(context.shape(i)));
  }
  Shape shape;
  if (context.rank(0) == 2) shape.push_back(context.shape(0)[0]);
  if (context.rank(count - 1) == 2) shape.push_back(context.shape(count - 1)[1]);
  return reshaped(context, shape);
}

Descriptor of_matrix(const std::string& name, std::string doc, std::vector<Attribute> options,
                     ShapeRule shape, std::string input = "A") {
  Descriptor d = transform(Category::linalg, "linalg_" + name, std::move(doc),
                           {{.name = std::move(input), .doc = "(…, n, m)"}}, std::move(options), shape);
  d.torch = "torch.linalg." + name;
  const bool by_its_input = name == "matrix_exp" || name == "multi_dot" || name == "matrix_rank";
  return by_its_input ? d : keeping(std::move(d));
}

Descriptor and_side(Descriptor d) {
  d.inputs.push_back({.name = "B", .doc = "the right side"});
  return d;
}

Attribute tolerance(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::real, .doc = std::move(doc), .min = 0};
}

std::vector<Attribute> tolerances() {
  return {tolerance("atol", "singular values up to here count as 0; none: 0"),
          tolerance("rtol", "the same as a share of the largest; none: the precision"),
          flag("hermitian", false, "the matrix is symmetric (hermitian), which is faster")};
}

Attribute word(std::string name, std::string doc, std::string value, std::vector<std::string> choices) {
  return {.name = std::move(name),
          .type = AttributeType::text,
          .doc = std::move(doc),
          .value = std::move(value),
          .choices = std::move(choices)};
}

void add_decompositions(Registry& registry) {
  const Attribute triangle = word("UPLO", "which triangle is read", "L", {"L", "U"});
  registry.add(of_matrix("cholesky", "The triangular factor of a positive definite matrix.",
                         {flag("upper", false, "the upper one instead")}, square_matrix_rule));
  registry.add(giving(of_matrix("qr", "An orthogonal and a triangular factor.",
                                {word("mode", "'complete': square Q; 'r': R alone, Q empty", "reduced",
                                      {"reduced", "complete", "r"})},
                                qr_rule),
                      {"Q", "R"}));
  registry.add(giving(of_matrix("svd", "Singular value decomposition.",
                                {flag("full_matrices", true, "square U and Vh")}, svd_rule),
                      {"U", "S", "Vh"}));
  registry.add(of_matrix("svdvals", "Singular values, in falling order.", {}, svdvals_rule));
  registry.add(giving(of_matrix("eigh", "Eigenvalues and eigenvectors of a symmetric (hermitian) matrix.",
                                {triangle}, eigh_rule),
                      {"eigenvalues", "eigenvectors"}));
  registry.add(
      of_matrix("eigvalsh", "Eigenvalues of a symmetric (hermitian) matrix.", {triangle}, eigvalsh_rule));
  registry.add(of_matrix("eigvals", "Eigenvalues, as complex numbers.", {}, eigvals_rule));
  registry.add(giving(of_matrix("eig", "Eigenvalues and eigenvectors, as complex numbers.", {}, eig_rule),
                      {"eigenvalues", "eigenvectors"}));
  const Attribute pivot = flag("pivot", true, "exchanges rows; not to do so is for GPUs");
  registry.add(giving(of_matrix("lu", "The factors of P L U: exchanged rows, a lower and an upper triangle.",
                                {pivot}, lu_rule),
                      {"P", "L", "U"}));
  registry.add(
      giving(of_matrix("lu_factor", "Both triangles of P L U in one matrix, and which rows were exchanged.",
                       {pivot}, lu_factor_rule),
             {"LU", "pivots"}));
}

void add_solvers(Registry& registry) {
  const Attribute left = flag("left", true, "solves A X = B; else X A = B");
  const Attribute upper = {
      .name = "upper", .type = AttributeType::boolean, .doc = "which triangle A is", .required = true};
  registry.add(and_side(of_matrix("solve", "Solves A X = B.", {left}, solve_rule)));
  registry.add(and_side(of_matrix("solve_triangular", "Solves A X = B for a triangular A.",
                                  {upper, left, flag("unitriangular", false, "the diagonal counts as 1")},
                                  solve_triangular_rule)));
  Descriptor lu_solve = of_matrix("lu_solve", "Solves A X = B for an A that lu_factor has factored.",
                                  {left, flag("adjoint", false, "solves with the transposed (conjugated) A")},
                                  lu_solve_rule, "LU");
  lu_solve.inputs.push_back({.name = "pivots", .doc = "as of lu_factor"});
  registry.add(and_side(std::move(lu_solve)));
  registry.add(and_side(of_matrix(
      "lstsq", "The solution X of A X = B with the least squares (PyTorch's first result).",
      {tolerance("rcond", "singular values up to this share of the largest count as 0")}, lstsq_rule)));
  registry.add(of_matrix("pinv", "Pseudo-inverse.", tolerances(), pinv_rule));
  registry.add(undifferentiable(
      of_matrix("matrix_rank", "How many singular values are not 0.", tolerances(), matrix_rank_rule)));
}

}  // namespace

void add_linalg(Registry& registry) {
  registry.add(of_matrix("inv", "Inverse of a square matrix.", {}, square_matrix_rule));
  registry.add(exported(of_matrix("det", "Determinant.", {}, det_rule), "Det"));
  registry.add(giving(
      of_matrix("slogdet", "Sign of the determinant and logarithm of its absolute value.", {}, slogdet_rule),
      {"sign", "logabsdet"}));
  registry.add(of_matrix("matrix_exp", "Exponential of a square matrix.", {}, matrix_exp_rule));
  add_decompositions(registry);
  add_solvers(registry);
  Descriptor multi_dot =
      counted(of_matrix("multi_dot", "Product of many matrices, in the cheapest order.", {}, multi_dot_rule),
              chain_flops);
  multi_dot.inputs = {
      {.name = "tensors", .kind = Port::Kind::variadic, .doc = "two or more; the ends may be vectors"}};
  registry.add(std::move(multi_dot));
}

}  // namespace orrery
