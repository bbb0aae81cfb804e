#include "runtime/core/processor.h"

#if defined(__x86_64__)
#include <array>
#include <cstring>

#include <cpuid.h>
#endif

namespace orrery {

#if defined(__x86_64__)
namespace {

using Registers = std::array<unsigned, 4>;  // eax, ebx, ecx, edx

Registers ask_processor(unsigned leaf) {
  Registers r{};
  __get_cpuid(leaf, &r[0], &r[1], &r[2], &r[3]);
  return r;
}

std::string processor_vendor() {
  const Registers r = ask_processor(0);
  const std::array<unsigned, 3> letters{r[1], r[3], r[2]};
  return {reinterpret_cast<const char*>(letters.data()), sizeof letters};
}

// Three leaves hold 16 letters each, filled up with zeros and, by some, with spaces in front.
std::string processor_name() {
  constexpr unsigned kFirst = 0x80000002, kLast = 0x80000004;
  if (__get_cpuid_max(0x80000000, nullptr) < kLast) return "";
  std::string name;
  for (unsigned leaf = kFirst; leaf <= kLast; ++leaf) {
    const Registers r = ask_processor(leaf);
    name.append(reinterpret_cast<const char*>(r.data()), sizeof r);
  }
  name.resize(std::strlen(name.c_str()));
  name.erase(0, name.find_first_not_of(' '));
  return name.substr(0, name.find_last_not_of(' ') + 1);
}

}  // namespace

Processor processor_here() {
  __builtin_cpu_init();
  return {processor_vendor(), processor_name(), __builtin_cpu_supports("avx2") != 0,
          __builtin_cpu_supports("fma") != 0, __builtin_cpu_supports("avx512f") != 0};
}
#else
Processor processor_here() { return {}; }
#endif

}  // namespace orrery
