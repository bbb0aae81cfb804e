#include "runtime/engine/kernels/cpu/attention.h"

#include <algorithm>
#include <cmath>

#include "runtime/engine/kernels/lowering.h"

namespace orrery {
namespace {

enum AttendedPort : size_t { kQuery, kKey, kValue };

// Heads without a mask or noise, which need not be repeated.
bool attends_plainly(const LoweringQuestion& q) {
  const Attributes& a = q.node.attributes();
  const auto& inputs = q.node.inputs();
  const auto batch = [&](size_t port) {
    return std::vector<std::int64_t>(q.sizes[port].begin(), q.sizes[port].end() - 2);
  };
  return (inputs.size() < 4 || !inputs[3]) && a.real("dropout_p") == 0 && !a.boolean("enable_gqa") &&
         batch(kQuery) == batch(kKey) && batch(kQuery) == batch(kValue) && count_of(q.sizes[kQuery]) > 0 &&
         count_of(q.sizes[kKey]) > 0;
}

// Rows as the BLAS takes them.
bool has_plain_rows(const cpu::Layout& layout) {
  const size_t last = layout.sizes.size() - 1;
  return layout.sizes.size() >= 2 && (layout.sizes[last] == 1 || layout.strides[last] == 1) &&
         (layout.sizes[last - 1] == 1 || layout.strides[last - 1] >= layout.sizes[last]);
}

// The heads of a place side by side, as those who join them read them.
cpu::Layout places_of_heads(const std::vector<std::int64_t>& sizes) {
  cpu::Layout layout = cpu::dense_layout(sizes);
  if (sizes.size() < 3) return layout;
  const size_t places = sizes.size() - 2, heads = sizes.size() - 3;
  layout.strides[heads] = sizes.back();
  layout.strides[places] = sizes.back() * sizes[heads];
  return layout;
}

cpu::Head head_of(const Lowering& l) {
  const auto &query = l.sizes(kQuery), &value = l.sizes(kValue);
  const Attributes& a = l.node().attributes();
  const auto width = static_cast<double>(query.back());
  return {.queries = query[query.size() - 2],
          .keys = value[value.size() - 2],
          .width = query.back(),
          .value_width = value.back(),
          .causal = a.boolean("is_causal"),
          .scale = a.has("scale") ? a.real("scale") : 1 / std::sqrt(width)};
}

// Where the matrix of each head begins, in the order of the heads.
struct HeadMatrices {
  explicit HeadMatrices(const StridedPlace& of) : place(of.place), adds(of.adds) {
    if (!of) return;
    const cpu::Layout& layout = of.layout;
    const size_t batch = layout.sizes.size() - 2;
    stride = std::max(layout.strides[batch], layout.sizes.back());
    begins = {layout.offset};
    for (size_t d = 0; d < batch; ++d) {
      std::vector<std::int64_t> next;
      for (const std::int64_t begin : begins)
        for (std::int64_t i = 0; i < layout.sizes[d]; ++i) next.push_back(begin + i * layout.strides[d]);
      begins = std::move(next);
    }
  }
  template <class T>
  cpu::Matrix<T> at(Memory memory, std::int64_t head) const {
    if (place < 0) return {nullptr, 0, false};
    return {static_cast<T*>(memory[place]) + begins[static_cast<size_t>(head)], stride, adds};
  }

  int place;
  bool adds;
  std::int64_t stride = 0;
  std::vector<std::int64_t> begins;
};

// Whether one head's gradient may lie where another's does, so that they take turns.
bool heads_meet(const std::vector<StridedPlace>& gradients) {
  return std::ranges::any_of(gradients, &StridedPlace::overlaps);
}

// Shares of the heads, each with a room of its own to work in; no more than threads that a machine may have.
class HeadShares {
 public:
  HeadShares(Lowering& l, const cpu::Head& head, bool take_turns = false)
      : heads_(count_of(l.sizes(kQuery)) / (head.queries * head.width)),
        shares_(std::min(heads_, kMostShares)),
        each_(cpu::attention_room(head)),
        room_(l.scratch(shares_ * each_)),
        alone_(take_turns ? shares_
                          : things_alone(kProductsAlone, head.queries * head.keys * heads_ / shares_)) {}

  // Calls work(head, room).
  template <class T, class Work>
  void run(Memory memory, const Work& work) const {
    in_shares(shares_, alone_, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t share = begin; share < end; ++share)
        for (std::int64_t head = share * heads_ / shares_; head < (share + 1) * heads_ / shares_; ++head)
          work(head, at_place<T>(memory, room_) + share * each_);
    });
  }

 private:
  static constexpr std::int64_t kMostShares = 16, kProductsAlone = 8192;
  std::int64_t heads_, shares_, each_;
  int room_;
  std::int64_t alone_;
};

void lower_attention(Lowering& l) {
  const cpu::Head head = head_of(l);
  const HeadMatrices query(l.strided_input(kQuery)), key(l.strided_input(kKey)),
      value(l.strided_input(kValue)), output(l.strided_output());
  const HeadShares shares(l, head);
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      shares.run<T>(m, [&](std::int64_t h, T* room) {
        cpu::attend<T>(head, query.at<const T>(m, h), key.at<const T>(m, h), value.at<const T>(m, h),
                       output.at<T>(m, h), room);
      });
    });
  });
}

void differentiate_attention(Lowering& l) {
  const cpu::Head head = head_of(l);
  const HeadMatrices query(l.strided_input(kQuery)), key(l.strided_input(kKey)),
      value(l.strided_input(kValue)), arrived(l.strided_output_gradient());
  const std::vector<StridedPlace> to = {l.strided_input_gradient(kQuery), l.strided_input_gradient(kKey),
                                        l.strided_input_gradient(kValue)};
  const HeadMatrices of_query(to[kQuery]), of_key(to[kKey]), of_value(to[kValue]);
  const HeadShares shares(l, head, heads_meet(to));
  in_its_dtype(l, [&]<class T>(T) {
    l.add([=](Memory m) {
      shares.run<T>(m, [&](std::int64_t h, T* room) {
        cpu::attend_backward<T>(head, query.at<const T>(m, h), key.at<const T>(m, h), value.at<const T>(m, h),
                                arrived.at<const T>(m, h), of_query.at<T>(m, h), of_key.at<T>(m, h),
                                of_value.at<T>(m, h), room);
      });
    });
  });
}

constexpr LoweringEntry attention_entry(const char* operation) {
  return {.operation = operation,
          .covers = attends_plainly,
          .forward = lower_attention,
          .backward = differentiate_attention,
          .takes_layout = has_plain_rows,
          .own_layout = places_of_heads};
}

constexpr LoweringEntry kAttentionLowerings[] = {attention_entry("scaled_dot_product_attention"),
                                                 attention_entry("ScaledDotProductAttention")};

}  // namespace

std::span<const LoweringEntry> attention_lowerings() { return kAttentionLowerings; }

}  // namespace orrery
