#pragma once

#include <string>

#include <gtest/gtest.h>

#include "runtime/core/error.h"

namespace orrery {

/// The whole message of the `Error` that `body` throws; a test failure unless it throws one of that kind.
template <class Body>
std::string error_of(Fault fault, Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(fault)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}

}  // namespace orrery
