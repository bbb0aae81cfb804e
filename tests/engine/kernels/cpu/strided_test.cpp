#include "runtime/engine/kernels/cpu/strided.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/engine/kernels/cpu/closeness.h"

namespace orrery {
namespace {

cpu::Layout layout_of(const at::Tensor& view) {
  return {view.sizes().vec(), view.strides().vec(), view.storage_offset()};
}

/// What permutations, parts and steps make of a tensor [6, 5, 40, 3].
std::vector<at::Tensor> views_of(const at::Tensor& base) {
  return {base,
          base.permute({2, 0, 3, 1}),
          base.permute({3, 1, 0, 2}),
          base.transpose(2, 3),
          base.select(0, 4),
          base.select(3, 1),
          base.select(1, 2).transpose(0, 2),
          base.narrow(2, 3, 18).permute({0, 2, 1, 3}),
          base.slice(2, 1, 40, 3),
          base.select(3, 2).flatten(0, 1).t(),
          base.select(0, 0).select(0, 0).select(0, 0).select(0, 2)};
}

template <typename T>
class StridedTest : public testing::Test {
 protected:
  static at::Tensor base() {
    at::manual_seed(1);
    return normal_numbers<T>({6, 5, 40, 3});
  }
};

using StridedFloats = testing::Types<float, double>;
TYPED_TEST_SUITE(StridedTest, StridedFloats);

TYPED_TEST(StridedTest, ViewsAreCopiedNumberByNumber) {
  using T = TypeParam;
  const at::Tensor base = this->base(), wide = base.select(3, 0).unsqueeze(1).expand({6, 4, 5, 40});
  std::vector<at::Tensor> views = views_of(base);
  views.push_back(wide);
  for (const at::Tensor& view : views) {
    SCOPED_TRACE(testing::Message() << view.sizes() << view.strides());
    const cpu::StridedLoops loops(layout_of(view));
    at::Tensor dense = at::full(view.sizes(), 77, view.options());
    for (const auto& [begin, end] :
         {std::pair<int64_t, int64_t>{0, loops.turns / 2}, {loops.turns / 2, loops.turns}})
      cpu::gather<T>(loops, begin, end, base.const_data_ptr<T>(), dense.mutable_data_ptr<T>());
    EXPECT_TRUE(at::equal(dense, view));
  }
}

TYPED_TEST(StridedTest, NumbersAreWrittenAndAddedToViewsAndNowhereElse) {
  using T = TypeParam;
  const at::Tensor base = this->base();
  for (size_t i = 0; i < views_of(base).size(); ++i)
    for (const bool adds : {false, true}) {
      SCOPED_TRACE(testing::Message() << i << adds);
      const at::Tensor expected = base.clone(), got = base.clone();
      const at::Tensor view = views_of(expected)[i], numbers = normal_numbers<T>(view.sizes());
      adds ? view.add_(numbers) : view.copy_(numbers);
      const cpu::StridedLoops loops(layout_of(view));
      cpu::scatter<T>(loops, 0, loops.turns, numbers.template const_data_ptr<T>(), adds,
                      got.template mutable_data_ptr<T>());
      EXPECT_TRUE(at::equal(got, expected));
    }
}

TYPED_TEST(StridedTest, NumbersThatAreRepeatedGatherAllThatIsAdded) {
  using T = TypeParam;
  for (const bool innermost : {false, true}) {
    const at::Tensor few = normal_numbers<T>({4, 6});
    const at::Tensor view =
        innermost ? few.unsqueeze(2).expand({4, 6, 5}) : few.unsqueeze(1).expand({4, 5, 6});
    const at::Tensor numbers = normal_numbers<T>(view.sizes()), got = few.clone();
    const cpu::StridedLoops loops(layout_of(view));
    cpu::scatter<T>(loops, 0, loops.turns, numbers.template const_data_ptr<T>(), true,
                    got.template mutable_data_ptr<T>());
    expect_close<T>(got, few + numbers.sum(innermost ? 2 : 1));
  }
}

TEST(LayoutTest, OnlyWhatLiesNumberByNumberFromTheFirstIsDense) {
  const at::Tensor base = at::empty({4, 1, 6});
  EXPECT_TRUE(is_dense(layout_of(base)));
  EXPECT_TRUE(is_dense(layout_of(base.transpose(0, 1))));
  EXPECT_TRUE(is_dense(layout_of(base.narrow(0, 0, 2))));
  EXPECT_FALSE(is_dense(layout_of(base.narrow(0, 1, 2))));
  EXPECT_FALSE(is_dense(layout_of(base.transpose(0, 2))));
  EXPECT_FALSE(is_dense(layout_of(base.narrow(2, 0, 5))));
  EXPECT_EQ(cpu::dense_layout({4, 1, 6}), layout_of(base));
}

TEST(LayoutTest, RepeatsWhatOneNumberStandsForTwice) {
  const at::Tensor base = at::empty({4, 1, 6});
  EXPECT_FALSE(repeats(layout_of(base)));
  EXPECT_FALSE(repeats(layout_of(base.transpose(0, 2).slice(0, 0, 6, 2))));
  EXPECT_TRUE(repeats(layout_of(base.expand({4, 2, 6}))));
  EXPECT_TRUE(repeats(layout_of(base.flatten().unfold(0, 3, 1))));
  EXPECT_FALSE(repeats(layout_of(base.flatten().unfold(0, 3, 3))));
}

}  // namespace
}  // namespace orrery
