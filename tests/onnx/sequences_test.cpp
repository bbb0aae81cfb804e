#include "runtime/onnx/sequences.h"

#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

OnnxBuilder& add_tensors(OnnxBuilder& model) {
  return model.input("x", {"N", "6"})
      .integers("zero", {}, {0})
      .integers("last", {}, {-1})
      .integers("two", {}, {2});
}

TEST(OnnxSequencesTest, AnElementIsWhatWasPutThere) {
  OnnxBuilder model;
  add_tensors(model).node("Relu", {"x"}, {"a"}).node("Exp", {"x"}, {"b"});
  model.node("SequenceConstruct", {"a", "b"}, {"s"}).node("SequenceAt", {"s", "last"}, {"e"});
  model.node("SequenceAt", {"s", "zero"}, {"f"});
  EXPECT_EQ(described(*imported(model, "Sub", {"e", "f"})),
            "relu = relu(x) (N, 6)\nexp = exp(x) (N, 6)\nsub = sub(exp, relu) (N, 6)\n");
}

TEST(OnnxSequencesTest, TensorsAreInsertedAndErased) {
  OnnxBuilder model;
  add_tensors(model).node("Relu", {"x"}, {"a"}).node("SequenceEmpty", {}, {"empty"});
  model.node("SequenceInsert", {"empty", "x"}, {"one"});
  model.node("SequenceInsert", {"one", "a", "zero"}, {"both"});  // a, x
  model.node("SequenceErase", {"both"}, {"first"}).node("SequenceLength", {"first"}, {"length"});
  model.node("SequenceAt", {"first", "zero"}, {"e"})
      .node("Cast", {"length"}, {"scale"}, {attribute("to", std::int64_t{1})});
  const auto graph = imported(model, "Mul", {"e", "scale"});
  EXPECT_EQ(described(*graph), "relu = relu(x) (N, 6)\nmul = mul(relu) (N, 6)\n");
  EXPECT_EQ(option_of(*graph, "mul", "other"), "1");
}

TEST(OnnxSequencesTest, APositionOutsideIsRefused) {
  OnnxBuilder model;
  add_tensors(model).node("SequenceConstruct", {"x", "x"}, {"s"});
  EXPECT_EQ(refusal_of(model, "SequenceAt", {"s", "two"}),
            "'test.onnx': node 'y' (SequenceAt): position 2 is outside a sequence of 2 tensors");
}

TEST(OnnxSequencesTest, OnlyThePartsThatAreReadAreMade) {
  OnnxBuilder model;
  add_tensors(model).node("SplitToSequence", {"x", "two"}, {"s"}, {attribute("axis", std::int64_t{1})});
  const auto graph = imported(model, "SequenceAt", {"s", "last"});
  EXPECT_EQ(described(*graph), "slice = slice(x) (N, 2)\n");
  EXPECT_EQ(option_of(*graph, "slice", "start"), "4");
}

TEST(OnnxSequencesTest, PartsWithoutASizeMayLoseTheirAxis) {
  OnnxBuilder model;
  add_tensors(model).node("SplitToSequence", {"x"}, {"s"},
                          {attribute("axis", std::int64_t{1}), attribute("keepdims", std::int64_t{0})});
  EXPECT_EQ(described(*imported(model, "SequenceAt", {"s", "zero"})), "select = select(x) (N)\n");
}

TEST(OnnxSequencesTest, ListedPartsNeedNoKnownLength) {
  const auto split = [](const std::vector<std::int64_t>& sizes) {
    OnnxBuilder model;
    add_tensors(model).integers("sizes", {static_cast<std::int64_t>(sizes.size())}, sizes);
    model.node("SplitToSequence", {"x", sizes.empty() ? "two" : "sizes"}, {"s"});
    return refusal_of(model, "SequenceAt", {"s", "last"});
  };
  EXPECT_EQ(split({2, 3}), "accepted");
  EXPECT_EQ(split({2, -1}),
            "'test.onnx': node 's' (SplitToSequence): its parts do not add up to the N of the axis");
  EXPECT_EQ(split({}),
            "'test.onnx': node 's' (SplitToSequence): it splits N elements, which only the data tell");
}

TEST(OnnxSequencesTest, PartsMustAddUpToTheAxis) {
  OnnxBuilder model;
  model.input("x", {"N", "6"}).integers("sizes", {2}, {2, 3});
  model.node("SplitToSequence", {"x", "sizes"}, {"s"}, {attribute("axis", std::int64_t{1})});
  EXPECT_EQ(refusal_of(model, "SequenceLength", {"s"}),
            "'test.onnx': node 's' (SplitToSequence): its parts do not add up to the 6 of the axis");
}

TEST(OnnxSequencesTest, ASequenceIsJoinedAlongAnOldOrANewAxis) {
  const auto joined = [](std::int64_t new_axis) {
    OnnxBuilder model;
    add_tensors(model).node("SequenceConstruct", {"x", "x"}, {"s"});
    return described(*imported(model, "ConcatFromSequence", {"s"},
                               {attribute("axis", std::int64_t{-1}), attribute("new_axis", new_axis)}));
  };
  EXPECT_EQ(joined(0), "cat = cat(x, x) (N, 12)\n");
  EXPECT_EQ(joined(1), "stack = stack(x, x) (N, 6, 2)\n");
}

TEST(OnnxSequencesTest, AMapImportsItsBodyForEachTensor) {
  auto body = std::make_shared<OnnxGraph>();
  body->inputs = {{"element", {}}, {"offset", {}}};
  body->outputs = {{"sum", {}}};
  body->nodes = {{"", "Add", "", {"element", "offset"}, {"sum"}, {}}};
  OnnxAttribute attribute_of_body{"body", OnnxAttribute::Kind::graph};
  attribute_of_body.graphs.push_back(body);
  OnnxBuilder model;
  add_tensors(model).input("offset", {"6"}).node("SequenceConstruct", {"x", "x"}, {"s"});
  model.node("SequenceMap", {"s", "offset"}, {"m"}, {attribute_of_body});
  EXPECT_EQ(described(*imported(model, "ConcatFromSequence", {"m"}, {attribute("axis", std::int64_t{0})})),
            "add = add(x, offset) (N, 6)\nadd_2 = add(x, offset) (N, 6)\ncat = cat(add, add_2) (2*N, 6)\n");
}

TEST(OnnxSequencesTest, OptionalsAreKnownToHoldSomething) {
  OnnxBuilder full, empty;
  add_tensors(full).node("Optional", {"x"}, {"o"}).node("OptionalGetElement", {"o"}, {"e"});
  EXPECT_EQ(described(*imported(full, "Relu", {"e"})), "relu = relu(x) (N, 6)\n");
  add_tensors(empty).node("Optional", {}, {"o"});
  EXPECT_EQ(refusal_of(empty, "OptionalGetElement", {"o"}),
            "'test.onnx': node 'y' (OptionalGetElement): the optional is empty");
}

TEST(OnnxSequencesTest, WhetherAnOptionalIsEmptyIsKnown) {
  const auto has = [](const std::vector<std::string>& inputs) {
    OnnxBuilder model(18);
    add_tensors(model).node("Optional", inputs, {"o"}).node("OptionalHasElement", {"o"}, {"has"});
    model.node("Cast", {"has"}, {"number"}, {attribute("to", std::int64_t{1})});
    return option_of(*imported(model, "Mul", {"x", "number"}), "mul", "other");
  };
  EXPECT_EQ(has({"x"}), "1");
  EXPECT_EQ(has({}), "0");
}

TEST(OnnxSequencesTest, ASequenceIsNoTensorAndNoResult) {
  OnnxBuilder result, tensor;
  add_tensors(result);
  EXPECT_EQ(refusal_of(result, "SequenceConstruct", {"x"}),
            "'test.onnx': the output 'y' is a sequence or an optional, and no tensor");
  add_tensors(tensor).node("SequenceConstruct", {"x"}, {"s"});
  EXPECT_EQ(refusal_of(tensor, "Relu", {"s"}),
            "'test.onnx': node 'y' (Relu): input 0 is a sequence or an optional, expected a tensor");
}

}  // namespace
}  // namespace orrery::testing
