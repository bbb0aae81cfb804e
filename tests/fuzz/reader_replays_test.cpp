#include <algorithm>
#include <filesystem>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/formats/zip.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/fuzz/reader_targets.h"

namespace orrery {
namespace {

// Bytes set, taken out, doubled and moved: a few places at a time, as libFuzzer does.
std::string mutant(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (std::size_t times = 1 + below(4); times > 0 && !text.empty(); --times) {
    const std::size_t at = below(text.size()),
                      length = 1 + below(std::min<std::size_t>(16, text.size() - at));
    switch (below(5)) {
      case 0: text[at] = static_cast<char>(random()); break;
      case 1: text[at] = static_cast<char>(text[at] ^ 1 << below(8)); break;
      case 2: text.erase(at, length); break;
      case 3: text.insert(below(text.size()), text.substr(at, length)); break;
      default: text.replace(at, length, std::string(length, static_cast<char>(below(2) * 0xFF)));
    }
  }
  return text;
}

/// How many of so many mutants are accepted; every one is accepted or refused.
int accepted_mutants(std::string_view target, const std::string& seed, int count) {
  std::mt19937 random(static_cast<unsigned>(seed.size()));
  int accepted = 0;
  for (int i = 0; i < count; ++i) accepted += accepts(reader_target(target), as_bytes(mutant(seed, random)));
  return accepted;
}

std::string fixture(const std::string& name) {
  return content_of(in_source("tests/formats/fixtures/" + name));
}

constexpr int kMutants = 2000;

TEST(ReaderReplayTest, MutantsOfPyTorchFilesAreReadOrRefused) {
  for (const std::string name : {"state.pt", "shared.pt", "checkpoint.pt", "script.pt", "state_legacy.pt"}) {
    EXPECT_TRUE(accepts(reader_target("pt"), as_bytes(fixture("pt/" + name)))) << name;
    EXPECT_LT(accepted_mutants("pt", fixture("pt/" + name), kMutants), kMutants) << name;
  }
}

// The pickle of an archive has a checksum, which mutants of the archive do not get past.
TEST(ReaderReplayTest, MutantsOfPicklesAreReadOrRefused) {
  for (const std::string name :
       {"state.pt", "shared.pt", "checkpoint.pt", "script.pt", "dtypes.pt", "sparse.pt"}) {
    const std::string path = in_source("tests/formats/fixtures/pt/" + name);
    const ZipReader zip(path);
    for (const ZipEntry& entry : zip.entries()) {
      if (!entry.name.ends_with("/data.pkl")) continue;
      const std::string pickle(zip.read(entry).text());
      EXPECT_TRUE(accepts(reader_target("pickle"), as_bytes(pickle))) << name;
      EXPECT_LT(accepted_mutants("pickle", pickle, kMutants), kMutants) << name;
    }
  }
}

TEST(ReaderReplayTest, MutantsOfOtherWeightsAreReadOrRefused) {
  const std::vector<std::pair<std::string, std::string>> seeds{
      {"safetensors", "reference.safetensors"}, {"npz", "data/stored.npz"},  {"npz", "data/deflated.npz"},
      {"npy", "data/fortran_big_endian.npy"},   {"weights", "pt/tensor.pt"}, {"weights", "data/stored.npz"}};
  for (const auto& [target, name] : seeds) {
    EXPECT_TRUE(accepts(reader_target(target), as_bytes(fixture(name)))) << name;
    EXPECT_LT(accepted_mutants(target, fixture(name), kMutants), kMutants) << name;
  }
  EXPECT_EQ(accepted_mutants("weights", fixture("pt/model.safetensors.index.json"), kMutants), 0);
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

TEST(ReaderReplayTest, EveryTargetAcceptsAllItsSeeds) {
  for (const ReaderTarget& target : reader_targets()) {
    const auto seeds = files_in(in_source("tests/fuzz/corpus/" + std::string(target.name)));
    EXPECT_FALSE(seeds.empty()) << target.name;
    for (const auto& seed : seeds) EXPECT_TRUE(accepts(target, as_bytes(content_of(seed)))) << seed;
  }
}

TEST(ReaderReplayTest, MutantsOfEverySeedAreReadOrRefused) {
  for (const ReaderTarget& target : reader_targets())
    for (const auto& seed : files_in(in_source("tests/fuzz/corpus/" + std::string(target.name))))
      accepted_mutants(target.name, content_of(seed), 100);
}

TEST(ReaderReplayTest, WhatBrokeAReaderOnceDoesSoNoMore) {
  for (const ReaderTarget& target : reader_targets())
    for (const auto& found : files_in(in_source("tests/fuzz/found/" + std::string(target.name))))
      EXPECT_NO_THROW(accepts(target, as_bytes(content_of(found)))) << found;
}

TEST(ReaderReplayTest, EveryFolderOfSeedsAndOfFoundFilesBelongsToATarget) {
  for (const std::string place : {"corpus", "found"})
    for (const auto& entry : files_in(in_source("tests/fuzz/" + place)))
      EXPECT_NO_THROW(reader_target(entry.stem().string())) << entry;
}

TEST(ReaderReplayTest, EveryTargetRefusesOrReadsEveryFixture) {
  for (const std::string folder : {"pt", "data"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(in_source("tests/formats/fixtures/" + folder))) {
      const std::string bytes = content_of(entry.path());
      for (const ReaderTarget& target : reader_targets()) accepts(target, as_bytes(bytes));
    }
  }
}

}  // namespace
}  // namespace orrery
