#include "runtime/engine/kernels/cpu/convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "runtime/engine/kernels/cpu/matrix_product.h"
#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

using cpu::Convolution;

template <typename T>
class OwnConvolutionTest : public testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }

  static at::Tensor input_of(const Convolution& c) {
    return normal_numbers<T>({c.images, c.channels, c.rows.in, c.columns.in});
  }
  static std::vector<int64_t> both(const Convolution& c, int64_t cpu::WindowAxis::*option) {
    return {c.rows.*option, c.columns.*option};
  }
  static at::Tensor by_aten(const Convolution& c, const at::Tensor& x, const at::Tensor& weight) {
    using cpu::WindowAxis;
    return at::conv2d(x, weight, {}, both(c, &WindowAxis::stride), both(c, &WindowAxis::padding),
                      both(c, &WindowAxis::dilation));
  }
};

using ConvolutionFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(OwnConvolutionTest, ConvolutionFloats);

const Convolution kSmallMaps[] = {
    {3, 4, 5, {1, 3, 1, 1, 1}, {1, 3, 1, 1, 1}}, {3, 4, 5, {2, 3, 1, 1, 1}, {2, 3, 1, 1, 1}},
    {3, 4, 5, {2, 3, 2, 1, 1}, {2, 3, 2, 1, 1}}, {3, 4, 5, {5, 5, 1, 0, 1}, {4, 4, 1, 0, 1}},
    {3, 4, 5, {1, 1, 1, 0, 1}, {2, 3, 1, 1, 1}}, {3, 1, 1, {3, 5, 1, 2, 1}, {2, 3, 1, 1, 1}},
    {3, 2, 3, {3, 2, 3, 0, 2}, {1, 1, 1, 0, 1}}};

// Where a window skips places, they reach nothing.
TYPED_TEST(OwnConvolutionTest, MapsThatWindowsSeeWholeReachEverywhere) {
  for (const Convolution& c : kSmallMaps)
    EXPECT_EQ(cpu::reaches_everywhere(c), c.rows.dilation == 1) << c.rows.in << c.rows.kernel;
  EXPECT_FALSE(cpu::reaches_everywhere({1, 1, 1, {3, 3, 1, 1, 1}, {1, 1, 1, 0, 1}}));
  EXPECT_FALSE(cpu::reaches_everywhere({1, 1, 1, {1, 1, 1, 0, 1}, {4, 3, 1, 1, 1}}));
  EXPECT_FALSE(cpu::reaches_everywhere({1, 1, 1, {2, 1, 1, 0, 1}, {1, 1, 1, 0, 1}}));
  EXPECT_FALSE(cpu::reaches_everywhere({1, 1, 1, {1, 1, 1, 1, 1}, {1, 1, 1, 0, 1}}));
}

TYPED_TEST(OwnConvolutionTest, SpreadWeightsMakeItALinearLayer) {
  using T = TypeParam;
  for (const Convolution& c : kSmallMaps) {
    if (!cpu::reaches_everywhere(c)) continue;
    const at::Tensor x = this->input_of(c);
    const at::Tensor weight = normal_numbers<T>({c.outputs, c.channels, c.rows.kernel, c.columns.kernel});
    const cpu::SpreadWeights spread(c);
    at::Tensor matrix = at::full({c.outputs * spread.out, spread.columns}, -77, x.options());
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {1, c.outputs}})
      cpu::spread_weights<T>(spread, begin, end, weight.const_data_ptr<T>(), matrix.mutable_data_ptr<T>());
    const at::Tensor expected = this->by_aten(c, x, weight);
    expect_close<T>(at::linear(x.flatten(1), matrix), expected.flatten(1));
    EXPECT_EQ(spread.is_plain(), at::equal(matrix, weight.flatten(1)));
  }
}

TYPED_TEST(OwnConvolutionTest, GatheringIsTheTransposeOfSpreading) {
  using T = TypeParam;
  for (const Convolution& c : kSmallMaps) {
    if (!cpu::reaches_everywhere(c)) continue;
    const at::Tensor x = this->input_of(c);
    const at::Tensor weight = normal_numbers<T>({c.outputs, c.channels, c.rows.kernel, c.columns.kernel});
    const at::Tensor gradient = normal_numbers<T>(this->by_aten(c, x, weight).sizes());
    const at::Tensor matrix = gradient.flatten(1).t().mm(x.flatten(1));
    const at::Tensor expected = std::get<1>(at::convolution_backward(
        gradient, x, weight, std::nullopt, this->both(c, &cpu::WindowAxis::stride),
        this->both(c, &cpu::WindowAxis::padding), {1, 1}, false, {0, 0}, 1, {false, true, false}));
    const cpu::SpreadWeights spread(c);
    for (const bool adds : {false, true}) {
      at::Tensor result = at::ones_like(weight);
      cpu::gather_weights<T>(spread, 0, c.outputs, matrix.const_data_ptr<T>(), adds,
                             result.mutable_data_ptr<T>());
      expect_close<T>(result, adds ? expected + 1 : expected);
    }
  }
}

const Convolution kPoints[] = {{3, 4, 5, {6, 1, 1, 0, 1}, {7, 1, 1, 0, 1}},
                               {3, 4, 5, {6, 1, 2, 0, 1}, {7, 1, 2, 0, 1}},
                               {2, 3, 5, {6, 1, 1, 0, 1}, {7, 1, 3, 0, 1}},
                               {2, 3, 5, {7, 1, 4, 0, 1}, {1, 1, 1, 0, 1}}};

TYPED_TEST(OwnConvolutionTest, RowsAreWhatAKernelOfOnePlaceMeets) {
  using T = TypeParam;
  for (const Convolution& c : kPoints) {
    const at::Tensor x = this->input_of(c);
    const at::Tensor met =
        x.slice(2, 0, c.rows.in, c.rows.stride).slice(3, 0, c.columns.in, c.columns.stride);
    const at::Tensor expected = met.transpose(0, 1).contiguous().view({c.channels, c.images * c.out()});
    at::Tensor rows = at::full_like(expected, -77);
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {1, c.channels}})
      cpu::maps_to_rows<T>(c, begin, end, x.const_data_ptr<T>(), rows.mutable_data_ptr<T>());
    EXPECT_TRUE(at::equal(rows, expected));
  }
}

TYPED_TEST(OwnConvolutionTest, RowsComeBackToWhereTheyWereMet) {
  using T = TypeParam;
  for (const Convolution& c : kPoints)
    for (const bool adds : {false, true}) {
      const at::Tensor rows = normal_numbers<T>({c.channels, c.images * c.out()});
      const at::Tensor maps = at::ones_like(this->input_of(c));
      at::Tensor expected = adds ? maps.clone() : at::zeros_like(maps);
      expected.slice(2, 0, c.rows.in, c.rows.stride)
          .slice(3, 0, c.columns.in, c.columns.stride)
          .add_(rows.view({c.channels, c.images, c.rows.out(), c.columns.out()}).transpose(0, 1));
      for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, 1}, {1, c.channels}})
        cpu::rows_to_maps<T>(c, begin, end, rows.const_data_ptr<T>(), adds, maps.mutable_data_ptr<T>());
      EXPECT_TRUE(at::equal(maps, expected));
    }
}

TYPED_TEST(OwnConvolutionTest, BiasAndReluAreAddedToMapsAndSummedBack) {
  using T = TypeParam;
  for (const int64_t size : {1, 5, 70}) {
    const cpu::ChannelMaps maps{4, 3, size, 0, 3};
    const at::Tensor values = normal_numbers<T>({4, 3, size}), bias = normal_numbers<T>({3});
    const at::Tensor biased = values + bias.view({3, 1});
    at::Tensor result = values.clone();
    cpu::add_bias_to_maps<T>(maps, bias.const_data_ptr<T>(), false, result.mutable_data_ptr<T>());
    EXPECT_TRUE(at::equal(result, biased));
    result = values.clone();
    cpu::add_bias_to_maps<T>(maps, bias.const_data_ptr<T>(), true, result.mutable_data_ptr<T>());
    EXPECT_TRUE(at::equal(result, at::relu(biased)));
    result = values.clone();
    cpu::add_bias_to_maps<T>(maps, nullptr, true, result.mutable_data_ptr<T>());
    EXPECT_TRUE(at::equal(result, at::relu(values)));
    for (const bool adds : {false, true}) {
      at::Tensor sums = at::ones({3}, values.options());
      cpu::sum_maps<T>(maps, values.const_data_ptr<T>(), adds, sums.mutable_data_ptr<T>());
      expect_close<T>(sums, values.sum(at::IntArrayRef{0, 2}) + (adds ? 1 : 0));
    }
  }
}

}  // namespace
}  // namespace orrery
