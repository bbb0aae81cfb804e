#include "runtime/codegen/cpp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/codegen/cpp_calls.h"
#include "runtime/core/error.h"
#include "tests/graph/input_net.h"

namespace orrery {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t operator""_w(unsigned long long value) { return static_cast<std::int64_t>(value); }

struct CppNet : InputNet {
  using InputNet::InputNet;

  std::string code(const Value& result) { return cpp_code(giving(result)).source; }
};

TEST(CppTest, AModelReadsAsAPersonWouldHaveWrittenIt) {
  Builder b;
  b.graph.use({Use::Kind::loss, b.digits_net(), "loss"});
  EXPECT_THAT(cpp_code(b.graph).source,
              HasSubstr("Tensor digits(const Weights& w, Tensor image) {\n"
                        "  Tensor x = conv2d(image, w / \"features.conv2d\", {1, 1}, {1, 1});\n"
                        "  x = torch::relu(x);\n"
                        "  x = torch::max_pool2d(x, {2, 2}, {2, 2});\n"
                        "  x = x.reshape({-1, 256});\n"
                        "  return linear(x, w / \"classifier.linear\");\n"
                        "}\n"));
}

TEST(CppTest, ACMakeListsBuildsTheFile) {
  CppNet net;
  net.graph.use({Use::Kind::output, net.transform("relu", {net.x}), "y"});
  const CppCode code = cpp_code(net.graph);
  EXPECT_EQ(code.name, "digits");
  EXPECT_THAT(code.cmake, HasSubstr("add_executable(digits digits.cpp)\n"));
  EXPECT_THAT(code.cmake, HasSubstr("find_library(TORCH_CPU torch_cpu REQUIRED)\n"));
  EXPECT_THAT(code.cmake, HasSubstr("target_link_libraries(digits PRIVATE ${TORCH_CPU} ${TORCH_C10} "));
}

TEST(CppTest, BlocksThatDifferInOptionsShareAFunctionOfTypedParameters) {
  CppNet net({Dim::symbol("N"), 4, 9, 9});
  Value x = net.x;
  for (const std::int64_t stride : {1, 2})
    net.block("unit", [&] {
      x = net.apply("Conv2d",
                    {{"in_channels", 4_w}, {"out_channels", 4_w}, {"kernel_size", 1_w}, {"stride", stride}},
                    {x});
      x = net.transform("relu", {x});
    });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr("Tensor unit(const Weights& w, Tensor x, at::IntArrayRef stride = {1, 1}) {\n"
                              "  x = conv2d(x, w / \"conv2d\", stride);\n"
                              "  return torch::relu(x);\n}\n"));
  EXPECT_THAT(code, HasSubstr("  Tensor x = unit(w / \"unit\", image);\n"
                              "  return unit(w / \"unit_2\", x, {2, 2});\n"));
}

TEST(CppTest, ParametersThatAreHandedOnHaveTheirTypes) {
  CppNet net({Dim::symbol("N"), 4, 9, 9});
  Value x = net.x;
  const auto unit = [&](std::int64_t stride) {
    net.block("unit", [&] {
      x = net.apply("Conv2d",
                    {{"in_channels", 4_w}, {"out_channels", 4_w}, {"kernel_size", 1_w}, {"stride", stride}},
                    {x});
      x = net.transform("relu", {x});
    });
  };
  for (const std::int64_t stride : {1, 2}) net.block("pair", [&] { unit(stride), unit(1); });
  EXPECT_THAT(net.code(x),
              HasSubstr("Tensor pair(const Weights& w, Tensor x, at::IntArrayRef stride = {1, 1}) {\n"));
}

TEST(CppTest, SizesThatOnlyTheDataTellAreReadFromThem) {
  CppNet net({Dim::symbol("N"), 6});
  const Value y = net.transform("relu", {net.x});
  const Value ones = net.transform("ones", {}, {{"size", Shape{Dim::symbol("N"), 6}}});
  const std::string code = net.code(net.transform("add", {y, ones}));
  EXPECT_THAT(code, HasSubstr("torch::ones({image.size(0), 6},"));
  EXPECT_THAT(code, HasSubstr("torch::dtype(torch::kFloat32).device(image.device())"));
}

TEST(CppTest, PartsAreUnpacked) {
  CppNet net({Dim::symbol("N"), 6});
  const Descriptor& split = operations().get("chunk");
  const auto parts = net.graph.apply(
      split, checked_attributes(split.attributes, {{"chunks", 2_w}, {"dim", 1_w}}), {net.x}, net.next_line());
  const std::string code = net.code(net.transform("mul", {parts[0], parts[1]}));
  EXPECT_THAT(code, HasSubstr("= unpack<2>(image.split_with_sizes({3, 3}, 1));\n"));
  EXPECT_THAT(code, HasSubstr("auto unpack(const std::vector<Tensor>& parts) {"));
}

TEST(CppTest, KeywordsAreNoNames) {
  CppNet net({Dim::symbol("N"), 4}, DType::float32, "double");
  EXPECT_THAT(net.code(net.transform("relu", {net.x})),
              HasSubstr("digits(const Weights& w, Tensor double_2)"));
}

TEST(CppTest, ANameIsNeverCode) {
  CppNet net;
  Value x = net.x;
  for (int i = 0; i < 2; ++i) net.block("\"); system(\"x", [&] { x = net.apply(net.linear(4, 4), {x}); });
  const std::string code = net.code(x);
  EXPECT_THAT(code, HasSubstr(R"(w / "\"); system(\"x")"));
  EXPECT_THAT(code, Not(HasSubstr("  system(")));
}

TEST(CppTest, WhatCppCannotSayIsToldAllAtOnce) {
  CppNet net;
  const Value x = net.transform("exponential", {net.transform("exponential", {net.x})});
  try {
    net.code(x);
    FAIL() << "it was written";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::check);
    EXPECT_THAT(error.message(), HasSubstr("exponential (exponential, digits.lua:3): "));
    EXPECT_THAT(error.message(), HasSubstr("exponential_2 (exponential, digits.lua:4): "));
  }
}

TEST(CppTest, ALayerDropsNothingInEvaluationAndAFunctionDoesAsItIsTold) {
  CppNet net;
  const Value x = net.apply("Dropout", {}, {net.transform("relu", {net.x})});
  EXPECT_THAT(net.code(net.transform("dropout", {x}, {{"training", false}})),
              HasSubstr("{\n  return torch::relu(image);\n}"));
  CppNet other;
  EXPECT_THROW(other.code(other.transform("dropout", {other.x})), Error);
}

TEST(CppTest, WeightsComeFromSafetensors) {
  CppNet net;
  const std::string code = net.code(net.apply(net.linear(4, 4), {net.x}));
  EXPECT_THAT(code, HasSubstr("read_weights(const std::string& path, torch::Device device)"));
  EXPECT_THAT(code, HasSubstr(" WEIGHTS.safetensors OUTPUT.pt INPUT.pt"));
}

TEST(CppTest, TheTablesKnowNoOperationThatIsNone) {
  for (const std::string& name : cpp_operations()) EXPECT_TRUE(operations().find(name)) << name;
}

}  // namespace
}  // namespace orrery
