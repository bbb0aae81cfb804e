#include <memory>

#include "runtime/engine/kernels/cpu/average_pool.h"
#include "runtime/engine/kernels/cpu/max_pool.h"
#include "runtime/engine/kernels/cpu/relu_max_pool.h"
#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

using PlaneSizes = std::vector<std::int64_t>;

std::int64_t numbers_of_plane(const PlaneSizes& sizes) { return sizes[sizes.size() - 2] * sizes.back(); }

// Windows of 2 x 2 side by side, none of which reaches over the end.
bool halves(const Attributes& a, const PlaneSizes& sizes) {
  const auto is = [&](const char* option, std::int64_t value) {
    return a.integers(option) == PlaneSizes{value, value};
  };
  return sizes.back() >= 2 && sizes[sizes.size() - 2] >= 2 && is("kernel_size", 2) &&
         (!a.has("stride") || is("stride", 2)) && is("padding", 0) && is("dilation", 1) &&
         !a.boolean("ceil_mode");
}

std::int64_t stride_of(const Attributes& a, size_t axis) {
  return a.integers(a.has("stride") ? "stride" : "kernel_size")[axis];
}

// `out` of an axis is what the operation's shape rule says.
cpu::PooledAxis pooled_axis(const Attributes& a, size_t axis, std::int64_t in, std::int64_t out) {
  return {in,
          out,
          a.integers("kernel_size")[axis],
          stride_of(a, axis),
          a.integers("padding")[axis],
          a.integers("dilation")[axis]};
}

cpu::MaxPool max_pool_of(const Attributes& a, const PlaneSizes& in, const PlaneSizes& out, bool relu) {
  const size_t row = in.size() - 2;
  return {0, count_of(in) / numbers_of_plane(in), pooled_axis(a, 0, in[row], out[row]),
          pooled_axis(a, 1, in[row + 1], out[row + 1]), relu};
}

// No window reaches farther than the input and its padding, and one stride more.
bool has_own_max_pool(const LoweringQuestion& q) {
  const Attributes& a = q.node.attributes();
  const PlaneSizes& sizes = q.sizes[0];
  if (a.boolean("return_indices") || count_of(sizes) == 0) return false;
  if (halves(a, sizes)) return true;
  PlaneSizes made = sizes;
  for (const size_t axis : {size_t{0}, size_t{1}}) {
    std::int64_t& size = made[made.size() - 2 + axis];
    size = (size + 2 * a.integers("padding")[axis]) / stride_of(a, axis) + 1;
  }
  return cpu::fits_max_pool(max_pool_of(a, sizes, made, false));
}

cpu::Planes planes_of(const Lowering& l) {
  const auto& sizes = l.sizes();
  return {0, count_of(sizes) / numbers_of_plane(sizes), sizes[sizes.size() - 2], sizes.back(),
          l.relu_before()};
}

std::int64_t planes_alone(const Lowering& l) {
  return things_alone(kPooledAlone, numbers_of_plane(l.sizes()));
}

// Bytes that lie in memory for numbers.
int keep_bytes(Lowering& l, std::int64_t count) { return l.keep(count / 4 + 1); }

void lower_halving(Lowering& l) {
  const cpu::Planes all = planes_of(l);
  const std::int64_t alone = planes_alone(l);
  const int x = l.input(), y = l.output(), winners = keep_bytes(l, count_of(l.output_sizes()));
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, alone, [=](std::int64_t begin, std::int64_t end) {
        cpu::relu_max_pool<T>({begin, end, all.height, all.width, all.relu}, at_place<T>(m, x),
                              at_place<T>(m, y), at_place<cpu::Winner>(m, winners));
      });
    });
  });
}

void differentiate_halving(Lowering& l, GradientPlace to) {
  const cpu::Planes all = planes_of(l);
  const std::int64_t count = count_of(l.sizes()), alone = planes_alone(l);
  const int arrived = l.output_gradient(), winners = l.kept(0);
  const int result = to.adds ? l.scratch(count) : to.place;
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, alone, [=](std::int64_t begin, std::int64_t end) {
        cpu::relu_max_pool_backward<T>({begin, end, all.height, all.width, all.relu}, at_place<T>(m, arrived),
                                       at_place<cpu::Winner>(m, winners), at_place<T>(m, result));
      });
      if (to.adds) cpu::add_scaled<T>(count, 1, at_place<T>(m, result), at_place<T>(m, to.place));
    });
  });
}

cpu::MaxPool max_pool_of(const Lowering& l) {
  return max_pool_of(l.node().attributes(), l.sizes(), l.output_sizes(), l.relu_before());
}

cpu::MaxPool share_of(cpu::MaxPool pool, std::int64_t begin, std::int64_t end) {
  pool.begin = begin;
  pool.end = end;
  return pool;
}

void lower_max_pool(Lowering& l) {
  if (halves(l.node().attributes(), l.sizes())) return lower_halving(l);
  const cpu::MaxPool all = max_pool_of(l);
  const std::int64_t alone = planes_alone(l);
  const int x = l.input(), y = l.output(), taken = keep_bytes(l, count_of(l.output_sizes()));
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, alone, [&](std::int64_t begin, std::int64_t end) {
        cpu::max_pool<T>(share_of(all, begin, end), at_place<T>(m, x), at_place<T>(m, y),
                         at_place<cpu::Tap>(m, taken));
      });
    });
  });
}

void differentiate_max_pool(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  if (halves(l.node().attributes(), l.sizes())) return differentiate_halving(l, to);
  const cpu::MaxPool all = max_pool_of(l);
  const std::int64_t alone = planes_alone(l);
  const int arrived = l.output_gradient(), taken = l.kept(0);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(all.end, alone, [&](std::int64_t begin, std::int64_t end) {
        cpu::max_pool_backward<T>(share_of(all, begin, end), at_place<T>(m, arrived),
                                  at_place<cpu::Tap>(m, taken), to.adds, at_place<T>(m, to.place));
      });
    });
  });
}

using AveragePoolPtr = std::shared_ptr<const cpu::AveragePool>;

AveragePoolPtr sliding_pool_of(const Lowering& l) {
  const Attributes& a = l.node().attributes();
  const PlaneSizes &in = l.sizes(), &out = l.output_sizes();
  const auto axis = [&](size_t i) {
    return cpu::sliding_average(in[in.size() - 2 + i], out[out.size() - 2 + i], a.integers("kernel_size")[i],
                                stride_of(a, i), a.integers("padding")[i], a.boolean("count_include_pad"));
  };
  const std::int64_t divisor = a.has("divisor_override") ? a.integer("divisor_override") : 0;
  return std::make_shared<const cpu::AveragePool>(cpu::AveragePool{axis(0), axis(1), divisor});
}

AveragePoolPtr adaptive_pool_of(const Lowering& l) {
  const PlaneSizes &in = l.sizes(), &out = l.output_sizes();
  const auto axis = [&](size_t i) {
    return cpu::adaptive_average(in[in.size() - 2 + i], out[out.size() - 2 + i]);
  };
  return std::make_shared<const cpu::AveragePool>(cpu::AveragePool{axis(0), axis(1)});
}

bool has_numbers_to_average(const LoweringQuestion& q) { return count_of(q.sizes[0]) > 0; }

template <AveragePoolPtr (*pool_of)(const Lowering&)>
void lower_average_pool(Lowering& l) {
  const AveragePoolPtr pool = pool_of(l);
  const std::int64_t planes = count_of(l.sizes()) / numbers_of_plane(l.sizes()), alone = planes_alone(l);
  const int x = l.input(), y = l.output();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(planes, alone, [&](std::int64_t begin, std::int64_t end) {
        cpu::average_pool<T>(*pool, begin, end, at_place<T>(m, x), at_place<T>(m, y));
      });
    });
  });
}

template <AveragePoolPtr (*pool_of)(const Lowering&)>
void differentiate_average_pool(Lowering& l) {
  const GradientPlace to = l.input_gradient();
  if (!to) return;
  const AveragePoolPtr pool = pool_of(l);
  const std::int64_t planes = count_of(l.sizes()) / numbers_of_plane(l.sizes()), alone = planes_alone(l);
  const int arrived = l.output_gradient();
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      in_shares(planes, alone, [&](std::int64_t begin, std::int64_t end) {
        cpu::average_pool_backward<T>(*pool, begin, end, at_place<T>(m, arrived), to.adds,
                                      at_place<T>(m, to.place));
      });
    });
  });
}

constexpr LoweringEntry max_pool_entry(const char* operation) {
  return {.operation = operation,
          .covers = has_own_max_pool,
          .forward = lower_max_pool,
          .backward = differentiate_max_pool,
          .takes_relu = true,
          .order = ResultOrder::of_inputs};
}

template <AveragePoolPtr (*pool_of)(const Lowering&)>
constexpr LoweringEntry average_pool_entry(const char* operation) {
  return {.operation = operation,
          .covers = has_numbers_to_average,
          .forward = lower_average_pool<pool_of>,
          .backward = differentiate_average_pool<pool_of>};
}

constexpr LoweringEntry kPoolingLowerings[] = {max_pool_entry("MaxPool2d"),
                                               max_pool_entry("max_pool2d"),
                                               average_pool_entry<sliding_pool_of>("AvgPool2d"),
                                               average_pool_entry<sliding_pool_of>("avg_pool2d"),
                                               average_pool_entry<adaptive_pool_of>("AdaptiveAvgPool2d"),
                                               average_pool_entry<adaptive_pool_of>("adaptive_avg_pool2d")};

}  // namespace

std::span<const LoweringEntry> pooling_lowerings() { return kPoolingLowerings; }

}  // namespace orrery
