#include <limits>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/safetensors_reader.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string length_bytes(std::uint64_t length) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes;
}

std::string file(const std::string& json, const std::string& data = {}) {
  return length_bytes(json.size()) + json + data;
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return fmt::format("{{\"dtype\":\"{}\",\"shape\":{},\"data_offsets\":{}}}", dtype, shape, offsets);
}

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{\"a\":" + entry(dtype, shape, offsets) + "}";
}

class SafetensorsRulesTest : public ::testing::Test {
 protected:
  SafetensorsHeader read(const std::string& bytes) {
    return SafetensorsReader(folder_.put("f", bytes)).header();
  }
  std::string refusal(const std::string& bytes) {
    return error_of(Fault::input_file, [&] { read(bytes); });
  }
  std::string json_refusal(const std::string& json, const std::string& data = {}) {
    return refusal(file(json, data));
  }

  TemporaryFolder folder_;
};

TEST_F(SafetensorsRulesTest, AcceptsWhatTheFormatAllows) {
  EXPECT_EQ(read(file("{}")).tensors.size(), 0u);
  EXPECT_EQ(read(file(" \n\t{} ")).tensors.size(), 0u) << "blanks around, as the reference reads";
  EXPECT_EQ(read(file(one("F32", "[]", "[0,4]"), "1234")).tensors[0].shape.size(), 0u);
  EXPECT_EQ(read(file(one("F32", "[0,7]", "[0,0]"))).tensors[0].bytes(), 0u);
  EXPECT_EQ(read(file(one("F4", "[3,2]", "[0,3]"), "123")).tensors[0].dtype.bits, 4);
  EXPECT_EQ(read(file(one("F6_E2M3", "[4]", "[0,3]"), "123")).tensors[0].dtype.name, "F6_E2M3");
  EXPECT_EQ(read(file(one("BOOL", "[1]", "[0,1]"), "\x02")).tensors.size(), 1u) << "values are not looked at";
  std::string ones = "[1";
  for (int i = 1; i < 1000; ++i) ones += ",1";
  EXPECT_EQ(read(file(one("U8", ones + "]", "[0,1]"), "x")).tensors[0].shape.size(), 1000u);
}

TEST_F(SafetensorsRulesTest, AcceptsTensorsInAnyOrderOfTheText) {
  const std::string json = "{\"b\":" + entry("U8", "[1]", "[2,3]") + ",\"a\":" + entry("U8", "[2]", "[0,2]") +
                           ",\"z\":" + entry("U8", "[0]", "[2,2]") + "}";
  const SafetensorsHeader header = read(file(json, "xyz"));
  EXPECT_EQ(header.tensors[0].name, "a");
  EXPECT_EQ(header.tensors[1].name, "z");
  EXPECT_EQ(header.tensors[2].name, "b");
  EXPECT_EQ(header.find("b"), &header.tensors[2]);
  EXPECT_EQ(header.data_start, 8 + json.size());
}

TEST_F(SafetensorsRulesTest, AcceptsNamesOfEveryKind) {
  const std::string name(1'000'000, 'n');
  EXPECT_EQ(read(file("{\"" + name + "\":" + entry("U8", "[0]", "[0,0]") + "}")).tensors[0].name, name);
  for (const auto& [text, expected] : std::map<std::string, std::string>{{"", ""},
                                                                         {"a/../b", "a/../b"},
                                                                         {"\\u0000", std::string(1, '\0')},
                                                                         {"\\\"\\n", "\"\n"},
                                                                         {"größe", "größe"}}) {
    EXPECT_EQ(read(file("{\"" + text + "\":" + entry("U8", "[0]", "[0,0]") + "}")).tensors[0].name, expected);
  }
}

TEST_F(SafetensorsRulesTest, PassesOverKeysThatTheFormatDoesNotKnow) {
  const std::string json =
      R"({"a":{"x":[{"dtype":[1,null]}],"dtype":"U8","y":{"shape":3},"shape":[1],"z":-1.5,"data_offsets":[0,1],"w":"t"}})";
  EXPECT_THAT(read(file(json, "1")).tensors[0].shape, ElementsAre(1));
  const auto nested = [](int depth) {
    return R"({"a":{"x":)" + std::string(depth, '[') + std::string(depth, ']') +
           R"(,"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  };
  EXPECT_EQ(read(file(nested(64), "1")).tensors.size(), 1u);
  EXPECT_THAT(json_refusal(nested(65), "1"), HasSubstr("nests too deeply"));
  EXPECT_THAT(json_refusal(nested(100'000), "1"), HasSubstr("nests too deeply"));
}

TEST_F(SafetensorsRulesTest, HoldsTheLengthOfTheHeaderToTheFile) {
  const std::string good = file("{}");
  EXPECT_THAT(refusal(""), HasSubstr("is not a safetensors file but an empty file"));
  EXPECT_THAT(refusal("1234567"), HasSubstr("is not a safetensors file: it has only 7 bytes"));
  EXPECT_THAT(refusal(length_bytes(0)), HasSubstr("is not a JSON object"));
  EXPECT_THAT(refusal(length_bytes(1) + "{"), HasSubstr("is not JSON from byte"));
  EXPECT_THAT(refusal(length_bytes(3) + "{}"), HasSubstr("would have 3 bytes, but the file has only 10"));
  EXPECT_THAT(refusal(length_bytes(10) + "{}"), HasSubstr("would have 10 bytes, but the file has only 10"));
  EXPECT_THAT(refusal(length_bytes(kSafetensorsMaxHeaderBytes) + "{}"), HasSubstr("but the file has only"));
  EXPECT_THAT(refusal(length_bytes(kSafetensorsMaxHeaderBytes + 1) + "{}"),
              HasSubstr("(at most 100000000 are allowed)"));
  EXPECT_THAT(refusal(length_bytes(std::uint64_t{1} << 63) + "{}"), HasSubstr("are allowed"));
  EXPECT_THAT(refusal(length_bytes(std::numeric_limits<std::uint64_t>::max()) + "{}"),
              HasSubstr("are allowed"));
}

TEST_F(SafetensorsRulesTest, RefusesAHeaderOverTheLimitInAFileThatHasIt) {
  const std::string path = folder_.put("f", length_bytes(kSafetensorsMaxHeaderBytes + 1) + "{}");
  std::filesystem::resize_file(path, 8 + kSafetensorsMaxHeaderBytes + 1);
  EXPECT_THAT(error_of(Fault::input_file, [&] { SafetensorsReader reader(path); }), HasSubstr("are allowed"));
}

TEST_F(SafetensorsRulesTest, SaysWhatTheFileReallyIs) {
  EXPECT_THAT(
      refusal("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"),
      HasSubstr(
          "is not a safetensors file but a Git LFS pointer\n  Fetch the real file with `git lfs pull`."));
  EXPECT_THAT(refusal("<!DOCTYPE html>\n<html><head>"), HasSubstr("not a safetensors file but a web page"));
  EXPECT_THAT(refusal("PK\3\4\0\0\x08\x08pytorch_model/data.pkl"),
              HasSubstr("but a zip archive (as PyTorch's .pt"));
  EXPECT_THAT(refusal("{\"weights\": [1, 2, 3]}"),
              HasSubstr("is not a safetensors file: its header would have"));
}

TEST_F(SafetensorsRulesTest, RefusesHeadersThatAreNoJsonObject) {
  for (const std::string json : {"[]", "3", "\"text\"", "null", "x{}", "\xEF\xBB\xBF{}", "   "}) {
    EXPECT_THAT(json_refusal(json), HasSubstr("its header is not a JSON object")) << json;
  }
  for (const std::string json : {"{", "{}x", "{\"a\"}", "{\"a\":}", "{}{}", "{\"\xFF\":1}", "{\"\\uD800\":1}",
                                 "{\"a\":1e999}", "{'a':1}", "{} // c"}) {
    EXPECT_THAT(json_refusal(json), HasSubstr("is damaged")) << json;
  }
  EXPECT_THAT(json_refusal(std::string("{}\0x", 4)), HasSubstr("NUL byte"));
  EXPECT_THAT(json_refusal("{\"\xFF\":1}"), HasSubstr("is not JSON from byte 3 on"));
}

TEST_F(SafetensorsRulesTest, RefusesWhatIsThereTwice) {
  const std::string a = "\"a\":" + entry("U8", "[0]", "[0,0]");
  EXPECT_THAT(json_refusal("{" + a + "," + a + "}"), HasSubstr("its tensor 'a' is there twice"));
  EXPECT_THAT(json_refusal(R"({"__metadata__":{},"__metadata__":{}})"),
              HasSubstr("its metadata is there twice"));
  EXPECT_THAT(json_refusal(R"({"__metadata__":{"k":"1","k":"2"}})"),
              HasSubstr("metadata 'k' is there twice"));
  EXPECT_THAT(json_refusal(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
              HasSubstr("dtype of its tensor 'a' is there twice"));
  EXPECT_THAT(json_refusal(R"({"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})"),
              HasSubstr("twice"));
  EXPECT_THAT(json_refusal(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"data_offsets":[0,0]}})"),
              HasSubstr("twice"));
}

TEST_F(SafetensorsRulesTest, TakesMetadataOfTextOnly) {
  EXPECT_EQ(read(file(R"({"__metadata__":{"k":"v"}})")).metadata.at("k"), "v");
  for (const std::string value : {"1", "-1", "1.5", "null", "true", "[]", "{}", "{\"k\":\"v\"}"}) {
    EXPECT_THAT(json_refusal("{\"__metadata__\":{\"k\":" + value + "}}"),
                HasSubstr("metadata 'k' cannot be"));
  }
  for (const std::string value : {"1", "null", "\"text\"", "[]"}) {
    EXPECT_THAT(json_refusal("{\"__metadata__\":" + value + "}"), HasSubstr("'__metadata__' cannot be"));
  }
}

TEST_F(SafetensorsRulesTest, RefusesTensorsThatAreNotDescribed) {
  for (const std::string value : {"1", "null", "\"text\"", "[\"U8\",[0],[0,0]]", "true"}) {
    EXPECT_THAT(json_refusal("{\"a\":" + value + "}"), HasSubstr("'a' cannot be"));
  }
  EXPECT_THAT(json_refusal(R"({"a":{"shape":[0],"data_offsets":[0,0]}})"), HasSubstr("'a' has no dtype"));
  EXPECT_THAT(json_refusal(R"({"a":{"dtype":"U8","data_offsets":[0,0]}})"), HasSubstr("'a' has no shape"));
  EXPECT_THAT(json_refusal(R"({"a":{"dtype":"U8","shape":[0]}})"), HasSubstr("'a' has no data_offsets"));
}

TEST_F(SafetensorsRulesTest, RefusesAnUnknownDType) {
  EXPECT_THAT(json_refusal(one("Q4_0", "[0]", "[0,0]")),
              HasSubstr("dtype of its tensor 'a' is 'Q4_0', which is unknown"));
  EXPECT_THAT(json_refusal(R"({"a":{"dtype":8,"shape":[0],"data_offsets":[0,0]}})"),
              HasSubstr("cannot be 8"));
}

TEST_F(SafetensorsRulesTest, RefusesShapesThatAreNone) {
  for (const std::string shape :
       {"[-1]", "[1.0]", "[\"1\"]", "[null]", "[[1]]", "[{}]", "{}", "3", "\"3\"", "[-0]"}) {
    EXPECT_THAT(json_refusal(one("U8", shape, "[0,1]"), "x"), HasSubstr("shape of its tensor 'a' cannot be"))
        << shape;
  }
  EXPECT_THAT(json_refusal(one("U8", "[9223372036854775808]", "[0,0]")),
              HasSubstr("has the dimension 9223372036854775808"));
  EXPECT_THAT(json_refusal(one("U8", "[99999999999999999999999]", "[0,0]")), HasSubstr("is damaged"));
  EXPECT_THAT(json_refusal(one("U8", "[2,18446744073709551614]", "[0,0]")), HasSubstr("has the dimension"));
  EXPECT_THAT(json_refusal(one("U8", "[2,9223372036854775807]", "[0,0]")),
              HasSubstr("has no size that a file can have"));
  EXPECT_THAT(json_refusal(one("F32", "[4294967296,4294967296]", "[0,0]")), HasSubstr("has no size"));
}

TEST_F(SafetensorsRulesTest, RefusesElementsThatEndInsideAByte) {
  EXPECT_THAT(json_refusal(one("F4", "[1,3]", "[0,2]"), "12"),
              HasSubstr("has no size that a file can have: F4 [1, 3]"));
  EXPECT_THAT(json_refusal(one("F6_E3M2", "[2]", "[0,2]"), "12"), HasSubstr("has no size"));
}

TEST_F(SafetensorsRulesTest, RefusesOffsetsThatAreNone) {
  for (const std::string offsets :
       {"[0]", "[]", "[0,1,2]", "[-1,1]", "[0,1.0]", "[0,null]", "[[0,1]]", "{}", "0"}) {
    EXPECT_THAT(json_refusal(one("U8", "[1]", offsets), "x"), HasSubstr("data_offsets of its tensor 'a'"))
        << offsets;
  }
  EXPECT_THAT(json_refusal(one("U8", "[1]", "[0,99999999999999999999999]"), "x"), HasSubstr("is damaged"));
}

TEST_F(SafetensorsRulesTest, RefusesOffsetsThatDoNotFit) {
  EXPECT_THAT(json_refusal(one("U8", "[1]", "[1,0]"), "x"), HasSubstr("ends before it begins"));
  EXPECT_THAT(json_refusal(one("U8", "[1]", "[1,2]"), "xy"),
              HasSubstr("leaves a gap after what is before it"));
  EXPECT_THAT(json_refusal(one("F32", "[1]", "[0,3]"), "xyz"), HasSubstr("has 3 bytes, but F32 [1] takes 4"));
  EXPECT_THAT(json_refusal(one("U8", "[1]", "[0,1]")), HasSubstr("it is cut off (the tensors take 1 bytes"));
  EXPECT_THAT(json_refusal(one("U8", "[4]", "[0,4]"), "12"), HasSubstr("it is cut off"));
  EXPECT_THAT(json_refusal(one("U8", "[1]", "[0,1]"), "xPK"),
              HasSubstr("there are other bytes behind the last tensor"));
  EXPECT_THAT(json_refusal("{}", "x"), HasSubstr("other bytes"));
}

TEST_F(SafetensorsRulesTest, RefusesGapsAndOverlaps) {
  const auto two = [](const std::string& second) {
    return "{\"a\":" + entry("U8", "[2]", "[0,2]") + ",\"b\":" + second + "}";
  };
  EXPECT_THAT(json_refusal(two(entry("U8", "[2]", "[1,3]")), "xyz"),
              HasSubstr("'b' overlaps with what is before it"));
  EXPECT_THAT(json_refusal(two(entry("U8", "[1]", "[3,4]")), "wxyz"), HasSubstr("'b' leaves a gap"));
  std::string json = "{";
  for (int i = 0; i < 10; ++i) json += fmt::format("\"t{}\":{},", i, entry("F32", "[2,2]", "[0,16]"));
  json.back() = '}';
  EXPECT_THAT(json_refusal(json, std::string(16, 'x')), HasSubstr("overlaps"));
}

TEST_F(SafetensorsRulesTest, ReadsAHundredThousandTensors) {
  std::string json = "{";
  for (int i = 0; i < 100'000; ++i)
    json += fmt::format("\"t{}\":{},", i, entry("U8", "[1]", fmt::format("[{},{}]", i, i + 1)));
  json.back() = '}';
  const SafetensorsHeader header = read(file(json, std::string(100'000, 'x')));
  EXPECT_EQ(header.tensors.size(), 100'000u);
  EXPECT_EQ(header.find("t77777")->begin, 77777u);
}

TEST_F(SafetensorsRulesTest, LooksAtNoValues) {
  const std::string values("\xFF\xFF\xFF\xFF\0\0\x80\x7F", 8);  // NaN, infinity
  EXPECT_EQ(read(file(one("F32", "[2]", "[0,8]"), values)).tensors[0].bytes(), 8u);
}

TEST_F(SafetensorsRulesTest, RefusesWhatIsBehindOrBeforeAWholeFile) {
  const std::string whole = file(one("U8", "[1]", "[0,1]"), "x");
  EXPECT_THAT(refusal(whole + whole), HasSubstr("there are other bytes behind the last tensor"));
  EXPECT_THAT(refusal(whole + std::string(1, '\0')), HasSubstr("other bytes"));
  EXPECT_THAT(refusal("\xEF\xBB\xBF" + whole), HasSubstr("are allowed"));
}

TEST_F(SafetensorsRulesTest, ShowsHostileNamesShortAndSafe) {
  const std::string name = std::string(1000, 'n');
  EXPECT_THAT(json_refusal("{\"" + name + "\":1}"), HasSubstr("'" + std::string(80, 'n') + "'… cannot be 1"));
  EXPECT_THAT(json_refusal("{\"\\u001b[31m\":1}"), HasSubstr("'\\x1B[31m' cannot be 1"));
}

TEST_F(SafetensorsRulesTest, SurvivesAnyDamage) {
  const std::string json = "{\"__metadata__\":{\"k\":\"v\"},\"a\":" + entry("F32", "[2,1]", "[0,8]") +
                           ",\"b\":" + entry("U8", "[3]", "[8,11]") + "}";
  const std::string seed = file(json, "12345678abc");
  ASSERT_EQ(read(seed).tensors.size(), 2u);
  const int accepted = accepted_mutations(seed, [&](const std::string& bytes) {
    const SafetensorsReader reader(folder_.put("f", bytes));
    for (const SafetensorsTensor& tensor : reader.header().tensors) reader.read(tensor);
  });
  EXPECT_GE(accepted, 11 * 6) << "damage to the values cannot be seen";
  EXPECT_LT(accepted, 200);
}

}  // namespace
}  // namespace orrery
