#include "tests/engine/training/recording_graphs.h"

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/library.h>

namespace orrery::testing {
namespace {

// Below autograd, so that what it keeps for the backward pass is a call's own result; LibTorch has it for
// Python.
constexpr c10::DispatchKey kRecords = c10::DispatchKey::Fake;

struct RecordedCall {
  c10::OperatorHandle operation;
  torch::jit::Stack inputs, outputs;
};

at::Tensor bytes_of(const at::Tensor& tensor) {
  const auto bytes = static_cast<std::int64_t>(tensor.storage().nbytes());
  return at::empty({0}, at::kByte).set_(tensor.storage(), 0, {bytes});
}

template <class Each>
void each_tensor(const torch::jit::Stack& values, Each each) {
  for (const c10::IValue& value : values) {
    if (value.isTensor() && value.toTensor().defined()) each(value.toTensor());
    if (value.isTensorList())
      for (const at::Tensor& tensor : value.toTensorVector()) each(tensor);
    if (value.isList() && !value.isTensorList())
      for (const c10::IValue& item : value.toListRef())
        if (item.isTensor() && item.toTensor().defined()) each(item.toTensor());
  }
}

std::vector<at::Tensor> tensors_in(const torch::jit::Stack& values) {
  std::vector<at::Tensor> tensors;
  each_tensor(values, [&](const at::Tensor& tensor) { tensors.push_back(tensor); });
  return tensors;
}

class Recording {
 public:
  std::vector<RecordedCall> calls;

  void call(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
    static const std::set<std::string> kReading = {"aten::item",       "aten::_local_scalar_dense",
                                                   "aten::is_nonzero", "aten::equal",
                                                   "aten::nonzero",    "aten::masked_select"};
    TORCH_CHECK(!kReading.contains(operation.schema().name()),
                "CUDA error: operation not permitted when stream is capturing");
    const auto first = stack->end() - static_cast<long>(operation.schema().arguments().size());
    RecordedCall made{operation, {first, stack->end()}, {}};
    each_tensor(made.inputs, [&](const at::Tensor& tensor) { remember(tensor); });
    operation.callBoxed(stack);
    made.outputs = {stack->end() - static_cast<long>(operation.schema().returns().size()), stack->end()};
    calls.push_back(std::move(made));
  }

  /// Memory is as it was before the recording.
  void put_back() const {
    for (const auto& [storage, kept] : before_) at::Tensor(kept.first).copy_(kept.second);
  }

 private:
  void remember(const at::Tensor& tensor) {
    if (!tensor.has_storage() || before_.contains(tensor.storage().unsafeGetStorageImpl())) return;
    const at::Tensor bytes = bytes_of(tensor);
    before_[tensor.storage().unsafeGetStorageImpl()] = {bytes, bytes.clone()};
  }

  std::map<const c10::StorageImpl*, std::pair<at::Tensor, at::Tensor>> before_;
};

thread_local Recording* open_recording = nullptr;

void record_call(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
  const c10::impl::ExcludeDispatchKeyGuard not_within(kRecords);
  open_recording->call(operation, stack);
}

void install() {
  static torch::Library everything(torch::Library::IMPL, "_", kRecords, __FILE__, __LINE__);
  static std::once_flag once;
  std::call_once(once,
                 [] { everything.fallback(torch::CppFunction::makeFromBoxedFunction<&record_call>()); });
}

class RecordedGraph : public DeviceGraph {
 public:
  RecordedGraph(std::vector<RecordedCall> calls, int& replays)
      : calls_(std::move(calls)), replays_(replays) {}

  void replay() override {
    const c10::NoGradGuard no_grad;
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    ++replays_;
    for (const RecordedCall& call : calls_) {
      torch::jit::Stack stack = call.inputs;
      call.operation.callBoxed(&stack);
      const std::vector<at::Tensor> made = tensors_in(stack), places = tensors_in(call.outputs);
      for (size_t i = 0; i < made.size(); ++i)
        if (!made[i].is_alias_of(places[i])) at::Tensor(places[i]).copy_(made[i]);
    }
  }

 private:
  std::vector<RecordedCall> calls_;
  int& replays_;
};

}  // namespace

std::unique_ptr<DeviceGraph> RecordingGraphs::record(const std::function<void()>& work) {
  install();
  ++attempts;
  const at::Generator& generator = at::detail::getDefaultCPUGenerator();
  const at::Tensor random = generator.get_state();
  Recording recording;
  const auto close = [&] {
    open_recording = nullptr;
    const c10::NoGradGuard no_grad;
    recording.put_back();
    at::Generator(generator).set_state(random);
  };
  open_recording = &recording;
  try {
    const c10::impl::IncludeDispatchKeyGuard on(kRecords);
    work();
  } catch (...) {
    close();
    throw;
  }
  close();
  ++recorded;
  return std::make_unique<RecordedGraph>(std::move(recording.calls), replays);
}

}  // namespace orrery::testing
