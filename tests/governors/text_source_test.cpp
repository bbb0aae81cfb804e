#include <gtest/gtest.h>

#include "runtime/governors/text_samples.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N"), T = Dim::symbol("T");
using Places = std::vector<std::int64_t>;

class TextSourceTest : public testing::Test {
 protected:
  DataSource open(const std::string& text, Given given, TextLists lists = {}) {
    given.push_back({"path", folder_.put("a.txt", text)});
    return open_source("text", given, {.lists = std::move(lists)});
  }

  TemporaryFolder folder_;
};

TEST_F(TextSourceTest, WindowsHaveTheTokensThatFollowAsTarget) {
  const DataSource source = open("abcabca", {{"length", whole(2)}});
  EXPECT_EQ(source.length, 3);
  EXPECT_EQ(source.classes, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(source.fields[0].type, (TensorType{{N, 2}, DType::int64}));
  EXPECT_EQ(source.fields[1].name, "target");
  EXPECT_TRUE(source.fields[1].label);
  EXPECT_EQ(text_samples(source).begin, (Places{0, 2, 4}));
}

TEST_F(TextSourceTest, AWindowThatTheTextHasNoWholeOfIsLeftOut) {
  EXPECT_EQ(open("abcdef", {{"length", whole(3)}}).length, 1);
  EXPECT_EQ(open("abcdef", {{"length", whole(3)}, {"target", false}}).length, 2);
  EXPECT_EQ(open("abcdef", {{"length", whole(3)}, {"stride", whole(1)}}).length, 3);
  EXPECT_NE(error_of(Fault::input_file,
                     [&] {
                       open("abc", {{"length", whole(3)}});
                     })
                .find("has 3 tokens, too few for one window of 4"),
            std::string::npos);
}

TEST_F(TextSourceTest, LinesAreSamplesOfTheirOwnLengths) {
  const DataSource source = open("ab\n\nä\nabc", {});
  EXPECT_EQ(source.length, 3);
  EXPECT_EQ(source.fields[0].type.shape, (Shape{N, T}));
  const TextSamples samples = text_samples(source);
  EXPECT_EQ(samples.begin, (Places{0, 2, 3}));
  EXPECT_EQ(samples.end, (Places{2, 3, 6}));
  EXPECT_EQ(source.classes.size(), 4u);
  const DataSource bytes = open("ab\nä", {{"unit", "bytes"}});
  EXPECT_EQ(text_samples(bytes).end, (Places{2, 4}));
}

TEST_F(TextSourceTest, PaddingAddsAMaskToTheBatch) {
  const DataSource source = open("ab\na", {{"pad", whole(0)}});
  ASSERT_EQ(source.fields.size(), 2u);
  EXPECT_EQ(source.fields[1].name, "tokens_mask");
  EXPECT_EQ(source.fields[1].type, (TensorType{{N, T}, DType::boolean}));
  EXPECT_EQ(source.sample.size(), 1u);
}

TEST_F(TextSourceTest, AVocabularyIsKeptInItsOrder) {
  const DataSource source =
      open("the cat", {{"length", whole(2)}, {"unknown", "?"}}, {{"vocabulary", {"?", " ", "the", "cat"}}});
  EXPECT_EQ(source.classes[3], "cat");
  EXPECT_EQ(text_samples(source).text.tokens, (std::vector<std::int32_t>{2, 1, 3}));
}

TEST_F(TextSourceTest, OptionsWithoutMeaningAreRefused) {
  const auto refused = [&](const Given& given) {
    return error_of(Fault::usage, [&] { open("ab\nc", given); });
  };
  EXPECT_EQ(refused({{"stride", whole(1)}}), "train.lua:5: stride has no meaning without length");
  EXPECT_EQ(refused({{"unknown", "?"}}), "train.lua:5: unknown has no meaning without vocabulary");
  EXPECT_NE(error_of(Fault::input_file, [&] { open("", {}); }).find("is empty"), std::string::npos);
}

}  // namespace
}  // namespace orrery
