#include "runtime/engine/kernels/recurrent.h"

#include <ATen/ATen.h>

#include "runtime/engine/kernels/rule.h"

namespace orrery {

RecurrentSequence::RecurrentSequence(const KernelContext& context)
    : k_(context),
      batched_(context.input().dim() == 3),
      batch_first_(batched_ && context.attributes.boolean("batch_first")),
      directions_(context.attributes.boolean("bidirectional") ? 2 : 1) {}

at::Tensor RecurrentSequence::state(size_t port, std::int64_t width) const {
  const at::Tensor& given = k_.input(port);
  if (given.defined()) return batched_ ? given : given.unsqueeze(1);
  const std::int64_t batch = batched_ ? k_.input().size(batch_first_ ? 0 : 1) : 1;
  return at::zeros({k_.attributes.integer("num_layers") * directions_, batch, width}, k_.input().options());
}

std::vector<at::Tensor> RecurrentSequence::shown(std::vector<at::Tensor> outputs) const {
  if (!batched_)
    for (at::Tensor& output : outputs) output = output.squeeze(1);
  return outputs;
}

at::Tensor RecurrentStep::state(size_t port) const {
  if (k_.input(port).defined()) return rows(k_.input(port));
  return at::zeros({batched_ ? k_.input().size(0) : 1, k_.attributes.integer("hidden_size")},
                   k_.input().options());
}

namespace {

using Outputs = std::vector<at::Tensor>;

// rnn_tanh, rnn_relu and gru.
template <class Function>
Outputs simple(const char* name, const KernelContext& k, Function function) {
  expect_rule(name, k);
  const Attributes& a = k.attributes;
  const RecurrentSequence sequence(k);
  auto [output, hidden] =
      function(sequence.input(), sequence.state(1, a.integer("hidden_size")), k.parameters, a.boolean("bias"),
               a.integer("num_layers"), a.real("dropout"), k.training, a.boolean("bidirectional"),
               sequence.batch_first());
  return sequence.shown({output, hidden});
}

at::TensorList list(std::span<const at::Tensor> tensors) { return {tensors.data(), tensors.size()}; }

Outputs rnn(const KernelContext& k) {
  const bool relu = k.attributes.text("nonlinearity") == "relu";
  return simple("RNN", k, [relu](const auto& input, const auto& state, auto weights, auto... options) {
    return relu ? at::rnn_relu(input, state, list(weights), options...)
                : at::rnn_tanh(input, state, list(weights), options...);
  });
}

Outputs gru(const KernelContext& k) {
  return simple("GRU", k, [](const auto& input, const auto& state, auto weights, auto... options) {
    return at::gru(input, state, list(weights), options...);
  });
}

Outputs lstm(const KernelContext& k) {
  expect_rule("LSTM", k);
  const Attributes& a = k.attributes;
  const RecurrentSequence sequence(k);
  const std::int64_t hidden = a.integer("hidden_size"), projection = a.integer("proj_size");
  const at::Tensor states[] = {sequence.state(1, projection ? projection : hidden),
                               sequence.state(2, hidden)};
  auto [output, h, c] =
      at::lstm(sequence.input(), states, list(k.parameters), a.boolean("bias"), a.integer("num_layers"),
               a.real("dropout"), k.training, a.boolean("bidirectional"), sequence.batch_first());
  return sequence.shown({output, h, c});
}

using CellFunction = at::Tensor (*)(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                    const at::Tensor&, const std::optional<at::Tensor>&,
                                    const std::optional<at::Tensor>&);

Outputs simple_cell(const char* name, const KernelContext& k, CellFunction function) {
  expect_rule(name, k);
  const RecurrentStep step(k);
  return {step.shown(function(step.input(), step.state(1), k.parameter("weight_ih"), k.parameter("weight_hh"),
                              k.parameter("bias_ih"), k.parameter("bias_hh")))};
}

Outputs rnn_cell(const KernelContext& k) {
  return simple_cell("RNNCell", k,
                     k.attributes.text("nonlinearity") == "relu" ? &at::rnn_relu_cell : &at::rnn_tanh_cell);
}

Outputs gru_cell(const KernelContext& k) { return simple_cell("GRUCell", k, &at::gru_cell); }

Outputs lstm_cell(const KernelContext& k) {
  expect_rule("LSTMCell", k);
  const RecurrentStep step(k);
  const at::Tensor states[] = {step.state(1), step.state(2)};
  const auto [h, c] = at::lstm_cell(step.input(), states, k.parameter("weight_ih"), k.parameter("weight_hh"),
                                    k.parameter("bias_ih"), k.parameter("bias_hh"));
  return {step.shown(h), step.shown(c)};
}

constexpr KernelEntry kRecurrentKernels[] = {
    {"RNN", rnn},          {"LSTM", lstm},          {"GRU", gru},
    {"RNNCell", rnn_cell}, {"LSTMCell", lstm_cell}, {"GRUCell", gru_cell}};

}  // namespace

std::span<const KernelEntry> recurrent_kernels() { return kRecurrentKernels; }

}  // namespace orrery
