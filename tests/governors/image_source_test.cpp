#include <filesystem>

#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

const std::string kFixtures = in_source("tests/formats/fixtures/data/");
const Dim N = Dim::symbol("N"), H = Dim::symbol("H"), W = Dim::symbol("W");

class ImageFolderTest : public testing::Test {
 protected:
  void add(const std::string& file, const std::string& from) {
    std::filesystem::create_directories(std::filesystem::path(folder_ / file).parent_path());
    std::filesystem::copy_file(kFixtures + from, folder_ / file);
  }
  DataSource open(SourceParts parts = {}, Given given = {}) {
    given.push_back({"root", folder_.path()});
    return open_source("image_folder", given, std::move(parts));
  }
  std::string refusal() {
    return error_of(Fault::input_file, [&] { open(); });
  }

  TemporaryFolder folder_;
};

TEST_F(ImageFolderTest, FoldersAreClassesAndFilesAreSorted) {
  add("dog/b.png", "rgb.png");
  add("cat/z/deep.PNG", "rgb.png");
  add("cat/a.png", "rgb.png");
  folder_.put("cat/notes.txt", "no image");
  const DataSource source = open();
  EXPECT_EQ(source.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(source.labels, (std::vector<std::int64_t>{0, 0, 1}));
  EXPECT_EQ(source.files[1], folder_ / "cat/z/deep.PNG");
  EXPECT_EQ(source.fields[0].type, (TensorType{{N, 3, 6, 9}, DType::float32}));
  EXPECT_EQ(open({}, {{"mode", "grey"}}).fields[0].type.shape, (Shape{N, 1, 6, 9}));
}

TEST_F(ImageFolderTest, SizesThatDifferAreSymbolsUntilATransformMakesThemEqual) {
  add("a/1.png", "rgb.png");
  add("a/2.jpg", "rgb.jpg");
  EXPECT_EQ(open().fields[0].type.shape, (Shape{N, 3, H, W}));
  const DataSource resized =
      open({.transforms = {transform_of("Resize", {{"size", std::vector<std::int64_t>{8, 5}}})}});
  EXPECT_EQ(resized.fields[0].type.shape, (Shape{N, 3, 8, 5}));
}

TEST_F(ImageFolderTest, ATransformIsPartOfTheDescription) {
  add("a/1.png", "rgb.png");
  const DataSource source = open({.transforms = {transform_of("CenterCrop", {{"size", whole(4)}})}});
  EXPECT_NE(
      source.input_spec().source.find(R"("transforms":[{"kind":"CenterCrop","options":{"size":[4,4]}}])"),
      std::string::npos)
      << source.input_spec().source;
}

TEST_F(ImageFolderTest, FaultsNameTheFolderOrTheFile) {
  EXPECT_NE(refusal().find("has no folder of images in it"), std::string::npos);
  std::filesystem::create_directory(folder_ / "empty");
  EXPECT_NE(refusal().find("empty' has no PNG or JPEG image"), std::string::npos);
  folder_.put("empty/bad.png", "\x89PNG\r\n\x1A\n");
  EXPECT_NE(refusal().find("bad.png' is damaged: it has no PNG header"), std::string::npos);
  EXPECT_NE(error_of(Fault::input_file,
                     [] {
                       open_source("image_folder", {{"root", "/nowhere"}});
                     })
                .find("train.lua:5"),
            std::string::npos);
}

TEST(ImagesTest, AListHasLabelsOfItsOwn) {
  const SourceParts files = {.lists = {{"files", {"rgb.png", kFixtures + "palette.png"}}}};
  const Given given = {
      {"root", kFixtures}, {"labels", std::vector<std::int64_t>{1, 0}}, {"classes", whole(2)}};
  const DataSource source = open_source("images", given, files);
  EXPECT_EQ(source.length, 2);
  EXPECT_EQ(source.labels, (std::vector<std::int64_t>{1, 0}));
  EXPECT_EQ(open_source("images", {{"root", kFixtures}}, files).fields.size(), 1u);
  EXPECT_EQ(
      error_of(
          Fault::usage,
          [&] {
            open_source("images", {{"root", kFixtures}, {"labels", std::vector<std::int64_t>{1}}}, files);
          }),
      "train.lua:5: labels has 1 entries and files has 2");
  EXPECT_EQ(error_of(Fault::usage, [] { open_source("images"); }),
            "train.lua:5: data.images needs files, a list of images");
}

}  // namespace
}  // namespace orrery
