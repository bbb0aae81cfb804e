// Files of weights: what loading one takes beside reading its bytes.

#include <sstream>

#include "runtime/engine/training/load.h"
#include "runtime/files/paths.h"
#include "runtime/files/read_file.h"
#include "runtime/formats/pt_writer.h"
#include "runtime/formats/safetensors_writer.h"
#include "tests/bench/child.h"
#include "tests/bench/stopwatch.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"

namespace orrery::bench {
namespace {

// 500 MB: 30 matrices of a transformer's size, and as many vectors.
constexpr int kLayers = 30;
constexpr std::int64_t kWidth = 2040;

/// Parameters, and a file of weights for them.
class StoredWeights {
 public:
  explicit StoredWeights(const std::string& ending) : path_(folder_ / ("weights." + ending)) {
    for (int layer = 0; layer < kLayers; ++layer) {
      add(std::to_string(layer) + ".weight", {kWidth, kWidth});
      add(std::to_string(layer) + ".bias", {kWidth});
    }
    if (ending == "pt")
      write_pt(path_, items_);
    else
      write_safetensors(path_, items_);
  }

  /// Into parameters that have values, as a model that was built has.
  void load() { load_weights(engine_, entries_, path_); }
  void read() const { read_file(path_, std::uint64_t{1} << 30); }

 private:
  void add(const std::string& key, const Shape& shape) {
    auto parameter = std::make_shared<Parameter>();
    parameter->name = key;
    parameter->shape = shape;
    std::vector<std::int64_t> sizes;
    for (const Dim& dim : shape) sizes.push_back(dim.value());
    const auto bytes = as_bytes(values_).first(static_cast<std::size_t>(parameter->bytes()));
    items_.push_back({key, safetensors_dtype(DType::float32), sizes, [bytes] { return bytes; }});
    entries_.push_back({key, std::move(parameter), nullptr, nullptr});
  }

  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_, false);
  TemporaryFolder folder_;
  std::string path_;
  std::string values_ = std::string(static_cast<std::size_t>(kWidth * kWidth) * sizeof(float), 'w');
  std::vector<SafetensorsItem> items_;
  std::vector<Graph::Entry> entries_;
};

std::function<Measured()> loading(const std::string& ending) {
  return [ending] {
    StoredWeights weights(ending);
    return interleaved(
        5, [&] { weights.load(); }, [&] { weights.read(); });
  };
}

// What a process takes more while it loads, at most, against the file and 64 MB.
std::function<Measured()> loading_memory(const std::string& ending) {
  return [ending]() -> Measured {
    std::istringstream numbers(output_of(
        {in_build("orrery"), "run", in_source("tests/bench/scripts/load_weights.lua"), "ending=" + ending}));
    double grown = 0, file = 0;
    check(static_cast<bool>(numbers >> grown >> file), Fault::run, "the script has not said what it took");
    return {{{grown}}, Times{{file + 64e6}}};
  };
}

}  // namespace

std::vector<Figure> weights_figures() {
  return {
      {"weights.safetensors", "500 MB of safetensors loaded into a model, against reading the file",
       kMilliseconds, loading("safetensors"), 1.2},
      {"weights.pt", "the same of a .pt", kMilliseconds, loading("pt"), 1.5},
      {"weights.memory_safetensors", "the most memory that this takes, against the file and 64 MB",
       kMebibytes, loading_memory("safetensors"), 1},
      {"weights.memory_pt", "the same of a .pt", kMebibytes, loading_memory("pt"), 1},
  };
}

}  // namespace orrery::bench
