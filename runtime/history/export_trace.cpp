#include "runtime/history/export_trace.h"

#include <algorithm>
#include <map>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "runtime/history/trace_walk.h"

namespace orrery {
namespace {

using Json = nlohmann::ordered_json;

double microseconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; }

Json named(const char* what, const std::string& name) {
  return {{"ph", "M"}, {"pid", 1}, {"tid", 1}, {"name", what}, {"args", {{"name", name}}}};
}

// What a frame is follows from how deep it lies.
const char* category(std::size_t depth) { return depth == 0 ? "step" : depth == 1 ? "part" : "graph"; }

}  // namespace

std::string chrome_trace(const ExportedRun& run) {
  if (run.pieces.empty()) return {};
  Json events = {named("process_name", "orrery: " + run.name), named("thread_name", "training")};
  std::vector<std::int64_t> begun;
  walk_trace(
      trace_leaves(run.pieces), [&](const std::string&, std::int64_t at) { begun.push_back(at); },
      [&](const std::string& frame, std::int64_t at) {
        const std::int64_t begin = begun.back();
        begun.pop_back();
        events.push_back({{"ph", "X"},
                          {"pid", 1},
                          {"tid", 1},
                          {"name", frame},
                          {"cat", category(begun.size())},
                          {"ts", microseconds(begin)},
                          {"dur", microseconds(at - begin)}});
      });
  return Json{{"displayTimeUnit", "ns"}, {"traceEvents", std::move(events)}}.dump() + "\n";
}

std::string speedscope_profile(const ExportedRun& run) {
  if (run.pieces.empty()) return {};
  Json frames = Json::array(), events = Json::array();
  std::map<std::string, std::size_t> numbers;
  const auto add = [&](const char* type, const std::string& frame, std::int64_t at) {
    const auto [found, is_new] = numbers.try_emplace(frame, numbers.size());
    if (is_new) frames.push_back({{"name", frame}});
    events.push_back({{"type", type}, {"frame", found->second}, {"at", at}});
  };
  const std::vector<TraceLeaf> leaves = trace_leaves(run.pieces);
  walk_trace(
      leaves, [&](const std::string& frame, std::int64_t at) { add("O", frame, at); },
      [&](const std::string& frame, std::int64_t at) { add("C", frame, at); });
  const Json profile = {{"type", "evented"},
                        {"name", run.name},
                        {"unit", "nanoseconds"},
                        {"startValue", leaves.empty() ? 0 : leaves.front().begin_ns},
                        {"endValue", leaves.empty() ? 0 : leaves.back().end_ns},
                        {"events", std::move(events)}};
  return Json{{"$schema", "https://www.speedscope.app/file-format-schema.json"},
              {"shared", {{"frames", std::move(frames)}}},
              {"profiles", Json::array({profile})},
              {"name", run.name},
              {"exporter", "orrery"}}
             .dump() +
         "\n";
}

// A step's number would keep the steps apart; ';' parts frames, and newlines end them.
std::string folded_stacks(const ExportedRun& run) {
  std::map<std::string, std::int64_t> sums;
  for (const TraceLeaf& leaf : trace_leaves(run.pieces)) {
    std::vector<std::string> frames(leaf.stack.begin() + 1, leaf.stack.end());
    for (std::string& frame : frames)
      std::ranges::replace_if(
          frame, [](char c) { return c == ';' || c == '\n'; }, '_');
    sums[fmt::format("{}", fmt::join(frames, ";"))] += leaf.end_ns - leaf.begin_ns;
  }
  std::string text;
  for (const auto& [stack, nanoseconds] : sums) text += fmt::format("{} {}\n", stack, nanoseconds);
  return text;
}

}  // namespace orrery
