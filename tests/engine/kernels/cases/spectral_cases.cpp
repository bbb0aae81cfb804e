#include "tests/engine/kernels/cases/pointwise_cases.h"

namespace orrery {
namespace {

void fit_single_dim(Entries& entries, Dice& dice) {
  if (AttributeValue* dim = drawn(entries, "dim"))
    if (std::holds_alternative<std::int64_t>(*dim) && !dice.one_in(6)) *dim = dice.between(-2, 1);
}

void draw_planes(Entries& entries, Dice& dice) {
  if (AttributeValue* dim = drawn(entries, "dim")) *dim = std::vector<std::int64_t>{0, dice.between(-1, 1)};
  if (AttributeValue* sizes = drawn(entries, "s")) *sizes = std::vector<std::int64_t>{dice.between(-1, 4), 3};
}

void draw_shift(Entries& entries, Dice& dice) {
  if (AttributeValue* dim = drawn(entries, "dim")) *dim = std::vector<std::int64_t>{dice.between(-2, 1)};
}

void fit_signal(RandomCase& one, Dice& dice) {
  if (!dice.one_in(6)) one.inputs[0]->shape = random_shape(dice, 2, 3);
  if (dice.one_in(3)) one.inputs[0]->dtype = dice.one_in(2) ? DType::complex64 : DType::complex128;
}

void fit_points(Entries& entries, Dice& dice) {
  if (!dice.one_in(6)) *drawn(entries, "n") = Shape{dice.between(0, 6)};
}

void draw_windows(Entries& entries, Dice& dice) {
  *drawn(entries, "n_fft") = dice.between(2, 6);
  if (AttributeValue* hop = drawn(entries, "hop_length")) *hop = dice.between(1, 3);
  if (AttributeValue* length = drawn(entries, "win_length")) *length = dice.between(1, 5);
  if (AttributeValue* length = drawn(entries, "length")) *length = dice.between(1, 5);
}

std::int64_t window_length(const Attributes& a) {
  return a.has("win_length") ? a.integer("win_length") : a.integer("n_fft");
}

void fit_stft(RandomCase& one, Dice& dice) {
  TensorType& signal = *one.inputs[0];
  signal.dtype = dice.one_in(6) ? random_dtype(dice) : dice.one_in(3) ? DType::complex64 : DType::float32;
  if (!dice.one_in(6))
    signal.shape = dice.one_in(2) ? Shape{dice.between(3, 12)} : Shape{2, dice.between(3, 12)};
  if (one.inputs[1]) one.inputs[1] = TensorType{{window_length(one.attributes)}, DType::float32};
  if (one.inputs[1] && dice.one_in(6)) one.inputs[1]->dtype = random_dtype(dice);
}

void fit_istft(RandomCase& one, Dice& dice) {
  const Attributes& a = one.attributes;
  const bool half = !a.has("onesided") || a.boolean("onesided");
  const std::int64_t points = a.integer("n_fft");
  one.inputs[0] = TensorType{{half ? points / 2 + 1 : points, dice.between(1, 5)}, DType::complex64};
  if (dice.one_in(2)) one.inputs[0]->shape.insert(one.inputs[0]->shape.begin(), Dim(2));
  if (dice.one_in(6)) one.inputs[0]->dtype = DType::float32;
  if (dice.one_in(6)) one.inputs[0]->shape[0] = 9;
  if (one.inputs[1]) one.inputs[1] = TensorType{{window_length(a)}, DType::float32};
}

}  // namespace

void add_spectral_cases(CaseMakers& makers) {
  const std::string prefix = "fft_";
  for (const char* name : {"fft", "ifft", "rfft", "irfft", "hfft", "ihfft"})
    makers[prefix + name] = {.options = fit_single_dim, .inputs = fit_signal};
  for (const char* name : {"fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"})
    makers[prefix + name] = {.options = draw_planes, .inputs = fit_signal};
  for (const char* name : {"fftshift", "ifftshift"})
    makers[prefix + name] = {.options = draw_shift, .inputs = fit_signal};
  for (const char* name : {"fftfreq", "rfftfreq"})
    makers[prefix + name] = {
        .options = fit_points,
        .stricter = "a list of several sizes is refused, of which the kernel would read the first"};
  const std::string why = "PyTorch takes windows of other dtypes, which it does not document";
  makers["stft"] = {.options = draw_windows, .inputs = fit_stft, .stricter = why};
  makers["istft"] = {
      .options = draw_windows,
      .inputs = fit_istft,
      .stricter =
          "a window shorter than n_fft leaves ends at 0, which LibTorch takes when length cuts them off"};
}

}  // namespace orrery
