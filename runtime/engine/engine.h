#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

#include "runtime/engine/determinism.h"
#include "runtime/engine/device.h"
#include "runtime/engine/mkl_state.h"
#include "runtime/engine/tensor_box.h"
#include "runtime/graph/runtime.h"

namespace orrery {

/// What LibTorch needs per runtime: the generator of random numbers, the number of threads, the data of
/// parameters. One per `Runtime`, made when a tensor is first needed and owned by the runtime.
///
/// LibTorch keeps generator, threads, determinism and warning handler per process. A `Turn` puts this
/// engine's own in their place and holds the one engine lock of the process, so that two runtimes run their
/// steps in turn without disturbing each other's random numbers.
class Engine {
 public:
  /// The runtime's engine, opened if need be. Opens LibTorch's CUDA library too where a driver and the
  /// library are found, unless `with_cuda` is false at the first call in the process.
  static Engine& of(Runtime& runtime, bool with_cuda = true);

  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  Runtime& runtime() const { return runtime_; }

  /// Everything that calls LibTorch happens inside a turn. Replays pending draws when it begins. Turns
  /// nest, also those of two engines; they end in the reverse order, on the thread that began them.
  class [[nodiscard]] Turn {
   public:
    explicit Turn(Engine& engine);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    void end();

    Engine& engine_;
    Engine* outer_;
  };

  /// The tensor of a parameter or buffer: a leaf, requiring a gradient as `trainable` says now. A
  /// parameter that has no data yet is initialised. Takes a turn by itself.
  at::Tensor tensor(const ParameterPtr& parameter);
  /// Copies new values into a parameter in place, converting dtype and device. Fails when the shape
  /// differs.
  void assign(const ParameterPtr& parameter, const at::Tensor& values);
  /// Moves a parameter's data (and its `.grad`) to a device; tensors that share it by handle move along.
  void move(const ParameterPtr& parameter, const at::Device& device);

  /// Intra-operation threads during this engine's turns; at least 1. Initially LibTorch's own choice.
  /// `set_threads` also holds for every run that is not told otherwise; `use_threads` is for a run's own
  /// number, which counts until the next.
  void set_threads(int threads);
  void use_threads(int threads);
  int threads();
  /// What was set, or LibTorch's own choice, whatever runs use.
  int default_threads() const { return default_threads_; }
  bool threads_are_set() const { return threads_are_set_; }

  /// The processor, and whether the MKL inside LibTorch is told to take its fast paths there, as found when
  /// the engine was opened. The environment variable ORRERY_MKL_OVERRIDE=0 leaves MKL to itself.
  const MklState& mkl() const;

  /// How results repeat during this engine's turns. Initially as the process has it.
  void set_determinism(const Determinism& determinism);
  Determinism determinism();

  /// What the generators were seeded with.
  std::uint64_t seed();
  /// Everything needed to continue the CPU's random sequence (a byte tensor); generators.h has all devices.
  at::Tensor generator_state();
  void set_generator_state(const at::Tensor& state);

 private:
  explicit Engine(Runtime& runtime);
  void replay_draws();
  void exchange_with_process();

  struct Own;
  Runtime& runtime_;
  int threads_;
  int default_threads_;
  bool threads_are_set_ = false;
  std::unique_ptr<Own> own_;
};

/// Bytes of the thresholds that `advise_allocator` sets.
inline constexpr int kMmapThreshold = 32 << 20;
inline constexpr int kTrimThreshold = 2'000'000'000;

/// Advice to the C library's allocator that makes training steps up to 1.6 times faster: both the mmap and
/// the trim threshold, since one alone makes it worse; and `cpu_allocator()` for LibTorch's tensors, but for
/// builds with AddressSanitizer. For a program's main, before the first tensor; it holds for the whole
/// process, so a library never calls it by itself. True when both thresholds were taken.
bool advise_allocator();

}  // namespace orrery
