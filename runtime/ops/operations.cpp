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
  add_linalg(registry);
  add_spectral(registry);
  add_shape(registry);
  add_indexing(registry);
  add_reduction(registry);
  add_sorting(registry);
  add_random(registry);
}

struct Operations : Registry {
  Operations() { fill(*this); }
};

}  // namespace

const Registry& operations() {
  static const Operations all;
  return all;
}

}  // namespace orrery
