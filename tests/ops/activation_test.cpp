#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(ActivationTest, ReluKeepsTheDtypeAndRefusesBooleans) {
  for (const char* relu : {"ReLU", "relu"}) {
    EXPECT_EQ(infer(relu, {labels({N, 3})}).outputs[0], labels({N, 3}));
    EXPECT_EQ(broken(relu, {{{N}, DType::boolean}}).code, "dtype-mismatch");
  }
}

TEST(ActivationTest, TanhAndSigmoidMakeIntegersFloat32) {
  for (const char* smooth : {"Tanh", "tanh", "Sigmoid", "sigmoid"}) {
    EXPECT_EQ(infer(smooth, {labels({N, 3})}).outputs[0], floats({N, 3}));
    EXPECT_EQ(infer(smooth, {{{N}, DType::float16}}).dtype(), DType::float16);
  }
}

TEST(ActivationTest, NodesOfLayersAreNamedAsTheirFunctions) {
  EXPECT_EQ(operations().get("ReLU").default_node_name(), "relu");
  EXPECT_EQ(operations().get("LeakyReLU").default_node_name(), "leaky_relu");
  EXPECT_EQ(operations().get("PReLU").default_node_name(), "prelu");
  EXPECT_EQ(operations().get("SiLU").default_node_name(), "silu");
  EXPECT_EQ(operations().get("Softmax2d").default_node_name(), "softmax2d");
}

TEST(ActivationTest, SoftmaxNeedsItsDimensionAndFloats) {
  for (const char* softmax : {"Softmax", "LogSoftmax", "softmax", "log_softmax"}) {
    EXPECT_EQ(infer(softmax, {floats({N, 3})}, {{"dim", integer(-1)}}).shape(), (Shape{N, 3}));
    EXPECT_EQ(infer(softmax, {floats({})}, {{"dim", integer(0)}}).shape(), Shape());
    EXPECT_EQ(broken(softmax, {floats({N, 3})}, {{"dim", integer(2)}}).code, "option-mismatch");
    EXPECT_EQ(broken(softmax, {labels({N, 3})}, {{"dim", integer(1)}}).code, "integer-input");
    EXPECT_EQ(error_of(Fault::usage,
                       [&] {
                         infer(softmax, {floats({N, 3})});
                       }),
              "dim is required: an integer");
  }
}

TEST(ActivationTest, SoftmaxMayComputeInAnotherFloatingDtype) {
  EXPECT_EQ(infer("softmax", {labels({N, 3})}, {{"dim", integer(1)}, {"dtype", "float64"}}).dtype(),
            DType::float64);
  broken("softmax", {labels({N, 3})}, {{"dim", integer(2)}, {"dtype", "float64"}});
  error_of(Fault::usage, [] {
    infer("softmax", {floats({N, 3})}, {{"dim", integer(1)}, {"dtype", "int64"}});
  });
}

TEST(ActivationTest, MostKeepTheTypeAndTakeFloatsOnly) {
  for (const char* name :
       {"ELU", "selu", "CELU", "gelu", "SiLU", "mish", "LeakyReLU", "hardswish", "Hardsigmoid", "softplus",
        "LogSigmoid", "Hardshrink", "softshrink", "RReLU", "rrelu"}) {
    EXPECT_EQ(infer(name, {{{N, 3}, DType::float16}}).dtype(), DType::float16) << name;
    EXPECT_EQ(broken(name, {labels({N, 3})}).code, "integer-input") << name;
  }
}

TEST(ActivationTest, SoftsignAndTanhshrinkMakeIntegersFloat32) {
  for (const char* name : {"Softsign", "tanhshrink"}) {
    EXPECT_EQ(infer(name, {labels({N})}).dtype(), DType::float32);
    broken(name, {{{N}, DType::boolean}});
  }
}

TEST(ActivationTest, LimitsAreInOrder) {
  EXPECT_EQ(infer("Hardtanh", {labels({N})}).dtype(), DType::int64);
  EXPECT_NO_THROW(infer("hardtanh", {floats({N})}, {{"min_val", 1.0}, {"max_val", 1.0}}));
  EXPECT_EQ(broken("hardtanh", {floats({N})}, {{"min_val", 2.0}}).expected,
            "a min_val of at most max_val = 1");
  EXPECT_EQ(broken("Hardtanh", {{{N}, DType::uint8}}).code, "dtype-mismatch");
  EXPECT_NO_THROW(infer("Hardtanh", {{{N}, DType::uint8}}, {{"min_val", 0.0}}));
  broken("RReLU", {floats({N})}, {{"lower", 0.5}});
  broken("CELU", {floats({N})}, {{"alpha", 0.0}});
}

TEST(ActivationTest, GluHalvesADimension) {
  EXPECT_EQ(infer("GLU", {floats({N, 6})}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("glu", {floats({2 * N, 3})}, {{"dim", integer(0)}}).shape(), (Shape{N, 3}));
  EXPECT_EQ(infer("glu", {floats({N, 3})}, {{"dim", integer(0)}}).guards.size(), 1u);
  EXPECT_EQ(broken("GLU", {floats({N, 5})}).expected, "an even size in dimension 1");
  broken("GLU", {floats({})});
}

TEST(ActivationTest, SlopesAreOneOrOneForEachChannel) {
  EXPECT_EQ(infer("PReLU", {floats({N, 3, 4})}).shape(), (Shape{N, 3, 4}));
  EXPECT_NO_THROW(infer("PReLU", {floats({N, 3, 4})}, {{"num_parameters", integer(3)}}));
  broken("PReLU", {floats({N, 3, 4})}, {{"num_parameters", integer(4)}});
  broken("PReLU", {floats({3})}, {{"num_parameters", integer(3)}});
  EXPECT_EQ(parameters("PReLU", {{"init", 0.1}}).at(0).init, Init::constant(0.1));
  for (const Shape& weight : {Shape{}, Shape{1}, Shape{3}})
    EXPECT_NO_THROW(infer("prelu", {floats({N, 3, 4}), floats(weight)}));
  broken("prelu", {floats({N, 3, 4}), floats({4})});
  broken("prelu", {floats({N, 3, 4}), floats({1, 3})});
  broken("prelu", {floats({N, 3, 4}), {{3}, DType::float64}});
}

TEST(ActivationTest, Softmax2dWantsAnImage) {
  EXPECT_EQ(infer("Softmax2d", {floats({N, 3, 4, 5})}).shape(), (Shape{N, 3, 4, 5}));
  EXPECT_NO_THROW(infer("Softmax2d", {floats({3, 4, 5})}));
  broken("Softmax2d", {floats({4, 5})});
  broken("Softmax2d", {floats({N, 3, 4, 5, 6})});
}

}  // namespace
}  // namespace orrery
