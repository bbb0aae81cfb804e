#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

namespace orrery {

/// The names taken inside one block, and the next free one of a kind: `relu`, `relu_2`, `relu_3`. Asking
/// costs the same however many of the kind there are. Value type.
class NameSet {
 public:
  bool contains(const std::string& name) const { return names_.contains(name); }
  void insert(const std::string& name) { names_.insert(name); }
  /// The name is free again, and the first to be given of its kind.
  void erase(const std::string& name);
  /// The wanted name, else the first free `wanted_n`.
  std::string free_name(const std::string& wanted) const;

 private:
  std::unordered_set<std::string> names_;
  /// Below it every number of a kind is taken; moved on by `free_name` as it looks.
  mutable std::unordered_map<std::string, int> next_;
};

}  // namespace orrery
