#include "runtime/graph/structural_hash.h"

#include <gtest/gtest.h>

#include "tests/graph/builder.h"

namespace orrery {
namespace {

using Build = void (*)(Builder&, Value);

std::string hash_of(Build build) {
  Builder b;
  build(b, b.digits_input()[0]);
  return structural_hash(b.graph);
}

TEST(StructuralHashTest, IsTheSameForTheSameStructure) {
  Builder a, b;
  a.digits_net();
  b.line = 100;
  b.digits_net();
  EXPECT_EQ(structural_hash(a.graph), structural_hash(b.graph));
  EXPECT_EQ(structural_hash(a.graph).size(), 32u);
}

TEST(StructuralHashTest, NamesDoNotMatter) {
  const auto plain = hash_of([](Builder& b, Value x) { b.apply(b.conv(1, 2), {x}); });
  const auto named = hash_of([](Builder& b, Value x) { b.graph.rename(b.apply(b.conv(1, 2), {x}), "stem"); });
  EXPECT_EQ(plain, named);
}

TEST(StructuralHashTest, TheOrderOfIndependentLinesDoesNotMatter) {
  const auto one = hash_of([](Builder& b, Value x) {
    const Value relu = b.transform("relu", {x}), tanh = b.transform("tanh", {x});
    b.transform("add", {relu, tanh});
  });
  const auto other = hash_of([](Builder& b, Value x) {
    const Value tanh = b.transform("tanh", {x}), relu = b.transform("relu", {x});
    b.transform("add", {relu, tanh});
  });
  const auto swapped_ports = hash_of([](Builder& b, Value x) {
    const Value relu = b.transform("relu", {x}), tanh = b.transform("tanh", {x});
    b.transform("add", {tanh, relu});
  });
  EXPECT_EQ(one, other);
  EXPECT_NE(one, swapped_ports);
}

TEST(StructuralHashTest, TheBatchDoesNotMatterButTheSampleDoes) {
  const auto hash = [](Shape shape, DType dtype) {
    Graph graph("g");
    const Value x = graph.input({{{"x", {std::move(shape), dtype}, false}}, {}, ""})[0];
    const Descriptor& relu = operations().get("relu");
    graph.apply(relu, Attributes(relu.attributes), {x});
    return structural_hash(graph);
  };
  const Dim n = Dim::symbol("N"), m = Dim::symbol("M");
  EXPECT_EQ(hash({n, 3}, DType::float32), hash({64, 3}, DType::float32));
  EXPECT_EQ(hash({n, 3}, DType::float32), hash({m, 3}, DType::float32));
  EXPECT_NE(hash({n, 3}, DType::float32), hash({n, 4}, DType::float32));
  EXPECT_NE(hash({n, 3}, DType::float32), hash({n, 3}, DType::float64));
}

TEST(StructuralHashTest, OptionsMatterWhenTheyDifferFromTheDefault) {
  const auto kernel = [](std::int64_t stride) {
    Builder b;
    const Value x = b.digits_input()[0];
    b.apply("MaxPool2d", {{"kernel_size", std::int64_t{2}}, {"stride", stride}}, {x});
    return structural_hash(b.graph);
  };
  EXPECT_NE(kernel(1), kernel(2));
}

TEST(StructuralHashTest, OptionsThatAreOnlyHintsDoNotMatter) {
  const auto relu = [](bool inplace) {
    Builder b;
    b.apply("ReLU", {{"inplace", inplace}}, {b.digits_input()[0]});
    return structural_hash(b.graph);
  };
  EXPECT_EQ(relu(false), relu(true));
}

TEST(StructuralHashTest, SharingALayerMatters) {
  const auto shared = hash_of([](Builder& b, Value x) {
    const LayerPtr conv = b.conv(1, 1);
    b.apply(conv, {b.apply(conv, {x})});
  });
  const auto apart =
      hash_of([](Builder& b, Value x) { b.apply(b.conv(1, 1), {b.apply(b.conv(1, 1), {x})}); });
  EXPECT_NE(shared, apart);
}

TEST(StructuralHashTest, TyingAParameterMatters) {
  const auto build = [](bool tied) {
    Builder b;
    const Value x = b.digits_input()[0];
    const LayerPtr first = b.conv(1, 1), second = b.conv(1, 1);
    if (tied) second->tie("weight", first->parameter("weight"));
    b.apply(second, {b.apply(first, {x})});
    return structural_hash(b.graph);
  };
  EXPECT_NE(build(true), build(false));
}

TEST(StructuralHashTest, TheNestingOfBlocksMatters) {
  const auto flat = hash_of([](Builder& b, Value x) { b.transform("relu", {b.transform("tanh", {x})}); });
  const auto nested = hash_of([](Builder& b, Value x) {
    b.graph.begin_block("outer");
    b.transform("relu", {b.transform("tanh", {x})});
    b.graph.end_block();
  });
  const auto split = hash_of([](Builder& b, Value x) {
    b.graph.begin_block("outer");
    const Value y = b.transform("tanh", {x});
    b.graph.end_block();
    b.transform("relu", {y});
  });
  EXPECT_NE(flat, nested);
  EXPECT_NE(nested, split);
  EXPECT_NE(flat, split);
}

TEST(StructuralHashTest, GovernorsAndMetricsDoNotMatterButOutputsDo) {
  Builder a, b, c;
  const Value loss_a = a.digits_net();
  b.digits_net();
  const Value loss_c = c.digits_net();
  a.graph.use({Use::Kind::loss, loss_a, ""});
  c.graph.use({Use::Kind::output, loss_c, "loss"});
  EXPECT_EQ(structural_hash(a.graph), structural_hash(b.graph));
  EXPECT_NE(structural_hash(a.graph), structural_hash(c.graph));
}

}  // namespace
}  // namespace orrery
