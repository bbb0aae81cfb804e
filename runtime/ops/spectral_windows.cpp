// Fourier transforms of windows along a signal.
#include <fmt/format.h>

#include "runtime/ops/dims.h"
#include "runtime/ops/families.h"
#include "runtime/ops/promotion.h"
#include "runtime/ops/transforms.h"

namespace orrery {
namespace {

struct Windows {
  std::int64_t points, hop, length;
  bool center;
};

// The options, with PyTorch's defaults: a quarter of the points from window to window.
Windows windows_of(ShapeContext& context) {
  const Attributes& a = context.attributes();
  const std::int64_t points = a.integer("n_fft");
  const Windows windows{points, a.has("hop_length") ? a.integer("hop_length") : points / 4,
                        a.has("win_length") ? a.integer("win_length") : points, a.boolean("center")};
  if (windows.hop < 1) context.expects_option("a hop_length of at least 1", std::to_string(windows.hop));
  if (windows.length > points)
    context.expects_option(fmt::format("a win_length of at most n_fft, {}", points),
                           std::to_string(windows.length));
  if (!context.linked(1)) return windows;
  const Shape& window = context.shape(1);
  const std::string expected = fmt::format("a window of {} elements", windows.length);
  if (window.size() != 1) context.expects(1, expected, str(window));
  context.expect_equal(1, window[0], windows.length, expected, str(window));
  if (context.input(1).dtype != DType::float32 && context.input(1).dtype != DType::float64)
    context.expects_dtype(1, "a window of dtype float32 or float64");
  return windows;
}

bool one_sided(const ShapeContext& context, bool by_default) {
  return context.attributes().has("onesided") ? context.attributes().boolean("onesided") : by_default;
}

void expect_single_or_double(ShapeContext& context) {
  const DType dtype = context.input(0).dtype;
  if (dtype != DType::float32 && dtype != DType::float64 && !is_complex(dtype))
    context.expects_floats(0, "float32, float64 or complex numbers");
}

// The window's dtype is that of the signal's real numbers.
void expect_window_like(ShapeContext& context) {
  if (!context.linked(1)) return;
  const DType dtype = context.input(0).dtype;
  const DType real = real_of(dtype);
  if (context.input(1).dtype != real)
    context.expects_dtype(1, fmt::format("a window of dtype {}", name(real)));
}

std::vector<TensorType> stft_rule(ShapeContext& context) {
  context.expect_rank(0, 1, 2, "(batch, samples) or (samples)");
  expect_single_or_double(context);
  expect_window_like(context);
  const Windows windows = windows_of(context);
  const bool complex_input = is_complex(context.input(0).dtype), half = one_sided(context, !complex_input);
  if (half && complex_input) context.expects_option("onesided = false for complex numbers", "true");
  Dim samples = context.shape().back();
  if (windows.center) {
    const std::int64_t pad = windows.points / 2;
    const std::string& mode = context.attributes().text("pad_mode");
    if (mode == "reflect")
      context.expect_at_least(0, samples, pad + 1, fmt::format("more than {} samples to reflect", pad),
                              samples.str());
    if (mode == "circular")
      context.expect_at_least(0, samples, pad, fmt::format("at least {} samples to go round", pad),
                              samples.str());
    samples = samples + 2 * pad;
  }
  context.expect_at_least(0, samples, windows.points, fmt::format("at least {} samples", windows.points),
                          samples.str());
  Shape shape(context.shape().begin(), context.shape().end() - 1);
  shape.push_back(half ? windows.points / 2 + 1 : windows.points);
  shape.push_back(floor_div(samples - windows.points, windows.hop) + 1);
  const DType dtype = context.input(0).dtype;
  if (context.attributes().boolean("return_complex")) return {{shape, complex_of(dtype)}};
  shape.push_back(2);
  return {{shape, is_complex(dtype) ? dtype == DType::complex64 ? DType::float32 : DType::float64 : dtype}};
}

// Windows shorter than a transform leave its ends uncovered: those must not be asked for.
void expect_covered(ShapeContext& context, const Windows& windows, const Dim& samples, const Dim& frames) {
  if (windows.length == windows.points) return;
  if (!windows.center)
    context.expects_option(fmt::format("a win_length of n_fft, {}, without center", windows.points),
                           std::to_string(windows.length));
  const Dim covered = (windows.points + windows.length) / 2 + windows.hop * (frames - 1);
  context.expect_at_least(0, covered, windows.points / 2 + samples, "windows that cover all samples",
                          samples.str());
}

std::vector<TensorType> istft_rule(ShapeContext& context) {
  context.expect_rank(0, 2, 3, "(batch, frequencies, windows) or (frequencies, windows)");
  if (!is_complex(context.input(0).dtype)) context.expects_dtype(0, "complex numbers, as stft gives them");
  expect_window_like(context);
  const Windows windows = windows_of(context);
  const bool complex_result = context.attributes().boolean("return_complex"),
             half = one_sided(context, !(context.shape()[context.rank() - 2] == Dim(windows.points)));
  if (windows.hop > windows.length)
    context.expects_option(fmt::format("a hop_length of at most win_length, {}", windows.length),
                           std::to_string(windows.hop));
  if (complex_result && half) context.expects_option("onesided = false with return_complex", "true");
  const Shape& input = context.shape();
  const std::int64_t wanted = half ? windows.points / 2 + 1 : windows.points;
  context.expect_equal(0, input[input.size() - 2], wanted, fmt::format("{} frequencies", wanted), str(input));
  const Dim frames = input.back();
  context.expect_at_least(0, frames, 1, "at least one window", str(input));
  Dim samples = windows.points + windows.hop * (frames - 1) - (windows.center ? 2 * (windows.points / 2) : 0);
  if (context.attributes().has("length")) {
    samples = context.attributes().integer("length");
  } else {
    context.expect_at_least(0, samples, 1, "enough windows for a sample", str(input));
  }
  expect_covered(context, windows, samples, frames);
  Shape shape(input.begin(), input.end() - 2);
  shape.push_back(samples);
  const DType dtype = context.input(0).dtype;
  return {{shape, complex_result ? dtype : dtype == DType::complex64 ? DType::float32 : DType::float64}};
}

Attribute count(std::string name, std::string doc, bool required = false) {
  return {.name = std::move(name), .doc = std::move(doc), .required = required, .min = 1};
}

std::vector<Attribute> window_options() {
  return {count("n_fft", "points of a transform", true),
          count("hop_length", "samples from window to window; none: a quarter of n_fft"),
          count("win_length", "samples of a window; none: n_fft"),
          flag("center", true, "windows are centred; the ends are padded")};
}

Descriptor windowed(std::string name, std::string doc, std::vector<Attribute> more, ShapeRule shape) {
  std::vector<Attribute> options = window_options();
  options.insert(options.end(), more.begin(), more.end());
  return ordered(
      transform(Category::spectral, std::move(name), std::move(doc),
                {input_port(),
                 {.name = "window", .kind = Port::Kind::optional, .doc = "(win_length); none: all 1"}},
                std::move(options), shape),
      {"input", "n_fft", "hop_length", "win_length", "window"});
}

}  // namespace

void add_spectral_windows(Registry& registry) {
  const Attribute pad_mode = {.name = "pad_mode",
                              .type = AttributeType::text,
                              .doc = "how the ends are padded",
                              .value = "reflect",
                              .choices = {"reflect", "constant", "replicate", "circular"}};
  const Attribute onesided = {
      .name = "onesided",
      .type = AttributeType::boolean,
      .doc = "half of the frequencies, of real signals; none: where that is possible"};
  const Attribute normalized = flag("normalized", false, "divided by the root of n_fft");
  registry.add(exported(
      windowed("stft", "Fourier transforms of windows along a signal.",
               {pad_mode, normalized, onesided,
                flag("return_complex", true, "else real and imaginary part stand in a last dimension")},
               stft_rule),
      "STFT"));
  registry.add(
      windowed("istft", "The signal of which stft gave the transforms.",
               {normalized, onesided, count("length", "samples of the signal; none: what the windows cover"),
                flag("return_complex", false, "the signal is complex")},
               istft_rule));
}

}  // namespace orrery
