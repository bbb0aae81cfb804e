#pragma once

#include <cstdint>
#include <vector>

namespace orrery::cpu {

enum class PairOperation { add, subtract, multiply, divide };

/// Two dense tensors that are spread to common sizes (PyTorch's broadcasting), as loops over the pairs of
/// their numbers, of which the result has one number each, side by side. Threads may share them.
struct Pairs {
  /// Sizes are aligned at their ends; each is the result's or 1.
  Pairs(const std::vector<std::int64_t>& left, const std::vector<std::int64_t>& right,
        const std::vector<std::int64_t>& result);

  /// Numbers from one turn to the next; 0: the same one again.
  struct Loop {
    std::int64_t size = 1, left = 0, right = 0;
  };
  std::vector<Loop> outer;
  Loop inner;
  std::int64_t total = 1;            ///< pairs
  bool spreads[2] = {false, false};  ///< whether a number of the left, or the right is in several pairs
  std::int64_t count[2] = {1, 1};    ///< numbers of the left, and the right
};

/// result = left (operation) right, of the pairs `begin` to before `end`. float and double.
template <typename T>
void combine(PairOperation operation, const Pairs& pairs, std::int64_t begin, std::int64_t end, const T* left,
             const T* right, T* result);

/// Adds to the gradient of one side (0: left) what arrives at the result, times the derivative; with
/// `overwrites` it is written instead, which a side that is spread does not allow. Of such a side all pairs
/// belong to one call. `left` and `right` may be null where the derivative does not read them.
template <typename T>
void combine_backward(PairOperation operation, int side, const Pairs& pairs, std::int64_t begin,
                      std::int64_t end, const T* gradient, const T* left, const T* right, bool overwrites,
                      T* of_side);

}  // namespace orrery::cpu
