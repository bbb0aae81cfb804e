#include "tests/files/error_of.h"
#include "tests/ops/infer.h"

namespace orrery {
namespace {

std::vector<TensorType> pooled(const Shape& shape) { return {floats(shape), labels(shape)}; }

Given window(std::int64_t kernel, Given more = {}) {
  Given options = {{"kernel_size", kernel}};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

TEST(MaxUnpoolTest, UndoesThePoolsSizes) {
  EXPECT_EQ(infer("MaxUnpool2d", pooled({N, 3, H, 4}), window(2)).shape(), (Shape{N, 3, 2 * H, 8}));
  EXPECT_EQ(infer("MaxUnpool1d", pooled({3, 4}), window(3, {{"stride", integer(2)}, {"padding", integer(1)}}))
                .shape(),
            (Shape{3, 7}));
  EXPECT_EQ(infer("max_unpool3d", pooled({N, 3, 2, 2, 2}), window(2)).shape(), (Shape{N, 3, 4, 4, 4}));
}

TEST(MaxUnpoolTest, MayBeAskedForALittleMoreOrLess) {
  const auto sized = [](Shape size) { return window(2, {{"output_size", std::move(size)}}); };
  EXPECT_EQ(infer("MaxUnpool2d", pooled({N, 3, 4, 4}), sized({9, 7})).shape(), (Shape{N, 3, 9, 7}));
  EXPECT_EQ(infer("MaxUnpool2d", pooled({N, 3, 4, 4}), sized({N, 3, 9, 8})).shape(), (Shape{N, 3, 9, 8}));
  EXPECT_EQ(infer("MaxUnpool2d", pooled({N, 3, H, 4}), sized({2 * H + 1, 8})).shape()[2], 2 * H + 1);
  EXPECT_EQ(words(broken("MaxUnpool2d", pooled({N, 3, 4, 4}), sized({10, 8}))),
            "shape-mismatch: expects an output_size between 7 and 9 high, got 10");
  broken("MaxUnpool2d", pooled({N, 3, 4, 4}), sized({6, 8}));
  EXPECT_EQ(broken("MaxUnpool2d", pooled({N, 3, 4, 4}), sized({8, 8, 8})).expected,
            "2 or 4 sizes in output_size");
}

TEST(MaxUnpoolTest, NeedsTheIndicesOfItsInput) {
  EXPECT_EQ(broken("MaxUnpool2d", {floats({N, 3, 4, 4}), floats({N, 3, 4, 4})}, window(2)).expected,
            "int64 indices");
  EXPECT_EQ(words(broken("MaxUnpool2d", {floats({N, 3, 4, 4}), labels({N, 3, 4, 5})}, window(2))),
            "shape-mismatch: expects indices of shape (N, 3, 4, 4), like its input, got (N, 3, 4, 5)");
  broken("MaxUnpool2d", {floats({N, 3, 4, 4}), labels({3, 4, 4})}, window(2));
  broken("MaxUnpool2d", pooled({N, 3, 1, 1}), window(2, {{"padding", integer(1)}}));
}

}  // namespace
}  // namespace orrery
