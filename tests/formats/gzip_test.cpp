#include "runtime/formats/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/gzipped.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;

std::string inflated(const std::string& packed, const InflateLimits& limits = {}) {
  return std::string(gunzip(as_bytes(packed), "'file.gz'", limits).text());
}

std::string refusal(const std::string& packed, const InflateLimits& limits = {}) {
  return error_of(Fault::input_file, [&] { inflated(packed, limits); });
}

std::string zeros(std::size_t count) {
  std::string text;
  text.resize(count);
  return text;
}

RC_GTEST_PROP(GzipTest, GivesBackWhatWasPacked, (const std::vector<std::string>& parts)) {
  std::string packed, content;
  for (const std::string& part : parts) {
    packed += gzipped(part);
    content += part;
  }
  if (!parts.empty()) RC_ASSERT(inflated(packed) == content);
}

TEST(GzipTest, InflatesMoreThanItGuessed) {
  const std::string content(3'000'000, 'a');
  EXPECT_EQ(inflated(gzipped(content)), content);
  EXPECT_EQ(inflated(gzipped(content) + gzipped("end")), content + "end");
}

TEST(GzipTest, AllowsZeroPaddingAndNothingElseBehindTheLastMember) {
  EXPECT_EQ(inflated(gzipped("x") + std::string(512, '\0')), "x");
  EXPECT_THAT(refusal(gzipped("x") + "y"),
              HasSubstr("'file.gz' is damaged: there are other bytes after its gzip"));
  EXPECT_THAT(refusal(gzipped("x") + std::string("\0y", 2)), HasSubstr("other bytes"));
}

TEST(GzipTest, NoticesEveryTruncation) {
  const std::string packed = gzipped("some content that is packed, packed, packed");
  for (std::size_t length = 0; length < packed.size(); ++length) {
    EXPECT_THAT(refusal(packed.substr(0, length)), HasSubstr("is damaged"));
  }
  EXPECT_THAT(refusal(packed.substr(0, packed.size() - 1)), HasSubstr("ends too early"));
  const std::string second = gzipped("second");
  for (std::size_t length = 2; length < second.size(); ++length) refusal(packed + second.substr(0, length));
}

TEST(GzipTest, NoticesAWrongChecksumAndAWrongLength) {
  std::string packed = gzipped("content");
  packed[packed.size() - 8] ^= 1;
  EXPECT_THAT(refusal(packed), HasSubstr("incorrect data check"));
  packed = gzipped("content");
  packed[packed.size() - 4] ^= 1;
  EXPECT_THAT(refusal(packed), HasSubstr("incorrect length check"));
}

TEST(GzipTest, SurvivesAnyDamage) {
  const std::string seed = gzipped("some content that is packed, packed, packed") + gzipped("more");
  accepted_mutations(seed, [](const std::string& bytes) { inflated(bytes, {.max_bytes = 1 << 20}); });
}

TEST(GzipTest, HoldsBothSidesOfTheSizeLimit) {
  const std::string packed = gzipped(std::string(100'000, 'x'));
  EXPECT_EQ(inflated(packed, {.max_bytes = 100'000}).size(), 100'000u);
  EXPECT_THAT(refusal(packed, {.max_bytes = 99'999}),
              HasSubstr("inflates to more than the 100.0 kB allowed"));
  EXPECT_EQ(inflated(gzipped(""), {.max_bytes = 0}), "");
}

TEST(GzipTest, StopsABombByItsRatio) {
  const std::string bomb = gzipped(zeros(100'000'000));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_THAT(refusal(bomb), HasSubstr("more than 250 times its size"));
  EXPECT_EQ(inflated(bomb, {.max_ratio = 1100}).size(), 100'000'000u);
  EXPECT_EQ(inflated(gzipped(zeros(16u << 20))).size(), 16u << 20) << "a small file may be of one value";
}

TEST(GzipTest, InflatesTheStartAlone) {
  const std::string packed = gzipped(std::string(1000, 'a') + std::string(100'000, 'b'));
  EXPECT_EQ(gunzip_start(as_bytes(packed), 1001, "'f'").text(), std::string(1000, 'a') + "b");
  EXPECT_EQ(gunzip_start(as_bytes(gzipped("short")), 1000, "'f'").text(), "short");
  EXPECT_EQ(gunzip_start(as_bytes(packed).first(15), 1000, "'f'").size() < 1000u, true);
  error_of(Fault::input_file, [] { gunzip_start(as_bytes("\x1F\x8B\xFFgarbage"), 10, "'f'"); });
}

TEST(ReadContentTest, GoesByContentAndNotByName) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_content(folder.put("plain.gz", "plain")).text(), "plain");
  EXPECT_EQ(read_content(folder.put("packed.csv", gzipped("packed"))).text(), "packed");
  EXPECT_EQ(read_content(folder.put("empty", "")).size(), 0u);
  EXPECT_THAT(
      error_of(Fault::input_file, [&] { read_content(folder.put("cut", gzipped("packed").substr(0, 12))); }),
      HasSubstr("cut' is damaged"));
}

}  // namespace
}  // namespace orrery
