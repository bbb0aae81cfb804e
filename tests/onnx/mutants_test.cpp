// ONNX's own conformance models (Debian's libonnx-testdata), damaged: each is imported or refused. As many of
// each as the environment's ORRERY_MUTANTS says; few by default, since there are so many models.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "runtime/graph/json.h"
#include "tests/files/temporary_folder.h"
#include "tests/onnx/onnx_builder.h"

namespace orrery::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConformance = "/usr/share/libonnx-testdata/data";
constexpr std::size_t kModels = 200;
constexpr std::uintmax_t kSmall = 2048;  // bytes

// A few of the small ones of every kind, always the same.
std::vector<fs::path> small_models() {
  std::vector<fs::path> models;
  if (!fs::exists(kConformance)) return models;
  for (const auto& entry : fs::recursive_directory_iterator(kConformance))
    if (entry.path().filename() == "model.onnx" && entry.file_size() <= kSmall)
      models.push_back(entry.path());
  std::ranges::sort(models);
  std::ranges::shuffle(models, std::mt19937(1));
  if (models.size() > kModels) models.resize(kModels);
  return models;
}

// Bytes set, turned, taken out and doubled.
std::string damaged(std::string text, std::mt19937& dice) {
  for (unsigned times = 1 + dice() % 3; times > 0 && !text.empty(); --times) {
    const std::size_t at = dice() % text.size(),
                      length = 1 + dice() % std::min<std::size_t>(8, text.size() - at);
    switch (dice() % 4) {
      case 0: text[at] = static_cast<char>(dice()); break;
      case 1: text[at] = static_cast<char>(text[at] ^ 1 << dice() % 8); break;
      case 2: text.erase(at, length); break;
      default: text.insert(at, text.substr(at, length));
    }
  }
  return text;
}

// Whether the bytes are a model that is imported; what was, can be written down as a graph.
bool imports(const std::string& bytes) {
  Runtime runtime;
  runtime.log.sink = [](Log::Level, const std::string&) {};
  std::unique_ptr<Graph> graph;
  try {
    graph = import_onnx(onnx_from_text(bytes, "mutant.onnx"), operations(), runtime);
  } catch (const Error& error) {
    const Fault fault = error.fault();
    EXPECT_TRUE(fault == Fault::input_file || fault == Fault::check || fault == Fault::usage) << error.what();
    return false;
  }
  EXPECT_FALSE(to_json(*graph).empty());
  return true;
}

TEST(OnnxMutantsTest, AreImportedOrRefused) {
  const std::vector<fs::path> models = small_models();
  if (models.empty()) GTEST_SKIP() << "Debian's libonnx-testdata is not installed: ./dev setup --data";
  const char* wanted = std::getenv("ORRERY_MUTANTS");
  const int count = wanted ? std::atoi(wanted) : 3;
  int imported = 0;
  for (const fs::path& path : models) {
    const std::string sound = content_of(path);
    std::mt19937 dice(static_cast<unsigned>(sound.size()));
    for (int i = 0; i < count; ++i) {
      const std::string bytes = damaged(sound, dice);
      try {
        imported += imports(bytes);
      } catch (const std::exception& error) {
        ADD_FAILURE() << path << ", mutant " << i << ": " << error.what();
      }
    }
  }
  EXPECT_GT(imported, 0) << "letters of names may be anything";
}

}  // namespace
}  // namespace orrery::testing
