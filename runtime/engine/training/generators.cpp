#include "runtime/engine/training/generators.h"

#include <mutex>

#include <ATen/ATen.h>

namespace orrery {
namespace {

// During a turn the engine's generators stand in the place of the process's.
at::Generator& cuda_generator(int index) {
  const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(index));
  return const_cast<at::Generator&>(at::globalContext().defaultGenerator(device));
}

std::string cuda_key(int index) { return fmt::format("generator.cuda.{}", index); }

}  // namespace

std::vector<NamedTensor> generator_states(Engine& engine) {
  const Engine::Turn turn(engine);
  std::vector<NamedTensor> states = {{"generator.cpu", engine.generator_state()}};
  for (int i = 0; i < cuda_device_count(); ++i) {
    const std::lock_guard lock(cuda_generator(i).mutex());
    states.push_back({cuda_key(i), cuda_generator(i).get_state()});
  }
  return states;
}

void set_generator_states(Engine& engine, const Checkpoint& from) {
  const Engine::Turn turn(engine);
  engine.set_generator_state(from.tensor("generator.cpu"));
  for (int i = 0; i < cuda_device_count(); ++i) {
    const at::Tensor* state = from.find(cuda_key(i));
    if (!state) continue;
    const std::lock_guard lock(cuda_generator(i).mutex());
    cuda_generator(i).set_state(*state);
  }
}

}  // namespace orrery
