#include "runtime/ops/borders.h"

#include <algorithm>

#include <fmt/format.h>

namespace orrery {

const std::vector<std::string>& border_modes() {
  static const std::vector<std::string> kModes = {"constant", "reflect", "replicate", "circular"};
  return kModes;
}

namespace {

// The least size of which enough is left to repeat.
std::int64_t least_size(const Border& border, const std::string& mode) {
  const std::int64_t widest = std::max(border.before, border.after);
  const std::int64_t taken =
      -std::min<std::int64_t>(border.before, 0) - std::min<std::int64_t>(border.after, 0);
  // A constant can be put around nothing; what repeats the input needs an element of it.
  if (mode == "constant") return taken;
  if (mode == "circular") return taken + std::max<std::int64_t>(widest, 1);
  return std::max(taken + 1, mode == "reflect" ? widest + 1 : 0);
}

}  // namespace

Dim bordered(ShapeContext& context, int port, const Dim& size, const Border& border, const std::string& mode,
             const std::string& word) {
  const std::int64_t least = least_size(border, mode);
  if (least > 0) {
    context.expect_at_least(port, size, least,
                            fmt::format("an input at least {} {} (padding {} and {}, {})", least, word,
                                        border.before, border.after, mode),
                            size.str(), "Pad less, or with \"constant\".");
  }
  return size + (border.before + border.after);
}

}  // namespace orrery
