#include "runtime/engine/engine.h"

#include <cstdlib>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "runtime/engine/initialise.h"
#include "runtime/engine/kernels/parametrization.h"
#include "runtime/engine/torch_error.h"

namespace orrery {
namespace {

// LibTorch has one generator, one thread count, one determinism and one warning handler for the process: so
// there is one lock, and one engine that they belong to at a time.
struct ProcessState {
  std::recursive_mutex lock;
  Engine* holder = nullptr;
};

ProcessState& process_state() {
  static ProcessState state;
  return state;
}

// The functions that give LibTorch's default generators return references to objects that are not const.
at::Generator& default_cpu_generator() {
  return const_cast<at::Generator&>(at::detail::getDefaultCPUGenerator());
}

at::Generator& default_cuda_generator(size_t index) {
  const at::Device device(at::kCUDA, static_cast<at::DeviceIndex>(index));
  return const_cast<at::Generator&>(at::globalContext().defaultGenerator(device));
}

void seed_generator(at::Generator& generator, std::uint64_t seed) {
  const std::lock_guard lock(generator.mutex());
  generator.set_current_seed(seed);
}

// What was converted since is drawn as it was made.
DType first_dtype(const Parameter& parameter) { return parameter.made_in.value_or(parameter.dtype); }

void begin(Parameter& parameter) {
  const DType dtype = first_dtype(parameter);
  if (parameter.first) return initialise_from_file(parameter, dtype);
  initialise(parameter, parameter.init, dtype);
}

// The parts of a computed tensor get values that give the tensor as it is.
void start(const Parametrization& made) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> parts;
  for (const ParameterPtr& part : made.parts) {
    if (!part->data) begin(*part);
    parts.push_back(unboxed(part->data));
  }
  start_parametrization(made, parts);
}

// A seed that the history shows can be given again: Lua's numbers hold 53 bits.
std::uint64_t random_seed() { return c10::detail::getNonDeterministicRandom() >> 11; }

}  // namespace

class WarningsToLog : public c10::WarningHandler {
 public:
  explicit WarningsToLog(const Log& log) : log_(log) {}
  // What cannot repeat its results is told at its first step only.
  void process(const c10::Warning& warning) override {
    const auto words = words_for_nondeterminism(warning.msg());
    if (!words || told_.insert(*words).second) log_.warning(words.value_or(warning.msg()));
  }

 private:
  const Log& log_;
  std::set<std::string> told_;
};

// What stands in the process's place during a turn, and holds the process's own meanwhile.
struct Engine::Own {
  explicit Own(const Log& log) : warnings(log), handler(&warnings) {}

  at::Generator cpu = at::detail::createCPUGenerator(random_seed());
  std::vector<at::Generator> cuda;
  const MklState mkl = mkl_state(processor_here(), std::getenv("ORRERY_MKL_OVERRIDE"), mkl_asks());
  Determinism determinism = Determinism::of_process();
  WarningsToLog warnings;
  c10::WarningHandler* handler;
};

Engine& Engine::of(Runtime& runtime, bool with_cuda) {
  if (!runtime.engine) {
    if (with_cuda) open_cuda_library();
    runtime.engine = std::shared_ptr<Engine>(new Engine(runtime));
  }
  return *static_cast<Engine*>(runtime.engine.get());
}

Engine::Engine(Runtime& runtime)
    : runtime_(runtime),
      threads_(at::get_num_threads()),
      default_threads_(threads_),
      own_(std::make_unique<Own>(runtime.log)) {
  for (int i = 0; i < cuda_device_count(); ++i) own_->cuda.push_back(default_cuda_generator(i).clone());
}

Engine::~Engine() = default;

Engine::Turn::Turn(Engine& engine) : engine_(engine) {
  ProcessState& state = process_state();
  state.lock.lock();
  outer_ = state.holder;
  if (outer_ != &engine_) {
    if (outer_) outer_->exchange_with_process();
    engine_.exchange_with_process();
    state.holder = &engine_;
  }
  try {
    engine_.replay_draws();
  } catch (...) {
    end();
    throw;
  }
}

Engine::Turn::~Turn() { end(); }

void Engine::Turn::end() {
  ProcessState& state = process_state();
  if (outer_ != &engine_) {
    engine_.exchange_with_process();
    if (outer_) outer_->exchange_with_process();
    state.holder = outer_;
  }
  state.lock.unlock();
}

// The same call puts this engine's state into the process and takes it back out.
void Engine::exchange_with_process() {
  std::swap(default_cpu_generator(), own_->cpu);
  for (size_t i = 0; i < own_->cuda.size(); ++i) std::swap(default_cuda_generator(i), own_->cuda[i]);
  c10::WarningHandler* const handler = c10::WarningUtils::get_warning_handler();
  c10::WarningUtils::set_warning_handler(std::exchange(own_->handler, handler));
  const Determinism determinism = Determinism::of_process();
  if (determinism != own_->determinism) std::exchange(own_->determinism, determinism).set_in_process();
  const int threads = at::get_num_threads();
  if (threads != threads_) at::set_num_threads(std::exchange(threads_, threads));
}

void Engine::replay_draws() {
  if (runtime_.draws.empty()) return;
  for (const DrawLog::Entry& entry : runtime_.draws.take()) {
    if (const auto* seed = std::get_if<DrawLog::Seed>(&entry)) {
      seed_generator(default_cpu_generator(), seed->seed);
      for (size_t i = 0; i < own_->cuda.size(); ++i) seed_generator(default_cuda_generator(i), seed->seed);
    } else if (const auto* fill = std::get_if<DrawLog::Fill>(&entry)) {
      initialise(*fill->parameter, fill->init, fill->dtype);
    } else if (const auto* copy = std::get_if<DrawLog::Copy>(&entry)) {
      if (!copy->from->data) begin(*copy->from);
      copy->to->data = boxed(unboxed(copy->from->data).detach().clone());
    } else {
      start(std::get<Parametrization>(entry));
    }
  }
}

at::Tensor Engine::tensor(const ParameterPtr& parameter) {
  if (!parameter->data || !runtime_.draws.empty()) {
    const Turn turn(*this);
    check(parameter->data || !parameter->awaits_data, Fault::usage,
          "'{}' of the input has no values yet: a run reads them from the data when it begins",
          parameter->name);
    if (!parameter->data) begin(*parameter);
  }
  const at::Tensor& tensor = unboxed(parameter->data);
  convert_in_place(tensor, scalar_type(parameter->dtype));
  const bool trained = parameter->trainable && !parameter->buffer && is_floating(parameter->dtype);
  if (tensor.requires_grad() != trained) tensor.set_requires_grad(trained);
  return tensor;
}

void Engine::assign(const ParameterPtr& parameter, const at::Tensor& values) {
  const Turn turn(*this);
  const TensorType given = type_of(values);
  check(given.shape == parameter->shape, Fault::run, "{} has shape {}, the new values have shape {}",
        parameter->name, str(parameter->shape), str(given.shape));
  const c10::NoGradGuard no_grad;
  if (parameter->data) {
    tensor(parameter).copy_(values);
  } else {
    parameter->data = boxed(values.detach().to(scalar_type(parameter->dtype), false, true).contiguous());
  }
}

void Engine::move(const ParameterPtr& parameter, const at::Device& device) {
  const Turn turn(*this);
  const c10::NoGradGuard no_grad;
  at::Tensor held = tensor(parameter);
  if (held.device() == device) return;
  held.set_data(held.to(device));
  if (held.grad().defined()) held.mutable_grad() = held.grad().to(device);
}

void Engine::set_threads(int threads) {
  use_threads(threads);
  default_threads_ = threads;
  threads_are_set_ = true;
}

void Engine::use_threads(int threads) {
  check(threads >= 1, Fault::usage, "threads must be an integer ≥ 1, got {}", threads);
  const Turn turn(*this);
  at::set_num_threads(threads);
}

int Engine::threads() {
  const Turn turn(*this);
  return at::get_num_threads();
}

const MklState& Engine::mkl() const { return own_->mkl; }

void Engine::set_determinism(const Determinism& determinism) {
  const Turn turn(*this);
  determinism.set_in_process();
}

Determinism Engine::determinism() {
  const Turn turn(*this);
  return Determinism::of_process();
}

std::uint64_t Engine::seed() {
  const Turn turn(*this);
  return default_cpu_generator().current_seed();
}

at::Tensor Engine::generator_state() {
  const Turn turn(*this);
  const std::lock_guard lock(default_cpu_generator().mutex());
  return default_cpu_generator().get_state();
}

void Engine::set_generator_state(const at::Tensor& state) {
  const Turn turn(*this);
  const std::lock_guard lock(default_cpu_generator().mutex());
  default_cpu_generator().set_state(state);
}

}  // namespace orrery
