#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/files/paths.h"
#include "runtime/formats/csv.h"
#include "runtime/formats/digits.h"
#include "runtime/formats/fashion_mnist.h"
#include "runtime/formats/gzip.h"
#include "runtime/formats/idx.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(DigitsTest, AreTheFileThatShips) {
  const auto bytes = digits_csv_gz();
  const std::string shipped = content_of(in_source("data/digits.csv.gz"));
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), as_bytes(shipped).begin(), as_bytes(shipped).end()));
}

TEST(DigitsTest, Are1797ImagesOf64PixelsAndAClass) {
  const auto table = parse_csv<float>(gunzip(digits_csv_gz(), "digits").text(), "digits");
  EXPECT_EQ(table.rows, 1797);
  ASSERT_EQ(table.columns, 65);
  std::array<int, 10> counts{};
  for (std::int64_t row = 0; row < table.rows; ++row) {
    const float* cells = &table.values[static_cast<std::size_t>(row * 65)];
    ASSERT_TRUE(std::all_of(cells, cells + 64, [](float pixel) { return pixel >= 0 && pixel <= 16; }));
    ++counts.at(static_cast<std::size_t>(cells[64]));
  }
  EXPECT_THAT(counts, ElementsAre(178, 182, 177, 183, 181, 182, 181, 179, 174, 180));
}

TEST(FashionMnistTest, SaysHowToInstallWhatIsMissing) {
  const TemporaryFolder folder;
  folder.put("t10k-images-idx3-ubyte.gz", "");
  const std::string text = error_of(Fault::input_file, [&] { fashion_mnist_files(false, folder.path()); });
  EXPECT_THAT(text, HasSubstr("t10k-labels-idx1-ubyte.gz'"));
  EXPECT_THAT(text, HasSubstr("apt install dataset-fashion-mnist"));
}

TEST(FashionMnistTest, TakesPlainFilesToo) {
  const TemporaryFolder folder;
  folder.put("train-images-idx3-ubyte", "");
  folder.put("train-labels-idx1-ubyte.gz", "");
  const auto files = fashion_mnist_files(true, folder.path());
  EXPECT_EQ(files.images, folder / "train-images-idx3-ubyte");
  EXPECT_EQ(files.labels, folder / "train-labels-idx1-ubyte.gz");
}

TEST(FashionMnistTest, ReadsTheInstalledPackage) {
  if (!exists(kFashionMnistFolder)) GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  const auto files = fashion_mnist_files(false);
  const IdxArray images = read_idx(files.images);
  EXPECT_THAT(images.header.dims, ElementsAre(10'000, 28, 28));
  EXPECT_EQ(images.header.dtype, DType::uint8);
  const IdxArray labels = read_idx(files.labels);
  EXPECT_THAT(labels.header.dims, ElementsAre(10'000));
  EXPECT_EQ(std::count(labels.values.span().begin(), labels.values.span().end(), std::byte{9}), 1000);
  EXPECT_THAT(read_idx_header(fashion_mnist_files(true).images).dims, ElementsAre(60'000, 28, 28));
}

}  // namespace
}  // namespace orrery
