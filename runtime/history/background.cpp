#include "runtime/history/background.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <unistd.h>

namespace orrery {
namespace {

// -1: none.
int told_file() {
  const char* address = std::getenv(kBackgroundVariable);
  if (!address) return -1;
  const std::string_view text = address;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.substr(0, colon) != std::to_string(getpid())) return -1;
  int file = -1;
  std::from_chars(text.data() + colon + 1, text.data() + text.size(), file);
  return file;
}

}  // namespace

bool in_background() { return told_file() >= 0; }

void tell_run_begun(const std::string& history, const std::string& run) {
  const int file = told_file();
  std::error_code error;
  const auto whole = std::filesystem::absolute(history, error);
  if (file < 0 || error) return;
  std::string message = whole.lexically_normal().native();
  message.push_back('\0');
  message.append(run).push_back('\0');
  // A pipe takes so little at once; if its reader is gone, nobody keeps anything.
  [[maybe_unused]] const ssize_t written = write(file, message.data(), message.size());
}

}  // namespace orrery
