#pragma once

#include <optional>
#include <string>

#include <c10/core/DeviceType.h>
#include <c10/core/ScalarType.h>

namespace orrery {

/// In what a graph computes: as its tensors are declared, or in mixed precision, as torch.autocast: layers
/// and products of matrices in half the bits, reductions and losses in single precision, parameters as they
/// are. Value type.
class Precision {
 public:
  /// As declared.
  Precision() = default;
  /// The manager's word: `32-true`, `bf16-mixed`, `16-mixed`; `64-true` and the like are as declared, since
  /// the manager has converted the graph.
  explicit Precision(const std::string& word);

  /// Operations cast what they compute from.
  bool mixed() const { return lower_.has_value(); }
  /// Small gradients would become 0, so that the loss is scaled.
  bool scales() const { return lower_ == at::kHalf; }

  /// While one lives, this thread computes so on one kind of device. Scopes nest; what was cast for one is
  /// forgotten when the outermost ends.
  class [[nodiscard]] Scope {
   public:
    Scope(const Precision& precision, c10::DeviceType device);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

   private:
    bool active_;
    c10::DeviceType device_;
    bool enabled_before_ = false;
    at::ScalarType before_ = at::kFloat;
  };

 private:
  std::optional<at::ScalarType> lower_;
};

}  // namespace orrery
