#include "runtime/engine/kernels/cpu/relu_max_pool.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

// Numbers that one thread pools faster than another is woken.
constexpr std::int64_t kPooledAlone = 65536;

using TwoIntegers = std::vector<std::int64_t>;

bool halves(const LoweringQuestion& q) {
  const Attributes& a = q.node.attributes();
  const auto is = [&](const char* option, std::int64_t value) {
    return a.integers(option) == TwoIntegers{value, value};
  };
  const auto& sizes = q.sizes[0];
  return sizes.size() >= 3 && sizes.back() >= 2 && sizes[sizes.size() - 2] >= 2 && is("kernel_size", 2) &&
         (!a.has("stride") || is("stride", 2)) && is("padding", 0) && is("dilation", 1) &&
         !a.boolean("ceil_mode") && !a.boolean("return_indices");
}

cpu::Planes planes_of(const Lowering& l) {
  const auto& sizes = l.sizes();
  const std::int64_t height = sizes[sizes.size() - 2], width = sizes.back();
  return {0, count_of(sizes) / (height * width), height, width, l.relu_before()};
}

std::int64_t planes_alone(const cpu::Planes& planes) {
  return kPooledAlone / (planes.height * planes.width) + 1;
}

void lower_max_pool(Lowering& l) {
  const cpu::Planes all = planes_of(l);
  const std::int64_t windows = count_of(l.output_sizes());
  const int x = l.input(), y = l.output(), winners = l.keep(windows / 4 + 1);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, planes_alone(all), [=](std::int64_t begin, std::int64_t end) {
        cpu::relu_max_pool<T>({begin, end, all.height, all.width, all.relu}, at_place<T>(m, x),
                              at_place<T>(m, y), at_place<cpu::Winner>(m, winners));
      });
    });
  });
}

void differentiate_max_pool(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  const cpu::Planes all = planes_of(l);
  const std::int64_t count = count_of(l.sizes());
  const int arrived = l.output_gradient(), winners = l.kept(0);
  const int result = to.adds ? l.scratch(count) : to.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, planes_alone(all), [=](std::int64_t begin, std::int64_t end) {
        cpu::relu_max_pool_backward<T>({begin, end, all.height, all.width, all.relu}, at_place<T>(m, arrived),
                                       at_place<cpu::Winner>(m, winners), at_place<T>(m, result));
      });
      if (to.adds) cpu::add_scaled<T>(count, 1, at_place<T>(m, result), at_place<T>(m, to.place));
    });
  });
}

constexpr LoweringEntry max_pool_entry(const char* operation) {
  return {.operation = operation,
          .covers = halves,
          .forward = lower_max_pool,
          .backward = differentiate_max_pool,
          .takes_relu = true};
}

constexpr LoweringEntry kPoolingLowerings[] = {max_pool_entry("MaxPool2d"), max_pool_entry("max_pool2d")};

}  // namespace

std::span<const LoweringEntry> pooling_lowerings() { return kPoolingLowerings; }

}  // namespace orrery
