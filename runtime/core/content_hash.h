#pragma once

#include <string>
#include <string_view>

namespace orrery {

/// 32 hexadecimal digits: XXH3-128 of the bytes, as `xxh128sum` prints it. Names the content of scripts,
/// graphs and artifacts.
std::string content_hash(std::string_view bytes);

}  // namespace orrery
