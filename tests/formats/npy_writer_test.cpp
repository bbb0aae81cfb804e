#include "runtime/formats/npy_writer.h"

#include <gtest/gtest.h>

#include "runtime/files/bytes.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

std::string written(DType dtype, const std::vector<std::int64_t>& shape, const std::string& bytes) {
  const TemporaryFolder folder;
  write_npy(folder / "x.npy", dtype, shape, as_bytes(bytes));
  return content_of(folder / "x.npy");
}

// The bytes of numpy.save.
std::string expected(const std::string& description, const std::string& bytes) {
  std::string text = description;
  text.resize(117, ' ');
  return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text + "\n" + bytes;
}

TEST(NpyWriterTest, WritesWhatNumPyWrites) {
  EXPECT_EQ(
      written(DType::float32, {2, 3}, "abcdabcdabcdabcdabcdabcd"),
      expected("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "abcdabcdabcdabcdabcdabcd"));
  EXPECT_EQ(written(DType::int64, {1}, "12345678"),
            expected("{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", "12345678"));
  EXPECT_EQ(written(DType::boolean, {}, "1"),
            expected("{'descr': '|b1', 'fortran_order': False, 'shape': (), }", "1"));
}

TEST(NpyWriterTest, RefusesWhatNumPyDoesNotHave) {
  EXPECT_EQ(error_of(Fault::usage, [] { written(DType::bfloat16, {1}, "12"); }),
            "NumPy has no bfloat16: convert it first, or write safetensors");
}

}  // namespace
}  // namespace orrery
