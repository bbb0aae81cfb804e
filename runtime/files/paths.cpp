#include "runtime/files/paths.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "runtime/files/file_descriptor.h"

namespace orrery {
namespace {

// Length of the UTF-8 character that starts the text, 0 if none does (overlong forms, surrogates
// and C1 controls are none).
std::size_t character_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned lead = at(0);
  if (lead >= 0x20 && lead < 0x7F) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return tail(1) && !(lead == 0xC2 && at(1) < 0xA0) ? 2 : 0;
  if (lead >= 0xE0 && lead < 0xF0) {
    const bool overlong = lead == 0xE0 && at(1) < 0xA0;
    const bool surrogate = lead == 0xED && at(1) >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead < 0xF5) {
    const bool range = !(lead == 0xF0 && at(1) < 0x90) && !(lead == 0xF4 && at(1) >= 0x90);
    return range && tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

std::string escaped(unsigned char c) {
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  return fmt::format("\\x{:02X}", c);
}

void make_folder(const std::string& path, const FileSystem& files) {
  if (files.mkdir(path.c_str(), 0777) == 0) return sync_folder(parent_folder(path), files);
  const int reason = errno;
  if (reason == EEXIST && is_folder(path, files)) return;
  const std::string text = reason == EEXIST ? "a file of that name is in the way" : errno_text(reason);
  fail(Fault::write, "cannot make the folder {}: {}", quote_path(path), text);
}

}  // namespace

std::string quote_path(std::string_view path) {
  std::string text = "'";
  while (!path.empty()) {
    const std::size_t length = character_length(path);
    text += length == 0 ? escaped(static_cast<unsigned char>(path[0])) : std::string(path.substr(0, length));
    path.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text + "'";
}

std::string byte_count(std::uint64_t bytes) {
  static constexpr std::array kUnits{"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes == 1) return "1 byte";
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double amount = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; amount >= 999.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1000;
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string errno_text(int reason) {
  std::string text = std::generic_category().message(reason);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1]))) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

std::string absolute_path(const std::string& path, const FileSystem& files) {
  std::filesystem::path full(path);
  if (full.is_relative()) {
    std::string folder;
    check(files.getcwd(&folder) == 0, Fault::run, "the working folder cannot be found: {}",
          errno_text(errno));
    full = std::filesystem::path(folder) / full;
  }
  std::string text = full.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string parent_folder(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<std::size_t>(slash, 1)));
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool exists(const std::string& path, const FileSystem& files) {
  struct stat info;
  return path.find('\0') == std::string::npos && files.stat(path.c_str(), &info) == 0;
}

bool is_folder(const std::string& path, const FileSystem& files) {
  struct stat info;
  return path.find('\0') == std::string::npos && files.stat(path.c_str(), &info) == 0 &&
         S_ISDIR(info.st_mode);
}

bool is_special(const std::string& path, const FileSystem& files) {
  struct stat info;
  return path.find('\0') == std::string::npos && files.stat(path.c_str(), &info) == 0 &&
         !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

void create_directories(const std::string& path, const FileSystem& files) {
  check_path(path, Fault::write);
  if (is_folder(path, files)) return;
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (!is_folder(part, files)) make_folder(part, files);
  }
  if (!is_folder(path, files)) make_folder(path, files);
}

std::vector<std::string> list_folder(const std::string& path, const FileSystem& files) {
  check_path(path, Fault::input_file);
  std::vector<std::string> names;
  if (files.list(path.c_str(), &names) != 0) {
    fail(Fault::input_file, "cannot list the folder {}: {}", quote_path(path), errno_text(errno));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void remove_file(const std::string& path, const FileSystem& files) {
  check_path(path, Fault::write);
  if (files.unlink(path.c_str()) == 0 || errno == ENOENT) return;
  fail(Fault::write, "cannot remove {}: {}", quote_path(path), errno_text(errno));
}

void sync_folder(const std::string& path, const FileSystem& files) {
  const auto refuse = [&](int reason) {
    fail(Fault::write, "cannot sync the folder {}: {}", quote_path(path), errno_text(reason));
  };
  const FileDescriptor folder = open_retrying(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0, files);
  if (!folder.open()) {
    if (errno == EACCES) return;
    refuse(errno);
  }
  while (files.fsync(folder.fd()) != 0) {
    if (errno == EINVAL || errno == ENOTSUP) return;
    if (errno != EINTR) refuse(errno);
  }
}

void check_path(std::string_view path, Fault fault) {
  check(path.find('\0') == std::string_view::npos, fault, "{} is no file name: it has a NUL byte in it",
        quote_path(path));
}

}  // namespace orrery
