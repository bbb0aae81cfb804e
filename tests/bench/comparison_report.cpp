#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/bench/comparison.h"
#include "tests/bench/report.h"

namespace orrery::bench {
namespace {

constexpr const char* kColumns = "{:<14} {:<13} {:<4} {:>22} {:>3} {:>22} {:>3} {:>6} {:>6}  {:<7}{:<6}{}";

std::string memory_text(const Runs& runs) { return number(runs.peak_bytes * kMebibytes.per_second); }

nlohmann::ordered_json json_of(const Runs& runs, const Unit& unit) {
  nlohmann::ordered_json json{{"threads", runs.threads},
                              {"minimum", runs.times.minimum() * unit.per_second},
                              {"median", runs.times.median() * unit.per_second}};
  if (runs.peak_bytes > 0) json["peak_mib"] = runs.peak_bytes * kMebibytes.per_second;
  return json;
}

nlohmann::ordered_json json_of(const Comparison& comparison) {
  nlohmann::ordered_json json{
      {"workload", comparison.workload}, {"what", comparison.what}, {"peer", comparison.peer}};
  if (!comparison.skipped.empty()) {
    json["skipped"] = comparison.skipped;
    return json;
  }
  if (comparison.at_least) json.update({{"at_least", *comparison.at_least}, {"met", comparison.met()}});
  if (!comparison.failure.empty()) {
    json["failure"] = comparison.failure;
    return json;
  }
  json.update({{"ratio", comparison.ratio()},
               {"ratio_of_minima", comparison.ratio_of_minima()},
               {"unit", comparison.unit.name},
               {"repetitions", comparison.own.times.seconds.size()}});
  json["orrery"] = json_of(comparison.own, comparison.unit);
  json["theirs"] = json_of(comparison.theirs, comparison.unit);
  return json;
}

}  // namespace

std::string peer_header() {
  return fmt::format(fmt::runtime(kColumns), "workload", "against", "unit", "Orrery", "on", "the peer", "on",
                     "ratio", "(min)", "bound", "", "memory, MiB");
}

std::string line_of(const Comparison& comparison) {
  const std::string names = fmt::format("{:<14} {:<13}", comparison.workload, comparison.peer);
  if (!comparison.failure.empty()) return fmt::format("{} failed: {}", names, comparison.failure);
  if (!comparison.skipped.empty()) return fmt::format("{} skipped: {}", names, comparison.skipped);
  const Runs &own = comparison.own, &theirs = comparison.theirs;
  const bool promised = comparison.at_least.has_value();
  return fmt::format(fmt::runtime(kColumns), comparison.workload, comparison.peer, comparison.unit.name,
                     times_text(own.times, comparison.unit), own.threads,
                     times_text(theirs.times, comparison.unit), theirs.threads, number(comparison.ratio()),
                     number(comparison.ratio_of_minima()),
                     promised ? fmt::format("≥ {:.3g}", *comparison.at_least) : "",
                     promised ? (comparison.met() ? "met" : "short") : "",
                     own.peak_bytes > 0 ? fmt::format("{} / {}", memory_text(own), memory_text(theirs)) : "");
}

std::string json_of(const std::vector<Comparison>& comparisons, const std::vector<Result>& figures,
                    const std::string& torch, double load) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Comparison& comparison : comparisons) list.push_back(json_of(comparison));
  const nlohmann::ordered_json json{{"format", "orrery.peers"},
                                    {"version", 1},
                                    {"orrery", ORRERY_VERSION},
                                    {"torch", torch},
                                    {"processor", processor_name()},
                                    {"processors", std::thread::hardware_concurrency()},
                                    {"load", load},
                                    {"comparisons", list},
                                    {"figures", list_of(figures)}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace orrery::bench
