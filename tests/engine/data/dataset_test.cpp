#include "runtime/engine/data/dataset.h"

#include <filesystem>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/tensor_box.h"
#include "runtime/formats/fashion_mnist.h"
#include "tests/files/error_of.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using Given = std::vector<Attributes::Entry>;

DataSource source(const std::string& kind, const Given& given) {
  return open_data_source(kind, checked_attributes(data_source_attributes(kind), given),
                          {{"train.lua", 7}, "x"});
}

DataSource tensors(const at::Tensor& x, const at::Tensor& y) {
  return data_source_of_tensors({{"x", type_of(x), false}, {"y", type_of(y), true}}, {boxed(x), boxed(y)},
                                Attributes(data_source_attributes("tensors")), {{"train.lua", 7}, "x"});
}

// An IDX file of bytes (type 8).
std::string idx(const std::vector<std::uint8_t>& dims, const std::string& data) {
  std::string file("\0\0\x08", 3);
  file += static_cast<char>(dims.size());
  for (const std::uint8_t dim : dims) file += std::string(3, '\0') + static_cast<char>(dim);
  return file + data;
}

TEST(DatasetTest, DigitsAreScaledAndSplitByClass) {
  const Dataset train = load(source("digits", {})),
                test = load(source("digits", {{"split", std::string("test")}}));
  EXPECT_EQ(train.length + test.length, 1797);
  ASSERT_EQ(train.fields[0].name, "image");
  EXPECT_EQ(train.tensors[0].sizes(), (std::vector<std::int64_t>{train.length, 1, 8, 8}));
  EXPECT_EQ(train.tensors[0].scalar_type(), at::kFloat);
  EXPECT_EQ(train.tensors[0].min().item<float>(), 0.0f);
  EXPECT_EQ(train.tensors[0].max().item<float>(), 1.0f);
  EXPECT_EQ(train.classes.size(), 10u);
  for (std::int64_t digit = 0; digit < 10; ++digit) {
    const auto of_train = train.tensors[1].eq(digit).sum().item<std::int64_t>();
    const auto of_test = test.tensors[1].eq(digit).sum().item<std::int64_t>();
    EXPECT_NEAR(static_cast<double>(of_test) / static_cast<double>(of_train + of_test), 0.2, 0.005);
  }
}

// The first line of the file is a 0 with 5, 13, 9 and 1 in the middle of its first row.
TEST(DatasetTest, FirstDigitIsTheFirstLineOfTheFile) {
  const Dataset all = load(source("digits", {{"split", std::string("all")}}));
  EXPECT_EQ(all.length, 1797);
  EXPECT_EQ(all.tensors[1][0].item<std::int64_t>(), 0);
  const at::Tensor row = all.tensors[0][0][0][0] * 16;
  EXPECT_TRUE(at::equal(row, at::tensor({0, 0, 5, 13, 9, 1, 0, 0}, at::kFloat)));
}

TEST(DatasetTest, IdxImagesGetAChannelAndAreScaled) {
  const TemporaryFolder folder;
  const auto images = folder.put(
      "images", idx({2, 2, 3}, std::string("\x00\xff\x33\x00\x00\x00\x01\x02\x03\x04\x05\x06", 12)));
  const auto labels = folder.put("labels", idx({2}, std::string("\x01\x00", 2)));
  const Dataset set = load(source("idx", {{"images", images}, {"labels", labels}}));
  EXPECT_EQ(set.tensors[0].sizes(), (std::vector<std::int64_t>{2, 1, 2, 3}));
  EXPECT_FLOAT_EQ(set.tensors[0][0][0][0][2].item<float>(), 0.2f);
  EXPECT_TRUE(at::equal(set.tensors[1], at::tensor({1, 0}, at::kLong)));
  const Dataset raw = load(source("idx", {{"images", images}, {"scale", false}}));
  EXPECT_EQ(raw.tensors.size(), 1u);
  EXPECT_EQ(raw.tensors[0][0][0][0][1].item<float>(), 255.0f);
}

TEST(DatasetTest, LabelOutOfRangeNamesSampleAndValue) {
  const TemporaryFolder folder;
  const auto images = folder.put("images", idx({3, 1, 1}, std::string(3, '\0')));
  const auto labels = folder.put("labels", idx({3}, std::string("\x00\x02\x01", 3)));
  const Given given = {{"images", images}, {"labels", labels}, {"classes", std::int64_t{2}}};
  const std::string message = error_of(Fault::input_file, [&] { load(source("idx", given)); });
  EXPECT_NE(message.find("sample 1"), std::string::npos) << message;
  EXPECT_NE(message.find("label 2"), std::string::npos) << message;
  EXPECT_NE(message.find("0 to 1"), std::string::npos) << message;
  EXPECT_NE(message.find("train.lua:7"), std::string::npos) << message;
}

TEST(DatasetTest, NegativeLabelIsOutOfRangeAndTheLastClassIsNot) {
  DataSource bad = tensors(at::zeros({3, 2}), at::tensor({0, 1, -1}, at::kLong));
  bad.classes = {"a", "b"};
  EXPECT_NE(error_of(Fault::input_file, [&] { load(bad); }).find("sample 2"), std::string::npos);
  DataSource good = tensors(at::zeros({3, 2}), at::tensor({0, 1, 1}, at::kLong));
  good.classes = {"a", "b"};
  EXPECT_EQ(load(good).length, 3);
}

TEST(DatasetTest, FileThatChangedAfterItsHeaderWasReadIsRefused) {
  const TemporaryFolder folder;
  const auto images = folder.put("images", idx({3, 1, 1}, std::string(3, '\0')));
  const DataSource opened = source("idx", {{"images", images}});
  folder.put("images", idx({2, 1, 1}, std::string(2, '\0')));
  EXPECT_NE(error_of(Fault::input_file, [&] { load(opened); }).find("expected"), std::string::npos);
  std::filesystem::remove(images);
  error_of(Fault::input_file, [&] { load(opened); });
}

TEST(DatasetTest, CsvColumnsBecomeFeaturesAndLabel) {
  const TemporaryFolder folder;
  const auto path = folder.put("table.csv", "a,kind,b\n1,0,2.5\n3,1,4\n");
  const Dataset set =
      load(source("csv", {{"path", path}, {"label", std::string("kind")}, {"classes", std::int64_t{2}}}));
  EXPECT_TRUE(at::equal(set.tensors[0], at::tensor({1.0f, 2.5f, 3.0f, 4.0f}).view({2, 2})));
  EXPECT_TRUE(at::equal(set.tensors[1], at::tensor({0, 1}, at::kLong)));
  const Dataset last =
      load(source("csv", {{"path", path}, {"label", std::string("-1")}, {"label_dtype", DType::float32}}));
  EXPECT_TRUE(at::equal(last.tensors[1], at::tensor({2.5f, 4.0f})));
  const Dataset plain = load(source("csv", {{"path", path}}));
  EXPECT_EQ(plain.tensors[0].sizes(), (std::vector<std::int64_t>{2, 3}));
}

TEST(DatasetTest, LabelThatIsNoWholeNumberIsRefused) {
  const TemporaryFolder folder;
  const auto path = folder.put("table.csv", "a,kind\n1,0\n3,1.5\n");
  const std::string message = error_of(Fault::input_file, [&] {
    load(source("csv", {{"path", path}, {"label", std::string("kind")}}));
  });
  EXPECT_NE(message.find("sample 1"), std::string::npos) << message;
  EXPECT_NE(message.find("1.5"), std::string::npos) << message;
}

TEST(DatasetTest, RandomDataDependOnTheSeedAndMoveNoGenerator) {
  const Given given = {{"shape", Shape{3, 4}}, {"classes", std::int64_t{5}}, {"length", std::int64_t{100}}};
  at::manual_seed(8);
  const at::Tensor before = at::rand({3});
  at::manual_seed(8);
  const Dataset one = load(source("random", given), 1), same = load(source("random", given), 1);
  const Dataset other = load(source("random", given), 2);
  EXPECT_TRUE(at::equal(at::rand({3}), before));
  EXPECT_TRUE(at::equal(one.tensors[0], same.tensors[0]));
  EXPECT_TRUE(at::equal(one.tensors[1], same.tensors[1]));
  EXPECT_FALSE(at::equal(one.tensors[0], other.tensors[0]));
  EXPECT_FALSE(at::equal(one.tensors[1], other.tensors[1]));
  EXPECT_EQ(one.tensors[0].sizes(), (std::vector<std::int64_t>{100, 3, 4}));
  EXPECT_EQ(one.tensors[1].max().item<std::int64_t>(), 4);
}

TEST(DatasetTest, RandomDataComeInTheirDtype) {
  for (const DType dtype : {DType::float16, DType::bfloat16, DType::float64}) {
    const Dataset set = load(source("random", {{"shape", Shape{2}}, {"dtype", dtype}}));
    EXPECT_EQ(set.tensors[0].scalar_type(), scalar_type(dtype));
  }
}

TEST(DatasetTest, TensorsAreTakenWithoutACopy) {
  const at::Tensor x = at::zeros({3, 2});
  const Dataset set = load(tensors(x, at::tensor({0, 1, 1}, at::kLong)));
  EXPECT_TRUE(set.tensors[0].is_alias_of(x));
  EXPECT_EQ(set.bytes(), 3 * 2 * 4 + 3 * 8);
}

TEST(DatasetTest, FashionMnistIsLoadedWhereItIsInstalled) {
  if (!std::filesystem::exists(kFashionMnistFolder)) GTEST_SKIP() << "dataset-fashion-mnist is not installed";
  const Dataset test = load(source("fashion_mnist", {{"split", std::string("test")}}));
  EXPECT_EQ(test.tensors[0].sizes(), (std::vector<std::int64_t>{10000, 1, 28, 28}));
  EXPECT_EQ(test.classes.size(), 10u);
  for (std::int64_t kind = 0; kind < 10; ++kind)
    EXPECT_EQ(test.tensors[1].eq(kind).sum().item<std::int64_t>(), 1000);
}

}  // namespace
}  // namespace orrery
