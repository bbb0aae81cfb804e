// Fourier transforms, and what turns spectra into bands.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include <fmt/format.h>

#include "runtime/onnx/composer.h"
#include "runtime/onnx/parts.h"

namespace orrery {
namespace {

using Sizes = std::vector<std::int64_t>;

// ONNX holds complex numbers as pairs in a last dimension, which a real signal has with size 1 (in STFT also
// not at all).
struct Signal {
  Value value;
  bool complex;
};

Signal signal_of(const OnnxCall& call) {
  const OnnxComposer make(call);
  Value x = call.value(0);
  if (x.dtype() == DType::float16 || x.dtype() == DType::bfloat16) x = make.to(x, DType::float32);
  const std::int64_t last = static_cast<std::int64_t>(x.shape().size()) - 1;
  const Dim parts = last < 0 ? Dim(0) : x.shape().back();
  if (parts == Dim(1)) return {make.select(x, last, 0), false};
  if (!(parts == Dim(2)))
    call.refuse(fmt::format("its signal is {}, expected 1 or 2 numbers behind", str(x.shape())));
  return {call.apply("complex", {make.select(x, last, 0), make.select(x, last, 1)}), true};
}

// The first half of a transform's frequencies, which tells the others of a real signal.
Value half_of(const OnnxCall& call, Value frequencies, std::int64_t dim, const Dim& length) {
  const Dim count = floor_div(length, 2) + 1;
  return call.apply("narrow", {frequencies},
                    {{"dim", dim},
                     {"start", std::int64_t{0}},
                     {"length", OnnxComposer(call).known(count, "the number of frequencies")}});
}

Value transformed(const OnnxCall& call, const Signal& signal, std::int64_t dim,
                  std::optional<std::int64_t> length, bool inverse, bool half) {
  OnnxOptions options = {{"dim", dim}};
  if (length) options.emplace_back("n", *length);
  if (half && !inverse && !signal.complex) return call.apply("fft_rfft", {signal.value}, std::move(options));
  const Dim whole = length ? Dim(*length) : signal.value.shape()[static_cast<std::size_t>(dim)];
  const Value all = call.apply(inverse ? "fft_ifft" : "fft_fft", {signal.value}, std::move(options));
  return half ? half_of(call, all, dim, whole) : all;
}

// From operator set 20 on the axis is an input. Half a spectrum is turned back into a real signal.
void import_dft(OnnxCall& call) {
  const OnnxComposer make(call);
  const bool recent = call.opset() >= 20;
  const std::int64_t axis = recent ? (call.has(2) ? call.integer(2) : -2) : call.integer("axis", 1);
  const std::int64_t dim = call.axis(axis, call.rank(0));
  const bool inverse = call.integer("inverse", 0) != 0, half = call.integer("onesided", 0) != 0;
  const auto length = call.has(1) ? std::optional(call.integer(1)) : std::nullopt;
  if (dim + 1 == call.rank(0)) call.refuse("it would transform real and imaginary parts");
  const Signal signal = signal_of(call);
  if (inverse && half) {
    OnnxOptions options = {{"dim", dim}};
    if (length) options.emplace_back("n", *length);
    const Value real = call.apply("fft_irfft", {signal.value}, std::move(options));
    return call.give(make.to(make.unsqueeze(real, call.rank(0) - 1), call.type(0).dtype));
  }
  const Value spectrum = transformed(call, signal, dim, length, inverse, half);
  call.give(make.to(call.apply("view_as_real", {spectrum}), call.type(0).dtype));
}

Signal signal_of_stft(const OnnxCall& call) {
  if (call.rank(0) == 2) return {call.value(0), false};
  return signal_of(call);
}

// Frames are cut out one step after the other, weighed by the window, and transformed.
void import_stft(OnnxCall& call) {
  const OnnxComposer make(call);
  const Signal signal = signal_of_stft(call);
  const std::int64_t step = call.integer(1);
  const bool windowed = call.has(2), half = call.integer("onesided", 1) != 0;
  if (!windowed && !call.has(3)) call.refuse("it has neither a window nor a frame_length");
  const std::int64_t length =
      call.has(3) ? call.integer(3) : make.known(call.type(2).shape.at(0), "the window's length");
  if (step < 1 || length < 1) call.refuse(fmt::format("its frames are {} long, {} apart", length, step));
  Value frames = call.apply("unfold", {signal.value},
                            {{"dimension", std::int64_t{1}}, {"size", length}, {"step", step}});
  if (windowed) frames = make.with("mul", frames, call.value(2));
  const Value spectrum = transformed(call, {frames, signal.complex}, 2, std::nullopt, false, half);
  call.give(make.to(call.apply("view_as_real", {spectrum}), call.type(0).dtype));
}

double mel(double hertz) { return 2595 * std::log1p(hertz / 700) / std::numbers::ln10; }
double hertz_of(double mel) { return 700 * std::expm1(mel / 2595 * std::numbers::ln10); }

// Triangles at equal distances on the mel scale, (dft_length / 2 + 1, bins): as ONNX's reference makes them
// (onnx/reference/ops/op_mel_weight_matrix.py), which rounds their corners down to frequencies of the
// spectrum.
std::vector<double> mel_weights(std::int64_t bins, std::int64_t length, double rate, double low,
                                double high) {
  const std::int64_t frequencies = length / 2 + 1;
  const double step = (mel(high) - mel(low)) / static_cast<double>(bins + 2);
  Sizes corners;
  for (std::int64_t i = 0; i < bins + 2; ++i) {
    const double hertz = hertz_of(static_cast<double>(i) * step + mel(low));
    corners.push_back(static_cast<std::int64_t>(std::floor(static_cast<double>(length + 1) * hertz / rate)));
  }
  std::vector<double> weights(static_cast<std::size_t>(frequencies * bins), 0.0);
  for (std::int64_t bin = 0; bin < bins; ++bin) {
    const auto at = static_cast<std::size_t>(bin);
    const std::int64_t lower = corners[at], centre = corners[at + 1], upper = corners[at + 2];
    const auto put = [&](std::int64_t frequency, double weight) {
      if (frequency >= 0 && frequency < frequencies)
        weights[static_cast<std::size_t>(frequency * bins + bin)] = weight;
    };
    if (centre == lower) put(centre, 1);
    for (std::int64_t f = lower; centre != lower && f <= centre; ++f)
      put(f, static_cast<double>(f - lower) / static_cast<double>(centre - lower));
    for (std::int64_t f = centre; upper > centre && f < upper; ++f)
      put(f, static_cast<double>(upper - f) / static_cast<double>(upper - centre));
  }
  return weights;
}

void import_mel_weights(OnnxCall& call) {
  const std::int64_t bins = call.integer(0), length = call.integer(1);
  const double rate = call.real(2), low = call.real(3), high = call.real(4);
  const std::int64_t frequencies = length / 2 + 1;
  if (bins < 1 || length < 1 || rate <= 0 || bins > OnnxLiteral::kMostElements ||
      frequencies > OnnxLiteral::kMostElements / bins)
    call.refuse(fmt::format("{} bands of {} samples at {} Hz", bins, length, rate));
  const auto number = static_cast<OnnxDType>(call.integer("output_datatype", 1));
  const auto dtype = dtype_of_onnx(number);
  if (!dtype || !is_floating(*dtype)) call.refuse(fmt::format("its weights are {}", onnx_dtype_name(number)));
  call.give(OnnxLiteral(*dtype, {frequencies, bins}, mel_weights(bins, length, rate, low, high)));
}

}  // namespace

void add_onnx_signals(OnnxOperators& table) {
  table.add("DFT", import_dft);
  table.add("STFT", import_stft);
  table.add("MelWeightMatrix", import_mel_weights);
}

}  // namespace orrery
