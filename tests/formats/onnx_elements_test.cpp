// Elements of tensors in all their encodings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/formats/onnx_readings.h"

namespace orrery {
namespace {

using namespace onnx_messages;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::string_literals::operator""s;
using Place = OnnxTensor::Place;

TEST(OnnxElementsTest, ReadsElementsOfEveryTypeFromTheirOwnField) {
  struct Case {
    OnnxDType dtype;
    int field;
    std::vector<std::int64_t> numbers;
    std::string expected;
  };
  const std::vector<Case> cases{
      {OnnxDType::int32, 5, {1, -2}, bytes_of<std::int32_t>({1, -2})},
      {OnnxDType::int16, 5, {1, -2}, bytes_of<std::int16_t>({1, -2})},
      {OnnxDType::int8, 5, {127, -128}, bytes_of<std::int8_t>({127, -128})},
      {OnnxDType::uint8, 5, {255, 0}, "\xFF\0"s},
      {OnnxDType::uint16, 5, {65535, 1}, bytes_of<std::uint16_t>({65535, 1})},
      {OnnxDType::boolean, 5, {1, 0}, "\1\0"s},
      {OnnxDType::float16, 5, {0x3C00, 0xC000}, bytes_of<std::uint16_t>({0x3C00, 0xC000})},
      {OnnxDType::bfloat16, 5, {0x3F80, 0xBF80}, bytes_of<std::uint16_t>({0x3F80, 0xBF80})},
      {OnnxDType::float8_e4m3fn, 5, {0x38, 0xB8}, "\x38\xB8"},
      {OnnxDType::int64, 7, {1LL << 40, -1}, bytes_of<std::int64_t>({1LL << 40, -1})},
      {OnnxDType::uint32, 11, {4'000'000'000, 1}, bytes_of<std::uint32_t>({4'000'000'000u, 1u})},
      {OnnxDType::uint64, 11, {-1, 1}, bytes_of<std::uint64_t>({~0ull, 1ull})}};
  for (const Case& c : cases) {
    const auto tag = static_cast<protozero::pbf_tag_type>(c.field);
    const std::string packed =
        tensor(c.dtype, {2}, [&](Writer& w) { w.add_packed_int64(tag, c.numbers.begin(), c.numbers.end()); });
    const std::string single = tensor(c.dtype, {2}, [&](Writer& w) {
      for (const std::int64_t number : c.numbers) w.add_int64(tag, number);
    });
    EXPECT_EQ(elements(packed), c.expected) << onnx_dtype_name(c.dtype);
    EXPECT_EQ(elements(single), c.expected) << onnx_dtype_name(c.dtype) << ", not packed";
    EXPECT_EQ(elements(raw_tensor(c.dtype, {2}, c.expected)), c.expected) << onnx_dtype_name(c.dtype);
  }
}

TEST(OnnxElementsTest, ReadsRealAndComplexElements) {
  const std::vector<float> floats{1.5f, -2.0f};
  const std::vector<double> doubles{1.5, -2.0};
  const auto in_floats = [&](Writer& w) { w.add_packed_float(4, floats.begin(), floats.end()); };
  const auto in_doubles = [&](Writer& w) { w.add_packed_double(10, doubles.begin(), doubles.end()); };
  EXPECT_EQ(elements(tensor(OnnxDType::float32, {2}, in_floats)), bytes_of({1.5f, -2.0f}));
  EXPECT_EQ(elements(tensor(OnnxDType::complex64, {1}, in_floats)), bytes_of({1.5f, -2.0f}));
  EXPECT_EQ(elements(tensor(OnnxDType::float64, {2, 1}, in_doubles)), bytes_of({1.5, -2.0}));
  EXPECT_EQ(elements(tensor(OnnxDType::complex128, {}, in_doubles)), bytes_of({1.5, -2.0}));
  const auto one_by_one = [](Writer& w) { w.add_float(4, 1.5f), w.add_float(4, -2.0f); };
  EXPECT_EQ(elements(tensor(OnnxDType::float32, {2}, one_by_one)), bytes_of({1.5f, -2.0f}));
}

TEST(OnnxElementsTest, ReadsFourBitElementsTwoToAByte) {
  const std::vector<std::int64_t> numbers{0x21, 0x03};
  const auto fill = [&](Writer& w) { w.add_packed_int64(5, numbers.begin(), numbers.end()); };
  for (const OnnxDType dtype : {OnnxDType::int4, OnnxDType::uint4, OnnxDType::float4_e2m1}) {
    EXPECT_EQ(elements(tensor(dtype, {3}, fill)), "\x21\x03");
    EXPECT_EQ(elements(raw_tensor(dtype, {3}, "\x21\x03")), "\x21\x03");
  }
}

TEST(OnnxElementsTest, KeepsTexts) {
  const auto texts = [](Writer& w) { w.add_bytes(6, "a"), w.add_bytes(6, "\xFF"); };
  const OnnxTensor read_tensor = read(model_of(tensor(OnnxDType::text, {2}, texts))).graph.initializers.at(0);
  EXPECT_EQ(read_tensor.place, Place::texts);
  EXPECT_THAT(read_tensor.texts, ElementsAre("a", "\xFF"));
}

TEST(OnnxElementsTest, ReadsEmptyTensorsAndScalars) {
  for (const std::vector<std::int64_t>& dims :
       {std::vector<std::int64_t>{0}, {3, 0}, {std::int64_t{1} << 62, 0, std::int64_t{1} << 62}}) {
    const OnnxTensor empty = read(model_of(tensor(OnnxDType::float32, dims))).graph.initializers.at(0);
    EXPECT_EQ(empty.place, Place::none);
    EXPECT_EQ(empty.shape, dims);
  }
  EXPECT_EQ(elements(tensor(OnnxDType::float32, {0})), "");
  EXPECT_EQ(elements(raw_tensor(OnnxDType::float32, {}, "1234")), "1234");
}

TEST(OnnxElementsTest, RefusesTensorsWhoseShapeAndElementsDiffer) {
  constexpr std::int64_t kHuge = std::int64_t{1} << 32;
  const auto numbers = [](std::size_t count) {
    return [count](Writer& w) {
      const std::vector<std::int64_t> ones(count, 1);
      w.add_packed_int64(5, ones.begin(), ones.end());
    };
  };
  const std::vector<std::pair<std::string, std::string>> cases{
      {raw_tensor(OnnxDType::float32, {2}, "1234567"),
       "tensor 'w': [2] of float32 take 8 bytes, but raw_data has 7"},
      {raw_tensor(OnnxDType::float32, {2}, "123456789"), "take 8 bytes, but raw_data has 9"},
      {raw_tensor(OnnxDType::float32, {0}, "1"), "take 0 bytes, but raw_data has 1"},
      {raw_tensor(OnnxDType::int4, {3}, "1"), "take 2 bytes, but raw_data has 1"},
      {tensor(OnnxDType::float32, {2}), "it has no elements: [2] of float32"},
      {raw_tensor(OnnxDType::float32, {-1}, ""), "the shape [-1] of float32 is not possible"},
      {raw_tensor(OnnxDType::uint8, {kHuge, kHuge}, ""), "is not possible"},
      {raw_tensor(OnnxDType::float64, {kHuge, kHuge / 8}, ""), "is not possible"},
      {raw_tensor(OnnxDType::uint8, std::vector<std::int64_t>(65, 1), "1"), "65 dimensions, more than 64"},
      {raw_tensor(static_cast<OnnxDType>(99), {1}, "1"), "its dtype 99 is none of ONNX's"},
      {raw_tensor(OnnxDType::undefined, {1}, "1"), "its dtype 0 is none of ONNX's"},
      {tensor(OnnxDType::int32, {2}, numbers(1)), "[2] of int32 takes 2 numbers, but int32_data has 1"},
      {tensor(OnnxDType::int32, {2}, numbers(3)), "takes 2 numbers, but int32_data has 3"},
      {tensor(OnnxDType::int64, {2}, numbers(2)),
       "elements of int64 belong into int64_data, not into int32_data"},
      {tensor(OnnxDType::text, {1}, numbers(1)), "its texts do not stand in string_data"},
      {tensor(OnnxDType::text, {2}, [](Writer& w) { w.add_bytes(6, "a"); }), "has 2 texts, not 1"},
      {tensor(OnnxDType::uint8, {1}, [](Writer& w) { w.add_bytes(6, "a"); }),
       "elements of uint8 are not texts"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_int32(5, 1), w.add_bytes(9, "1234"); }),
       "it has elements both in raw_data and in int32_data"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_int32(5, 1), w.add_int64(7, 1); }),
       "it has elements both in int32_data and in int64_data"},
      {tensor(OnnxDType::uint8, {1}, [](Writer& w) { w.add_int32(5, 256); }),
       "256 does not fit into an element of uint8"},
      {tensor(OnnxDType::int8, {1}, [](Writer& w) { w.add_int32(5, -129); }),
       "-129 does not fit into an element of int8"},
      {tensor(OnnxDType::float32, {1}, [](Writer& w) { w.add_bytes(4, "12345"); }),
       "field 4 of a tensor ends within a number"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_bytes(5, "\x80"); }),
       "takes 1 numbers, but int32_data has 0"},
      {tensor(OnnxDType::int32, {1}, [](Writer& w) { w.add_bytes(5, "\x01\x80"); }), "has no end"},
      {tensor(OnnxDType::float32, {1}, [](Writer& w) { w.add_message(3, std::string()); }),
       "in segments is not read"}};
  for (const auto& [bytes, expected] : cases) {
    const std::string message = tensor_refusal(bytes);
    EXPECT_THAT(message, HasSubstr(expected));
    EXPECT_THAT(message, HasSubstr("(at byte ")) << "the place is told";
  }
}

}  // namespace
}  // namespace orrery
