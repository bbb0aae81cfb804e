// First values, step by step as scripts/dev/make_initialisation_fixtures.py takes them in PyTorch.
#include "runtime/ops/initialisation.h"

#include <cstring>
#include <fstream>
#include <map>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "runtime/core/error.h"
#include "runtime/engine/engine.h"
#include "runtime/formats/safetensors_reader.h"
#include "runtime/graph/json_values.h"
#include "runtime/ops/operations.h"
#include "tests/files/places.h"

namespace orrery {
namespace {

using nlohmann::json;

const std::string kFolder = in_source("tests/fixtures/engine/");

class Steps {
 public:
  explicit Steps(Runtime& runtime) : runtime_(runtime) { runtime_.draws.seed(31); }

  void take_all() {
    std::ifstream file(kFolder + "initialisation.json");
    for (const json& step : json::parse(file)) take(step);
  }

  const std::map<std::string, LayerPtr>& layers() const { return layers_; }

 private:
  void take(const json& step) {
    const std::string kind = step["kind"];
    if (step.contains("layer")) {
      const Descriptor& descriptor = operations().get(kind);
      layers_[step["layer"]] =
          runtime_.make_layer(descriptor, attributes_from_json(step["options"], descriptor.attributes), {});
    } else if (step.contains("fill")) {
      const ParameterPtr parameter = layers_.at(step["fill"])->parameter(step["slot"]);
      const InitialisationKind& how = initialisation_kind(kind);
      const Attributes options = attributes_from_json(step["options"], how.attributes);
      runtime_.draws.initialise(parameter, initialisation(how, options, parameter->shape));
    } else {
      const ParametrizationKind& how = operations().parametrization(kind);
      runtime_.parametrize(*layers_.at(step["parametrize"]),
                           {step["slot"], &how, attributes_from_json(step["options"], how.attributes)});
    }
  }

  Runtime& runtime_;
  std::map<std::string, LayerPtr> layers_;
};

// Factorisations go through LAPACK, whose last digit another machine may round otherwise.
bool by_lapack(const std::string& key) {
  for (const char* word :
       {"orthogonal.", "square.", "reflections.", "spectral_norm.", "tall.weight", "a.weight"})
    if (key.starts_with(word)) return true;
  return false;
}

void expect_like_pytorch(Engine& engine, const std::map<std::string, LayerPtr>& layers) {
  const SafetensorsReader file(kFolder + "initialisation.safetensors");
  size_t compared = 0;
  for (const auto& [name, layer] : layers) {
    for (size_t i = 0; i < layer->slots().size(); ++i, ++compared) {
      const std::string key = name + "." + layer->slots()[i];
      const Bytes wanted = file.read(file.at(key));
      const at::Tensor got = engine.tensor(layer->parameters()[i]).detach().contiguous();
      ASSERT_EQ(got.nbytes(), wanted.size()) << key;
      const at::Tensor kept = at::from_blob(const_cast<void*>(static_cast<const void*>(wanted.data())),
                                            got.sizes(), got.options());
      EXPECT_TRUE(by_lapack(key) ? at::allclose(got, kept, 1e-5, 1e-6) : at::equal(got, kept)) << key;
    }
  }
  EXPECT_EQ(compared, file.header().tensors.size());
}

TEST(InitialisationFixturesTest, LoggedStepsGivePyTorchsNumbers) {
  Runtime runtime;
  Steps steps(runtime);
  steps.take_all();
  expect_like_pytorch(Engine::of(runtime), steps.layers());
}

TEST(InitialisationFixturesTest, StepsOnAnOpenEngineGiveThemToo) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  Steps steps(runtime);
  steps.take_all();
  expect_like_pytorch(engine, steps.layers());
}

ParameterPtr parameter(Shape shape) {
  auto made = std::make_shared<Parameter>();
  made->name = "p";
  made->shape = std::move(shape);
  return made;
}

TEST(InitialisationFixturesTest, FillsDataInPlace) {
  Runtime runtime;
  Engine& engine = Engine::of(runtime);
  const ParameterPtr p = parameter({2, 3});
  const at::Tensor held = engine.tensor(p);
  runtime.draws.initialise(p, Init::constant(4));
  EXPECT_TRUE(engine.tensor(p).is_same(held));
  EXPECT_TRUE(at::equal(held, at::full({2, 3}, 4.0f)));
  EXPECT_TRUE(held.requires_grad());
  EXPECT_TRUE(held.is_leaf());
}

TEST(InitialisationFixturesTest, EveryKindIsDrawnInTheFixtures) {
  std::ifstream file(kFolder + "initialisation.json");
  const json steps = json::parse(file);
  for (const InitialisationKind& kind : initialisation_kinds())
    EXPECT_TRUE(std::ranges::any_of(steps, [&](const json& step) {
      return step.contains("fill") && step["kind"] == kind.name;
    })) << kind.name;
  for (const auto& kind : operations().parametrizations())
    EXPECT_TRUE(std::ranges::any_of(steps, [&](const json& step) {
      return step.contains("parametrize") && step["kind"] == kind->name;
    })) << kind->name;
}

}  // namespace
}  // namespace orrery
