#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void spread_second(RandomCase& one, Dice& dice) {
  Shape& shape = one.inputs[1]->shape;
  if (!shape.empty() && dice.one_in(2)) shape.erase(shape.begin());
}

void fit_paired_vectors(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 1, 3);
  if (!dice.one_in(6)) one.inputs[1]->shape = one.inputs[0]->shape;
  spread_second(one, dice);
}

void fit_rows(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 2, 3);
  if (!dice.one_in(6)) one.inputs[1]->shape = one.inputs[0]->shape;
  if (one.inputs[1]->shape.size() > 2) spread_second(one, dice);
}

// The gradient does not know that a norm was raised to eps.
bool norms_are_not_raised(const RandomCase& one) { return one.attributes.real("eps") < 0.1; }

}  // namespace

void add_distance_cases(CaseMakers& makers) {
  makers["CosineSimilarity"] =
      makers["cosine_similarity"] = {.inputs = fit_paired_vectors, .smooth = norms_are_not_raised};
  makers["PairwiseDistance"] = makers["pairwise_distance"] = {
      .inputs = fit_paired_vectors, .stricter = "LibTorch spreads a scalar to a vector"};
  makers["cdist"] = {.inputs = fit_rows, .stricter = "LibTorch takes halves by matrix products only"};
  makers["pdist"] = {.inputs = ranked(2, 2), .stricter = "a single row has no pairs, in any dtype"};
}

}  // namespace orrery
