#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/onnx_external.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/onnx_readings.h"

namespace orrery {
namespace {

using namespace onnx_messages;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::string_literals::operator""s;
using Place = OnnxTensor::Place;

class OnnxExternalDataTest : public ::testing::Test {
 protected:
  std::string read_from(const std::string& location, const std::string& offset = "0") {
    const std::string bytes = model_of(external_tensor({4}, {{"location", location}, {"offset", offset}}));
    const auto file = open_onnx(folder_.put("net.onnx", bytes));
    return std::string(file->elements(file->model().graph.initializers.at(0)).text());
  }
  std::string refusal_of(const std::string& location, const std::string& offset = "0") {
    return error_of(Fault::input_file, [&] { read_from(location, offset); });
  }

  TemporaryFolder folder_;
};

TEST_F(OnnxExternalDataTest, IsReadFromAFileBesideTheModel) {
  folder_.put("net.data", "01234567");
  std::filesystem::create_directories(folder_ / "deep/er");
  folder_.put("deep/er/net.data", "abcdefgh");
  EXPECT_EQ(read_from("net.data"), "0123");
  EXPECT_EQ(read_from("net.data", "4"), "4567") << "several tensors share a file";
  EXPECT_EQ(read_from("./deep/./er/net.data"), "abcd");
  EXPECT_EQ(read_from("net.data", "4"), "4567");
}

TEST_F(OnnxExternalDataTest, IsNotNeededUntilElementsAre) {
  const std::string bytes = model_of(external_tensor({4}, {{"location", "gone"}}));
  const auto file = open_onnx(folder_.put("net.onnx", bytes));
  EXPECT_EQ(file->model().graph.initializers.at(0).place, Place::external);
  EXPECT_THAT(refusal_of("gone"),
              HasSubstr("the elements of tensor 'w' are said to be in 'gone', which is not there"));
}

TEST_F(OnnxExternalDataTest, HasToLieInTheModelsFolder) {
  std::filesystem::create_directories(folder_ / "inner");
  folder_.put("secret", "0123");
  for (const std::string& location : {"../secret"s, "/etc/passwd"s, "inner/../secret"s, "inner//x"s, ""s,
                                      "."s, ".."s, "inner/"s, "inner/.."s, "a\0b"s}) {
    EXPECT_THAT(refusal_of(location), HasSubstr("which is no file in the model's folder")) << location;
  }
}

TEST_F(OnnxExternalDataTest, MustNotBeALink) {
  const TemporaryFolder elsewhere;
  elsewhere.put("secret", "0123");
  std::filesystem::create_symlink(elsewhere / "secret", folder_ / "link");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder_ / "parent");
  folder_.put("two", "0123");
  std::filesystem::create_hard_link(folder_ / "two", folder_ / "names");
  EXPECT_THAT(refusal_of("link"),
              HasSubstr("where 'link' is a link\n  Put the model and its data into one folder"));
  EXPECT_THAT(refusal_of("parent/secret"), HasSubstr("where 'parent' is a link"));
  EXPECT_THAT(refusal_of("names"), HasSubstr("which has other names, too (hard links)"));
}

TEST_F(OnnxExternalDataTest, MustBeAFile) {
  std::filesystem::create_directories(folder_ / "inner");
  folder_.put("file", "0123");
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of("inner"), HasSubstr("it is a folder, not a file"));
  EXPECT_THAT(refusal_of("pipe"), HasSubstr("it is a pipe, not a regular file"));
  EXPECT_THAT(refusal_of("file/inner"), HasSubstr("which cannot be read: not a directory"));
}

TEST_F(OnnxExternalDataTest, MustHaveTheTensorsBytes) {
  folder_.put("net.data", "01234567");
  EXPECT_THAT(
      refusal_of("net.data", "5"),
      HasSubstr("the elements of tensor 'w' would be 4 bytes from byte 5 of 'net.data', which has only 8"));
  EXPECT_THAT(refusal_of("net.data", "9"), HasSubstr("which has only 8"));
  EXPECT_THAT(refusal_of("net.data", "18446744073709551615"), HasSubstr("which has only 8"));
  for (const std::string offset : {"-1", "x", "", "1.5", "18446744073709551616", "0x10", " 1"})
    EXPECT_THAT(refusal_of("net.data", offset), HasSubstr("the offset of its external data, ")) << offset;
}

TEST_F(OnnxExternalDataTest, HasKnownKeysAndOneLength) {
  const auto refused = [](const std::vector<std::pair<std::string, std::string>>& keys) {
    return tensor_refusal(external_tensor({4}, keys));
  };
  EXPECT_THAT(refused({{"location", "d"}, {"length", "1152921504606846976"}}),
              HasSubstr("[4] of uint8 take 4 bytes, but its external data have 1152921504606846976"));
  EXPECT_THAT(refused({{"location", "d"}, {"lenght", "4"}}), HasSubstr("the unknown key 'lenght'"));
  EXPECT_THAT(refused({{"offset", "0"}}), HasSubstr("are said to be in ''"));
  EXPECT_EQ(read(model_of(external_tensor(
                     {4}, {{"location", "d"}, {"length", "4"}, {"checksum", "0"}, {"basepath", "/"}})))
                .graph.initializers.at(0)
                .location,
            "d");
  EXPECT_THAT(tensor_refusal(external_tensor({4}, {{"location", "d"}}) +
                             message([](Writer& w) { w.add_bytes(9, "1234"); })),
              HasSubstr("both inside and in external data"));
}

TEST_F(OnnxExternalDataTest, IsRefusedOfATextInMemory) {
  const auto file = onnx_from_text(model_of(external_tensor({4}, {{"location", "d"}})), "net.onnx");
  EXPECT_THAT(error_of(Fault::input_file, [&] { file->elements(file->model().graph.initializers.at(0)); }),
              HasSubstr("a text has none beside it"));
}

}  // namespace
}  // namespace orrery
