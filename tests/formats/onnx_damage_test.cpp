// Bytes that are no model, and models that contradict themselves.
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"
#include "tests/formats/onnx_readings.h"

namespace orrery {
namespace {

using namespace onnx_messages;
using ::testing::HasSubstr;
using std::string_literals::operator""s;
using Kind = OnnxAttribute::Kind;

TEST(OnnxDamageTest, RefusesDamagedEncodings) {
  const std::string start = model(nested_graph(0));
  const auto place = fmt::format("(at byte {})", start.size());
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\x28" + std::string(10, '\x80') + "\1", "a number in the model has more than 10 bytes"},
      {"\x28\x80", "the model ends within a number"},
      {"\x28", "the model ends within a number"},
      {"\x02\x01", "0 cannot be the number of a field of the model"},
      {"\xFF\xFF\xFF\xFF\xFF\xFF\x01", "cannot be the number of a field"},
      {"\x2B", "field 5 of the model has the wire type 3, which is not read"},
      {"\x2C", "the wire type 4"},
      {"\x2E", "the wire type 6"},
      {"\x2F", "the wire type 7"},
      {"\xA2\x01\x7Fxy", "field 20 of the model would have 127 bytes, but only 2 follow"},
      {"\xA2\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "would have 18446744073709551615 bytes"},
      {"\x0D\1\2\3\4", "field 1 of the model has the wire type 5 in place of 0"},
      {"\x10\x01", "field 2 of the model has the wire type 0 in place of 2"},
      {"\x12\x01\xFF", "the text in field 2 of the model is not UTF-8"},
      {"\xA5\x1F\1\2\3", "the model ends within a number"}};
  for (const auto& [bytes, expected] : cases) {
    const std::string message = refusal(start + bytes);
    EXPECT_THAT(message, HasSubstr("'net.onnx' is damaged: "));
    EXPECT_THAT(message, HasSubstr(expected));
    EXPECT_THAT(message, HasSubstr(place));
  }
}

TEST(OnnxDamageTest, ReadsGraphsInGraphsToALimit) {
  EXPECT_EQ(read(model(nested_graph(64))).graph.nodes.size(), 1u);
  EXPECT_THAT(refusal(model(nested_graph(70))), HasSubstr("messages nest more than 200 deep"));
  EXPECT_THAT(refusal(model(nested_graph(1000))), HasSubstr("messages nest more than 200 deep"));
}

TEST(OnnxDamageTest, HoldsModelsToTheirVersions) {
  const auto versions = [](std::int64_t ir, const std::vector<std::string>& opsets) {
    return message([&](Writer& w) {
      if (ir != 0) w.add_int64(1, ir);
      w.add_message(7, nested_graph(0));
      for (const std::string& set : opsets) w.add_message(8, set);
    });
  };
  EXPECT_EQ(read(versions(14, {opset("", 22)})).ir_version, 14);
  EXPECT_TRUE(read(versions(2, {})).opsets.empty()) << "which the first versions did not tell";
  EXPECT_EQ(read(versions(8, {opset("", 17), opset("ai.onnx", 17)})).opsets.at(""), 17);
  EXPECT_THAT(refusal(versions(15, {opset("", 22)})), HasSubstr("IR version 15; versions 1 to 14 are read"));
  EXPECT_THAT(refusal(versions(999, {opset("", 22)})), HasSubstr("IR version 999"));
  EXPECT_THAT(refusal(versions(-1, {opset("", 22)})), HasSubstr("IR version -1"));
  EXPECT_THAT(refusal(versions(0, {opset("", 22)})), HasSubstr("it does not tell the version of its form"));
  EXPECT_THAT(refusal(versions(3, {})), HasSubstr("which operator set it uses"));
  EXPECT_THAT(refusal(versions(8, {opset("", 17), opset("ai.onnx", 18)})),
              HasSubstr("operator set 'ai.onnx' is wanted in the versions 17 and 18"));
  EXPECT_THAT(refusal(versions(8, {opset("", 0)})), HasSubstr("cannot have the version 0"));
  EXPECT_THAT(refusal(message([](Writer& w) {
                w.add_int64(1, 8);
                w.add_message(8, opset("", 17));
              })),
              HasSubstr("it has no graph"));
}

TEST(OnnxDamageTest, RefusesNodesWithoutOperatorAndAttributesWithoutValue) {
  const auto net = [](const std::vector<std::string>& attributes, const std::string& operation = "Op") {
    return model(message([&](Writer& w) { w.add_message(1, node(operation, {}, {"y"}, attributes)); }));
  };
  EXPECT_THAT(refusal(net({}, "")), HasSubstr("node '' has no operator"));
  EXPECT_THAT(refusal(net({attribute("t", Kind::tensor, [](Writer&) {})})),
              HasSubstr("attribute 't' should hold one tensor"));
  EXPECT_THAT(refusal(net({attribute("g", Kind::graph, [](Writer&) {})})),
              HasSubstr("should hold one graph"));
  EXPECT_THAT(refusal(net({attribute("x", static_cast<Kind>(15), [](Writer&) {})})),
              HasSubstr("attribute 'x' has the unknown type 15"));
}

TEST(OnnxDamageTest, SaysWhatAFileIsThatIsNoModel) {
  const std::string good = model(nested_graph(0));
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "is not an ONNX model but an empty file"},
      {"<!DOCTYPE html><html>", "but a web page"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
       "but a Git LFS pointer\n  Fetch the real file with `git lfs pull`."},
      {"PK\3\4....", "but a zip archive"},
      {"\x10\0\0\0\0\0\0\0{}              "s, "but a safetensors file"},
      {"hello", "is damaged"},
      {good + good, "there is a second graph"}};
  for (const auto& [bytes, expected] : cases) EXPECT_THAT(refusal(bytes), HasSubstr(expected));
  EXPECT_THAT(refusal("\x22\x01x"), HasSubstr("is no ONNX model: it has neither a graph nor"));
}

TEST(OnnxDamageTest, ReadsOrRefusesEveryDamageToAFile) {
  const TemporaryFolder folder;
  const auto read_all = [&](const std::string& bytes) {
    const auto file = open_onnx(folder.put("net.onnx", bytes));
    for (const OnnxTensor& tensor : file->model().graph.initializers) file->elements(tensor);
  };
  const int count = static_cast<int>(mutations_of(small_model()).size());
  const int accepted = accepted_mutations(small_model(), read_all);
  EXPECT_GT(accepted, 0) << "values of elements and letters of names may be anything";
  EXPECT_LT(accepted, count / 2);
}

TEST(OnnxDamageTest, RefusesFilesThatProtobufCannotHold) {
  const TemporaryFolder folder;
  const std::string path = folder.put("net.onnx", model(nested_graph(0)));
  std::filesystem::resize_file(path, (std::uint64_t{1} << 31));
  EXPECT_THAT(error_of(Fault::input_file, [&] { open_onnx(path); }),
              HasSubstr("more than a protobuf file can have"));
  std::filesystem::resize_file(path, (std::uint64_t{1} << 31) - 1);
  EXPECT_THAT(error_of(Fault::input_file, [&] { open_onnx(path); }),
              HasSubstr("0 cannot be the number of a field of the model"));
}

}  // namespace
}  // namespace orrery
