#include "tests/bench/report.h"

#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace orrery::bench {
namespace {

std::string unit_of(const Result& result) {
  return result.measured.against ? "ratio" : result.figure.unit.name;
}

std::string details_of(const Result& result) {
  const Times& times = result.measured.times;
  const Unit& unit = result.figure.unit;
  const size_t repetitions = times.seconds.size();
  if (!result.measured.against)
    return fmt::format("min {}, {} times", number(times.minimum() * unit.per_second), repetitions);
  const Times& against = *result.measured.against;
  return fmt::format("min {}; {} against {} {}, {} times", number(times.minimum() / against.minimum()),
                     times_text(times, unit), times_text(against, unit), unit.name, repetitions);
}

std::string verdict_of(const Result& result) {
  if (!result.figure.at_most) return "";
  return result.met() ? "met" : "short";
}

nlohmann::ordered_json json_of(const Times& times, const Unit& unit) {
  return {{"minimum", times.minimum() * unit.per_second}, {"median", times.median() * unit.per_second}};
}

nlohmann::ordered_json json_of(const Result& result) {
  const Figure& figure = result.figure;
  nlohmann::ordered_json json{{"name", figure.name}, {"what", figure.what}};
  if (!result.skipped.empty()) {
    json["skipped"] = result.skipped;
    return json;
  }
  if (figure.at_most) json.update({{"at_most", *figure.at_most}, {"met", result.met()}});
  if (!result.failure.empty()) {
    json["failure"] = result.failure;
    return json;
  }
  json.update({{"value", result.value()}, {"unit", unit_of(result)}, {"time_unit", figure.unit.name}});
  json["repetitions"] = result.measured.times.seconds.size();
  json.update(json_of(result.measured.times, figure.unit));
  if (result.measured.against) json["against"] = json_of(*result.measured.against, figure.unit);
  return json;
}

}  // namespace

double Result::value() const {
  const double median = measured.times.median();
  return measured.against ? median / measured.against->median() : median * figure.unit.per_second;
}

bool Result::met() const {
  if (!skipped.empty()) return true;
  return failure.empty() && (!figure.at_most || value() <= *figure.at_most);
}

std::string number(double value) {
  return value >= 100  ? fmt::format("{:.0f}", value)
         : value >= 10 ? fmt::format("{:.1f}", value)
                       : fmt::format("{:.2f}", value);
}

std::string times_text(const Times& times, const Unit& unit) {
  return fmt::format("{} (min {})", number(times.median() * unit.per_second),
                     number(times.minimum() * unit.per_second));
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

double load_average() {
  double load = 0;
  return getloadavg(&load, 1) == 1 ? load : 0;
}

std::string line_of(const Result& result) {
  const Figure& figure = result.figure;
  if (!result.failure.empty()) return fmt::format("{:<27} failed: {}", figure.name, result.failure);
  if (!result.skipped.empty()) return fmt::format("{:<27} skipped: {}", figure.name, result.skipped);
  const std::string bound = figure.at_most ? fmt::format("≤ {:.3g}", *figure.at_most) : "";
  return fmt::format("{:<28}{:>6} {:<6}{:<8}{:<6} {}", figure.name, number(result.value()), unit_of(result),
                     bound, verdict_of(result), details_of(result));
}

nlohmann::ordered_json list_of(const std::vector<Result>& results) {
  nlohmann::ordered_json figures = nlohmann::ordered_json::array();
  for (const Result& result : results) figures.push_back(json_of(result));
  return figures;
}

std::string json_of(const std::vector<Result>& results, double load) {
  const nlohmann::ordered_json json{{"format", "orrery.bench"},
                                    {"version", 1},
                                    {"orrery", ORRERY_VERSION},
                                    {"processor", processor_name()},
                                    {"processors", std::thread::hardware_concurrency()},
                                    {"load", load},
                                    {"figures", list_of(results)}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace orrery::bench
