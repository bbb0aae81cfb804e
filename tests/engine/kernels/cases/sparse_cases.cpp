#include <ATen/ATen.h>

#include "runtime/engine/tensor_box.h"
#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

void fit_index_dtype(std::optional<TensorType>& input, Dice& dice) {
  if (input && !dice.one_in(6)) input->dtype = dice.one_in(4) ? DType::int32 : DType::int64;
}

void fit_embedding(RandomCase& one, Dice& dice) { fit_index_dtype(one.inputs[0], dice); }

void fit_bags(RandomCase& one, Dice& dice) {
  const bool listed = dice.one_in(2), sum = one.attributes.text("mode") == "sum";
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, listed ? 1 : 2, listed ? 1 : 2);
  if (!dice.one_in(6))
    one.inputs[1] = listed ? std::optional(TensorType{{dice.between(1, 4)}}) : std::nullopt;
  if (!sum && !dice.one_in(6)) one.inputs[2] = std::nullopt;
  fit_index_dtype(one.inputs[0], dice);
  fit_index_dtype(one.inputs[1], dice);
  if (!one.inputs[2] || dice.one_in(6)) return;
  one.inputs[2] = TensorType{one.inputs[0]->shape, one.attributes.dtype("dtype")};
}

// Row 0 is always there, and the first bag begins at 0.
at::Tensor zeros(const RandomCase& one, int port) {
  const TensorType& type = *one.inputs[port];
  return at::zeros(values(type.shape), scalar_type(type.dtype));
}

// The table is neither changed by the lookup nor its gradient by options.
bool is_plain(const RandomCase& one) {
  const Attributes& a = one.attributes;
  return !a.has("max_norm") && !a.has("padding_idx") && !a.boolean("scale_grad_by_freq");
}

}  // namespace

void add_sparse_cases(CaseMakers& makers) {
  makers["Embedding"] = {.inputs = fit_embedding, .values = zeros, .smooth = is_plain};
  makers["EmbeddingBag"] = {
      .inputs = fit_bags,
      .values = zeros,
      .stricter = "bytes beside integers pass as indices; rows with offsets of their own are flattened",
      .smooth = is_plain};
}

}  // namespace orrery
