#pragma once

#include <gtest/gtest.h>

#include "runtime/core/error.h"
#include "runtime/vizml/read.h"

namespace orrery {

/// What reading VizML's JSON is refused with, which must name the file; empty when it is read.
inline std::string vizml_refusal(const std::string& text) {
  Runtime runtime;
  try {
    read_vizml(text, runtime, "'net.json'");
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'net.json': "), std::string::npos) << error.what();
    return error.what();
  }
  return "";
}

inline void expect_vizml_refused(const std::string& text, const std::string& because) {
  EXPECT_NE(vizml_refusal(text).find(because), std::string::npos)
      << "expected: " << because << "\ngot: " << vizml_refusal(text);
}

}  // namespace orrery
