#pragma once

#include <cstdint>
#include <string>

namespace orrery {

/// Dots of a picture as cairo keeps them: rows of 32-bit values 0x00RRGGBB, `stride` bytes apart.
struct Dots {
  const unsigned char* rows = nullptr;
  int width = 0, height = 0, stride = 0;
};

/// The picture as a PNG file with its resolution and nothing else (no time, no program). Compressed lightly:
/// drawings are flat, and cairo's own writer takes longer than everything else together.
std::string png_image(const Dots& dots, double dpi);

}  // namespace orrery
