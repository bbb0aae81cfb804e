#include <fstream>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/engine/kernels/compute.h"
#include "runtime/graph/json_values.h"
#include "runtime/ops/operations.h"

namespace orrery {
namespace {

using nlohmann::json;

at::Tensor tensor_of(const json& kept) {
  if (kept.is_null()) return {};
  const at::ScalarType type = scalar_type(*dtype_from_name(kept["dtype"].get<std::string>()));
  const auto shape = kept["shape"].get<std::vector<std::int64_t>>();
  const auto values = kept["values"].get<std::vector<double>>();
  return at::tensor(values, at::kDouble).reshape(shape).to(type);
}

json all_cases() {
  std::ifstream file(ORRERY_SOURCE_DIR "/tests/fixtures/engine/operations.json");
  return json::parse(file);
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
  EXPECT_TRUE(at::allclose(got.to(at::kDouble), wanted.to(at::kDouble), 2e-6, 1e-6)) << what << "\n"
                                                                                     << got << wanted;
}

// One case of the fixture: the same call, with the same gradients asked for.
class FixtureCase {
 public:
  explicit FixtureCase(const json& kept)
      : kept_(kept), descriptor_(operations().get(kept["operation"])), engine_(Engine::of(runtime_)) {
    if (kept["seed"].is_number()) runtime_.draws.seed(kept["seed"].get<std::uint64_t>());
    for (const json& input : kept["inputs"]) {
      inputs_.push_back(tensor_of(input));
      if (inputs_.back().defined() && inputs_.back().is_floating_point()) inputs_.back().requires_grad_();
    }
  }

  void run() {
    const Attributes attributes = attributes_from_json(kept_["options"], descriptor_.attributes);
    const bool training = kept_["training"];
    if (descriptor_.kind == OperationKind::layer) {
      layer_ = std::make_unique<Layer>(descriptor_, attributes, Origin{});
      for (const auto& [name, value] : kept_["state"].items())
        engine_.assign(layer_->parameter(name), tensor_of(value));
      output_ = compute(engine_, *layer_, inputs_, training)[0];
    } else {
      output_ = compute(engine_, descriptor_, attributes, inputs_, training)[0];
    }
    expect_like(output_, kept_["output"], "output");
    check_gradients();
    for (const auto& [name, value] : kept_["buffers"].items())
      expect_like(engine_.tensor(layer_->parameter(name)), value, "buffer " + name);
  }

 private:
  void check_gradients() {
    EXPECT_EQ(output_.requires_grad(), wants_gradients());
    if (!wants_gradients()) return;
    (output_ * tensor_of(kept_["weights"])).sum().backward();
    size_t next = 0;
    for (const at::Tensor& input : inputs_) {
      if (input.defined() && input.is_floating_point())
        expect_like(input.grad(), kept_["input_gradients"][next++], "input");
    }
    for (const auto& [name, value] : kept_["parameter_gradients"].items())
      expect_like(engine_.tensor(layer_->parameter(name)).grad(), value, "parameter " + name);
  }

  bool wants_gradients() const {
    for (const json& gradient : kept_["input_gradients"]) {
      if (!gradient.is_null()) return true;
    }
    return false;
  }

  const json& kept_;
  const Descriptor& descriptor_;
  Runtime runtime_;
  Engine& engine_;
  std::vector<at::Tensor> inputs_;
  std::unique_ptr<Layer> layer_;
  at::Tensor output_;
};

TEST(FixturesTest, OutputsAndGradientsAreThoseOfPyTorch) {
  for (const json& kept : all_cases()) {
    SCOPED_TRACE(kept["operation"].get<std::string>() + " " + kept["options"].dump());
    FixtureCase(kept).run();
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
