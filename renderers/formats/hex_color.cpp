#include "renderers/formats/hex_color.h"

#include <cmath>

#include <fmt/format.h>

namespace orrery {

std::string hex_color(const Color& color) {
  const auto byte = [](double part) { return static_cast<int>(std::lround(part * 255)); };
  return fmt::format("#{:02X}{:02X}{:02X}", byte(color.red), byte(color.green), byte(color.blue));
}

}  // namespace orrery
