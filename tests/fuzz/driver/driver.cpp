// What libFuzzer calls: `orrery_fuzz --target=NAME [libFuzzer's options] FOLDER…` gives bytes to one target,
// `--targets` lists their names. Whatever a target does not refuse as it may ends the process, which
// libFuzzer reports with the bytes.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "tests/fuzz/reader_targets.h"

namespace {

const orrery::ReaderTarget* chosen = nullptr;

void list_targets() {
  for (const orrery::ReaderTarget& target : orrery::reader_targets())
    std::printf("%.*s\n", static_cast<int>(target.name.size()), target.name.data());
  std::exit(0);
}

}  // namespace

// libFuzzer passes over options that begin with two dashes.
extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  constexpr const char* kTarget = "--target=";
  for (int i = 1; i < *count; ++i) {
    const char* word = (*words)[i];
    if (std::strcmp(word, "--targets") == 0) list_targets();
    if (std::strncmp(word, kTarget, std::strlen(kTarget)) == 0)
      chosen = &orrery::reader_target(word + std::strlen(kTarget));
  }
  if (!chosen) throw std::invalid_argument("--target=NAME is missing; --targets lists the names");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  orrery::accepts(*chosen, std::as_bytes(std::span(data, size)));
  return 0;
}
