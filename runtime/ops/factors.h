#pragma once

#include "runtime/graph/descriptor.h"

namespace orrery {

/// Stops unless the input has so many dimensions: 1 a vector, 2 a matrix, 3 a batch of matrices.
void expect_dims(ShapeContext& context, int port, int rank);
/// Stops for truth values.
void expect_numbers(ShapeContext& context, int port);
/// Stops unless the input has the dtype of another.
void expect_like(ShapeContext& context, int port, int first);

/// The shape of the product of the inputs at two ports, whose inner sizes meet.
Shape product(ShapeContext& context, int left_port, int right_port, int left_rank, int right_rank);

/// Two per multiply-add of a product whose factors stand at ports `Factor` and the next. FlopCounterMode
/// leaves products with a vector on the right uncounted.
template <int Factor>
Dim product_flops(const CostContext& cost) {
  return 2 * numel(cost.inputs[Factor]->shape) * cost.inputs[Factor + 1]->shape.back();
}

/// The operations of a product of many matrices in the cheapest order; a vector first or last counts as a
/// row or column.
Dim chain_flops(const CostContext& cost);

}  // namespace orrery
