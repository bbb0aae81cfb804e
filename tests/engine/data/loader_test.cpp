#include "runtime/engine/data/loader.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/tensor_box.h"
#include "runtime/engine/thread_choice.h"
#include "tests/files/error_of.h"

namespace orrery {
namespace {

// Sample i has the value i in one field and 10 i, 10 i + 1 in the other.
Dataset numbered(std::int64_t length) {
  const at::Tensor index = at::arange(length, at::kLong);
  const at::Tensor pair = at::stack({index * 10, index * 10 + 1}, 1).to(at::kFloat);
  Dataset set;
  set.fields = {{"pair", type_of(pair), false}, {"index", type_of(index), true}};
  set.tensors = {pair, index};
  set.length = length;
  return set;
}

std::vector<std::int64_t> indices(const Minibatch& batch) {
  const at::Tensor& index = batch.fields.at("index");
  return {index.const_data_ptr<std::int64_t>(), index.const_data_ptr<std::int64_t>() + index.numel()};
}

std::vector<std::vector<std::int64_t>> epoch_of(Loader& loader, std::int64_t epoch) {
  loader.begin(epoch);
  std::vector<std::vector<std::int64_t>> batches;
  while (const auto batch = loader.next()) {
    EXPECT_EQ(batch->index, static_cast<std::int64_t>(batches.size()));
    EXPECT_EQ(batch->size, batch->fields.at("index").size(0));
    EXPECT_TRUE(at::equal(batch->fields.at("pair").select(1, 1),
                          (batch->fields.at("index") * 10 + 1).to(at::kFloat)));
    batches.push_back(indices(*batch));
  }
  return batches;
}

TEST(LoaderTest, SequentialBatchesAreViewsOfTheSet) {
  const Dataset set = numbered(5);
  Loader loader(set, {.batch = 2});
  loader.begin(1);
  loader.next();
  const auto second = loader.next();
  EXPECT_EQ(indices(*second), (std::vector<std::int64_t>{2, 3}));
  EXPECT_TRUE(second->fields.at("pair").is_alias_of(set.tensors[0]));
}

TEST(LoaderTest, ABatchThatWasPeekedAtIsReadOnce) {
  const Dataset set = numbered(60'000);
  for (const int workers : {0, 1}) {
    const Loader::Options options{.batch = 16'384, .shuffle = true, .seed = 3, .workers = workers};
    Loader plain(set, options), peeked(set, options);
    const auto expected = epoch_of(plain, 1);
    peeked.begin(1);
    const auto first = peeked.peek();
    EXPECT_EQ(peeked.position(), (LoaderPosition{1, 0}));
    const auto again = peeked.peek();
    EXPECT_TRUE(again->fields.at("pair").is_same(first->fields.at("pair")));
    peeked.begin(1);
    const auto next = peeked.next();
    EXPECT_TRUE(next->fields.at("pair").is_same(first->fields.at("pair")));
    EXPECT_EQ(indices(*next), expected[0]);
    EXPECT_EQ(indices(*peeked.next()), expected[1]);
    EXPECT_EQ(epoch_of(peeked, 1), expected);
  }
}

TEST(LoaderTest, WhatWasPeekedAtIsForgottenWhereTheLoaderIsSentElsewhere) {
  Loader loader(numbered(6), {.batch = 2});
  loader.begin(1);
  loader.peek();
  loader.seek({1, 2});
  EXPECT_EQ(indices(*loader.next()), (std::vector<std::int64_t>{4, 5}));
  EXPECT_FALSE(loader.peek().has_value());
  loader.begin(1);
  EXPECT_EQ(indices(*loader.next()), (std::vector<std::int64_t>{0, 1}));
}

TEST(LoaderTest, LastBatchIsShortUnlessDropped) {
  Loader kept(numbered(5), {.batch = 2});
  EXPECT_EQ(epoch_of(kept, 1), (std::vector<std::vector<std::int64_t>>{{0, 1}, {2, 3}, {4}}));
  EXPECT_EQ(kept.batches(), 3);
  EXPECT_EQ(kept.samples(), 5);
  Loader dropped(numbered(5), {.batch = 2, .drop_last = true});
  EXPECT_EQ(epoch_of(dropped, 1), (std::vector<std::vector<std::int64_t>>{{0, 1}, {2, 3}}));
  EXPECT_EQ(dropped.batches(), 2);
  EXPECT_EQ(dropped.samples(), 4);
}

TEST(LoaderTest, ALimitEndsEachEpochEarly) {
  Loader loader(numbered(5), {.batch = 2});
  loader.limit(2);
  EXPECT_EQ(epoch_of(loader, 1), (std::vector<std::vector<std::int64_t>>{{0, 1}, {2, 3}}));
  EXPECT_EQ(loader.batches(), 2);
  EXPECT_EQ(loader.samples(), 4);
  loader.limit(3);
  EXPECT_EQ(loader.samples(), 5);
  EXPECT_EQ(epoch_of(loader, 2).size(), 3u);
  loader.limit(0);
  EXPECT_EQ(loader.samples(), 0);
  EXPECT_TRUE(epoch_of(loader, 1).empty());
}

TEST(LoaderTest, ALimitedShuffledEpochHasTheFirstOfTheWholeOrder) {
  Loader whole(numbered(9), {.batch = 2, .shuffle = true, .seed = 3});
  Loader limited(numbered(9), {.batch = 2, .shuffle = true, .seed = 3});
  limited.limit(2);
  for (const std::int64_t epoch : {1, 2}) {
    auto all = epoch_of(whole, epoch);
    all.resize(2);
    EXPECT_EQ(epoch_of(limited, epoch), all);
  }
}

TEST(LoaderTest, FullLastBatchIsKeptBySetsThatDivideEvenly) {
  Loader loader(numbered(4), {.batch = 2, .drop_last = true});
  EXPECT_EQ(epoch_of(loader, 1).size(), 2u);
}

TEST(LoaderTest, BatchLargerThanTheSetHoldsTheSet) {
  Loader loader(numbered(3), {.batch = 64});
  EXPECT_EQ(epoch_of(loader, 1), (std::vector<std::vector<std::int64_t>>{{0, 1, 2}}));
}

TEST(LoaderTest, RefusesAnEmptySetAndDropLastThatLeavesNothing) {
  EXPECT_NE(error_of(Fault::usage, [] { Loader(numbered(0), {.batch = 2}); }).find("empty"),
            std::string::npos);
  const std::string message =
      error_of(Fault::usage, [] { Loader(numbered(3), {.batch = 4, .drop_last = true}); });
  EXPECT_NE(message.find("a batch of 4"), std::string::npos) << message;
  EXPECT_NE(message.find("3 samples"), std::string::npos) << message;
}

TEST(LoaderTest, ShuffledEpochsFollowTheSampler) {
  Loader loader(numbered(7), {.batch = 3, .shuffle = true, .seed = 5});
  const auto first = epoch_of(loader, 1), second = epoch_of(loader, 2);
  std::vector<std::int64_t> flat;
  for (const auto& batch : second) flat.insert(flat.end(), batch.begin(), batch.end());
  EXPECT_EQ(flat, Sampler(7, Sampler::Order::shuffled, 5).order(2));
  EXPECT_NE(first, second);
  EXPECT_EQ(epoch_of(loader, 1), first);
}

TEST(LoaderTest, AnyPositionCanBeTakenUpAgain) {
  Loader loader(numbered(20), {.batch = 3, .shuffle = true, .seed = 9});
  loader.begin(4);
  loader.next();
  loader.next();
  const LoaderPosition position = loader.position();
  EXPECT_EQ(position, (LoaderPosition{4, 2}));
  const auto expected = indices(*loader.next());
  Loader other(numbered(20), {.batch = 3, .shuffle = true, .seed = 9});
  other.seek(position);
  EXPECT_EQ(indices(*other.next()), expected);
  EXPECT_THROW(other.seek({4, 8}), InvariantFailure);
}

// Of 16 bytes a sample: 4096 of them are the 64 KiB from which batches are gathered on a thread.
TEST(LoaderTest, LargeShuffledBatchesAreGatheredAheadOnOneThread) {
  const auto workers = [](const Loader::Options& options) {
    return Loader(numbered(9000), options).workers();
  };
  const int one = std::min(1, allowed_cores() - 1);
  EXPECT_EQ(workers({.batch = 4096, .shuffle = true}), one);
  EXPECT_EQ(workers({.batch = 4096, .shuffle = true, .workers = 3}), 1);
  EXPECT_EQ(workers({.batch = 4095, .shuffle = true, .workers = 3}), 0);
  EXPECT_EQ(workers({.batch = 4096, .shuffle = true, .workers = 0}), 0);
  EXPECT_EQ(workers({.batch = 4096, .workers = 3}), 0);
}

TEST(LoaderTest, GatheringAheadChangesNoBatch) {
  constexpr std::int64_t kSamples = 4096 * 40 + 5;
  Loader here(numbered(kSamples), {.batch = 4096, .shuffle = true, .seed = 3, .workers = 0});
  Loader ahead(numbered(kSamples), {.batch = 4096, .shuffle = true, .seed = 3, .workers = 1});
  for (const std::int64_t epoch : {1, 2}) EXPECT_EQ(epoch_of(ahead, epoch), epoch_of(here, epoch));
  for (const LoaderPosition& position : {LoaderPosition{2, 7}, {2, 6}, {3, 40}}) {
    here.seek(position);
    ahead.seek(position);
    for (int i = 0; i < 18; ++i) {
      const auto expected = here.next(), got = ahead.next();
      ASSERT_EQ(got.has_value(), expected.has_value());
      if (!expected) break;
      EXPECT_EQ(indices(*got), indices(*expected));
    }
  }
}

TEST(LoaderTest, BatchesGatheredTogetherAreTheTakersToChange) {
  const Dataset set = numbered(20000);
  Loader loader(set, {.batch = 4096, .shuffle = true, .workers = 1});
  loader.begin(1);
  const auto first = loader.next(), second = loader.next();
  const std::vector<std::int64_t> before = indices(*second);
  first->fields.at("index").fill_(-1);
  EXPECT_EQ(indices(*second), before);
  EXPECT_EQ(set.tensors[1].min().item<std::int64_t>(), 0);
}

TEST(LoaderTest, CanBeLeftWhileBatchesAreGathered) {
  const Dataset set = numbered(4096 * 40);
  for (int round = 0; round < 30; ++round) {
    Loader loader(set, {.batch = 4096, .shuffle = true, .workers = 1});
    loader.begin(round + 1);
    const auto first = loader.next();
    EXPECT_EQ(first->size, 4096);
  }
}

TEST(LoaderTest, ShufflingMovesNoGeneratorOfLibTorch) {
  at::manual_seed(3);
  const at::Tensor before = at::rand({4});
  at::manual_seed(3);
  Loader loader(numbered(50), {.batch = 8, .shuffle = true});
  epoch_of(loader, 1);
  EXPECT_TRUE(at::equal(at::rand({4}), before));
}

TEST(LoaderTest, SourceWithoutASeedTakesTheRuns) {
  DataSource source;
  source.options = Attributes(data_source_attributes("digits"));
  EXPECT_EQ(loader_options(source, 77).seed, 77u);
  source.options.set("seed", std::int64_t{5});
  source.options.set("shuffle", true);
  const Loader::Options options = loader_options(source, 77);
  EXPECT_EQ(options.seed, 5u);
  EXPECT_TRUE(options.shuffle);
  EXPECT_EQ(options.batch, 32);
}

TEST(LoaderTest, ASetIsKeptOnADeviceUpToAQuarterOfWhatIsFree) {
  EXPECT_TRUE(fits_on_device(25, 100));
  EXPECT_FALSE(fits_on_device(26, 100));
  EXPECT_FALSE(fits_on_device(1, 3));
  EXPECT_TRUE(fits_on_device(0, 0));
}

}  // namespace
}  // namespace orrery
