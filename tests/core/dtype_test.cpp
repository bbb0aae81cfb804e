#include "runtime/core/dtype.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(DTypeTest, EveryNameLeadsBackToItsType) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(dtype_from_name(name(dtype)), dtype) << name(dtype);
  }
}

TEST(DTypeTest, KnowsPyTorchsShortNamesAndNoOthers) {
  EXPECT_EQ(dtype_from_name("float"), DType::float32);
  EXPECT_EQ(dtype_from_name("double"), DType::float64);
  EXPECT_EQ(dtype_from_name("half"), DType::float16);
  EXPECT_EQ(dtype_from_name("long"), DType::int64);
  EXPECT_EQ(dtype_from_name("int"), DType::int32);
  EXPECT_FALSE(dtype_from_name("float128"));
  EXPECT_FALSE(dtype_from_name(""));
}

TEST(DTypeTest, SizesAreBytesPerElement) {
  EXPECT_EQ(element_size(DType::boolean), 1);
  EXPECT_EQ(element_size(DType::bfloat16), 2);
  EXPECT_EQ(element_size(DType::float32), 4);
  EXPECT_EQ(element_size(DType::int64), 8);
}

// The table of torch.promote_types in PyTorch 2.11, upper triangle, in the order of DType.
TEST(DTypeTest, PromotesAsPyTorchDoes) {
  using enum DType;
  constexpr int kReal = 10;
  const DType table[kReal][kReal] = {
      {uint8, int16, int16, int32, int64, float16, bfloat16, float32, float64, uint8},
      {int16, int8, int16, int32, int64, float16, bfloat16, float32, float64, int8},
      {int16, int16, int16, int32, int64, float16, bfloat16, float32, float64, int16},
      {int32, int32, int32, int32, int64, float16, bfloat16, float32, float64, int32},
      {int64, int64, int64, int64, int64, float16, bfloat16, float32, float64, int64},
      {float16, float16, float16, float16, float16, float16, float32, float32, float64, float16},
      {bfloat16, bfloat16, bfloat16, bfloat16, bfloat16, float32, bfloat16, float32, float64, bfloat16},
      {float32, float32, float32, float32, float32, float32, float32, float32, float64, float32},
      {float64, float64, float64, float64, float64, float64, float64, float64, float64, float64},
      {uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, boolean},
  };
  for (int a = 0; a < kReal; ++a)
    for (int b = 0; b < kReal; ++b)
      EXPECT_EQ(promote(static_cast<DType>(a), static_cast<DType>(b)), table[a][b])
          << name(static_cast<DType>(a)) << " with " << name(static_cast<DType>(b));
}

TEST(DTypeTest, WhatMeetsComplexNumbersBecomesComplexAsWideAsTheWiderOne) {
  using enum DType;
  for (const DType other : {boolean, uint8, int64, float16, bfloat16, float32, complex64}) {
    EXPECT_EQ(promote(complex64, other), complex64) << name(other);
    EXPECT_EQ(promote(other, complex128), complex128) << name(other);
  }
  EXPECT_EQ(promote(float64, complex64), complex128);
  EXPECT_EQ(promote(complex64, float64), complex128);
}

}  // namespace
}  // namespace orrery
