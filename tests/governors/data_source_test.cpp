#include "runtime/governors/data_source.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using Given = std::vector<Attributes::Entry>;

const Dim N = Dim::symbol("N");
const Origin kLine = {{"train.lua", 5}, ""};

AttributeValue integer(std::int64_t value) { return value; }

DataSource open(const std::string& kind, const Given& given = {}) {
  return open_data_source(kind, checked_attributes(data_source_attributes(kind), given), kLine);
}

/// A big-endian IDX file of bytes.
std::string idx(std::vector<int> dims, const std::string& values) {
  std::string text = {0, 0, 8, static_cast<char>(dims.size())};
  for (int dim : dims) text += std::string{0, 0, static_cast<char>(dim >> 8), static_cast<char>(dim & 255)};
  return text + values;
}

TEST(DataSourceTest, AnUnknownKindGetsTheNearest) {
  EXPECT_EQ(error_of(Fault::usage, [] { data_source_attributes("digit"); }),
            "there is no data source 'digit' (did you mean 'digits'?)");
}

TEST(DataSourceTest, EveryKindCanBeCutIntoBatches) {
  for (const DataSourceKind& kind : data_source_kinds()) {
    std::set<std::string> names;
    for (const Attribute& attribute : data_source_attributes(kind.name))
      EXPECT_TRUE(names.insert(attribute.name).second) << attribute.name;
    EXPECT_TRUE(names.contains("batch")) << kind.name;
  }
}

TEST(DataSourceTest, BatchesCountTheLastOneUnlessItIsDropped) {
  const Given given = {{"shape", Shape{2}}, {"length", integer(10)}, {"batch", integer(4)}};
  EXPECT_EQ(open("random", given).batches(), 3);
  Given dropping = given;
  dropping.push_back({"drop_last", true});
  EXPECT_EQ(open("random", dropping).batches(), 2);
}

TEST(DataSourceTest, ABatchLargerThanTheSetIsRefusedWhenTheLastIsDropped) {
  EXPECT_EQ(open("random", {{"shape", Shape{2}}, {"length", integer(3)}, {"batch", integer(4)}}).batches(),
            1);
  EXPECT_EQ(
      error_of(
          Fault::usage,
          [] {
            open("random",
                 {{"shape", Shape{2}}, {"length", integer(3)}, {"batch", integer(4)}, {"drop_last", true}});
          }),
      "train.lua:5: batch must be at most 3, the number of samples, when drop_last is true, got 4");
}

TEST(DataSourceTest, DescribesItselfForTheSavedModel) {
  const InputSpec spec = open("digits", {{"batch", integer(64)}}).input_spec();
  EXPECT_EQ(
      spec.source,
      R"({"kind":"digits","options":{"batch":64},"sample":[{"dtype":"float32","name":"image","shape":[1,8,8]}]})");
  EXPECT_EQ(spec.classes.size(), 10u);
  EXPECT_EQ(spec.fields.size(), 2u);
}

TEST(DigitsTest, HaveImagesAndLabels) {
  const DataSource source = open("digits");
  ASSERT_EQ(source.fields.size(), 2u);
  EXPECT_EQ(source.fields[0].name, "image");
  EXPECT_EQ(source.fields[0].type, (TensorType{{N, 1, 8, 8}, DType::float32}));
  EXPECT_EQ(source.fields[1].type, (TensorType{{N}, DType::int64}));
  EXPECT_TRUE(source.fields[1].label);
  EXPECT_EQ(source.classes.front(), "0");
}

TEST(DigitsTest, SplitsAreWholeAndApart) {
  const std::int64_t train = open("digits").length, test = open("digits", {{"split", "test"}}).length;
  EXPECT_EQ(open("digits", {{"split", "all"}}).length, 1797);
  EXPECT_EQ(train + test, 1797);
  EXPECT_EQ(test, 355);
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       open("digits", {{"split", "tset"}});
                     }),
            "split must be 'train', 'test' or 'all', got \"tset\" (did you mean 'test'?)");
}

TEST(DigitsSplitTest, TakesEachFifthOfAClassForTesting) {
  const std::vector<std::int64_t> labels = {0, 0, 1, 0, 0, 0, 1, 0};
  EXPECT_EQ(digits_split(labels, "test"), (std::vector<std::int64_t>{5}));
  EXPECT_EQ(digits_split(labels, "train"), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 6, 7}));
  EXPECT_EQ(digits_split(labels, "all").size(), labels.size());
}

RC_GTEST_PROP(DigitsSplitTest, EveryClassKeepsItsShareAndNoSampleIsLost, ()) {
  const auto labels = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 10));
  const auto test = digits_split(labels, "test"), train = digits_split(labels, "train");
  std::set<std::int64_t> both(test.begin(), test.end());
  both.insert(train.begin(), train.end());
  RC_ASSERT(both.size() == labels.size());
  RC_ASSERT(test.size() + train.size() == labels.size());
  std::map<std::int64_t, std::int64_t> of_class, tested;
  for (std::int64_t label : labels) ++of_class[label];
  for (std::int64_t i : test) ++tested[labels[i]];
  for (const auto& [label, count] : of_class) RC_ASSERT(tested[label] == count / 5);
}

TEST(RandomTest, HasTheShapeAndTheClassesAskedFor) {
  const DataSource plain = open("random", {{"shape", Shape{3, 32, 32}}});
  EXPECT_EQ(plain.fields.size(), 1u);
  EXPECT_EQ(plain.fields[0].type.shape, (Shape{N, 3, 32, 32}));
  const DataSource labelled =
      open("random", {{"shape", Shape{3}}, {"classes", integer(4)}, {"dtype", "float64"}});
  EXPECT_EQ(labelled.fields[0].type.dtype, DType::float64);
  EXPECT_TRUE(labelled.fields[1].label);
  EXPECT_EQ(labelled.classes.size(), 4u);
  error_of(Fault::usage, [] { open("random", {{"shape", Shape{0}}}); });
  error_of(Fault::usage, [] { open("random", {{"shape", Shape{Dim::symbol("H")}}}); });
  error_of(Fault::usage, [] { open("random", {}); });
}

TEST(CsvSourceTest, TakesTheLabelByNameOrPlace) {
  const TemporaryFolder folder;
  const std::string path = folder.put("iris.csv", "length,width,kind\n1,2,0\n3,4,1\n5,6,1\n");
  for (AttributeValue label : {AttributeValue("kind"), AttributeValue("2"), integer(-1)}) {
    const DataSource source = open("csv", {{"path", path}, {"label", label}});
    EXPECT_EQ(source.length, 3);
    EXPECT_EQ(source.fields[0].type, (TensorType{{N, 2}, DType::float32}));
    EXPECT_EQ(source.fields[1].type, (TensorType{{N}, DType::int64}));
  }
  EXPECT_EQ(open("csv", {{"path", path}}).fields[0].type.shape, (Shape{N, 3}));
  EXPECT_EQ(open("csv", {{"path", path}, {"label", "kind"}, {"label_dtype", "float32"}}).fields[1].type.dtype,
            DType::float32);
}

TEST(CsvSourceTest, ReadsFilesAsTheOptionsSay) {
  const TemporaryFolder folder;
  const std::string path = folder.put("plain.csv", "1;2\n3;4\n");
  EXPECT_EQ(open("csv", {{"path", path}, {"delimiter", ";"}}).length, 2);
  EXPECT_EQ(open("csv", {{"path", path}, {"delimiter", ";"}, {"header", true}}).length, 1);
}

TEST(CsvSourceTest, FaultsNameTheScriptsLine) {
  const TemporaryFolder folder;
  EXPECT_TRUE(error_of(Fault::input_file, [&] {
                open("csv", {{"path", folder / "none.csv"}});
              }).starts_with("train.lua:5: "));
  const std::string path = folder.put("one.csv", "kind\n1\n2\n");
  error_of(Fault::input_file, [&] { open("csv", {{"path", path}, {"label", "kind"}}); });
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       open("csv", {{"path", path}, {"label", "kinds"}});
                     }),
            "train.lua:5: there is no column 'kinds' (did you mean 'kind'?)");
}

TEST(CsvLabelColumnTest, PlacesCountFromBothEnds) {
  const std::vector<std::string> columns = {"a", "b", "7"};
  EXPECT_EQ(csv_label_column(columns, "b"), 1);
  EXPECT_EQ(csv_label_column(columns, "7"), 2);
  EXPECT_EQ(csv_label_column(columns, "0"), 0);
  EXPECT_EQ(csv_label_column(columns, "-3"), 0);
  EXPECT_EQ(error_of(Fault::usage, [&] { csv_label_column(columns, "3"); }),
            "there is no column '3'; there are 3, numbered 0 to 2");
  error_of(Fault::usage, [&] { csv_label_column(columns, "-4"); });
  for (const char* none : {"1x", "", "99999999999999999999"})
    error_of(Fault::usage, [&] { csv_label_column(columns, none); });
}

TEST(IdxSourceTest, GreyImagesGetAChannel) {
  const TemporaryFolder folder;
  const std::string images = folder.put("images", idx({2, 3, 4}, std::string(24, 1))),
                    labels = folder.put("labels", idx({2}, "ab"));
  const DataSource source = open("idx", {{"images", images}, {"labels", labels}, {"classes", integer(10)}});
  EXPECT_EQ(source.length, 2);
  EXPECT_EQ(source.fields[0].type, (TensorType{{N, 1, 3, 4}, DType::float32}));
  EXPECT_EQ(source.fields[1].type, (TensorType{{N}, DType::int64}));
  EXPECT_EQ(source.classes.size(), 10u);
  EXPECT_EQ(open("idx", {{"images", images}}).fields.size(), 1u);
}

TEST(IdxSourceTest, LabelsAreOnePerImage) {
  const TemporaryFolder folder;
  const std::string images = folder.put("images", idx({2, 3, 4}, std::string(24, 1)));
  const std::string three = folder.put("three", idx({3}, "abc")),
                    square = folder.put("square", idx({2, 2}, "abcd"));
  EXPECT_NE(error_of(Fault::input_file,
                     [&] {
                       open("idx", {{"images", images}, {"labels", three}});
                     })
                .find("3 labels"),
            std::string::npos);
  error_of(Fault::input_file, [&] { open("idx", {{"images", images}, {"labels", square}}); });
  error_of(Fault::input_file, [&] { open("idx", {{"images", folder / "none"}}); });
}

TEST(IdxSourceTest, AnEmptySetIsRefused) {
  const TemporaryFolder folder;
  const std::string images = folder.put("images", idx({0, 3, 4}, ""));
  EXPECT_EQ(error_of(Fault::input_file,
                     [&] {
                       open("idx", {{"images", images}});
                     }),
            "train.lua:5: idx: the set is empty");
}

TEST(FashionMnistTest, AFolderWithoutItsFilesIsRefused) {
  const TemporaryFolder folder;
  EXPECT_NE(error_of(Fault::input_file,
                     [&] {
                       open("fashion_mnist", {{"root", folder.path()}});
                     })
                .find("there is no '" + folder / "train-images-idx3-ubyte.gz'"),
            std::string::npos);
}

struct Box : TensorBox {};

TEST(TensorsTest, AllFieldsHaveTheSameLength) {
  const Attributes options = checked_attributes(data_source_attributes("tensors"), {});
  const auto boxes =
      std::vector<std::shared_ptr<TensorBox>>{std::make_shared<Box>(), std::make_shared<Box>()};
  const std::vector<Field> fields = {{"x", {{6, 3}, DType::float32}}, {"y", {{6}, DType::int64}, true}};
  const DataSource source = data_source_of_tensors(fields, boxes, options, kLine);
  EXPECT_EQ(source.length, 6);
  EXPECT_EQ(source.fields[0].type.shape, (Shape{N, 3}));
  EXPECT_EQ(source.tensors.size(), 2u);
  const std::vector<Field> uneven = {{"x", {{6, 3}, DType::float32}}, {"y", {{5}, DType::int64}, true}};
  EXPECT_EQ(error_of(Fault::usage, [&] { data_source_of_tensors(uneven, boxes, options, kLine); }),
            "train.lua:5: field 'y' has 5 samples and field 'x' has 6");
  const std::vector<Field> scalar = {{"x", {{}, DType::float32}}, {"y", {{5}, DType::int64}, true}};
  error_of(Fault::usage, [&] { data_source_of_tensors(scalar, boxes, options, kLine); });
  error_of(Fault::usage, [&] { data_source_of_tensors({}, {}, options, kLine); });
}

}  // namespace
}  // namespace orrery
