#include "runtime/formats/weights_file.h"

#include <cstring>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/npy_writer.h"
#include "runtime/formats/safetensors_writer.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/mutations.h"
#include "tests/formats/pickles.h"

namespace orrery {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFiles = in_source("tests/formats/fixtures/pt/");

std::vector<std::string> names_of(const WeightsFile& file) {
  std::vector<std::string> names;
  for (const WeightTensor& tensor : file.listing().tensors) names.push_back(tensor.name);
  return names;
}

const WeightTensor& tensor_called(const WeightsFile& file, const std::string& name) {
  for (const WeightTensor& tensor : file.listing().tensors)
    if (tensor.name == name) return tensor;
  throw std::out_of_range("no tensor " + name);
}

std::vector<float> floats_of(const WeightsFile& file, const std::string& name) {
  const Bytes bytes = file.read(tensor_called(file, name));
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

std::string refusal_to_open(const std::string& path, const std::string& part = "") {
  return error_of(Fault::input_file, [&] { open_weights(path, part); });
}

TEST(WeightsFileTest, OpensEveryFormatByWhatItIs) {
  const TemporaryFolder folder;
  for (const auto& [file, kind] :
       std::map<std::string, std::string>{{"pt/state.pt", "PyTorch"},
                                          {"pt/state_legacy.pt", "PyTorch (legacy)"},
                                          {"pt/script.pt", "TorchScript"},
                                          {"reference.safetensors", "safetensors"},
                                          {"pt/model.safetensors.index.json", "safetensors set"},
                                          {"data/stored.npz", "npz"},
                                          {"data/float32.npy", "npy"}}) {
    const auto weights = open_weights(in_source("tests/formats/fixtures/" + file));
    EXPECT_EQ(weights->listing().kind, kind);
    EXPECT_FALSE(weights->listing().tensors.empty()) << file;
    for (const WeightTensor& tensor : weights->listing().tensors)
      EXPECT_EQ(weights->read(tensor).size(), tensor.bytes) << file << " " << tensor.name;
  }
  const std::string renamed = folder.put("model.safetensors.bin", content_of(kFiles + "state.pt"));
  EXPECT_EQ(open_weights(renamed)->listing().kind, "PyTorch") << "endings are not looked at";
}

TEST(WeightsFileTest, SaysWhatAFileIsThatHoldsNoWeights) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal_to_open(folder.put("a", "")), HasSubstr("is not a file of weights but an empty file"));
  EXPECT_THAT(refusal_to_open(folder.put("b.pt", "<html>")), HasSubstr("but a web page\n  The download was"));
  EXPECT_THAT(
      refusal_to_open(folder.put("c.pt", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n")),
      HasSubstr("but a Git LFS pointer\n  Fetch the real file with `git lfs pull`."));
  EXPECT_THAT(refusal_to_open(folder.put("d", "hello, this is a text")),
              HasSubstr("a file of unknown kind\n  Weights are read from safetensors, PyTorch's .pt, .npz, "
                        ".npy, ONNX and Keras' HDF5."));
  EXPECT_THAT(refusal_to_open(folder.put("e.safetensors", "hello, this is a text")),
              HasSubstr("is not a safetensors file: its header would have"));
  EXPECT_THAT(refusal_to_open(folder / "none.pt"), HasSubstr("none.pt'"));
  EXPECT_THAT(refusal_to_open(folder.path()), HasSubstr("folder"));
  EXPECT_THAT(refusal_to_open("/dev/zero"), HasSubstr("/dev/zero"));
}

TEST(WeightsFileTest, TakesAPartOfACheckpoint) {
  const auto model = open_weights(kFiles + "checkpoint.pt", "model");
  EXPECT_EQ(names_of(*model)[0], "0.weight");
  EXPECT_THAT(floats_of(*model, "0.bias"), ElementsAre(0, 1));
  EXPECT_TRUE(model->listing().values.empty());
  const auto state = open_weights(kFiles + "checkpoint.pt", "optimizer.state.0");
  EXPECT_THAT(names_of(*state), ElementsAre("step", "exp_avg", "exp_avg_sq"));
  EXPECT_EQ(names_of(*open_weights(kFiles + "parallel.pt", "module"))[0], "0.weight");
  EXPECT_THAT(refusal_to_open(kFiles + "checkpoint.pt", "modle"),
              HasSubstr("has no part 'modle' with tensors (did you mean 'model'?)"));
  EXPECT_THAT(refusal_to_open(kFiles + "checkpoint.pt", "epoch"),
              HasSubstr("has no part 'epoch' with tensors"));
}

TEST(WeightsFileTest, TellsWhatIsSharedAndWhatIsTheSame) {
  const auto file = open_weights(kFiles + "shared.pt");
  EXPECT_EQ(tensor_called(*file, "tied").alias_of, "whole");
  EXPECT_EQ(tensor_called(*file, "row").alias_of, "");
  EXPECT_EQ(tensor_called(*file, "row").storage, tensor_called(*file, "whole").storage);
  EXPECT_EQ(tensor_called(*file, "scalar").storage, "");
}

TEST(WeightsFileTest, NamesAllTensorsThatAreNotReadAtOnce) {
  const auto sparse = open_weights(kFiles + "sparse.pt");
  EXPECT_THAT(error_of(Fault::input_file, [&] { check_all_read(*sparse); }),
              HasSubstr("holds tensors that are not read:\n  'edges' is a sparse tensor"));
  check_all_read(*open_weights(kFiles + "state.pt"));
}

TEST(WeightsFileTest, ListsAViewThatRepeatsWithoutBoundAndDoesNotReadIt) {
  const TemporaryFolder folder;
  const std::int64_t times = std::int64_t{1} << 40;
  const std::string tensor =
      tensor_of(storage_of("FloatStorage", "0", 6), 0, sizes_of({times}), sizes_of({0}));
  const auto file = open_weights(folder.put("f.pt", pt_of_tensor(tensor)));
  EXPECT_TRUE(file->listing().tensors.empty());
  EXPECT_EQ(file->listing().refused.at("w"), "a view that repeats 24 bytes until they are 4.4 TB");
}

class WeightsIndexTest : public ::testing::Test {
 protected:
  WeightsIndexTest() {
    for (const char* name : {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"})
      folder_.put(name, content_of(kFiles + name));
  }
  std::string index(const std::string& weight_map) {
    return folder_.put("model.safetensors.index.json", "{\"weight_map\": {" + weight_map + "}}");
  }
  std::string refusal(const std::string& weight_map) { return refusal_to_open(index(weight_map)); }

  const std::string first_ = R"("a.weight": "model-00001-of-00002.safetensors", "a.bias":
      "model-00001-of-00002.safetensors")",
                    second_ = R"("b.weight": "model-00002-of-00002.safetensors")";
  TemporaryFolder folder_;
};

TEST_F(WeightsIndexTest, ReadsASetThroughItsIndex) {
  const auto set = open_weights(index(first_ + "," + second_));
  EXPECT_THAT(names_of(*set), ElementsAre("a.bias", "a.weight", "b.weight"));
  EXPECT_EQ(tensor_called(*set, "b.weight").file, "model-00002-of-00002.safetensors");
  EXPECT_THAT(floats_of(*set, "a.weight"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(open_weights(kFiles + "model.safetensors.index.json")->listing().metadata.at("total_size"), "44");
}

TEST_F(WeightsIndexTest, RefusesAnIndexThatItsFilesDoNotFit) {
  EXPECT_THAT(refusal(first_ + R"(, "c": "model-00002-of-00002.safetensors")"),
              HasSubstr("its tensor 'c' is not in 'model-00002-of-00002.safetensors'"));
  EXPECT_THAT(refusal(R"("a.bias": "model-00001-of-00002.safetensors")"),
              HasSubstr("tells of 1 tensors, but its files hold 2"));
  EXPECT_THAT(refusal(R"("a": "missing.safetensors")"), HasSubstr("missing.safetensors"));
  EXPECT_THAT(refusal(first_ + ",\"a.bias\": \"x\""), HasSubstr("index.json'"));
}

TEST_F(WeightsIndexTest, RefusesFilesOutsideOfItsFolder) {
  for (const std::string name : {R"("../x.safetensors")", R"("/etc/passwd")", R"("..")", R"("")", R"("a/b")",
                                 R"("a\u0000")", "3", "null", "[]"})
    EXPECT_THAT(refusal("\"a\": " + name), HasSubstr("which is no name of a file beside it")) << name;
  EXPECT_THAT(refusal_to_open(folder_.put("x.json", "{\"model_type\": \"gpt2\"}")),
              HasSubstr("is a JSON file, but no index of weights: it has no 'weight_map'"));
}

TEST_F(WeightsIndexTest, SurvivesAnyDamage) {
  const std::string seed = "{\"weight_map\":{\"b.weight\":\"model-00002-of-00002.safetensors\"}}";
  EXPECT_GT(accepted_mutations(seed,
                               [&](const std::string& bytes) {
                                 try {
                                   open_weights(folder_.put("i.json", bytes));
                                 } catch (const InvariantFailure& failure) {
                                   ADD_FAILURE() << failure.what();
                                 }
                               }),
            0);
}

}  // namespace
}  // namespace orrery
