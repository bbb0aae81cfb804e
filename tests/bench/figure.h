#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace orrery::bench {

/// What was measured, in seconds, of memory in bytes: one entry a repetition, in the order of time.
struct Times {
  std::vector<double> seconds;

  double minimum() const;
  double median() const;
};

/// The outcome of one figure. Where two things are compared, both were measured in turn in the same run and
/// the figure is the ratio of their medians; else it is the median of the one.
struct Measured {
  Times times;
  std::optional<Times> against;
};

/// The unit that times are shown in.
struct Unit {
  std::string name;
  double per_second;
};
inline const Unit kMilliseconds{"ms", 1e3};
inline const Unit kMicroseconds{"µs", 1e6};
inline const Unit kNanoseconds{"ns", 1e9};
inline const Unit kMebibytes{"MiB", 1.0 / (1 << 20)};

/// What a figure throws that needs what this machine has not; the text says what. It is no failure.
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One line of the benchmark. Smaller is better.
struct Figure {
  std::string name;  ///< `start.check`: the family, then the figure
  std::string what;  ///< a line for people
  Unit unit;         ///< of the times
  /// Throws a std::exception when it cannot be measured.
  std::function<Measured()> measure;
  /// The bound that was promised, in the unit (of a ratio: the ratio itself); none: for information.
  std::optional<double> at_most = {};
};

/// All figures of this build, family after family.
std::vector<Figure> all_figures();
/// Those that belong to the comparison with PyTorch, but for which Orrery is compared with itself.
std::vector<Figure> figures_beside_peers();

// The families; each has a file of its own. Left out with the part of Orrery that they measure.
std::vector<Figure> start_figures();
std::vector<Figure> training_figures();
std::vector<Figure> plan_figures();
std::vector<Figure> data_figures();
std::vector<Figure> weights_figures();
std::vector<Figure> graph_figures();
std::vector<Figure> history_figures();
std::vector<Figure> drawing_figures();
std::vector<Figure> layout_figures();

}  // namespace orrery::bench
