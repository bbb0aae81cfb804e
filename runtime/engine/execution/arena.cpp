#include "runtime/engine/execution/arena.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

namespace orrery {
namespace {

constexpr std::int64_t kAlignment = 64;

std::int64_t aligned(std::int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

bool is_over_before(const BufferLife& a, const BufferLife& b) {
  return a.last < b.first || (a.last == b.first && a.last_part < b.first_part);
}

bool meet(const BufferLife& a, const BufferLife& b) { return !is_over_before(a, b) && !is_over_before(b, a); }

}  // namespace

// LibTorch aligns its memory to 64 bytes.
char* Arena::reserve(std::int64_t bytes) {
  if (!memory_.defined() || memory_.numel() < bytes) {
    memory_.reset();
    memory_ = at::empty({bytes}, at::TensorOptions(at::kByte));
  }
  return static_cast<char*>(memory_.mutable_data_ptr());
}

namespace {

// Each in its turn at the lowest place that is free during its life.
ArenaLayout lay_out_in(const std::vector<size_t>& order, const std::vector<BufferLife>& buffers) {
  ArenaLayout layout{.offsets = std::vector<std::int64_t>(buffers.size())};
  std::vector<size_t> placed;  // by offset
  for (const size_t i : order) {
    std::int64_t offset = 0;
    for (const size_t other : placed) {
      if (!meet(buffers[i], buffers[other])) continue;
      if (offset + aligned(buffers[i].bytes) <= layout.offsets[other]) break;
      offset = std::max(offset, layout.offsets[other] + aligned(buffers[other].bytes));
    }
    layout.offsets[i] = offset;
    layout.bytes = std::max(layout.bytes, offset + buffers[i].bytes);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, [&](size_t p) { return layout.offsets[p]; }),
                  i);
  }
  return layout;
}

std::int64_t length_of(const BufferLife& life) { return life.last - life.first + 1; }

// The largest first; those that live longest; those that take most over their whole lives.
constexpr std::int64_t (*kOrders[])(const BufferLife&) = {
    [](const BufferLife& life) { return life.bytes; },
    [](const BufferLife& life) { return length_of(life); },
    [](const BufferLife& life) { return life.bytes * length_of(life); },
};

}  // namespace

ArenaLayout lay_out(const std::vector<BufferLife>& buffers) {
  std::vector<size_t> order(buffers.size());
  ArenaLayout best;
  for (const auto& weight : kOrders) {
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](size_t i) { return weight(buffers[i]); });
    ArenaLayout layout = lay_out_in(order, buffers);
    if (best.offsets.empty() || layout.bytes < best.bytes) best = std::move(layout);
  }
  return best;
}

}  // namespace orrery
