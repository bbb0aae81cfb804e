#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

const std::string kFixtures = in_source("tests/formats/fixtures/");
const Dim N = Dim::symbol("N");

std::string refusal(const std::string& kind, const Given& given, Fault fault = Fault::input_file,
                    SourceParts parts = {}) {
  return error_of(fault, [&] { open_source(kind, given, std::move(parts)); });
}

TEST(NpySourceTest, TellsShapeTypeAndLengthFromHeaders) {
  const DataSource source = open_source("npy", {{"path", kFixtures + "data/float32.npy"}});
  EXPECT_EQ(source.length, 2);
  EXPECT_EQ(source.fields[0].name, "data");
  EXPECT_EQ(source.fields[0].type, (TensorType{{N, 3, 4}, DType::float32}));
  EXPECT_EQ(source.stored[0].type.shape, (Shape{3, 4}));
}

TEST(NpySourceTest, LabelsAreOnePerSample) {
  const std::string path = kFixtures + "data/float32.npy";
  const DataSource source = open_source("npy", {{"path", path}, {"labels", kFixtures + "data/version2.npy"}});
  EXPECT_EQ(source.fields[1].type, (TensorType{{N, 3, 4}, DType::int64}));
  EXPECT_TRUE(source.fields[1].label);
  EXPECT_NE(refusal("npy", {{"path", path}, {"labels", kFixtures + "data/empty.npy"}}).find("0 labels"),
            std::string::npos);
}

TEST(NpySourceTest, ScalarsAndEmptySetsAreNoData) {
  EXPECT_NE(refusal("npy", {{"path", kFixtures + "data/scalar.npy"}}).find("'data' is a single number"),
            std::string::npos);
  EXPECT_EQ(refusal("npy", {{"path", kFixtures + "data/empty.npy"}}), "train.lua:5: npy: the set is empty");
}

TEST(NpzSourceTest, EveryArrayIsAFieldAndTheLabelIsLast) {
  const DataSource source =
      open_source("npz", {{"path", kFixtures + "data/deflated.npz"}, {"classes", whole(2)}});
  ASSERT_EQ(source.fields.size(), 2u);
  EXPECT_EQ(source.fields[0].name, "image");
  EXPECT_EQ(source.fields[1].type, (TensorType{{N}, DType::int64}));
  EXPECT_TRUE(source.fields[1].label);
  EXPECT_EQ(source.classes.size(), 2u);
}

TEST(NpzSourceTest, FieldsAreChosenByName) {
  const std::string path = kFixtures + "data/stored.npz";
  const DataSource source = open_source("npz", {{"path", path}}, {.lists = {{"fields", {"label", "image"}}}});
  EXPECT_EQ(source.fields[0].name, "label");
  EXPECT_EQ(open_source("npz", {{"path", path}}, {.lists = {{"fields", {"image"}}}}).fields.size(), 1u);
  EXPECT_NE(refusal("npz", {{"path", path}}, Fault::usage, {.lists = {{"fields", {"images"}}}})
                .find("has no array 'images' (did you mean 'image'?)"),
            std::string::npos);
  EXPECT_NE(refusal("npz", {{"path", path}, {"label", "lable"}}, Fault::usage).find("did you mean 'label'"),
            std::string::npos);
}

TEST(SafetensorsSourceTest, TensorsOfDifferentLengthsAreNoSet) {
  const std::string path = kFixtures + "reference.safetensors";
  EXPECT_NE(refusal("safetensors", {{"path", path}}, Fault::input_file).find("which Orrery does not have"),
            std::string::npos);
}

TEST(ClassNamesTest, MustFitTheNumberOfClasses) {
  const Given given = {{"path", kFixtures + "data/stored.npz"}, {"classes", whole(3)}};
  EXPECT_EQ(refusal("npz", given, Fault::usage, {.lists = {{"class_names", {"cat", "dog"}}}}),
            "train.lua:5: classes is 3, and class_names has 2");
  EXPECT_EQ(open_source("npz", {given[0]}, {.lists = {{"class_names", {"cat", "dog"}}}}).classes[1], "dog");
}

}  // namespace
}  // namespace orrery
