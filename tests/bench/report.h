#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "tests/bench/figure.h"

namespace orrery::bench {

/// A figure with what came of it: measured, or in words a failure or why it was skipped.
struct Result {
  Figure figure;
  Measured measured = {};
  std::string failure = {};
  std::string skipped = {};

  /// In the figure's unit; a ratio has none. REQUIRES: it was measured.
  double value() const;
  /// False for a figure that is over its bound or could not be measured.
  bool met() const;
};

/// Three significant digits, or a whole number.
std::string number(double value);
/// `301 (min 295)`: median and minimum in a unit, which is not named.
std::string times_text(const Times& times, const Unit& unit);

/// As the system calls it.
std::string processor_name();
/// Processes that ran or waited to run in the last minute; 0 where the system does not tell.
double load_average();

/// The line for people: name, value, unit, bound, whether it is met, minimum and median, repetitions.
std::string line_of(const Result& result);

/// `{"format":"orrery.bench", "version":1, "orrery":…, "processor":…, "processors":…, "load":…,
/// "figures":[{"name", "what", "value", "unit", "at_most", "met", "repetitions", "minimum", "median",
/// "against":{"minimum", "median"}}, …]}`; minimum and median are times in `time_unit`. One that was not
/// measured has `failure` or `skipped` instead.
std::string json_of(const std::vector<Result>& results, double load);
/// Its `figures`.
nlohmann::ordered_json list_of(const std::vector<Result>& results);

}  // namespace orrery::bench
