#pragma once

#include <fstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/files/places.h"

namespace orrery::testing {

/// What scripts/dev/make_training_fixtures.py wrote.
inline const nlohmann::json& training_fixtures() {
  static const nlohmann::json parsed =
      nlohmann::json::parse(std::ifstream(in_source("tests/engine/training/fixtures/training.json")));
  return parsed;
}

}  // namespace orrery::testing
