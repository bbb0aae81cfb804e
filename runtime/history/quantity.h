#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace orrery {

/// What is measured per block and per node. The values are the ids of the table `quantities`; they never
/// change.
enum class Quantity {
  forward_seconds = 1,
  backward_seconds,
  device_seconds,
  tmu_bytes,
  tgu_bytes,
  lmu_bytes,
  lgu_bytes,
  optimizer_bytes,
  peak_bytes,
  flops,
  bytes_moved,
  scratch_bytes,
  grad_norm,
  update_ratio,
  allocated_bytes,
  allocated_peak_bytes,
  arena_bytes,
  remainder_bytes,
  fused_share,
};

inline constexpr std::size_t kQuantityCount = 19;
/// Where a quantity stands in an array of all of them.
constexpr std::size_t index_of(Quantity quantity) { return static_cast<std::size_t>(quantity) - 1; }

struct QuantityInfo {
  Quantity quantity;
  /// The enumerator's own name: the word used in SQL, Lua and on the command line.
  std::string_view name;
  std::string_view unit;
  /// A time, of which the median and the 95th percentile are kept, too.
  bool is_time() const { return unit == "s"; }
  /// The quantity seldom changes from step to step, so it is kept once and on change.
  bool steady;
  std::string_view meaning;
};

/// Every quantity, by id.
std::span<const QuantityInfo> quantities();

const QuantityInfo& info(Quantity quantity);
std::optional<Quantity> quantity_from_name(std::string_view name);

}  // namespace orrery
