// Recurrence as ONNX's Operators.md writes it down, step by step.
#include <functional>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/recurrence.h"

namespace orrery {
namespace {

// Each is some ten nodes.
constexpr std::int64_t kMostSteps = 1024;

struct State {
  Value h, c;  // c of an LSTM only
};

class Direction {
 public:
  Direction(const OnnxCall& call, const OnnxRecurrence& it, int index)
      : call_(call), make_(call), it_(it), index_(index) {
    const auto turned = [&](int input) { return make_.permute(part(input), {1, 0}); };
    back_ = turned(2);
    if (call.has(3)) {
      const std::int64_t rows = it.gates * it.hidden;
      bias_ = make_.slice(part(3), 0, 0, rows);
      back_bias_ = make_.slice(part(3), 0, rows, 0);
    }
    if (call.has(7) && it.kind == "LSTM") peepholes_ = gates_of(part(7), 0);
    // The input's share of all steps in one product.
    const Value x = it.batch_first ? make_.permute(call.value(0), {1, 0, 2}) : call.value(0);
    Value shares = make_.with("matmul", x, turned(1));
    if (bias_) shares = make_.with("add", shares, bias_);
    const bool apart = it.kind == "GRU";  // its recurrent bias may be multiplied
    if (back_bias_ && !apart) shares = make_.with("add", shares, back_bias_);
    shares_ = make_.unbind(shares, 0);
  }

  // Goes over the sequence from a state to that behind its end; `outputs`, where they are wanted, in the
  // order of the sequence.
  void run(State& state, std::vector<Value>* outputs) const {
    const std::size_t count = shares_.size();
    if (outputs) outputs->resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = it_.backwards(index_) ? count - 1 - i : i;
      const State next = step(state, at);
      const bool last = i + 1 == count;
      // Behind the end of a shorter sequence the state stays, and the output is 0. Nobody reads the last
      // state that is not wanted.
      const Value inside = goes_on(at);
      if (outputs) (*outputs)[at] = chosen(inside, next.h, {});
      if (!last || call_.wants(1)) state.h = chosen(inside, next.h, state.h);
      if (next.c && (!last || call_.wants(2))) state.c = chosen(inside, next.c, state.c);
    }
  }

  State begin() const {
    State state{initial(5), {}};
    if (it_.kind == "LSTM") state.c = initial(6);
    return state;
  }

 private:
  // This direction's part of an input with the directions in front.
  Value part(int input) const { return make_.select(call_.value(input), 0, index_); }

  Value initial(int input) const {
    if (call_.has(input)) return make_.select(call_.value(input), it_.batch_first ? 1 : 0, index_);
    return make_.filled({it_.batch, it_.hidden}, 0.0, call_.type(0).dtype);
  }

  std::vector<Value> gates_of(Value all, std::int64_t dim) const {
    const Dim width = all.shape()[static_cast<std::size_t>(dim)];
    const Shape parts(static_cast<std::size_t>(floor_div(width, it_.hidden).value()), Dim(it_.hidden));
    if (parts.size() == 1) return {all};
    return call_.apply_all("split", {all}, {{"split_size_or_sections", parts}, {"dim", dim}});
  }

  // The nth function of this direction, behind the bounds that `clip` sets to gates.
  Value gate(std::size_t which, Value x) const {
    return computed(function(which), it_.clip > 0 ? make_.clamp(x, -it_.clip, it_.clip) : x);
  }
  const OnnxGateFunction& function(std::size_t which) const {
    return it_.functions[static_cast<std::size_t>(index_) * (it_.functions.size() / directions()) + which];
  }
  std::size_t directions() const { return static_cast<std::size_t>(it_.directions); }

  Value computed(const OnnxGateFunction& f, Value x) const {
    if (f.name == "affine") return make_.with("add", make_.with("mul", x, f.alpha), f.beta);
    if (f.name == "leakyrelu") return call_.apply("leaky_relu", {x}, {{"negative_slope", f.alpha}});
    if (f.name == "thresholdedrelu")
      return call_.apply("threshold", {x}, {{"threshold", f.alpha}, {"value", 0.0}});
    if (f.name == "scaledtanh")
      return make_.with("mul", call_.apply("tanh", {make_.with("mul", x, f.beta)}), f.alpha);
    if (f.name == "hardsigmoid")
      return make_.clamp(make_.with("add", make_.with("mul", x, f.alpha), f.beta), 0, 1);
    if (f.name == "elu") return call_.apply("elu", {x}, {{"alpha", f.alpha}});
    return call_.apply(f.name, {x});
  }

  State step(const State& state, std::size_t at) const {
    return it_.kind == "RNN" ? rnn(state, at) : it_.kind == "GRU" ? gru(state, at) : lstm(state, at);
  }

  // Which sequences have such an element; nothing where all have.
  Value goes_on(std::size_t at) const {
    if (!call_.has(4)) return {};
    return make_.with("gt", make_.reshape(call_.value(4), {it_.batch, 1}), static_cast<std::int64_t>(at));
  }
  Value chosen(Value inside, Value value, Value otherwise) const {
    if (!inside) return value;
    return make_.where(inside, value, otherwise ? otherwise : call_.apply("zeros_like", {value}));
  }

  State rnn(const State& state, std::size_t at) const {
    return {gate(0, make_.with("add", shares_[at], make_.with("matmul", state.h, back_))), {}};
  }

  // z, r, h: H = (1 - z) ⊙ h + z ⊙ H(t-1)
  State gru(const State& state, std::size_t at) const {
    const std::vector<Value> x = gates_of(shares_[at], 1), weights = gates_of(back_, 1);
    const std::vector<Value> bias = back_bias_ ? gates_of(back_bias_, 0) : std::vector<Value>(3);
    const auto recurrent = [&](Value h, std::size_t which) {
      const Value product = make_.with("matmul", h, weights[which]);
      return bias[which] ? make_.with("add", product, bias[which]) : product;
    };
    const Value z = gate(0, make_.with("add", x[0], recurrent(state.h, 0)));
    const Value r = gate(0, make_.with("add", x[1], recurrent(state.h, 1)));
    const Value reset = it_.linear_before_reset ? make_.with("mul", r, recurrent(state.h, 2))
                                                : recurrent(make_.with("mul", r, state.h), 2);
    const Value h = gate(1, make_.with("add", x[2], reset));
    const Value kept = make_.with("mul", z, make_.with("sub", state.h, h));
    return {make_.with("add", h, kept), {}};
  }

  // i, o, f, c: C = f ⊙ C(t-1) + i ⊙ c; H = o ⊙ h(C). Peepholes let i, o and f see the cell.
  State lstm(const State& state, std::size_t at) const {
    const std::vector<Value> x =
        gates_of(make_.with("add", shares_[at], make_.with("matmul", state.h, back_)), 1);
    const auto seen = [&](Value gate, std::size_t which, Value cell) {
      return peepholes_.empty() ? gate : make_.with("add", gate, make_.with("mul", peepholes_[which], cell));
    };
    const Value i = gate(0, seen(x[0], 0, state.c));
    const Value f =
        it_.input_forget ? call_.apply("rsub", {i}, {{"other", 1.0}}) : gate(0, seen(x[2], 2, state.c));
    const Value c = make_.with("add", make_.with("mul", f, state.c), make_.with("mul", i, gate(1, x[3])));
    const Value o = gate(0, seen(x[1], 1, c));
    return {make_.with("mul", o, computed(function(2), c)), c};
  }

  const OnnxCall& call_;
  OnnxComposer make_;
  const OnnxRecurrence& it_;
  int index_;
  Value back_, bias_, back_bias_;
  std::vector<Value> peepholes_, shares_;
};

}  // namespace

void unroll_onnx_recurrence(OnnxCall& call, const OnnxRecurrence& it) {
  const OnnxComposer make(call);
  const std::int64_t steps =
      make.known(it.steps, "the length of the sequence, of which each step becomes nodes,");
  if (steps < 1 || steps > kMostSteps)
    call.refuse(
        fmt::format("its sequence has {} elements; 1 to {} are imported step by step", steps, kMostSteps));
  std::vector<Value> all, last, cells;
  for (int index = 0; index < it.directions; ++index) {
    const Direction direction(call, it, index);
    State state = direction.begin();
    std::vector<Value> outputs;
    direction.run(state, call.wants(0) ? &outputs : nullptr);
    if (call.wants(0)) all.push_back(make.stack(outputs, 0));
    last.push_back(state.h);
    cells.push_back(state.c);
  }
  const Value y = call.wants(0) ? make.stack(all, 1) : Value{};
  const Value y_h = call.wants(1) ? make.stack(last, 0) : Value{};
  const Value y_c = call.wants(2) ? make.stack(cells, 0) : Value{};
  give_onnx_recurrence(call, it, y, y_h, y_c);
}

}  // namespace orrery
