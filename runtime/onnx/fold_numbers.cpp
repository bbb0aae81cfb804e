// Arithmetic on tensors that are known at import: what exporters compute shapes with.
#include <algorithm>
#include <cmath>
#include <map>

#include "runtime/onnx/cells.h"
#include "runtime/onnx/fold.h"

namespace orrery {
namespace {

using Integers = std::optional<Dim> (*)(const Dim&, const Dim&);
using Reals = double (*)(double, double);
struct Binary {
  Integers integers;
  Reals reals;
  bool tells = false;  // gives booleans
};

template <class Compare>
std::optional<Dim> told(const Dim& a, const Dim& b, Compare compare) {
  if (!a.known() || !b.known()) return std::nullopt;
  return Dim(compare(a.value(), b.value()) ? 1 : 0);
}

std::optional<Dim> equal_dims(const Dim& a, const Dim& b) {
  const Known known = equal(a, b);
  if (known == Known::undecided) return std::nullopt;
  return Dim(known == Known::yes ? 1 : 0);
}

// Towards zero, as C++ divides; sizes are not negative, so that floors are the same.
std::optional<Dim> divided(const Dim& a, const Dim& b) {
  if (!b.known()) {
    const auto exact = exact_div(a, b);
    return exact;
  }
  if (b.value() == 0) return std::nullopt;
  if (a.known()) return Dim(a.value() / b.value());
  return b.value() > 0 ? std::optional(floor_div(a, b)) : std::nullopt;
}

std::optional<Dim> remainder_of(const Dim& a, const Dim& b) {
  if (!a.known() || !b.known() || b.value() == 0) return std::nullopt;
  const std::int64_t rest = a.value() % b.value();
  return Dim(rest != 0 && (rest < 0) != (b.value() < 0) ? rest + b.value() : rest);
}

std::optional<Dim> power(const Dim& a, const Dim& b) {
  if (!b.known() || b.value() < 0 || b.value() > 62) return std::nullopt;
  Dim result = 1;
  for (std::int64_t i = 0; i < b.value(); ++i) result = result * a;
  return result;
}

const std::map<std::string, Binary>& binaries() {
  static const std::map<std::string, Binary> kBinaries = {
      {"Add",
       {[](const Dim& a, const Dim& b) { return std::optional(a + b); },
        [](double a, double b) { return a + b; }}},
      {"Sub",
       {[](const Dim& a, const Dim& b) { return std::optional(a - b); },
        [](double a, double b) { return a - b; }}},
      {"Mul",
       {[](const Dim& a, const Dim& b) { return std::optional(a * b); },
        [](double a, double b) { return a * b; }}},
      {"Div", {divided, [](double a, double b) { return a / b; }}},
      {"Mod", {remainder_of, [](double a, double b) { return std::fmod(a, b); }}},
      {"Pow", {power, [](double a, double b) { return std::pow(a, b); }}},
      {"Min",
       {[](const Dim& a, const Dim& b) { return std::optional(min(a, b)); },
        [](double a, double b) { return std::min(a, b); }}},
      {"Max",
       {[](const Dim& a, const Dim& b) { return std::optional(max(a, b)); },
        [](double a, double b) { return std::max(a, b); }}},
      {"Equal", {equal_dims, [](double a, double b) { return a == b ? 1.0 : 0.0; }, true}},
      {"Less",
       {[](const Dim& a, const Dim& b) { return told(a, b, std::less<>()); },
        [](double a, double b) { return a < b ? 1.0 : 0.0; }, true}},
      {"LessOrEqual",
       {[](const Dim& a, const Dim& b) { return told(a, b, std::less_equal<>()); },
        [](double a, double b) { return a <= b ? 1.0 : 0.0; }, true}},
      {"Greater",
       {[](const Dim& a, const Dim& b) { return told(a, b, std::greater<>()); },
        [](double a, double b) { return a > b ? 1.0 : 0.0; }, true}},
      {"GreaterOrEqual",
       {[](const Dim& a, const Dim& b) { return told(a, b, std::greater_equal<>()); },
        [](double a, double b) { return a >= b ? 1.0 : 0.0; }, true}},
      {"And", {[](const Dim& a, const Dim& b) { return told(a, b, std::logical_and<>()); }, nullptr, true}},
      {"Or", {[](const Dim& a, const Dim& b) { return told(a, b, std::logical_or<>()); }, nullptr, true}},
      {"Xor", {[](const Dim& a, const Dim& b) { return told(a, b, std::not_equal_to<>()); }, nullptr, true}}};
  return kBinaries;
}

std::optional<OnnxCells> combined(const Binary& binary, const OnnxCells& left, const OnnxCells& right) {
  const auto shape = broadcast_sizes(left.shape, right.shape);
  if (!shape || left.real() != right.real() || (left.real() && !binary.reals)) return std::nullopt;
  const OnnxCells a = spread(left, *shape), b = spread(right, *shape);
  OnnxCells result(binary.tells ? DType::boolean : left.dtype, *shape);
  for (std::size_t i = 0; i < a.dims.size(); ++i) {
    const std::optional<Dim> element = binary.integers(a.dims[i], b.dims[i]);
    if (!element) return std::nullopt;
    result.dims.push_back(*element);
  }
  for (std::size_t i = 0; i < a.reals.size(); ++i) {
    const double element = binary.reals(a.reals[i], b.reals[i]);
    if (binary.tells)
      result.dims.emplace_back(static_cast<std::int64_t>(element));
    else
      result.reals.push_back(element);
  }
  return result;
}

// From opset 1 on; before 7 operands broadcast by an attribute.
bool fold_binary(OnnxCall& call) {
  if (call.integer("broadcast", 0) != 0 || call.integer("fmod", 0) != 0) return false;
  const Binary& binary = binaries().at(call.node().operation);
  std::optional<OnnxCells> result(call.known_literal(0));
  for (int i = 1; i < call.input_count() && result; ++i)
    result = combined(binary, *result, OnnxCells(call.known_literal(i)));
  if (result) call.give(result->literal());
  return result.has_value();
}

struct Unary {
  std::optional<Dim> (*integers)(const Dim&);
  double (*reals)(double);
};

const std::map<std::string, Unary>& unaries() {
  const auto same = [](const Dim& a) { return std::optional(a); };
  static const std::map<std::string, Unary> kUnaries = {
      {"Neg", {[](const Dim& a) { return std::optional(Dim(0) - a); }, [](double a) { return -a; }}},
      {"Abs",
       {[](const Dim& a) -> std::optional<Dim> {
          if (!a.known()) return std::nullopt;
          return Dim(std::abs(a.value()));
        },
        [](double a) { return std::fabs(a); }}},
      {"Floor", {same, [](double a) { return std::floor(a); }}},
      {"Ceil", {same, [](double a) { return std::ceil(a); }}},
      {"Relu",
       {[](const Dim& a) { return std::optional(max(a, Dim(0))); },
        [](double a) { return std::fmax(a, 0.0); }}},
      {"Sqrt", {nullptr, [](double a) { return std::sqrt(a); }}},
      {"Reciprocal", {nullptr, [](double a) { return 1 / a; }}},
      {"Not", {[](const Dim& a) { return told(a, 0, std::equal_to<>()); }, nullptr}}};
  return kUnaries;
}

bool fold_unary(OnnxCall& call) {
  const Unary& unary = unaries().at(call.node().operation);
  OnnxCells cells(call.known_literal(0));
  if (cells.real() ? !unary.reals : !unary.integers) return false;
  for (double& real : cells.reals) real = unary.reals(real);
  for (Dim& dim : cells.dims) {
    const std::optional<Dim> element = unary.integers(dim);
    if (!element) return false;
    dim = *element;
  }
  call.give(cells.literal());
  return true;
}

bool fold_cast(OnnxCall& call) {
  const auto to = dtype_of_onnx(static_cast<OnnxDType>(call.integer("to", 0)));
  if (!to || is_complex(*to)) return false;
  const OnnxCells from(call.known_literal(0));
  OnnxCells cells(*to, from.shape);
  for (const double real : from.reals) {
    if (is_floating(*to))
      cells.reals.push_back(real);
    else if (std::fabs(real) < 9e18)
      cells.dims.emplace_back(*to == DType::boolean ? real != 0 : static_cast<std::int64_t>(real));
    else
      return false;
  }
  for (const Dim& dim : from.dims) {
    if (!dim.known() && *to != DType::int64 && *to != DType::int32) return false;
    if (is_floating(*to))
      cells.reals.push_back(static_cast<double>(dim.value()));
    else
      cells.dims.push_back(*to == DType::boolean ? Dim(dim.value() != 0 ? 1 : 0) : dim);
  }
  call.give(cells.literal());
  return true;
}

bool fold_where(OnnxCall& call) {
  const OnnxCells choice(call.known_literal(0)), a(call.known_literal(1)), b(call.known_literal(2));
  auto shape = broadcast_sizes(a.shape, b.shape);
  if (shape) shape = broadcast_sizes(*shape, choice.shape);
  if (!shape || a.dtype != b.dtype) return false;
  const OnnxCells chosen = spread(choice, *shape), left = spread(a, *shape), right = spread(b, *shape);
  OnnxCells result(a.dtype, *shape);
  for (std::int64_t i = 0; i < result.count(); ++i) {
    const Dim& at = chosen.dims[static_cast<std::size_t>(i)];
    if (!at.known()) return false;
    result.take(at.value() != 0 ? left : right, i);
  }
  call.give(result.literal());
  return true;
}

// Over all elements, which is what shapes are reduced by.
bool fold_reduction(OnnxCall& call) {
  const std::string& operation = call.node().operation;
  const OnnxCells cells(call.known_literal(0));
  const auto axes = call.integers("axes", 1);
  const bool whole = cells.shape.size() == 1 && (!axes || axes->size() == 1);
  if (!whole || cells.count() == 0 || (!axes && call.integer("noop_with_empty_axes", 0) != 0)) return false;
  const std::string step = operation == "ReduceProd"  ? "Mul"
                           : operation == "ReduceSum" ? "Add"
                           : operation == "ReduceMin" ? "Min"
                                                      : "Max";
  std::optional<OnnxCells> result(taken(cells, {}, {0}));
  for (std::int64_t i = 1; i < cells.count() && result; ++i)
    result = combined(binaries().at(step), *result, taken(cells, {}, {i}));
  if (!result) return false;
  if (call.integer("keepdims", 1) != 0) result->shape = {1};
  call.give(result->literal());
  return true;
}

bool fold_range(OnnxCall& call) {
  const OnnxCells start(call.known_literal(0)), limit(call.known_literal(1)), step(call.known_literal(2));
  if (start.real()) return false;
  if (!start.dims[0].known() || !limit.dims[0].known() || !step.dims[0].known()) return false;
  const std::int64_t by = step.dims[0].value();
  if (by == 0) return false;
  OnnxCells cells(start.dtype, {0});
  for (std::int64_t at = start.dims[0].value();
       by > 0 ? at < limit.dims[0].value() : at > limit.dims[0].value(); at += by) {
    if (static_cast<std::int64_t>(cells.dims.size()) >= OnnxLiteral::kMostElements) return false;
    cells.dims.emplace_back(at);
  }
  cells.shape = {static_cast<std::int64_t>(cells.dims.size())};
  call.give(cells.literal());
  return true;
}

}  // namespace

void add_number_folders(OnnxFolders& folders) {
  for (const auto& [name, binary] : binaries()) folders[name] = fold_binary;
  for (const auto& [name, unary] : unaries()) folders[name] = fold_unary;
  for (const char* name : {"ReduceProd", "ReduceSum", "ReduceMin", "ReduceMax"})
    folders[name] = fold_reduction;
  folders["Cast"] = fold_cast;
  folders["Where"] = fold_where;
  folders["Range"] = fold_range;
}

}  // namespace orrery
