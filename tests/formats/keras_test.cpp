#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/formats/keras_graph.h"
#include "runtime/formats/weights_file.h"
#include "runtime/formats/zip.h"
#include "runtime/ops/operations.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/pickles.h"

namespace orrery {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kNets = in_source("tests/fixtures/keras/");

class KerasTest : public ::testing::Test {
 protected:
  std::unique_ptr<Graph> read(const std::string& path) {
    return read_keras_graph(path, operations(), runtime_);
  }

  // An archive whose members are changed, or left out where nothing is left of them.
  std::string changed(const std::string& name,
                      const std::function<void(const std::string& member, std::string& content)>& change) {
    const ZipReader zip(kNets + name);
    std::vector<Member> members;
    for (const ZipEntry& entry : zip.entries()) {
      std::string content(zip.read(entry).text());
      change(entry.name, content);
      if (!content.empty()) members.push_back(sound_member(entry.name, content));
    }
    return folder_.put("net.keras", archive(members));
  }
  std::string refusal(const std::string& path) {
    return error_of(Fault::input_file, [&] { read(path); });
  }
  std::string changed_config(const std::string& name, const std::string& from, const std::string& to) {
    return changed(name, [&](const std::string& member, std::string& content) {
      if (member != "config.json") return;
      const std::size_t at = content.find(from);
      ASSERT_NE(at, content.npos) << from;
      content.replace(at, from.size(), to);
    });
  }

  TemporaryFolder folder_;
  Runtime runtime_;
};

// The fixtures hold the same weights twice: as Keras saved them, and in the order that Orrery has.
TEST_F(KerasTest, WeightsStandInTheOrderOfTheGraph) {
  for (const std::string name : {"convolutional", "residual", "sequence"}) {
    const auto wanted = open_weights(kNets + name + ".safetensors");
    std::map<std::string, Bytes> stored;
    for (const WeightTensor& tensor : wanted->listing().tensors) stored[tensor.name] = wanted->read(tensor);
    const auto graph = read(kNets + name + ".keras");
    for (const Graph::Entry& entry : graph->state(nullptr, true)) {
      if (entry.key.ends_with("num_batches_tracked")) continue;
      // A scale that Keras leaves out stays 1.
      const bool told = entry.key != "batch_normalization.weight";
      ASSERT_EQ(entry.parameter->first != nullptr, told) << name << ": " << entry.key;
      if (!told) continue;
      EXPECT_EQ(entry.parameter->first->read().text(), stored.at(entry.key).text())
          << name << ": " << entry.key;
    }
  }
}

TEST_F(KerasTest, AWholeFileOfHdf5GivesWhatTheArchiveGives) {
  for (const std::string name : {"nested", "both"}) {
    const auto archived = read(kNets + name + ".keras"), whole = read(kNets + name + ".h5");
    const auto first = archived->state(nullptr, true), second = whole->state(nullptr, true);
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t at = 0; at < first.size(); ++at) {
      EXPECT_EQ(first[at].key, second[at].key);
      if (!first[at].parameter->first) continue;
      ASSERT_TRUE(second[at].parameter->first) << first[at].key;
      EXPECT_EQ(first[at].parameter->first->read().text(), second[at].parameter->first->read().text())
          << first[at].key;
    }
  }
}

TEST_F(KerasTest, AnArchiveWithoutWeightsIsItsModelAlone) {
  const std::string path = changed("both.keras", [](const std::string& member, std::string& content) {
    if (member == "model.weights.h5") content.clear();
  });
  const auto graph = read(path);
  for (const Graph::Entry& entry : graph->state(nullptr, true)) EXPECT_FALSE(entry.parameter->first);
  EXPECT_THAT(error_of(Fault::input_file, [&] { open_weights(path); }),
              HasSubstr("holds no weights: its member 'model.weights.h5' is not there"));
}

TEST_F(KerasTest, WeightsWithoutAModelAreNoGraph) {
  EXPECT_THAT(
      refusal(kNets + "nested.weights.h5"),
      AllOf(HasSubstr("nested.weights.h5' holds weights and no model: it has no attribute 'model_config'"),
            HasSubstr("model.save('net.keras')")));
}

TEST_F(KerasTest, AllWeightsThatDoNotFitAreToldAtOnce) {
  const std::string path = changed("nested.keras", [](const std::string& member, std::string& content) {
    if (member != "config.json") return;
    for (const char* units : {"\"units\": 3", "\"units\": 2"})
      content.replace(content.find(units), 10, "\"units\": 5");
  });
  EXPECT_THAT(
      refusal(path),
      AllOf(HasSubstr("net.keras': its weights are not those of its layers:"),
            HasSubstr("\n  outer/inner/widen (Dense): weight is given by "
                      "'layers/sequential/layers/sequential/layers/dense/vars/0', (4, 3); expected (5, 4)"),
            HasSubstr("\n  outer/widen (Dense): weight is given by "
                      "'layers/sequential/layers/dense/vars/0', (3, 2); expected (5, 5)")));
}

TEST_F(KerasTest, WeightsThatAreMissingOrLeftAreNamed) {
  EXPECT_THAT(refusal(changed_config("nested.keras", "\"use_bias\": false", "\"use_bias\": true")),
              HasSubstr("\n  outer/widen (Dense): its bias is missing"));
  EXPECT_THAT(refusal(changed_config("nested.keras", "\"use_bias\": true", "\"use_bias\": false")),
              HasSubstr("\n  outer/inner/widen: nothing takes "
                        "'layers/sequential/layers/sequential/layers/dense/vars/1'"));
}

TEST_F(KerasTest, LayersThatAreNotKnownAreToldBeforeWeights) {
  const std::string path = changed_config("nested.keras", "\"class_name\": \"BatchNormalization\"",
                                          "\"class_name\": \"SpectralNormalization\"");
  EXPECT_THAT(error_of(Fault::check, [&] { read(path); }), HasSubstr("SpectralNormalization: even"));
}

TEST_F(KerasTest, DamagedWeightsNameTheFileAndItsMember) {
  const std::string path = changed("nested.keras", [](const std::string& member, std::string& content) {
    if (member == "model.weights.h5") content.resize(content.size() - 8);
  });
  EXPECT_THAT(refusal(path), HasSubstr("net.keras': its member 'model.weights.h5' is cut off: it has "));
}

TEST_F(KerasTest, WeightsOutsideOfTheFileAreNotLookedFor) {
  const std::string path = changed("nested.keras", [](const std::string& member, std::string& content) {
    if (member == "model.weights.h5") content = content_of(kNets + "forms.h5");
  });
  EXPECT_THAT(refusal(path),
              HasSubstr("holds weights that are not read:\n  linking/outside is a link into another "
                        "file, other.h5"));
}

}  // namespace
}  // namespace orrery
