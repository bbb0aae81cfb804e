#include <fmt/format.h>

#include "runtime/onnx/export_table.h"

namespace orrery {
namespace {

// One of PyTorch's recurrent layers as ONNX has it: gates in another order, the directions' weights together.
struct RecurrentKind {
  const char* operation;
  std::vector<int> gates;  ///< ONNX's order of PyTorch's gates
  bool has_cell = false;
};

const RecurrentKind kPlain{"RNN", {0}}, kGru{"GRU", {1, 0, 2}}, kLstm{"LSTM", {0, 3, 1, 2}, true};

class Recurrent {
 public:
  Recurrent(OnnxExportCall& call, const RecurrentKind& kind)
      : call_(call),
        kind_(kind),
        hidden_(call.options().integer("hidden_size")),
        layers_(call.options().integer("num_layers")),
        directions_(call.options().boolean("bidirectional") ? 2 : 1),
        batched_(call.rank() == 3),
        batch_first_(batched_ && call.options().boolean("batch_first")) {}

  void write() {
    OnnxNames hidden, cells;
    std::string x = inward();
    for (std::int64_t layer = 0; layer < layers_; ++layer) {
      const OnnxNames made = write_layer(layer, x);
      x = joined_directions(made[0]);
      hidden.push_back(made[1]);
      if (kind_.has_cell) cells.push_back(made[2]);
    }
    if (!batched_) x = call_.squeeze(x, {1});
    call_.give(0, batch_first_ ? call_.transpose(x, {1, 0, 2}) : x);
    call_.give(1, together(hidden));
    if (kind_.has_cell) call_.give(2, together(cells));
  }

 private:
  // (L, N, features)
  std::string inward() const {
    if (!batched_) return call_.unsqueeze(call_.input(), {1});
    return batch_first_ ? call_.transpose(call_.input(), {1, 0, 2}) : call_.input();
  }

  // (L, directions, N, hidden) → (L, N, directions · hidden)
  std::string joined_directions(const std::string& made) const {
    if (directions_ == 1) return call_.squeeze(made, {1});
    const std::string turned = call_.transpose(made, {0, 2, 1, 3});
    return call_.add("Reshape", {turned, call_.integers({0, 0, directions_ * hidden_})});
  }

  std::string together(const OnnxNames& states) const {
    std::string all = states.size() == 1 ? states[0] : call_.add("Concat", states, {onnx_integer("axis", 0)});
    return batched_ ? all : call_.squeeze(all, {1});
  }

  // Of all layers' first states those of one.
  std::string first_state(int port, std::int64_t layer) const {
    if (!call_.has(port)) return "";
    const std::string all = batched_ ? call_.input(port) : call_.unsqueeze(call_.input(port), {1});
    return layers_ == 1 ? all : call_.slice(all, 0, layer * directions_, (layer + 1) * directions_);
  }

  using Rows = std::vector<OnnxExportCall::Rows>;

  void add_gates(Rows& rows, const std::string& slot) const {
    for (const int gate : kind_.gates) rows.push_back({slot, gate * hidden_, (gate + 1) * hidden_});
  }

  std::string weights(const std::string& name, const std::vector<std::string>& kinds, std::int64_t layer,
                      std::vector<std::int64_t> shape) const {
    Rows rows;
    for (std::int64_t direction = 0; direction < directions_; ++direction)
      for (const std::string& kind : kinds)
        add_gates(rows, fmt::format("{}_l{}{}", kind, layer, direction == 1 ? "_reverse" : ""));
    return call_.joined(fmt::format("{}_l{}", name, layer), std::move(shape), rows);
  }

  OnnxNames write_layer(std::int64_t layer, const std::string& x) const {
    const auto gates = static_cast<std::int64_t>(kind_.gates.size());
    const std::int64_t features = call_.tensor_shape(fmt::format("weight_ih_l{}", layer))[1].value();
    const std::string input = weights("W", {"weight_ih"}, layer, {directions_, gates * hidden_, features});
    const std::string state = weights("R", {"weight_hh"}, layer, {directions_, gates * hidden_, hidden_});
    const std::string bias = call_.options().boolean("bias") ? weights("B", {"bias_ih", "bias_hh"}, layer,
                                                                       {directions_, 2 * gates * hidden_})
                                                             : std::string();
    OnnxNames inputs{x, input, state, bias, "", first_state(1, layer)};
    if (kind_.has_cell) inputs.push_back(first_state(2, layer));
    OnnxGiven given{onnx_integer("hidden_size", hidden_),
                    onnx_word("direction", directions_ == 2 ? "bidirectional" : "forward")};
    if (&kind_ == &kGru) given.push_back(onnx_integer("linear_before_reset", 1));
    if (&kind_ == &kPlain) given.push_back(activations());
    return call_.add_all(kind_.operation, inputs, given, kind_.has_cell ? 3 : 2);
  }

  OnnxAttribute activations() const {
    OnnxAttribute made{.name = "activations", .kind = OnnxAttribute::Kind::texts};
    const char* word = call_.options().text("nonlinearity") == "relu" ? "Relu" : "Tanh";
    made.texts.assign(static_cast<std::size_t>(directions_), word);
    return made;
  }

  OnnxExportCall& call_;
  const RecurrentKind& kind_;
  std::int64_t hidden_, layers_, directions_;
  bool batched_, batch_first_;
};

void export_rnn(OnnxExportCall& call) { Recurrent(call, kPlain).write(); }
void export_gru(OnnxExportCall& call) { Recurrent(call, kGru).write(); }

void export_lstm(OnnxExportCall& call) {
  if (call.options().integer("proj_size") != 0)
    OnnxExportCall::refuse("ONNX's LSTM has no projection (proj_size)");
  Recurrent(call, kLstm).write();
}

}  // namespace

void add_exported_recurrent(OnnxExportTable& table) {
  table.add({"RNN"}, export_rnn);
  table.add({"GRU"}, export_gru);
  table.add({"LSTM"}, export_lstm);
}

}  // namespace orrery
