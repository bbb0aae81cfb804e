#include "renderers/diagram/mark_letter.h"

namespace orrery {

std::string mark_letter(size_t place) {
  const std::string letter(1, static_cast<char>('A' + place % 26));
  return place < 26 ? letter : letter + std::to_string(place / 26);
}

}  // namespace orrery
