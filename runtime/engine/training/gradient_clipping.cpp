#include "runtime/engine/training/gradient_clipping.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

namespace orrery {
namespace {

void clip_norm(std::vector<at::Tensor>& gradients, double most) {
  const at::Device device = gradients.front().device();
  std::vector<at::Tensor> norms;
  for (const at::Tensor& gradient : gradients) norms.push_back(at::linalg_vector_norm(gradient).to(device));
  const at::Tensor total = at::linalg_vector_norm(at::stack(norms));
  // Always multiplied: asking whether it is necessary would wait for the device.
  const at::Tensor factor = at::clamp_max(most / (total + 1e-6), 1.0);
  for (at::Tensor& gradient : gradients) gradient = gradient * factor.to(gradient.device());
}

}  // namespace

GradientClipping::GradientClipping(const Attributes& options)
    : most_(options.has("gradient_clip_val") ? options.real("gradient_clip_val") : 0),
      algorithm_(options.text("gradient_clip_algorithm") == "value" ? Algorithm::value : Algorithm::norm) {}

void GradientClipping::clip(std::vector<at::Tensor>& gradients) const {
  if (most_ == 0) return;
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> defined;
  for (const at::Tensor& gradient : gradients)
    if (gradient.defined()) defined.push_back(gradient);
  if (defined.empty()) return;
  if (algorithm_ == Algorithm::norm) clip_norm(defined, most_);
  auto next = defined.begin();
  for (at::Tensor& gradient : gradients) {
    if (!gradient.defined()) continue;
    gradient = algorithm_ == Algorithm::norm ? *next : gradient.clamp(-most_, most_);
    ++next;
  }
}

}  // namespace orrery
