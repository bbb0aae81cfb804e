#include "runtime/engine/training/gradient_noise.h"

#include <cmath>
#include <mutex>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/device.h"

namespace orrery {
namespace {

constexpr const char* kNoiseUpdates = "gradient_noise.updates.";
constexpr const char* kNoiseGenerator = "gradient_noise.generator.";

}  // namespace

std::unique_ptr<GradientNoise> GradientNoise::of(const Manager& manager, std::uint64_t seed) {
  const Attributes* options = manager.group("gradient_noise");
  return options ? std::make_unique<GradientNoise>(*options, seed) : nullptr;
}

GradientNoise::GradientNoise(const Attributes& options, std::uint64_t seed)
    : eta_(options.real("eta")), gamma_(options.real("gamma")), seed_(seed) {}

at::Generator& GradientNoise::generator(const at::Device& device) {
  const auto [place, made] = generators_.try_emplace(device.str());
  if (made) {
    place->second = at::globalContext().defaultGenerator(device).clone();
    const std::lock_guard lock(place->second.mutex());
    place->second.set_current_seed(seed_);
  }
  return place->second;
}

void GradientNoise::add(size_t optimizer, std::vector<at::Tensor>& gradients) {
  const c10::NoGradGuard no_grad;
  const auto update = static_cast<double>(updates_[optimizer]++);
  const double deviation = std::sqrt(eta_ / std::pow(1 + update, gamma_));
  for (at::Tensor& gradient : gradients) {
    if (!gradient.defined()) continue;
    const at::Tensor noise =
        at::randn(gradient.sizes(), generator(gradient.device()), gradient.options().requires_grad(false));
    gradient = at::add(gradient, noise, deviation);
  }
}

void GradientNoise::save(Checkpoint& to) const {
  for (const auto& [optimizer, updates] : updates_)
    to.numbers[kNoiseUpdates + std::to_string(optimizer)] = static_cast<double>(updates);
  for (auto [device, generator] : generators_) {
    const std::lock_guard lock(generator.mutex());
    to.tensors.push_back({kNoiseGenerator + device, generator.get_state()});
  }
}

void GradientNoise::load(const Checkpoint& from) {
  for (const auto& [key, updates] : from.numbers)
    if (key.starts_with(kNoiseUpdates))
      updates_[std::stoul(key.substr(std::string(kNoiseUpdates).size()))] =
          static_cast<std::int64_t>(updates);
  for (const NamedTensor& named : from.tensors) {
    if (!named.key.starts_with(kNoiseGenerator)) continue;
    const at::Device device(named.key.substr(std::string(kNoiseGenerator).size()));
    if (device.is_cuda() && device.index() >= cuda_device_count()) continue;
    at::Generator& own = generator(device);
    const std::lock_guard lock(own.mutex());
    own.set_state(named.tensor);
  }
}

}  // namespace orrery
