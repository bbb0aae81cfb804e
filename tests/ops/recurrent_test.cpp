#include "runtime/core/error.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

Given sizes(std::int64_t input, std::int64_t hidden, Given more = {}) {
  more.push_back({"input_size", input});
  more.push_back({"hidden_size", hidden});
  return more;
}

std::vector<Shape> shapes(const Inferred& inferred) {
  std::vector<Shape> found;
  for (const TensorType& output : inferred.outputs) found.push_back(output.shape);
  return found;
}

TEST(RecurrentTest, GivesEveryStepAndTheLastState) {
  for (const char* kind : {"RNN", "GRU"})
    EXPECT_EQ(shapes(infer(kind, {floats({T, N, 4})}, sizes(4, 6))),
              (std::vector<Shape>{{T, N, 6}, {1, N, 6}}));
  EXPECT_EQ(shapes(infer("LSTM", {floats({T, N, 4})}, sizes(4, 6))),
            (std::vector<Shape>{{T, N, 6}, {1, N, 6}, {1, N, 6}}));
}

TEST(RecurrentTest, TheBatchMayComeFirstOrBeMissing) {
  EXPECT_EQ(shapes(infer("GRU", {floats({N, T, 4})}, sizes(4, 6, {{"batch_first", true}}))),
            (std::vector<Shape>{{N, T, 6}, {1, N, 6}}));
  EXPECT_EQ(shapes(infer("GRU", {floats({T, 4})}, sizes(4, 6))), (std::vector<Shape>{{T, 6}, {1, 6}}));
}

TEST(RecurrentTest, DirectionsAndLayersWidenTheStates) {
  const Given options =
      sizes(4, 6, {{"bidirectional", true}, {"num_layers", integer(3)}, {"proj_size", integer(2)}});
  EXPECT_EQ(shapes(infer("LSTM", {floats({T, N, 4})}, options)),
            (std::vector<Shape>{{T, N, 4}, {6, N, 2}, {6, N, 6}}));
}

TEST(RecurrentTest, InputAndStatesFit) {
  EXPECT_EQ(words(broken("LSTM", {floats({T, N, 5})}, sizes(4, 6))),
            "shape-mismatch: expects 4 input features, got 5");
  EXPECT_EQ(broken("LSTM", {floats({T, N, 5})}, sizes(4, 6)).remedy, "Give the layer input_size = 5.");
  EXPECT_EQ(words(broken("GRU", {floats({3, 2, 4}), floats({1, 3, 6})}, sizes(4, 6))),
            "shape-mismatch: expects an initial state of shape (1, 2, 6), got (1, 3, 6)");
  EXPECT_EQ(words(broken("LSTM", {floats({3, 2, 4}), floats({1, 2, 6})}, sizes(4, 6))),
            "option-mismatch: expects both h_0 and c_0, or neither, got h_0 alone");
  EXPECT_EQ(words(broken("RNN", {floats({0, 2, 4})}, sizes(4, 6))),
            "shape-mismatch: expects a sequence of at least 1 element, got (0, 2, 4)");
  EXPECT_EQ(
      words(broken("RNN", {floats({4})}, sizes(4, 6))),
      "rank-mismatch: expects an input of 2 or 3 dimensions, (L, N, input_size) or (L, input_size), got 1 "
      "dimension of shape (4)");
}

TEST(RecurrentTest, TheInputTellsItsSize) {
  const Descriptor& lstm = operations().get("LSTM");
  Attributes options = checked_attributes(lstm.attributes, {{"hidden_size", integer(6)}});
  const TensorType input = floats({T, N, 4});
  lstm.complete(options, ShapeContext({&input, nullptr, nullptr}, options));
  EXPECT_EQ(options.integer("input_size"), 4);
}

TEST(RecurrentTest, OwnsPyTorchsParametersInItsOrder) {
  const auto specs = parameters(
      "LSTM", sizes(4, 6, {{"bidirectional", true}, {"num_layers", integer(2)}, {"proj_size", integer(2)}}));
  std::vector<std::string> names;
  for (const ParameterSpec& spec : specs) names.push_back(spec.name);
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.begin() + 7),
            (std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                                      "weight_hr_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse"}));
  EXPECT_EQ(specs.size(), 20u);
  EXPECT_EQ(specs[10].shape, (std::vector<std::int64_t>{24, 4}));
  EXPECT_EQ(specs[14].shape, (std::vector<std::int64_t>{2, 6}));
  EXPECT_EQ(parameters("GRU", sizes(4, 6, {{"bias", false}})).size(), 2u);
  EXPECT_EQ(parameters("GRU", sizes(4, 4))[0].init, Init::uniform(-0.5, 0.5));
}

TEST(RecurrentTest, AProjectionIsNarrowerThanTheState) {
  EXPECT_NO_THROW(parameters("LSTM", sizes(4, 6, {{"proj_size", integer(5)}})));
  EXPECT_THROW(parameters("LSTM", sizes(4, 6, {{"proj_size", integer(6)}})), Error);
}

// torch.utils.flop_counter's numbers; an LSTM without projection it does not see on the CPU.
TEST(RecurrentTest, CountsTheMatrixProductsOfEveryStep) {
  const std::vector<TensorType> input = {floats({5, 3, 4})};
  EXPECT_EQ(flops("RNN", input, sizes(4, 6)), Dim(1800));
  EXPECT_EQ(flops("GRU", input, sizes(4, 6)), Dim(5400));
  EXPECT_EQ(flops("LSTM", input, sizes(4, 6, {{"proj_size", integer(2)}})), Dim(4680));
  EXPECT_EQ(flops("LSTM", input, sizes(4, 6)), Dim(7200));
}

TEST(RecurrentCellTest, TakesOneStep) {
  EXPECT_EQ(shapes(infer("LSTMCell", {floats({N, 4})}, sizes(4, 6))), (std::vector<Shape>{{N, 6}, {N, 6}}));
  EXPECT_EQ(shapes(infer("GRUCell", {floats({4}), floats({6})}, sizes(4, 6))), (std::vector<Shape>{{6}}));
  EXPECT_EQ(words(broken("RNNCell", {floats({2, 4}), floats({3, 6})}, sizes(4, 6))),
            "shape-mismatch: expects an initial state of shape (2, 6), got (3, 6)");
  broken("LSTMCell", {floats({2, 4}), floats({2, 6})}, sizes(4, 6));
}

TEST(RecurrentCellTest, CountsItsTwoMatrixProducts) {
  EXPECT_EQ(flops("RNNCell", {floats({3, 4})}, sizes(4, 6)), Dim(360));
  EXPECT_EQ(flops("GRUCell", {floats({3, 4})}, sizes(4, 6)), Dim(1080));
  EXPECT_EQ(flops("LSTMCell", {floats({3, 4})}, sizes(4, 6)), Dim(1440));
}

}  // namespace
}  // namespace orrery
