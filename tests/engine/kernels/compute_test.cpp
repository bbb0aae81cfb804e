#include "runtime/engine/kernels/compute.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/engine/torch_error.h"
#include "runtime/graph/finding.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

using testing::HasSubstr;
using testing::Not;

class ComputeTest : public testing::Test {
 protected:
  Attributes options(const std::string& operation, std::vector<Attributes::Entry> given = {}) {
    return checked_attributes(operations().get(operation).attributes, given);
  }
  at::Tensor transform(const std::string& operation, std::vector<at::Tensor> inputs,
                       std::vector<Attributes::Entry> given = {}) {
    return compute(engine_, operations().get(operation), options(operation, given), inputs)[0];
  }
  LayerPtr layer(const std::string& kind, std::vector<Attributes::Entry> given) {
    return runtime_.make_layer(operations().get(kind), options(kind, given), {});
  }
  static std::string message_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "nothing was thrown";
  }

  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_);
};

TEST_F(ComputeTest, EigenvaluesOfWhatIsNotFiniteAreRefused) {
  for (const double wrong : {std::nan(""), HUGE_VAL}) {
    at::Tensor matrix = at::eye(4);
    matrix[2][1] = wrong;
    EXPECT_THAT(message_of([&] { transform("linalg_eigvals", {matrix}); }),
                HasSubstr("the matrix holds NaN or infinity"));
  }
}

TEST_F(ComputeTest, IsRecordedByAutograd) {
  const at::Tensor x = at::ones({2}).requires_grad_();
  transform("mul", {x, at::Tensor()}, {{"other", 3.0}}).sum().backward();
  EXPECT_TRUE(at::equal(x.grad(), at::full({2}, 3.0)));
}

TEST_F(ComputeTest, ALayerLearnsThroughItsOwnParameters) {
  const LayerPtr linear =
      layer("Linear", {{"in_features", std::int64_t{3}}, {"out_features", std::int64_t{2}}});
  compute(engine_, *linear, {at::ones({4, 3})})[0].sum().backward();
  EXPECT_TRUE(at::equal(engine_.tensor(linear->parameter("bias")).grad(), at::full({2}, 4.0)));
}

TEST_F(ComputeTest, AFrozenLayerRecordsNothing) {
  const LayerPtr linear =
      layer("Linear", {{"in_features", std::int64_t{3}}, {"out_features", std::int64_t{2}}});
  linear->set_trainable(false);
  EXPECT_FALSE(compute(engine_, *linear, {at::ones({4, 3})})[0].requires_grad());
  linear->set_trainable(true);
  EXPECT_TRUE(compute(engine_, *linear, {at::ones({4, 3})})[0].requires_grad());
}

TEST_F(ComputeTest, ShapesThatDoNotFitAreSaidInTheShapeRulesWords) {
  const LayerPtr linear =
      layer("Linear", {{"in_features", std::int64_t{3}}, {"out_features", std::int64_t{2}}});
  linear->name_by_user("head");
  const std::string message = message_of([&] { compute(engine_, *linear, {at::ones({4, 5})}); });
  EXPECT_THAT(message, HasSubstr("head (Linear) expects 3 input features, got 5"));
  EXPECT_THROW(compute(engine_, *linear, {at::ones({4, 5})}), CheckError);
}

// Also of rule O704.
TEST_F(ComputeTest, WhatLibTorchRefusesIsAnErrorWithoutItsBacktrace) {
  const LayerPtr loss = layer("CrossEntropyLoss", {});
  const std::string message = message_of([&] {
    compute(engine_, *loss, {at::zeros({2, 3}), at::tensor({0, 7}, at::kLong)});
  });
  EXPECT_THAT(
      message,
      HasSubstr(
          "CrossEntropyLoss failed: label 7 is out of range: the scores are for 3 classes, labelled 0 to 2"));
  EXPECT_THAT(message, Not(HasSubstr("frame #")));
}

TEST_F(ComputeTest, ALabelOutOfRangeIsNamedWhereverItStands) {
  const auto refused = [&](const char* loss, const at::Tensor& scores, const at::Tensor& labels) {
    const LayerPtr made = layer(loss, {{"ignore_index", std::int64_t{9}}});
    return message_of([&] { compute(engine_, *made, {scores, labels}); });
  };
  const at::Tensor maps = at::tensor({0, 9, -3, 1}, at::kLong).view({1, 2, 2});
  for (const char* loss : {"CrossEntropyLoss", "NLLLoss"}) {
    EXPECT_THAT(refused(loss, at::zeros({1, 2, 2, 2}), maps),
                HasSubstr("label -3 is out of range: the scores are for 2 classes"));
    EXPECT_THAT(refused(loss, at::zeros({1, 1}), at::ones({1}, at::kLong)),
                HasSubstr("label 1 is out of range: the scores are for 1 class, labelled 0 to 0"));
  }
}

TEST_F(ComputeTest, AMissingInputIsAUsersFault) {
  EXPECT_THAT(message_of([&] { transform("matmul", {at::ones({2})}); }),
              HasSubstr("matmul takes 2 inputs, got 1"));
  EXPECT_THAT(message_of([&] { transform("relu", {at::Tensor()}); }),
              HasSubstr("relu needs its input 'input', got nil"));
  EXPECT_THAT(message_of([&] { transform("cat", {}); }), HasSubstr("cat takes at least 1 inputs, got 0"));
}

TEST_F(ComputeTest, UnpoolingReadsNoIndicesOfAnotherRank) {
  EXPECT_THAT(message_of([&] {
                transform("max_unpool2d", {at::ones({3}), at::zeros({4}, at::kLong)},
                          {{"kernel_size", std::int64_t{2}}, {"output_size", Shape{}}});
              }),
              HasSubstr("max_unpool2d expects"));
}

TEST_F(ComputeTest, TriangularFactorsComeWithPivotsOfTheirRows) {
  const auto solved = [&](std::vector<std::int64_t> pivots) {
    transform("linalg_lu_solve", {at::eye(2), at::tensor(pivots).to(at::kInt), at::ones({2, 1})});
  };
  EXPECT_NO_THROW(solved({1, 2}));
  EXPECT_THAT(message_of([&] { solved({1, 3}); }), HasSubstr("expects pivots between 1 and 2, got 1 to 3"));
  EXPECT_THAT(message_of([&] { solved({0, 2}); }), HasSubstr("expects pivots between 1 and 2, got 0 to 2"));
}

TEST_F(ComputeTest, TensorsOnTwoDevicesAreNamedWithTheirDevices) {
  const at::Tensor elsewhere = at::empty({2}, at::TensorOptions(at::kFloat).device(at::kMeta));
  try {
    transform("add", {at::ones({2}), elsewhere});
    FAIL() << "tensors on two devices were added";
  } catch (const CheckError& error) {
    EXPECT_EQ(error.findings().at(0).code, "device-mismatch");
    EXPECT_EQ(error.findings().at(0).message, "add expects tensors on one device, got them on cpu and meta");
    EXPECT_EQ(error.remedy(), "Move one of them first: x:to(\"cpu\").");
  }
}

TEST_F(ComputeTest, ADtypeThatOrreryDoesNotHaveIsRefusedByName) {
  EXPECT_THAT(message_of([&] { transform("relu", {at::zeros({2}, at::kComplexHalf)}); }),
              HasSubstr("ComplexHalf"));
}

TEST(TorchErrorTest, AFailedAllocationIsAFaultOfMemory) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const Descriptor& cat = operations().get("cat");
  const Attributes attributes(cat.attributes);
  const at::Tensor vast = at::zeros({1}).expand({std::int64_t{1} << 45});
  try {
    compute(engine, cat, attributes, {vast, vast});
    FAIL() << "256 TiB were allocated";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::memory);
    EXPECT_THAT(error.what(), HasSubstr("can't allocate memory"));
    EXPECT_THAT(error.what(), Not(HasSubstr("enforce fail")));
    EXPECT_FALSE(error.remedy().empty());
  }
}

TEST(TorchErrorTest, NamesDTypesAsUsersDoAndAsksForNoReports) {
  const auto said = [](const std::string& theirs) {
    try {
      rethrow_as_error(std::make_exception_ptr(std::runtime_error(theirs)), "full failed");
    } catch (const Error& error) {
      return error.message();
    }
    return std::string("nothing was thrown");
  };
  EXPECT_EQ(said("value cannot be converted to type c10::Half without overflow"),
            "full failed: value cannot be converted to type float16 without overflow");
  EXPECT_EQ(said("no c10::complex<float>, c10::complex<double> or c10::BFloat16"),
            "full failed: no complex64, complex128 or bfloat16");
  EXPECT_EQ(said("Expected p. (Could this error message be improved? If so, please report it.)"),
            "full failed: Expected p.");
}

TEST(TorchErrorTest, OwnErrorsPassUnchanged) {
  const auto failure = std::make_exception_ptr(Error(Fault::input_file, "own words"));
  try {
    rethrow_as_error(failure, "doing something");
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input_file);
    EXPECT_EQ(error.message(), "own words");
  }
  EXPECT_THROW(rethrow_as_error(
                   std::make_exception_ptr(InvariantFailure("ours", std::source_location::current())), "x"),
               InvariantFailure);
}

}  // namespace
}  // namespace orrery
