#include "runtime/formats/npy.h"

#include <cstring>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

const std::string kFixtures = in_source("tests/formats/fixtures/data/");

std::span<const std::byte> bytes_of(const std::string& text) { return as_bytes(text); }

template <class T>
std::vector<T> values_of(const NpyArray& array) {
  std::vector<T> values(static_cast<size_t>(array.header.count()));
  if (!values.empty()) std::memcpy(values.data(), array.values.data(), array.values.size());
  return values;
}

template <class T>
std::vector<T> counted(T scale) {
  std::vector<T> values;
  for (int i = 0; i < 24; ++i) values.push_back(static_cast<T>(i) * scale);
  return values;
}

/// A file of version 1 with a header of the test's own.
std::string npy(std::string header, const std::string& data = "") {
  while ((header.size() + 11) % 64 != 0) header += ' ';
  header += '\n';
  const auto length = header.size();
  return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(length & 255) + static_cast<char>(length >> 8) +
         header + data;
}

std::string refusal(const std::string& file) {
  return error_of(Fault::input_file, [&] { parse_npy(bytes_of(file), "'a.npy'"); });
}

TEST(NpyTest, ReadsWhatNumPyWrites) {
  const NpyArray array = read_npy(kFixtures + "float32.npy");
  EXPECT_EQ(array.header.dtype, DType::float32);
  EXPECT_EQ(array.header.dims, (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(values_of<float>(array), counted<float>(0.25f));
}

TEST(NpyTest, FortranOrderAndBigEndianBecomeTheUsual) {
  const NpyArray array = read_npy(kFixtures + "fortran_big_endian.npy");
  EXPECT_TRUE(array.header.fortran_order);
  EXPECT_TRUE(array.header.big_endian);
  EXPECT_EQ(values_of<double>(array), counted<double>(1));
}

TEST(NpyTest, ComplexPartsAreTurnedAroundOneByOne) {
  NpyArray array = read_npy(kFixtures + "complex64.npy");
  EXPECT_EQ(array.header.dtype, DType::complex64);
  array.header.dims.push_back(2);
  const auto values = values_of<float>(array);
  ASSERT_EQ(values.size(), 48u);
  EXPECT_EQ(values[6], 3.0f);
  EXPECT_EQ(values[7], 1.0f);
}

TEST(NpyTest, ReadsAllVersionsScalarsAndEmptyArrays) {
  for (const char* file : {"version2.npy", "version3.npy"})
    EXPECT_EQ(values_of<std::int16_t>(read_npy(kFixtures + file)), counted<std::int16_t>(1)) << file;
  EXPECT_TRUE(read_npy(kFixtures + "scalar.npy").header.dims.empty());
  EXPECT_EQ(values_of<std::int64_t>(read_npy(kFixtures + "scalar.npy")), (std::vector<std::int64_t>{7}));
  EXPECT_EQ(read_npy(kFixtures + "empty.npy").header.dims, (std::vector<std::int64_t>{0, 5}));
  EXPECT_EQ(read_npy(kFixtures + "bool.npy").header.dtype, DType::boolean);
}

TEST(NpyTest, HeaderAloneTellsTypeAndShape) {
  const NpyHeader header = read_npy_header(kFixtures + "float32.npy");
  EXPECT_EQ(header.dims, (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(header.data_bytes(), 96);
}

TEST(NpyTest, ElementsThatAreNoNumbersOfOrrerysAreNamed) {
  const auto refused = [](const char* file) {
    return error_of(Fault::input_file, [&] { read_npy(kFixtures + file); });
  };
  EXPECT_NE(refused("objects.npy").find("holds Python objects, which only Python can read"),
            std::string::npos);
  EXPECT_NE(refused("text.npy").find("holds texts"), std::string::npos);
  EXPECT_NE(refused("uint16.npy").find("elements of type '<u2', which Orrery does not have"),
            std::string::npos);
  EXPECT_NE(refused("structured.npy").find("holds a structured array"), std::string::npos);
}

TEST(NpyTest, CodeInThePlaceOfTheHeaderIsRefused) {
  for (const char* header : {"__import__('os').system('true')", "{'descr': '<f4', 'fortran_order': False}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
                             "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} + {}",
                             "{'descr': '<f4', 'descr': '<f4', 'shape': ()}", "", "{", "[]"}) {
    EXPECT_NE(refusal(npy(header, std::string(8, '\0'))).find("its .npy header is no dictionary"),
              std::string::npos)
        << header;
  }
}

TEST(NpyTest, SizesThatTheFileDoesNotHaveAreRefused) {
  const auto of_shape = [](const std::string& shape, size_t bytes) {
    return npy("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}", std::string(bytes, '\0'));
  };
  EXPECT_EQ(parse_npy(bytes_of(of_shape("(2,)", 8)), "x").header.count(), 2);
  EXPECT_NE(refusal(of_shape("(2,)", 7)).find("but there are"), std::string::npos);
  EXPECT_NE(refusal(of_shape("(2,)", 9)).find("but there are"), std::string::npos);
  EXPECT_NE(refusal(of_shape("(4611686018427387904,)", 8)).find("more than 2^63 bytes"), std::string::npos);
  EXPECT_NE(refusal(of_shape("(99999999999999999999,)", 8)).find("no dictionary"), std::string::npos);
  EXPECT_NE(refusal(of_shape("(2305843009213693951,)", 8)).find("but there are"), std::string::npos);
}

TEST(NpyTest, HeaderLengthsAreBounded) {
  std::string zero("\x93NUMPY\1\0\0\0", 10);
  EXPECT_NE(refusal(zero + "  ").find("no dictionary"), std::string::npos);
  std::string four_gigabytes("\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12);
  EXPECT_NE(refusal(four_gigabytes).find("more than the 10.0 kB allowed"), std::string::npos);
  EXPECT_NE(refusal(std::string("\x93NUMPY\4\0\0\0\0\0", 12)).find("version 4.0"), std::string::npos);
}

TEST(NpyTest, AnotherKindOfFileIsNamed) {
  EXPECT_NE(refusal("version https://git-lfs.github.com/spec/v1\n").find("a Git LFS pointer"),
            std::string::npos);
  EXPECT_NE(refusal("").find("an empty file"), std::string::npos);
}

TEST(NpyTest, DamageIsRefusedOrReadAsWhatItSays) {
  const std::string seed = content_of(kFixtures + "float32.npy");
  EXPECT_GT(accepted_mutations(seed, [](const std::string& file) { parse_npy(bytes_of(file), "x"); }), 0);
}

RC_GTEST_PROP(NpyTest, FortranOrderIsTheTransposedOrder, ()) {
  const auto rows = *rc::gen::inRange(1, 6), columns = *rc::gen::inRange(1, 6),
             planes = *rc::gen::inRange(1, 4);
  std::string data;
  for (int k = 0; k < planes; ++k)
    for (int j = 0; j < columns; ++j)
      for (int i = 0; i < rows; ++i) data += static_cast<char>((i * columns + j) * planes + k);
  const std::string header = fmt::format("{{'descr': '|u1', 'fortran_order': True, 'shape': ({}, {}, {}), }}",
                                         rows, columns, planes);
  const auto values = values_of<std::uint8_t>(parse_npy(as_bytes(npy(header, data)), "x"));
  for (size_t i = 0; i < values.size(); ++i) RC_ASSERT(values[i] == i);
}

}  // namespace
}  // namespace orrery
