#include "runtime/engine/kernels/recurrent.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/derivatives/recurrent_pass.h"
#include "runtime/engine/kernels/rule.h"

namespace orrery {
namespace {

// Real numbers of one type on the CPU; other devices have kernels of their own.
bool recurrent_on_cpu(const KernelContext& k) {
  const at::Tensor& input = k.input();
  const auto fits = [&](const at::Tensor& tensor) {
    return !tensor.defined() || (tensor.is_cpu() && tensor.numel() > 0 && !tensor.is_sparse() &&
                                 tensor.scalar_type() == input.scalar_type());
  };
  return (input.scalar_type() == at::kFloat || input.scalar_type() == at::kDouble) &&
         std::ranges::all_of(k.inputs, fits) && std::ranges::all_of(k.parameters, fits);
}

bool lstm_covered(const KernelContext& k) {
  return recurrent_on_cpu(k) && k.attributes.integer("proj_size") == 0;
}

RecurrentCell simple_recurrence(const KernelContext& k) {
  return k.attributes.text("nonlinearity") == "relu" ? RecurrentCell::relu : RecurrentCell::tanh;
}

// Weights lie side by side: two, and two biases where there are any.
void take_weights(RecurrentPass& pass, std::span<const at::Tensor> weights) {
  pass.weight_ih = weights[0];
  pass.weight_hh = weights[1];
  if (weights.size() == 4) {
    pass.bias_ih = weights[2];
    pass.bias_hh = weights[3];
  }
}

RecurrentWanted wanted_weights(const std::vector<bool>& wanted, size_t first, size_t count) {
  const bool biases = count == 4;
  return {.weight_ih = wanted[first],
          .weight_hh = wanted[first + 1],
          .bias_ih = biases && wanted[first + 2],
          .bias_hh = biases && wanted[first + 3]};
}

void give_weights(const RecurrentGradients& of, size_t first, size_t count, std::vector<at::Tensor>& result) {
  const at::Tensor all[] = {of.weight_ih, of.weight_hh, of.bias_ih, of.bias_hh};
  std::copy_n(all, count, result.begin() + static_cast<std::ptrdiff_t>(first));
}

at::Tensor at_place(const at::Tensor& states, std::int64_t place) {
  return states.defined() ? states[place] : at::Tensor();
}

bool keeps_gates(RecurrentCell cell) { return cell == RecurrentCell::lstm || cell == RecurrentCell::gru; }

// A layer with several layers of its own, in one or two directions.
class RecurrentStack {
 public:
  RecurrentStack(const KernelContext& k, RecurrentCell cell)
      : k_(k),
        cell_(cell),
        sequence_(k),
        layers_(k.attributes.integer("num_layers")),
        hidden_(k.attributes.integer("hidden_size")),
        weights_(k.attributes.boolean("bias") ? 4 : 2),
        dropout_(k.training ? k.attributes.real("dropout") : 0),
        h_(sequence_.state(1, hidden_)),
        c_(cell == RecurrentCell::lstm ? sequence_.state(2, hidden_) : at::Tensor()) {}

  Kept run();
  std::vector<at::Tensor> gradients(const DerivativeContext& d);

 private:
  // (steps, batch, …), as LibTorch computes, and back.
  at::Tensor in_steps(const at::Tensor& tensor) const {
    return sequence_.batch_first() ? tensor.transpose(0, 1) : tensor;
  }
  bool drops_after(std::int64_t layer) const { return dropout_ != 0 && layer + 1 < layers_; }
  std::int64_t place(std::int64_t layer, std::int64_t direction) const {
    return layer * sequence_.directions() + direction;
  }
  at::Tensor direction_of(const at::Tensor& tensor, std::int64_t direction) const {
    return tensor.defined() ? tensor.slice(2, direction * hidden_, (direction + 1) * hidden_) : tensor;
  }
  RecurrentPass pass(const at::Tensor& input, const at::Tensor& output, std::int64_t layer,
                     std::int64_t direction) const;
  at::Tensor noise(const at::Tensor& like) const;
  void restore(const DerivativeContext& d);
  at::Tensor layer_gradients(std::int64_t layer, const at::Tensor& of_output, const DerivativeContext& d);
  RecurrentGradients pass_gradients(const RecurrentPass& pass, std::int64_t place,
                                    const at::Tensor& of_output, const DerivativeContext& d);

  const KernelContext& k_;
  const RecurrentCell cell_;
  const RecurrentSequence sequence_;
  const std::int64_t layers_, hidden_;
  const size_t weights_;
  const double dropout_;
  const at::Tensor h_, c_;
  std::vector<RecurrentPass> passes_;  // by place
  std::vector<at::Tensor> outputs_;    // (steps, batch, directions * hidden) of each layer
  std::vector<at::Tensor> noises_;     // of each layer that dropout follows
  std::vector<at::Tensor> result_;     // gradients
  std::vector<at::Tensor> of_h_, of_c_;
};

RecurrentPass RecurrentStack::pass(const at::Tensor& input, const at::Tensor& output, std::int64_t layer,
                                   std::int64_t direction) const {
  const std::int64_t at = place(layer, direction);
  RecurrentPass pass{.cell = cell_,
                     .backwards = direction == 1,
                     .input = input,
                     .h = h_[at],
                     .c = at_place(c_, at),
                     .starts_at_zero = !k_.input(1).defined(),
                     .output = direction_of(output, direction)};
  take_weights(pass, k_.parameters.subspan(static_cast<size_t>(at) * weights_, weights_));
  return pass;
}

// As at::dropout draws it.
at::Tensor RecurrentStack::noise(const at::Tensor& like) const {
  if (dropout_ == 1) return at::zeros_like(like);
  return at::empty_like(like).bernoulli_(1 - dropout_).div_(1 - dropout_);
}

Kept RecurrentStack::run() {
  const std::int64_t directions = sequence_.directions();
  at::Tensor input = in_steps(sequence_.input());
  std::vector<at::Tensor> kept, h, c;
  at::Tensor output;
  for (std::int64_t layer = 0; layer < layers_; ++layer) {
    output = at::empty({input.size(0), input.size(1), directions * hidden_}, input.options());
    for (std::int64_t direction = 0; direction < directions; ++direction) {
      RecurrentPass one = pass(input, output, layer, direction);
      one.run();
      h.push_back(one.last_h());
      if (c_.defined()) c.push_back(one.last_c());
      if (keeps_gates(cell_)) kept.insert(kept.end(), {one.gates, one.kept});
    }
    if (layer + 1 < layers_) kept.push_back(output);
    if (drops_after(layer)) kept.push_back(noise(output));
    input = drops_after(layer) ? output * kept.back() : output;
  }
  std::vector<at::Tensor> outputs{in_steps(output), at::stack(h)};
  if (c_.defined()) outputs.push_back(at::stack(c));
  return {sequence_.shown(std::move(outputs)), std::move(kept)};
}

// The passes as they were after `run`.
void RecurrentStack::restore(const DerivativeContext& d) {
  auto next = d.kept.begin();
  at::Tensor input = in_steps(sequence_.input());
  for (std::int64_t layer = 0; layer < layers_; ++layer) {
    const size_t first = passes_.size();
    for (std::int64_t direction = 0; direction < sequence_.directions(); ++direction) {
      passes_.push_back(pass(input, {}, layer, direction));
      if (!keeps_gates(cell_)) continue;
      passes_.back().gates = *next++;
      passes_.back().kept = *next++;
    }
    const at::Tensor last = sequence_.batched() ? d.outputs[0] : d.outputs[0].unsqueeze(1);
    const at::Tensor output = layer + 1 < layers_ ? *next++ : in_steps(last);
    for (size_t i = first; i < passes_.size(); ++i)
      passes_[i].output = direction_of(output, static_cast<std::int64_t>(i - first));
    noises_.push_back(drops_after(layer) ? *next++ : at::Tensor());
    input = drops_after(layer) ? output * noises_.back() : output;
  }
}

RecurrentGradients RecurrentStack::pass_gradients(const RecurrentPass& pass, std::int64_t place,
                                                  const at::Tensor& of_output, const DerivativeContext& d) {
  const auto of_state = [&](size_t output) {
    if (output >= d.gradients.size() || !d.gradients[output].defined()) return at::Tensor();
    const at::Tensor of_last = d.gradients[output][place];
    return sequence_.batched() ? of_last : of_last.unsqueeze(0);
  };
  const size_t first = d.inputs.size() + static_cast<size_t>(place) * weights_;
  RecurrentWanted wanted = wanted_weights(d.wanted, first, weights_);
  wanted.input = static_cast<size_t>(place) >= static_cast<size_t>(sequence_.directions()) || d.wants(0);
  wanted.h = d.wants(1);
  wanted.c = c_.defined() && d.wants(2);
  const at::Tensor of_own = direction_of(of_output, pass.backwards ? 1 : 0);
  RecurrentGradients of = gradients_of(pass, {of_own, of_state(1), of_state(2)}, wanted);
  give_weights(of, first, weights_, result_);
  of_h_[static_cast<size_t>(place)] = of.h;
  of_c_[static_cast<size_t>(place)] = of.c;
  return of;
}

// What arrives at the layer's input.
at::Tensor RecurrentStack::layer_gradients(std::int64_t layer, const at::Tensor& of_output,
                                           const DerivativeContext& d) {
  at::Tensor of_input;
  for (std::int64_t direction = 0; direction < sequence_.directions(); ++direction) {
    const std::int64_t at = place(layer, direction);
    const RecurrentGradients of = pass_gradients(passes_[static_cast<size_t>(at)], at, of_output, d);
    if (of.input.defined()) of_input = of_input.defined() ? of_input.add_(of.input) : of.input;
  }
  if (layer == 0 || !drops_after(layer - 1)) return of_input;
  return of_input.mul_(noises_[static_cast<size_t>(layer - 1)]);
}

std::vector<at::Tensor> RecurrentStack::gradients(const DerivativeContext& d) {
  restore(d);
  result_.resize(d.wanted.size());
  of_h_.resize(passes_.size());
  of_c_.resize(passes_.size());
  at::Tensor arrived = d.gradient();
  if (arrived.defined()) arrived = in_steps(sequence_.batched() ? arrived : arrived.unsqueeze(1));
  for (std::int64_t layer = layers_ - 1; layer >= 0; --layer) arrived = layer_gradients(layer, arrived, d);
  const auto shown = [&](const at::Tensor& tensor) {
    return sequence_.batched() ? tensor : tensor.squeeze(1);
  };
  if (d.wants(0)) result_[0] = shown(in_steps(arrived));
  if (d.wants(1)) result_[1] = shown(at::stack(of_h_));
  if (c_.defined() && d.wants(2)) result_[2] = shown(at::stack(of_c_));
  return std::move(result_);
}

template <RecurrentCell cell>
Kept stack_keeping(const KernelContext& k) {
  expect_rule(cell == RecurrentCell::lstm ? "LSTM" : "GRU", k);
  return RecurrentStack(k, cell).run();
}

template <RecurrentCell cell>
std::vector<at::Tensor> stack_backward(const DerivativeContext& d) {
  return RecurrentStack(d.call, cell).gradients(d);
}

Kept rnn_keeping(const KernelContext& k) {
  expect_rule("RNN", k);
  return RecurrentStack(k, simple_recurrence(k)).run();
}

std::vector<at::Tensor> rnn_backward(const DerivativeContext& d) {
  return RecurrentStack(d.call, simple_recurrence(d.call)).gradients(d);
}

// A cell is a sequence of one step.
RecurrentPass cell_pass(const KernelContext& k, RecurrentCell cell, const at::Tensor& output) {
  const RecurrentStep step(k);
  RecurrentPass pass{.cell = cell,
                     .backwards = false,
                     .input = step.input().unsqueeze(0),
                     .h = step.state(1),
                     .c = cell == RecurrentCell::lstm ? step.state(2) : at::Tensor(),
                     .starts_at_zero = !k.input(1).defined(),
                     .output = output};
  take_weights(pass, k.parameters);
  return pass;
}

Kept run_cell(const KernelContext& k, RecurrentCell cell) {
  const RecurrentStep step(k);
  const at::Tensor& input = k.input();
  const at::Tensor output =
      at::empty({1, step.input().size(0), k.attributes.integer("hidden_size")}, input.options());
  RecurrentPass pass = cell_pass(k, cell, output);
  pass.run();
  std::vector<at::Tensor> outputs{step.shown(pass.last_h())}, kept;
  if (cell == RecurrentCell::lstm) outputs.push_back(step.shown(pass.last_c()));
  if (keeps_gates(cell)) kept = {pass.gates, pass.kept};
  return {std::move(outputs), std::move(kept)};
}

std::vector<at::Tensor> cell_gradients(const DerivativeContext& d, RecurrentCell cell) {
  const bool batched = d.sizes().size() == 2;
  const auto rows = [&](const at::Tensor& tensor) {
    return batched || !tensor.defined() ? tensor : tensor.unsqueeze(0);
  };
  const auto shown = [&](const at::Tensor& tensor) {
    return batched || !tensor.defined() ? tensor : tensor.squeeze(0);
  };
  RecurrentPass pass = cell_pass(d.call, cell, rows(d.outputs[0]).unsqueeze(0));
  if (keeps_gates(cell)) {
    pass.gates = d.kept[0];
    pass.kept = d.kept[1];
  }
  const bool lstm = cell == RecurrentCell::lstm;
  const size_t weights = d.call.parameters.size(), inputs = d.inputs.size();
  RecurrentWanted wanted = wanted_weights(d.wanted, inputs, weights);
  wanted.input = d.wants(0);
  wanted.h = d.wants(1);
  wanted.c = lstm && d.wants(2);
  const RecurrentGradients of =
      gradients_of(pass, {{}, rows(d.gradient()), lstm ? rows(d.gradient(1)) : at::Tensor()}, wanted);
  std::vector<at::Tensor> result(d.wanted.size());
  give_weights(of, inputs, weights, result);
  if (wanted.input) result[0] = shown(of.input.squeeze(0));
  result[1] = shown(of.h);
  if (lstm) result[2] = shown(of.c);
  return result;
}

template <RecurrentCell cell>
Kept cell_keeping(const KernelContext& k) {
  expect_rule(cell == RecurrentCell::lstm ? "LSTMCell" : "GRUCell", k);
  return run_cell(k, cell);
}

template <RecurrentCell cell>
std::vector<at::Tensor> cell_backward(const DerivativeContext& d) {
  return cell_gradients(d, cell);
}

Kept rnn_cell_keeping(const KernelContext& k) {
  expect_rule("RNNCell", k);
  return run_cell(k, simple_recurrence(k));
}

std::vector<at::Tensor> rnn_cell_backward(const DerivativeContext& d) {
  return cell_gradients(d, simple_recurrence(d.call));
}

constexpr Reads kReadsAll = {.inputs = kAllInputs, .outputs = true};
constexpr auto kLstm = RecurrentCell::lstm;
constexpr auto kGru = RecurrentCell::gru;
constexpr DerivativeEntry kRecurrentDerivatives[] = {
    {"RNN", rnn_backward, kReadsAll, rnn_keeping, recurrent_on_cpu},
    {"LSTM", stack_backward<kLstm>, kReadsAll, stack_keeping<kLstm>, lstm_covered},
    {"GRU", stack_backward<kGru>, kReadsAll, stack_keeping<kGru>, recurrent_on_cpu},
    {"RNNCell", rnn_cell_backward, kReadsAll, rnn_cell_keeping, recurrent_on_cpu},
    {"LSTMCell", cell_backward<kLstm>, kReadsAll, cell_keeping<kLstm>, recurrent_on_cpu},
    {"GRUCell", cell_backward<kGru>, kReadsAll, cell_keeping<kGru>, recurrent_on_cpu}};

}  // namespace

std::span<const DerivativeEntry> recurrent_derivatives() { return kRecurrentDerivatives; }

}  // namespace orrery
