#include "runtime/onnx/literal.h"

#include <cmath>

#include <gtest/gtest.h>

#include "runtime/onnx/element_bytes.h"
#include "tests/onnx/onnx_builder.h"

namespace orrery::testing {
namespace {

OnnxLiteral first_initializer(OnnxBuilder& model) {
  return {model.file(), model.model().graph.initializers.at(0)};
}

TEST(OnnxLiteralTest, ReadsElementsOfFilesWhenAsked) {
  OnnxBuilder model;
  model.floats("w", {2, 2}, {1, 2, 3, 4});
  const OnnxLiteral literal = first_initializer(model);
  EXPECT_EQ(literal.reals(), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(literal.name(), "w");
  EXPECT_NE(literal.identity(), nullptr);
}

TEST(OnnxLiteralTest, TurnsMatricesOver) {
  OnnxBuilder model;
  model.floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  const OnnxLiteral turned = first_initializer(model).transposed();
  EXPECT_EQ(turned.shape(), (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(turned.reals(), (std::vector<double>{1, 4, 2, 5, 3, 6}));
  const OnnxLiteral numbers(DType::int64, {1, 2}, std::vector<Dim>{7, 8});
  EXPECT_EQ(numbers.transposed().integers(), (std::vector<std::int64_t>{7, 8}));
}

TEST(OnnxLiteralTest, TakesRowsInAnotherOrder) {
  OnnxBuilder model;
  model.floats("w", {3, 2}, {1, 2, 3, 4, 5, 6});
  const OnnxLiteral chosen = first_initializer(model).rows({2, 0, 2, 1});
  EXPECT_EQ(chosen.shape(), (std::vector<std::int64_t>{4, 2}));
  EXPECT_EQ(chosen.reals(), (std::vector<double>{5, 6, 1, 2, 5, 6, 3, 4}));
  const OnnxLiteral numbers(DType::int64, {3}, std::vector<Dim>{7, 8, 9});
  EXPECT_EQ(numbers.rows({1}).integers(), (std::vector<std::int64_t>{8}));
}

TEST(OnnxLiteralTest, KeepsSizesThatOnlyDataTell) {
  const OnnxLiteral sizes = OnnxLiteral::sizes({Dim::symbol("N"), 3});
  EXPECT_TRUE(sizes.symbolic());
  EXPECT_EQ(sizes.dims()[0].str(), "N");
  EXPECT_EQ(sizes.shape(), (std::vector<std::int64_t>{2}));
}

TEST(OnnxLiteralTest, HoldsWiderUnsignedIntegersAsTheNextSignedOnes) {
  EXPECT_EQ(dtype_of_onnx(OnnxDType::uint16), DType::int32);
  EXPECT_EQ(dtype_of_onnx(OnnxDType::uint32), DType::int64);
  EXPECT_EQ(dtype_of_onnx(OnnxDType::uint64), DType::int64);
  OnnxBuilder model;
  model.integers("n", {2}, {0, 0});
  OnnxTensor& tensor = model.model().graph.initializers[0];
  tensor.dtype = OnnxDType::uint16;
  tensor.bytes = std::make_shared<std::string>("\xff\xff\x01\x00", 4);
  EXPECT_EQ(first_initializer(model).integers(), (std::vector<std::int64_t>{65535, 1}));
}

TEST(OnnxLiteralTest, RefusesDtypesThatOrreryDoesNotHave) {
  OnnxBuilder model;
  model.floats("w", {1}, {1});
  model.model().graph.initializers[0].dtype = OnnxDType::float8_e4m3fn;
  try {
    first_initializer(model);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the tensor 'w' holds float8_e4m3fn, which Orrery does not have");
  }
}

TEST(OnnxElementBytesTest, HalvesRoundToNearestAndTiesToEven) {
  const auto bits = [](DType dtype, double value) {
    const Bytes bytes = bytes_of_reals(dtype, {value});
    return static_cast<unsigned>(bytes.data()[0]) | static_cast<unsigned>(bytes.data()[1]) << 8;
  };
  EXPECT_EQ(bits(DType::float16, 1), 0x3C00u);
  EXPECT_EQ(bits(DType::float16, -2), 0xC000u);
  EXPECT_EQ(bits(DType::float16, 65504), 0x7BFFu);
  EXPECT_EQ(bits(DType::float16, 65520), 0x7C00u) << "rounds up to infinity";
  EXPECT_EQ(bits(DType::float16, 1 + 1.0 / 2048), 0x3C00u) << "half way: to even";
  EXPECT_EQ(bits(DType::float16, 1 + 3.0 / 2048), 0x3C02u);
  EXPECT_EQ(bits(DType::float16, std::ldexp(1, -24)), 0x0001u) << "the smallest";
  EXPECT_EQ(bits(DType::float16, std::ldexp(1, -14)), 0x0400u) << "the smallest that is normal";
  EXPECT_EQ(bits(DType::float16, std::ldexp(1, -26)), 0x0000u);
  EXPECT_EQ(bits(DType::float16, -0.0), 0x8000u);
  EXPECT_EQ(bits(DType::float16, INFINITY), 0x7C00u);
  EXPECT_EQ(bits(DType::float16, NAN), 0x7E00u);
  EXPECT_EQ(bits(DType::bfloat16, 1), 0x3F80u);
  EXPECT_EQ(bits(DType::bfloat16, 3.140625), 0x4049u);
}

TEST(OnnxElementBytesTest, IntegersComeBackAsTheyWere) {
  for (const DType dtype :
       {DType::uint8, DType::int8, DType::int16, DType::int32, DType::int64, DType::boolean}) {
    const std::vector<std::int64_t> elements{0, 1, 1, 0};
    EXPECT_EQ(integers_of(dtype, bytes_of_integers(dtype, elements)), elements) << name(dtype);
  }
  EXPECT_EQ(integers_of(DType::int8, bytes_of_integers(DType::int8, {-5})), (std::vector<std::int64_t>{-5}));
}

}  // namespace
}  // namespace orrery::testing
