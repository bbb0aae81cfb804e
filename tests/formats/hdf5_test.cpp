#include <cmath>
#include <cstring>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/core/shape.h"
#include "runtime/formats/hdf5/hdf5_file.h"
#include "runtime/formats/weights_file.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/archives.h"

namespace orrery {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

const std::string kForms = in_source("tests/fixtures/keras/forms.h5");

Hdf5File opened(const std::string& path) { return Hdf5File(hdf5_file_source(path, posix_files())); }

template <class T>
std::vector<double> numbers_of(const Bytes& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return {values.begin(), values.end()};
}

double half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const double size =
      exponent == 0 ? std::ldexp(bits & 1023, -24) : std::ldexp(1024 + (bits & 1023), exponent - 25);
  return bits & 0x8000 ? -size : size;
}

std::vector<double> values_of(const Hdf5File& file, const Hdf5Dataset& dataset) {
  Bytes bytes(static_cast<std::size_t>(dataset.bytes()));
  file.read(dataset, bytes.span());
  const std::string_view type = dataset.dtype.name;
  if (type == "F32") return numbers_of<float>(bytes);
  if (type == "F64") return numbers_of<double>(bytes);
  if (type == "I64") return numbers_of<std::int64_t>(bytes);
  if (type == "I16") return numbers_of<std::int16_t>(bytes);
  if (type == "U32") return numbers_of<std::uint32_t>(bytes);
  if (type == "I8" || type == "BOOL") return numbers_of<std::int8_t>(bytes);
  std::vector<double> values;
  for (const double bits : numbers_of<std::uint16_t>(bytes))
    values.push_back(half(static_cast<std::uint16_t>(bits)));
  return values;
}

class Hdf5Test : public ::testing::Test {
 protected:
  std::string refusal(const std::string& content) {
    const std::string path = folder_.put("f.h5", content);
    return error_of(Fault::input_file, [&] { read_all(path); });
  }
  static void read_all(const std::string& path) {
    const Hdf5File file = opened(path);
    for (const Hdf5Dataset& dataset : file.datasets()) {
      Bytes bytes(static_cast<std::size_t>(dataset.bytes()));
      file.read(dataset, bytes.span());
    }
    for (const char* name : {"one", "fixed", "several"}) file.texts("", name);
  }

  TemporaryFolder folder_;
};

TEST_F(Hdf5Test, EveryFormOfADatasetHasTheValuesThatH5pyWrote) {
  const json wanted = json::parse(content_of(in_source("tests/fixtures/keras/forms.json")));
  const Hdf5File file = opened(kForms);
  EXPECT_EQ(file.datasets().size(), wanted.size());
  for (const auto& [path, values] : wanted.items()) {
    const Hdf5Dataset* dataset = file.find(path);
    ASSERT_NE(dataset, nullptr) << path;
    EXPECT_EQ(values_of(file, *dataset), values.get<std::vector<double>>()) << path;
  }
}

TEST_F(Hdf5Test, TellsShapesAndTypes) {
  const Hdf5File file = opened(kForms);
  const auto told = [&](const std::string& path) {
    return std::string(file.find(path)->dtype.name) + " " + str(shape_of(file.find(path)->shape));
  };
  EXPECT_EQ(told("plain/half"), "F16 (2, 3)");
  EXPECT_EQ(told("plain/highest_byte_first"), "F32 (2, 2)");
  EXPECT_EQ(told("plain/truth"), "BOOL (3)");
  EXPECT_EQ(told("plain/counts"), "U32 (2)");
  EXPECT_EQ(told("plain/scalar"), "F32 ()");
  EXPECT_EQ(told("plain/none"), "F32 (0, 3)");
  EXPECT_EQ(told("chunks/packed"), "F32 (7, 5, 3)");
}

TEST_F(Hdf5Test, WhatLeadsOutOfAFileOrIsNoTensorIsRefusedByName) {
  const auto refused = opened(kForms).refused();
  const auto why = [&](const std::string& path) {
    return refused.contains(path) ? refused.at(path) : "nothing";
  };
  EXPECT_EQ(why("linking/outside"), "a link into another file, other.h5");
  EXPECT_EQ(why("refused/virtual"), "a virtual dataset, whose values lie in other files");
  EXPECT_EQ(why("refused/elsewhere"), "a dataset whose values lie in other files");
  EXPECT_EQ(why("refused/soft"), "a link to /plain/half");
  EXPECT_EQ(why("refused/again"), "a second link to 'plain/half'");
  EXPECT_EQ(why("refused/lzf"),
            "packed with the filter 32000 (lzf), which is not read; gzip and shuffle are");
  EXPECT_EQ(why("refused/text"), "a dataset of texts");
  EXPECT_EQ(why("refused/pairs"), "a dataset of compound values");
  EXPECT_EQ(why("refused/unwritten"), "a dataset whose values were never written");
}

TEST_F(Hdf5Test, AttributesAreTexts) {
  const Hdf5File file = opened(kForms);
  EXPECT_THAT(file.texts("", "one"), Optional(ElementsAre("a text")));
  EXPECT_THAT(file.texts("", "fixed"), Optional(ElementsAre("first", "second")));
  EXPECT_THAT(file.texts("", "several"), Optional(ElementsAre("some", "", "more")));
  EXPECT_FALSE(file.texts("", "number"));
  EXPECT_FALSE(file.texts("", "nothing"));
  EXPECT_FALSE(file.texts("no group", "one"));
}

TEST_F(Hdf5Test, NewerFormsAreReadWhereTheyAreAsPlain) {
  const Hdf5File file = opened(in_source("tests/fixtures/keras/newest.h5"));
  ASSERT_NE(file.find("plain"), nullptr);
  EXPECT_EQ(values_of(file, *file.find("plain")).back(), 104);
  EXPECT_THAT(file.refused().at("chunks"), HasSubstr("laid out by version 4"));
}

TEST_F(Hdf5Test, AFileThatIsCutOffIsSaidToBe) {
  const std::string whole = content_of(kForms);
  EXPECT_THAT(refusal(whole.substr(0, whole.size() - 1)),
              HasSubstr(fmt::format("f.h5' is cut off: it has {} bytes, and should have {}", whole.size() - 1,
                                    whole.size())));
  EXPECT_THAT(refusal(whole.substr(0, 20)), HasSubstr("f.h5' is damaged: its beginning"));
}

TEST_F(Hdf5Test, AFileOfAnotherKindIsNamed) {
  EXPECT_THAT(refusal("\x89PNG\r\n\x1A\n and more"), HasSubstr("is not an HDF5 file but a PNG image"));
  EXPECT_THAT(refusal(""), HasSubstr("is not an HDF5 file but an empty file"));
}

TEST_F(Hdf5Test, AVersionThatIsNotKnownIsToldWithWhatHelps) {
  std::string whole = content_of(kForms);
  whole[8] = 4;
  EXPECT_THAT(refusal(whole),
              ::testing::AllOf(HasSubstr("a superblock of version 4"), HasSubstr("libver='earliest'")));
}

TEST_F(Hdf5Test, ASumThatDoesNotAgreeNamesTheDataset) {
  std::string whole = content_of(kForms);
  const Hdf5File file = opened(kForms);
  const Hdf5Dataset& packed = *file.find("chunks/packed");
  // The first chunk's address follows its key in the tree's node.
  const std::size_t child = static_cast<std::size_t>(packed.address) + 24 + 8 + 8 * 4;
  std::uint64_t address = 0;
  std::memcpy(&address, whole.data() + child, 8);
  whole[static_cast<std::size_t>(address) + 8] ^= 1;
  EXPECT_THAT(refusal(whole), HasSubstr("f.h5' is damaged: its dataset 'chunks/packed'"));
}

TEST_F(Hdf5Test, AFileCutAnywhereIsRefused) {
  const std::string whole = content_of(in_source("tests/fixtures/keras/both.h5"));
  for (std::size_t size = 0; size < whole.size(); size += 61) refusal(whole.substr(0, size));
}

TEST_F(Hdf5Test, DamageIsReadOrRefused) {
  const std::string whole = content_of(kForms);
  std::mt19937 random(1);
  int read = 0, refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = whole;
    for (std::size_t at = 1 + random() % 4; at-- > 0;)
      damaged[random() % damaged.size()] = static_cast<char>(random() % 3 == 0 ? 0xFF : random());
    const std::string path = folder_.put("f.h5", damaged);
    try {
      read_all(path);
      ++read;
    } catch (const Error& error) {
      ASSERT_EQ(error.fault(), Fault::input_file) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_GT(refused, 100);
}

TEST_F(Hdf5Test, AFileOfWeightsListsAndReadsIt) {
  const auto weights = open_weights(in_source("tests/fixtures/keras/nested.weights.h5"));
  EXPECT_EQ(weights->listing().kind, "HDF5");
  std::vector<std::string> names;
  for (const WeightTensor& tensor : weights->listing().tensors) names.push_back(tensor.name);
  EXPECT_THAT(names, ::testing::Contains("layers/sequential/layers/dense/vars/0"));
  const auto part = open_weights(in_source("tests/fixtures/keras/nested.weights.h5"), "layers/sequential");
  EXPECT_EQ(part->listing().tensors.at(0).name, "layers/dense/vars/0");
  EXPECT_EQ(part->read(part->listing().tensors[0]).size(), 4 * 2 * 3u);
}

TEST_F(Hdf5Test, AnArchiveOfKerasTellsWhoWroteIt) {
  const auto weights = open_weights(in_source("tests/fixtures/keras/both.keras"));
  EXPECT_EQ(weights->listing().kind, "Keras");
  EXPECT_THAT(weights->listing().metadata, ::testing::Contains(::testing::Key("keras_version")));
  EXPECT_EQ(weights->listing().tensors.size(), 6u);
}

}  // namespace
}  // namespace orrery
