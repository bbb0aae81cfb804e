#include "bindings/engine/tensor_text.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <fmt/ranges.h>
#include <torch/csrc/autograd/function.h>

namespace orrery::lua {
namespace {

constexpr std::int64_t kThreshold = 1000;  // elements above which a tensor is summarised
constexpr std::int64_t kEdge = 3;          // items shown at each end then
constexpr int kLineWidth = 80;

// Chooses one form and width for all real numbers of a tensor.
class NumberFormatter {
 public:
  explicit NumberFormatter(const at::Tensor& shown)
      : floating_(shown.is_floating_point()), boolean_(shown.scalar_type() == at::kBool) {
    const at::Tensor flat = shown.reshape({-1});
    if (!floating_) {
      for (std::int64_t i = 0; i < flat.numel(); ++i) widen(flat[i]);
      return;
    }
    // Zeros, infinities and NaN decide nothing: that is PyTorch's rule, and why they may stand out of line.
    const at::Tensor deciding = flat.masked_select(flat.isfinite() & flat.ne(0));
    choose(deciding.to(at::kDouble).abs());
    for (std::int64_t i = 0; i < deciding.numel(); ++i) widen(deciding[i]);
  }

  std::string format(const at::Tensor& element) const {
    const std::string text = plain(element);
    return std::string(width_ > text.size() ? width_ - text.size() : 0, ' ') + text;
  }

  size_t width() const { return width_; }

 private:
  void choose(const at::Tensor& finite) {
    if (finite.numel() == 0) return;
    const double high = finite.max().item<double>(), low = finite.min().item<double>();
    whole_ = at::equal(finite, finite.ceil());
    scientific_ = high / low > 1000 || high > 1e8 || (!whole_ && low < 1e-4);
  }

  void widen(const at::Tensor& element) { width_ = std::max(width_, plain(element).size()); }

  std::string plain(const at::Tensor& element) const {
    if (boolean_) return element.item<bool>() ? "True" : "False";
    if (!floating_) return std::to_string(element.item<std::int64_t>());
    const double value = element.item<double>();
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    if (scientific_) return fmt::format("{:.4e}", value);
    return whole_ ? fmt::format("{:.0f}.", value) : fmt::format("{:.4f}", value);
  }

  bool floating_;
  bool boolean_;
  bool whole_ = true;
  bool scientific_ = false;
  size_t width_ = 1;
};

// Both parts of complex numbers have a form of their own.
class Formatter {
 public:
  explicit Formatter(const at::Tensor& shown) : real_(shown.is_complex() ? at::real(shown) : shown) {
    if (shown.is_complex()) imaginary_.emplace(at::imag(shown));
  }

  std::string format(const at::Tensor& element) const {
    if (!imaginary_) return real_.format(element);
    std::string imaginary = imaginary_->format(at::imag(element)) + "j";
    imaginary.erase(0, imaginary.find_first_not_of(' '));
    return real_.format(at::real(element)) + (imaginary.front() == '-' ? "" : "+") + imaginary;
  }

  size_t width() const { return real_.width() + (imaginary_ ? imaginary_->width() + 1 : 0); }

 private:
  NumberFormatter real_;
  std::optional<NumberFormatter> imaginary_;
};

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  return fmt::format("{}", fmt::join(parts, between));
}

std::string scalar_text(const at::Tensor& tensor, const Formatter& formatter) {
  return formatter.format(tensor);
}

std::string vector_text(const at::Tensor& tensor, int indent, bool summarised, const Formatter& formatter) {
  const std::int64_t size = tensor.size(0);
  std::vector<std::string> items;
  for (std::int64_t i = 0; i < size; ++i) {
    if (summarised && size > 2 * kEdge && i == kEdge) {
      items.emplace_back(" ...");
      i = size - kEdge;
    }
    items.push_back(formatter.format(tensor[i]));
  }
  const int element = static_cast<int>(formatter.width()) + 2;
  const size_t per_line = static_cast<size_t>(std::max(1, (kLineWidth - indent) / element));
  std::vector<std::string> lines;
  for (size_t at = 0; at < items.size(); at += per_line)
    lines.push_back(
        joined({items.begin() + static_cast<std::ptrdiff_t>(at),
                items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), at + per_line))},
               ", "));
  return "[" + joined(lines, ",\n" + std::string(static_cast<size_t>(indent) + 1, ' ')) + "]";
}

std::string nested_text(const at::Tensor& tensor, int indent, bool summarised, const Formatter& formatter) {
  if (tensor.dim() == 0) return scalar_text(tensor, formatter);
  if (tensor.dim() == 1) return vector_text(tensor, indent, summarised, formatter);
  const std::int64_t size = tensor.size(0);
  std::vector<std::string> slices;
  for (std::int64_t i = 0; i < size; ++i) {
    if (summarised && size > 2 * kEdge && i == kEdge) {
      slices.emplace_back("...");
      i = size - kEdge;
    }
    slices.push_back(nested_text(tensor[i], indent + 1, summarised, formatter));
  }
  const std::string between = "," + std::string(static_cast<size_t>(tensor.dim()) - 1, '\n') +
                              std::string(static_cast<size_t>(indent) + 1, ' ');
  return "[" + joined(slices, between) + "]";
}

// What a summary shows: only this decides the numbers' form.
at::Tensor edges(const at::Tensor& tensor) {
  at::Tensor shown = tensor;
  for (std::int64_t dim = 0; dim < tensor.dim(); ++dim) {
    const std::int64_t size = shown.size(dim);
    if (size > 2 * kEdge)
      shown = at::cat({shown.narrow(dim, 0, kEdge), shown.narrow(dim, size - kEdge, kEdge)}, dim);
  }
  return shown;
}

bool usual_dtype(at::ScalarType type) {
  return type == at::kFloat || type == at::kLong || type == at::kBool || type == at::kComplexFloat;
}

std::string dtype_text(at::ScalarType type) {
  switch (type) {
    case at::kDouble: return "torch.float64";
    case at::kHalf: return "torch.float16";
    case at::kBFloat16: return "torch.bfloat16";
    case at::kByte: return "torch.uint8";
    case at::kChar: return "torch.int8";
    case at::kShort: return "torch.int16";
    case at::kInt: return "torch.int32";
    case at::kLong: return "torch.int64";
    case at::kBool: return "torch.bool";
    case at::kComplexFloat: return "torch.complex64";
    case at::kComplexDouble: return "torch.complex128";
    default: return "torch.float32";
  }
}

// `, dtype=torch.float64, requires_grad=True)`: on a line of its own where it does not fit any more.
std::string with_suffixes(std::string text, const std::vector<std::string>& suffixes, int indent) {
  size_t length = text.size() - (text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1) +
                  2;  // as PyTorch counts
  for (const std::string& suffix : suffixes) {
    if (length + suffix.size() + 2 > kLineWidth) {
      text += ",\n" + std::string(static_cast<size_t>(indent), ' ') + suffix;
      length = static_cast<size_t>(indent) + suffix.size();
    } else {
      text += ", " + suffix;
      length += suffix.size() + 2;
    }
  }
  return text + ")";
}

}  // namespace

std::string tensor_text(const at::Tensor& tensor) {
  c10::NoGradGuard no_grad;
  const std::string prefix = "tensor(";
  const int indent = static_cast<int>(prefix.size());
  std::vector<std::string> suffixes;
  if (!tensor.is_cpu()) suffixes.push_back(fmt::format("device='{}'", tensor.device().str()));
  std::string body;
  const at::Tensor here = tensor.detach().cpu().resolve_conj();
  if (here.numel() == 0) {
    if (here.dim() != 1) suffixes.push_back(fmt::format("size=({})", fmt::join(here.sizes(), ", ")));
    if (here.scalar_type() != at::kFloat) suffixes.push_back("dtype=" + dtype_text(here.scalar_type()));
    body = "[]";
  } else {
    if (!usual_dtype(here.scalar_type())) suffixes.push_back("dtype=" + dtype_text(here.scalar_type()));
    const bool summarised = here.numel() > kThreshold;
    const Formatter formatter(summarised ? edges(here) : here);
    body = nested_text(here, indent, summarised, formatter);
  }
  if (tensor.grad_fn())
    suffixes.push_back(fmt::format("grad_fn=<{}>", tensor.grad_fn()->name()));
  else if (tensor.requires_grad())
    suffixes.emplace_back("requires_grad=True");
  return with_suffixes(prefix + body, suffixes, indent);
}

}  // namespace orrery::lua
