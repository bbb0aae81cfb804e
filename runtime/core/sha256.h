#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// SHA-256 of the bytes (FIPS 180-4), as 64 hexadecimal digits: what `sha256sum` prints.
std::string sha256(std::string_view bytes);

}  // namespace orrery
