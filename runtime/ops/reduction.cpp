#include <cmath>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"
#include "runtime/ops/reduced.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

std::vector<TensorType> sum_rule(ShapeContext& context) {
  return {{reduced_shape(context, reduced_dims(context)), summed_dtype(context)}};
}

std::vector<TensorType> nansum_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::no_complex);
  const Attributes& a = context.attributes();
  if (is_floating(context.input(0).dtype) && a.has("dtype") && !is_floating(a.dtype("dtype")))
    context.expects_option("a floating-point dtype", std::string(name(a.dtype("dtype"))));
  return sum_rule(context);
}

std::vector<TensorType> prod_rule(ShapeContext& context) {
  expect_whole_or_dim(context);
  return {{reduced_shape(context, reduced_dim(context)), summed_dtype(context)}};
}

std::vector<TensorType> mean_of(ShapeContext& context, Takes kinds) {
  if (!context.attributes().has("dtype")) expect_kind_of(context, kinds);
  return sum_rule(context);
}

std::vector<TensorType> mean_rule(ShapeContext& context) { return mean_of(context, Takes::differentiable); }

std::vector<TensorType> nanmean_rule(ShapeContext& context) {
  expect_kind_of(context, Takes::floating);
  return sum_rule(context);
}

TensorType variance(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const DType dtype = context.input(0).dtype;
  expect_kind_of(context, Takes::differentiable);
  if (a.has("unbiased") && a.has("correction"))
    context.expects_option("unbiased or correction", "both", "unbiased = false is correction = 0.");
  return {reduced_shape(context, reduced_dims(context)), real_of(dtype)};
}

std::vector<TensorType> var_rule(ShapeContext& context) { return {variance(context)}; }

std::vector<TensorType> var_mean_rule(ShapeContext& context) {
  const TensorType var = variance(context);
  return {var, {var.shape, context.input(0).dtype}};
}

std::vector<TensorType> logsumexp_rule(ShapeContext& context) {
  return {{reduced_shape(context, reduced_dims(context)), floating_result(context.input(0).dtype)}};
}

// Bytes keep their dtype, as in PyTorch.
std::vector<TensorType> any_rule(ShapeContext& context) {
  const bool bytes = context.input(0).dtype == DType::uint8;
  return {{reduced_shape(context, reduced_dims(context)), bytes ? DType::uint8 : DType::boolean}};
}

std::vector<TensorType> count_rule(ShapeContext& context) {
  return {{without_dims(context.shape(), reduced_dims(context), false), DType::int64}};
}

// A norm is real; a dtype to compute in may widen the input's, not narrow it.
DType norm_dtype(const ShapeContext& context) {
  const DType input = context.input(0).dtype;
  expect_kind_of(context, Takes::differentiable);
  if (!context.attributes().has("dtype")) return real_of(input);
  const DType wanted = context.attributes().dtype("dtype");
  if (is_complex(wanted) != is_complex(input) || promote(input, wanted) != wanted)
    context.expects_option("a dtype that holds the input's numbers", std::string(name(wanted)));
  return real_of(wanted);
}

std::vector<TensorType> norm_rule(ShapeContext& context) {
  const DType dtype = norm_dtype(context);
  const std::vector<int> dims = reduced_dims(context);
  const Attributes& a = context.attributes();
  if (!a.is_text("p") && (std::isinf(a.real("p")) || a.real("p") < 0)) expect_elements(context, dims);
  return {{reduced_shape(context, dims), dtype}};
}

Attribute wide_dtype() {
  std::vector<std::string> names = floating_names();
  names.insert(names.end(), {"complex64", "complex128"});
  return result_dtype(std::move(names));
}

std::vector<Attribute> variance_options() {
  return {over_dims(),
          {.name = "unbiased",
           .type = AttributeType::boolean,
           .doc = "divides by the number less 1 (true, as when not given) or by the number"},
          keepdim(),
          {.name = "correction",
           .type = AttributeType::number,
           .doc = "taken from the number that the sum is divided by; none: 1"}};
}

void add_sums_over(Registry& registry) {
  registry.add(reduction_of("sum", "The sum over dimensions; integers give int64.",
                            {over_dims(), keepdim(), result_dtype()}, sum_rule, "ReduceSum"));
  registry.add(reduction_of("nansum", "The sum over dimensions, NaN counted as 0.",
                            {over_dims(), keepdim(), result_dtype()}, nansum_rule));
  registry.add(keeping(reduction_of("prod", "The product over a dimension or of all; integers give int64.",
                                    {over_dim(), keepdim(), result_dtype()}, prod_rule, "ReduceProd")));
  registry.add(keeping(reduction_of("logsumexp", "log(sum(exp(x))) over dimensions, without overflow.",
                                    {over_dims(), keepdim()}, logsumexp_rule, "ReduceLogSumExp")));
}

void add_moments(Registry& registry) {
  registry.add(reduction_of("mean", "The mean over dimensions.", {over_dims(), keepdim(), wide_dtype()},
                            mean_rule, "ReduceMean"));
  registry.add(reduction_of("nanmean", "The mean over dimensions of what is not NaN.",
                            {over_dims(), keepdim(), result_dtype(floating_names())}, nanmean_rule));
  registry.add(reduction_of("var", "The variance over dimensions.", variance_options(), var_rule));
  registry.add(
      keeping(reduction_of("std", "The standard deviation over dimensions.", variance_options(), var_rule)));
  Descriptor var_mean =
      reduction_of("var_mean", "Variance and mean over dimensions.", variance_options(), var_mean_rule);
  var_mean.outputs = {"var", "mean"};
  registry.add(std::move(var_mean));
  Descriptor std_mean = reduction_of("std_mean", "Standard deviation and mean over dimensions.",
                                     variance_options(), var_mean_rule);
  std_mean.outputs = {"std", "mean"};
  registry.add(keeping(std::move(std_mean)));
}

Descriptor norm() {
  return reduction_of("norm", "The p-norm of the elements over dimensions.",
                      {{.name = "p",
                        .type = AttributeType::real,
                        .doc = "the exponent; 'fro' is 2, math.huge the largest magnitude",
                        .value = "fro",
                        .or_text = {"fro"}},
                       over_dims(),
                       keepdim(),
                       wide_dtype()},
                      norm_rule, "ReduceL2");
}

}  // namespace

void add_reduction(Registry& registry) {
  add_sums_over(registry);
  add_moments(registry);
  registry.add(norm());
  registry.add(without_gradient(reduction_of("any", "Whether any element over dimensions is not 0.",
                                             {over_dims(), keepdim()}, any_rule)));
  registry.add(without_gradient(reduction_of("all", "Whether all elements over dimensions are not 0.",
                                             {over_dims(), keepdim()}, any_rule)));
  registry.add(without_gradient(reduction_of("count_nonzero", "How many elements over dimensions are not 0.",
                                             {over_dims()}, count_rule)));
  add_extremes(registry);
  add_scans(registry);
}

}  // namespace orrery
