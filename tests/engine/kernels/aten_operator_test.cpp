#include "runtime/engine/kernels/aten_operator.h"

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/files/error_of.h"

namespace orrery {
namespace {

using testing::HasSubstr;

class AtenOperatorTest : public testing::Test {
 protected:
  std::vector<TensorType> infer(const std::string& name, const std::string& arguments,
                                const std::vector<TensorType>& inputs) {
    const auto operation = operator_of(engine_, name);
    const Attributes options = checked_attributes(operation->attributes, {{kOperatorArguments, arguments}});
    std::vector<const TensorType*> linked;
    for (const TensorType& input : inputs) linked.push_back(&input);
    ShapeContext context(linked, options);
    return operation->shape(context);
  }

  Runtime runtime_;
  Engine& engine_ = Engine::of(runtime_);
  const Dim n_ = Dim::symbol("N");
};

TEST_F(AtenOperatorTest, IsFoundByItsFullName) {
  EXPECT_EQ(operator_of(engine_, "aten::max.dim")->default_node_name(), "max");
  EXPECT_EQ(operator_of(engine_, "aten::max.nothing"), nullptr);
  EXPECT_EQ(operator_of(engine_, "max"), nullptr);
  // A file could name it, and it trusts its caller.
  EXPECT_EQ(operator_of(engine_, "aten::_unsafe_view"), nullptr);
}

TEST_F(AtenOperatorTest, IsNoNodeWhereAGraphCouldNotHoldIt) {
  const auto fault = [&](const std::string& name) {
    return error_of(Fault::usage, [&] { operator_of(engine_, name); });
  };
  EXPECT_THAT(fault("aten::relu_"),
              HasSubstr("relu_(Tensor(a!) self) cannot be a node of a graph: it changes"));
  EXPECT_THAT(fault("aten::equal"), HasSubstr("it gives no tensors"));
  EXPECT_THAT(fault("aten::nonzero"), HasSubstr("only the data tell the sizes"));
  // It would map a file of the name that a saved model gives.
  EXPECT_THAT(fault("aten::from_file"), HasSubstr("it takes no tensor"));
}

TEST_F(AtenOperatorTest, ItKeepsItsOutputAsTheOperationOfThatName) {
  using Keeps = Descriptor::KeepsOutput;
  EXPECT_EQ(operator_of(engine_, "aten::sigmoid")->keeps_output, Keeps::yes);
  EXPECT_EQ(operator_of(engine_, "aten::std.dim")->keeps_output, Keeps::yes);
  EXPECT_EQ(operator_of(engine_, "aten::sin")->keeps_output, Keeps::no);
}

TEST_F(AtenOperatorTest, ItsShapesAreExpressionsOfTheSymbols) {
  const TensorType input{{n_, 3, 4}, DType::float32};
  EXPECT_EQ(infer("aten::flatten.using_ints", R"([{"input":0},0,1])", {input}),
            (std::vector<TensorType>{{{3 * n_, 4}, DType::float32}}));
  EXPECT_EQ(infer("aten::max.dim", R"([{"input":0},-1,false])", {input}),
            (std::vector<TensorType>{{{n_, 3}, DType::float32}, {{n_, 3}, DType::int64}}));
}

TEST_F(AtenOperatorTest, DryRunsLeaveTheGeneratorAlone) {
  const at::Tensor before = engine_.generator_state();
  infer("aten::bernoulli", R"([{"input":0},null])", {{{n_, 3}, DType::float32}});
  EXPECT_TRUE(at::equal(engine_.generator_state(), before));
  EXPECT_TRUE(operator_of(engine_, "aten::bernoulli")->draws);
}

TEST_F(AtenOperatorTest, ArgumentsThatNoCallCouldHaveAreRefused) {
  const TensorType input{{n_, 3}, DType::float32};
  for (const char* text : {"[]", "nonsense", R"([{"input":0},"one",false])", R"([{"port":0},1,false])"})
    EXPECT_THAT(error_of(Fault::input_file, [&] { infer("aten::max.dim", text, {input}); }),
                HasSubstr("max(Tensor self, int dim, bool keepdim=False)"))
        << text;
  EXPECT_EQ(error_of(Fault::input_file, [&] { infer("aten::relu", R"([{"input":7}])", {input}); }),
            "there is no input 7 among 1");
  EXPECT_EQ(
      error_of(Fault::input_file, [&] { infer("aten::clamp", R"([{"input":0},"two",null])", {input}); }),
      "'two' is no number");
}

TEST_F(AtenOperatorTest, ArgumentsAreWrittenAsTextAndReadBack) {
  const at::Tensor a = at::empty({0}), b = at::empty({0});
  const std::vector<c10::IValue> given{b,
                                       2,
                                       0.5,
                                       true,
                                       std::string("mean"),
                                       c10::IValue(),
                                       std::vector<std::int64_t>{1, 2},
                                       -std::numeric_limits<double>::infinity()};
  EXPECT_EQ(text_of_arguments(given, {a, b}), R"([{"input":1},2,0.5,true,"mean",null,[1,2],"-inf"])");
}

}  // namespace
}  // namespace orrery
