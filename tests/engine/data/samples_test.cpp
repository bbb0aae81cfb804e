#include "runtime/engine/data/samples.h"

#include <filesystem>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/data/loader.h"
#include "runtime/engine/tensor_box.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

const std::string kFixtures = in_source("tests/formats/fixtures/");
using Indices = std::vector<std::int64_t>;

SourceParts of(std::vector<std::shared_ptr<const DataSource>> sources) {
  return {.sources = std::move(sources)};
}

Indices numbers_in(const at::Tensor& tensor) {
  const at::Tensor whole_numbers = tensor.to(at::kLong).contiguous();
  return {whole_numbers.const_data_ptr<std::int64_t>(),
          whole_numbers.const_data_ptr<std::int64_t>() + whole_numbers.numel()};
}

/// Every batch of an epoch, one field each.
std::vector<at::Tensor> batches(const DataSource& source, const std::string& field, std::int64_t epoch = 1) {
  Loader loader = make_loader(source, 7, at::kCPU);
  loader.begin(epoch);
  std::vector<at::Tensor> values;
  while (const auto batch = loader.next()) values.push_back(batch->fields.at(field));
  return values;
}

class ImageFolder {
 public:
  explicit ImageFolder(int count, const std::string& file = "data/rgb.png") {
    for (int i = 0; i < count; ++i) {
      const std::string name = std::string(i % 2 ? "dog/" : "cat/") + std::to_string(100 + i) + ".png";
      std::filesystem::create_directories(std::filesystem::path(folder / name).parent_path());
      std::filesystem::copy_file(kFixtures + file, folder / name);
    }
  }
  Given options(Given more = {}) const {
    more.push_back({"root", folder.path()});
    return more;
  }
  TemporaryFolder folder;
};

TEST(SamplesTest, ArraysOfNumPyAreFields) {
  const Dataset set = load(open_source("npz", {{"path", kFixtures + "data/deflated.npz"}}));
  EXPECT_EQ(set.tensors[0].sizes(), (Indices{2, 3, 4}));
  EXPECT_EQ(set.tensors[0][1][2][3].item<float>(), 23 / 4.0f);
  EXPECT_EQ(numbers_in(set.tensors[1]), (Indices{1, 0}));
  const Dataset alone = load(open_source("npy", {{"path", kFixtures + "data/fortran_big_endian.npy"}}));
  EXPECT_EQ(alone.tensors[0].scalar_type(), at::kDouble);
  EXPECT_EQ(alone.tensors[0][1][0][2].item<double>(), 14.0);
}

TEST(SamplesTest, ArraysThatDoNotFitAreReadRowByRow) {
  const TemporaryFolder folder;
  const std::string npy = kFixtures + "data/float32.npy", wide = kFixtures + "data/version2.npy";
  const Given given = {{"path", npy}, {"labels", wide}};
  Given rows = given;
  rows.push_back({"in_memory", false});
  const auto read = open_samples(open_source("npy", rows), 0);
  const Dataset whole_set = load(open_source("npy", given));
  EXPECT_EQ(read->in_memory(), nullptr);
  for (std::int64_t i = 0; i < 2; ++i)
    for (const size_t field : {0, 1})
      EXPECT_TRUE(at::equal(read->at(i, 1)[field], whole_set.tensors[field][i]));
  EXPECT_NE(error_of(Fault::usage,
                     [&] {
                       open_samples(open_source("npy", {{"path", kFixtures + "data/fortran_big_endian.npy"},
                                                        {"in_memory", false}}),
                                    0);
                     })
                .find("is stored column by column"),
            std::string::npos);
}

TEST(SamplesTest, AFileThatIsCutWhileItsRowsAreReadIsAnError) {
  const TemporaryFolder folder;
  const std::string path = folder.put("a.npy", content_of(kFixtures + "data/float32.npy"));
  const auto samples = open_samples(open_source("npy", {{"path", path}, {"in_memory", false}}), 0);
  std::filesystem::resize_file(path, 200);
  EXPECT_EQ(samples->at(0, 1)[0][0][1].item<float>(), 0.25f);
  error_of(Fault::input_file, [&] { samples->at(1, 1); });
}

TEST(SamplesTest, CsvCategoriesAreNumberedInAlphabeticalOrder) {
  const TemporaryFolder folder;
  const std::string path = folder.put("a.csv", "id,size,kind\n16777217,1,red\n8,2,blue\n9,3,red\n");
  const Dataset set = load(open_source(
      "csv", {{"path", path}, {"label", "kind"}},
      {.lists = {{"columns", {"size", "id", "kind"}}, {"types", {"float32", "int64", "category"}}}}));
  EXPECT_EQ(numbers_in(set.tensors[0]), (Indices{1, 2, 3}));
  EXPECT_EQ(numbers_in(set.tensors[1]), (Indices{16777217, 8, 9}));
  EXPECT_EQ(numbers_in(set.tensors[2]), (Indices{1, 0, 1}));
  EXPECT_EQ(set.classes, (std::vector<std::string>{"blue", "red"}));
}

TEST(SamplesTest, TextWindowsShareTheirMemory) {
  const TemporaryFolder folder;
  const DataSource source = open_source("text", {{"path", folder.put("a.txt", "abcdefg")},
                                                 {"length", whole(3)},
                                                 {"stride", whole(1)},
                                                 {"batch", whole(9)}});
  const auto tokens = batches(source, "tokens"), targets = batches(source, "target");
  EXPECT_EQ(numbers_in(tokens[0]), (Indices{0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5}));
  EXPECT_EQ(numbers_in(targets[0][3]), (Indices{4, 5, 6}));
}

TEST(SamplesTest, LinesArePaddedAndMasked) {
  const TemporaryFolder folder;
  const std::string path = folder.put("a.txt", "abc\na\nab\n");
  const DataSource source = open_source("text", {{"path", path}, {"pad", whole(-1)}, {"batch", whole(2)}});
  EXPECT_EQ(numbers_in(batches(source, "tokens")[0]), (Indices{0, 1, 2, 0, -1, -1}));
  EXPECT_EQ(numbers_in(batches(source, "tokens_mask")[0]), (Indices{1, 1, 1, 1, 0, 0}));
  const DataSource bucketed =
      open_source("text", {{"path", path}, {"pad", whole(-1)}, {"batch", whole(2)}, {"bucket", true}});
  EXPECT_EQ(numbers_in(batches(bucketed, "tokens")[0]), (Indices{0, -1, 0, 1}));
}

TEST(SamplesTest, LinesOfDifferentLengthsWantPadding) {
  const TemporaryFolder folder;
  const DataSource source = open_source("text", {{"path", folder.put("a.txt", "abc\na\n")}});
  const std::string message = error_of(Fault::input_file, [&] { batches(source, "tokens"); });
  EXPECT_NE(
      message.find(
          "train.lua:5: text: 'tokens' differs in size within a batch: (3) in sample 0, (1) in sample 1"),
      std::string::npos)
      << message;
  EXPECT_NE(message.find("pad = 0"), std::string::npos);
}

TEST(SamplesTest, ImagesAreReadByWorkersAsWithoutThem) {
  const ImageFolder images(9);
  std::vector<at::Tensor> first;
  for (const std::int64_t workers : {0, 1, 3}) {
    const Given options =
        images.options({{"workers", whole(workers)}, {"batch", whole(2)}, {"shuffle", true}});
    const DataSource source = open_source(
        "image_folder", options,
        {.transforms = {transform_of("RandomCrop", {{"size", whole(4)}}), transform_of("RandomErasing")}});
    const auto made = batches(source, "image", 3);
    ASSERT_EQ(made.size(), 5u);
    if (first.empty()) first = made;
    for (size_t i = 0; i < made.size(); ++i) EXPECT_TRUE(at::equal(made[i], first[i])) << workers;
    EXPECT_FALSE(at::equal(batches(source, "image", 4)[0], first[0]));
  }
}

TEST(SamplesTest, AWorkersErrorNamesSampleFileAndLine) {
  const ImageFolder images(6);
  const DataSource source =
      open_source("image_folder", images.options({{"workers", whole(2)}, {"batch", whole(2)}}));
  images.folder.put("dog/101.png", "no image");
  Loader loader = make_loader(source, 0, at::kCPU);
  loader.begin(1);
  EXPECT_TRUE(loader.next());
  const std::string message = error_of(Fault::input_file, [&] { loader.next(); });
  EXPECT_TRUE(message.starts_with("train.lua:5: sample 3 (counted from 0): '")) << message;
  EXPECT_NE(message.find("dog/101.png' is no PNG or JPEG image"), std::string::npos) << message;
  EXPECT_TRUE(loader.next());
}

TEST(SamplesTest, ImagesOfAnotherSizeThanTheOthersAreNamed) {
  const ImageFolder images(4);
  const DataSource source = open_source("image_folder", images.options());
  std::filesystem::remove(images.folder / "cat/102.png");
  std::filesystem::copy_file(kFixtures + "data/one.png", images.folder / "cat/102.png");
  const std::string message = error_of(Fault::input_file, [&] { batches(source, "image"); });
  EXPECT_NE(message.find("sample 1 (counted from 0), '"), std::string::npos) << message;
  EXPECT_NE(message.find("field 'image' is float32 (3, 1, 1), expected float32 (3, 6, 9)"), std::string::npos)
      << message;
}

TEST(SamplesTest, LabelsOfAListAreChecked) {
  const DataSource source =
      open_source("images", {{"labels", Indices{1, 2}}, {"classes", whole(2)}},
                  {.lists = {{"files", {kFixtures + "data/rgb.png", kFixtures + "data/rgb.png"}}}});
  const std::string message = error_of(Fault::input_file, [&] { batches(source, "image"); });
  EXPECT_NE(message.find("it has the label 2, and the 2 classes are 0 to 1"), std::string::npos) << message;
}

TEST(SamplesTest, ConcatenationKeepsPlacesAndLabels) {
  const ImageFolder one(2), two(3);
  const DataSource source = open_source(
      "concat", {{"batch", whole(9)}},
      of({shared_source("image_folder", one.options()), shared_source("image_folder", two.options())}));
  EXPECT_EQ(numbers_in(batches(source, "label")[0]), (Indices{0, 1, 0, 0, 1}));
  const auto samples = open_samples(source, 0);
  EXPECT_NE(samples->place(4).find(two.folder.path()), std::string::npos);
  EXPECT_EQ(samples->number(1, 1), 1);
}

TEST(SamplesTest, ConcatenationOfSetsInMemoryIsOne) {
  const auto random = shared_source("random", {{"shape", Shape{2}}, {"length", whole(3)}});
  const auto samples = open_samples(open_source("concat", {}, of({random, random})), 0);
  ASSERT_NE(samples->in_memory(), nullptr);
  EXPECT_TRUE(at::equal(samples->at(1, 1)[0], samples->at(4, 1)[0]));
}

TEST(SamplesTest, SubsetsHaveTheRowsThatAreNamed) {
  const auto digits = shared_source("digits");
  const Dataset all = load(*digits);
  const Dataset some = load(open_source("subset", {{"indices", Indices{5, 0, 5}}}, of({digits})));
  EXPECT_EQ(some.length, 3);
  EXPECT_TRUE(at::equal(some.tensors[0][0], all.tensors[0][5]));
  EXPECT_TRUE(at::equal(some.tensors[0][1], all.tensors[0][0]));
}

TEST(SamplesTest, SharesAreApartWholeAndStratified) {
  const auto digits = shared_source("digits");
  const auto part = [&](std::int64_t from, std::int64_t count, bool complement) {
    return load(open_source("part",
                            {{"from", whole(from)},
                             {"count", whole(count)},
                             {"complement", complement},
                             {"split_seed", whole(3)},
                             {"stratify", "label"}},
                            of({digits})));
  };
  const Dataset share = part(100, 300, false), rest = part(100, 300, true);
  EXPECT_EQ(share.length + rest.length, digits->length);
  const at::Tensor both = at::cat({share.tensors[0], rest.tensors[0]}).sum();
  EXPECT_NEAR(both.item<double>(), load(*digits).tensors[0].sum().item<double>(), 1);
  for (std::int64_t digit = 0; digit < 10; ++digit) {
    const auto in_share = share.tensors[1].eq(digit).sum().item<double>();
    const auto in_all = in_share + rest.tensors[1].eq(digit).sum().item<double>();
    EXPECT_NEAR(in_share, 300 * in_all / static_cast<double>(digits->length), 2) << digit;
  }
}

TEST(SamplesTest, TransformsWithoutChanceAreAppliedOnce) {
  const DataSource source = open_source(
      "digits", {}, {.transforms = {transform_of("Pad", {{"padding", whole(2)}}), transform_of("OneHot")}});
  const auto samples = open_samples(source, 0);
  ASSERT_NE(samples->in_memory(), nullptr);
  EXPECT_EQ(samples->in_memory()->tensors[0].sizes().vec(), (Indices{1442, 1, 12, 12}));
  EXPECT_EQ(samples->in_memory()->tensors[1].sizes().vec(), (Indices{1442, 10}));
  const auto random =
      open_samples(open_source("digits", {},
                               {.transforms = {transform_of("Pad", {{"padding", whole(2)}}),
                                               transform_of("RandomCrop", {{"size", whole(8)}})}}),
                   0);
  EXPECT_EQ(random->in_memory(), nullptr);
  EXPECT_EQ(random->at(0, 1)[0].sizes().vec(), (Indices{1, 8, 8}));
}

TEST(SamplesTest, SamplersRegardTheLabelOrANamedField) {
  const ImageFolder images(8);
  const DataSource grouped = open_source(
      "image_folder", images.options({{"sampler", "group"}, {"batch", whole(3)}, {"workers", whole(0)}}));
  for (const at::Tensor& labels : batches(grouped, "label"))
    EXPECT_EQ(labels.min().item<std::int64_t>(), labels.max().item<std::int64_t>());
  const DataSource weighted = open_source("image_folder", images.options({{"sampler", "weighted"},
                                                                          {"weights", reals({0, 1})},
                                                                          {"num_samples", whole(5)},
                                                                          {"batch", whole(9)}}));
  EXPECT_EQ(numbers_in(batches(weighted, "label")[0]), (Indices{1, 1, 1, 1, 1}));
}

TEST(SamplesTest, WeightsMustFitTheSet) {
  const ImageFolder images(4);
  const auto refused = [&](std::vector<double> weights) {
    const DataSource source = open_source(
        "image_folder", images.options({{"sampler", "weighted"}, {"weights", reals(std::move(weights))}}));
    return error_of(Fault::usage, [&] { make_loader(source, 0, at::kCPU); });
  };
  EXPECT_EQ(
      refused({1}),
      "train.lua:5: image_folder: weights has 1 entries, neither one per sample (4) nor one per class: there "
      "is the class 1");
  EXPECT_EQ(refused({0, 0}), "train.lua:5: image_folder: weights: no sample has a weight above 0");
}

TEST(SamplesTest, EvaluationSeesEverySampleInOrder) {
  const ImageFolder images(5);
  const DataSource source = open_source(
      "image_folder",
      images.options({{"shuffle", true}, {"sampler", "weighted"}, {"world", whole(2)}, {"batch", whole(9)}}));
  Loader loader = make_loader_in_order(source, at::kCPU);
  EXPECT_EQ(numbers_in(loader.next()->fields.at("label")), (Indices{0, 0, 0, 1, 1}));
  const DataSource weighted =
      open_source("image_folder",
                  images.options({{"sampler", "weighted"}, {"weights", reals({0, 1})}, {"batch", whole(9)}}));
  EXPECT_EQ(numbers_in(make_loader_in_order(weighted, at::kCPU).next()->fields.at("label")),
            (Indices{0, 0, 0, 1, 1}));
}

TEST(SamplesTest, ASamplerRegardsOneWholeNumberASample) {
  const auto refused = [](const at::Tensor& keys) {
    const at::Tensor x = at::zeros({4, 2});
    DataSource source =
        data_source_of_tensors({{"x", type_of(x)}, {"key", type_of(keys)}}, {boxed(x), boxed(keys)},
                               checked_attributes(loader_attributes(), {{"sampler", "group"}, {"by", "key"}}),
                               {{"train.lua", 5}, ""});
    return error_of(Fault::usage, [&] { make_loader(source, 0, at::kCPU); });
  };
  EXPECT_EQ(
      refused(at::tensor({0.0, 1.0, 1.5, 1.0})),
      "train.lua:5: tensors: 'key' has numbers that are not whole, so that it tells no classes or groups");
  EXPECT_EQ(refused(at::zeros({4, 2})), "train.lua:5: tensors: 'key' is no single number");
  const ImageFolder images(2);
  const DataSource read =
      open_source("image_folder", images.options({{"sampler", "group"}, {"by", "image"}}));
  EXPECT_EQ(error_of(Fault::usage, [&] { make_loader(read, 0, at::kCPU); }),
            "train.lua:5: image_folder: 'image' is no single number");
}

TEST(SamplesTest, MixesBatchesAlikeInEachRun) {
  const DataSource source = open_source("digits", {{"batch", whole(32)}, {"shuffle", true}},
                                        {.transforms = {transform_of("MixUp")}});
  const at::Tensor once = batches(source, "image", 2)[1], again = batches(source, "image", 2)[1];
  EXPECT_TRUE(at::equal(once, again));
  EXPECT_EQ(batches(source, "label")[0].sizes().vec(), (Indices{32, 10}));
}

/// The squares of a host's own, none of them on a file.
class Squares : public Samples {
 public:
  explicit Squares(std::int64_t wrong = -1) : wrong_(wrong) {}
  std::int64_t length() const override { return 10; }
  std::vector<at::Tensor> at(std::int64_t index, std::int64_t) const override {
    if (index == wrong_) return {at::zeros({2})};
    return {at::full({1}, static_cast<float>(index * index))};
  }

 private:
  std::int64_t wrong_;
};

DataSource squares(std::int64_t wrong = -1) {
  const Attributes options =
      checked_attributes(data_source_attributes("define"), {{"length", whole(10)}, {"batch", whole(4)}});
  return data_source_of_own("define", {{"x", {{1}, DType::float32}}},
                            std::make_shared<OwnSamples>(std::make_shared<Squares>(wrong)), options,
                            {{"train.lua", 5}, ""});
}

TEST(OwnSamplesTest, AHostsSamplesBecomeBatches) {
  EXPECT_EQ(numbers_in(batches(squares(), "x")[1]), (Indices{16, 25, 36, 49}));
  EXPECT_EQ(error_of(Fault::input_file, [] { batches(squares(5), "x"); }),
            "train.lua:5: sample 5 (counted from 0): field 'x' is float32 (2), expected float32 (1)");
}

}  // namespace
}  // namespace orrery
