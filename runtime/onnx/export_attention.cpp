#include <cmath>
#include <limits>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

std::vector<std::int64_t> last_two_swapped(int rank) {
  std::vector<std::int64_t> dims;
  for (int i = 0; i < rank; ++i) dims.push_back(i);
  std::swap(dims[dims.size() - 1], dims[dims.size() - 2]);
  return dims;
}

std::string minus_infinity(OnnxExportCall& call, DType dtype) {
  return call.number(-std::numeric_limits<double>::infinity(), dtype);
}

// 0, 1, … as a row.
std::string places(OnnxExportCall& call, const Dim& count) {
  const std::string end = call.squeeze(call.size(count), {0});
  return call.add("Range", {call.integer(0), end, call.integer(1)});
}

// Where a query must not look: at keys behind its own place.
std::string later_keys(OnnxExportCall& call, const Dim& queries, const Dim& keys) {
  const std::string column = call.unsqueeze(places(call, queries), {1});
  return call.add("Less", {column, places(call, keys)});
}

// Each head of keys serves several of queries, which stand together.
std::string repeated_heads(OnnxExportCall& call, int port, const Dim& heads) {
  const Shape& shape = call.shape(port);
  const std::size_t at = shape.size() - 3;
  const std::string value = call.input(port, call.result().dtype);
  const auto times = exact_div(heads, shape[at]);
  if (!times || !times->known()) OnnxExportCall::refuse("its numbers of heads are not known");
  if (times->value() == 1) return value;
  Shape spread = shape, wide = shape;
  spread.insert(spread.begin() + static_cast<std::ptrdiff_t>(at) + 1, *times);
  std::vector<std::int64_t> sizes(spread.size(), 1);
  sizes[at + 1] = times->value();
  wide[at] = heads;
  const std::string apart = call.unsqueeze(value, {static_cast<std::int64_t>(at) + 1});
  return call.reshape(call.add("Expand", {apart, call.integers(sizes)}), spread, wide);
}

// Source: "Attention Is All You Need", https://arxiv.org/abs/1706.03762, equation 1.
void export_dot_product_attention(OnnxExportCall& call) {
  const Attributes& options = call.options();
  if (!call.node().layer() && options.real("dropout_p") > 0)
    OnnxExportCall::refuse("it draws random numbers at each run (dropout_p above 0)");
  const DType dtype = call.result().dtype;
  const Shape &query = call.shape(0), &key = call.shape(1);
  const Dim& width = query.back();
  if (!options.has("scale") && !width.known()) OnnxExportCall::refuse("the width of its heads is not known");
  const double scale =
      options.has("scale") ? options.real("scale") : 1 / std::sqrt(static_cast<double>(width.value()));
  const bool grouped = options.boolean("enable_gqa") && call.rank() > 2;
  const Dim heads = grouped ? query[query.size() - 3] : Dim(1);
  const std::string keys = grouped ? repeated_heads(call, 1, heads) : call.input(1, dtype);
  const std::string values = grouped ? repeated_heads(call, 2, heads) : call.input(2, dtype);
  const std::string scaled = call.add("Mul", {call.input(0, dtype), call.number(scale, dtype)});
  std::string scores = call.add("MatMul", {scaled, call.transpose(keys, last_two_swapped(call.rank(1)))});
  if (options.boolean("is_causal")) {
    const std::string later = later_keys(call, query[query.size() - 2], key[key.size() - 2]);
    scores = call.add("Where", {later, minus_infinity(call, dtype), scores});
  }
  if (call.has(3) && call.type(3).dtype == DType::boolean)
    scores = call.add("Where", {call.input(3), scores, minus_infinity(call, dtype)});
  else if (call.has(3))
    scores = call.add("Add", {scores, call.input(3, dtype)});
  const std::string weights = call.add("Softmax", {scores}, {onnx_integer("axis", -1)});
  call.give(call.add("MatMul", {weights, values}));
}

// nn.MultiheadAttention, with the batch in front inside.
class Multihead {
 public:
  explicit Multihead(OnnxExportCall& call)
      : call_(call),
        dtype_(call.result().dtype),
        batched_(call.rank(0) == 3),
        batch_first_(batched_ && call.options().boolean("batch_first")),
        heads_(call.options().integer("num_heads")),
        width_(call.options().integer("embed_dim")) {}

  void write() {
    if (call_.options().boolean("add_bias_kv") || call_.options().boolean("add_zero_attn"))
      OnnxExportCall::refuse("keys that are added (add_bias_kv, add_zero_attn) are not written");
    std::string query = projected(0), key = projected(1), value = projected(2);
    const double scale = std::sqrt(static_cast<double>(heads_) / static_cast<double>(width_));
    query = call_.add("Mul", {query, call_.number(scale, dtype_)});
    const std::string scores = masked(call_.add("MatMul", {query, call_.transpose(key, {0, 1, 3, 2})}));
    const std::string weights = call_.add("Softmax", {scores}, {onnx_integer("axis", -1)});
    give_output(call_.add("MatMul", {weights, value}));
    if (call_.node().outputs().size() > 1) give_weights(weights);
  }

 private:
  // (N, L, …) of what the layer was given.
  std::string inward(int port) const {
    const std::string x = call_.input(port, dtype_);
    if (!batched_) return call_.unsqueeze(x, {0});
    return batch_first_ ? x : call_.transpose(x, {1, 0, 2});
  }

  // The port's third of the joint projection, else its own.
  std::string weight(int port) const {
    constexpr const char* kOwn[] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
    if (!call_.has_tensor("in_proj_weight")) return call_.tensor(kOwn[port]);
    return call_.slice(call_.tensor("in_proj_weight"), 0, port * width_, (port + 1) * width_);
  }

  std::string projected(int port) const {
    std::string x = call_.add("MatMul", {inward(port), call_.transpose(weight(port), {1, 0})});
    if (call_.has_tensor("in_proj_bias"))
      x = call_.add("Add",
                    {x, call_.slice(call_.tensor("in_proj_bias"), 0, port * width_, (port + 1) * width_)});
    const std::string split = call_.add("Reshape", {x, call_.integers({0, 0, heads_, width_ / heads_})});
    return call_.transpose(split, {0, 2, 1, 3});
  }

  // A mask of booleans is true where a key is ignored.
  std::string with_mask(const std::string& scores, const std::string& mask, DType dtype) const {
    if (dtype == DType::boolean) return call_.add("Where", {mask, minus_infinity(call_, dtype_), scores});
    return call_.add("Add", {scores, call_.cast(mask, dtype, dtype_)});
  }

  std::string masked(std::string scores) const {
    const int length = batched_ && batch_first_ ? 1 : 0;
    if (call_.has(4)) {
      std::string mask = call_.input(4);
      if (call_.rank(4) == 3) {
        const Shape& shape = call_.shape(4);
        const Dim batch = batched_ ? call_.shape(0)[batch_first_ ? 0 : 1] : Dim(1);
        mask = call_.reshape(mask, shape, {batch, heads_, shape[1], shape[2]});
      }
      scores = with_mask(scores, mask, call_.type(4).dtype);
    } else if (call_.options().boolean("is_causal")) {
      const auto at = static_cast<std::size_t>(length);
      scores = with_mask(scores, later_keys(call_, call_.shape(0)[at], call_.shape(1)[at]), DType::boolean);
    }
    if (!call_.has(3)) return scores;
    const std::vector<std::int64_t> front =
        batched_ ? std::vector<std::int64_t>{1, 2} : std::vector<std::int64_t>{0, 1, 2};
    return with_mask(scores, call_.unsqueeze(call_.input(3), front), call_.type(3).dtype);
  }

  void give_output(const std::string& attended) const {
    const std::string together =
        call_.add("Reshape", {call_.transpose(attended, {0, 2, 1, 3}), call_.integers({0, 0, width_})});
    std::string out =
        call_.add("MatMul", {together, call_.transpose(call_.tensor("out_proj.weight"), {1, 0})});
    if (call_.has_tensor("out_proj.bias")) out = call_.add("Add", {out, call_.tensor("out_proj.bias")});
    if (!batched_) out = call_.squeeze(out, {0});
    call_.give(batched_ && !batch_first_ ? call_.transpose(out, {1, 0, 2}) : out);
  }

  void give_weights(std::string weights) const {
    if (call_.options().boolean("average_attn_weights"))
      weights = call_.reduce("ReduceMean", weights, {1}, false);
    call_.give(1, batched_ ? weights : call_.squeeze(weights, {0}));
  }

  OnnxExportCall& call_;
  DType dtype_;
  bool batched_, batch_first_;
  std::int64_t heads_, width_;
};

void export_multihead(OnnxExportCall& call) { Multihead(call).write(); }

}  // namespace

void add_exported_attention(OnnxExportTable& table) {
  table.add({"scaled_dot_product_attention", "ScaledDotProductAttention"}, export_dot_product_attention);
  table.add({"MultiheadAttention"}, export_multihead);
}

}  // namespace orrery
