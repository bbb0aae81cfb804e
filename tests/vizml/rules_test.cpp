#include "runtime/vizml/rules.h"

#include "tests/vizml/refusals.h"
#include "tests/vizml/vizml_json.h"

namespace orrery {
namespace {

std::vector<std::string> broken_by(void (*change)(VizmlDigits&)) {
  VizmlDigits digits;
  change(digits);
  return broken_vizml_rules(parse_vizml(digits.text(), "'net.json'"));
}

TEST(VizmlRulesTest, AWholeModelBreaksNone) {
  EXPECT_EQ(broken_by([](VizmlDigits&) {}), std::vector<std::string>{});
}

// Ids: 1 MNIST, 2 Flatten, 3 Linear, 4 ReLU, 5 Linear, 6 LogSoftMax, 7 NLLLoss, 8 SGD, 9 MonitorFinal; ten
// links.
TEST(VizmlRulesTest, EachRuleIsNamedWithTheLinkThatBreaksIt) {
  const struct {
    void (*change)(VizmlDigits&);
    std::vector<std::string> broken;
  } cases[] = {
      {[](VizmlDigits& v) { v.link(v.flatten, 1, v.transform("Adder"), 1); },
       {"link 11: begins at the input port 1 of node 2 (Flatten); links begin at an output"}},
      {[](VizmlDigits& v) { v.link(v.first, 4, v.flatten, 4); },
       {"link 11: ends at the output port 4 of node 2 (Flatten); links end at an input"}},
      {[](VizmlDigits& v) { v.link(v.flatten, 3, v.sgd, 1); }, {"link 11: node 2 (Flatten) has no port 3"}},
      {[](VizmlDigits& v) { v.link(v.first, 4, v.relu, 2); }, {"link 11: node 4 (ReLU) has no port 2"}},
      {[](VizmlDigits& v) { v.link(v.flatten, 4, v.flatten, 1); },
       {"link 11: leads from node 2 (Flatten) to itself",
        "link 11: port 1 of node 2 (Flatten) has a link already (1)"}},
      {[](VizmlDigits& v) { v.link(v.input, 4, v.flatten, 1); }, {"link 11: stands twice"}},
      {[](VizmlDigits& v) { v.link(v.flatten, 4, v.relu, 1); },
       {"link 11: port 1 of node 4 (ReLU) has a link already (3)"}},
      {[](VizmlDigits& v) { v.link(v.flatten, 4, v.sgd, 1); },
       {"link 11: node 2 (Flatten) is no leaf, so that an optimizer can't perform gradient updates: it "
        "updates "
        "a layer, a constant or the input, linked from port 3"}},
      {[](VizmlDigits& v) { v.link(v.relu, 4, v.sgd, 1); },
       {"link 11: node 4 (ReLU) is no leaf, so that an optimizer can't perform gradient updates: it updates "
        "a "
        "layer, a constant or the input, linked from port 3"}},
      {[](VizmlDigits& v) { v.link(v.input, 3, v.sgd, 1); },
       {"link 11: an optimizer cannot update a data set (node 1 (MNIST))"}},
      {[](VizmlDigits& v) {
         v.root["links"][9]["source"] = {{"nodeID", v.input}, {"port", 5}};
       },
       {"link 10: the loss of node 8 (SGD) must be an output (port 4), got port 5 of node 1 (MNIST)"}},
      {[](VizmlDigits& v) { v.root["links"][3]["source"]["port"] = 3; },
       {"link 4: port 3 of node 4 (ReLU) is the node itself, for an optimizer or a Saver; data leave it at "
        "port 4"}},
      {[](VizmlDigits& v) {
         v.link(v.input, 3, v.node("monitor", "MonitorSaver", {{"path", "str", "a.png"}}), 1);
       },
       {"link 11: a Saver cannot save a data set (node 1 (MNIST))"}},
      {[](VizmlDigits& v) {
         v.link(v.first, 3, v.node("monitor", "Saver", {{"path", "str", "a.png"}}), 1);
       },
       {"link 11: node 3 (Linear) is saved with the model; a Saver takes what it computes, from port 4"}},
      {[](VizmlDigits& v) {
         const int constant = v.node("constant", "ConstantTensor", {{"size", "tuple", "(1, 2)"}});
         v.link(constant, 4, v.node("monitor", "Saver", {{"path", "str", "a.png"}}), 1);
       },
       {"link 11: a Saver takes node 10 (ConstantTensor) from port 3, got port 4"}},
      {[](VizmlDigits& v) {
         v.chain({v.relu, v.linear(32, 2)});
         v.link(v.relu, 4, v.node("monitor", "Saver", {{"path", "str", "a.png"}}), 1);
       },
       {"link 12: what a Saver is to save of node 4 (ReLU) is ambiguous: 2 nodes read it"}},
      {[](VizmlDigits& v) { v.root["links"].erase(8); }, {}},
      {[](VizmlDigits& v) { v.root["links"].erase(6); }, {"nothing is linked to port 2 of node 7 (NLLLoss)"}},
      {[](VizmlDigits& v) { v.root["links"].erase(9); }, {"nothing is linked to port 2 of node 8 (SGD)"}},
      {[](VizmlDigits& v) { v.transform("Adder"); }, {"node 10 (Adder) adds nothing"}},
      {[](VizmlDigits& v) {
         v.block("Other", {v.relu, v.first});
       },
       {"node 3 (Linear) is in block 'Block10' and in block 'Other'"}},
      {[](VizmlDigits& v) { v.random_input("(1, 2)"); },
       {"a model has one input node, got 2; other data are constants"}},
      {[](VizmlDigits& v) {
         v.node("monitor", "Manager", {{"epochs", "int", "1"}});
       },
       {"a model has at most one Manager, got 2"}},
  };
  for (const auto& each : cases) EXPECT_EQ(broken_by(each.change), each.broken);
}

TEST(VizmlRulesTest, AllBrokenRulesAreToldTogether) {
  VizmlDigits digits;
  digits.link(digits.flatten, 4, digits.sgd, 1);
  digits.transform("Adder");
  expect_vizml_refused(digits.text(),
                       "'net.json': 2 of VizML's rules are broken:\n  link 11: node 2 (Flatten)");
  expect_vizml_refused(digits.text(), "\n  node 10 (Adder) adds nothing");
}

TEST(VizmlRulesTest, AnAdderTakesManyLinksAtItsSecondPort) {
  VizmlDigits digits;
  const int adder = digits.transform("Adder");
  digits.link(digits.first, 4, adder, 2);
  digits.link(digits.relu, 4, adder, 2);
  EXPECT_EQ(vizml_refusal(digits.text()), "");
  digits.link(digits.second, 4, adder, 1);
  digits.link(digits.flatten, 4, adder, 1);
  expect_vizml_refused(digits.text(), "link 14: port 1 of node 10 (Adder) has a link already (13)");
}

TEST(VizmlRulesTest, ACycleIsNamedWithItsNodes) {
  VizmlDigits digits;
  digits.root["links"][1]["source"]["nodeID"] = digits.relu;
  expect_vizml_refused(digits.text(),
                       "the graph has a cycle: layer_Linear_0 → layer_ReLU_0 → layer_Linear_0");
}

TEST(VizmlRulesTest, ALongChainIsOrderedWithoutRecursion) {
  VizmlJson chain;
  std::vector<int> nodes{chain.random_input("(2, 3)")};
  for (int i = 0; i < 10000; ++i) nodes.push_back(chain.layer("ReLU"));
  std::reverse(nodes.begin() + 1, nodes.end());
  chain.chain(nodes);
  const VizmlDocument document = parse_vizml(chain.text(), "'net.json'");
  const std::vector<std::size_t> order = vizml_order(document);
  EXPECT_EQ(order.size(), 10001U);
  EXPECT_EQ(order[1], 10000U);
}

}  // namespace
}  // namespace orrery
