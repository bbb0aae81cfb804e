#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace orrery {

/// Rounding only: what two orders of the same sums may differ by.
template <typename T>
double tolerance_of() {
  return sizeof(T) == 4 ? 1e-5 : 1e-12;
}

/// Equal up to rounding, NaN where NaN is expected.
template <typename T>
void expect_close(const at::Tensor& result, const at::Tensor& expected) {
  const double tolerance = tolerance_of<T>();
  EXPECT_TRUE(at::allclose(result, expected, tolerance, tolerance, /*equal_nan=*/true))
      << "off by " << at::max(at::abs(result - expected)).template item<double>();
}

/// Contiguous random numbers of the type, from a generator that each test seeds.
template <typename T>
at::Tensor normal_numbers(at::IntArrayRef sizes) {
  return at::randn(sizes, at::dtype(c10::CppTypeToScalarType<T>::value));
}

}  // namespace orrery
