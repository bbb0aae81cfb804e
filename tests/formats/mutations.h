#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/core/error.h"

namespace orrery {

/// What damage does to a good file: cut at every length, every byte set to 00, 7F, 80, FF and to its
/// neighbours, bytes behind the end, the file twice.
inline std::vector<std::string> mutations_of(const std::string& seed) {
  std::vector<std::string> all{seed + '\0', seed + " ", seed + seed};
  for (std::size_t length = 0; length < seed.size(); ++length) all.push_back(seed.substr(0, length));
  for (std::size_t i = 0; i < seed.size(); ++i) {
    for (const int value : {0x00, 0x7F, 0x80, 0xFF, seed[i] + 1, seed[i] - 1}) {
      all.push_back(seed);
      all.back()[i] = static_cast<char>(value);
    }
  }
  return all;
}

/// Gives each mutation to `read`, which may accept it or throw one `Error(Fault::input_file)`. Returns how
/// many were accepted.
inline int accepted_mutations(const std::string& seed, const std::function<void(const std::string&)>& read) {
  int accepted = 0;
  for (const std::string& bytes : mutations_of(seed)) {
    try {
      read(bytes);
      ++accepted;
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.fault()), static_cast<int>(Fault::input_file)) << error.what();
      EXPECT_FALSE(error.message().empty());
    }
  }
  return accepted;
}

}  // namespace orrery
