#include "tests/layering/command.h"

#include <cstdio>
#include <regex>
#include <stdexcept>
#include <sys/wait.h>

namespace orrery::layering {

namespace {

std::vector<std::string> all_matches(const std::string& text, const std::regex& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

std::string checked(const std::string& command) {
  const Finished done = run(command);
  if (done.status != 0) throw std::runtime_error(command + ": " + done.output);
  return done.output;
}

}  // namespace

Finished run(const std::string& command) {
  FILE* pipe = popen(("( " + command + " ) 2>&1 </dev/null").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start: " + command);
  Finished done;
  char buffer[4096];
  while (const std::size_t size = std::fread(buffer, 1, sizeof buffer, pipe))
    done.output.append(buffer, size);
  const int status = pclose(pipe);
  done.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return done;
}

bool has_program(const std::string& name) { return run("command -v " + name).status == 0; }

std::vector<std::string> needed_by(const std::filesystem::path& file) {
  static const std::regex pattern(R"(\(NEEDED\)[^\[]*\[([^\]]+)\])");
  return all_matches(checked("LC_ALL=C readelf -d '" + file.string() + "'"), pattern);
}

std::vector<std::string> loaded_with(const std::filesystem::path& file) {
  static const std::regex pattern(R"(\s(\S+\.so[.0-9]*)(?: =>| \(0x))");
  return all_matches(checked("LC_ALL=C ldd '" + file.string() + "'"), pattern);
}

}  // namespace orrery::layering
