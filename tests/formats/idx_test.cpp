#include "runtime/formats/idx.h"

#include <cstring>
#include <initializer_list>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/gzipped.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string header(int type, std::initializer_list<std::uint32_t> dims) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(dims.size())};
  for (const std::uint32_t dim : dims) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift);
  }
  return bytes;
}

std::string refusal(const std::string& bytes) {
  return error_of(Fault::input_file, [&] { parse_idx(as_bytes(bytes), "'images'"); });
}

template <class T>
std::vector<T> values(const IdxArray& array) {
  std::vector<T> result(array.values.size() / sizeof(T));
  std::memcpy(result.data(), array.values.data(), array.values.size());
  return result;
}

TEST(IdxTest, ReadsBytesWithTheirShape) {
  const IdxArray array = parse_idx(as_bytes(header(0x08, {2, 3}) + "abcdef"), "'f'");
  EXPECT_EQ(array.header.dtype, DType::uint8);
  EXPECT_THAT(array.header.dims, ElementsAre(2, 3));
  EXPECT_EQ(array.values.text(), "abcdef");
}

TEST(IdxTest, TurnsEachTypeToNativeByteOrder) {
  const auto read = [](int type, const char* bytes, std::size_t size) {
    return parse_idx(as_bytes(header(type, {2}) + std::string(bytes, size)), "'f'");
  };
  EXPECT_THAT(values<std::int8_t>(read(0x09, "\xFF\x01", 2)), ElementsAre(-1, 1));
  EXPECT_THAT(values<std::int16_t>(read(0x0B, "\x01\x02\xFF\xFE", 4)), ElementsAre(0x0102, -2));
  EXPECT_THAT(values<std::int32_t>(read(0x0C, "\0\0\1\2\xFF\xFF\xFF\xFE", 8)), ElementsAre(0x0102, -2));
  EXPECT_THAT(values<float>(read(0x0D, "\x3F\x80\0\0\xC0\0\0\0", 8)), ElementsAre(1.0f, -2.0f));
  EXPECT_THAT(values<double>(read(0x0E, "\x3F\xF0\0\0\0\0\0\0\xC0\0\0\0\0\0\0\0", 16)),
              ElementsAre(1.0, -2.0));
}

TEST(IdxTest, TakesScalarsAndEmptyArrays) {
  EXPECT_EQ(parse_idx(as_bytes(header(0x08, {}) + "x"), "'f'").header.count(), 1);
  EXPECT_EQ(parse_idx(as_bytes(header(0x0D, {0, 28, 28})), "'f'").header.count(), 0);
}

TEST(IdxTest, RefusesAWrongMagicByWhatTheFileIs) {
  EXPECT_THAT(refusal("P5 28 28 255"), HasSubstr("'images' is not an IDX file but a file of unknown kind"));
  EXPECT_THAT(refusal("<!DOCTYPE html><title>404"), HasSubstr("not an IDX file but a web page"));
  EXPECT_THAT(refusal("version https://git-lfs.github.com/spec/v1\noid"), HasSubstr("git lfs pull"));
  EXPECT_THAT(refusal(""), HasSubstr("an empty file"));
  EXPECT_THAT(refusal(header(0x0A, {1}) + "x"), HasSubstr("not an IDX file"));
  EXPECT_THAT(refusal(std::string("\0\1\x08\1\0\0\0\1x", 9)), HasSubstr("not an IDX file"));
}

TEST(IdxTest, RefusesACountThatIsNotTheSize) {
  EXPECT_THAT(refusal(header(0x08, {2, 3}) + "abcde"),
              HasSubstr("tells of 2×3 uint8 values, 18 bytes in all, but there are 17"));
  EXPECT_THAT(refusal(header(0x08, {2, 3}) + "abcdefg"), HasSubstr("but there are 19"));
}

TEST(IdxTest, RefusesSizesThatOverflow) {
  const std::uint32_t big = 0xFFFFFFFF;
  EXPECT_THAT(refusal(header(0x08, {big, big})), HasSubstr("2^63"));
  EXPECT_THAT(refusal(header(0x08, {0x80000000, 0x80000000, 2})), HasSubstr("2^63"));
  EXPECT_THAT(refusal(header(0x0E, {0x40000000, 0x40000000})), HasSubstr("2^63"));
  EXPECT_THAT(refusal(header(0x08, {big, big, big, 0})), HasSubstr("2^63"));
  EXPECT_THAT(refusal(header(0x08, {0x7FFFFFFF, 0xFFFFFFFF})), HasSubstr("but there are 12")) << "just below";
}

TEST(IdxTest, SurvivesAnyDamage) {
  const std::string seed = header(0x0B, {2, 3}) + "abcdefghijkl";
  const int accepted =
      accepted_mutations(seed, [](const std::string& bytes) { parse_idx(as_bytes(bytes), "'f'"); });
  EXPECT_GE(accepted, 12 * 6) << "damage to the values cannot be seen";
  const TemporaryFolder folder;
  accepted_mutations(gzipped(seed), [&](const std::string& bytes) { read_idx(folder.put("f", bytes)); });
}

TEST(IdxFileTest, ReadsPlainAndGzipAlike) {
  const TemporaryFolder folder;
  const std::string bytes = header(0x0B, {2}) + std::string("\0\1\0\2", 4);
  for (const std::string& path : {folder.put("plain", bytes), folder.put("packed", gzipped(bytes))}) {
    EXPECT_THAT(read_idx_header(path).dims, ElementsAre(2));
    EXPECT_THAT(values<std::int16_t>(read_idx(path)), ElementsAre(1, 2));
  }
}

TEST(IdxFileTest, ReadsTheHeaderOfAPackedFileThatIsCutOff) {
  const TemporaryFolder folder;
  std::string noise;
  for (unsigned i = 0, state = 1; i < 300'000; ++i, state = state * 1664525 + 1013904223) {
    noise += static_cast<char>(state >> 24);
  }
  const std::string packed = gzipped(header(0x08, {300'000}) + noise);
  const std::string path = folder.put("cut", packed.substr(0, packed.size() / 2));
  EXPECT_THAT(read_idx_header(path).dims, ElementsAre(300'000));
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_idx(path); }), HasSubstr("ends too early"));
}

TEST(IdxFileTest, RefusesALyingHeaderBeforeTakingMemory) {
  const TemporaryFolder folder;
  const std::string bytes = header(0x08, {1'000'000, 1'000'000}) + "x";
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_idx(folder.put("plain", bytes)); }),
              HasSubstr("but there are 13"));
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_idx_header(folder / "plain"); }),
              HasSubstr("but there are 13"));
  EXPECT_THAT(error_of(Fault::input_file, [&] { read_idx(folder.put("packed", gzipped(bytes))); }),
              HasSubstr("inflates to 1.0 TB, more than the 17.2 GB allowed"));
}

TEST(IdxFileTest, HoldsBothSidesOfTheLimit) {
  const TemporaryFolder folder;
  const std::string bytes = header(0x08, {100}) + std::string(100, 'x');
  for (const std::string& path : {folder.put("plain", bytes), folder.put("packed", gzipped(bytes))}) {
    EXPECT_EQ(read_idx(path, 108).values.size(), 100u);
    EXPECT_THAT(error_of(Fault::input_file, [&] { read_idx(path, 107); }), HasSubstr("allowed here"));
  }
}

TEST(IdxFileTest, EveryFailingOperationIsOneError) {
  const TemporaryFolder folder;
  const std::string path = folder.put("f", gzipped(header(0x08, {3}) + "abc"));
  for (int n = 1;; ++n) {
    FaultyFiles files;
    files.fail_at = n;
    try {
      read_idx(path, 1000, files);
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::input_file));
    }
    if (files.struck().empty()) break;
  }
}

}  // namespace
}  // namespace orrery
