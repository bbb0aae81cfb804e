#include "runtime/history/records.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace orrery {
namespace {

constexpr std::array<std::string_view, 4> kStatusNames{"running", "done", "failed", "interrupted"};
constexpr std::array<std::string_view, 3> kSplitNames{"train", "validation", "test"};
constexpr std::array<PartInfo, 10> kParts{{
    {StepPart::data_wait, "data_wait", "waiting for the next batch"},
    {StepPart::copy, "copy", "copying the batch to the device"},
    {StepPart::forward, "forward", "forward pass"},
    {StepPart::backward, "backward", "backward pass"},
    {StepPart::optimizer, "optimizer", "updates of the optimizers"},
    {StepPart::validation, "validation", "validation"},
    {StepPart::checkpoint, "checkpoint", "writing checkpoints and savers' files"},
    {StepPart::callbacks, "callbacks", "the script's callbacks"},
    {StepPart::other, "other", "the rest of the step"},
    {StepPart::step, "step", "the whole of the step: the sum of the other parts"},
}};

template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

UnixMilliseconds machine_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string_view name(RunStatus status) { return kStatusNames[static_cast<std::size_t>(status)]; }

std::optional<RunStatus> run_status_from_name(std::string_view name) {
  return from_name<RunStatus>(kStatusNames, name);
}

std::string_view name(Split split) { return kSplitNames[static_cast<std::size_t>(split)]; }

std::span<const PartInfo> parts() { return kParts; }

std::string_view name(StepPart part) { return kParts[static_cast<std::size_t>(part) - 1].name; }

std::optional<StepPart> part_from_name(std::string_view name) {
  const auto found = std::ranges::find(kParts, name, &PartInfo::name);
  if (found == kParts.end()) return std::nullopt;
  return found->part;
}

std::optional<Split> split_from_name(std::string_view name) { return from_name<Split>(kSplitNames, name); }

}  // namespace orrery
