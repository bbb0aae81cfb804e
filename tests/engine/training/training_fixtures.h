#pragma once

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/files/places.h"

namespace orrery::testing {

/// What a script of scripts/dev wrote into tests/engine/training/fixtures.
inline nlohmann::json fixtures_in(const std::string& name) {
  return nlohmann::json::parse(std::ifstream(in_source("tests/engine/training/fixtures/" + name)));
}

/// What make_training_fixtures.py wrote.
inline const nlohmann::json& training_fixtures() {
  static const nlohmann::json parsed = fixtures_in("training.json");
  return parsed;
}

}  // namespace orrery::testing
