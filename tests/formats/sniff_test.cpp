#include "runtime/formats/sniff.h"

#include <gtest/gtest.h>

#include "runtime/files/bytes.h"

namespace orrery {
namespace {

using std::string_view_literals::operator""sv;

FileKind kind(std::string_view text) { return sniff(as_bytes(text)); }

TEST(SniffTest, TellsKindsByTheirFirstBytes) {
  EXPECT_EQ(kind(""), FileKind::empty);
  EXPECT_EQ(kind("local x = 1"), FileKind::unknown);
  EXPECT_EQ(kind("\x40\0\0\0\0\0\0\0{\"a\""sv), FileKind::safetensors);
  EXPECT_EQ(kind("PK\3\4\0\0"sv), FileKind::zip);
  EXPECT_EQ(kind("\x80\x02}q"), FileKind::pickle);
  EXPECT_EQ(kind("\x08\x08\x12\x07pytorch"), FileKind::onnx);
  EXPECT_EQ(kind("\x93NUMPY\1\0"sv), FileKind::npy);
  EXPECT_EQ(kind("\0\0\x08\3\0\0\xEA\x60"sv), FileKind::idx);
  EXPECT_EQ(kind("\x1F\x8B\x08"), FileKind::gzip);
  EXPECT_EQ(kind("\x89PNG\r\n\x1A\n"), FileKind::png);
  EXPECT_EQ(kind("\xFF\xD8\xFF\xE0"), FileKind::jpeg);
  EXPECT_EQ(kind("%PDF-1.7"), FileKind::pdf);
  EXPECT_EQ(kind("\x89HDF\r\n\x1A\n"), FileKind::hdf5);
  EXPECT_EQ(kind("SQLite format 3\0"sv), FileKind::sqlite);
  EXPECT_EQ(kind("\n <!doctype HTML><html>"), FileKind::html);
  EXPECT_EQ(kind("<HTML>"), FileKind::html);
  EXPECT_EQ(kind("version https://git-lfs.github.com/spec/v1\noid sha256:0"), FileKind::git_lfs_pointer);
}

TEST(SniffTest, TakesAHeaderLengthThatLooksLikeAMagicForALength) {
  EXPECT_EQ(kind("\x1F\x8B\0\0\0\0\0\0{}"sv), FileKind::safetensors);
}

TEST(SniffTest, LooksAtAFewBytesWithoutReadingBeyond) {
  for (const std::string_view full :
       {"\x40\0\0\0\0\0\0\0{\"a\""sv, "\0\0\x08\3\0\0\xEA\x60"sv, "\x08\x08\x12"sv}) {
    for (std::size_t length = 0; length < full.size(); ++length) {
      const std::string exact(full.substr(0, length));
      EXPECT_FALSE(describe(kind(exact)).empty());
    }
  }
}

TEST(SniffTest, DescribesEveryKind) {
  for (int i = 0; i <= static_cast<int>(FileKind::git_lfs_pointer); ++i) {
    EXPECT_TRUE(describe(static_cast<FileKind>(i)).starts_with('a'));
  }
  EXPECT_FALSE(remedy(FileKind::git_lfs_pointer).empty());
  EXPECT_TRUE(remedy(FileKind::png).empty());
}

}  // namespace
}  // namespace orrery
