#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

std::int64_t features(const RandomCase& one, const char* option) {
  return one.attributes.integer(one.attributes.has(option) ? option : "embed_dim");
}

void fit_mask(RandomCase& one, size_t port, const Shape& shape, Dice& dice) {
  if (!one.inputs[port]) return;
  if (!dice.one_in(8)) one.inputs[port]->shape = shape;
  one.inputs[port]->dtype = dice.pick<DType>({DType::boolean, one.inputs[0]->dtype, DType::float32});
}

void fit_product(RandomCase& one, Dice& dice) {
  if (dice.one_in(6)) return;
  const bool grouped = one.attributes.boolean("enable_gqa");
  Shape& q = one.inputs[0]->shape;
  q = random_shape(dice, grouped ? 3 : 2, 4);
  Shape k = q;
  k[k.size() - 2] = dice.between(1, 4);
  if (grouped && !dice.one_in(4)) q[q.size() - 3] = k[k.size() - 3] * dice.between(1, 3);
  Shape v = k;
  if (dice.one_in(3)) v.back() = dice.between(1, 4);
  if (dice.one_in(6)) v[v.size() - 2] = dice.between(1, 4);
  if (dice.one_in(6)) k.back() = dice.between(1, 4);
  if (dice.one_in(4) && q.size() > 2) q[0] = 1;
  Shape scores = q;
  scores.back() = k[k.size() - 2];
  if (dice.one_in(3)) scores.erase(scores.begin(), scores.end() - 2);
  fit_mask(one, 3, scores, dice);
  const DType dtype = dice.pick<DType>({DType::float32, DType::float64, DType::float32, DType::bfloat16});
  for (size_t i : {0, 1, 2})
    if (!dice.one_in(10)) one.inputs[i]->dtype = dtype;
  one.inputs[1]->shape = k;
  one.inputs[2]->shape = v;
}

void few_heads(std::vector<Attributes::Entry>& entries, Dice& dice) {
  const std::int64_t heads = dice.between(1, 3);
  *drawn(entries, "num_heads") = heads;
  if (!dice.one_in(6)) *drawn(entries, "embed_dim") = heads * dice.between(1, 3);
}

void fit_multihead(RandomCase& one, Dice& dice) {
  const std::int64_t heads = one.attributes.integer("num_heads");
  const bool batched = !dice.one_in(4), batch_first = batched && one.attributes.boolean("batch_first");
  const std::int64_t batch = batched ? dice.between(1, 3) : 1, target = dice.between(1, 4),
                     source = dice.between(1, 4);
  const auto sequence = [&](std::int64_t length, std::int64_t width) -> Shape {
    if (!batched) return {length, width};
    return batch_first ? Shape{batch, length, width} : Shape{length, batch, width};
  };
  const Shape shapes[] = {sequence(target, one.attributes.integer("embed_dim")),
                          sequence(source, features(one, "kdim")), sequence(source, features(one, "vdim"))};
  for (size_t i : {0, 1, 2}) {
    if (!dice.one_in(12)) one.inputs[i]->shape = shapes[i];
    if (!dice.one_in(12)) one.inputs[i]->dtype = one.attributes.dtype("dtype");
  }
  fit_mask(one, 3, batched ? Shape{batch, source} : Shape{source}, dice);
  fit_mask(one, 4, dice.one_in(2) ? Shape{target, source} : Shape{batch * heads, target, source}, dice);
}

}  // namespace

void add_attention_cases(CaseMakers& makers) {
  makers["scaled_dot_product_attention"] = makers["ScaledDotProductAttention"] = {
      .inputs = fit_product,
      .stricter =
          "a mask has 2 dimensions at least, which LibTorch wants for some shapes only, and no more than the "
          "scores, whose batches it may spread"};
  makers["MultiheadAttention"] = {.options = few_heads, .inputs = fit_multihead};
}

}  // namespace orrery
