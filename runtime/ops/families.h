#pragma once

#include "runtime/graph/descriptor.h"

namespace orrery {

/// Each family of operations adds its descriptors: one short entry an operation, in a file of the
/// family's name. A new operation is one entry here and one kernel in runtime/engine/kernels.
void add_linear(Registry& registry);
void add_sparse(Registry& registry);
void add_convolution(Registry& registry);
void add_folds(Registry& registry);
void add_recurrent(Registry& registry);
void add_attention(Registry& registry);
void add_normalization(Registry& registry);
void add_pooling(Registry& registry);
void add_unpooling(Registry& registry, int axes);  // part of pooling
void add_padding(Registry& registry);
void add_vision(Registry& registry);
void add_resizing(Registry& registry);      // part of vision
void add_predecessors(Registry& registry);  // part of vision
void add_activation(Registry& registry);
void add_dropout(Registry& registry);
void add_distance(Registry& registry);
void add_loss(Registry& registry);
void add_arithmetic(Registry& registry);
void add_elementwise(Registry& registry);
void add_comparison(Registry& registry);
void add_matrix(Registry& registry);
void add_matrix_einsum(Registry& registry);
void add_matrix_products(Registry& registry);
void add_matrix_sums(Registry& registry);
void add_linalg(Registry& registry);
void add_linalg_norms(Registry& registry);
void add_spectral(Registry& registry);
void add_spectral_windows(Registry& registry);
void add_shape(Registry& registry);
void add_shape_joins(Registry& registry);
void add_shape_parts(Registry& registry);
void add_shape_spread(Registry& registry);
void add_shape_order(Registry& registry);
void add_shape_diagonals(Registry& registry);
void add_expectation(Registry& registry);
void add_indexing(Registry& registry);
void add_indexing_masks(Registry& registry);
void add_indexing_by_value(Registry& registry);
void add_reduction(Registry& registry);
void add_sorting(Registry& registry);
void add_creation(Registry& registry);
void add_random(Registry& registry);
/// Not called by scripts: what frames the body of orrery.scan.
void add_loops(Registry& registry);
/// Not operations: what computes layers' tensors from others.
void add_parametrizations(Registry& registry);
/// After all operations: PyTorch's other names for some.
void add_synonyms(Registry& registry);

}  // namespace orrery
