#include "runtime/engine/training/save.h"

#include <algorithm>
#include <cerrno>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/training/load.h"
#include "runtime/engine/training/model_metadata.h"
#include "runtime/formats/safetensors_reader.h"
#include "tests/engine/training/experiment.h"
#include "tests/files/error_of.h"
#include "tests/files/faults/faulty_files.h"
#include "tests/files/temporary_folder.h"

namespace orrery {
namespace {

using testing::bit_equal;
using testing::Experiment;
using testing::SmallRun;
using testing::whole;

std::vector<std::string> keys_in(const std::string& path) {
  const SafetensorsReader reader(path);
  std::vector<std::string> keys;
  for (const auto& tensor : reader.header().tensors) keys.push_back(tensor.name);
  std::sort(keys.begin(), keys.end());
  return keys;
}

// A convolution in a block, batch normalisation, and two tied linear layers.
struct Tied : Experiment {
  explicit Tied(std::uint64_t seed = 1) : Experiment(seed) {
    const auto fields = feed(data(at::zeros({4, 1, 4, 4}), at::zeros({4}, at::kLong), {{"batch", whole(2)}}));
    graph.begin_block("features");
    Value x = layer("Conv2d",
                    {{"in_channels", whole(1)},
                     {"out_channels", whole(2)},
                     {"kernel_size", whole(3)},
                     {"padding", whole(1)}},
                    {fields[0]});
    x = layer("BatchNorm2d", {{"num_features", whole(2)}}, {x});
    graph.end_block();
    x = layer("Flatten", {}, {x});
    x = linear(32, 32, x, "one");
    const LayerPtr second = make("Linear", {{"in_features", whole(32)}, {"out_features", whole(32)}}, "two");
    second->tie("weight", graph.layers().back()->parameter("weight"));
    x = graph.apply(second, {x}).at(0);
    graph.use({Use::Kind::output, x, "scores"});
    loss = cross_entropy(x, fields[1]);
    optimize("SGD", loss, {{"lr", 0.1}});
  }
  Value loss;
};

TEST(SaveTest, KeysAreThoseOfPyTorchAndTiedTensorsAreStoredOnce) {
  const TemporaryFolder folder;
  Tied tied;
  tied.manager();
  const std::string path = folder / "model.safetensors";
  save_graph(Engine::of(tied.runtime), tied.graph, path);
  EXPECT_EQ(keys_in(path), (std::vector<std::string>{
                               "features.batch_norm2d.bias", "features.batch_norm2d.num_batches_tracked",
                               "features.batch_norm2d.running_mean", "features.batch_norm2d.running_var",
                               "features.batch_norm2d.weight", "features.conv2d.bias",
                               "features.conv2d.weight", "one.bias", "one.weight", "two.bias"}));
  const SafetensorsReader reader(path);
  const auto& metadata = reader.header().metadata;
  EXPECT_EQ(metadata.at("format"), "pt");
  const Aliases aliases = aliases_from_json(metadata.at(kAliasesKey), "it");
  EXPECT_EQ(aliases.size(), 1u);
  EXPECT_EQ(aliases.at("two.weight"), "one.weight");
}

TEST(SaveTest, SignatureNamesInputsAndOutputs) {
  Tied tied;
  const auto signature = nlohmann::json::parse(signature_to_json(tied.graph));
  ASSERT_EQ(signature["inputs"].size(), 1u);
  EXPECT_EQ(signature["inputs"][0]["name"], "x");
  EXPECT_EQ(signature["inputs"][0]["shape"], nlohmann::json::parse(R"(["N",1,4,4])"));
  EXPECT_EQ(signature["outputs"][0]["name"], "scores");
}

TEST(SaveTest, GraphWithoutMarkedOutputsGivesWhatItsLossReads) {
  SmallRun small;
  const auto signature = nlohmann::json::parse(signature_to_json(small.graph));
  ASSERT_EQ(signature["outputs"].size(), 1u);
  EXPECT_EQ(signature["outputs"][0]["name"], "second");
}

TEST(SaveTest, WholeModelComesBackAndGivesTheSameNumbers) {
  const TemporaryFolder folder;
  SmallRun small;
  small.optimize("AdamW", small.loss, {{"lr", 0.05}});
  small.run();
  const std::string path = folder / "model.safetensors";
  save_graph(Engine::of(small.runtime), small.graph, path);
  Runtime other;
  const auto graph = load_graph(Engine::of(other), path);
  EXPECT_EQ(graph->name(), "experiment");
  const auto weights = small.weights();
  for (const Graph::Entry& entry : graph->state()) {
    EXPECT_TRUE(at::equal(Engine::of(other).tensor(entry.parameter), weights.at(entry.key))) << entry.key;
  }
}

TEST(SaveTest, WeightsReturnIntoAGraphOfTheSameForm) {
  const TemporaryFolder folder;
  Tied one(1), other(2);
  one.manager();
  other.manager();
  const std::string path = folder / "model.safetensors";
  save_graph(Engine::of(one.runtime), one.graph, path);
  EXPECT_FALSE(bit_equal(one.weights(), other.weights()));
  load_weights(Engine::of(other.runtime), other.graph, path);
  EXPECT_TRUE(bit_equal(one.weights(), other.weights()));
}

TEST(SaveTest, AllThatDoesNotFitIsListedAtOnceAndNothingChanges) {
  const TemporaryFolder folder;
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.manager();
  Engine& engine = Engine::of(small.runtime);
  const auto before = small.weights();
  const std::string path = folder / "w.safetensors";
  write_tensors(engine, path,
                {{"first.weight", at::ones({8, 3})},
                 {"first.bais", at::ones({8})},
                 {"second.weight", at::ones({2, 8})},
                 {"second.bias", at::ones({2}, at::kLong)}},
                {});
  const std::string message = error_of(Fault::input_file, [&] { load_weights(engine, small.graph, path); });
  for (const char* part : {"missing in the file: first.bias (did you mean 'first.bais'?)",
                           "not in the graph: first.bais (did you mean 'first.bias'?)",
                           "first.weight is float32 (8, 2) in the graph, float32 (8, 3) in the file",
                           "second.bias is float32 (2) in the graph, int64 (2) in the file"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  }
  EXPECT_TRUE(bit_equal(before, small.weights()));
}

TEST(SaveTest, LooseLoadingReportsAndConvertsFloatingTypes) {
  const TemporaryFolder folder;
  SmallRun small;
  small.optimize("SGD", small.loss, {{"lr", 0.1}});
  small.manager();
  Engine& engine = Engine::of(small.runtime);
  const std::string path = folder / "w.safetensors";
  write_tensors(engine, path, {{"first.bias", at::full({8}, 0.5, at::kDouble)}, {"extra", at::ones({1})}},
                {});
  const LoadReport report = load_weights(engine, small.graph, path, false);
  EXPECT_EQ(report.missing, (std::vector<std::string>{"first.weight", "second.weight", "second.bias"}));
  EXPECT_EQ(report.unexpected, (std::vector<std::string>{"extra"}));
  EXPECT_TRUE(at::equal(small.weights().at("first.bias"), at::full({8}, 0.5f)));
}

TEST(SaveTest, FileOfWeightsAloneIsNoModel) {
  const TemporaryFolder folder;
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const std::string path = folder / "w.safetensors";
  write_tensors(engine, path, {{"a", at::ones({1})}}, {{"format", "pt"}});
  EXPECT_NE(error_of(Fault::input_file, [&] { load_graph(engine, path); }).find("without a graph"),
            std::string::npos);
}

TEST(SaveTest, TensorsOfEveryDtypeAndLayoutReturn) {
  const TemporaryFolder folder;
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const std::string path = folder / "t.safetensors";
  std::vector<NamedTensor> tensors = {{"turned", at::arange(6, at::kFloat).view({2, 3}).t()},
                                      {"none", at::zeros({0, 3})},
                                      {"one", at::scalar_tensor(4.5, at::kDouble)}};
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (dtype == DType::complex128) continue;  // safetensors has no name for it
    tensors.push_back({std::string(name(dtype)), at::arange(5, at::kLong).to(scalar_type(dtype))});
  }
  write_tensors(engine, path, tensors, {});
  std::map<std::string, at::Tensor> read;
  for (const NamedTensor& named : read_tensors(engine, path)) read[named.key] = named.tensor;
  EXPECT_EQ(read.size(), tensors.size());
  for (const NamedTensor& named : tensors) {
    EXPECT_EQ(read.at(named.key).scalar_type(), named.tensor.scalar_type()) << named.key;
    EXPECT_TRUE(at::equal(read.at(named.key), named.tensor)) << named.key;
  }
}

TEST(SaveTest, FaultAtAnyFileOperationLeavesTheOldOrTheNewFile) {
  const TemporaryFolder folder;
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const std::string path = folder / "w.safetensors";
  const auto value = [&] { return read_tensors(engine, path).at(0).tensor[0].item<float>(); };
  const auto save = [&](float number, const FileSystem& files) {
    write_tensors(engine, path, {{"a", at::full({1000}, number)}}, {}, files);
  };
  save(1, posix_files());
  int faults = 0;
  for (bool struck = true; struck; ++faults) {
    FaultyFiles faulty;
    faulty.fail_at = faults + 1;
    faulty.reason = ENOSPC;
    bool failed = false;
    try {
      save(2, faulty);
    } catch (const Error& error) {
      failed = true;
      EXPECT_EQ(error.fault(), Fault::write) << error.what();
    }
    struck = !faulty.struck().empty();
    EXPECT_TRUE(value() == 2.0f || (failed && value() == 1.0f)) << "operation " << faulty.fail_at;
    save(1, posix_files());
  }
  EXPECT_GT(faults, 5);
}

TEST(SaveTest, DamagedMetadataIsRefused) {
  const TemporaryFolder folder;
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const std::string path = folder / "w.safetensors";
  write_tensors(engine, path, {{"a", at::ones({1})}}, {{kGraphKey, "{\"format\":\"orrery.gra"}});
  error_of(Fault::input_file, [&] { load_graph(engine, path); });
  EXPECT_THROW(aliases_from_json("[1]", "it"), Error);
  EXPECT_THROW(aliases_from_json("{\"a\":1}", "it"), Error);
  EXPECT_THROW(aliases_from_json("{", "it"), Error);
}

// Two layers, `first` and `second`, saved under the keys of another program.
std::string renamed(const TemporaryFolder& folder, SmallRun& from) {
  std::vector<NamedTensor> tensors;
  for (const auto& [key, tensor] : from.weights()) tensors.push_back({"net.body." + key, tensor});
  const std::string path = folder / "renamed.safetensors";
  write_tensors(Engine::of(from.runtime), path, tensors, {});
  return path;
}

TEST(LoadTest, PrefixesAreMapped) {
  const TemporaryFolder folder;
  SmallRun from(1), into(2);
  LoadOptions options;
  options.map = {{"net.", "wrong."}, {"net.body.", ""}};
  load_weights(Engine::of(into.runtime), into.graph, renamed(folder, from), options);
  EXPECT_TRUE(bit_equal(into.weights(), from.weights()));
}

TEST(LoadTest, PatternsChooseWhatIsLoaded) {
  const TemporaryFolder folder;
  SmallRun from(1), into(2);
  const auto before = into.weights();
  LoadOptions options;
  options.map = {{"net.body.", ""}};
  options.match = {"first.*", "*.bias"};
  const LoadReport report =
      load_weights(Engine::of(into.runtime), into.graph, renamed(folder, from), options);
  EXPECT_TRUE(report.missing.empty() && report.unexpected.empty());
  const auto after = into.weights(), given = from.weights();
  for (const char* key : {"first.weight", "first.bias", "second.bias"})
    EXPECT_TRUE(at::equal(after.at(key), given.at(key))) << key;
  EXPECT_TRUE(at::equal(after.at("second.weight"), before.at("second.weight")));
}

TEST(LoadTest, PatternsAndPrefixesThatLoadNothingAreRefused) {
  const TemporaryFolder folder;
  SmallRun from(1), into(2);
  LoadOptions options(false);
  options.match = {"third.*"};
  EXPECT_NE(
      error_of(Fault::usage,
               [&] { load_weights(Engine::of(into.runtime), into.graph, renamed(folder, from), options); })
          .find("nothing of "),
      std::string::npos);
  options.match.clear();
  options.map = {{"net.body.first", "first"}, {"net.body.second", "first"}};
  EXPECT_NE(
      error_of(Fault::usage,
               [&] { load_weights(Engine::of(into.runtime), into.graph, renamed(folder, from), options); })
          .find("both become 'first.bias'"),
      std::string::npos);
}

TEST(LoadTest, AFileThatFailsWhileItIsReadChangesNothing) {
  const TemporaryFolder folder;
  SmallRun from(1), into(2);
  const std::string path = folder / "w.safetensors";
  save_graph(Engine::of(from.runtime), from.graph, path);
  const auto before = into.weights();
  FaultyFiles whole_run;
  load_weights(Engine::of(from.runtime), from.graph, path, {}, whole_run);
  for (int at = 1; at < whole_run.operations(); ++at) {  // the last closes the file
    FaultyFiles faulty;
    faulty.fail_at = at;
    faulty.ever_after = true;
    error_of(Fault::input_file,
             [&] { load_weights(Engine::of(into.runtime), into.graph, path, {}, faulty); });
    EXPECT_TRUE(bit_equal(before, into.weights())) << "operation " << at;
  }
  load_weights(Engine::of(into.runtime), into.graph, path);
  EXPECT_TRUE(bit_equal(from.weights(), into.weights()));
}

// A parameter takes the memory that its values were read to, unless somebody sees the memory that it has.
TEST(LoadTest, WhoeverHoldsAParametersTensorOrAViewOfItSeesTheNewValues) {
  const TemporaryFolder folder;
  SmallRun from(1), into(2);
  const std::string path = folder / "w.safetensors";
  save_graph(Engine::of(from.runtime), from.graph, path);
  Engine& engine = Engine::of(into.runtime);
  const auto given = from.weights();
  std::map<std::string, at::Tensor> held, views;
  std::map<std::string, std::int64_t> versions;
  for (const Graph::Entry& entry : into.graph.state()) {
    held[entry.key] = engine.tensor(entry.parameter);
    versions[entry.key] = held[entry.key]._version();
    if (entry.key == "first.weight") views[entry.key] = held[entry.key].detach().t();
  }
  load_weights(engine, into.graph, path);
  for (const auto& [key, tensor] : held) {
    EXPECT_TRUE(at::equal(tensor, given.at(key))) << key;
    EXPECT_GT(tensor._version(), versions.at(key)) << key;
  }
  EXPECT_TRUE(at::equal(views.at("first.weight"), given.at("first.weight").t()));
}

}  // namespace
}  // namespace orrery
