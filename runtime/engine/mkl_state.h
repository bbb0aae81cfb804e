#pragma once

#include <string>

#include "runtime/core/mkl_override.h"

namespace orrery {

/// Whose `mkl_serv_intel_cpu_true` the MKL inside LibTorch asks.
struct MklAsks {
  std::string library;    ///< the file that holds the function; empty where LibTorch has no MKL
  bool of_torch = false;  ///< it is MKL's own: nothing precedes it
  int (*function)() = nullptr;
};

/// Looks it up as LibTorch's own calls do.
MklAsks mkl_asks();

/// What became of the override in this process, and why where it is not possible.
struct MklState {
  Processor processor;
  MklOverride override = MklOverride::not_possible;
  std::string reason;
  std::string answered_by;  ///< the file whose function MKL asks; empty where LibTorch has no MKL
};

/// The state for a processor, the text of ORRERY_MKL_OVERRIDE (nullptr: not set) and what MKL asks. Fails
/// (Fault::usage) where the text is neither empty nor `0` nor `1`.
MklState mkl_state(const Processor& processor, const char* setting, const MklAsks& asks);

/// `in force`, `turned off`, `not needed`, `unsuitable`, `not possible`.
std::string word(MklOverride override);

}  // namespace orrery
