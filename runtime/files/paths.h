#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/error.h"
#include "runtime/files/file_system.h"

namespace orrery {

/// A path as messages show it: in single quotes, control characters and bytes that are not UTF-8
/// as `\n`, `\x1B`, so that no file name can spoil a terminal or a log.
std::string quote_path(std::string_view path);

/// `412 bytes`, `57.5 kB`, `1.2 GB`: powers of 1000, one decimal.
std::string byte_count(std::uint64_t bytes);

/// The system's text for an `errno`, beginning in lower case: `no space left on device`.
std::string errno_text(int reason);

/// The path seen from the root, without a slash at its end; `.` and `..` and doubled slashes are taken
/// out by text alone, links are not followed. Throws `Error(Fault::run)` when the working folder itself is
/// gone.
std::string absolute_path(const std::string& path, const FileSystem& files = posix_files());

/// Everything before the last slash: `runs/a` of `runs/a/log`; `.` when there is no slash.
std::string parent_folder(std::string_view path);

/// What follows the last slash.
std::string_view file_name(std::string_view path);

/// True if something is there, whatever it is; a dangling link is not.
bool exists(const std::string& path, const FileSystem& files = posix_files());

bool is_folder(const std::string& path, const FileSystem& files = posix_files());

/// True for a pipe, a socket or a device: what is written there is gone.
bool is_special(const std::string& path, const FileSystem& files = posix_files());

/// Makes a folder and those above it that are missing, and syncs the folder above each one made.
/// Nothing happens if it is there. Throws `Error(Fault::write)` naming the part that failed.
void create_directories(const std::string& path, const FileSystem& files = posix_files());

/// The names inside a folder, sorted by bytes. Throws `Error(Fault::input_file)`.
std::vector<std::string> list_folder(const std::string& path, const FileSystem& files = posix_files());

/// Removes a file; a file that is not there is no error. Throws `Error(Fault::write)`.
void remove_file(const std::string& path, const FileSystem& files = posix_files());

/// Makes the names inside a folder (created, renamed, removed files) survive a power cut. A file
/// system that cannot sync folders, and a folder that may not be opened for reading, are left as
/// they are. Throws `Error(Fault::write)` on a real failure.
void sync_folder(const std::string& path, const FileSystem& files = posix_files());

/// Refuses what the operating system would cut short: a path with a NUL byte in it.
void check_path(std::string_view path, Fault fault);

}  // namespace orrery
