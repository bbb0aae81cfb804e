#include "runtime/codegen/counted_names.h"

namespace orrery {
namespace {

constexpr const char* kDigits = "0123456789";

}  // namespace

bool is_whole_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string without_count(const std::string& name) {
  const std::size_t end = name.find_last_not_of(kDigits);
  const bool counted = end != std::string::npos && end + 1 < name.size() && end > 0 && name[end] == '_';
  return counted ? name.substr(0, end) : name;
}

}  // namespace orrery
