#include "runtime/engine/kernels/cpu/adam.h"

#include <cmath>

#include "runtime/engine/kernels/cpu/clones.h"

#ifdef ORRERY_CHOOSES_PROCESSOR
#include <immintrin.h>
#endif

namespace orrery::cpu {
namespace {

// What all numbers of a step have in common. The mean moves from the nearer end, as torch.lerp does.
template <typename T>
struct Adam {
  Adam(const AdamOptions& o)
      : from_mean(1 - o.beta1 < 0.5),
        to_gradient(static_cast<T>(from_mean ? 1 - o.beta1 : -o.beta1)),
        kept_square(static_cast<T>(o.beta2)),
        added_square(static_cast<T>(1 - o.beta2)),
        correction(static_cast<T>(1 / std::sqrt(1 - std::pow(o.beta2, o.updates)))),
        eps(static_cast<T>(o.eps)),
        rate(static_cast<T>(-o.lr / (1 - std::pow(o.beta1, o.updates)))),
        decay(static_cast<T>(o.decoupled ? 0 : o.weight_decay)),
        kept_weight(static_cast<T>(o.decoupled ? 1 - o.lr * o.weight_decay : 1)) {}

  bool from_mean;
  T to_gradient, kept_square, added_square, correction, eps, rate, decay, kept_weight;
};

// Without decay the weights are not read into the gradient: 0 times infinity is no 0.
template <bool decays, typename T>
ORRERY_INLINE void step_by_division(const Adam<T>& a, std::int64_t count, const AdamNumbers<T>& numbers) {
  const T* const gradients = numbers.gradient;
  T *const means = numbers.mean, *const squares = numbers.square, *const weights = numbers.weights;
  const bool from_mean = a.from_mean;
  const T to_gradient = a.to_gradient, kept_square = a.kept_square, added_square = a.added_square,
          correction = a.correction, eps = a.eps, rate = a.rate, decay = a.decay, kept_weight = a.kept_weight;
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    const T weight = weights[i], gradient = decays ? gradients[i] + decay * weight : gradients[i];
    const T mean = (from_mean ? means[i] : gradient) + to_gradient * (gradient - means[i]);
    const T square = kept_square * squares[i] + added_square * gradient * gradient;
    means[i] = mean;
    squares[i] = square;
    weights[i] = kept_weight * weight + rate * mean / (std::sqrt(square) * correction + eps);
  }
}

template <typename T>
ORRERY_INLINE void step_by_division(const Adam<T>& a, std::int64_t count, const AdamNumbers<T>& numbers) {
  a.decay == 0 ? step_by_division<false>(a, count, numbers) : step_by_division<true>(a, count, numbers);
}

#ifdef ORRERY_CHOOSES_PROCESSOR
constexpr int kNotFinite = 0x01 | 0x08 | 0x10 | 0x80;  // NaN of either kind, either infinity

// Sixteen numbers. The quotient is found with an estimate of the divisor's inverse, and once more of what
// that leaves over: the processor's own division would wait for its root. Nothing is left over of infinities.
template <bool decays>
ORRERY_FOR_AVX512 inline void step_sixteen(const Adam<float>& a, __mmask16 some, std::int64_t at,
                                           const AdamNumbers<float>& numbers) {
  const __m512 weight = _mm512_maskz_loadu_ps(some, numbers.weights + at);
  __m512 gradient = _mm512_maskz_loadu_ps(some, numbers.gradient + at);
  if (decays) gradient = _mm512_fmadd_ps(_mm512_set1_ps(a.decay), weight, gradient);
  const __m512 before = _mm512_maskz_loadu_ps(some, numbers.mean + at);
  const __m512 nearer = _mm512_mask_blend_ps(a.from_mean ? 0xFFFF : 0, gradient, before);
  const __m512 mean = _mm512_fmadd_ps(_mm512_set1_ps(a.to_gradient), _mm512_sub_ps(gradient, before), nearer);
  const __m512 kept =
      _mm512_mul_ps(_mm512_set1_ps(a.kept_square), _mm512_maskz_loadu_ps(some, numbers.square + at));
  const __m512 square =
      _mm512_fmadd_ps(_mm512_mul_ps(_mm512_set1_ps(a.added_square), gradient), gradient, kept);
  _mm512_mask_storeu_ps(numbers.mean + at, some, mean);
  _mm512_mask_storeu_ps(numbers.square + at, some, square);
  const __m512 divisor = _mm512_fmadd_ps(_mm512_maskz_sqrt_ps(some, square), _mm512_set1_ps(a.correction),
                                         _mm512_set1_ps(a.eps));
  const __m512 inverse = _mm512_maskz_rcp14_ps(some, divisor);
  const __m512 dividend = _mm512_mul_ps(_mm512_set1_ps(a.rate), mean);
  const __m512 about = _mm512_mul_ps(dividend, inverse);
  const __m512 left = _mm512_fnmadd_ps(about, divisor, dividend);
  const __mmask16 finite = _knot_mask16(_mm512_fpclass_ps_mask(left, kNotFinite));
  const __m512 quotient = _mm512_mask3_fmadd_ps(left, inverse, about, finite);
  _mm512_mask_storeu_ps(numbers.weights + at, some,
                        _mm512_fmadd_ps(_mm512_set1_ps(a.kept_weight), weight, quotient));
}

template <bool decays>
ORRERY_FOR_AVX512 inline void step_by_estimates(const Adam<float> a, std::int64_t count,
                                                const AdamNumbers<float> numbers) {
  std::int64_t at = 0;
  for (; at + 16 <= count; at += 16) step_sixteen<decays>(a, 0xFFFF, at, numbers);
  if (at < count) step_sixteen<decays>(a, static_cast<__mmask16>((1U << (count - at)) - 1), at, numbers);
}

ORRERY_FOR_AVX512 void step(const Adam<float>& a, std::int64_t count, const AdamNumbers<float>& numbers) {
  a.decay == 0 ? step_by_estimates<false>(a, count, numbers) : step_by_estimates<true>(a, count, numbers);
}
// With registers of half that width the estimates are of 12 bits: two steps of Newton's cost more than they
// save.
ORRERY_FOR_AVX2 void step(const Adam<float>& a, std::int64_t count, const AdamNumbers<float>& numbers) {
  step_by_division(a, count, numbers);
}
ORRERY_FOR_ANY void step(const Adam<float>& a, std::int64_t count, const AdamNumbers<float>& numbers) {
  step_by_division(a, count, numbers);
}
#else
void step(const Adam<float>& a, std::int64_t count, const AdamNumbers<float>& numbers) {
  step_by_division(a, count, numbers);
}
#endif

ORRERY_CLONES void step(const Adam<double>& a, std::int64_t count, const AdamNumbers<double>& numbers) {
  step_by_division(a, count, numbers);
}

}  // namespace

template <typename T>
void adam_step(const AdamOptions& options, std::int64_t count, AdamNumbers<T> numbers) {
  step(Adam<T>(options), count, numbers);
}

template void adam_step(const AdamOptions&, std::int64_t, AdamNumbers<float>);
template void adam_step(const AdamOptions&, std::int64_t, AdamNumbers<double>);

}  // namespace orrery::cpu
