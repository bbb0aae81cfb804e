#include "runtime/ops/broadcast.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery {

Shape broadcast(ShapeContext& context, int port, const Shape& left, const Shape& right) {
  Shape result(std::max(left.size(), right.size()), Dim(1));
  const Dim one = 1;
  for (size_t back = 1; back <= result.size(); ++back) {
    const Dim& a = back <= left.size() ? left[left.size() - back] : one;
    const Dim& b = back <= right.size() ? right[right.size() - back] : one;
    Dim& joined = result[result.size() - back];
    if (a == one || b == one) {
      joined = a == one ? b : a;
      continue;
    }
    context.expect_equal(
        port, a, b, fmt::format("a shape that broadcasts with {}", str(left)), str(right),
        fmt::format("Dimension -{} is {} on one side and {} on the other.", back, a.str(), b.str()));
    joined = b.known() ? b : a;
  }
  return result;
}

}  // namespace orrery
