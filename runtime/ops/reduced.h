#pragma once

#include "runtime/ops/pointwise.h"

namespace orrery {

// What the reductions share: the dimensions that vanish, and how their descriptors are written.

/// Every dimension of the first input.
std::vector<int> all_dims(const ShapeContext& context);
/// The dimensions of the option `dim`, a list; none, and an empty list, mean all.
std::vector<int> reduced_dims(const ShapeContext& context);
/// The dimension of the option `dim`, an integer; none means all.
std::vector<int> reduced_dim(const ShapeContext& context);
/// The first input's shape without those dimensions, or with size 1 there (`keepdim`).
Shape reduced_shape(const ShapeContext& context, const std::vector<int>& dims);
/// Stops where there is nothing to choose from along the dimensions.
void expect_elements(ShapeContext& context, const std::vector<int>& dims);

/// Stops where `keepdim` is asked for without a dimension, which is no call of PyTorch's.
void expect_whole_or_dim(const ShapeContext& context);

/// The dtype of sums: that of the option `dtype`, else int64 for integers and the input's for others.
DType summed_dtype(const ShapeContext& context);

/// Several dimensions, none by default.
Attribute over_dims();
/// One dimension, none by default.
Attribute over_dim();
Attribute keepdim();

using ReductionRule = std::vector<TensorType> (*)(ShapeContext&);

/// A reduction called as in torch.
Descriptor reduction_of(std::string name, std::string doc, std::vector<Attribute> attributes,
                        ReductionRule shape, std::string onnx = {});
/// The same with integers or booleans as result.
Descriptor without_gradient(Descriptor descriptor);

/// What keeps the shape: running sums, products, extremes; differences.
void add_scans(Registry& registry);
/// What gives order: medians, modes, quantiles, extremes with their places.
void add_extremes(Registry& registry);

}  // namespace orrery
