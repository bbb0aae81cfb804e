#include <gtest/gtest.h>

#include "tests/files/error_of.h"
#include "tests/governors/open_source.h"

namespace orrery {
namespace {

using Indices = std::vector<std::int64_t>;

std::shared_ptr<const DataSource> numbers(std::int64_t length, std::int64_t width = 3) {
  return shared_source("random", {{"shape", Shape{width}}, {"length", length}, {"classes", whole(2)}});
}

DataSource joined(const std::string& kind, std::vector<std::shared_ptr<const DataSource>> sources,
                  const Given& given = {}) {
  return open_source(kind, given, {.sources = std::move(sources)});
}

TEST(ConcatTest, LengthsAddUp) {
  const DataSource source = joined("concat", {numbers(3), numbers(4)});
  EXPECT_EQ(source.length, 7);
  EXPECT_EQ(source.classes.size(), 2u);
  EXPECT_EQ(source.fields.size(), 2u);
}

TEST(ConcatTest, FieldsAndClassesMustBeTheSame) {
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       joined("concat", {numbers(3), numbers(3, 4)});
                     }),
            "train.lua:5: source 2 of concat has the fields 'data' (4) float32, 'label' () int64, and the "
            "first has "
            "'data' (3) float32, 'label' () int64");
  EXPECT_EQ(error_of(Fault::usage, [] { joined("concat", {}); }),
            "train.lua:5: data.concat takes one source or more, got none");
  const auto other = shared_source("random", {{"shape", Shape{3}}, {"classes", whole(3)}});
  EXPECT_EQ(error_of(Fault::usage,
                     [&] {
                       joined("concat", {numbers(3), other});
                     }),
            "train.lua:5: source 2 of concat has other classes than the first");
}

TEST(SubsetTest, HasTheSamplesThatAreNamed) {
  EXPECT_EQ(joined("subset", {numbers(5)}, {{"indices", Indices{4, 0}}}).length, 2);
  EXPECT_EQ(joined("subset", {numbers(5)}).length, 5);
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       joined("subset", {numbers(5)}, {{"indices", Indices{5}}});
                     }),
            "train.lua:5: indices: there is no sample 5; there are 5, numbered 0 to 4");
  EXPECT_EQ(error_of(Fault::input_file,
                     [] {
                       joined("subset", {numbers(5)}, {{"indices", Indices{}}});
                     }),
            "train.lua:5: subset: the set is empty");
}

TEST(PartTest, IsAShareOrItsComplement) {
  EXPECT_EQ(joined("part", {numbers(10)}, {{"from", whole(2)}, {"count", whole(3)}}).length, 3);
  EXPECT_EQ(
      joined("part", {numbers(10)}, {{"from", whole(2)}, {"count", whole(3)}, {"complement", true}}).length,
      7);
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       joined("part", {numbers(10)}, {{"from", whole(8)}, {"count", whole(3)}});
                     }),
            "train.lua:5: a share of 3 samples from 8 on is not within 10");
  EXPECT_EQ(
      error_of(
          Fault::usage,
          [] {
            joined("part", {numbers(10)}, {{"from", whole(0)}, {"count", whole(3)}, {"stratify", "labl"}});
          }),
      "train.lua:5: stratify: there is no field 'labl' (did you mean 'label'?)");
}

TEST(LoaderOptionsTest, HaveMeaningOnlyTogether) {
  const auto refused = [](Given given) {
    given.push_back({"shape", Shape{3}});
    return error_of(Fault::usage, [&] { open_source("random", given); });
  };
  EXPECT_EQ(refused({{"weights", reals({1.0})}}),
            "train.lua:5: weights has no meaning without sampler = 'weighted'");
  EXPECT_EQ(refused({{"num_samples", whole(3)}}),
            "train.lua:5: num_samples has no meaning without sampler = 'weighted'");
  EXPECT_EQ(refused({{"by", "data"}}), "train.lua:5: by has no meaning without a sampler");
  EXPECT_EQ(refused({{"max_tokens", whole(3)}}),
            "train.lua:5: max_tokens has no meaning without bucket = true");
  EXPECT_EQ(refused({{"rank", whole(2)}, {"world", whole(2)}}),
            "train.lua:5: rank must be less than world (2), got 2");
  EXPECT_EQ(refused({{"pad", whole(0)}}), "train.lua:5: pad: all samples have the same size");
  EXPECT_EQ(refused({{"sampler", "weightd"}}).find("train.lua:5"), std::string::npos);
}

TEST(LoaderOptionsTest, BatchesFollowDrawsAndShares) {
  const auto batches = [](Given given) {
    given.insert(given.end(),
                 {{"shape", Shape{3}}, {"length", whole(10)}, {"batch", whole(2)}, {"classes", whole(2)}});
    return open_source("random", given).batches();
  };
  EXPECT_EQ(batches({}), 5);
  EXPECT_EQ(batches({{"world", whole(4)}}), 2);
  EXPECT_EQ(batches({{"world", whole(4)}, {"drop_last", true}}), 1);
  EXPECT_EQ(batches({{"sampler", "weighted"}, {"num_samples", whole(40)}}), 20);
  EXPECT_EQ(batches({{"sampler", "group"}}), std::nullopt);
}

}  // namespace
}  // namespace orrery
