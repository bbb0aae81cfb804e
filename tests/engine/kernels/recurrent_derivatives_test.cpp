#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "runtime/engine/kernels/derivative.h"
#include "runtime/engine/kernels/layer_tensors.h"
#include "tests/engine/kernels/calls.h"
#include "tests/engine/kernels/random_cases.h"

namespace orrery {
namespace {

constexpr std::uint64_t kSeed = 7;

const DerivativeEntry& entry_of(const std::string& operation) {
  for (const DerivativeEntry& entry : recurrent_derivatives())
    if (entry.operation == operation) return entry;
  throw std::runtime_error("no derivative of " + operation);
}

void expect_near(const at::Tensor& found, const at::Tensor& expected, const std::string& what) {
  ASSERT_TRUE(found.defined()) << what;
  ASSERT_EQ(found.sizes(), expected.sizes()) << what;
  ASSERT_EQ(found.scalar_type(), expected.scalar_type()) << what;
  const double largest = std::max(1.0, expected.abs().max().item<double>());
  const double tolerance = expected.scalar_type() == at::kFloat ? 1e-5 : 1e-12;
  EXPECT_LE((found - expected).abs().max().item<double>(), tolerance * largest) << what;
}

struct Sizes {
  std::int64_t steps, batch, features, hidden;
};

// One layer and its inputs, computed by autograd and by the rule.
class RecurrentDerivativesTest : public Calls {
 protected:
  at::Tensor numbers(at::IntArrayRef sizes, DType dtype) {
    return at::randn(sizes, generator_, dtype == DType::float32 ? at::kFloat : at::kDouble);
  }

  void sequence(const std::string& kind, Given given, DType dtype, const Sizes& sizes) {
    const bool batched = !dice_.one_in(5), batch_first = dice_.one_in(2), both = dice_.one_in(2);
    const std::int64_t layers = dice_.between(1, 3);
    given.insert(given.end(),
                 {{"num_layers", layers}, {"batch_first", batch_first}, {"bidirectional", both}});
    if (layers > 1) given.push_back({"dropout", dice_.pick<double>({0, 0.3, 1})});
    std::vector<std::int64_t> input = {sizes.steps, sizes.batch, sizes.features};
    std::vector<std::int64_t> state = {layers * (both ? 2 : 1), sizes.batch, sizes.hidden};
    if (batch_first) std::swap(input[0], input[1]);
    if (!batched) {
      input.erase(input.begin() + (batch_first ? 0 : 1));
      state.erase(state.begin() + 1);
    }
    compare(kind, std::move(given), dtype, sizes, numbers(input, dtype), state);
  }

  void cell(const std::string& kind, Given given, DType dtype, const Sizes& sizes) {
    std::vector<std::int64_t> input = {sizes.batch, sizes.features}, state = {sizes.batch, sizes.hidden};
    if (dice_.one_in(4)) {
      input.erase(input.begin());
      state.erase(state.begin());
    }
    compare(kind, std::move(given), dtype, sizes, numbers(input, dtype), state);
  }

  Sizes any_sizes() {
    return {dice_.between(1, 6), dice_.between(1, 5), dice_.between(1, 6), dice_.between(1, 20)};
  }

  Dice dice_{21};

 private:
  void compare(const std::string& kind, Given given, DType dtype, const Sizes& sizes, const at::Tensor& input,
               at::IntArrayRef state) {
    given.insert(given.end(), {{"input_size", sizes.features},
                               {"hidden_size", sizes.hidden},
                               {"bias", !dice_.one_in(3)},
                               {"dtype", dtype}});
    layer_ = layer(kind, given);
    training_ = !dice_.one_in(4);
    SCOPED_TRACE(describe(layer_->descriptor(), {layer_->attributes(), {}}));
    const bool states = !dice_.one_in(3), lstm = kind.starts_with("LSTM");
    inputs_ = {input.clone(), states ? numbers(state, dtype) : at::Tensor()};
    if (lstm) inputs_.push_back(states ? numbers(state, dtype) : at::Tensor());
    by_autograd(dtype);
    by_rule(entry_of(kind));
  }

  // Some inputs and weights need no gradient, and no gradient comes back from some outputs.
  void by_autograd(DType dtype) {
    moved_ = inputs_;
    const std::vector<at::Tensor> weights = layer_tensors(engine_, *layer_, training_);
    moved_.insert(moved_.end(), weights.begin(), weights.end());
    wanted_.clear();
    for (at::Tensor& tensor : moved_) {
      wanted_.push_back(tensor.defined() && !dice_.one_in(5));
      if (tensor.defined()) tensor.requires_grad_(wanted_.back());
    }
    runtime_.draws.seed(kSeed);
    outputs_ = compute(engine_, *layer_, inputs_, training_);
    arrived_.clear();
    for (const at::Tensor& output : outputs_)
      arrived_.push_back(arrived_.empty() || dice_.one_in(2) ? numbers(output.sizes(), dtype) : at::Tensor());
    std::vector<at::Tensor> roots, gradients, leaves;
    for (size_t i = 0; i < outputs_.size(); ++i)
      if (arrived_[i].defined()) {
        roots.push_back(outputs_[i]);
        gradients.push_back(arrived_[i]);
      }
    for (size_t i = 0; i < moved_.size(); ++i)
      if (wanted_[i]) leaves.push_back(moved_[i]);
    expected_ = leaves.empty() || !outputs_[0].requires_grad()
                    ? std::vector<at::Tensor>()
                    : torch::autograd::grad(roots, leaves, gradients, false, false, true);
  }

  void by_rule(const DerivativeEntry& entry) {
    runtime_.draws.seed(kSeed);
    const Engine::Turn turn(engine_);
    const c10::NoGradGuard no_grad;
    const std::vector<at::Tensor> weights = layer_tensors(engine_, *layer_, training_);
    const KernelContext call{.attributes = layer_->attributes(),
                             .descriptor = &layer_->descriptor(),
                             .inputs = inputs_,
                             .parameters = weights,
                             .parameter_names = layer_->read_slots(),
                             .training = training_};
    ASSERT_TRUE(entry.covers(call));
    const Kept kept = entry.forward(call);
    ASSERT_EQ(kept.outputs.size(), outputs_.size());
    for (size_t i = 0; i < outputs_.size(); ++i)
      expect_near(kept.outputs[i], outputs_[i].detach(), "output " + std::to_string(i));
    if (expected_.empty() || HasFatalFailure()) return;
    std::vector<TensorLike> likes;
    for (const at::Tensor& input : inputs_)
      likes.push_back(input.defined() ? TensorLike{input.sizes().vec(), input.options()} : TensorLike{});
    const std::vector<at::Tensor> found =
        entry.backward({call, likes, kept.outputs, kept.kept, arrived_, wanted_});
    expect_gradients(found);
  }

  void expect_gradients(const std::vector<at::Tensor>& found) {
    ASSERT_EQ(found.size(), wanted_.size());
    size_t next = 0;
    for (size_t i = 0; i < found.size(); ++i) {
      if (!wanted_[i]) continue;
      const at::Tensor& expected = expected_[next++];
      expect_near(found[i], expected.defined() ? expected : at::zeros_like(moved_[i]),
                  "gradient " + std::to_string(i));
    }
  }

  at::Generator generator_ = at::make_generator<at::CPUGeneratorImpl>(kSeed);
  LayerPtr layer_;
  bool training_ = true;
  std::vector<at::Tensor> inputs_, moved_, outputs_, arrived_, expected_;
  std::vector<bool> wanted_;
};

struct Recurrence {
  std::string kind;
  std::vector<Attributes::Entry> options = {};
};

const Recurrence kRecurrences[] = {
    {"LSTM"}, {"GRU"}, {"RNN", {{"nonlinearity", "tanh"}}}, {"RNN", {{"nonlinearity", "relu"}}}};

TEST_F(RecurrentDerivativesTest, SequencesEqualAutograd) {
  for (const auto& [kind, options] : kRecurrences)
    for (const DType dtype : {DType::float32, DType::float64})
      for (int i = 0; i < 40 && !HasFailure(); ++i) sequence(kind, options, dtype, any_sizes());
}

TEST_F(RecurrentDerivativesTest, CellsEqualAutograd) {
  for (const auto& [kind, options] : kRecurrences)
    for (const DType dtype : {DType::float32, DType::float64})
      for (int i = 0; i < 20 && !HasFailure(); ++i) cell(kind + "Cell", options, dtype, any_sizes());
}

TEST_F(RecurrentDerivativesTest, RowsSharedAmongThreadsEqualAutograd) {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  for (const auto& [kind, options] : kRecurrences)
    for (const DType dtype : {DType::float32, DType::float64})
      for (int i = 0; i < 2 && !HasFailure(); ++i) sequence(kind, options, dtype, {4, 17, 8, 130});
  at::set_num_threads(before);
}

TEST_F(RecurrentDerivativesTest, ProjectionsAndOtherTypesAreLeftToAutograd) {
  const auto covered = [&](const Given& given, const at::Tensor& input) {
    const LayerPtr lstm = layer("LSTM", given);
    const std::vector<at::Tensor> inputs = {input, {}, {}}, weights = layer_tensors(engine_, *lstm, true);
    return entry_of("LSTM").covers(
        {.attributes = lstm->attributes(), .inputs = inputs, .parameters = weights});
  };
  const Given plain = {{"input_size", std::int64_t{2}}, {"hidden_size", std::int64_t{3}}};
  Given projected = plain, half = plain;
  projected.push_back({"proj_size", std::int64_t{1}});
  half.push_back({"dtype", DType::bfloat16});
  EXPECT_TRUE(covered(plain, at::ones({4, 1, 2})));
  EXPECT_FALSE(covered(projected, at::ones({4, 1, 2})));
  EXPECT_FALSE(covered(half, at::ones({4, 1, 2}, at::kBFloat16)));
  EXPECT_FALSE(covered(plain, at::ones({4, 1, 2}, at::kDouble)));
  EXPECT_FALSE(covered(plain, at::ones({4, 0, 2})));
}

}  // namespace
}  // namespace orrery
