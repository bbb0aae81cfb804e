#pragma once

#include <cstdint>

/// What recurrent cells compute beside their products, for several rows of a batch in one step, and its
/// derivatives. Gates are side by side in a row, in PyTorch's order: i f g o (LSTM), r z n (GRU).
namespace orrery::cpu {

/// Rows of numbers, `stride` from one to the next; 0: the same row for all.
template <typename T>
struct Rows {
  T* first;
  std::int64_t stride;
  T* operator[](std::int64_t row) const { return first + row * stride; }
};

struct StepSize {
  std::int64_t rows;
  std::int64_t width;  ///< numbers of each gate and state in a row: the hidden size
};

/// h = tanh(sums + bias) or relu(sums + bias)
template <typename T>
struct RnnStep {
  StepSize size;
  bool relu;
  Rows<const T> sums, bias;  ///< one row of bias, here and below
  Rows<T> h;
};

template <typename T>
struct RnnStepBackward {
  StepSize size;
  bool relu;
  Rows<const T> h;
  Rows<const T> of_output, of_next;  ///< gradients of h: from outside, from the next step
  Rows<T> of_sums;                   ///< result
};

/// c = sigmoid(f) c_before + sigmoid(i) tanh(g), h = sigmoid(o) tanh(c)
template <typename T>
struct LstmStep {
  StepSize size;
  Rows<T> gates;  ///< sums without the bias, which become the activated gates
  Rows<const T> bias, c_before;
  Rows<T> c, h;
};

template <typename T>
struct LstmStepBackward {
  StepSize size;
  Rows<const T> gates, c_before, c;
  Rows<const T> of_output, of_next;  ///< gradients of h: from outside, from the next step
  Rows<T> of_c;                      ///< gradient of c from the next step; becomes that of c_before
  Rows<T> of_sums;                   ///< result
};

/// n = tanh(input's share + bias + sigmoid(r) (state's share + hidden bias)), h = n + sigmoid(z) (before - n)
template <typename T>
struct GruStep {
  StepSize size;
  Rows<T> gates;              ///< the input's share of the sums; becomes the activated gates
  Rows<const T> hidden;       ///< the state's share, without the bias of the last third
  Rows<const T> bias;         ///< of the sums: both shares', but the input's alone in the last third
  Rows<const T> hidden_bias;  ///< the state's in the last third
  Rows<T> third;              ///< result: what r multiplies
  Rows<const T> before;
  Rows<T> h;
};

template <typename T>
struct GruStepBackward {
  StepSize size;
  Rows<const T> gates, third, before;
  Rows<const T> of_output;  ///< gradient of h from outside
  Rows<T> of_next;          ///< that from the next step; becomes what reaches `before` past the gates
  Rows<T> of_input_sums, of_hidden_sums;  ///< results
};

void compute(const RnnStep<float>& step);
void compute(const RnnStep<double>& step);
void compute(const RnnStepBackward<float>& step);
void compute(const RnnStepBackward<double>& step);
void compute(const LstmStep<float>& step);
void compute(const LstmStep<double>& step);
void compute(const LstmStepBackward<float>& step);
void compute(const LstmStepBackward<double>& step);
void compute(const GruStep<float>& step);
void compute(const GruStep<double>& step);
void compute(const GruStepBackward<float>& step);
void compute(const GruStepBackward<double>& step);

}  // namespace orrery::cpu
