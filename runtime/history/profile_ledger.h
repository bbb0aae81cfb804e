#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/history/records.h"

namespace orrery {

/// What is known of each block's cost over one run: decides which rows of a steady quantity are a change,
/// and keeps the totals.
class ProfileLedger {
 public:
  /// Adds a row to the totals. True when it has to be stored: always, except for a steady quantity whose
  /// min, max and mean are those of the row before.
  bool add(const BlockProfileRecord& row);

  /// Goes on from what a run had measured before; whatever comes next of it is stored.
  void go_on_from(const std::vector<BlockProfileRecord>& totals);

  /// The totals that changed since `settle`.
  std::vector<BlockProfileRecord> changed() const;
  void settle();
  /// All totals count as changed.
  void unsettle();

 private:
  struct Entry {
    BlockProfileRecord total;
    BlockProfileRecord last;
    bool stored = false;  ///< `last` is in the file
    bool changed = false;
  };
  std::unordered_map<std::string, std::array<Entry, kQuantityCount>> blocks_;
};

/// False for a row that no table can hold: no steps, numbers that are not finite or not in order.
bool is_sound(const BlockProfileRecord& row);
bool is_sound(const PartProfileRecord& row);
bool is_sound(const KernelProfileRecord& row);
bool is_sound(const StepSpanRecord& span);

}  // namespace orrery
