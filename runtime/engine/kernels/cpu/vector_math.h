#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "runtime/engine/kernels/cpu/clones.h"

/// Functions of one number without branches, tables or calls, so that a loop over them becomes vector
/// instructions where it is compiled with -O3 -fno-math-errno -fno-trapping-math (as kernels/cpu is). For
/// float and double; within 4 units in the last place of the exact value over the whole range, subnormal
/// results of exp and sigmoid within 4 units too. NaN gives NaN; infinities give the limits.
///
/// exp: x = n ln 2 + r with |r| <= ln(2)/2, a minimax polynomial of r, and two factors 2^(n/2), so that
/// results next to zero and to infinity come out. erf: a polynomial of x^2 below 1, above it 1 - exp(-x^2)
/// p((x - 2)/(x + 2)), as M. M. Shepherd and J. G. Laframboise do (Math. Comp. 36, 1981).
namespace orrery::cpu {

namespace vector_math {

template <typename T>
struct Format;
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa = 23;
  /// 1.5 * 2^mantissa rounds what is added to it to a whole number; the bias makes its bits an exponent.
  static constexpr float shift = 12582912.0F + 127.0F;
  static constexpr float rounding = 12582912.0F;
  static constexpr float least = -104.0F, most = 89.0F;                  ///< exp is 0 below, infinite above
  static constexpr float ln2 = 0.693145752F, ln2_rest = 1.42860677e-6F;  ///< n * ln2 is exact
  static constexpr float erf_one = 4.0F;                                 ///< erf is 1 from here on
};
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa = 52;
  static constexpr double shift = 6755399441055744.0 + 1023.0;
  static constexpr double rounding = 6755399441055744.0;
  static constexpr double least = -746.0, most = 710.0;
  static constexpr double ln2 = 0.693147180369123816490, ln2_rest = 1.90821492927058770002e-10;
  static constexpr double erf_one = 6.0;
};

template <typename T>
ORRERY_INLINE T polynomial(T, T last) {
  return last;
}
/// first + x * (next + x * (...)).
template <typename T, typename... Rest>
ORRERY_INLINE T polynomial(T x, T first, T next, Rest... rest) {
  return first + x * polynomial<T>(x, next, static_cast<T>(rest)...);
}

/// 2^n of a whole number n that an exponent can hold.
template <typename T>
ORRERY_INLINE T power_of_two(T n) {
  using Bits = typename Format<T>::Bits;
  return std::bit_cast<T>(std::bit_cast<Bits>(n + Format<T>::shift) << Format<T>::mantissa);
}

template <typename T>
ORRERY_INLINE T rounded(T x) {
  return (x + Format<T>::rounding) - Format<T>::rounding;
}

/// exp(r) - 1 for |r| <= ln(2)/2.
template <typename T>
ORRERY_INLINE T small_expm1(T r) {
  if constexpr (std::is_same_v<T, float>)
    return r + r * r *
                   polynomial<T>(r, 0.5F, 0.166665768459939763F, 0.0416665544376859389F,
                                 0.00836320297157585495F, 0.0013926213466332443F);
  else
    return r + r * r *
                   polynomial<T>(r, 0.500000000000000103, 0.166666666666666675, 0.0416666666666239915,
                                 0.00833333333333005135, 0.00138888889172817933, 0.000198412698631059687,
                                 0.0000248015211902177277, 2.75572683786841929e-6, 2.76201387197339956e-7,
                                 2.51004241570050668e-8);
}

/// What is left of x after n ln 2 is taken from it.
template <typename T>
ORRERY_INLINE T remainder(T x, T n) {
  return (x - n * Format<T>::ln2) - n * Format<T>::ln2_rest;
}

template <typename T>
ORRERY_INLINE T magnitude(T x) {
  using Bits = typename Format<T>::Bits;
  return std::bit_cast<T>(std::bit_cast<Bits>(x) & ~(Bits(1) << (sizeof(T) * 8 - 1)));
}

/// The magnitude of one number with the sign of another.
template <typename T>
ORRERY_INLINE T with_sign(T size, T sign) {
  using Bits = typename Format<T>::Bits;
  constexpr Bits bit = Bits(1) << (sizeof(T) * 8 - 1);
  return std::bit_cast<T>((std::bit_cast<Bits>(size) & ~bit) | (std::bit_cast<Bits>(sign) & bit));
}

/// erf(x) / x, of x^2 <= 1.
template <typename T>
ORRERY_INLINE T small_erf(T square) {
  if constexpr (std::is_same_v<T, float>)
    return polynomial<T>(square, 1.12837916706154342F, -0.376126384680287104F, 0.112837824952368445F,
                         -0.0268654307276702429F, 0.0052210318078580228F, -0.000848408040553510629F,
                         0.00011265959025606609F, -9.66704457148699642e-6F);
  else
    return polynomial<T>(square, 1.12837916709551257, -0.376126389031837481, 0.112837916709548787,
                         -0.0268661706450767932, 0.00522397762481801447, -0.000854832698083378991,
                         0.000120553311116427109, -0.0000149255952668311816, 1.6461000484121368e-6,
                         -1.6350312701054695e-7, 1.46597752740474358e-8, -1.13728488567916737e-9,
                         5.9571761477489114e-11);
}

/// erfc(x) * exp(x^2), of u = (x - 2)/(x + 2), for 1 <= x <= Format::erf_one.
template <typename T>
ORRERY_INLINE T scaled_erfc(T u) {
  if constexpr (std::is_same_v<T, float>)
    return polynomial<T>(u, 0.255395676251903354F, -0.427185847614343021F, 0.241658211090724453F,
                         -0.0789785232725334919F, 0.00373214135130300974F, 0.00699485541359995756F,
                         -0.000836589973648605783F, -0.000944159634087273573F);
  else
    return polynomial<T>(u, 0.255395676310505716, -0.427185847413958492, 0.241658194242487627,
                         -0.0789785810157126937, 0.00373289240165644815, 0.00699746173920057474,
                         -0.000847143122941533342, -0.000981977111474071531, 0.0000435526535981788277,
                         0.000174364772572567369, 0.0000275603527566783132, -0.0000276407278219128536,
                         -0.0000141663390691171082, 1.85942738742940198e-6, 4.14630218326848772e-6,
                         -2.22812957637235017e-7);
}

}  // namespace vector_math

/// e^x.
template <typename T>
ORRERY_INLINE T exp(T x) {
  using namespace vector_math;
  using F = Format<T>;
  x = x < F::least ? F::least : x;
  x = x > F::most ? F::most : x;
  const T n = rounded(x * T(1.44269504088896340736));
  const T half = rounded(n * T(0.5));
  const T fraction = T(1) + small_expm1(remainder(x, n));
  return fraction * power_of_two(half) * power_of_two(n - half);
}

/// The hyperbolic tangent.
template <typename T>
ORRERY_INLINE T tanh(T x) {
  using namespace vector_math;
  T y = T(-2) * magnitude(x);
  y = y < T(-45) ? T(-45) : y;  // beyond, tanh is 1
  const T n = rounded(y * T(1.44269504088896340736));
  const T power = power_of_two(n);
  const T expm1 = power * small_expm1(remainder(y, n)) + (power - T(1));
  return with_sign(expm1 / (T(2) + expm1), x);
}

/// 1 / (1 + e^-x).
template <typename T>
ORRERY_INLINE T sigmoid(T x) {
  const T e = exp(-vector_math::magnitude(x));
  const T above = T(1) / (T(1) + e);
  return x < T(0) ? e * above : above;
}

/// The error function.
template <typename T>
ORRERY_INLINE T erf(T x) {
  using namespace vector_math;
  T size = magnitude(x);
  size = size > Format<T>::erf_one ? Format<T>::erf_one : size;
  const T square = size * size;
  const T near = size * small_erf(square);
  const T far = T(1) - exp(-square) * scaled_erfc((size - T(2)) / (size + T(2)));
  return with_sign(size < T(1) ? near : far, x);
}

}  // namespace orrery::cpu
