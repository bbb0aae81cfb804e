#include <cmath>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

bool keeps(const OnnxExportCall& call) { return call.options().boolean("keepdim"); }

void give_reduced(OnnxExportCall& call, const char* operation) {
  const DType dtype = call.result().dtype;
  call.give(call.reduce(operation, call.input(0, dtype), call.dims("dim", call.rank()), keeps(call)));
}

void export_sum(OnnxExportCall& call) { give_reduced(call, "ReduceSum"); }
void export_prod(OnnxExportCall& call) { give_reduced(call, "ReduceProd"); }
void export_mean(OnnxExportCall& call) { give_reduced(call, "ReduceMean"); }
void export_amax(OnnxExportCall& call) { give_reduced(call, "ReduceMax"); }
void export_amin(OnnxExportCall& call) { give_reduced(call, "ReduceMin"); }
void export_logsumexp(OnnxExportCall& call) { give_reduced(call, "ReduceLogSumExp"); }

void export_aminmax(OnnxExportCall& call) {
  const auto dims = call.dims("dim", call.rank());
  call.give(0, call.reduce("ReduceMin", call.input(), dims, keeps(call)));
  call.give(1, call.reduce("ReduceMax", call.input(), dims, keeps(call)));
}

void export_norm(OnnxExportCall& call) {
  const auto& p = call.options().at("p");
  const auto* word = std::get_if<std::string>(&p);
  const double power = word ? 2 : call.options().real("p");
  const auto dims = call.dims("dim", call.rank());
  const std::string x = call.input(0, call.result().dtype);
  if (word && *word != "fro") OnnxExportCall::refuse("ONNX has no norm '" + *word + "'");
  if (power == 2) return call.give(call.reduce("ReduceL2", x, dims, keeps(call)));
  if (power == 1) return call.give(call.reduce("ReduceL1", x, dims, keeps(call)));
  if (std::isinf(power)) {
    const std::string sizes = call.add("Abs", {x});
    return call.give(call.reduce(power > 0 ? "ReduceMax" : "ReduceMin", sizes, dims, keeps(call)));
  }
  OnnxExportCall::refuse("ONNX has norms of the powers 1, 2 and infinity alone");
}

// Of several equal ones the first.
std::string place_of(OnnxExportCall& call, const char* operation, std::int64_t dim, bool keep) {
  return call.add(operation, {call.input()},
                  {onnx_integer("axis", dim), onnx_integer("keepdims", keep ? 1 : 0)});
}

void give_extreme(OnnxExportCall& call, const char* pairwise, const char* reduced, const char* place) {
  if (call.has(1)) {
    const DType dtype = call.result().dtype;
    return call.give(call.add(pairwise, {call.input(0, dtype), call.input(1, dtype)}));
  }
  call.give(0, call.reduce(reduced, call.input(), call.dims("dim", call.rank()), keeps(call)));
  if (call.options().has("dim"))
    call.give(1, place_of(call, place, call.dim("dim", call.rank()), keeps(call)));
}

void export_max(OnnxExportCall& call) { give_extreme(call, "Max", "ReduceMax", "ArgMax"); }
void export_min(OnnxExportCall& call) { give_extreme(call, "Min", "ReduceMin", "ArgMin"); }

void give_place(OnnxExportCall& call, const char* operation) {
  if (call.options().has("dim"))
    return call.give(place_of(call, operation, call.dim("dim", call.rank()), keeps(call)));
  const std::string row = call.add("Reshape", {call.input(), call.integers({-1})});
  const std::string place =
      call.add(operation, {row}, {onnx_integer("axis", 0), onnx_integer("keepdims", 0)});
  call.give(keeps(call) ? call.reshape(place, {}, call.result().shape) : place);
}

void export_argmax(OnnxExportCall& call) { give_place(call, "ArgMax"); }
void export_argmin(OnnxExportCall& call) { give_place(call, "ArgMin"); }

// Of booleans, as numbers.
void give_quantifier(OnnxExportCall& call, const char* operation) {
  const std::string flags = call.cast(call.input(0, DType::boolean), DType::boolean, DType::int32);
  const std::string found = call.reduce(operation, flags, call.dims("dim", call.rank()), keeps(call));
  call.give(call.cast(found, DType::int32, call.result().dtype));
}

void export_any(OnnxExportCall& call) { give_quantifier(call, "ReduceMax"); }
void export_all(OnnxExportCall& call) { give_quantifier(call, "ReduceMin"); }

void export_count_nonzero(OnnxExportCall& call) {
  const std::string flags = call.cast(call.input(0, DType::boolean), DType::boolean, DType::int64);
  call.give(call.reduce("ReduceSum", flags, call.dims("dim", call.rank()), false));
}

struct Moments {
  std::string mean, variance;
};

double correction_of(const Attributes& options) {
  if (options.has("correction")) return options.real("correction");
  return options.has("unbiased") && !options.boolean("unbiased") ? 0 : 1;
}

Moments moments_of(OnnxExportCall& call) {
  const auto dims = call.dims("dim", call.rank());
  const std::string x = call.input();
  const std::string mean = call.reduce("ReduceMean", x, dims, true);
  const std::string off = call.add("Sub", {x, mean});
  const std::string squares = call.add("Mul", {off, off});
  std::string variance = call.reduce("ReduceMean", squares, dims, keeps(call));
  if (const double correction = correction_of(call.options()); correction != 0) {
    Dim count = 1;
    for (const std::int64_t dim : dims) count = count * call.shape()[static_cast<std::size_t>(dim)];
    if (!count.known()) OnnxExportCall::refuse("it corrects by a count that only the data tell");
    const auto all = static_cast<double>(count.value());
    variance = call.add("Mul", {variance, call.number(all / (all - correction), call.type().dtype)});
  }
  return {keeps(call) ? mean : call.squeeze(mean, dims), variance};
}

void export_var(OnnxExportCall& call) { call.give(moments_of(call).variance); }
void export_std(OnnxExportCall& call) { call.give(call.add("Sqrt", {moments_of(call).variance})); }

void export_var_mean(OnnxExportCall& call) {
  const Moments two = moments_of(call);
  call.give(0, two.variance);
  call.give(1, two.mean);
}

void export_std_mean(OnnxExportCall& call) {
  const Moments two = moments_of(call);
  call.give(0, call.add("Sqrt", {two.variance}));
  call.give(1, two.mean);
}

void export_cumsum(OnnxExportCall& call) {
  const std::string x = call.input(0, call.result().dtype);
  call.give(call.add("CumSum", {x, call.integer(call.dim("dim", call.rank()))}));
}

void give_largest(OnnxExportCall& call, const std::string& count, bool largest, bool sorted, bool values) {
  const OnnxNames two =
      call.add_all("TopK", {call.input(), count},
                   {onnx_integer("axis", call.dim("dim", call.rank())),
                    onnx_integer("largest", largest ? 1 : 0), onnx_integer("sorted", sorted ? 1 : 0)},
                   2);
  if (values) call.give(0, two[0]);
  call.give(values ? 1 : 0, two[1]);
}

void export_topk(OnnxExportCall& call) {
  give_largest(call, call.integers({call.options().integer("k")}), call.options().boolean("largest"),
               call.options().boolean("sorted"), true);
}

void sort_all(OnnxExportCall& call, bool values) {
  const std::int64_t dim = call.dim("dim", call.rank());
  give_largest(call, call.size(call.shape()[static_cast<std::size_t>(dim)]),
               call.options().boolean("descending"), true, values);
}

void export_sort(OnnxExportCall& call) { sort_all(call, true); }
void export_argsort(OnnxExportCall& call) { sort_all(call, false); }

}  // namespace

void add_exported_reductions(OnnxExportTable& table) {
  table.add({"sum"}, export_sum);
  table.add({"prod"}, export_prod);
  table.add({"mean"}, export_mean);
  table.add({"amax"}, export_amax);
  table.add({"amin"}, export_amin);
  table.add({"logsumexp"}, export_logsumexp);
  table.add({"aminmax"}, export_aminmax);
  table.add({"norm"}, export_norm);
  table.add({"max"}, export_max);
  table.add({"min"}, export_min);
  table.add({"argmax"}, export_argmax);
  table.add({"argmin"}, export_argmin);
  table.add({"any"}, export_any);
  table.add({"all"}, export_all);
  table.add({"count_nonzero"}, export_count_nonzero);
  table.add({"var"}, export_var);
  table.add({"std"}, export_std);
  table.add({"var_mean"}, export_var_mean);
  table.add({"std_mean"}, export_std_mean);
  table.add({"cumsum"}, export_cumsum);
  table.add({"topk"}, export_topk);
  table.add({"sort"}, export_sort);
  table.add({"argsort"}, export_argsort);
}

}  // namespace orrery
