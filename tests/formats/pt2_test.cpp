#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/formats/pt2_archive.h"
#include "runtime/formats/pt2_graph.h"
#include "runtime/formats/weights_file.h"
#include "runtime/graph/json.h"
#include "runtime/ops/operations.h"
#include "tests/files/error_of.h"
#include "tests/files/places.h"
#include "tests/files/temporary_folder.h"
#include "tests/formats/pickles.h"

namespace orrery {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kPrograms = in_source("tests/fixtures/pt2/");

std::vector<std::string> paths_of(const Graph& graph) {
  std::vector<std::string> paths;
  for (const auto& node : graph.nodes())
    paths.push_back((node->block().path().empty() ? "" : node->block().path() + "/") + node->name());
  return paths;
}

class Pt2Test : public ::testing::Test {
 protected:
  std::unique_ptr<Graph> read(const std::string& path) {
    return read_pt2_graph(path, operations(), runtime_);
  }

  // The convolutional program and its weights; `change` sees each member's name and content.
  std::string written(const std::function<void(const std::string& name, std::string& content)>& change) {
    const ZipReader zip(kPrograms + "convnet.pt2");
    std::vector<Member> members;
    for (const ZipEntry& entry : zip.entries()) {
      std::string content(zip.read(entry).text());
      change(entry.name, content);
      members.push_back(sound_member(entry.name, content));
    }
    return folder_.put("f.pt2", archive(members));
  }
  std::string changed_text(const std::string& program) {
    return written([&](const std::string& name, std::string& content) {
      if (name.ends_with("models/model.json")) content = program;
    });
  }
  std::string changed(const std::function<void(json& program)>& change_program,
                      const std::function<void(json& weights)>& change_weights = {}) {
    return written([&](const std::string& name, std::string& content) {
      const bool weights = name.ends_with("model_weights_config.json");
      const auto& change = weights ? change_weights : change_program;
      if (!change || (!weights && !name.ends_with("models/model.json"))) return;
      json told = json::parse(content);
      change(told);
      content = told.dump();
    });
  }
  std::string refusal(const std::function<void(json&)>& change, Fault fault = Fault::input_file) {
    const std::string path = changed(change);
    return error_of(fault, [&] { read(path); });
  }
  std::string refusal_of_weights(const std::function<void(json& tensor)>& change) {
    const std::string path =
        changed({}, [&](json& weights) { change(weights["config"]["features.0.weight"]); });
    return error_of(Fault::input_file, [&] { Pt2Archive archive(path); });
  }

  TemporaryFolder folder_;
  Runtime runtime_;
};

json& node_of(json& program, std::size_t at) { return program["graph_module"]["graph"]["nodes"][at]; }

TEST_F(Pt2Test, ModulesAreBlocksAndLayersHaveTheirNames) {
  EXPECT_THAT(
      paths_of(*read(kPrograms + "convnet.pt2")),
      ElementsAre("input", "features/0", "features/1", "features/2", "features/3", "flatten", "classifier"));
  const auto graph = read(kPrograms + "residual.pt2");
  EXPECT_THAT(paths_of(*graph),
              ::testing::IsSupersetOf({"layer2/0/conv1", "layer2/0/relu", "layer2/0/downsample/0",
                                       "layer2/0/add", "layer2/0/relu_2", "pool", "fc"}));
}

TEST_F(Pt2Test, SizesThatAreDynamicAreSymbols) {
  const auto graph = read(kPrograms + "convnet.pt2");
  EXPECT_EQ(str(graph->input_node()->outputs()[0].shape), "(N, 1, 8, 8)");
  EXPECT_EQ(str(graph->uses().at(0).value.shape()), "(N, 10)");
}

TEST_F(Pt2Test, KeysAreThoseOfTheStateDict) {
  for (const char* name : {"convnet", "convnet_core", "residual", "tagger"}) {
    std::vector<std::string> keys, stored;
    const auto graph = read(kPrograms + name + ".pt2");
    for (const Graph::Entry& entry : graph->state(nullptr, true)) keys.push_back(entry.key);
    const auto weights = open_weights(kPrograms + name + ".pt2");
    for (const WeightTensor& tensor : weights->listing().tensors) stored.push_back(tensor.name);
    EXPECT_THAT(keys, ::testing::UnorderedElementsAreArray(stored)) << name;
  }
}

TEST_F(Pt2Test, WhatATableAndAProductShareIsOneTensor) {
  const auto graph = read(kPrograms + "encoder.pt2");
  std::map<const Parameter*, int> times;
  for (const Graph::Entry& entry : graph->state(nullptr, true)) ++times[entry.parameter.get()];
  const std::vector<std::string> paths = paths_of(*graph);
  EXPECT_THAT(paths, ::testing::IsSupersetOf({"embed", "embed_weight", "position", "layers/0/norm1"}));
  for (const auto& node : graph->nodes())
    if (node->name() == "embed_weight") {
      EXPECT_EQ(node->constant(), graph->layers().at(0)->parameter("weight"));
    }
}

TEST_F(Pt2Test, ParametersAreTrainedAndBuffersAreNot) {
  const auto graph = read(kPrograms + "mixed.pt2");
  for (const Graph::Entry& entry : graph->state(nullptr, true))
    EXPECT_EQ(entry.parameter->trainable, entry.key != "mask") << entry.key;
}

TEST_F(Pt2Test, TheSameFileGivesTheSameGraph) {
  const std::string text = to_json(*read(kPrograms + "encoder.pt2"));
  EXPECT_EQ(to_json(*read(kPrograms + "encoder.pt2")), text);
  Runtime runtime;
  EXPECT_EQ(to_json(*graph_from_json(text, operations(), runtime, "encoder.json")), text);
}

TEST_F(Pt2Test, AllThatIsUnknownIsToldAtOnce) {
  EXPECT_THAT(
      error_of(Fault::check, [&] { read(kPrograms + "unknown.pt2"); }),
      ::testing::AllOf(HasSubstr("unknown.pt2': Orrery cannot say:"),
                       HasSubstr("\n  add_ (aten.add_.Tensor): it changes a tensor that others read, too"),
                       HasSubstr("\n  aten.special_i0.default: special_i0, special_i0_1"),
                       HasSubstr("\n  aten.special_i1.default: special_i1")));
}

TEST_F(Pt2Test, NamesTheNodeThatDoesNotFit) {
  EXPECT_THAT(refusal(
                  [](json& g) {
                    node_of(g, 4)["inputs"][1]["arg"] = {{"as_int", 9}};
                  },
                  Fault::check),
              HasSubstr("f.pt2': flatten (aten.flatten.using_ints): "));
  EXPECT_THAT(
      refusal(
          [](json& g) {
            node_of(g, 2)["inputs"].push_back({{"name", "slope"}, {"arg", {{"as_float", 0.5}}}, {"kind", 2}});
          },
          Fault::check),
      HasSubstr("relu (aten.relu.default): its argument 'slope' has no counterpart in relu"));
  EXPECT_THAT(refusal([](json& g) { node_of(g, 2)["inputs"] = json::array(); }, Fault::check),
              HasSubstr("relu (aten.relu.default): "));
}

TEST_F(Pt2Test, AnOptionThatCannotBeIsTheFilesFault) {
  EXPECT_THAT(refusal(
                  [](json& g) {
                    node_of(g, 3)["inputs"][1]["arg"]["as_ints"] = {0, 2};
                  },
                  Fault::check),
              HasSubstr("f.pt2': max_pool2d (aten.max_pool2d.default): "));
}

TEST_F(Pt2Test, RefusesProgramsOfAnotherForm) {
  EXPECT_THAT(refusal([](json& g) { g["schema_version"]["major"] = 9; }),
              HasSubstr("written by a newer PyTorch (schema 9 of torch.export; 8 is read)"));
  EXPECT_THAT(refusal([](json& g) { g.erase("graph_module"); }), HasSubstr("not as torch.export writes"));
  EXPECT_THAT(refusal([](json& g) { node_of(g, 0).erase("target"); }),
              HasSubstr("not as torch.export writes"));
  EXPECT_THAT(refusal([](json& g) { node_of(g, 0)["inputs"][0]["arg"]["as_tensor"]["name"] = "ghost"; }),
              HasSubstr("conv2d (aten.conv2d.default): 'ghost' is read, and nothing gives it"));
  EXPECT_THAT(refusal([](json& g) { g["graph_module"]["signature"]["output_specs"] = json::array(); }),
              HasSubstr("the program gives no tensor"));
  EXPECT_THAT(refusal([](json& g) {
                auto& spec = g["graph_module"]["signature"]["input_specs"][0]["parameter"];
                spec["parameter_name"] = "features.9.weight";
              }),
              HasSubstr("its tensor 'features.9.weight' is not in the archive"));
  for (const char* size : {"Symbol('s0', positive=True", "Pow(Symbol('s0'), Integer(2))", "", "Integer(x)"})
    EXPECT_THAT(refusal([&](json& g) {
                  auto& sizes = g["graph_module"]["graph"]["tensor_values"]["image"]["sizes"];
                  sizes[0]["as_expr"]["expr_str"] = size;
                }),
                HasSubstr("f.pt2'"))
        << size;
}

TEST_F(Pt2Test, HoldsTensorsToTheirStorages) {
  EXPECT_THAT(refusal_of_weights([](json& t) { t["path_name"] = "weight_99"; }),
              HasSubstr("its tensor 'features.0.weight' lies in 'weight_99', which is not there"));
  const auto meta = [&](const char* key, const json& value) {
    return refusal_of_weights([&](json& t) { t["tensor_meta"][key] = value; });
  };
  const auto sizes = [](std::vector<std::int64_t> numbers) {
    json told = json::array();
    for (const std::int64_t number : numbers) told.push_back({{"as_int", number}});
    return told;
  };
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{
           {4, 1, 3, 4}, {-4, 1, 3, 3}, {kHuge, kHuge, 3, 3}, {4, 9}, {4, 1, 3, 3, 1}})
    EXPECT_THAT(meta("sizes", sizes(shape)), HasSubstr("does not lie in its storage of 144 bytes"));
  EXPECT_THAT(meta("strides", sizes({9, 9, 3, -1})), HasSubstr("does not lie in its storage"));
  EXPECT_THAT(meta("strides", sizes({kHuge, 9, 3, 1})), HasSubstr("does not lie in its storage"));
  for (const std::int64_t offset : {std::int64_t{1}, std::int64_t{-1}, kHuge})
    EXPECT_THAT(meta("storage_offset", {{"as_int", offset}}), HasSubstr("does not lie in its storage"));
  EXPECT_THAT(meta("sizes", 3), HasSubstr("not told as torch.export tells them"));
}

TEST_F(Pt2Test, NamesTensorsThatAreNotRead) {
  const auto path = [&](const std::function<void(json&)>& change) {
    return changed({}, [&](json& weights) { change(weights["config"]["features.0.weight"]); });
  };
  const std::string pickled = path([](json& t) { t["use_pickle"] = true; });
  EXPECT_EQ(open_weights(pickled)->listing().refused.at("features.0.weight"), "a tensor of a Python class");
  EXPECT_THAT(error_of(Fault::input_file, [&] { read(pickled); }),
              HasSubstr("its tensor 'features.0.weight' is a tensor of a Python class"));
  const std::string odd = path([](json& t) { t["tensor_meta"]["dtype"] = 29; });
  EXPECT_EQ(open_weights(odd)->listing().refused.at("features.0.weight"),
            "a tensor of PyTorch's type number 29");
}

TEST_F(Pt2Test, SaysWhatAnArchiveIsThatHoldsNoProgram) {
  const auto refused = [&](const std::vector<Member>& members) {
    const std::string path = folder_.put("f.pt2", archive(members));
    return error_of(Fault::input_file, [&] { read(path); });
  };
  EXPECT_THAT(refused({sound_member("a/b", "x")}),
              HasSubstr("is a zip archive that torch.export did not write"));
  EXPECT_THAT(
      refused({sound_member("serialized_exported_program.json", "{}")}),
      HasSubstr("as PyTorch before 2.9 wrote it\n  Load it with torch.export.load and save it again"));
  EXPECT_THAT(refused({sound_member("a/archive_format", "pt2")}),
              HasSubstr("holds no program of torch.export; packages that are compiled are not read"));
  EXPECT_THAT(refused({sound_member("a/models/model.json", "{}"), sound_member("a/models/other.json", "{}")}),
              HasSubstr("holds 2 models; files of one are read"));
  EXPECT_THAT(refused({sound_member("a/models/model.json", "{}"), sound_member("a/byteorder", "big")}),
              HasSubstr("was written with the byte order 'big'"));
}

TEST_F(Pt2Test, SurvivesAnyDamageOfItsProgram) {
  std::string sound;
  changed([&](json& program) {
    for (json& node : program["graph_module"]["graph"]["nodes"]) node["metadata"].erase("stack_trace");
    program["graph_module"].erase("module_call_graph");
    sound = program.dump();
  });
  std::mt19937 dice(7);
  const std::string letters = "0\"{}[],:a19_ ";
  int taken = 0;
  for (int round = 0; round < 300; ++round) {
    std::string damaged = sound;
    for (int change = 0; change < 1 + round % 3; ++change)
      damaged[dice() % damaged.size()] = letters[dice() % letters.size()];
    const std::string path = changed_text(damaged);
    try {
      read(path);
      ++taken;
    } catch (const Error& error) {
      EXPECT_TRUE(error.fault() == Fault::input_file || error.fault() == Fault::check) << error.what();
      EXPECT_THAT(error.what(), HasSubstr("f.pt2'"));
    }
  }
  EXPECT_GT(taken, 0) << "letters of names may be anything";
}

}  // namespace
}  // namespace orrery
