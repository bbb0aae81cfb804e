#include <algorithm>
#include <limits>
#include <numeric>

#include "runtime/onnx/operands.h"
#include "runtime/onnx/operators.h"

namespace orrery {
namespace {

struct OnnxReduction {
  std::string operation;     ///< of Orrery: what joins the elements
  bool whole = false;        ///< joins integers as they are; else they are reals meanwhile
  std::string before = {};   ///< done to each element first
  std::string after = {};    ///< done to each result
  OnnxOptions options = {};  ///< of the operation
  std::string alone = {};    ///< what becomes of an element that is joined_elements with no other
};

struct OnnxAxes {
  std::vector<std::int64_t> dims;
  bool keepdim = true;
  bool none = false;  ///< `noop_with_empty_axes`: every element stays alone
};

OnnxAxes reduced_axes_of(const OnnxCall& call) {
  const int rank = call.rank(0);
  OnnxAxes axes{.keepdim = call.integer("keepdims", 1) != 0};
  const auto given = call.integers("axes", 1);
  if (rank > 0 && given && !given->empty()) {
    for (const std::int64_t axis : *given) axes.dims.push_back(call.axis(axis, rank));
    return axes;
  }
  axes.none = call.integer("noop_with_empty_axes", 0) != 0;
  axes.dims.resize(static_cast<std::size_t>(rank));
  std::iota(axes.dims.begin(), axes.dims.end(), 0);
  return axes;
}

Shape shape_without(const Shape& shape, const OnnxAxes& axes) {
  Shape left;
  for (std::size_t dim = 0; dim < shape.size(); ++dim) {
    const bool gone = std::ranges::count(axes.dims, static_cast<std::int64_t>(dim)) > 0;
    if (!gone)
      left.push_back(shape[dim]);
    else if (axes.keepdim)
      left.emplace_back(1);
  }
  return left;
}

bool is_empty_along(const Shape& shape, const std::vector<std::int64_t>& dims) {
  return std::ranges::any_of(
      dims, [&](std::int64_t dim) { return shape[static_cast<std::size_t>(dim)] == Dim(0); });
}

std::int64_t limit_of_integers(DType dtype, bool least) {
  const auto of = [&]<class T>(T) -> std::int64_t {
    return least ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
  };
  switch (dtype) {
    case DType::boolean: return least ? 0 : 1;
    case DType::uint8: return of(std::uint8_t{});
    case DType::int8: return of(std::int8_t{});
    case DType::int16: return of(std::int16_t{});
    case DType::int32: return of(std::int32_t{});
    default: return of(std::int64_t{});
  }
}

// The largest of no elements is the least number there is, and the other way round.
Value extreme_of_nothing(const OnnxCall& call, const Value& x, const OnnxAxes& axes, bool least) {
  const double infinity = std::numeric_limits<double>::infinity();
  AttributeValue number = least ? -infinity : infinity;
  if (is_integral(x.dtype())) number = limit_of_integers(x.dtype(), least);
  return call.apply("full", {},
                    {{"size", shape_without(x.shape(), axes)}, {"fill_value", number}, {"dtype", x.dtype()}});
}

// Orrery's product takes one dimension at a time, or all.
Value product_over(const OnnxCall& call, Value x, const OnnxAxes& axes) {
  const DType dtype = x.dtype();
  if (!axes.keepdim && axes.dims.size() == x.shape().size())
    return call.apply("prod", {x}, {{"dtype", dtype}});
  std::vector<std::int64_t> dims = axes.dims;
  std::ranges::sort(dims, std::greater<>());
  for (const std::int64_t dim : dims)
    x = call.apply("prod", {x}, {{"dim", dim}, {"keepdim", axes.keepdim}, {"dtype", dtype}});
  return x;
}

Value joined_elements(const OnnxCall& call, const OnnxReduction& reduction, const Value& x,
                      const OnnxAxes& axes) {
  if (reduction.operation == "prod") return product_over(call, x, axes);
  const bool extreme = reduction.operation == "amax" || reduction.operation == "amin";
  if (extreme && is_empty_along(x.shape(), axes.dims))
    return extreme_of_nothing(call, x, axes, reduction.operation == "amax");
  OnnxOptions options = reduction.options;
  if (reduction.operation == "sum" && is_integral(x.dtype())) options.emplace_back("dtype", x.dtype());
  const bool all = !axes.keepdim && axes.dims.size() == x.shape().size();
  if (!all && !axes.dims.empty()) {
    options.emplace_back("dim", axes.dims);
    options.emplace_back("keepdim", axes.keepdim);
  }
  return call.apply(reduction.operation, {x}, std::move(options));
}

void import_reduction(OnnxCall& call, const OnnxReduction& reduction) {
  const OnnxAxes axes = reduced_axes_of(call);
  Value x = call.value(0);
  const DType dtype = x.dtype();
  if (is_integral(dtype) && !reduction.whole) x = onnx_in_dtype(call, x, DType::float64);
  if (!reduction.before.empty()) x = call.apply(reduction.before, {x});
  if (!axes.none) x = joined_elements(call, reduction, x, axes);
  if (axes.none && !reduction.alone.empty()) x = call.apply(reduction.alone, {x});
  if (!reduction.after.empty()) x = call.apply(reduction.after, {x});
  call.give(onnx_in_dtype(call, x, dtype));
}

// Places counted from the other end: those of a row that was turned round.
Value counted_from_the_end(const OnnxCall& call, const Value& places, const Dim& size) {
  if (size.known()) return call.apply("rsub", {places}, {{"other", size.value() - 1}});
  const Value forth = call.apply("arange", {}, {{"range", Shape{size}}});
  const Value back = call.apply("flip", {forth}, {{"dims", std::vector<std::int64_t>{0}}});
  return call.apply("take", {back, places});
}

void import_arg_extreme(OnnxCall& call, const std::string& operation) {
  Value x = call.value(0);
  const std::int64_t dim = call.axis(call.integer("axis", 0), call.rank(0));
  const bool last = call.integer("select_last_index", 0) != 0;
  if (last) x = call.apply("flip", {x}, {{"dims", std::vector<std::int64_t>{dim}}});
  const bool keepdim = call.integer("keepdims", 1) != 0;
  const Value places = call.apply(operation, {x}, {{"dim", dim}, {"keepdim", keepdim}});
  if (!last) return call.give(places);
  const Dim size = x.shape().empty() ? Dim(1) : x.shape()[static_cast<std::size_t>(dim)];
  call.give(counted_from_the_end(call, places, size));
}

// Of equal elements the first comes first, which topk does not promise: where places are asked for, all are
// sorted.
void import_top_k(OnnxCall& call) {
  const Value x = call.value(0);
  if (x.shape().empty()) call.refuse("its input is a scalar");
  const std::int64_t dim = call.axis(call.integer("axis", -1), call.rank(0));
  const bool largest = call.integer("largest", 1) != 0;
  const std::int64_t k = call.opset() < 10 ? call.integer("k") : call.integer(1);
  const Dim& size = x.shape()[static_cast<std::size_t>(dim)];
  if (k < 0 || (size.known() && k > size.value()))
    call.refuse("k must be between 0 and " + size.str() + ", the size of the axis, got " + std::to_string(k));
  if (!call.wants(1))
    return call.give(0, call.apply_all("topk", {x}, {{"k", k}, {"dim", dim}, {"largest", largest}})[0]);
  const auto sorted = call.apply_all("sort", {x}, {{"dim", dim}, {"descending", largest}, {"stable", true}});
  for (int output : {0, 1}) {
    const Value& all = sorted[static_cast<std::size_t>(output)];
    if (!call.wants(output)) continue;
    call.give(output, size == Dim(k) ? all : call.apply("slice", {all}, {{"dim", dim}, {"end", k}}));
  }
}

// Each element becomes its predecessor; the first, `filler`'s.
Value one_later(const OnnxCall& call, const Value& x, std::int64_t dim, const std::string& filler) {
  const Value first = call.apply(filler, {call.apply("slice", {x}, {{"dim", dim}, {"end", 1}})});
  const Value rest = call.apply("slice", {x}, {{"dim", dim}, {"end", -1}});
  return call.apply("cat", {first, rest}, {{"dim", dim}});
}

// Running sums or products; exclusive ones leave the element itself out.
void import_running(OnnxCall& call, const std::string& operation, const std::string& filler) {
  Value x = call.value(0);
  const std::int64_t dim = call.axis(call.integer(1), call.rank(0));
  const bool reverse = call.integer("reverse", 0) != 0;
  const auto turned = [&](Value value) {
    return reverse ? call.apply("flip", {value}, {{"dims", std::vector<std::int64_t>{dim}}}) : value;
  };
  x = turned(x);
  if (call.integer("exclusive", 0) != 0) x = one_later(call, x, dim, filler);
  OnnxOptions options = {{"dim", dim}};
  if (is_integral(x.dtype())) options.emplace_back("dtype", x.dtype());
  call.give(turned(call.apply(operation, {x}, std::move(options))));
}

void add_reduction_of(OnnxOperators& table, const std::string& name, OnnxReduction reduction) {
  table.add(name, [reduction = std::move(reduction)](OnnxCall& call) { import_reduction(call, reduction); });
}

}  // namespace

void add_onnx_reductions(OnnxOperators& table) {
  add_reduction_of(table, "ReduceSum", {.operation = "sum", .whole = true});
  add_reduction_of(table, "ReduceProd", {.operation = "prod", .whole = true});
  add_reduction_of(table, "ReduceMax", {.operation = "amax", .whole = true});
  add_reduction_of(table, "ReduceMin", {.operation = "amin", .whole = true});
  add_reduction_of(table, "ReduceMean", {.operation = "mean"});
  add_reduction_of(table, "ReduceSumSquare", {.operation = "sum", .whole = true, .before = "square"});
  add_reduction_of(table, "ReduceL1", {.operation = "norm", .options = {{"p", 1.0}}, .alone = "abs"});
  add_reduction_of(table, "ReduceL2", {.operation = "norm", .options = {{"p", 2.0}}, .alone = "abs"});
  add_reduction_of(table, "ReduceLogSum", {.operation = "sum", .after = "log"});
  add_reduction_of(table, "ReduceLogSumExp", {.operation = "logsumexp"});
  table.add("ArgMax", [](OnnxCall& call) { import_arg_extreme(call, "argmax"); });
  table.add("ArgMin", [](OnnxCall& call) { import_arg_extreme(call, "argmin"); });
  table.add("TopK", import_top_k);
  table.add("CumSum", [](OnnxCall& call) { import_running(call, "cumsum", "zeros_like"); });
  table.add("CumProd", [](OnnxCall& call) { import_running(call, "cumprod", "ones_like"); });
}

}  // namespace orrery
