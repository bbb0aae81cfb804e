#include "runtime/engine/execution/recomputed_start.h"

#include <mutex>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

// During a turn the engine's generators stand in the place of the process's.
at::Generator generator_on(const at::Device& device) { return at::globalContext().defaultGenerator(device); }

at::Tensor state_of_generator(const at::Device& device) {
  at::Generator generator = generator_on(device);
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

void put_generator(const at::Device& device, const at::Tensor& state) {
  at::Generator generator = generator_on(device);
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

}  // namespace

RecomputedStart::RecomputedStart(Engine& engine, const RecomputedPart& part,
                                 const std::vector<at::Device>& devices)
    : layers_(part.layers), buffers_(part.buffers) {
  const c10::NoGradGuard no_grad;
  for (const LayerPtr& layer : layers_) training_.push_back(layer->training());
  for (const ParameterPtr& buffer : buffers_) copies_.push_back(engine.tensor(buffer).clone());
  if (!part.draws) return;
  devices_ = devices;
  for (const at::Device& device : devices_) generators_.push_back(state_of_generator(device));
}

// The steps get copies in the buffers' place: what the forward pass kept of the buffers themselves is not
// told of a change.
RecomputedStart::Again::Again(const RecomputedStart& start) : start_(start) {
  const c10::NoGradGuard no_grad;
  std::vector<std::shared_ptr<TensorBox>> copies;
  for (const at::Tensor& copy : start.copies_) copies.push_back(boxed(copy.clone()));
  for (const at::Device& device : start.devices_) generators_.push_back(state_of_generator(device));
  for (size_t i = 0; i < start.devices_.size(); ++i) put_generator(start.devices_[i], start.generators_[i]);
  for (size_t i = 0; i < copies.size(); ++i)
    buffers_.push_back(std::exchange(start.buffers_[i]->data, std::move(copies[i])));
  for (size_t i = 0; i < start.layers_.size(); ++i) {
    training_.push_back(start.layers_[i]->training());
    start.layers_[i]->set_training(start.training_[i]);
  }
}

RecomputedStart::Again::~Again() {
  for (size_t i = 0; i < buffers_.size(); ++i) start_.buffers_[i]->data = std::move(buffers_[i]);
  for (size_t i = 0; i < training_.size(); ++i) start_.layers_[i]->set_training(training_[i]);
  for (size_t i = 0; i < generators_.size(); ++i) put_generator(start_.devices_[i], generators_[i]);
}

}  // namespace orrery
