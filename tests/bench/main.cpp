// The program orrery_bench: measures what Orrery promises about its speed and says whether it is kept.

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"
#include "tests/bench/options.h"
#include "tests/bench/report.h"
#ifdef ORRERY_BENCH_ENGINE
#include "runtime/engine/engine.h"
#endif

namespace orrery::bench {
namespace {

void print(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

Result result_of(const Figure& figure) {
  Result result{.figure = figure};
  try {
    result.measured = figure.measure();
  } catch (const Skipped& reason) {
    result.skipped = reason.what();
  } catch (const std::exception& error) {
    result.failure = error.what();
  }
  print(line_of(result));
  return result;
}

void warn_of_load(double load) {
  if (load > std::thread::hardware_concurrency())
    fmt::print(stderr, "orrery_bench: this machine has other work (load {:.1f}); times will be too long\n",
               load);
}

int run(const Options& options) {
  if (options.help) return std::fputs(kUsage, stdout), 0;
  if (options.list) {
    for (const Figure& figure : options.figures) print(fmt::format("{:<27} {}", figure.name, figure.what));
    return 0;
  }
  // Opened first, so that a report that cannot be written is known before minutes have passed.
  std::optional<AtomicWriter> report;
  if (!options.json.empty()) report.emplace(options.json);
  const double load = load_average();
  warn_of_load(load);
  std::vector<Result> results;
  results.reserve(options.figures.size());
  for (const Figure& figure : options.figures) results.push_back(result_of(figure));
  if (report) {
    report->write(json_of(results, load));
    report->commit();
  }
  const auto failed = [](const Result& result) { return !result.failure.empty(); };
  const auto falls_short = [](const Result& result) { return !result.met(); };
  if (std::any_of(results.begin(), results.end(), failed)) return 1;
  return options.check && std::any_of(results.begin(), results.end(), falls_short) ? 1 : 0;
}

}  // namespace
}  // namespace orrery::bench

int main(int count, char** arguments) {
  try {
#ifdef ORRERY_BENCH_ENGINE
    orrery::advise_allocator();  // as the program does
#endif
    return orrery::bench::run(orrery::bench::read_options({arguments + 1, arguments + count}));
  } catch (const orrery::Error& error) {
    std::fprintf(stderr, "orrery_bench: %s\n", error.what());
    return static_cast<int>(error.fault());
  }
}
