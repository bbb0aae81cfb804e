#include "runtime/history/profile_ledger.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace orrery {
namespace {

bool same_size(const BlockProfileRecord& a, const BlockProfileRecord& b) {
  return a.min == b.min && a.max == b.max && a.mean == b.mean;
}

template <class Row>
bool is_aggregate(const Row& row) {
  return row.count > 0 && std::isfinite(row.min) && std::isfinite(row.max) && std::isfinite(row.sum) &&
         row.min <= row.max;
}

void merge(BlockProfileRecord& total, const BlockProfileRecord& row) {
  total.count += row.count;
  total.min = std::min(total.min, row.min);
  total.max = std::max(total.max, row.max);
  total.sum += row.sum;
  total.mean = total.sum / static_cast<double>(total.count);
}

}  // namespace

bool ProfileLedger::add(const BlockProfileRecord& row) {
  Entry& entry = blocks_[row.path][index_of(row.quantity)];
  if (entry.total.count == 0) {
    entry.total = row;
  } else {
    merge(entry.total, row);
  }
  entry.changed = true;
  const bool store =
      !std::exchange(entry.stored, true) || !info(row.quantity).steady || !same_size(entry.last, row);
  entry.last = row;
  return store;
}

void ProfileLedger::go_on_from(const std::vector<BlockProfileRecord>& totals) {
  for (const BlockProfileRecord& before : totals) {
    BlockProfileRecord& total = blocks_[before.path][index_of(before.quantity)].total;
    if (total.count == 0) {
      total = before;
    } else {
      merge(total, before);
    }
  }
}

std::vector<BlockProfileRecord> ProfileLedger::changed() const {
  std::vector<BlockProfileRecord> totals;
  for (const auto& [path, entries] : blocks_) {
    for (const Entry& entry : entries) {
      if (entry.changed) totals.push_back(entry.total);
    }
  }
  return totals;
}

void ProfileLedger::settle() {
  for (auto& [path, entries] : blocks_) {
    for (Entry& entry : entries) entry.changed = false;
  }
}

void ProfileLedger::unsettle() {
  for (auto& [path, entries] : blocks_) {
    for (Entry& entry : entries) entry.changed = entry.total.count > 0;
  }
}

bool is_sound(const BlockProfileRecord& row) { return is_aggregate(row) && std::isfinite(row.mean); }
bool is_sound(const PartProfileRecord& row) { return is_aggregate(row); }
bool is_sound(const KernelProfileRecord& row) { return is_aggregate(row); }

bool is_sound(const StepSpanRecord& span) {
  return span.step >= 0 && span.position >= 0 && span.duration_ns >= 0 && span.bytes >= 0 && span.thread >= 0;
}

}  // namespace orrery
