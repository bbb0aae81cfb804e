#include "runtime/engine/kernels/derivatives/recurrent_pass.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "runtime/engine/kernels/cpu/matrix_product.h"
#include "runtime/engine/kernels/cpu/recurrent_cells.h"
#include "runtime/engine/kernels/parallel.h"

namespace orrery {
namespace {

using cpu::Rows;
using cpu::StepSize;

// result (rows, to) = scale * result + left (rows, from) matrix (from, to), which is contiguous.
template <typename T>
void add_product(std::int64_t rows, std::int64_t from, std::int64_t to, Rows<const T> left, const T* matrix,
                 T scale, Rows<T> result) {
  // A single row's stride may be anything, but BLAS wants it to hold the row.
  cpu::product<T>(rows, to, from, left.first, std::max(left.stride, from), false, matrix, to, false, T(1),
                  scale, result.first, std::max(result.stride, to));
}

// The batch of each step of a sequence, from row `first` on.
template <typename T>
class Steps {
 public:
  explicit Steps(const at::Tensor& tensor, std::int64_t first = 0)
      : data_(tensor.defined() ? tensor.data_ptr<std::remove_const_t<T>>() + first * tensor.stride(1)
                               : nullptr),
        step_(tensor.defined() ? tensor.stride(0) : 0),
        row_(tensor.defined() ? tensor.stride(1) : 0) {}
  Rows<T> operator[](std::int64_t step) const { return {data_ + step * step_, row_}; }

 private:
  T* data_;
  std::int64_t step_, row_;
};

template <typename T>
Rows<T> rows_from(const at::Tensor& tensor, std::int64_t first) {
  if (!tensor.defined()) return {};
  return {tensor.data_ptr<std::remove_const_t<T>>() + first * tensor.stride(0), tensor.stride(0)};
}

// The rows of a batch never meet: each thread takes its share of them through all steps. Few rows or small
// products are left to one thread, in whose products the BLAS may use all.
template <typename Function>
void for_rows(const RecurrentPass& pass, const Function& function) {
  constexpr std::int64_t kLeastRows = 4, kLeastProducts = 1 << 20;
  const std::int64_t batch = pass.output.size(1);
  const std::int64_t products = pass.output.size(0) * batch * pass.weight_hh.numel();
  parallel_shares(0, batch, products < kLeastProducts ? batch : kLeastRows, function);
}

// One step's place in time: which it is, and which came before it.
std::int64_t step_at(const RecurrentPass& pass, std::int64_t place) {
  return pass.backwards ? pass.output.size(0) - 1 - place : place;
}

// What the steps are computed from and into.
struct Going {
  const RecurrentPass& pass;
  at::Tensor weight;        // (hidden, gates * hidden)
  at::Tensor h, c;          // at the start
  at::Tensor sums;          // (steps, batch, gates * hidden): the input's share, which becomes the gates
  at::Tensor bias;          // one row
  at::Tensor share, third;  // GRU: the state's share of one step, the bias of its last third
};

template <typename T>
void run_rows(const Going& going, std::int64_t begin, std::int64_t end) {
  const RecurrentPass& pass = going.pass;
  const std::int64_t hidden = pass.output.size(2), all = going.weight.size(1);
  const StepSize size{end - begin, hidden};
  const T* matrix = going.weight.data_ptr<T>();
  const Steps<T> sums(going.sums, begin), output(pass.output, begin), kept(pass.kept, begin);
  const bool gru = pass.cell == RecurrentCell::gru, lstm = pass.cell == RecurrentCell::lstm;
  const Rows<const T> bias = rows_from<const T>(going.bias, 0), third = rows_from<const T>(going.third, 0);
  Rows<const T> h = rows_from<const T>(going.h, begin), c = rows_from<const T>(going.c, begin);
  for (std::int64_t place = 0; place < pass.output.size(0); ++place) {
    const std::int64_t step = step_at(pass, place);
    const Rows<T> sum = sums[step], after = output[step];
    const Rows<T> product = gru ? rows_from<T>(going.share, begin) : sum;
    if (place || !pass.starts_at_zero)
      add_product<T>(size.rows, hidden, all, h, matrix, gru ? T(0) : T(1), product);
    const Rows<const T> done{product.first, product.stride};
    if (gru)
      cpu::compute(cpu::GruStep<T>{size, sum, done, bias, third, kept[step], h, after});
    else if (lstm)
      cpu::compute(cpu::LstmStep<T>{size, sum, bias, c, kept[step], after});
    else
      cpu::compute(cpu::RnnStep<T>{size, pass.cell == RecurrentCell::relu, done, bias, after});
    h = {after.first, after.stride};
    if (lstm) c = {kept[step].first, kept[step].stride};
  }
}

// What is added to every row of the sums. A GRU's reset gate reaches the last third of the state's bias, but
// not the input's: it stays outside.
at::Tensor bias_of_sums(const RecurrentPass& pass) {
  if (!pass.bias_ih.defined()) return at::zeros({1, pass.weight_ih.size(0)}, pass.output.options());
  at::Tensor sum = pass.bias_ih + pass.bias_hh;
  if (pass.cell == RecurrentCell::gru) {
    const std::int64_t first = 2 * pass.output.size(2);
    sum.slice(0, first).copy_(pass.bias_ih.slice(0, first));
  }
  return sum.unsqueeze(0);
}

at::Tensor third_of_bias(const RecurrentPass& pass) {
  const std::int64_t hidden = pass.output.size(2);
  if (!pass.bias_hh.defined()) return at::zeros({1, hidden}, pass.output.options());
  return pass.bias_hh.slice(0, 2 * hidden).unsqueeze(0);
}

at::Tensor all_rows_of(const at::Tensor& steps) { return steps.reshape({-1, steps.size(2)}); }

}  // namespace

void RecurrentPass::run() {
  const std::int64_t steps = output.size(0), batch = output.size(1), hidden = output.size(2);
  Going going{.pass = *this,
              .weight = weight_hh.t().contiguous(),
              .h = h.contiguous(),
              .sums = at::mm(all_rows_of(input), weight_ih.t()).view({steps, batch, weight_ih.size(0)}),
              .bias = bias_of_sums(*this)};
  if (cell == RecurrentCell::lstm || cell == RecurrentCell::gru) {
    gates = going.sums;
    kept = at::empty({steps, batch, hidden}, output.options());
  }
  if (cell == RecurrentCell::lstm) going.c = c.contiguous();
  if (cell == RecurrentCell::gru) {
    going.share = at::zeros({batch, 3 * hidden}, output.options());
    going.third = third_of_bias(*this);
  }
  for_rows(*this, [&](std::int64_t begin, std::int64_t end) {
    output.scalar_type() == at::kFloat ? run_rows<float>(going, begin, end)
                                       : run_rows<double>(going, begin, end);
  });
}

namespace {

// What the steps' derivatives are computed from and into.
struct Returning {
  const RecurrentPass& pass;
  at::Tensor weight, h, c;
  at::Tensor of_output;       // (steps, batch, hidden)
  at::Tensor of_h, of_c;      // (batch, hidden): before each step; at the end, of the first states
  at::Tensor of_input_sums;   // (steps, batch, gates * hidden)
  at::Tensor of_hidden_sums;  // the same tensor but for a GRU
  bool reaches_start;         // whether `of_h` is wanted at the end
};

template <typename T>
void return_rows(const Returning& back, std::int64_t begin, std::int64_t end) {
  const RecurrentPass& pass = back.pass;
  const std::int64_t hidden = pass.output.size(2);
  const StepSize size{end - begin, hidden};
  const T* matrix = back.weight.data_ptr<T>();
  const Steps<const T> gates(pass.gates, begin), kept(pass.kept, begin), output(pass.output, begin);
  const Steps<const T> of_output(back.of_output, begin);
  const Steps<T> of_input_sums(back.of_input_sums, begin), of_hidden_sums(back.of_hidden_sums, begin);
  const Rows<T> of_h = rows_from<T>(back.of_h, begin);
  const Rows<const T> of_next{of_h.first, of_h.stride};
  const bool gru = pass.cell == RecurrentCell::gru, lstm = pass.cell == RecurrentCell::lstm;
  for (std::int64_t place = pass.output.size(0) - 1; place >= 0; --place) {
    const std::int64_t step = step_at(pass, place), before = place ? step_at(pass, place - 1) : 0;
    if (gru) {
      const Rows<const T> h = place ? output[before] : rows_from<const T>(back.h, begin);
      cpu::compute(cpu::GruStepBackward<T>{size, gates[step], kept[step], h, of_output[step], of_h,
                                           of_input_sums[step], of_hidden_sums[step]});
    } else if (lstm) {
      const Rows<const T> c = place ? kept[before] : rows_from<const T>(back.c, begin);
      cpu::compute(cpu::LstmStepBackward<T>{size, gates[step], c, kept[step], of_output[step], of_next,
                                            rows_from<T>(back.of_c, begin), of_input_sums[step]});
    } else {
      cpu::compute(cpu::RnnStepBackward<T>{size, pass.cell == RecurrentCell::relu, output[step],
                                           of_output[step], of_next, of_input_sums[step]});
    }
    if (!place && !back.reaches_start) return;
    const Rows<T> of_sums = of_hidden_sums[step];
    add_product<T>(size.rows, back.weight.size(0), hidden, {of_sums.first, of_sums.stride}, matrix,
                   gru ? T(1) : T(0), of_h);
  }
}

at::Tensor given_or_zeros(const at::Tensor& given, const at::Tensor& like) {
  return given.defined() ? given.clone(at::MemoryFormat::Contiguous)
                         : at::zeros(like.sizes(), like.options());
}

// The weights' gradient of all steps: each step's gradient against the state before it, which for the first
// is the one from outside.
at::Tensor gradient_of_weight_hh(const Returning& back) {
  const RecurrentPass& pass = back.pass;
  const std::int64_t steps = pass.output.size(0);
  const at::Tensor first = back.of_hidden_sums[pass.backwards ? steps - 1 : 0];
  at::Tensor result = pass.starts_at_zero ? at::zeros_like(pass.weight_hh, at::MemoryFormat::Contiguous)
                                          : at::mm(first.t(), back.h);
  if (steps == 1) return result;
  const auto part = [&](const at::Tensor& tensor, bool later) {
    return tensor.slice(0, later ? 1 : 0, later ? steps : steps - 1);
  };
  const at::Tensor sums = all_rows_of(part(back.of_hidden_sums, !pass.backwards));
  return result.addmm_(sums.t(), all_rows_of(part(pass.output, pass.backwards)));
}

Returning returning(const RecurrentPass& pass, const RecurrentArrived& arrived,
                    const RecurrentWanted& wanted) {
  const std::int64_t steps = pass.output.size(0), batch = pass.output.size(1);
  const auto buffer = [&] {
    return at::empty({steps, batch, pass.weight_hh.size(0)}, pass.output.options());
  };
  Returning back{.pass = pass, .weight = pass.weight_hh.contiguous(), .h = pass.h.contiguous()};
  if (pass.c.defined()) {
    back.c = pass.c.contiguous();
    back.of_c = given_or_zeros(arrived.c, pass.c);
  }
  back.of_h = given_or_zeros(arrived.h, pass.h);
  back.of_output =
      arrived.output.defined() ? arrived.output : at::zeros({}, pass.output.options()).expand_as(pass.output);
  if (back.of_output.stride(2) != 1) back.of_output = back.of_output.contiguous();
  back.of_input_sums = buffer();
  back.of_hidden_sums = pass.cell == RecurrentCell::gru ? buffer() : back.of_input_sums;
  back.reaches_start = wanted.h;
  return back;
}

}  // namespace

RecurrentGradients gradients_of(const RecurrentPass& pass, const RecurrentArrived& arrived,
                                const RecurrentWanted& wanted) {
  const Returning back = returning(pass, arrived, wanted);
  for_rows(pass, [&](std::int64_t begin, std::int64_t end) {
    pass.output.scalar_type() == at::kFloat ? return_rows<float>(back, begin, end)
                                            : return_rows<double>(back, begin, end);
  });
  RecurrentGradients result;
  const at::Tensor sums = all_rows_of(back.of_input_sums);
  if (wanted.input) result.input = at::mm(sums, pass.weight_ih).view(pass.input.sizes());
  if (wanted.weight_ih) result.weight_ih = at::mm(sums.t(), all_rows_of(pass.input));
  if (wanted.weight_hh) result.weight_hh = gradient_of_weight_hh(back);
  if (wanted.bias_ih) result.bias_ih = sums.sum(0);
  if (wanted.bias_hh) {
    const bool same = pass.cell != RecurrentCell::gru && wanted.bias_ih;
    result.bias_hh = same ? result.bias_ih.clone() : all_rows_of(back.of_hidden_sums).sum(0);
  }
  if (wanted.h) result.h = back.of_h;
  if (wanted.c) result.c = back.of_c;
  return result;
}

}  // namespace orrery
