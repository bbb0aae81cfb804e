#include "tests/ops/infer.h"

namespace orrery {
namespace {

TEST(FourierTest, OfOneDimension) {
  EXPECT_EQ(infer("fft_fft", {floats({N, 8})}).outputs[0], complexes({N, 8}));
  EXPECT_EQ(infer("fft_fft", {labels({N, 8})}, {{"n", integer(5)}, {"dim", integer(0)}}).outputs[0],
            complexes({5, 8}));
  EXPECT_EQ(infer("fft_rfft", {floats({N, T})}).outputs[0], complexes({N, floor_div(T, 2) + 1}));
  EXPECT_EQ(infer("fft_irfft", {complexes({N, 5})}).outputs[0], floats({N, 8}));
  EXPECT_EQ(infer("fft_irfft", {complexes({N, 5})}, {{"n", integer(9)}}).outputs[0], floats({N, 9}));
  EXPECT_EQ(infer("fft_hfft", {complexes({5})}).shape(), (Shape{8}));
  EXPECT_EQ(infer("fft_ihfft", {floats({8})}).shape(), (Shape{5}));
  EXPECT_EQ(broken("fft_rfft", {complexes({8})}).code, "dtype-mismatch");
  broken("fft_irfft", {complexes({1})});
  broken("fft_fft", {floats({})});
}

TEST(FourierTest, OfSeveralDimensions) {
  EXPECT_EQ(infer("fft_fft2", {floats({N, 4, 6})}).outputs[0], complexes({N, 4, 6}));
  EXPECT_EQ(infer("fft_rfft2", {floats({N, 4, 6})}).shape(), (Shape{N, 4, 4}));
  EXPECT_EQ(infer("fft_irfftn", {complexes({3, 4})}, {{"s", list({5})}}).outputs[0], floats({3, 5}));
  EXPECT_EQ(infer("fft_fftn", {floats({3, 4})}, {{"s", list({-1, 2})}}).shape(), (Shape{3, 2}));
  EXPECT_EQ(infer("fft_fftshift", {labels({N, 4})}).outputs[0], labels({N, 4}));
  broken("fft_fftn", {floats({3})}, {{"s", list({2, 2})}});
  broken("fft_fft2", {floats({3})});
  broken("fft_fft2", {floats({3, 4})}, {{"s", list({2})}});
}

TEST(StftTest, CountsWindows) {
  EXPECT_EQ(infer("stft", {floats({N, 100}), floats({16})}, {{"n_fft", integer(16)}}).outputs[0],
            complexes({N, 9, 26}));
  EXPECT_EQ(
      infer("stft", {floats({100})}, {{"n_fft", integer(16)}, {"center", false}, {"hop_length", integer(4)}})
          .shape(),
      (Shape{9, 22}));
  EXPECT_EQ(
      infer("stft", {floats({100})}, {{"n_fft", integer(16)}, {"onesided", false}, {"return_complex", false}})
          .outputs[0],
      floats({16, 26, 2}));
  EXPECT_EQ(infer("istft", {complexes({N, 9, 26})}, {{"n_fft", integer(16)}}).outputs[0], floats({N, 100}));
  EXPECT_EQ(infer("istft", {complexes({9, 26})}, {{"n_fft", integer(16)}, {"length", integer(90)}}).shape(),
            (Shape{90}));
  broken("stft", {floats({8})}, {{"n_fft", integer(16)}});
  broken("stft", {floats({100}), floats({15})}, {{"n_fft", integer(16)}});
  broken("stft", {complexes({100})}, {{"n_fft", integer(16)}, {"onesided", true}});
  broken("istft", {complexes({8, 26})}, {{"n_fft", integer(16)}});
  broken("istft", {floats({9, 26})}, {{"n_fft", integer(16)}});
}

}  // namespace
}  // namespace orrery
