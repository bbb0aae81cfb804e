#include "runtime/onnx/fold.h"

#include <gtest/gtest.h>

#include "tests/onnx/onnx_builder.h"

namespace orrery::testing {
namespace {

// What a Reshape of (N, 4, 6) to worked-out sizes gives: the folded integers in words.
std::string reshaped_by(const std::function<void(OnnxBuilder&)>& build) {
  OnnxBuilder model;
  model.input("x", {"N", "4", "6"}).integers("i0", {}, {0}).integers("i1", {}, {1}).integers("i2", {}, {2});
  model.integers("v0", {1}, {0})
      .integers("v1", {1}, {1})
      .integers("v2", {1}, {2})
      .integers("rest", {1}, {-1});
  model.integers("three", {3}, {1, 2, 0}).node("Shape", {"x"}, {"s"});
  build(model);
  model.node("Reshape", {"x", "to"}, {"y"}).output("y");
  try {
    return str(model.import()->uses()[0].value.shape());
  } catch (const Error& error) {
    return error.message();
  }
}

struct Folded {
  const char* what;
  void (*build)(OnnxBuilder&);
  const char* shape;
};

const Folded kFolded[] = {
    {"the shape itself", [](OnnxBuilder& m) { m.node("Identity", {"s"}, {"to"}); }, "(N, 4, 6)"},
    {"dimensions in another order",
     [](OnnxBuilder& m) {
       m.node("Gather", {"s", "three"}, {"to"});
     },
     "(4, 6, N)"},
    {"a slice and the rest",
     [](OnnxBuilder& m) {
       m.node("Slice", {"s", "v0", "v2"}, {"front"});
       m.node("Concat", {"front", "rest"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(N, 4, 6)"},
    {"a slice backwards",
     [](OnnxBuilder& m) {
       m.integers("last", {1}, {-1}).integers("before", {1}, {-100});
       m.node("Slice", {"s", "last", "before", "v0", "rest"}, {"to"});
     },
     "(6, 4, N)"},
    {"the last alone",
     [](OnnxBuilder& m) {
       m.integers("minus", {1}, {-1}).integers("big", {1}, {9223372036854775807});
       m.node("Slice", {"s", "minus", "big"}, {"last"});
       m.node("Concat", {"rest", "last"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(4*N, 6)"},
    {"nothing below 0",
     [](OnnxBuilder& m) {
       m.node("Sub", {"v1", "v2"}, {"less"}).node("Relu", {"less"}, {"none"});
       m.node("Concat", {"none", "rest"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(N, 24)"},
    {"products of sizes",
     [](OnnxBuilder& m) {
       m.node("Gather", {"s", "i1"}, {"c"}).node("Gather", {"s", "i2"}, {"h"}).node("Mul", {"c", "h"}, {"p"});
       m.node("Unsqueeze", {"p", "v0"}, {"p1"});
       m.node("Concat", {"rest", "p1"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(N, 24)"},
    {"a product with the batch",
     [](OnnxBuilder& m) {
       m.node("Gather", {"s", "v0"}, {"n"})
           .node("Gather", {"s", "v1"}, {"c"})
           .node("Mul", {"n", "c"}, {"nc"});
       m.node("Concat", {"nc", "rest"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(4*N, 6)"},
    {"a quotient",
     [](OnnxBuilder& m) {
       m.node("Gather", {"s", "v2"}, {"h"}).node("Div", {"h", "v2"}, {"half"});
       m.node("Concat", {"rest", "half"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(8*N, 3)"},
    {"a product of all",
     [](OnnxBuilder& m) { m.node("ReduceProd", {"s"}, {"to"}, {attribute("keepdims", std::int64_t{1})}); },
     "(24*N)"},
    {"choices between equal sizes",
     [](OnnxBuilder& m) {
       m.integers("minus", {3}, {-1, -1, -1}).integers("wanted", {3}, {-1, 4, 6});
       m.node("Equal", {"wanted", "minus"}, {"open"}).node("Where", {"open", "s", "wanted"}, {"to"});
     },
     "(N, 4, 6)"},
    {"casts there and back",
     [](OnnxBuilder& m) {
       m.node("Cast", {"s"}, {"short"}, {attribute("to", std::int64_t{6})});
       m.node("Cast", {"short"}, {"to"}, {attribute("to", std::int64_t{7})});
     },
     "(N, 4, 6)"},
    {"parts of a split",
     [](OnnxBuilder& m) {
       m.integers("parts", {2}, {1, 2}).node("Split", {"s", "parts"}, {"n", "others"});
       m.node("Concat", {"others", "n"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(4, 6, N)"},
    {"a constant of a shape",
     [](OnnxBuilder& m) {
       m.node("ConstantOfShape", {"v2"}, {"zeros"})
           .node("Cast", {"zeros"}, {"whole"}, {attribute("to", std::int64_t{7})});
       m.node("Concat", {"whole", "rest"}, {"to"}, {attribute("axis", std::int64_t{0})});
     },
     "(N, 4, 6)"},
    {"a range",
     [](OnnxBuilder& m) {
       m.integers("i3", {}, {3}).node("Range", {"i0", "i3", "i1"}, {"r"}).node("Gather", {"s", "r"}, {"to"});
     },
     "(N, 4, 6)"},
};

TEST(OnnxFoldTest, WorksOutWhatExportersComputeShapesWith) {
  for (const Folded& folded : kFolded) EXPECT_EQ(reshaped_by(folded.build), folded.shape) << folded.what;
}

TEST(OnnxFoldTest, RoundsRealsAsFloatsDo) {
  OnnxBuilder model;
  model.input("x", {"N"}).floats("a", {}, {0.1F}).floats("b", {}, {0.2F});
  model.node("Add", {"a", "b"}, {"c"}).node("Mul", {"x", "c"}, {"y"}).output("y");
  const auto graph = model.import();
  EXPECT_EQ(graph->nodes().back()->operation(), "mul");
}

TEST(OnnxFoldTest, WeightsAreNotWorkedOutSoThatTheyStayTrained) {
  OnnxBuilder model;
  model.input("x", {"N", "16"}).weight("a", {16}).weight("b", {16});
  model.node("Add", {"a", "b"}, {"c"}).node("Mul", {"x", "c"}, {"y"}).output("y");
  EXPECT_EQ(model.import()->state().size(), 2u);
}

TEST(OnnxFoldTest, AWeightTurnedOverIsOneStill) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).weight("w", {5, 3});
  model.node("Transpose", {"w"}, {"wt"}).node("MatMul", {"x", "wt"}, {"y"}).output("y");
  const auto graph = model.import();
  for (const auto& node : graph->nodes()) EXPECT_NE(node->operation(), "permute");
  EXPECT_EQ(graph->uses()[0].value.shape(), (Shape{Dim::symbol("N"), 5}));
}

TEST(OnnxFoldTest, AWeightThatTwoReadStaysAsItIs) {
  OnnxBuilder model;
  model.input("x", {"N", "3"}).weight("w", {3, 3});
  model.node("Transpose", {"w"}, {"wt"}).node("MatMul", {"x", "wt"}, {"h"}).node("Add", {"h", "w"}, {"y"});
  model.output("y");
  model.model().graph.inputs[0].type.shape = std::vector<OnnxDim>{{3, ""}, {3, ""}};
  EXPECT_EQ(model.import()->state().size(), 1u);
}

}  // namespace
}  // namespace orrery::testing
