#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/execution/executor.h"
#include "runtime/engine/kernels/compute.h"
#include "runtime/graph/json_values.h"
#include "runtime/ops/operations.h"
#include "tests/files/places.h"

namespace orrery {
namespace {

using nlohmann::json;

at::Tensor tensor_of(const json& kept) {
  if (kept.is_null()) return {};
  const at::ScalarType type = scalar_type(*dtype_from_name(kept["dtype"].get<std::string>()));
  const auto shape = kept["shape"].get<std::vector<std::int64_t>>();
  const auto values = kept["values"].get<std::vector<double>>();
  const at::Tensor numbers = at::tensor(values, at::kDouble);
  if (c10::isComplexType(type)) return at::view_as_complex(numbers.reshape({-1, 2})).reshape(shape).to(type);
  return numbers.reshape(shape).to(type);
}

json all_cases() {
  json all = json::array();
  for (const auto& entry :
       std::filesystem::directory_iterator(in_source("tests/fixtures/engine/operations"))) {
    std::ifstream file(entry.path());
    for (json& one : json::parse(file)) all.push_back(std::move(one));
  }
  return all;
}

bool takes_gradient(const at::Tensor& tensor) {
  return tensor.defined() && (tensor.is_floating_point() || tensor.is_complex());
}

void expect_like(const at::Tensor& got, const json& kept, const std::string& what) {
  const at::Tensor wanted = tensor_of(kept);
  if (!wanted.defined()) {
    EXPECT_FALSE(got.defined()) << what;
    return;
  }
  ASSERT_TRUE(got.defined()) << what;
  EXPECT_EQ(got.scalar_type(), wanted.scalar_type()) << what;
  ASSERT_EQ(got.sizes(), wanted.sizes()) << what;
  // The same library computed both; a machine with other vector instructions may round the last digit
  // otherwise.
  const at::ScalarType wide = got.is_complex() ? at::kComplexDouble : at::kDouble;
  EXPECT_TRUE(at::allclose(got.to(wide), wanted.to(wide), 2e-6, 1e-6, true)) << what << "\n" << got << wanted;
}

// One case of the fixture: the same call, with the same gradients asked for.
class FixtureCase {
 public:
  explicit FixtureCase(const json& kept)
      : kept_(kept), descriptor_(operations().get(kept["operation"])), engine_(Engine::of(runtime_)) {
    if (kept["seed"].is_number()) runtime_.draws.seed(kept["seed"].get<std::uint64_t>());
    for (const json& input : kept["inputs"]) {
      inputs_.push_back(tensor_of(input));
      if (takes_gradient(inputs_.back())) inputs_.back().requires_grad_();
    }
  }

  void want_no_gradients() {
    for (at::Tensor& input : inputs_)
      if (input.defined()) input = input.detach();
  }

  // REQUIRES: nothing but the inputs has a dtype.
  void want_double_precision() {
    for (at::Tensor& input : inputs_)
      if (input.defined() && input.is_floating_point()) input = input.to(at::kDouble);
  }

  const std::vector<at::Tensor>& compute_at_once() {
    const bool training = kept_["training"];
    outputs_ = make_layer() ? compute(engine_, *layer_, inputs_, training)
                            : compute(engine_, descriptor_, options(), inputs_, training);
    return outputs_;
  }

  // The same as a graph of one node, whose inputs are the fields of a batch.
  std::vector<at::Tensor> compute_in_graph() {
    InputSpec spec{.source = "{}"};
    Batch batch = {{"unused", at::zeros({1})}};
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_[i].defined()) batch[fmt::format("x{}", i)] = inputs_[i].detach();
    for (const auto& [name, tensor] : batch) spec.fields.push_back({name, type_of(tensor), false});
    const std::vector<Value> fields = graph_.input(spec);
    std::vector<Value> values(inputs_.size());
    for (size_t i = 0; i < values.size(); ++i)
      for (size_t field = 0; field < fields.size(); ++field)
        if (spec.fields[field].name == fmt::format("x{}", i)) values[i] = fields[field];
    const std::vector<Value> made =
        make_layer() ? graph_.apply(layer_, values) : graph_.apply(descriptor_, options(), values);
    for (const Value& value : made) graph_.use({Use::Kind::output, value, ""});
    graph_.finalize();
    const Executor::Mode mode{.training = kept_["training"], .gradients = false};
    return Executor(engine_, graph_, made).forward(batch, mode);
  }

  void run() {
    compute_at_once();
    ASSERT_EQ(outputs_.size(), kept_["outputs"].size());
    for (size_t i = 0; i < outputs_.size(); ++i)
      expect_like(outputs_[i], kept_["outputs"][i], descriptor_.output_name(static_cast<int>(i)));
    check_gradients();
    for (const auto& [name, value] : kept_["buffers"].items())
      expect_like(engine_.tensor(layer_->parameter(name)), value, "buffer " + name);
  }

 private:
  Attributes options() const { return attributes_from_json(kept_["options"], descriptor_.attributes); }

  // False for a transform.
  bool make_layer() {
    if (descriptor_.kind != OperationKind::layer) return false;
    layer_ = std::make_shared<Layer>(descriptor_, options(), Origin{});
    parametrize();
    for (const auto& [name, value] : kept_["state"].items())
      engine_.assign(layer_->parameter(name), tensor_of(value));
    return true;
  }

  void parametrize() {
    for (const json& made : kept_.value("parametrizations", json::array())) {
      const ParametrizationKind& kind = operations().parametrization(made["kind"]);
      layer_->parametrize({made["slot"], &kind, attributes_from_json(made["options"], kind.attributes)});
    }
  }

  void check_gradients() {
    at::Tensor loss;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (!outputs_[i].requires_grad()) continue;
      const at::Tensor sum = (outputs_[i] * tensor_of(kept_["weights"][i])).sum();
      const at::Tensor part = sum.is_complex() ? sum.abs() : sum;
      loss = loss.defined() ? loss + part : part;
    }
    EXPECT_TRUE(loss.defined() || !wants_gradients());
    if (!loss.defined()) return;
    loss.backward();
    size_t next = 0;
    for (const at::Tensor& input : inputs_) {
      if (takes_gradient(input)) expect_like(input.grad(), kept_["input_gradients"][next++], "input");
    }
    for (const auto& [name, value] : kept_["parameter_gradients"].items())
      expect_like(engine_.tensor(layer_->parameter(name)).grad(), value, "parameter " + name);
  }

  bool wants_gradients() const {
    for (const char* of : {"input_gradients", "parameter_gradients"}) {
      for (const json& gradient : kept_[of]) {
        if (!gradient.is_null()) return true;
      }
    }
    return false;
  }

  const json& kept_;
  const Descriptor& descriptor_;
  Runtime runtime_;
  Engine& engine_;
  std::vector<at::Tensor> inputs_;
  LayerPtr layer_;
  Graph graph_{"case"};
  std::vector<at::Tensor> outputs_;
};

TEST(FixturesTest, OutputsAndGradientsAreThoseOfPyTorch) {
  for (const json& kept : all_cases()) {
    SCOPED_TRACE(kept["operation"].get<std::string>() + " " + kept["options"].dump());
    FixtureCase(kept).run();
  }
}

at::Tensor widened(const at::Tensor& tensor) {
  return tensor.to(tensor.is_complex() ? at::kComplexDouble : at::kDouble);
}

double distance(const at::Tensor& one, const at::Tensor& other) {
  return (widened(one) - widened(other)).abs().max().item<double>();
}

// MKL rounds a sum's last digit as the memory happens to lie. `exact` is the case in double precision, asked
// where that is no reason: LibTorch's GELU lies 3e-7 from it far below 0, farther than the own kernel's.
void expect_same(const at::Tensor& got, const at::Tensor& wanted, const std::function<at::Tensor()>& exact) {
  ASSERT_TRUE(got.defined() && wanted.defined());
  EXPECT_EQ(got.scalar_type(), wanted.scalar_type());
  ASSERT_EQ(got.sizes(), wanted.sizes());
  constexpr double kMargin = 1e-7;
  if (at::allclose(widened(got), widened(wanted), 2e-6, kMargin, true)) return;
  const at::Tensor truth = exact();
  const double size = std::max(1.0, widened(truth).abs().max().item<double>());
  EXPECT_LE(distance(got, truth), distance(wanted, truth) + kMargin * size) << got << wanted << truth;
}

// Without gradients in both: with them LibTorch takes other kernels for some.
TEST(FixturesTest, AGraphComputesWhatTensorsDo) {
  const c10::NoGradGuard no_grad;
  for (const json& kept : all_cases()) {
    if (operations().get(kept["operation"]).loop != Descriptor::LoopEnd::none) continue;  // frames others
    SCOPED_TRACE(kept["operation"].get<std::string>() + " " + kept["options"].dump());
    FixtureCase on_tensors(kept);
    on_tensors.want_no_gradients();
    const auto wanted = on_tensors.compute_at_once();
    FixtureCase in_graph(kept);  // now, since it sets the generator's seed
    const auto got = in_graph.compute_in_graph();
    ASSERT_EQ(got.size(), wanted.size());
    const auto exact = [&](size_t i) {
      FixtureCase wide(kept);
      wide.want_no_gradients();
      wide.want_double_precision();
      return wide.compute_at_once()[i];
    };
    for (size_t i = 0; i < got.size(); ++i) expect_same(got[i], wanted[i].detach(), [&] { return exact(i); });
  }
}

TEST(FixturesTest, CoverEveryOperation) {
  std::set<std::string> covered;
  for (const json& kept : all_cases()) covered.insert(kept["operation"]);
  for (const auto& descriptor : operations().all())
    EXPECT_TRUE(covered.contains(descriptor->name)) << descriptor->name;
}

}  // namespace
}  // namespace orrery
