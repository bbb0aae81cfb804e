#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace orrery::layering {

struct Finished {
  int status = 0;      // exit status; 128 + signal for a program that a signal ended
  std::string output;  // standard output and standard error
};

// Runs a shell command to its end, without standard input.
Finished run(const std::string& command);

// Whether the shell finds a program.
bool has_program(const std::string& name);

// The libraries that a file needs itself, as `readelf -d` lists them.
std::vector<std::string> needed_by(const std::filesystem::path& file);

// All libraries that would be loaded with a file, as `ldd` lists them.
std::vector<std::string> loaded_with(const std::filesystem::path& file);

}  // namespace orrery::layering
