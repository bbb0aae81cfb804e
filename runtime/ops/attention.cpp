#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/ops/broadcast.h"
#include "runtime/ops/families.h"
#include "runtime/ops/initialisation.h"
#include "runtime/ops/options.h"

namespace orrery {
namespace {

enum AttentionPort { query, key, value, key_padding, mask };

Attribute dropping(std::string name, std::string doc) {
  return {.name = std::move(name),
          .type = AttributeType::real,
          .doc = std::move(doc),
          .value = 0.0,
          .min = 0,
          .max = 1};
}

void expect_like_query(ShapeContext& context) {
  context.expect_floating(query);
  const DType wanted = context.input(query).dtype;
  for (int port : {key, value}) {
    if (context.input(port).dtype != wanted)
      context.expects_dtype(port, fmt::format("inputs of one dtype, {} like the query", name(wanted)),
                            fmt::format("Convert it first: x:to(\"{}\").", name(wanted)));
  }
}

void expect_mask_dtype(ShapeContext& context, int port) {
  const DType given = context.input(port).dtype;
  if (given == DType::boolean || given == DType::float32 || given == context.input(query).dtype) return;
  context.expects_dtype(port, "a mask of booleans or of the query's dtype");
}

// scaled_dot_product_attention.

Shape leading(const Shape& shape, size_t kept) { return {shape.begin(), shape.end() - kept}; }

// Each group of query heads shares one head of keys and values.
Dim shared_heads(ShapeContext& context, int port) {
  if (context.rank(query) < 3 || context.rank(port) < 3)
    context.expects(port, "inputs of at least 3 dimensions, (…, heads, length, features), for enable_gqa",
                    str(context.shape(port)));
  const Dim& heads = context.shape(query)[context.rank(query) - 3];
  const Dim& groups = context.shape(port)[context.rank(port) - 3];
  const Dim whole = groups == Dim(0) ? Dim(0) : floor_div(heads, groups) * groups;
  context.expect_equal(port, whole, heads, fmt::format("heads that divide the query's {}", heads.str()),
                       groups.str());
  return heads;
}

Shape batch_of(ShapeContext& context, int port) {
  Shape batch = leading(context.shape(port), 2);
  if (port != query && context.attributes().boolean("enable_gqa")) batch.back() = shared_heads(context, port);
  return batch;
}

void expect_spread_mask(ShapeContext& context, const Shape& scores) {
  const int port = 3;
  expect_mask_dtype(context, port);
  if (context.attributes().boolean("is_causal"))
    context.expects_option("either attn_mask or is_causal", "both");
  const Shape& given = context.shape(port);
  const std::string expected = fmt::format("a mask that broadcasts to the scores {}", str(scores));
  if (given.size() < 2 || given.size() > scores.size()) context.expects(port, expected, str(given));
  for (size_t back = 1; back <= given.size(); ++back) {
    const Dim& size = given[given.size() - back];
    if (size != Dim(1)) context.expect_equal(port, size, scores[scores.size() - back], expected, str(given));
  }
}

std::vector<TensorType> scaled_dot_product_shape(ShapeContext& context) {
  expect_like_query(context);
  for (int port : {query, key, value})
    if (context.rank(port) < 2)
      context.expects(port, "an input of at least 2 dimensions, (…, length, features)",
                      str(context.shape(port)));
  const Shape &q = context.shape(query), &k = context.shape(key), &v = context.shape(value);
  context.expect_equal(key, k.back(), q.back(),
                       fmt::format("keys with the query's {} features", q.back().str()), str(k));
  context.expect_equal(value, v[v.size() - 2], k[k.size() - 2],
                       fmt::format("one value for each of {} keys", k[k.size() - 2].str()), str(v));
  Shape scores = broadcast(context, key, batch_of(context, query), batch_of(context, key));
  Shape output = broadcast(context, value, scores, batch_of(context, value));
  scores.insert(scores.end(), {q[q.size() - 2], k[k.size() - 2]});
  output.insert(output.end(), {q[q.size() - 2], v.back()});
  if (context.linked(3)) expect_spread_mask(context, scores);
  return {{output, context.input(query).dtype}};
}

// The two matrix products, whichever way LibTorch computes them.
Dim scaled_dot_product_flops(const CostContext& cost) {
  const Shape &q = cost.inputs[query]->shape, &k = cost.inputs[key]->shape;
  const Shape& output = cost.outputs[0].shape;
  const Dim places = numel(leading(output, 1));
  return 2 * places * k[k.size() - 2] * (q.back() + output.back());
}

Descriptor scaled_dot_product() {
  return {
      .name = "scaled_dot_product_attention",
      .category = Category::attention,
      .doc = "Means of the values, weighted by the softmax of the scaled products of query and keys.",
      .inputs = {{.name = "query", .doc = "(…, L, E)"},
                 {.name = "key", .doc = "(…, S, E)"},
                 {.name = "value", .doc = "(…, S, Ev)"},
                 {.name = "attn_mask",
                  .kind = Port::Kind::optional,
                  .doc = "broadcasts to (…, L, S): true where a key may be seen, or added to the scores"}},
      .attributes = {dropping("dropout_p", "probability of a weight to become 0, also while evaluating"),
                     flag("is_causal", false, "no query sees a later key"),
                     {.name = "scale",
                      .type = AttributeType::real,
                      .doc = "factor of the scores; none: 1 / sqrt(E)"},
                     flag("enable_gqa", false, "groups of query heads share one head of keys and values")},
      .shape = scaled_dot_product_shape,
      .flops = scaled_dot_product_flops,
      .draws = true,
      .keeps_output = Descriptor::KeepsOutput::yes,  // as the fused kernels
      .node_name = "attention",
      .torch = "torch.nn.functional.scaled_dot_product_attention",
      .onnx = "Attention"};
}

// The function drops as it is told, whatever the mode of the run; the layer, as nn.Dropout does.
Descriptor scaled_dot_product_layer() {
  Descriptor d = scaled_dot_product();
  d.transform = d.name;
  d.name = "ScaledDotProductAttention";
  d.kind = OperationKind::layer;
  d.attributes[0] = dropping("dropout_p", "probability of a weight to become 0 while training");
  d.parameters = no_parameters;
  d.differs_in_training = true;
  return d;
}

// MultiheadAttention.

std::int64_t features(const Attributes& a, const std::string& option) {
  return a.has(option) ? a.integer(option) : a.integer("embed_dim");
}

bool one_width(const Attributes& a) {
  return features(a, "kdim") == a.integer("embed_dim") && features(a, "vdim") == a.integer("embed_dim");
}

// Where the sequence stands among the dimensions.
struct Layout {
  explicit Layout(const ShapeContext& context)
      : batched(context.rank(query) == 3),
        time(batched && context.attributes().boolean("batch_first") ? 1 : 0),
        batch(batched ? Dim(context.shape(query)[1 - time]) : Dim(1)),
        target(context.shape(query)[time]),
        source(context.shape(key)[time]) {}
  bool batched;
  int time;
  Dim batch, target, source;
};

std::string layout_name(const Attributes& a, const char* length, const char* width) {
  return a.boolean("batch_first") ? fmt::format("(N, {}, {}) or ({}, {})", length, width, length, width)
                                  : fmt::format("({}, N, {}) or ({}, {})", length, width, length, width);
}

void expect_operands(ShapeContext& context) {
  const Attributes& a = context.attributes();
  context.expect_rank(query, 2, 3, layout_name(a, "L", "embed_dim"));
  const char* const options[] = {"embed_dim", "kdim", "vdim"};
  for (int port : {query, key, value}) {
    expect_parameter_dtype(context, port);
    if (context.rank(port) != context.rank(query))
      context.expects(port,
                      fmt::format("inputs of as many dimensions as the query {}", str(context.shape(query))),
                      str(context.shape(port)));
    const Dim wanted = features(a, options[port]), given = context.shape(port).back();
    context.expect_equal(port, given, wanted, fmt::format("{} features ({})", wanted.str(), options[port]),
                         given.str());
  }
  const Layout layout(context);
  const auto expect = [&](int port, int dim, const Dim& wanted, const char* what) {
    context.expect_equal(port, context.shape(port)[dim], wanted, fmt::format("{} {}", what, wanted.str()),
                         str(context.shape(port)));
  };
  expect(value, layout.time, layout.source, "one value for each key, a length of");
  if (!layout.batched) return;
  expect(key, 1 - layout.time, layout.batch, "the query's batch of");
  expect(value, 1 - layout.time, layout.batch, "the query's batch of");
}

void expect_shape(ShapeContext& context, int port, const Shape& wanted) {
  const std::string expected = fmt::format("a mask of shape {}", str(wanted)), got = str(context.shape(port));
  if (context.shape(port).size() != wanted.size()) context.expects(port, expected, got);
  for (size_t i = 0; i < wanted.size(); ++i)
    context.expect_equal(port, context.shape(port)[i], wanted[i], expected, got);
}

void expect_masks(ShapeContext& context) {
  const Layout layout(context);
  if (context.linked(key_padding)) {
    expect_mask_dtype(context, key_padding);
    expect_shape(context, key_padding,
                 layout.batched ? Shape{layout.batch, layout.source} : Shape{layout.source});
  }
  if (!context.linked(mask)) return;
  expect_mask_dtype(context, mask);
  const Dim heads = layout.batch * context.attributes().integer("num_heads");
  Shape wanted = {layout.target, layout.source};
  if (context.rank(mask) == 3) wanted.insert(wanted.begin(), heads);
  expect_shape(context, mask, wanted);
}

// bias_k and a zero are each one more key.
Dim all_keys(const Attributes& a, const Dim& source) {
  return source + Dim(a.boolean("add_bias_kv") ? 1 : 0) + Dim(a.boolean("add_zero_attn") ? 1 : 0);
}

std::vector<TensorType> multihead_shape(ShapeContext& context) {
  expect_operands(context);
  expect_masks(context);
  const Attributes& a = context.attributes();
  const Layout layout(context);
  const DType dtype = context.input(query).dtype;
  std::vector<TensorType> outputs = {{context.shape(query), dtype}};
  if (!a.boolean("need_weights")) return outputs;
  Shape weights = {layout.target, all_keys(a, layout.source)};
  if (!a.boolean("average_attn_weights")) weights.insert(weights.begin(), Dim(a.integer("num_heads")));
  if (layout.batched) weights.insert(weights.begin(), layout.batch);
  outputs.push_back({weights, dtype});
  return outputs;
}

std::vector<ParameterSpec> multihead_parameters(const Attributes& a) {
  const std::int64_t width = a.integer("embed_dim"), heads = a.integer("num_heads");
  check(width % heads == 0, Fault::usage, "embed_dim must be divisible by num_heads, got {} and {}", width,
        heads);
  const DType dtype = a.dtype("dtype");
  std::vector<ParameterSpec> specs;
  const auto add = [&](const char* name, std::vector<std::int64_t> sizes, const Init& init) {
    specs.push_back({name, std::move(sizes), init, false, dtype});
  };
  const auto projection = [&](const char* name, std::int64_t rows, std::int64_t columns) {
    add(name, {rows, columns}, xavier_uniform({rows, columns}));
  };
  if (one_width(a)) {
    projection("in_proj_weight", 3 * width, width);
  } else {
    projection("q_proj_weight", width, width);
    projection("k_proj_weight", width, features(a, "kdim"));
    projection("v_proj_weight", width, features(a, "vdim"));
  }
  if (a.boolean("bias")) add("in_proj_bias", {3 * width}, Init::zeros());
  if (a.boolean("add_bias_kv"))
    for (const char* name : {"bias_k", "bias_v"}) add(name, {1, 1, width}, xavier_normal({1, 1, width}));
  projection("out_proj.weight", width, width);
  specs.back().init = kaiming_uniform(width);
  if (a.boolean("bias")) add("out_proj.bias", {width}, Init::zeros());
  return specs;
}

// The output projection is made first, as a Linear, whose bias is then set to 0.
std::vector<Draw> multihead_construction(const Attributes& a) {
  const std::vector<ParameterSpec> specs = multihead_parameters(a);
  std::vector<Draw> draws = {{"out_proj.weight", kaiming_uniform(a.integer("embed_dim"))}};
  if (a.boolean("bias")) draws.push_back({"out_proj.bias", fan_in_uniform(a.integer("embed_dim"))});
  for (const ParameterSpec& spec : specs)
    if (spec.name != "out_proj.weight") draws.push_back({spec.name, spec.init});
  return draws;
}

// The projections and the two products of each head; nothing else is a matrix product.
Dim multihead_flops(const CostContext& cost) {
  const Attributes& a = cost.attributes;
  std::vector<const TensorType*> inputs = cost.inputs;
  const Layout layout(ShapeContext(inputs, a));
  const Dim width = a.integer("embed_dim");
  const Dim projections =
      2 * width * (2 * layout.target * width + layout.source * (features(a, "kdim") + features(a, "vdim")));
  const Dim products = 4 * layout.target * all_keys(a, layout.source) * width;
  return layout.batch * (projections + products);
}

Attribute optional_count(std::string name, std::string doc) {
  return {.name = std::move(name), .type = AttributeType::integer, .doc = std::move(doc), .min = 1};
}

std::vector<Attribute> multihead_options() {
  return {count_of("embed_dim", "features of the query and of the output"),
          count_of("num_heads", "heads, which share the features evenly"),
          dropping("dropout", "probability of a weight to become 0 while training"),
          flag("bias", true, "adds learned biases in the projections"),
          flag("add_bias_kv", false, "adds a learned key and value"),
          flag("add_zero_attn", false, "adds a key and value of 0"),
          optional_count("kdim", "features of the keys; none: embed_dim"),
          optional_count("vdim", "features of the values; none: embed_dim"),
          flag("batch_first", false, "the batch comes before the sequence"),
          parameter_dtype(),
          at_call(flag("need_weights", true, "gives the weights, too")),
          at_call(flag("average_attn_weights", true, "gives the mean of the heads' weights")),
          at_call(flag("is_causal", false, "no query sees a later key; a given attn_mask must say so, too"))};
}

Descriptor multihead() {
  const auto optional = [](std::string name, std::string doc) {
    return Port{.name = std::move(name), .kind = Port::Kind::optional, .doc = std::move(doc)};
  };
  return {
      .name = "MultiheadAttention",
      .kind = OperationKind::layer,
      .category = Category::attention,
      .doc = "Attention of several heads, each with its own projections of query, keys and values.",
      .inputs =
          {{.name = "query", .doc = "(L, N, embed_dim), (N, L, embed_dim) if batch_first, or (L, embed_dim)"},
           {.name = "key", .doc = "(S, N, kdim), (N, S, kdim) if batch_first, or (S, kdim)"},
           {.name = "value", .doc = "(S, N, vdim), (N, S, vdim) if batch_first, or (S, vdim)"},
           optional("key_padding_mask", "(N, S) or (S): true where a key is ignored, or added to the scores"),
           optional("attn_mask",
                    "(L, S) or (N·num_heads, L, S): true where a key is ignored, or added to the scores")},
      .attributes = multihead_options(),
      .outputs = {"output", "weights"},
      .outputs_vary = true,
      .shape = multihead_shape,
      .parameters = multihead_parameters,
      .construction = multihead_construction,
      .flops = multihead_flops,
      .draws = true,
      .differs_in_training = true,
      .torch = "torch.nn.MultiheadAttention"};
}

}  // namespace

void add_attention(Registry& registry) {
  registry.add(scaled_dot_product());
  registry.add(scaled_dot_product_layer());
  registry.add(multihead());
}

}  // namespace orrery
