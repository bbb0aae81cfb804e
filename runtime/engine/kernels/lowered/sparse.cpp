#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/core/error.h"
#include "runtime/engine/kernels/cpu/embedding.h"
#include "runtime/engine/kernels/kernel.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

bool looks_up_rows(const LoweringQuestion& q) {
  const Attributes& a = q.node.attributes();
  return q.node.inputs()[0].dtype() == DType::int64 && count_of(q.sizes[0]) > 0 && !a.has("max_norm") &&
         !a.boolean("scale_grad_by_freq");
}

cpu::Lookup lookup_of(const Lowering& l) {
  const Attributes& a = l.node().attributes();
  const std::int64_t rows = a.integer("num_embeddings");
  std::int64_t padding = a.has("padding_idx") ? a.integer("padding_idx") : -1;
  if (a.has("padding_idx") && padding < 0) padding += rows;
  return {count_of(l.sizes()), rows, a.integer("embedding_dim"), nullptr, padding};
}

// LibTorch's own words for an index that is no row.
template <class T>
[[noreturn]] void refuse_index(const Node& node, const cpu::Lookup& lookup, const std::int64_t* indices,
                               T* table) {
  const at::Tensor inputs[] = {at::from_blob(const_cast<std::int64_t*>(indices), {lookup.count}, at::kLong)};
  const at::Tensor parameters[] = {
      at::from_blob(table, {lookup.rows, lookup.columns}, at::CppTypeToScalarType<T>::value)};
  kernel_of (*node.descriptor())({.attributes = node.attributes(),
                                  .descriptor = node.descriptor(),
                                  .inputs = inputs,
                                  .parameters = parameters,
                                  .parameter_names = node.layer()->read_slots(),
                                  .training = true,
                                  .values = node.inputs(),
                                  .node = &node});
  throw InvariantFailure("an index that only one of two kernels refuses", std::source_location::current());
}

void lower_embedding(Lowering& l) {
  const cpu::Lookup lookup = lookup_of(l);
  const int indices = l.input(), y = l.output(), table = l.parameter("weight");
  const Node* node = &l.node();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      const auto* const from = at_place<std::int64_t>(m, indices);
      T *const rows = at_place<T>(m, table), *to = at_place<T>(m, y);
      for (std::int64_t i = 0; i < lookup.count; ++i, to += lookup.columns) {
        if (from[i] < 0 || from[i] >= lookup.rows) refuse_index(*node, lookup, from, rows);
        std::copy_n(rows + from[i] * lookup.columns, lookup.columns, to);
      }
    });
  });
}

void differentiate_embedding(Lowering& l) {
  const GradientPlace to = l.parameter_gradient("weight");
  if (!to) return;
  const cpu::Lookup lookup = lookup_of(l);
  const int indices = l.input(), arrived = l.output_gradient();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      T* const table = at_place<T>(m, to.place);
      if (!to.adds) std::fill_n(table, lookup.rows * lookup.columns, T(0));
      cpu::Lookup looked_up = lookup;
      looked_up.indices = at_place<std::int64_t>(m, indices);
      cpu::embedding_backward<T>(looked_up, 0, lookup.columns, at_place<T>(m, arrived), table);
    });
  });
}

constexpr LoweringEntry kSparseLowerings[] = {{.operation = "Embedding",
                                               .covers = looks_up_rows,
                                               .forward = lower_embedding,
                                               .backward = differentiate_embedding,
                                               .reads_indices = true,
                                               .order = ResultOrder::in_order}};

}  // namespace

std::span<const LoweringEntry> sparse_lowerings() { return kSparseLowerings; }

}  // namespace orrery
