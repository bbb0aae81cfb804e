#include "runtime/vizml/document.h"

#include "tests/vizml/refusals.h"
#include "tests/vizml/vizml_json.h"

namespace orrery {
namespace {

using nlohmann::json;

TEST(VizmlDocumentTest, NodesAreNamedAsVizmlsCodeNamesThem) {
  const VizmlDocument document = parse_vizml(VizmlDigits().text(), "'net.json'");
  std::vector<std::string> names;
  for (const VizmlNode& node : document.nodes) names.push_back(node.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"input_MNIST_0", "transform_Flatten_0", "layer_Linear_0",
                                      "layer_ReLU_0", "layer_Linear_1", "layer_LogSoftMax_0",
                                      "layer_NLLLoss_0", "optimizer_SGD_0", "monitor_MonitorFinal_0"}));
  EXPECT_EQ(document.links.size(), 10U);
  EXPECT_EQ(document.blocks.at(0).nodes, (std::vector<std::size_t>{2, 4}));
  EXPECT_EQ(document.nodes[2].options.integer("in_features"), 784);
  EXPECT_TRUE(document.nodes[2].options.boolean("bias"));
}

TEST(VizmlDocumentTest, IdsMayBeTexts) {
  VizmlDigits digits;
  std::string text = digits.text();
  json root = json::parse(text);
  for (json& node : root["nodes"]) node["id"] = "n" + node["id"].dump();
  for (json& link : root["links"])
    for (const char* end : {"source", "target"}) link[end]["nodeID"] = "n" + link[end]["nodeID"].dump();
  for (json& id : root["blocks"][0]["nodeIDs"]) id = "n" + id.dump();
  EXPECT_EQ(parse_vizml(root.dump(), "'net.json'").links, parse_vizml(text, "'net.json'").links);
}

TEST(VizmlDocumentTest, AllKindsThatAreNotKnownAreListedAtOnce) {
  VizmlDigits digits;
  digits.layer("Linaer");
  digits.layer("Transformer");
  digits.transform("Linear");
  const std::string refusal = vizml_refusal(digits.text());
  for (const char* part :
       {"3 of 12 nodes are of kinds that are not known", "node 10: layer 'Linaer' (did you mean 'Linear'?)",
        "node 11: layer 'Transformer'", "node 12: transform 'Linear' ('Linear' is of type layer)"})
    EXPECT_NE(refusal.find(part), std::string::npos) << refusal;
}

TEST(VizmlDocumentTest, EachEntryThatIsWrongIsNamed) {
  const struct {
    void (*change)(json& root);
    const char* because;
  } cases[] = {
      {[](json& g) { g = json::array(); }, "the graph must be an object, got []"},
      {[](json& g) { g.erase("nodes"); }, "the graph: 'nodes' must be a list, got nothing"},
      {[](json& g) { g["links"] = 3; }, "the graph: 'links' must be a list, got 3"},
      {[](json& g) { g["blocks"] = "all"; }, "the graph: 'blocks' must be a list, got \"all\""},
      {[](json& g) { g["nodes"][1] = 4; }, "nodes[1] must be an object, got 4"},
      {[](json& g) { g["nodes"][1].erase("id"); }, "nodes[1]: 'id' must be a number or a text, got nothing"},
      {[](json& g) { g["nodes"][1]["id"] = 1.5; }, "nodes[1]: 'id' must be a number or a text, got 1.5"},
      {[](json& g) { g["nodes"][1]["id"] = 1; }, "nodes[1]: the id 1 is another node's, too"},
      {[](json& g) { g["nodes"][1]["type"] = 7; }, "nodes[1]: 'type' must be a text, got 7"},
      {[](json& g) { g["nodes"][2]["parameters"] = 7; },
       "node 3 (Linear): 'parameters' must be a list, got 7"},
      {[](json& g) { g["nodes"][2]["parameters"][0]["ParaName"] = "in_feature"; },
       "node 3 (Linear): there is no parameter 'in_feature' (did you mean 'in_features'?)"},
      {[](json& g) { g["nodes"][2]["parameters"][1]["ParaName"] = "in_features"; },
       "node 3 (Linear): the parameter 'in_features' stands twice"},
      {[](json& g) { g["nodes"][2]["parameters"][0]["ParaClass"] = "dict"; },
       "node 3 (Linear): parameters[0]: 'ParaClass' must be one of int, float, bool, str, list, tuple, got "
       "'dict'"},
      {[](json& g) { g["nodes"][2]["parameters"][0]["ParaValue"] = 784; },
       "node 3 (Linear): parameters[0]: 'ParaValue' must be a text, got 784"},
      {[](json& g) { g["nodes"][2]["parameters"][0]["ParaValue"] = "many"; },
       "node 3 (Linear): 'in_features': 'ParaValue' must be a Python int, got 'many'"},
      {[](json& g) { g["nodes"][2]["parameters"][0]["ParaValue"] = "0"; },
       "node 3 (Linear): in_features must be an integer ≥ 1, got 0"},
      {[](json& g) { g["nodes"][2]["parameters"][1]["ParaValue"] = "None"; },
       "node 3 (Linear): out_features"},
      {[](json& g) {
         g["nodes"][6]["parameters"] = {
             {{"ParaName", "size_average"}, {"ParaClass", "bool"}, {"ParaValue", "True"}, {"Required", 0}}};
       },
       "node 7 (NLLLoss): 'size_average' must be None, got 'True'"},
      {[](json& g) { g["blocks"][0]["name"] = "a/b"; }, "blocks[0]: 'name' must be a printable text"},
      {[](json& g) { g["blocks"][0].erase("nodeIDs"); }, "blocks[0]: 'nodeIDs' must be a list, got nothing"},
      {[](json& g) { g["blocks"][0]["nodeIDs"][0] = 77; },
       "blocks[0] (Block10): 'nodeIDs': there is no node 77"},
      {[](json& g) { g["links"][0].erase("id"); }, "links[0]: 'id' must be a number or a text, got nothing"},
      {[](json& g) { g["links"][0]["source"] = 1; }, "link 1: 'source' must be an object, got 1"},
      {[](json& g) { g["links"][0]["source"]["nodeID"] = 77; }, "link 1: 'source': there is no node 77"},
      {[](json& g) { g["links"][0]["target"]["port"] = 6; },
       "link 1: 'target': 'port' must be a number from 1 to 5, got 6"},
      {[](json& g) { g["links"][0]["target"]["port"] = 0; },
       "link 1: 'target': 'port' must be a number from 1 to 5, got 0"},
  };
  for (const auto& each : cases) {
    json root = VizmlDigits().root;
    each.change(root);
    expect_vizml_refused(root.dump(), each.because);
  }
}

TEST(VizmlDocumentTest, LongValuesAreCutInMessages) {
  json root = VizmlDigits().root;
  root["links"] = std::string(5000, 'x');
  EXPECT_LT(vizml_refusal(root.dump()).size(), 200U);
}

TEST(VizmlDocumentTest, NoChangedByteCrashes) {
  const std::string text = VizmlDigits().text();
  Runtime runtime;
  const auto read = [&](const std::string& mutant) {
    try {
      read_vizml(mutant, runtime, "'net.json'");
    } catch (const Error&) {
    }
  };
  for (size_t i = 0; i < text.size(); ++i)
    for (char c : {'\0', '"', '9', '}', '\x80'}) {
      std::string mutant = text;
      mutant[i] = c;
      read(mutant);
    }
  for (size_t length = 0; length < text.size(); ++length)
    EXPECT_NE(vizml_refusal(text.substr(0, length)), "");
}

}  // namespace
}  // namespace orrery
