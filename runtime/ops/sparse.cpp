#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/graph/cost.h"
#include "runtime/ops/families.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

constexpr int kOffsets = 1, kSampleWeights = 2;

bool is_index(DType dtype) { return dtype == DType::int64 || dtype == DType::int32; }

void expect_index_dtype(const ShapeContext& context, int port) {
  if (!is_index(context.input(port).dtype))
    context.expects_dtype(port, "int64 or int32 indices", "Convert them first: x:to(\"int64\").");
}

std::vector<TensorType> embedding_rule(ShapeContext& context) {
  expect_index_dtype(context, 0);
  Shape shape = context.shape();
  shape.emplace_back(context.attributes().integer("embedding_dim"));
  return {{shape, context.attributes().dtype("dtype")}};
}

// Rows (N, length) are a bag each; a plain list is divided by its offsets.
Dim bags(ShapeContext& context) {
  const bool listed = context.rank() == 1;
  if (listed && !context.linked(kOffsets))
    context.expects(0, "indices (N, length) when there are no offsets", str(context.shape()),
                    "Give the offsets at which the bags begin.");
  if (!listed && context.linked(kOffsets))
    context.expects(0, "a list of indices when there are offsets", str(context.shape()));
  if (!listed) return context.shape()[0];
  context.expect_rank(kOffsets, 1, 1, "(bags)");
  expect_index_dtype(context, kOffsets);
  const Dim given = context.shape(kOffsets)[0];
  if (!context.attributes().boolean("include_last_offset")) return given;
  context.expect_at_least(kOffsets, given, 2, "the beginning and the end of at least one bag", given.str());
  return given - 1;
}

void expect_sample_weights(ShapeContext& context) {
  const std::string& mode = context.attributes().text("mode");
  if (mode != "sum") context.expects_option("mode = 'sum' with per_sample_weights", "'" + mode + "'");
  const DType dtype = context.attributes().dtype("dtype");
  if (context.input(kSampleWeights).dtype != dtype)
    context.expects_dtype(kSampleWeights, fmt::format("weights of dtype {}, as the table", name(dtype)));
  const Shape &weights = context.shape(kSampleWeights), &indices = context.shape();
  const std::string expected = fmt::format("weights of shape {}, as the indices", str(indices));
  if (weights.size() != indices.size()) context.expects(kSampleWeights, expected, str(weights));
  for (size_t i = 0; i < indices.size(); ++i)
    context.expect_equal(kSampleWeights, weights[i], indices[i], expected, str(weights));
}

std::vector<TensorType> embedding_bag_rule(ShapeContext& context) {
  context.expect_rank(0, 1, 2, "(N, length), or (indices) with offsets");
  expect_index_dtype(context, 0);
  const Dim count = bags(context);
  if (context.linked(kSampleWeights)) expect_sample_weights(context);
  const Attributes& a = context.attributes();
  return {{{count, a.integer("embedding_dim")}, a.dtype("dtype")}};
}

std::int64_t padding_row(const Attributes& a) {
  if (!a.has("padding_idx")) return -1;
  const std::int64_t row = a.integer("padding_idx"), rows = a.integer("num_embeddings");
  check(row >= -rows && row < rows, Fault::usage, "padding_idx must be between {} and {}, got {}", -rows,
        rows - 1, row);
  return row < 0 ? row + rows : row;
}

std::vector<ParameterSpec> table_of(const Attributes& a) {
  Init init = Init::normal(0, 1);
  init.zero_row = padding_row(a);
  return {
      {"weight", {a.integer("num_embeddings"), a.integer("embedding_dim")}, init, false, a.dtype("dtype")}};
}

std::vector<ParameterSpec> bag_table(const Attributes& a) {
  check(!a.boolean("scale_grad_by_freq") || a.text("mode") != "max", Fault::usage,
        "scale_grad_by_freq must be false with mode = 'max', whose gradient has no frequencies");
  return table_of(a);
}

Attribute padding_idx() { return {.name = "padding_idx", .doc = "row that stays 0 and is not trained"}; }

// Options that both kinds of table share.
std::vector<Attribute> renormalisation() {
  return {{.name = "max_norm",
           .type = AttributeType::real,
           .doc = "longer rows are shortened to this norm in the table whenever they are looked up",
           .min = 0},
          real_or("norm_type", 2, "exponent of that norm"),
          flag("scale_grad_by_freq", false, "divides a row's gradient by how often it was looked up")};
}

Attribute sparse() {
  return flag("sparse", false, "accepted for PyTorch's sake: the gradient has the same values but is dense");
}

// A row of the table for each index, and the results.
Dim rows_moved(const CostContext& cost) {
  const TensorType& indices = *cost.inputs.front();
  const Dim row = cost.attributes.integer("embedding_dim") * element_size(cost.attributes.dtype("dtype"));
  Dim bytes = numel(indices.shape) * row + byte_count(cost.outputs.front());
  for (const TensorType* input : cost.inputs)
    if (input) bytes = bytes + byte_count(*input);
  return bytes;
}

Descriptor embedding() {
  Descriptor d{.name = "Embedding",
               .kind = OperationKind::layer,
               .category = Category::sparse,
               .doc = "Looks up a learned row for each index."};
  d.inputs = {input_port("indices of any shape, int64 or int32")};
  d.attributes = {count_of("num_embeddings", "rows of the table"), count_of("embedding_dim", "size of a row"),
                  padding_idx()};
  for (Attribute& option : renormalisation()) d.attributes.push_back(std::move(option));
  d.attributes.push_back(sparse());
  d.attributes.push_back(parameter_dtype());
  d.shape = embedding_rule;
  d.moved = rows_moved;
  d.parameters = table_of;
  d.torch = "torch.nn.Embedding";
  d.onnx = "Gather";
  return d;
}

Descriptor embedding_bag() {
  Descriptor d{.name = "EmbeddingBag",
               .kind = OperationKind::layer,
               .category = Category::sparse,
               .doc = "Looks up learned rows and joins them to one for each bag."};
  d.inputs = {
      input_port("indices (N, length), or a list of them with offsets"),
      {.name = "offsets", .kind = Port::Kind::optional, .doc = "where each bag begins in a list of indices"},
      {.name = "per_sample_weights",
       .kind = Port::Kind::optional,
       .doc = "multiplies each row, with mode = 'sum'; shaped like the indices"}};
  d.attributes = {count_of("num_embeddings", "rows of the table"),
                  count_of("embedding_dim", "size of a row")};
  for (Attribute& option : renormalisation()) d.attributes.push_back(std::move(option));
  d.attributes.push_back({.name = "mode",
                          .type = AttributeType::text,
                          .doc = "how the rows of a bag are joined",
                          .value = "mean",
                          .choices = {"sum", "mean", "max"}});
  d.attributes.push_back(sparse());
  d.attributes.push_back(flag("include_last_offset", false, "the last offset is where the last bag ends"));
  d.attributes.push_back(padding_idx());
  d.attributes.push_back(parameter_dtype());
  d.shape = embedding_bag_rule;
  d.moved = rows_moved;
  d.parameters = bag_table;
  d.torch = "torch.nn.EmbeddingBag";
  return d;
}

}  // namespace

void add_sparse(Registry& registry) {
  registry.add(embedding());
  registry.add(embedding_bag());
}

}  // namespace orrery
