#include "runtime/formats/text_tokens.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/gzipped.h"

namespace orrery {
namespace {

using Numbers = std::vector<std::int32_t>;
using Unit = TokenOptions::Unit;

TokenText tokens(const std::string& text, const TokenOptions& options) {
  return tokens_of(text, "'a.txt'", options);
}

TokenOptions given(std::vector<std::string> vocabulary, std::string unknown = "") {
  return {.unit = Unit::given, .vocabulary = std::move(vocabulary), .unknown = std::move(unknown)};
}

TEST(TextTokensTest, CharactersAreNumberedInTheirOrder) {
  const TokenText text = tokens("bäab", {});
  EXPECT_EQ(text.vocabulary, (std::vector<std::string>{"a", "b", "ä"}));
  EXPECT_EQ(text.tokens, (Numbers{1, 2, 0, 1}));
}

TEST(TextTokensTest, BytesAreTheirOwnNumbers) {
  const TokenText text = tokens("a\xFF", {.unit = Unit::bytes});
  EXPECT_EQ(text.tokens, (Numbers{97, 255}));
  ASSERT_EQ(text.vocabulary.size(), 256u);
  EXPECT_EQ(text.vocabulary[97], "a");
  EXPECT_EQ(text.vocabulary[255], "\\xFF");
}

TEST(TextTokensTest, OfAVocabularyTheLongestEntryIsTaken) {
  EXPECT_EQ(tokens("abcab", given({"a", "ab", "b", "c"})).tokens, (Numbers{1, 3, 1}));
}

TEST(TextTokensTest, WhatIsInNoVocabularyIsUnknownOrAnError) {
  EXPECT_EQ(tokens("aäa", given({"a", "?"}, "?")).tokens, (Numbers{0, 1, 0}));
  EXPECT_EQ(error_of(Fault::input_file,
                     [] {
                       tokens("a\naxa", given({"a", "\n"}));
                     }),
            "'a.txt' line 2: no entry of vocabulary fits 'x'");
}

TEST(TextTokensTest, TextThatIsNoUtf8NamesItsLine) {
  for (const char* wrong : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80"}) {
    const std::string message = error_of(Fault::input_file, [&] { tokens(std::string("a\nb") + wrong, {}); });
    EXPECT_NE(message.find("'a.txt' line 2: the text is not UTF-8"), std::string::npos) << message;
    EXPECT_NE(message.find("unit = 'bytes'"), std::string::npos) << message;
  }
}

TEST(TextTokensTest, VocabulariesAreChecked) {
  EXPECT_EQ(error_of(Fault::usage, [] { tokens("a", given({})); }), "vocabulary has no entry");
  EXPECT_EQ(error_of(Fault::usage, [] { tokens("a", given({"a", ""})); }), "vocabulary has an empty entry");
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       tokens("a", given({"a", "a"}));
                     }),
            "vocabulary has the entry 'a' twice");
  EXPECT_EQ(error_of(Fault::usage, [] { tokens("a", given({"a"}, "?")); }),
            "unknown: '?' is no entry of vocabulary");
}

TEST(TextTokensTest, PlainTextLosesMarksOfItsOrigin) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_plain_text(folder.put("a",
                                       "\xEF\xBB\xBF"
                                       "a\r\nb\rc")),
            "a\nb\rc");
  EXPECT_EQ(read_plain_text(folder.put("b.gz", gzipped("abc"))), "abc");
}

RC_GTEST_PROP(TextTokensTest, CharactersJoinToTheTextAgain, (const std::vector<unsigned>& codes)) {
  std::string text;
  for (const unsigned code : codes) {
    const unsigned c = code % 0x800;
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else {
      text += static_cast<char>(0xC0 | c >> 6);
      text += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  const TokenText made = tokens(text, {});
  std::string joined;
  for (const std::int32_t token : made.tokens) joined += made.vocabulary[static_cast<size_t>(token)];
  RC_ASSERT(joined == text);
}

}  // namespace
}  // namespace orrery
