#pragma once

#include <string>

namespace orrery {

/// What of the processor decides how fast tensors compute. On processors that are not x86-64 the vendor is
/// empty and nothing is true.
struct Processor {
  std::string vendor;  ///< as the processor tells it: `GenuineIntel`, `AuthenticAMD`, …
  std::string name;    ///< its full name; empty where it tells none
  bool avx2 = false;   ///< these three: it has them and the system saves their registers
  bool fma = false;
  bool avx512 = false;  ///< AVX-512F
};

/// The processor that this runs on.
Processor processor_here();

}  // namespace orrery
