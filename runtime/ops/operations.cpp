#include "runtime/ops/operations.h"

#include "runtime/ops/families.h"

namespace orrery {
namespace {

void fill(Registry& registry) {
  add_linear(registry);
  add_sparse(registry);
  add_convolution(registry);
  add_folds(registry);
  add_recurrent(registry);
  add_attention(registry);
  add_normalization(registry);
  add_pooling(registry);
  add_padding(registry);
  add_vision(registry);
  add_activation(registry);
  add_dropout(registry);
  add_distance(registry);
  add_loss(registry);
  add_arithmetic(registry);
  add_elementwise(registry);
  add_comparison(registry);
  add_matrix(registry);
  add_matrix_einsum(registry);
  add_matrix_products(registry);
  add_matrix_sums(registry);
  add_linalg(registry);
  add_linalg_norms(registry);
  add_spectral(registry);
  add_spectral_windows(registry);
  add_shape(registry);
  add_shape_joins(registry);
  add_shape_parts(registry);
  add_shape_spread(registry);
  add_shape_order(registry);
  add_shape_diagonals(registry);
  add_expectation(registry);
  add_indexing(registry);
  add_indexing_masks(registry);
  add_indexing_by_value(registry);
  add_reduction(registry);
  add_sorting(registry);
  add_creation(registry);
  add_random(registry);
  add_loops(registry);
  add_parametrizations(registry);
  add_synonyms(registry);
}

struct Operations : Registry {
  Operations() { fill(*this); }
};

}  // namespace

const Registry& operations() {
  static const Operations all;
  return all;
}

Registry& operations(Runtime& runtime) {
  if (!runtime.operations) {
    runtime.operations = std::make_unique<Registry>();
    runtime.operations->extend(operations());
  }
  return *runtime.operations;
}

}  // namespace orrery
