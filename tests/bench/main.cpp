// The program orrery_bench: measures what Orrery promises about its speed and says whether it is kept.

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "runtime/core/error.h"
#include "runtime/files/atomic_writer.h"
#include "tests/bench/comparison.h"
#include "tests/bench/options.h"
#include "tests/bench/python.h"
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

constexpr int kRepetitions = 5;  // of each workload

// Lines appear while it measures: all of it takes minutes.
std::vector<Comparison> compared(const std::vector<Workload>& workloads) {
  std::vector<Comparison> all;
  if (!workloads.empty()) print(peer_header());
  for (const Workload& workload : workloads)
    for (Comparison& comparison : compare(workload, kRepetitions)) {
      print(line_of(comparison));
      all.push_back(std::move(comparison));
    }
  return all;
}

std::vector<Result> results_of(const std::vector<Figure>& figures) {
  std::vector<Result> results;
  results.reserve(figures.size());
  for (const Figure& figure : figures) results.push_back(result_of(figure));
  return results;
}

void warn_of_load(double load) {
  if (load > std::thread::hardware_concurrency())
    fmt::print(stderr, "orrery_bench: this machine has other work (load {:.1f}); times will be too long\n",
               load);
}

template <class Named>
void list(const std::vector<Named>& all) {
  for (const Named& one : all) print(fmt::format("{:<27} {}", one.name, one.what));
}

// A result has words for its failure, and is met or not.
template <class Any>
int exit_code(const std::vector<Any>& results, bool check) {
  const auto failed = [](const Any& result) { return !result.failure.empty(); };
  const auto falls_short = [](const Any& result) { return !result.met(); };
  if (std::any_of(results.begin(), results.end(), failed)) return 1;
  return check && std::any_of(results.begin(), results.end(), falls_short) ? 1 : 0;
}

// Opened first, so that a report that cannot be written is known before minutes have passed.
std::optional<AtomicWriter> open_report(const Options& options) {
  return options.json.empty() ? std::nullopt : std::optional<AtomicWriter>(std::in_place, options.json);
}

void write(std::optional<AtomicWriter>& report, const std::string& text) {
  if (!report) return;
  report->write(text);
  report->commit();
}

std::string torch_version() {
  try {
    const Command python = python_with_torch();
    return output_of({python[0], python[1], "-c", "import torch; print(torch.__version__, end='')"});
  } catch (const Skipped& reason) {
    fail(Fault::usage, "{}", reason.what());
  }
}

int run_peers(const Options& options) {
  auto report = open_report(options);
  const std::string torch = torch_version();
  const double load = load_average();
  warn_of_load(load);
  const std::vector<Comparison> comparisons = compared(options.workloads);
  const std::vector<Result> results = results_of(options.figures);
  write(report, json_of(comparisons, results, torch, load));
  return std::max(exit_code(comparisons, options.check), exit_code(results, options.check));
}

int run_figures(const Options& options) {
  auto report = open_report(options);
  const double load = load_average();
  warn_of_load(load);
  const std::vector<Result> results = results_of(options.figures);
  write(report, json_of(results, load));
  return exit_code(results, options.check);
}

int run(const Options& options) {
  if (options.help) return std::fputs(kUsage, stdout), 0;
  if (options.list) return list(options.workloads), list(options.figures), 0;
  return options.peers ? run_peers(options) : run_figures(options);
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
