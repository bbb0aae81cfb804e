#include <gtest/gtest.h>

#include "tests/onnx/onnx_one_node.h"

namespace orrery::testing {
namespace {

std::string spectrum(std::vector<std::string> sizes, std::vector<OnnxAttribute> attributes) {
  OnnxBuilder model;
  model.input("x", sizes);
  const auto graph = imported(model, "DFT", {"x"}, std::move(attributes));
  return operations_in(*graph) + ": " + result_in(*graph);
}

const OnnxAttribute kHalf = attribute("onesided", std::int64_t{1});
const OnnxAttribute kBack = attribute("inverse", std::int64_t{1});

TEST(OnnxSignalsTest, RealSignalsAndPairsAreTransformed) {
  EXPECT_EQ(spectrum({"N", "8", "1"}, {}), "select, fft_fft, view_as_real: float32 (N, 8, 2)");
  EXPECT_EQ(spectrum({"N", "8", "2"}, {}),
            "select, select, complex, fft_fft, view_as_real: float32 (N, 8, 2)");
  EXPECT_EQ(spectrum({"N", "8", "1"}, {kHalf}), "select, fft_rfft, view_as_real: float32 (N, 5, 2)");
}

TEST(OnnxSignalsTest, SpectraAreTurnedBack) {
  EXPECT_EQ(spectrum({"N", "8", "2"}, {kBack}),
            "select, select, complex, fft_ifft, view_as_real: float32 (N, 8, 2)");
  EXPECT_EQ(spectrum({"N", "5", "2"}, {kBack, kHalf}),
            "select, select, complex, fft_irfft, unsqueeze: float32 (N, 8, 1)");
}

TEST(OnnxSignalsTest, TheAxisIsAnInputFromSet20On) {
  OnnxBuilder model(20);
  model.input("x", {"N", "4", "8", "1"}).integers("length", {}, {16}).integers("axis", {}, {1});
  EXPECT_EQ(result_in(*imported(model, "DFT", {"x", "length", "axis"})), "float32 (N, 16, 8, 2)");
}

TEST(OnnxSignalsTest, PartsOfNumbersAreNotTransformed) {
  OnnxBuilder model;
  model.input("x", {"N", "8", "1"});
  EXPECT_EQ(refusal_of(model, "DFT", {"x"}, {attribute("axis", std::int64_t{2})}),
            "'test.onnx': node 'y' (DFT): it would transform real and imaginary parts");
}

TEST(OnnxSignalsTest, FramesAreCutOutWeighedAndTransformed) {
  OnnxBuilder model, whole;
  model.input("x", {"N", "128", "1"}).integers("step", {}, {8}).input("window", {"16"});
  const auto graph = imported(model, "STFT", {"x", "step", "window"});
  EXPECT_EQ(operations_in(*graph), "select, unfold, mul, fft_rfft, view_as_real");
  EXPECT_EQ(result_in(*graph), "float32 (N, 15, 9, 2)");
  whole.input("x", {"N", "128"}).integers("step", {}, {8}).integers("length", {}, {16});
  EXPECT_EQ(result_in(*imported(whole, "STFT", {"x", "step", "", "length"},
                                {attribute("onesided", std::int64_t{0})})),
            "float32 (N, 15, 16, 2)");
}

TEST(OnnxSignalsTest, FramesNeedALength) {
  OnnxBuilder model;
  model.input("x", {"N", "128", "1"}).integers("step", {}, {8});
  EXPECT_EQ(refusal_of(model, "STFT", {"x", "step"}),
            "'test.onnx': node 'y' (STFT): it has neither a window nor a frame_length");
}

TEST(OnnxSignalsTest, BandsAreTrianglesOverTheSpectrum) {
  OnnxBuilder model;
  model.integers("bins", {}, {8}).integers("length", {}, {16}).integers("rate", {}, {8192});
  model.floats("low", {}, {0}).floats("high", {}, {4096});
  const auto graph = imported(model, "MelWeightMatrix", {"bins", "length", "rate", "low", "high"});
  EXPECT_EQ(result_in(*graph), "float32 (9, 8)");
  const Bytes bytes = graph->uses()[0].value.node->inputs().at(0).leaf()->first->read();
  float first = 0;
  std::memcpy(&first, bytes.data(), sizeof first);
  EXPECT_EQ(first, 1);  // the first triangle stands on one frequency, 0 Hz
}

}  // namespace
}  // namespace orrery::testing
