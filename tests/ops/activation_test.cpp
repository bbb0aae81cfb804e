#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

const Dim N = Dim::symbol("N");

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

TEST(DropoutTest, KeepsTheTypeAndItsProbabilityIsBounded) {
  EXPECT_EQ(infer("Dropout", {floats({N, 3})}).outputs[0], floats({N, 3}));
  EXPECT_EQ(broken("Dropout", {labels({N, 3})}).code, "integer-input");
  EXPECT_NO_THROW(infer("Dropout", {floats({N})}, {{"p", 1.0}}));
  EXPECT_EQ(error_of(Fault::usage,
                     [] {
                       infer("Dropout", {floats({N})}, {{"p", 1.5}});
                     }),
            "p must be a number between 0 and 1, got 1.5");
}

}  // namespace
}  // namespace orrery
