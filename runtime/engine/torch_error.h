#pragma once

#include <exception>
#include <string>

#include "runtime/core/error.h"

namespace orrery {

/// An `Error` in the place of whatever a LibTorch call threw: without backtrace, with Fault::memory when an
/// allocation failed and Fault::run else. `doing` begins the message: `encoder/conv2 (Conv2d) failed`. An
/// `Error` or `InvariantFailure` of Orrery's own is rethrown as it is.
[[noreturn]] void rethrow_as_error(std::exception_ptr failure, const std::string& doing,
                                   const SourceSite& site = {});

}  // namespace orrery
