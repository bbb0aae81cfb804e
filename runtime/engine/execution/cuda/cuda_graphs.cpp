// CUDA graphs behind DeviceGraphs: all of liborrery_cuda.so. LibTorch's headers that want more of NVIDIA's
// toolkit than the runtime (ATen/cuda/CUDAContext.h, CUDAEvent.h) stay out.
#include <exception>
#include <mutex>
#include <utility>

#include <ATen/Context.h>
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "runtime/engine/device_graphs.h"

namespace orrery {
namespace {

class CudaGraph : public DeviceGraph {
 public:
  void replay() override { recorded.replay(); }

  at::cuda::CUDAGraph recorded;
};

template <class Close>
void ignoring_errors(Close close) {
  try {
    close();
  } catch (const std::exception&) {
    // Another error is being handled.
  }
}

class CudaGraphs : public DeviceGraphs {
 public:
  explicit CudaGraphs(c10::DeviceIndex device)
      : device_(device),
        stream_(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device)),
        pool_(at::cuda::graph_pool_handle()) {}

  std::unique_ptr<DeviceGraph> record(const std::function<void()>& work) override {
    const c10::cuda::CUDAGuard device(device_);
    c10::cuda::device_synchronize();
    const at::Generator before = copy_of_generator();
    auto graph = std::make_unique<CudaGraph>();
    const c10::cuda::CUDAStreamGuard stream(stream_);
    try {
      // Of this thread alone: those that read batches ahead may go on.
      graph->recorded.capture_begin(pool_, cudaStreamCaptureModeThreadLocal);
      work();
      graph->recorded.capture_end();
      return graph;
    } catch (...) {
      abandon(graph->recorded);
      graph.reset();
      generator() = before;
      throw;
    }
  }

 private:
  // During a turn the engine's generators stand in the place of the process's.
  at::Generator& generator() const {
    return const_cast<at::Generator&>(at::globalContext().defaultGenerator(at::Device(at::kCUDA, device_)));
  }

  // A generator of a recording that failed refuses to be used outside of one.
  at::Generator copy_of_generator() const {
    const std::lock_guard lock(generator().mutex());
    return generator().clone();
  }

  // LibTorch leaves memory set aside for a recording that the device did not end well.
  void abandon(at::cuda::CUDAGraph& graph) const {
    try {
      graph.capture_end();
      return;
    } catch (const std::exception&) {
      ignoring_errors([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(device_, pool_); });
      ignoring_errors([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool_); });
      ignoring_errors([&] { c10::cuda::CUDACachingAllocator::releasePool(device_, pool_); });
      ignoring_errors([&] { at::getHostAllocator(at::kCUDA)->release_pool(pool_); });
    }
  }

  c10::DeviceIndex device_;
  c10::cuda::CUDAStream stream_;
  at::MempoolId_t pool_;
};

}  // namespace
}  // namespace orrery

// The caller owns what it gets.
extern "C" [[gnu::visibility("default")]] orrery::DeviceGraphs* orrery_cuda_graphs(int device) {
  return new orrery::CudaGraphs(static_cast<c10::DeviceIndex>(device));
}
