// RNN, GRU and LSTM: layers where the file holds their weights and Orrery's layers compute the same, else
// steps.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"
#include "runtime/onnx/recurrence.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// ONNX's gates in PyTorch's order: of an LSTM i, o, f, c become i, f, c, o; of a GRU z, r, h become r, z, h.
Sizes gate_order(const OnnxRecurrence& it) {
  if (it.kind == "LSTM") return {0, 2, 3, 1};
  if (it.kind == "GRU") return {1, 0, 2};
  return {0};
}

// The rows of one direction's gates; `block` is how many rows a direction has, `first` where the gates begin.
Sizes rows_of(const OnnxRecurrence& it, int direction, std::int64_t block, std::int64_t first) {
  Sizes rows;
  for (const std::int64_t gate : gate_order(it))
    for (std::int64_t i = 0; i < it.hidden; ++i)
      rows.push_back(direction * block + first + gate * it.hidden + i);
  return rows;
}

bool usual_functions(const OnnxRecurrence& it) {
  const auto same = [&](std::size_t at, const char* name) { return it.functions[at].name == name; };
  const std::size_t each = it.functions.size() / static_cast<std::size_t>(it.directions);
  for (std::size_t at = 0; at < it.functions.size(); at += each) {
    if (it.kind == "RNN" && !same(at, "tanh") && !same(at, "relu")) return false;
    if (it.kind == "RNN" && it.functions[at].name != it.functions[0].name) return false;
    if (it.kind != "RNN" && (!same(at, "sigmoid") || !same(at + 1, "tanh"))) return false;
    if (it.kind == "LSTM" && !same(at + 2, "tanh")) return false;
  }
  return true;
}

bool whole_sequences(const OnnxCall& call, const OnnxRecurrence& it) {
  if (!call.has(4)) return true;
  const OnnxLiteral* lengths = call.literal(4);
  if (!lengths || lengths->symbolic() || !it.steps.known()) return false;
  const Sizes known = lengths->integers();
  return std::ranges::all_of(known, [&](std::int64_t length) { return length == it.steps.value(); });
}

// What a layer of Orrery computes, with weights that the file holds.
bool is_layer(const OnnxCall& call, const OnnxRecurrence& it) {
  const auto held = [&](int input) {
    const OnnxLiteral* literal = call.literal(input);
    return literal && is_floating(literal->dtype());
  };
  if (!held(1) || !held(2) || (call.has(3) && !held(3))) return false;
  if (it.kind == "GRU" && !it.linear_before_reset) return false;
  return usual_functions(it) && it.clip == 0 && !it.input_forget && !call.has(7) && whole_sequences(call, it);
}

std::vector<std::pair<std::string, OnnxLiteral>> tensors_of(const OnnxCall& call, const OnnxRecurrence& it) {
  const std::int64_t block = it.gates * it.hidden, all = it.directions * block;
  const OnnxLiteral weight = call.literal(1)->reshaped({all, it.features});
  const OnnxLiteral back = call.literal(2)->reshaped({all, it.hidden});
  std::vector<std::pair<std::string, OnnxLiteral>> tensors;
  for (int direction = 0; direction < it.directions; ++direction) {
    const std::string end = direction == 0 ? "l0" : "l0_reverse";
    tensors.emplace_back("weight_ih_" + end, weight.rows(rows_of(it, direction, block, 0)));
    tensors.emplace_back("weight_hh_" + end, back.rows(rows_of(it, direction, block, 0)));
    if (!call.has(3)) continue;
    const OnnxLiteral bias = call.literal(3)->reshaped({2 * all});
    tensors.emplace_back("bias_ih_" + end, bias.rows(rows_of(it, direction, 2 * block, 0)));
    tensors.emplace_back("bias_hh_" + end, bias.rows(rows_of(it, direction, 2 * block, block)));
  }
  return tensors;
}

OnnxOptions options_of(const OnnxCall& call, const OnnxRecurrence& it) {
  OnnxOptions options = {{"input_size", it.features}, {"hidden_size", it.hidden}};
  if (it.kind == "RNN" && it.functions[0].name == "relu")
    options.emplace_back("nonlinearity", std::string("relu"));
  if (!call.has(3)) options.emplace_back("bias", false);
  if (it.batch_first) options.emplace_back("batch_first", true);
  if (it.directions == 2) options.emplace_back("bidirectional", true);
  if (call.literal(1)->dtype() != DType::float32) options.emplace_back("dtype", call.literal(1)->dtype());
  return options;
}

// PyTorch's layers take both states or none.
std::vector<Value> states_of(const OnnxCall& call, const OnnxRecurrence& it) {
  const OnnxComposer make(call);
  if (!call.has(5) && !call.has(6)) return {};
  const auto state = [&](int input) {
    const Value given = call.value(input);
    return it.batch_first ? call.apply("contiguous", {make.permute(given, {1, 0, 2})}) : given;
  };
  Value h = call.has(5) ? state(5) : Value{}, c = call.has(6) ? state(6) : Value{};
  if (it.kind != "LSTM") return {h};
  if (!h) h = call.apply("zeros_like", {c});
  if (!c) c = call.apply("zeros_like", {h});
  return {h, c};
}

void import_layer(OnnxCall& call, const OnnxRecurrence& it) {
  const OnnxComposer make(call);
  const std::int64_t time = it.batch_first ? 1 : 0;
  Value x = call.value(0);
  if (it.reverse) x = make.flip(x, {time});
  std::vector<Value> inputs = {x};
  for (const Value& state : states_of(call, it)) inputs.push_back(state);
  const auto outputs = call.layer_all(it.kind, options_of(call, it), std::move(inputs), tensors_of(call, it));
  Value y = it.reverse && call.wants(0) ? make.flip(outputs[0], {time}) : outputs[0];
  if (call.wants(0) && it.directions == 1) {
    y = make.unsqueeze(y, 2);
  } else if (call.wants(0)) {
    const Shape shape = y.shape();
    y = make.reshape(y, {shape[0], shape[1], it.directions, it.hidden});
  }
  // Beside batch and steps as they are, ONNX puts the directions: behind the steps, or behind the batch.
  if (call.wants(0)) call.give(0, it.batch_first ? y : make.permute(y, {0, 2, 1, 3}));
  for (int output : {1, 2})
    if (call.wants(output)) {
      const Value state = outputs.at(static_cast<std::size_t>(output));
      call.give(output, it.batch_first ? make.permute(state, {1, 0, 2}) : state);
    }
}

void import_recurrence(OnnxCall& call) {
  const OnnxRecurrence it = onnx_recurrence(call);
  if (is_layer(call, it))
    import_layer(call, it);
  else
    unroll_onnx_recurrence(call, it);
}

}  // namespace

void add_onnx_recurrent(OnnxOperators& table) {
  for (const char* name : {"RNN", "GRU", "LSTM"}) table.add(name, import_recurrence);
}

}  // namespace orrery
