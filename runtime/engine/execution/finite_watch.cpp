#include "runtime/engine/execution/finite_watch.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "runtime/core/error.h"
#include "runtime/engine/tensor_box.h"

namespace orrery {
namespace {

bool has_numbers(const at::Tensor& tensor) {
  return tensor.defined() && tensor.numel() > 0 && (tensor.is_floating_point() || tensor.is_complex());
}
bool has_nan(const at::Tensor& tensor) { return has_numbers(tensor) && tensor.isnan().any().item<bool>(); }
bool has_infinity(const at::Tensor& tensor) {
  return has_numbers(tensor) && tensor.isinf().any().item<bool>();
}
bool any_infinity(const std::vector<at::Tensor>& tensors) {
  return std::ranges::any_of(tensors, has_infinity);
}

bool asked_for(const Node& node) {
  return node.constant() || std::ranges::any_of(node.attributes().entries(), [](const auto& entry) {
           const auto* number = std::get_if<double>(&entry.value);
           return number && std::isinf(*number);
         });
}

// `features/conv1 (N, 16) between -2.1 and 3.4, mean 0.02`
std::string statistics(const Node& node, size_t input, const at::Tensor& tensor) {
  const Value& value = node.inputs()[input];
  std::string text = (value ? value.node->path() : std::string("input")) + " " + str(type_of(tensor).shape);
  if (!tensor.is_floating_point() || tensor.numel() == 0) return text;
  const at::Tensor numbers = tensor.detach().to(at::kDouble);
  return fmt::format("{} between {:.4g} and {:.4g}, mean {:.4g}", text, numbers.min().item<double>(),
                     numbers.max().item<double>(), numbers.mean().item<double>());
}

std::string inputs_of(const Node& node, const std::vector<at::Tensor>& inputs) {
  std::string text;
  for (size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].defined()) text += (text.empty() ? "its inputs: " : "; ") + statistics(node, i, inputs[i]);
  return text;
}

std::string readers_of(const Node& node) {
  std::string text;
  for (size_t i = 0; i < node.outputs().size(); ++i)
    for (const auto& reader : node.graph().readers({const_cast<Node*>(&node), static_cast<int>(i)}))
      text += fmt::format("{}{} ({})", text.empty() ? "it came back through " : ", ", reader.node->path(),
                          reader.node->operation());
  return text;
}

std::string named(const Node& node) { return fmt::format("{} ({})", node.path(), node.operation()); }
std::string gradient_of(const Node& node) { return "the gradient of " + named(node); }

[[noreturn]] void refuse_not_finite(const std::string& what, const at::Tensor& found, const std::string& when,
                                    const std::string& more, const SourceSite& site) {
  const bool nan = has_nan(found);
  const auto count = (nan ? found.isnan() : found.isinf()).sum().item<std::int64_t>();
  throw Error(Fault::diverged,
              fmt::format("{} became {} in {} of {} places{}{}{}", what, nan ? "NaN" : "infinite", count,
                          found.numel(), when.empty() ? "" : ", in " + when, more.empty() ? "" : "; ", more),
              site,
              "Look at the inputs' range: logarithms and roots of 0, divisions by 0, exponentials of "
              "large numbers, or a learning rate that is too high.");
}

}  // namespace

void FiniteWatch::see(const Node& node, const std::vector<at::Tensor>& inputs,
                      const std::vector<at::Tensor>& parameters,
                      const std::vector<at::Tensor>& outputs) const {
  const c10::NoGradGuard no_grad;
  for (const at::Tensor& output : outputs) {
    const bool infinite =
        has_infinity(output) && !asked_for(node) && !any_infinity(inputs) && !any_infinity(parameters);
    if (has_nan(output) || infinite)
      refuse_not_finite(named(node), output, when_, inputs_of(node, inputs), node.origin().site);
  }
}

void FiniteWatch::await_gradients(const Node& node, const std::vector<at::Tensor>& outputs) const {
  for (const at::Tensor& output : outputs) {
    if (!output.defined() || !output.requires_grad() || output.is_leaf()) continue;
    output.register_hook([what = gradient_of(node), when = when_, readers = readers_of(node),
                          site = node.origin().site](const at::Tensor& gradient) {
      const c10::NoGradGuard no_grad;
      if (has_nan(gradient) || has_infinity(gradient)) refuse_not_finite(what, gradient, when, readers, site);
    });
  }
}

void FiniteWatch::see_gradients(const Node& node, const std::vector<at::Tensor>& gradients) const {
  const c10::NoGradGuard no_grad;
  for (const at::Tensor& gradient : gradients)
    if (has_nan(gradient) || has_infinity(gradient))
      refuse_not_finite(gradient_of(node), gradient, when_, readers_of(node), node.origin().site);
}

void FiniteWatch::see_gradient(const Parameter& parameter, const std::string& key,
                               const at::Tensor& gradient) const {
  const c10::NoGradGuard no_grad;
  if (has_nan(gradient) || has_infinity(gradient))
    refuse_not_finite("the gradient of " + key, gradient, when_, "", parameter.site);
}

}  // namespace orrery
